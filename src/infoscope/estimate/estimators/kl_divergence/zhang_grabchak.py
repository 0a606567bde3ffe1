"""Zhang and Grabchak's KL divergence: digammas for logarithms, finite and nearly unbiased."""

from __future__ import annotations

import math

import numpy as np

from infoscope.estimate.method import DISCRETE_PAIR, Raw, Spec
from infoscope.estimate.special import digamma, polygamma
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="kl_divergence",
    name="zhang_grabchak",
    kinds=DISCRETE_PAIR,
    assumes="every symbol of x can occur in y (else the truth is infinite)",
    bias="Its bias falls off exponentially in the rows of both samples; it is downwards where y "
    "lacks symbols of x.",
    cost="n",
    source="Zhang & Grabchak, Estimation of Kullback-Leibler divergence (2014), equation 4",
    invariances=frozenset({"relabel"}),
)


def run(x: Variable, y: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return sum p [psi(m + 1) - psi(b + 1) - psi(n) + psi(a)], a and b the counts in x and y."""
    a, b = x.counts.astype(np.float64), y.counts.astype(np.float64)
    seen = a > 0
    a, b, n, m = a[seen], b[seen], float(x.n), float(y.n)
    local = digamma(m + 1.0) - digamma(b + 1.0) - digamma(n) + digamma(a)
    p = a / n
    nats = float(np.dot(p, local))
    first = float(np.dot(p, (local - nats) ** 2)) / n
    second = float(np.dot(p**2, polygamma(1, b + 1.0))) - 1.0 / m
    missing = int(np.count_nonzero(b == 0))
    notes: tuple[str, ...] = ()
    if missing:
        notes = (
            f"y never shows {missing} symbols of x: if it cannot show them, the truth is infinite.",
        )
    assert x.codes is not None
    by_code = np.zeros(x.n_levels)
    by_code[seen] = local
    return Raw(
        nats=nats,
        per_sample=by_code[x.codes],
        stderr=math.sqrt(first + max(second, 0.0)),
        how="delta method",
        diagnostics={"missing_in_y": float(missing)},
        notes=notes,
    )
