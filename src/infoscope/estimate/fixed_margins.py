"""Moments of a contingency table's statistic when both margins are held: the law of independence.

Each cell count is hypergeometric given its margins, so that the mean of a sum over cells is exact.
The variance (a linear part that is exact, and residuals whose correlation is the square of the
counts') and the third moment were derived for this library and checked by simulation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from infoscope.core import skewed_law
from infoscope.estimate.kernels.space import FAST
from infoscope.estimate.method import Floats
from infoscope.estimate.special import xlogy

__all__ = [
    "Moments",
    "information_moments",
    "pearson_three_tail",
    "plain_information_moments",
    "score_ends",
    "two_sample_moments",
]

#: A cell's part of a statistic, from its count and its two totals.
_Term: TypeAlias = Callable[[Floats, Floats, Floats], Floats]

_BLOCK = 1 << 19  # support points worked on at a time
_SMALL = 20_000  # rows times cells up to which loading the compiler costs more than it saves


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean, variance and third central moment of a statistic under fixed margins."""

    mean: float
    variance: float
    third: float


@dataclass(frozen=True, slots=True)
class _Cells:
    """Moments of f(count) for every pair of different margins, each (rows, columns)."""

    mean: Floats
    slope: Floats  # of f on the count
    residual: Floats  # sd of what the slope leaves
    x3: Floats
    rx2: Floats
    r2x: Floats
    r3: Floats


def information_moments(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Moments:
    """Return the moments of the plug-in mutual information, in nats, for these margins.

    Parameters
    ----------
    rows, columns : int arrays
        Totals of the rows and of the columns, all positive, with equal sums.

    Examples
    --------
    Two rows and two columns of one each: either the table is I = log 2, or its mirror image is.

    >>> m = information_moments(np.array([1, 1]), np.array([1, 1]))
    >>> round(m.mean, 6), round(m.variance, 6)
    (0.693147, 0.0)
    """
    if min(rows.size, columns.size) < 2:
        return Moments(0.0, 0.0, 0.0)
    n = int(rows.sum())
    if not FAST or n * rows.size * columns.size <= _SMALL:
        return plain_information_moments(rows, columns)
    from infoscope.estimate.kernels.margin_moments import moments_of_margins

    folded = [np.unique(totals, return_counts=True) for totals in (rows, columns)]
    out = np.empty((1, 3))
    moments_of_margins(
        np.array([n]),
        np.concatenate([values for values, _ in folded]).astype(np.int64, copy=False),
        np.concatenate([times for _, times in folded]).astype(np.int64, copy=False),
        np.array([[0, folded[0][0].size]]),
        np.array([[values.size for values, _ in folded]]),
        np.zeros(1, np.int64),
        out,
    )
    mean, variance, third = (float(moment) for moment in out[0])  # of G = 2 n I
    return Moments(mean / (2.0 * n), variance / (2.0 * n) ** 2, third / (2.0 * n) ** 3)


def plain_information_moments(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Moments:
    """Return what `information_moments` does, by NumPy alone."""
    n = float(rows.sum())
    a, many_a = _folded(rows)
    b, many_b = _folded(columns)

    def g(x: Floats, row: Floats, column: Floats) -> Floats:
        expected = row * column / n
        return (xlogy(x, x / expected) - (x - expected)) / n

    cells = _cells(g, a, b, n)
    outer = np.outer(many_a, many_b)
    mean = float((outer * cells.mean).sum())
    share_a, share_b = many_a * a / n, many_b * b / n  # weights of the groups, summing to 1
    by_row = cells.slope @ share_b
    by_column = share_a @ cells.slope
    t = cells.slope - by_row[:, None] - by_column[None, :] + float(share_a @ by_row)
    linear = float((outer * np.outer(a, b) * t**2).sum()) / max(n - 1.0, 1.0)
    u, w = _odds(a, n), _odds(b, n)
    e = cells.residual
    inner = e @ (w * many_b)  # per row group: sum over columns of w e
    along = (u * many_a) @ e
    rest = float((many_a * u) @ inner) ** 2
    rest += float((many_a * (1 - u**2)) @ inner**2) + float(along**2 @ (many_b * (1 - w**2)))
    rest += float((many_a * (1 - u**2)) @ e**2 @ (many_b * (1 - w**2)))
    third = cells.r3 + 3 * t * cells.r2x + 3 * t**2 * cells.rx2 + t**3 * cells.x3
    r, c = float(many_a.sum()), float(many_b.sum())
    thin = float((many_a * (1 - a / n) ** 3).sum() * (many_b * (1 - b / n) ** 3).sum())
    scale = (r - 1) * (c - 1) / thin if thin > 0 else 0.0
    if r < 2 or c < 2:
        return Moments(mean, 0.0, 0.0)
    return Moments(mean, linear + rest, float((outer * third).sum()) * scale)


def two_sample_moments(
    statistic: Callable[[Floats, Floats], Floats], levels: NDArray[np.int64], n_first: int
) -> Moments:
    """Return the moments of a sum over levels of statistic(count in the first sample, total).

    `levels` are the totals of each level over both samples; the first sample has `n_first` rows,
    which are any of all rows with equal chance.
    """
    n, n1 = float(levels.sum()), float(n_first)
    b, many = _folded(levels)

    def f(x: Floats, row: Floats, column: Floats) -> Floats:  # noqa: ARG001
        return statistic(x, column)

    cells = _cells(f, np.array([n1]), b, n)
    slope, e = cells.slope[0], cells.residual[0]
    t = slope - float((many * b / n) @ slope)
    linear = n1 * (n - n1) / (n * max(n - 1.0, 1.0)) * float((many * b) @ t**2)
    w = _odds(b, n)
    rest = float((many * w) @ e) ** 2 + float((many * (1 - w**2)) @ e**2)
    third = cells.r3[0] + 3 * t * cells.r2x[0] + 3 * t**2 * cells.rx2[0] + t**3 * cells.x3[0]
    thin = float((many * (1 - b / n) ** 3).sum())
    k = float(many.sum())
    scale = (k - 1) / thin if thin > 0 else 0.0
    mean = float(many @ cells.mean[0])
    if k < 2:
        return Moments(mean, 0.0, 0.0)
    return Moments(mean, linear + rest, float(many @ third) * scale)


def pearson_three_tail(value: float, moments: Moments) -> float:
    """Return P(X >= value) of the Pearson III (shifted gamma) law with these moments.

    >>> round(pearson_three_tail(3.841458820694124, Moments(1.0, 2.0, 8.0)), 6)
    0.05
    """
    tail = skewed_law.pearson_three_tail(value, moments.mean, moments.variance, moments.third)
    return float(tail)


def score_ends(
    estimates: tuple[float, float], moments: Moments, s: float, n: float, level: float
) -> tuple[float, float]:
    """Return both ends of the score interval of a corrected value, in nats and at least 0.

    Parameters
    ----------
    estimates : (float, float)
        What the lower end looks from (the corrected value), and the upper one (that value rescaled
        to reach the smaller entropy): the two bracket the truth where cells are few.
    moments : Moments
        Of the estimate at independence; where the variance is 0 (a table that can only be what it
        is) both ends are the estimate.
    s, n : float
        n * delta-method variance / plug-in value, about 2 near independence; rows counted.
    level : float
        Coverage aimed at, in (0, 1).
    """
    low, high = skewed_law.score_interval(*estimates, moments.variance, moments.third, s, n, level)
    return float(low), float(high)


def _folded(totals: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the different totals and how often each occurs."""
    different, many = np.unique(totals, return_counts=True)
    return different.astype(np.float64), many.astype(np.float64)


def _odds(totals: Floats, n: float) -> Floats:
    rest = n - totals
    return np.where(rest > 0, totals / np.where(rest > 0, rest, 1.0), 0.0)


def _cells(f: _Term, a: Floats, b: Floats, n: float) -> _Cells:
    """Return the moments of f(count, row, column) for all pairs of totals in `a` and `b`."""
    rows, columns = (grid.ravel() for grid in np.meshgrid(a, b, indexing="ij"))
    expected = rows * columns / n
    sd = np.sqrt(expected * (1 - rows / n) * np.maximum(n - columns, 0.0) / max(n - 1.0, 1.0))
    reach = np.ceil(9.0 * sd + 40.0)  # the probability left out is below 1e-17
    low = np.maximum(np.maximum(rows + columns - n, np.floor(expected) - reach), 0.0)
    high = np.minimum(np.minimum(rows, columns), np.floor(expected) + reach)
    out = np.zeros((7, rows.size))
    order = np.argsort(high - low)
    start = 0
    while start < order.size:
        stop = start + 1
        while (
            stop < order.size
            and (stop + 1 - start) * (high[order[stop]] - low[order[stop]] + 1) <= _BLOCK
        ):
            stop += 1
        part = order[start:stop]
        out[:, part] = _block(f, rows[part], columns[part], low[part], high[part], n)
        start = stop
    return _Cells(*(field.reshape(a.size, b.size) for field in out))


def _block(f: _Term, a: Floats, b: Floats, low: Floats, high: Floats, n: float) -> Floats:
    """Return the seven moments of some cells, (7, cells); supports are padded to one length."""
    x = low[:, None] + np.arange(int((high - low).max()) + 1.0)[None, :]  # (cells, width)
    inside = x <= high[:, None]
    x = np.minimum(x, high[:, None])
    before = x[:, :-1]
    ratio = (a[:, None] - before) * (b[:, None] - before)
    ratio /= (before + 1.0) * (n - a[:, None] - b[:, None] + before + 1.0)
    log_p = np.zeros_like(x)
    step = np.log(np.where(inside[:, 1:], ratio, 1.0))
    np.cumsum(step, axis=1, out=log_p[:, 1:])
    p = np.where(inside, np.exp(log_p - log_p.max(axis=1, keepdims=True)), 0.0)
    p /= p.sum(axis=1, keepdims=True)
    value = f(x, np.broadcast_to(a[:, None], x.shape), np.broadcast_to(b[:, None], x.shape))

    def average(y: Floats) -> Floats:
        return np.vecdot(p, y)

    mean = average(value)
    dx = x - average(x)[:, None]
    df = value - mean[:, None]
    x2 = average(dx * dx)
    slope = average(df * dx) / np.where(x2 > 0, x2, 1.0)
    r = df - slope[:, None] * dx
    residual = np.sqrt(average(r * r))
    return np.stack([
        mean, slope, residual,
        average(dx**3), average(r * dx**2), average(r**2 * dx), average(r**3),
    ])  # fmt: skip
