"""Grassberger's entropy: each count's logarithm replaced by a digamma-like function."""

from __future__ import annotations

import math

import numpy as np

from infoscope.estimate.label_counts import Folded, entropy_raw, fold
from infoscope.estimate.method import DISCRETE, Raw, Spec
from infoscope.estimate.special import digamma
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="entropy",
    name="grassberger",
    kinds=DISCRETE,
    assumes="nothing of the alphabet; best where most symbols have been seen a few times",
    bias="Biased downwards where many symbols are unseen, less than Miller-Madow.",
    cost="n",
    source="Grassberger, Entropy estimates from insufficient samplings (2003), equation 35",
    invariances=frozenset({"relabel"}),
)


def run(x: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return log n - sum over symbols of c G(c) / n, c their counts."""
    return entropy_raw(fold(x.counts), _grassberger)


def _grassberger(folded: Folded) -> float:
    c = folded.times
    sign = np.where(c % 2 == 0, 1.0, -1.0)
    g = digamma(c) + 0.5 * sign * (digamma((c + 1.0) / 2.0) - digamma(c / 2.0))
    return math.log(folded.n) - float(np.dot(c * folded.symbols, g)) / folded.n
