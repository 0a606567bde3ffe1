"""Mutual information of continuous columns by nearest neighbours (Kraskov, Stögbauer, Grassberger).

On rank-normal scores by default: units, heavy tails and increasing maps of a column then change
nothing, and the error on 22 tasks was lower than on the raw numbers.
"""

from __future__ import annotations

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.estimate.kernels.information import neighbour_information
from infoscope.estimate.method import CONTINUOUS_PAIR, Raw, Spec, Value
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="mutual_information",
    name="ksg",
    kinds=CONTINUOUS_PAIR,
    assumes="densities that are nearly constant within the distance to the k-th neighbour",
    bias=(
        "Too low where dependence is strong or has sharp edges, and the more so the more columns: "
        "by half and more in 5 + 5 columns."
    ),
    cost="n log n for two columns; towards n^2 with their number",
    source="Kraskov, Stögbauer & Grassberger, Estimating mutual information (2004), equations 8, 9",
    options={"k": 3, "type": 1, "marginals": "scores", "ties": "auto"},
    invariances=frozenset({"shift", "scale", "monotone", "swap"}),
    error_bar="half_samples",
    smallest_n=4,
)


def run(
    x: Variable,
    y: Variable,
    *,
    rng: np.random.Generator,  # noqa: ARG001
    k: Value,
    type: Value,
    marginals: Value,
    ties: Value,
) -> Raw:
    """Return the mean over rows of psi(k) + psi(n) - psi(n_x + 1) - psi(n_y + 1), or of type 2."""
    if type not in (1, 2) or isinstance(type, bool):
        raise InvalidArgument(sentence("mutual_information", "type", "be 1 or 2", repr(type)))
    return neighbour_information(x, y, k=k, marginals=marginals, ties=ties, second=type == 2)
