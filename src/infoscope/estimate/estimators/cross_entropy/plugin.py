"""Plug-in cross-entropy: of the observed frequencies; infinite where y lacks a symbol of x."""

from __future__ import annotations

import math

import numpy as np

from infoscope.estimate.method import DISCRETE_PAIR, Raw, Spec
from infoscope.estimate.variables import Variable
from infoscope.measures import cross_entropy

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="cross_entropy",
    name="plugin",
    kinds=DISCRETE_PAIR,
    assumes="every symbol of x has been seen in y many times",
    bias="Biased upwards by about (number of symbols - 1) / 2m, and infinite as soon as "
    "y lacks a symbol of x.",
    cost="n",
    source="Cover & Thomas, Elements of Information Theory (2006), theorem 5.4.3",
    invariances=frozenset({"relabel"}),
)


def run(x: Variable, y: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return -sum p log q of the frequencies, with the delta method's error."""
    p, q = x.counts / x.n, y.counts / y.n
    nats = float(cross_entropy(p, q))
    missing = int(np.count_nonzero((p > 0) & (q == 0)))
    if missing:
        note = (
            f"y never shows {missing} symbols of x, which costs infinitely many nats; "
            "method='zhang_grabchak' stays finite."
        )
        return Raw(nats=nats, notes=(note,), diagnostics={"missing_in_y": float(missing)})
    seen = p > 0
    ratio = -np.log(q[seen])
    first = float(np.dot(p[seen], (ratio - nats) ** 2)) / x.n
    second = (float(np.dot(p[seen], p[seen] / q[seen])) - 1.0) / y.n
    assert x.codes is not None
    local = np.zeros(p.size)
    local[seen] = ratio
    return Raw(
        nats=nats,
        per_sample=local[x.codes],
        stderr=math.sqrt(first + max(second, 0.0)),
        how="delta method",
    )
