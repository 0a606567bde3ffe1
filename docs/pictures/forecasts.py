"""Pictures of forecasts, bounds and penalties."""

import numpy as np
import torch

from infoscope import calibrate, train
from infoscope.figures import Figure, line_chart


def _forecasts() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    z = rng.normal(size=4000) * 1.6
    happened = rng.random(4000) < 1 / (1 + np.exp(-z))
    said = 1 / (1 + np.exp(-1.9 * z))  # too sure of itself
    return said, happened.astype(int)


def reliability() -> Figure:
    """Forecasts that are too sure."""
    said, happened = _forecasts()
    return calibrate.reliability(np.stack([1 - said, said], axis=1), happened, of=1).figure()


def parts() -> Figure:
    """Their log loss, taken apart."""
    said, happened = _forecasts()
    return calibrate.decompose(np.stack([1 - said, said], axis=1), happened).figure()


def cap() -> Figure:
    """Contrastive bounds cannot exceed log N."""
    truth = np.linspace(0, 10, 101)
    lines = {f"N = {n}": np.minimum(truth, np.log(n)) for n in (16, 128, 1024)}
    return line_chart(
        truth,
        lines,
        title="At best: a contrastive bound stops at log N",
        description="With N candidates nothing above log N can be shown, however much there is.",
        x_label="true mutual information, nats",
        y_label="highest value of log N − loss, nats",
        width=720,
        height=280,
    )


def penalties() -> Figure:
    """The three estimators of one token's KL against its log-ratio."""
    ratio = torch.linspace(-2.0, 2.0, 161, dtype=torch.float64)
    reference = torch.full_like(ratio, -3.0)
    lines = {
        name: train.kl_penalty(reference + ratio, reference, estimator=name, use="reward").numpy()
        for name in ("k1", "k2", "k3")
    }
    return line_chart(
        ratio.numpy(),
        lines,
        title="One token's penalty: k1 may be negative, k2 and k3 may not",
        description="All three touch 0 where policy and reference agree; k3 is steep to the left.",
        x_label="log π(token) − log π_ref(token), nats",
        y_label="nats",
        references={"0": 0.0},
        width=720,
        height=300,
    )


def optimization() -> Figure:
    """True reward while a proxy is optimised."""
    kl = np.linspace(0, 40, 121)
    lines = {
        "best of n": train.over_optimization(kl, 1.0, 0.12, how="best_of_n"),
        "reinforcement learning": train.over_optimization(kl, 1.0, 0.5, how="rl"),
    }
    return line_chart(
        kl,
        {name: np.asarray(values) for name, values in lines.items()},
        title="More of the proxy, at first more and then less of what was meant",
        description="The shape measured by Gao et al.: each curve has a best distance from the "
        "reference.",
        x_label="KL from the reference, nats",
        y_label="true reward",
        width=720,
        height=280,
    )


def xor() -> Figure:
    """What two families of probes use of two signs whose product is the label."""
    from infoscope.figures import bar_chart
    from infoscope.probe import v_information

    rng = np.random.default_rng(0)
    signs = rng.choice([-1.0, 1.0], size=(1000, 2))
    label = signs[:, 0] * signs[:, 1] > 0
    found = [
        v_information(x, label, family="linear", unit="bits").value
        for x in (signs, np.column_stack([signs, signs[:, 0] * signs[:, 1]]))
    ]
    return bar_chart(
        ["two signs", "the signs and their product"],
        [one.value for one in found],
        title="The same information, usable by a line or not",
        description="The label is the product of the signs: 1 bit of mutual information both "
        "times.",
        x_label="V-information of linear probes, bits",
        width=720,
    )
