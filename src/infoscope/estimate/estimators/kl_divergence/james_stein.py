"""KL divergence of frequencies that are shrunk towards the uniform distribution on both sides."""

from __future__ import annotations

import numpy as np

from infoscope.estimate.label_divergences import of_shrunk_frequencies
from infoscope.estimate.method import DISCRETE_PAIR, Raw, Spec, Value
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

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
    return of_shrunk_frequencies(x, y, n_symbols, relative=True)
