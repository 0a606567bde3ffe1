"""Divergence between two samples of one column: values, intervals and tests under fixed margins.

The level totals of both samples together are held: if nothing drifted, which rows are the reference
is a random draw, so that each count is hypergeometric and any sum over levels has a known law.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainccinv, gammaln, ndtri, xlogy

from infoscope.core.skewed_law import score_interval
from infoscope.estimate.fixed_margins import Moments, pearson_three_tail, two_sample_moments

__all__ = ["MEASURES", "Divergence", "divergences"]

#: What is computed for a column: Jensen-Shannon, D(current || reference), population stability.
MEASURES = ("js", "kl", "psi")

_FEWEST_MINORITY = 50  # below either bound the statistic has a handful of atoms
_FEWEST_TIES = 5.0
_WANTED, _DRAWS = 20, 999

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Divergence:
    """One measure of one column, in nats.

    `corrected` is `plugin` less `expected`, its mean if nothing drifted; `limit` is what `plugin`
    stays below with probability 1 - level if nothing drifted.
    """

    plugin: float
    expected: float
    corrected: float
    stderr: float
    low: float
    high: float
    p_value: float
    limit: float


def divergences(
    reference: NDArray[np.int64],
    current: NDArray[np.int64],
    *,
    coverage: float,
    level: float,
    seed: int,
) -> dict[str, Divergence]:
    """Return every one of `MEASURES` for counts of the same levels, (k,) each.

    JS has weights 1/2 and 1/2 whatever the sizes; KL and PSI add half a count to each level that
    occurs in either sample, so that an empty one stays finite.
    """
    seen = reference + current > 0
    x, y = reference[seen].astype(np.float64), current[seen].astype(np.float64)
    n1, n2 = float(x.sum()), float(y.sum())
    if not (n1 and n2):
        return {name: Divergence(*[math.nan] * 8) for name in MEASURES}
    totals = (x + y).astype(np.int64)
    return {
        name: _one(name, x, y, n1, n2, totals, coverage, level, seed + i)
        for i, name in enumerate(MEASURES)
    }


def _term(name: str, n1: float, n2: float, k: int) -> Callable[[Floats, Floats], Floats]:
    """Return the part of one level in the statistic, from its reference count and its total."""

    def js(x: Floats, total: Floats) -> Floats:
        a, b = x / n1, (total - x) / n2
        middle = (a + b) / 2.0
        return (xlogy(a, a) + xlogy(b, b)) / 2.0 - xlogy(middle, middle)

    def kl(x: Floats, total: Floats) -> Floats:
        a, b = (x + 0.5) / (n1 + 0.5 * k), (total - x + 0.5) / (n2 + 0.5 * k)
        return b * np.log(b / a)

    def psi(x: Floats, total: Floats) -> Floats:
        a, b = (x + 0.5) / (n1 + 0.5 * k), (total - x + 0.5) / (n2 + 0.5 * k)
        return (b - a) * np.log(b / a)

    return {"js": js, "kl": kl, "psi": psi}[name]


def _one(
    name: str, x: Floats, y: Floats, n1: float, n2: float, totals: NDArray[np.int64],
    coverage: float, level: float, seed: int,
) -> Divergence:  # fmt: skip
    k = totals.size
    term = _term(name, n1, n2, k)
    whole = totals.astype(np.float64)
    plugin = max(float(term(x, whole).sum()), 0.0)
    if k < 2:
        return Divergence(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    if k == 2:
        values, weights = _two_levels(term, whole, n1)
        moments = _moments(values, weights)
        p = min(float(weights[values >= plugin * (1.0 - 1e-9) - 1e-15].sum()), 1.0)
        limit = _upper_atom(values, weights, level)
    else:
        moments = two_sample_moments(term, totals, int(n1))
        limit = _quantile(moments, level)
        if _is_corner(totals, n1, n2):
            p = _random_p(term, totals, int(n1), plugin, seed)
        else:
            p = pearson_three_tail(plugin, moments)
    corrected = plugin - moments.mean
    size = n1 * n2 / (n1 + n2)
    s = size * _delta_variance(name, x, y, n1, n2) / plugin if plugin > 0 else 0.5
    low, high = score_interval(
        corrected, corrected, moments.variance, moments.third, s, size, coverage
    )
    if not moments.variance > 0:
        low = high = np.float64(corrected)
    stderr = math.sqrt(moments.variance + s * max(corrected, 0.0) / size)
    return Divergence(plugin, moments.mean, corrected, stderr, float(low), float(high), p, limit)


def _delta_variance(name: str, x: Floats, y: Floats, n1: float, n2: float) -> float:
    """Return the delta-method variance of the plug-in value."""
    k = x.size
    if name == "js":
        p, q = x / n1, y / n2
        middle = (p + q) / 2.0
        slope_p = np.where(p > 0, np.log(np.where(p > 0, p, 1.0) / middle), 0.0) / 2.0
        slope_q = np.where(q > 0, np.log(np.where(q > 0, q, 1.0) / middle), 0.0) / 2.0
    else:
        p, q = (x + 0.5) / (n1 + 0.5 * k), (y + 0.5) / (n2 + 0.5 * k)
        ratio = np.log(q / p)
        slope_p, slope_q = -q / p, ratio
        if name == "psi":
            slope_p, slope_q = -ratio - q / p, ratio - p / q
    return _variance(slope_p, p) / n1 + _variance(slope_q, q) / n2


def _variance(values: Floats, weights: Floats) -> float:
    mean = float(weights @ values)
    return float(weights @ (values - mean) ** 2)


def _two_levels(
    term: Callable[[Floats, Floats], Floats], totals: Floats, n1: float
) -> tuple[Floats, Floats]:
    """Return all values that the statistic of two levels can take, and their probabilities."""
    b, n = float(totals[0]), float(totals.sum())
    mean = n1 * b / n
    reach = 40.0 * math.sqrt(max(mean * (1 - b / n) * (n - n1) / n, 1.0)) + 40.0
    low = max(0.0, n1 + b - n, math.floor(mean - reach))
    high = min(n1, b, math.ceil(mean + reach))
    x = np.arange(low, high + 1.0)
    log_p = -(gammaln(x + 1) + gammaln(b - x + 1) + gammaln(n1 - x + 1)
              + gammaln(n - b - n1 + x + 1))  # fmt: skip
    p = np.exp(log_p - log_p.max())
    return term(x, totals[0]) + term(n1 - x, totals[1]), p / p.sum()


def _moments(values: Floats, weights: Floats) -> Moments:
    mean = float(weights @ values)
    away = values - mean
    return Moments(mean, float(weights @ away**2), float(weights @ away**3))


def _upper_atom(values: Floats, weights: Floats, level: float) -> float:
    """Return the smallest value that is exceeded with probability at most `level`."""
    order = np.argsort(-values)
    beyond = np.cumsum(weights[order])
    first = int(np.searchsorted(beyond, level, side="right"))
    return float(values[order[min(first, order.size - 1)]])


def _quantile(moments: Moments, level: float) -> float:
    """Return the upper quantile of the Pearson III law with these moments."""
    if not moments.variance > 0:
        return moments.mean
    sd = math.sqrt(moments.variance)
    skew = moments.third / sd**3
    if skew < 1e-3:
        return moments.mean - sd * float(ndtri(level))
    shape = 4.0 / skew**2
    return moments.mean + sd * (float(gammainccinv(shape, level)) - shape) / math.sqrt(shape)


def _is_corner(totals: NDArray[np.int64], n1: float, n2: float) -> bool:
    n = n1 + n2
    minority = n - max(n1, n2, float(totals.max()))
    b = totals.astype(np.float64)
    ties = (n1 * (n1 - 1) + n2 * (n2 - 1)) * float((b * (b - 1)).sum()) / (2 * n * (n - 1))
    return minority < _FEWEST_MINORITY or ties < _FEWEST_TIES


def _random_p(
    term: Callable[[Floats, Floats], Floats], totals: NDArray[np.int64], n1: int, plugin: float,
    seed: int,
) -> float:  # fmt: skip
    """Return the Monte Carlo p-value: deal the rows into two samples again, stopping early."""
    rng = np.random.default_rng(seed)
    whole = totals.astype(np.float64)
    reached = draws = 0
    while draws < _DRAWS:
        many = min(max(1, 2**20 // totals.size), 111, _DRAWS - draws)
        x = rng.multivariate_hypergeometric(totals, n1, size=many, method="marginals")
        hits = term(x.astype(np.float64), whole[None, :]).sum(axis=1) >= plugin * (1 - 1e-9)
        at = np.flatnonzero(np.cumsum(hits) >= _WANTED - reached)
        if at.size:
            return _WANTED / (draws + int(at[0]) + 1)
        reached += int(hits.sum())
        draws += many
    return (reached + 1) / (draws + 1)
