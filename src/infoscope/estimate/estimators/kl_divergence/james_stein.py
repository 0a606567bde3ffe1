"""KL divergence of frequencies that are shrunk towards the uniform distribution on both sides."""

from __future__ import annotations

import math

import numpy as np

from infoscope.estimate.estimators.entropy.james_stein import shrinkage_weight
from infoscope.estimate.label_counts import alphabet, fold
from infoscope.estimate.method import DISCRETE_PAIR, Floats, Raw, Spec, Value
from infoscope.estimate.variables import Variable
from infoscope.measures import kl_divergence

__all__ = ["SPEC", "run", "shrunk"]

SPEC = Spec(
    quantity="kl_divergence",
    name="james_stein",
    kinds=DISCRETE_PAIR,
    assumes="the alphabet is known (n_symbols, by default what either sample shows)",
    bias="Drawn towards 0, since both distributions are drawn towards the same one.",
    cost="n",
    source="Hausser & Strimmer, Entropy inference and James-Stein (2009), equations 4-6",
    options={"n_symbols": None},
    invariances=frozenset({"relabel"}),
)


def run(x: Variable, y: Variable, *, rng: np.random.Generator, n_symbols: Value) -> Raw:  # noqa: ARG001
    """Return sum p log(p / q) of the shrunk frequencies."""
    both = fold(x.counts + y.counts)
    size = alphabet(both, both.seen if n_symbols is None else n_symbols, "kl_divergence")
    p, q = shrunk(x, size), shrunk(y, size)
    nats = float(kl_divergence(p, q))
    used = (p > 0) & (q > 0)
    ratio = np.log(p[used] / q[used])
    first = float(np.dot(p[used], (ratio - nats) ** 2)) / x.n
    second = (float(np.dot(p[used], p[used] / q[used])) - 1.0) / y.n
    stderr = math.sqrt(first + max(second, 0.0)) if math.isfinite(nats) else None
    return Raw(nats=nats, stderr=stderr, how="delta method", settings={"n_symbols": int(size)})


def shrunk(x: Variable, size: float) -> Floats:
    """Return the shrunk probabilities of the symbols coded, then of those never seen (alike)."""
    weight = shrinkage_weight(fold(x.counts), size)
    coded = weight / size + (1.0 - weight) * x.counts / x.n
    unseen = round(size) - x.n_levels
    return np.append(coded, np.full(unseen, weight / size)) if unseen > 0 else coded
