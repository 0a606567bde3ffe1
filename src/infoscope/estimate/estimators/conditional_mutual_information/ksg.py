"""Conditional mutual information of continuous columns by nearest neighbours (Frenzel & Pompe)."""

from __future__ import annotations

import numpy as np

from infoscope.estimate.kernels.information import neighbour_information
from infoscope.estimate.method import Raw, Spec, Value
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="conditional_mutual_information",
    name="ksg",
    kinds=(("continuous", "continuous", "continuous"),),
    assumes="densities that are nearly constant within the distance to the k-th neighbour",
    bias="Towards 0, and the more so the more columns there are, of z above all.",
    cost="n log n in few columns",
    source="Frenzel & Pompe, Partial mutual information for coupling analysis (2007), equation 6",
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
    """Return the mean over rows of psi(k) + psi(n_z + 1) - psi(n_xz + 1) - psi(n_yz + 1)."""
    return neighbour_information(
        x, y, z, k=k, marginals=marginals, ties=ties, function="conditional_mutual_information"
    )
