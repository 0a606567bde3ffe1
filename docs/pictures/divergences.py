"""Pictures of two distributions: cross-entropy, KL both ways, and the other divergences."""

import numpy as np
from scipy import stats

import infoscope as isc
from infoscope.figures import Figure, column_chart, landscape, line_chart, signed_area
from infoscope.figures import small_multiples as together


def belief() -> Figure:
    """Cross-entropy of a coin of 0.8 against what is believed of it."""
    q = np.linspace(0.005, 0.995, 199)
    believed = np.stack([q, 1 - q], axis=-1)
    h = float(isc.entropy([0.8, 0.2], unit="bits"))
    return line_chart(
        q,
        {"cross-entropy": np.asarray(isc.cross_entropy([0.8, 0.2], believed, unit="bits"))},
        title="Believing something else costs the divergence on top of the entropy",
        description="The least cost is the entropy, 0.722 bits, at the truth; it is infinite at "
        "0 and 1.",
        x_label="believed probability of heads; the truth is 0.8",
        y_label="bits",
        references={"entropy, 0.722 bits": h},
        dots={"belief = truth": (0.8, h)},
        y_range=(0, 4),
        width=720,
        height=300,
    )


def both_ways() -> Figure:
    """KL to and from a coin of 0.8."""
    q = np.linspace(0.002, 0.998, 249)
    believed = np.stack([q, 1 - q], axis=-1)
    return line_chart(
        q,
        {
            "KL(p‖q)": np.asarray(isc.kl_divergence([0.8, 0.2], believed)),
            "KL(q‖p)": np.asarray(isc.kl_divergence(believed, [0.8, 0.2])),
        },
        title="Two directions, two costs",
        description="Both are 0 at q = 0.8. KL(p‖q) is infinite at both ends, KL(q‖p) is finite "
        "there.",
        x_label="q, where p = 0.8",
        y_label="nats",
        y_range=(0, 2.2),
        width=720,
        height=280,
    )


def integrand() -> Figure:
    """Where the divergence of two Gaussians comes from."""
    x = np.linspace(-6, 7, 400)
    p, q = stats.norm(0, 1), stats.norm(1, 2)
    y = p.pdf(x) * (p.logpdf(x) - q.logpdf(x))
    total = float(isc.kl_divergence(p, q))
    return signed_area(
        x,
        y,
        title="KL of N(0, 1) from N(1, 2²): the integrand may be negative, the sum may not",
        description="Where q is larger than p the integrand is negative; the whole is 0.443 nats.",
        x_label="x",
        y_label="p log(p/q), nats",
        total=f"KL = {total:.4f} nats",
        width=720,
    )


def plane() -> Figure:
    """KL of a Gaussian from the standard normal, over its mean and standard deviation."""
    mean, sd = np.linspace(-3, 3, 61), np.linspace(0.2, 3.2, 61)
    amounts = np.array(
        [[float(isc.gaussian_kl([m], [[s * s]], [0.0], [[1.0]])) for m in mean] for s in sd]
    )
    return landscape(
        mean,
        sd,
        amounts,
        title="KL(N(μ, σ²) ‖ N(0, 1))",
        description="0 where they are equal; steep towards small widths, gentle towards large "
        "ones.",
        x_label="μ",
        y_label="σ",
        quantity="KL",
        unit="nats",
        dots={"equal": (0.0, 1.0)},
    )


def kinds() -> Figure:
    """Five divergences of two coins as one of them moves."""
    q = np.linspace(0.0, 1.0, 201)
    other = np.stack([q, 1 - q], axis=-1)
    p = [0.5, 0.5]
    return line_chart(
        q,
        {
            "total variation": np.asarray(isc.total_variation(p, other)),
            "Hellinger": np.asarray(isc.hellinger_distance(p, other)),
            "Jensen–Shannon": np.asarray(isc.jensen_shannon_divergence(p, other)),
            "KL(q‖p)": np.asarray(isc.kl_divergence(other, p)),
        },
        title="Four ways to be different from a fair coin",
        description="Total variation is straight near 0, KL and Jensen–Shannon are round.",
        x_label="probability of heads under q; p is fair",
        y_label="nats, or distance",
        y_range=(0, 0.75),
        width=720,
        height=300,
    )


def losses() -> Figure:
    """Gradient of the loss: prediction minus truth."""
    z = np.array([1.0, 3.0, 2.0, 0.5])
    p = np.exp(np.asarray(isc.Logits(z).log_probabilities()))
    truth = np.array([0.0, 0.0, 1.0, 0.0])
    names = ["a", "b", "c (true)", "d"]
    return together(
        [
            column_chart(names, {"predicted": p}, title="Prediction", y_label="probability",
                         width=400, height=250),
            column_chart(names, {"gradient": p - truth}, title="Gradient of the loss: p − y",
                         y_label="nats per logit", width=400, height=250),
        ],
        title="What cross-entropy asks of the logits",
        description="The gradient is the prediction less the truth: negative for the true class "
        "alone.",
    )  # fmt: skip
