"""Mutual information of columns if they are jointly Gaussian: what their correlations tell."""

from __future__ import annotations

import numpy as np

from infoscope.estimate.kernels.gaussian_model import canonical_information
from infoscope.estimate.method import CONTINUOUS_PAIR, Raw, Spec
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="mutual_information",
    name="gaussian",
    kinds=CONTINUOUS_PAIR,
    assumes="jointly Gaussian columns; of other dependence only the linear part is seen",
    bias="None for Gaussian rows; outliers can move it anywhere (gaussian_copula does not mind).",
    cost="n d^2",
    source="Cover & Thomas, Elements of Information Theory (2006), example 8.5.1; bias: Ahmed & "
    "Gokhale (1989), theorem 2.1",
    invariances=frozenset({"shift", "scale", "swap"}),
    smallest_n=4,
)


def run(x: Variable, y: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return -sum log(1 - r_i^2) / 2 over the canonical correlations, less its bias."""
    return canonical_information(x.values, y.values, "mutual_information")
