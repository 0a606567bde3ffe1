"""The bound of Nguyen, Wainwright and Jordan with a trained critic: unbiased, widely spread."""

from __future__ import annotations

import numpy as np

from infoscope.estimate.method import CONTINUOUS_PAIR, Raw, Spec, Value
from infoscope.estimate.variables import Variable
from infoscope.train.critics.fitting import COST, INVARIANCES, OPTIONS, SMALLEST, fit

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="mutual_information",
    name="nwj",
    kinds=CONTINUOUS_PAIR,
    assumes="a lower bound whose spread grows like the exponential of the information",
    bias="Too low by what the critic misses.",
    cost=COST,
    source="Nguyen, Wainwright and Jordan, Estimating divergence functionals (2010), equation 9",
    options=OPTIONS,
    invariances=INVARIANCES,
    smallest_n=SMALLEST,
)


def run(
    x: Variable, y: Variable, *, rng: np.random.Generator, hidden: Value, epochs: Value,
    batch: Value,
) -> Raw:  # fmt: skip
    """Return the value on held-out pairs, with a critic trained on others."""
    return fit("nwj", x, y, rng, hidden=hidden, epochs=epochs, batch=batch)
