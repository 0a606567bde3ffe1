"""Conditional mutual information of any mix of numbers and labels in any argument."""

from __future__ import annotations

import numpy as np

from infoscope.estimate.kernels.information import neighbour_information
from infoscope.estimate.method import ANY_TRIPLE, Raw, Spec, Value
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="conditional_mutual_information",
    name="mixed",
    kinds=ANY_TRIPLE,
    assumes="each value is either shared by many rows or one of a continuum (perhaps rounded)",
    bias="Towards 0, and the more so the more columns there are, of z above all.",
    cost="n log n in few columns",
    source=(
        "Mesner & Shalizi, Conditional mutual information estimation for mixed, discrete and "
        "continuous data (2020), algorithm 1"
    ),
    options={"k": 3, "marginals": "scores", "ties": "auto"},
    invariances=frozenset({"shift", "scale", "monotone", "swap"}),
    error_bar="half_samples",
    smallest_n=4,
    trusted_columns=4,
)


def run(
    x: Variable,
    y: Variable,
    z: Variable,
    *,
    rng: np.random.Generator,  # noqa: ARG001
    k: Value,
    marginals: Value,
    ties: Value,
) -> Raw:
    """Return the mean of the local values; without ties or labels, this is `ksg`."""
    return neighbour_information(
        x, y, z, k=k, marginals=marginals, ties=ties, function="conditional_mutual_information"
    )
