"""Plug-in entropy: the entropy of the observed frequencies."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from infoscope.estimate.label_counts import delta_error, fold, one_symbol, uniform_error
from infoscope.estimate.method import DISCRETE, Raw, Spec
from infoscope.estimate.variables import Variable
from infoscope.measures import entropy

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="entropy",
    name="plugin",
    kinds=DISCRETE,
    assumes="every symbol that matters has been seen, n far above the number of symbols",
    bias="Biased downwards by about (number of symbols - 1) / 2n nats, more with unseen symbols.",
    cost="n",
    source="Miller, Note on the bias of information estimates (1955), equation 4",
    invariances=frozenset({"relabel"}),
)


def run(x: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return -sum p log p of the relative frequencies p, with the delta-method error bar."""
    counts = x.counts
    p = counts / x.n
    nats = float(entropy(p))
    assert x.codes is not None
    folded = fold(counts)
    if x.n_levels == 1:
        return replace(one_symbol(folded), per_sample=np.zeros(x.n))
    return Raw(
        nats=nats,
        per_sample=-np.log(p)[x.codes],
        stderr=math.hypot(delta_error(folded), uniform_error(folded)),
        how="delta method",
        diagnostics={"n_symbols": float(x.n_levels)},
    )
