"""Pictures of representations, from the tables that the benchmarks wrote."""

from infoscope.figures import Figure, bar_chart, line_chart
from pictures.measurements import rows_of


def layers() -> Figure:
    """Part of speech, layer by layer, and what the same probe finds for invented labels."""
    rows = [r for r in rows_of("probe_language_layers") if r["task"] == "part of speech"]
    at = [int(r["layer"]) for r in rows]
    control = [r for r in rows_of("probe_language_layers") if r["task"] == "control task"]
    return line_chart(
        at,
        {"part of speech": [float(r["bits"]) for r in rows]},
        bands={
            "part of speech": (
                [float(r["low"]) for r in rows],
                [float(r["high"]) for r in rows],
            )
        },
        dots={
            f"control {float(r['bits']):.1f}": (int(r["layer"]), float(r["bits"])) for r in control
        },
        references={"all there is: H(label)": float(rows[0]["null_entropy"])},
        title="What a linear probe reads from the layers of the built-in model",
        description="1,051 held-out words, intervals at 95 %. The control gives every word a "
        "random label: what the probe learns by heart falls from layer to layer.",
        x_label="layer",
        y_label="V-information, bits",
        from_zero=True,
        width=760,
    )


def knowledge() -> Figure:
    """Whether a statement is true: what the state tells, and what the answer tells."""
    rows = [r for r in rows_of("probe_language_knowledge") if r["task"] == "groups held out"]
    return line_chart(
        [int(r["layer"]) for r in rows],
        {kind: [float(r[f"{kind}_bits"]) for r in rows] for kind in ("state", "output")},
        bands={
            kind: (
                [float(r[f"{kind}_low"]) for r in rows],
                [float(r[f"{kind}_high"]) for r in rows],
            )
            for kind in ("state", "output")
        },
        title="True or false: the state holds more than the answer says",
        description="342 statements under the built-in model, statements of the same fact kept "
        "together, intervals at 95 %. The whole label is one bit. On topics never "
        "trained on, the same probes are worse than no probe at all.",
        x_label="layer whose state is read",
        y_label="V-information about the truth, bits",
        width=760,
    )


def compression() -> Figure:
    """How much of its peak each layer loses, for two activations and two noises."""
    rows = [
        r
        for r in rows_of("probe_plane_twelve_bits")
        if r["seed"] == "0" and r["layer"] in {"tanh 3", "relu 3"} and "bounds" not in r["noise"]
    ]
    return bar_chart(
        [f"{r['activation']}, {r['noise']}" for r in rows],
        [float(r["last_bits"]) for r in rows],
        texts=[f"{float(r['last_bits']):.2f}" for r in rows],
        title="I(input; third layer) after training: a matter of the noise that one assumes",
        description="The same two networks on 4,096 inputs (12 bits). Tanh never merges two "
        "inputs: any value below 12 belongs to the noise or to the bins. Relu truly merges some.",
        x_label="bits",
        label_name="activation and noise model",
        width=820,
    )
