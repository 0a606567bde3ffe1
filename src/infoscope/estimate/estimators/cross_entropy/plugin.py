"""Plug-in cross-entropy: of the observed frequencies; infinite where y lacks a symbol of x."""

from __future__ import annotations

import numpy as np

from infoscope.estimate.label_divergences import mean_over_symbols, never_in_y, seen_in_x
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
    seen, a, b = seen_in_x(x, y)
    missing = never_in_y(b)
    nats = float(cross_entropy(x.counts / x.n, y.counts / y.n))
    if missing:
        note = (
            f"y never shows {missing} symbols of x, which costs infinitely many nats; "
            "method='zhang_grabchak' stays finite."
        )
        return Raw(nats=nats, notes=(note,), diagnostics={"missing_in_y": float(missing)})
    p, q = a / x.n, b / y.n
    from_y = (float(np.dot(p, p / q)) - 1.0) / y.n
    return mean_over_symbols(x, seen, -np.log(q), from_y, nats=nats)
