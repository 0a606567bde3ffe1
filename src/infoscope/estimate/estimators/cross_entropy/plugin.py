"""Plug-in cross-entropy: of the observed frequencies; infinite where y lacks a symbol of x."""

from __future__ import annotations

import numpy as np

from infoscope.estimate.label_divergences import of_frequencies
from infoscope.estimate.method import DISCRETE_PAIR, Raw, Spec
from infoscope.estimate.variables import Variable

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
    return of_frequencies(x, y, relative=False)
