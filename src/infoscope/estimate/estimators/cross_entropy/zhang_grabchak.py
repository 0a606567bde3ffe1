"""Zhang and Grabchak's cross-entropy: digammas for logarithms, finite and nearly unbiased."""

from __future__ import annotations

import numpy as np

from infoscope.estimate.label_divergences import by_digammas
from infoscope.estimate.method import DISCRETE_PAIR, Raw, Spec
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
    return by_digammas(x, y, relative=False)
