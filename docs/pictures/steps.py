"""Pictures of training, from the tables that the benchmarks wrote."""

from infoscope.figures import Figure, bar_chart, line_chart
from pictures.measurements import rows_of

BETAS = ("10", "4", "1", "0.1")  # by growing rate


def memory() -> Figure:
    """Memory of the last layer and its loss, beside what torch has."""
    wanted = {
        "F.cross_entropy on full logits": "F.cross_entropy on full logits",
        "F.linear_cross_entropy, chunks of 256": "F.linear_cross_entropy",
        "fused loss and gradient": "linear_cross_entropy (ours)",
    }
    rows = {r["variant"]: r for r in reversed(rows_of("train_losses")) if r["variant"] in wanted}
    return bar_chart(
        [wanted[name] for name in wanted],
        [float(rows[name]["extra_mb"]) for name in wanted],
        texts=[
            f"{float(rows[name]['extra_mb']):,.0f} MB, {float(rows[name]['cpu_seconds']):.1f} CPU s"
            for name in wanted
        ],
        muted=["ours" not in wanted[name] for name in wanted],
        title="One step of a last layer: 2,048 tokens, 49,152 words, float32",
        description="Forward and backward. Ours also returns each token's surprisal and entropy; "
        "torch's fused loss reads 256 tokens at a time.",
        x_label="peak memory beyond the inputs, MB",
        width=760,
    )


def rates() -> Figure:
    """Rate, information and distortion of an autoencoder under a growing price."""
    last = {
        (r["run"].split("beta ")[1].rstrip('"'), r["quantity"]): float(r["value"])
        for r in rows_of("train_digits")
        if "beta" in r["run"] and r["epoch"] == "15"
    }
    return line_chart(
        [last[beta, "rate"] for beta in BETAS],
        {"distortion": [last[beta, "distortion"] for beta in BETAS]},
        dots={f"β = {beta}": (last[beta, "rate"], last[beta, "distortion"]) for beta in BETAS},
        title="What a price β on the rate buys",
        description="An autoencoder of MNIST digits after 15 epochs, 2,000 held-out digits. The "
        "sum, the negative ELBO, is least at β = 1.",
        x_label="rate, nats",
        y_label="distortion, nats",
        from_zero=True,
        width=720,
        height=300,
    )
