"""Information between labels by any method for their entropy: I = H(x) + H(y) - H(x, y).

One entropy file serves two more quantities this way; the error bar is that of the plug-in value
(delta method), which a correction of the bias moves and hardly widens.
"""

from __future__ import annotations

import math

import numpy as np

from infoscope.estimate.method import (
    DISCRETE_PAIR,
    DISCRETE_TRIPLE,
    Floats,
    Method,
    Raw,
    Run,
    Spec,
    Value,
)
from infoscope.estimate.variables import Variable, joined

__all__ = ["QUANTITIES", "derive", "log_ratios", "plugin_moments", "spread"]

#: What can be had from entropies of labels alone.
QUANTITIES = ("mutual_information", "conditional_mutual_information")


def derive(quantity: str, entropy: Method) -> Method:
    """Return the method of the same name for `quantity`."""
    conditional = quantity == "conditional_mutual_information"
    spec = Spec(
        quantity=quantity,
        name=entropy.spec.name,
        kinds=DISCRETE_TRIPLE if conditional else DISCRETE_PAIR,
        assumes=entropy.spec.assumes,
        bias=_bias(entropy.spec),
        cost=entropy.spec.cost,
        source=entropy.spec.source,
        options={key: v for key, v in entropy.spec.options.items() if key != "n_symbols"},
        invariances=frozenset({"relabel", "swap"}),
        smallest_n=entropy.spec.smallest_n,
    )
    return Method(spec, _conditional(entropy) if conditional else _pair(entropy))


def _bias(spec: Spec) -> str:
    if spec.name == "plugin":
        return "Biased upwards by about (levels of x - 1)(levels of y - 1) / 2n where n is large."
    return (
        "The biases of three entropies partly cancel; with many levels and few rows some remains."
    )


def _pair(entropy: Method) -> Run:
    defaults = entropy.spec.options

    def run(x: Variable, y: Variable, *, rng: np.random.Generator, **options: Value) -> Raw:
        both = joined(x, y)
        terms = [entropy.run(v, rng=rng, **{**defaults, **options}).nats for v in (x, y, both)]
        local = log_ratios(x, y)
        df = (x.n_levels - 1) * (y.n_levels - 1)
        return _raw(terms[0] + terms[1] - terms[2], local, df)

    return run


def _conditional(entropy: Method) -> Run:
    defaults = entropy.spec.options

    def run(
        x: Variable, y: Variable, z: Variable, *, rng: np.random.Generator, **options: Value
    ) -> Raw:
        parts = (joined(x, z), joined(y, z), z, joined(x, y, z))
        xz, yz, only, xyz = (
            entropy.run(part, rng=rng, **{**defaults, **options}).nats for part in parts
        )
        local = log_ratios(x, y, z)
        df = z.n_levels * (x.n_levels - 1) * (y.n_levels - 1)
        return _raw(xz + yz - only - xyz, local, df)

    return run


def _raw(nats: float, local: Floats, df: float) -> Raw:
    plugin = float(local.mean())
    own = local if math.isclose(nats, plugin, rel_tol=1e-12, abs_tol=1e-12) else None
    return Raw(
        nats=nats,
        per_sample=own,
        stderr=spread(local, nats, df),
        how="delta method and the spread at independence",
        diagnostics={"plugin": plugin},
    )


def log_ratios(x: Variable, y: Variable, z: Variable | None = None) -> Floats:
    """Return the plug-in local values log p(x, y) / p(x) p(y), or given z, one a row, nats."""
    if z is None:
        both = joined(x, y)
        top, bottom, scale = (both,), (x, y), math.log(x.n)
    else:
        top, bottom, scale = (joined(x, y, z), z), (joined(x, z), joined(y, z)), 0.0
    total = np.full(x.n, scale)
    for part, sign in [*((p, 1.0) for p in top), *((p, -1.0) for p in bottom)]:
        assert part.codes is not None
        total += sign * np.log(part.counts)[part.codes]
    return total


def plugin_moments(x: Variable, y: Variable) -> tuple[float, float]:
    """Return mean and variance over rows of log p(x, y) / p(x) p(y), from the table of x and y."""
    assert x.codes is not None
    assert y.codes is not None
    cell = x.codes * np.int64(y.n_levels) + y.codes
    if x.n_levels * y.n_levels <= 4 * x.n + 1024:
        counts = np.bincount(cell)
        seen = np.flatnonzero(counts)
        counts = counts[seen]
    else:
        seen, counts = np.unique(cell, return_counts=True)
    share = counts / x.n
    local = np.log(counts) + math.log(x.n)
    local -= np.log(x.counts)[seen // y.n_levels] + np.log(y.counts)[seen % y.n_levels]
    mean = float(np.dot(share, local))
    return mean, float(np.dot(share, (local - mean) ** 2))


def spread(local: Floats, nats: float, df: float) -> float:
    """Return the standard error of a label information of value `nats`.

    The delta-method variance vanishes at independence, where 2 n I is chi-squared with `df`; the
    former is scaled to the corrected value and the latter's variance df / 2n^2 added.
    """
    n = local.size
    plugin = float(local.mean())
    delta = float(local.var()) / n
    share = min(max(nats, 0.0) / plugin, 1.0) if plugin > 0 else 0.0
    return math.sqrt(delta * share + df / (2.0 * n * n))
