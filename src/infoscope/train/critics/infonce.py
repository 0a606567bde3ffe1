"""InfoNCE with a trained critic: a lower bound that cannot pass the logarithm of the batch."""

from __future__ import annotations

import numpy as np

from infoscope.estimate.method import CONTINUOUS_PAIR, Raw, Spec, Value
from infoscope.estimate.variables import Variable
from infoscope.train.critics.fitting import COST, INVARIANCES, OPTIONS, SMALLEST, fit

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="mutual_information",
    name="infonce",
    kinds=CONTINUOUS_PAIR,
    assumes="a lower bound below the logarithm of the number of held-out rows",
    bias="Too low where the information is near or above log of the held-out "
    "rows, and where n is small.",
    cost=COST,
    source="van den Oord et al., Representation learning with contrastive "
    "predictive coding (2018), equation 4",
    options=OPTIONS,
    invariances=INVARIANCES,
    smallest_n=SMALLEST,
)


def run(
    x: Variable, y: Variable, *, rng: np.random.Generator, hidden: Value, epochs: Value,
    batch: Value,
) -> Raw:  # fmt: skip
    """Return the value on held-out pairs, with a critic trained on others."""
    return fit("infonce", x, y, rng, hidden=hidden, epochs=epochs, batch=batch)
