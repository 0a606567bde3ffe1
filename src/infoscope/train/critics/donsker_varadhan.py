"""The Donsker-Varadhan bound with a trained critic, read off held-out pairs."""

from __future__ import annotations

import numpy as np

from infoscope.estimate.method import CONTINUOUS_PAIR, Raw, Spec, Value
from infoscope.estimate.variables import Variable
from infoscope.train.critics.fitting import COST, INVARIANCES, OPTIONS, SMALLEST, fit

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="mutual_information",
    name="donsker_varadhan",
    kinds=CONTINUOUS_PAIR,
    assumes="about a lower bound; a finite batch pushes it up where the information is large",
    bias="Too low by what the critic misses; up by the logarithm of a mean of few exponentials.",
    cost=COST,
    source="Donsker and Varadhan (1983); Poole et al., On variational bounds of "
    "mutual information (2019), equation 5",
    options=OPTIONS,
    invariances=INVARIANCES,
    smallest_n=SMALLEST,
)


def run(
    x: Variable, y: Variable, *, rng: np.random.Generator, hidden: Value, epochs: Value,
    batch: Value,
) -> Raw:  # fmt: skip
    """Return the value on held-out pairs, with a critic trained on others."""
    return fit("donsker_varadhan", x, y, rng, hidden=hidden, epochs=epochs, batch=batch)
