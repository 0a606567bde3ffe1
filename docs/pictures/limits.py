"""Pictures of Shannon's limits: capacity, rate and distortion, the bottleneck, entropy rates."""

import numpy as np

import infoscope as isc
from infoscope import channels, estimate
from infoscope.figures import Figure, line_chart
from infoscope.known import MarkovChain


def capacities() -> Figure:
    """Three binary channels as their noise grows."""
    eps = np.linspace(0, 1, 51)
    kinds = {
        "erasure": channels.binary_erasure,
        "symmetric": channels.binary_symmetric,
        "Z": channels.z_channel,
    }
    lines = {
        name: np.array([kind(float(e), unit="bits").value for e in eps])
        for name, kind in kinds.items()
    }
    return line_chart(
        eps,
        lines,
        title="What three noisy binary channels carry",
        description="A symmetric channel that is always wrong is perfect again; at one half it "
        "is useless.",
        x_label="probability that a symbol is hurt",
        y_label="bits per use",
        from_zero=True,
        width=720,
        height=300,
    )


def rate() -> Figure:
    """The rate-distortion curve of a fair coin."""
    curve = channels.rate_distortion_curve([0.5, 0.5], [[0.0, 1.0], [1.0, 0.0]], unit="bits")
    figure = curve.figure()
    assert figure is not None
    return figure


def bottleneck() -> Figure:
    """A bottleneck curve."""
    joint = np.array([[0.30, 0.02, 0.02], [0.10, 0.10, 0.04], [0.02, 0.04, 0.36]])
    curve = channels.bottleneck_curve(joint / joint.sum(), np.geomspace(1.05, 60, 24), unit="bits")
    figure = curve.figure()
    assert figure is not None
    return figure


def rates() -> Figure:
    """How fast estimates of an entropy rate come down, on a chain whose rate is known."""
    chain = MarkovChain([[0.9, 0.1], [0.3, 0.7]])
    truth = float(isc.bits(chain.entropy_rate))
    x = chain.sample(4000, rng=0)
    sizes = np.unique(np.geomspace(60, 4000, 14).astype(int))
    lines = {
        "one symbol": [estimate.entropy(x[:n], unit="bits", discrete=True).value for n in sizes],
        "rate": [estimate.entropy_rate(x[:n], unit="bits").value for n in sizes],
    }
    return line_chart(
        sizes,
        lines,
        title="A symbol alone is more uncertain than a symbol after its past",
        description="A two-state chain. The estimate of the rate nears the truth as symbols "
        "come in.",
        x_label="symbols seen",
        y_label="bits per symbol",
        references={"true rate": truth},
        log_x=True,
        y_range=(0, 1.1),
        width=720,
        height=300,
    )
