"""Zhang and Grabchak's cross-entropy: digammas for logarithms, finite and nearly unbiased."""

from __future__ import annotations

import numpy as np

from infoscope.estimate.label_divergences import mean_over_symbols, never_in_y, seen_in_x
from infoscope.estimate.method import DISCRETE_PAIR, Raw, Spec
from infoscope.estimate.special import digamma, polygamma
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="cross_entropy",
    name="zhang_grabchak",
    kinds=DISCRETE_PAIR,
    assumes="every symbol of x can occur in y (else the truth is infinite)",
    bias="Its bias falls off exponentially in the rows of y; it is downwards where y "
    "lacks symbols of x.",
    cost="n",
    source="Zhang & Grabchak, Estimation of Kullback-Leibler divergence (2014), equation 4",
    invariances=frozenset({"relabel"}),
)


def run(x: Variable, y: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return sum p [psi(m + 1) - psi(b + 1)], p the frequencies in x and b the counts in y."""
    seen, a, b = seen_in_x(x, y)
    m, missing = float(y.n), never_in_y(b)
    local = digamma(m + 1.0) - digamma(b + 1.0)
    from_y = float(np.dot((a / x.n) ** 2, polygamma(1, b + 1.0))) - 1.0 / m
    notes: tuple[str, ...] = ()
    if missing:
        notes = (
            f"y never shows {missing} symbols of x: if it cannot show them, the truth is infinite.",
        )
    return mean_over_symbols(x, seen, local, from_y, missing=missing, notes=notes)
