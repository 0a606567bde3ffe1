"""Zhang and Grabchak's KL divergence: digammas for logarithms, finite and nearly unbiased."""

from __future__ import annotations

import numpy as np

from infoscope.estimate.label_divergences import by_digammas
from infoscope.estimate.method import DISCRETE_PAIR, Raw, Spec
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="kl_divergence",
    name="zhang_grabchak",
    kinds=DISCRETE_PAIR,
    assumes="every symbol of x can occur in y (else the truth is infinite)",
    bias="Its bias falls off exponentially in the rows of both samples; it is downwards where y "
    "lacks symbols of x.",
    cost="n",
    source="Zhang & Grabchak, Estimation of Kullback-Leibler divergence (2014), equation 4",
    invariances=frozenset({"relabel"}),
)


def run(x: Variable, y: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return sum p [psi(m + 1) - psi(b + 1) - psi(n) + psi(a)], a and b the counts in x and y."""
    return by_digammas(x, y, relative=True)
