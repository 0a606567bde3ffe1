"""KL divergence of two samples from the neighbours that each row has in both."""

from __future__ import annotations

import numpy as np

from infoscope.estimate.kernels.divergences import local_divergence, pooled_scores
from infoscope.estimate.kernels.marginals import checked_k
from infoscope.estimate.method import Raw, Spec, Value
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="kl_divergence",
    name="nearest_neighbours",
    kinds=(("continuous", "continuous"), ("mixed", "mixed")),
    assumes="the second sample reaches wherever the first has rows",
    bias="Too low where x has rows that y hardly reaches, since no more than about log n is ever "
    "seen; with every column more so.",
    cost="n log n in few columns",
    source="Wang, Kulkarni & Verdú, Divergence estimation for multidimensional densities via "
    "k-nearest-neighbor distances (2009), equation 25",
    options={"k": 5},
    invariances=frozenset({"shift", "scale", "monotone"}),
    error_bar="half_samples",
    smallest_n=4,
    trusted_columns=2,
)


def run(x: Variable, y: Variable, *, rng: np.random.Generator, k: Value) -> Raw:  # noqa: ARG001
    """Return the mean of log(p / q) over the rows of x, on pooled ranks."""
    neighbours = checked_k(k, min(x.n, y.n), "kl_divergence")
    a, b, _ = pooled_scores(x, y)
    local = local_divergence(a, b, neighbours)
    return Raw(nats=float(local.mean()), per_sample=local)
