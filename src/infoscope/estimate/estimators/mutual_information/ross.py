"""Mutual information of labels and numbers, by neighbours with the same label."""

from __future__ import annotations

import numpy as np

from infoscope.estimate.kernels.information import neighbour_information
from infoscope.estimate.method import Raw, Spec, Value
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="mutual_information",
    name="ross",
    kinds=(("discrete", "continuous"), ("continuous", "discrete")),
    assumes="labels seen more than k times each",
    bias="Rows whose label no other row has count as 0: too low where labels are rare.",
    cost="n log n",
    source="Ross, Mutual information between discrete and continuous data sets (2014), equation 1",
    options={"k": 3, "marginals": "scores"},
    invariances=frozenset({"shift", "scale", "monotone", "relabel", "swap"}),
    error_bar="half_samples",
    smallest_n=4,
)


def run(
    x: Variable,
    y: Variable,
    *,
    rng: np.random.Generator,  # noqa: ARG001
    k: Value,
    marginals: Value,
) -> Raw:
    """Return the mean of psi(k) + psi(n) - psi(n_x) - psi(m) over the rows.

    A row has n_x rows with its label and m rows as near as its k-th neighbour among these; k is
    less where a label has fewer rows.
    """
    return neighbour_information(x, y, k=k, marginals=marginals, ties="atoms")
