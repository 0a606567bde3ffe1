"""Chao-Shen entropy: frequencies shrunk by the sample's coverage, unseen symbols weighed in."""

from __future__ import annotations

import numpy as np

from infoscope.estimate.label_counts import Folded, entropy_raw, fold
from infoscope.estimate.method import DISCRETE, Raw, Spec
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="entropy",
    name="chao_shen",
    kinds=DISCRETE,
    assumes="the unseen symbols resemble those seen once; good for large alphabets",
    bias="Nearly unbiased while the unseen symbols resemble the rare ones; noisy.",
    cost="n",
    source="Chao & Shen, Nonparametric estimation of Shannon's index (2003), equation 8",
    invariances=frozenset({"relabel"}),
)


def run(x: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return the Horvitz-Thompson sum of -p log p / (1 - (1 - p)^n) with p = coverage * c / n."""
    folded = fold(x.counts)
    notes = ()
    if folded.singletons == folded.n:
        notes = ("Every symbol was seen once: the data set no upper limit to the entropy.",)
    return entropy_raw(folded, _chao_shen, notes)


def _chao_shen(folded: Folded) -> float:
    n = folded.n
    once = min(folded.singletons, n - 1.0)  # no coincidence at all: count one
    p = (1.0 - once / n) * folded.times / n
    certain = p == 1.0  # one symbol alone: log 1 = 0
    seen = np.where(certain, 1.0, -np.expm1(n * np.log1p(np.where(certain, 0.0, -p))))
    return -float(np.dot(folded.symbols, p * np.log(p) / seen)) + 0.0
