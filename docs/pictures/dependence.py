"""Pictures of what variables tell of each other."""

import numpy as np

import infoscope as isc
from infoscope.figures import Figure, bar_chart, heat_map, line_chart, venn_of_two

RAIN = [[0.40, 0.10], [0.05, 0.45]]


def venn() -> Figure:
    """Two circles of entropy that overlap."""
    joint = isc.Joint(RAIN, ["F", "W"])
    figure = joint.figure()
    assert figure is not None
    return figure


def pointwise() -> Figure:
    """Pointwise mutual information of each cell."""
    cells = np.asarray(isc.pointwise_mutual_information(RAIN, unit="bits"))
    return heat_map(
        cells,
        rows=["said rain", "said sun"],
        columns=["rain", "sun"],
        title="What each pair says for or against dependence",
        description="Positive: more often together than by chance. Negative: less often.",
        quantity="pointwise mutual information",
        unit="bits",
        ramp="balance",
    )


def correlation() -> Figure:
    """Mutual information of a Gaussian pair against its correlation."""
    rho = np.linspace(-0.995, 0.995, 199)
    mi = np.array([float(isc.gaussian_mutual_information([[1, r], [r, 1]], 1)) for r in rho])
    return line_chart(
        rho,
        {"mutual information": mi},
        title="Of Gaussians, correlation tells all: −½ log(1 − ρ²)",
        description="0 at ρ = 0, the same for both signs, without bound towards ±1.",
        x_label="correlation ρ",
        y_label="nats",
        dots={"ρ = 0.9: 0.830": (0.9, 0.8303656034108255)},
        from_zero=True,
        width=720,
        height=280,
    )


def three() -> Figure:
    """XOR: nothing alone, one bit together."""
    xor = np.zeros((2, 2, 2))
    for x in (0, 1):
        for y in (0, 1):
            xor[x, y, x ^ y] = 0.25
    joint = isc.Joint(xor, ["X", "Y", "Z"])
    figure = joint.figure()
    assert figure is not None
    return figure


def splits() -> Figure:
    """Gain of splitting the penguins by each column."""
    from infoscope.data import path_of
    from infoscope.tables import best_splits

    found = best_splits(path_of("penguins.csv"), "species")[:6]
    return bar_chart(
        [split.column for split in found],
        [split.gain for split in found],
        title="The best single split of each column, 344 penguins",
        description="The entropy of the species is 1.51 bits; one question about the flipper "
        "tells half.",
        x_label="information gain about the species, bits",
        width=720,
    )


__all__ = ["correlation", "pointwise", "splits", "three", "venn", "venn_of_two"]
