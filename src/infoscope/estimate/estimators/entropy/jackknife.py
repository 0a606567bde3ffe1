"""Jackknife entropy: the plug-in value less the bias that leaving one out shows."""

from __future__ import annotations

import math

import numpy as np

from infoscope.estimate.label_counts import fold, near_uniform, one_symbol, uniform_error
from infoscope.estimate.method import DISCRETE, Raw, Spec
from infoscope.estimate.special import xlogy
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="entropy",
    name="jackknife",
    kinds=DISCRETE,
    assumes="bias falls as 1/n, n above the number of symbols",
    bias="Biased downwards where many symbols are unseen.",
    cost="n",
    source="Zahl, Jackknifing an index of diversity (1977), equation 3",
    invariances=frozenset({"relabel"}),
)


def run(x: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return n H - (n - 1) mean of H without one observation, with the jackknife's own error."""
    folded = fold(x.counts)
    if folded.seen == 1.0:
        return one_symbol(folded)
    n = folded.n
    total = float(np.dot(folded.symbols, xlogy(folded.times, folded.times)))
    change = xlogy(folded.times, folded.times) - xlogy(folded.times - 1.0, folded.times - 1.0)
    left = math.log(n - 1.0) - (total - change) / (n - 1.0)  # per class of counts
    plugin = math.log(n) - total / n
    weights = folded.times * folded.symbols
    mean = float(np.dot(weights, left)) / n
    variance = (n - 1.0) / n * float(np.dot(weights, (left - mean) ** 2))
    value = n * plugin - (n - 1.0) * mean
    interval = near_uniform(folded, value, plugin, variance)
    least = uniform_error(folded)
    if interval is None:
        stderr = math.hypot(math.sqrt(variance), least)
    else:  # at uniformity the jackknife's variance is twice the true one
        stderr = max(math.sqrt(max(variance - least**2, 0.0)), least)
    return Raw(
        nats=value,
        stderr=stderr,
        interval=interval,
        how="jackknife" if interval is None else "score, near uniformity",
        diagnostics={"n_symbols": folded.seen, "seen_once": folded.singletons},
    )
