"""What the methods of this folder share: their options, and the step from columns to tensors."""

from __future__ import annotations

import importlib
from typing import Any, Final

import numpy as np

from infoscope.core.extras import require
from infoscope.estimate.kernels.marginals import blocks_of
from infoscope.estimate.method import Raw, Value
from infoscope.estimate.variables import Variable, canonical_order

__all__ = ["COST", "INVARIANCES", "OPTIONS", "SMALLEST", "fit"]

OPTIONS: Final[dict[str, Value]] = {"hidden": 64, "epochs": 100, "batch": 128}
INVARIANCES: Final = frozenset({"shift", "scale", "monotone"})
COST: Final = "epochs n (batch + d) hidden; seconds for thousands of rows"
SMALLEST: Final = 40


def fit(bound: str, x: Variable, y: Variable, rng: np.random.Generator, **options: Value) -> Raw:
    """Return the bound on the rank-normal scores of both; torch is loaded only here."""
    require("torch", extra="train", purpose="training a critic")
    training: Any = importlib.import_module("infoscope.train.critic_training")
    order = canonical_order((x, y))  # the split must not depend on the order of the rows
    (a, b), _ = blocks_of((x, y), marginals="scores")
    chosen = training.CriticOptions(**options)
    rows = a.values[order], b.values[order]
    if bound == "club":
        return training.conditional_bound(*rows, rng, chosen)
    return training.critic_bound(*rows, bound, rng, chosen)
