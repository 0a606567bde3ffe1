"""Miller-Madow entropy: plug-in plus the first term of its bias."""

from __future__ import annotations

import numpy as np

from infoscope.estimate.label_counts import Folded, entropy_raw, fold
from infoscope.estimate.method import DISCRETE, Raw, Spec
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="entropy",
    name="miller_madow",
    kinds=DISCRETE,
    assumes="the number of symbols seen is near the true one",
    bias="Still biased downwards where many symbols are unseen.",
    cost="n",
    source="Miller, Note on the bias of information estimates (1955), equation 8",
    invariances=frozenset({"relabel"}),
)


def run(x: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return plug-in + (symbols seen - 1) / 2n."""
    return entropy_raw(fold(x.counts), _miller_madow)


def _miller_madow(folded: Folded) -> float:
    p = folded.times / folded.n
    plugin = -float(np.dot(p * folded.symbols, np.log(p)))
    return plugin + (folded.seen - 1.0) / (2.0 * folded.n)
