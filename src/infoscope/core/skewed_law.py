"""A law known by three moments: its upper tail, and the truths under which a value is no surprise.

The law is the Pearson III (shifted gamma). Plain numbers and arrays in, arrays out: estimators,
tables and calibration share these two functions.
"""

from __future__ import annotations

import importlib
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["pearson_three_tail", "score_interval"]

Floats: TypeAlias = NDArray[np.float64]

_special: Any = importlib.import_module("scipy.special")  # SciPy brings no types

_ROUND = 1e-3  # below this skewness the normal tail is used
_STEPS = 60  # Newton's method needs about six; a bisection would end here too
_BLOCK = 2048  # equations worked on at a time, so that they stay in the cache


def pearson_three_tail(
    value: ArrayLike, mean: ArrayLike, variance: ArrayLike, third: ArrayLike
) -> Floats:
    """Return P(X >= value) of the Pearson III law with this mean, variance and third moment.

    Parameters
    ----------
    value, mean, variance, third : array-like
        They broadcast; variance and third moment are central.

    Returns
    -------
    float64 array
        In [0, 1]: 1 where the variance is not above 0 (nothing else could be seen), the normal
        tail below a skewness of 0.001, 0 where the tail is under 1e-308.

    Source
    ------
    Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions (1994), chapter 17.

    Examples
    --------
    With these moments it is the chi-squared law of one degree of freedom.

    >>> float(pearson_three_tail(3.841458820694124, 1.0, 2.0, 8.0).round(6))
    0.05
    """
    variance = np.asarray(variance, dtype=np.float64)
    sd = np.sqrt(np.where(variance > 0, variance, 1.0))
    skew = np.asarray(third, dtype=np.float64) / sd**3
    z = (np.asarray(value, dtype=np.float64) - np.asarray(mean, dtype=np.float64)) / sd
    gamma = skew >= _ROUND
    safe = np.where(gamma, skew, 1.0)
    shape = 4.0 / safe**2
    tail: Floats = _special.gammaincc(shape, np.maximum(shape + z * np.sqrt(shape), 0.0))
    normal: Floats = _special.ndtr(-z)
    return np.where(variance <= 0, 1.0, np.where(gamma, tail, normal))


def score_interval(
    low_from: ArrayLike,
    high_from: ArrayLike,
    v0: ArrayLike,
    k0: ArrayLike,
    s: ArrayLike,
    n: ArrayLike,
    level: float,
    *,
    floor: float = 0.0,
) -> tuple[Floats, Floats]:
    """Return the lowest and the highest truth that an estimate does not contradict.

    For a true value J >= 0 the estimate has mean J, variance v0 + s J / n and third central moment
    k0 + (6 J / n^2)(s / 2)^2; for J < 0, variance and third moment are those at 0.

    Parameters
    ----------
    low_from, high_from : array-like
        The estimate that the lower end looks from, and the one that the upper end looks from.
    v0, k0 : array-like
        Variance and third central moment of the estimate where the truth is 0. Where v0 is not
        above 0 both ends are `low_from`.
    s, n : array-like
        n * delta-method variance / plug-in value, and the rows counted.
    level : float
        Coverage aimed at, in (0, 1).
    floor : float
        Lowest truth that can be; ends below it are moved to it.

    Returns
    -------
    (low, high) : float64 arrays
        In the unit of the estimate. Each end J solves: normal score of the estimate under J =
        ±z, the score being the cube root of Wilson and Hilferty.

    Source
    ------
    Wilson & Hilferty, The distribution of chi-square (1931), for the cube root.

    Examples
    --------
    Without skewness and with a constant variance the score is the normal one.

    >>> low, high = score_interval(0.5, 0.5, 0.01, 0.0, 0.0, 100.0, 0.95)
    >>> float(low.round(4)), float(high.round(4))
    (0.304, 0.696)
    """
    lower, upper, v, k, slope, rows = np.broadcast_arrays(
        *(np.asarray(part, dtype=np.float64) for part in (low_from, high_from, v0, k0, s, n))
    )
    z = float(_special.ndtri(0.5 + level / 2.0))
    fixed = ~(v > 0)
    v = np.where(fixed, 1.0, v)
    rate = slope / rows
    ends = (_end(lower, z, v, k, rate), _end(upper, -z, v, k, rate))
    low, high = (np.where(fixed, lower, np.maximum(end, floor)) for end in ends)
    return low, high


def _end(estimate: Floats, target: float, v: Floats, k: Floats, rate: Floats) -> Floats:
    """Solve J + sd(J) q(J) = estimate, q being the quantile of the score `target`.

    The left side is below the estimate for smaller J and above it for greater. Newton's steps
    start from the root without skewness and are cut to a shrinking bracket.
    """
    result = np.empty(estimate.size)
    parts = [part.ravel() for part in (estimate, v, k, rate)]
    for start in range(0, estimate.size, _BLOCK):
        inside = slice(start, start + _BLOCK)
        e, v, k, rate = (part[inside] for part in parts)
        at_zero = _excess(np.zeros_like(e), e, target, v, k, rate)[0]
        found = -at_zero  # a root that is not positive: there the law does not change
        todo = np.flatnonzero(at_zero < 0)
        found[todo] = _positive_root(e[todo], target, v[todo], k[todo], rate[todo])
        result[inside] = found
    return result.reshape(estimate.shape)


def _positive_root(e: Floats, target: float, v: Floats, k: Floats, rate: Floats) -> Floats:
    """Return the truths J > 0 where the left side of `_end` reaches the estimate `e`."""
    spread = np.sqrt(np.maximum(v + rate * e + (target * rate / 2.0) ** 2, 0.0))
    truth = np.maximum(e + target**2 * rate / 2.0 - target * spread, 0.0)
    low, high = np.zeros_like(truth), np.full_like(truth, np.inf)
    unit = np.sqrt(v)
    for _ in range(_STEPS):
        over, slope = _excess(truth, e, target, v, k, rate)
        low, high = np.where(over < 0, truth, low), np.where(over > 0, truth, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = truth - over / slope
        middle = np.where(np.isinf(high), 2.0 * low + unit, (low + high) / 2.0)
        step = np.where((step > low) & (step < high), step, middle)
        step = np.where(over == 0.0, truth, step)
        moved = np.abs(step - truth)
        truth = step
        if not (moved > 1e-10 * (step + unit)).any():  # the next step would be its square
            break
    return truth


def _excess(
    truth: Floats, estimate: Floats, target: float, v: Floats, k: Floats, rate: Floats
) -> tuple[Floats, Floats]:
    """Return J + sd q - estimate at J = `truth`, and its derivative by J."""
    variance = v + rate * truth
    sd = np.sqrt(variance)
    third = k + 1.5 * rate**2 * truth
    h = third / (2.0 * variance * sd)  # 1 / root of the gamma shape
    w = (target - h / 3.0) / 3.0
    q = 3.0 * w * (1.0 + h * w * (1.0 + h * w / 3.0))  # ((1 + h w)^3 - 1) / h
    dh = (1.5 * rate**2 / variance - 1.5 * third * rate / variance**2) / (2.0 * sd)
    dw = -dh / 9.0
    dq = 3.0 * (1.0 + h * w) ** 2 * dw + dh * w**2 * (3.0 + 2.0 * h * w)
    return truth + sd * q - estimate, 1.0 + rate / (2.0 * sd) * q + sd * dq
