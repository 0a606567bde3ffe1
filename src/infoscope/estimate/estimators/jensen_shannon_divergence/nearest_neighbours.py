"""Jensen-Shannon divergence as information between a row and the sample it came from."""

from __future__ import annotations

import math

import numpy as np

from infoscope.estimate.kernels.divergences import local_half_divergence, pooled_scores
from infoscope.estimate.kernels.marginals import checked_k
from infoscope.estimate.method import Raw, Spec, Value
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="jensen_shannon_divergence",
    name="nearest_neighbours",
    kinds=(("continuous", "continuous"), ("mixed", "mixed")),
    assumes="densities that are nearly constant within the distance to the k-th neighbour",
    bias="Slightly too low in many columns.",
    cost="n log n in few columns",
    source="Ross, Mutual information between discrete and continuous data sets (2014), equation "
    "1; Lin (1991), equation 4.1, for the weights one half",
    options={"k": 5},
    invariances=frozenset({"shift", "scale", "monotone", "swap"}),
    error_bar="half_samples",
    smallest_n=4,
)


def run(x: Variable, y: Variable, *, rng: np.random.Generator, k: Value) -> Raw:  # noqa: ARG001
    """Return the mean over both samples of log p / ((p + q) / 2), each sample weighing one half."""
    neighbours = checked_k(k, min(x.n, y.n), "jensen_shannon_divergence")
    means: list[float] = []
    for pair in ((x, y), (y, x)):
        a, b, tied = pooled_scores(*pair)
        means.append(float(local_half_divergence(a, b, neighbours).mean()))
        means.append(float(local_half_divergence(b, a, neighbours).mean()))
        if not tied:
            break
    return Raw(nats=math.fsum(means) / len(means))
