"""Plug-in Jensen-Shannon divergence: of the observed frequencies, each sample weighing a half."""

from __future__ import annotations

import math

import numpy as np

from infoscope.estimate.method import DISCRETE_PAIR, Floats, Raw, Spec
from infoscope.estimate.special import xlogy
from infoscope.estimate.variables import Variable
from infoscope.measures import jensen_shannon_divergence

__all__ = ["SPEC", "delta_variance", "run"]

SPEC = Spec(
    quantity="jensen_shannon_divergence",
    name="plugin",
    kinds=DISCRETE_PAIR,
    assumes="n far above the number of symbols in both samples",
    bias="Biased upwards by about (number of symbols - 1)(1/n + 1/m) / 8 nats.",
    cost="n",
    source="Lin, Divergence measures based on the Shannon entropy (1991), equation 4.1",
    invariances=frozenset({"relabel", "swap"}),
)


def run(x: Variable, y: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return the divergence of the frequencies, with the delta method's error."""
    p, q = x.counts / x.n, y.counts / y.n
    stderr = math.sqrt(delta_variance(p, q, x.n, y.n))
    return Raw(nats=float(jensen_shannon_divergence(p, q)), stderr=stderr, how="delta method")


def delta_variance(p: Floats, q: Floats, n: int, m: int) -> float:
    """Return the variance of the plug-in value: a quarter of Var log(p / mean) / n on each side."""
    middle = (p + q) / 2.0
    total = 0.0
    for side, rows in ((p, n), (q, m)):
        mean = float(xlogy(side, np.where(side > 0, side / middle, 1.0)).sum())
        seen = side > 0
        ratio = np.log(side[seen] / middle[seen])
        total += float(np.dot(side[seen], (ratio - mean) ** 2)) / (4.0 * rows)
    return total
