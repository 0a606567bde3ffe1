"""James-Stein entropy: frequencies shrunk towards the uniform distribution."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from infoscope.estimate.label_counts import Folded, alphabet, entropy_raw, fold
from infoscope.estimate.method import DISCRETE, Raw, Spec, Value
from infoscope.estimate.special import xlogy
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run", "shrinkage_weight"]

SPEC = Spec(
    quantity="entropy",
    name="james_stein",
    kinds=DISCRETE,
    assumes="the alphabet is known (n_symbols) and the distribution not far from uniform",
    bias="Biased upwards for skewed laws, downwards where n_symbols is what was seen.",
    cost="n",
    source="Hausser & Strimmer, Entropy inference and James-Stein (2009), equations 4-6",
    options={"n_symbols": None},
    invariances=frozenset({"relabel"}),
)


def run(x: Variable, *, rng: np.random.Generator, n_symbols: Value) -> Raw:  # noqa: ARG001
    """Return the entropy of lambda / K + (1 - lambda) c / n, lambda from the data."""
    folded = fold(x.counts)
    known = n_symbols is not None
    size = alphabet(folded, n_symbols if known else folded.seen, "entropy")
    raw = entropy_raw(folded, lambda part: _shrunk(part, size if known else part.seen))
    shrinkage = {"shrinkage": shrinkage_weight(folded, size)}
    return replace(raw, diagnostics={**raw.diagnostics, **shrinkage})


def shrinkage_weight(folded: Folded, n_symbols: float) -> float:
    """Return lambda, the weight of the uniform distribution, in [0, 1]."""
    n, p = folded.n, folded.times / folded.n
    squares = float(np.dot(folded.symbols, p**2))
    distance = squares - 1.0 / n_symbols
    if n < 2 or distance <= 0.0:
        return 1.0
    return min(1.0, (1.0 - squares) / ((n - 1.0) * distance))


def _shrunk(folded: Folded, n_symbols: float) -> float:
    weight = shrinkage_weight(folded, n_symbols)
    p = weight / n_symbols + (1.0 - weight) * folded.times / folded.n
    unseen = weight / n_symbols
    rest = float(xlogy(unseen, unseen)) * (n_symbols - folded.seen)
    return -float(np.dot(folded.symbols, xlogy(p, p))) - rest + 0.0
