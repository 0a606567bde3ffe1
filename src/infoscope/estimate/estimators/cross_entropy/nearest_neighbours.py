"""Cross-entropy of two samples from the distance of each row of x to its k-th neighbour in y."""

from __future__ import annotations

import math

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.estimate.kernels.scales import ball_radii, scaled_columns
from infoscope.estimate.kernels.scores import digamma_of
from infoscope.estimate.kernels.space import Space
from infoscope.estimate.method import CONTINUOUS_PAIR, Raw, Spec, Value
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="cross_entropy",
    name="nearest_neighbours",
    kinds=CONTINUOUS_PAIR,
    assumes="the second sample reaches wherever the first has rows",
    bias="Too low where x has rows that y hardly reaches.",
    cost="n log n in few columns",
    source="Leonenko, Pronzato & Savani, A class of Rényi information estimators for "
    "multidimensional densities (2008), section 3.3",
    options={"k": 3},
    invariances=frozenset({"shift"}),
    error_bar="half_samples",
    smallest_n=4,
    trusted_columns=2,
)


def run(x: Variable, y: Variable, *, rng: np.random.Generator, k: Value) -> Raw:  # noqa: ARG001
    """Return log m - psi(k) + d log 2 + d mean log r, with r the distance in max-norm."""
    m, d = y.values.shape
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 1 <= k <= m:
        need = f"be a whole number of neighbours from 1 to the {m} rows of y"
        raise InvalidArgument(sentence("cross_entropy", "k", need, repr(k)))
    scaled, log_scale = scaled_columns(np.vstack([x.values, y.values]))
    radius, counts, n_empty = ball_radii(Space(scaled[x.n :]), int(k), scaled[: x.n])
    if (radius == 0.0).any():
        return Raw(nats=-math.inf, notes=("All rows of y are equal: the density is infinite.",))
    local = d * np.log(2.0 * radius) - digamma_of(counts) + (math.log(m) + log_scale)
    notes: tuple[str, ...] = ()
    if n_empty:
        notes = (f"{n_empty} rows of x are met {k} times or more in y: taken as rounded numbers.",)
    return Raw(nats=float(local.mean()), per_sample=local, notes=notes)
