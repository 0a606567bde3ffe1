"""p-values for many tables at once: the fixed-margin law of G, random tables, false discoveries."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, ndtr, xlogy

from infoscope.tables.row_loops import tail_draws

__all__ = ["benjamini_hochberg", "draws_allowed", "pearson_three_tail", "random_table_p_value"]

_WANTED = 20  # exceedances after which a Monte Carlo p-value stops (Besag & Clifford 1991)
_USUAL_DRAWS = 999


def pearson_three_tail(
    value: NDArray[np.float64],
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
    third: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return P(X >= value) of the Pearson III (shifted gamma) law with these three moments.

    Below a skewness of 0.001 the normal tail is used. Tails under 1e-308 come out as 0.

    >>> one = np.ones(1)
    >>> pearson_three_tail(one * 3.841458820694124, one, 2 * one, 8 * one).round(6).tolist()
    [0.05]
    """
    sd = np.sqrt(variance)
    skew = third / sd**3
    gamma = skew >= 1e-3
    safe = np.where(gamma, skew, 1.0)
    z = (value - mean) / sd
    shape = 4.0 / safe**2
    tail = gammaincc(shape, np.maximum(shape + z * np.sqrt(shape), 0.0))
    return np.where(gamma, tail, ndtr(-z))


def draws_allowed(n_pairs: int, dealt: int) -> int:
    """Return how many random tables one pair may cost when `n_pairs` are tested together.

    999 tables cannot give a p below 0.001, which no correction over thousands of pairs would pass:
    20 * pairs / 0.05 draws are enough, and are cut where one table is expensive (`dealt` rows).
    """
    affordable = max(_USUAL_DRAWS, 20_000_000 // max(dealt, 1))
    return int(min(max(_USUAL_DRAWS, 400 * n_pairs), 99_999, affordable))


def random_table_p_value(
    table: NDArray[np.int64], seed: int, n_pairs: int = 1
) -> tuple[float, int]:
    """Return (p, draws) of G against random tables with the margins of `table`, stopping early.

    p = 20/draws once 20 random tables reached the observed G, else (reached + 1)/(draws + 1).
    `table` has no empty row or column.
    """
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    if columns.max() > rows.max():  # deal out as few rows as possible
        rows, columns = columns, rows
    rows = np.sort(rows)
    cells = table[table > 0].astype(np.float64)
    n = int(rows.sum())
    tie = 1e-11 * (n * math.log(n) + 1.0)  # sums of the same terms in another order are ties
    observed = float(xlogy(cells, cells).sum()) - tie
    labels = np.repeat(np.arange(columns.size), columns)
    known = np.arange(max(rows.max(), columns.max()) + 1, dtype=np.float64)
    limit = draws_allowed(n_pairs, int(rows[:-1].sum()))
    reached, draws = tail_draws(
        rows, columns, labels, xlogy(known, known), observed, seed, _WANTED, limit
    )
    p = _WANTED / draws if reached >= _WANTED else (reached + 1) / (draws + 1)
    return float(p), int(draws)


def benjamini_hochberg(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return q-values: the false discovery rate at which each test would just pass.

    q_(i) = min over j >= i of m p_(j) / j. NaN (a pair never seen together) is no test and stays.

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, 0.5])).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    q = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    scaled = p[order] * order.size / np.arange(1, order.size + 1)
    q[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return q
