"""Statistics of contingency tables by NumPy alone: where numba is missing, and for tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.special import gammaln, xlogy

__all__ = ["fourfold_law", "plain_pair_statistics"]

Counts = NDArray[np.int64]


def plain_pair_statistics(
    offsets: Counts,
    left: Counts,
    right: Counts,
    counts: Counts,
    sizes: Counts,
    out: NDArray[np.float64],
) -> None:
    """Do what `many_tables.pair_statistics` does, table by table."""
    out[:] = np.nan
    out[:, 0] = 0.0
    for t in range(sizes.shape[0]):
        table = np.zeros((int(sizes[t, 0]) + 1, int(sizes[t, 1]) + 1), np.int64)
        cells = slice(int(offsets[t]), int(offsets[t + 1]))
        np.add.at(table, (left[cells], right[cells]), counts[cells])
        table = table[1:, 1:]
        table = table[table.any(axis=1)][:, table.any(axis=0)]
        if table.size:
            out[t] = _statistics(table)


def _statistics(table: Counts) -> list[float]:
    """Return the fields of one table without empty rows and columns."""
    from infoscope.estimate.fixed_margins import plain_information_moments

    rows, columns, n = table.sum(axis=1), table.sum(axis=0), float(table.sum())
    entropies = [-float(xlogy(margin / n, margin / n).sum()) + 0.0 for margin in (rows, columns)]
    fields = [n, float(rows.size), float(columns.size), 0.0, 0.0, *entropies, 0.0, 0.0, 0.0]
    if min(table.shape) < 2:
        return [*fields, np.nan, 0.0, 0.0]
    expected = rows[:, None] * (columns[None, :] / n)
    ratio = np.log(np.where(table > 0, table / expected, 1.0))
    plugin = max(float((table * ratio - (table - expected)).sum()) / n, 0.0)
    fields[3] = plugin
    fields[4] = max(float((table * ratio**2).sum()) / n - plugin**2, 0.0)
    p = np.nan
    if table.shape == (2, 2):
        p, *fields[7:] = fourfold_law(int(n), int(rows[0]), int(columns[0]), int(table[0, 0]))
    else:
        moments = plain_information_moments(rows, columns)
        twice = 2.0 * n
        fields[7:] = [
            moments.mean * twice, moments.variance * twice**2, moments.third * twice**3
        ]  # fmt: skip
    minority = n - float(max(rows.max(), columns.max()))
    agreeing = [float(np.dot(margin, margin - 1.0)) for margin in (rows, columns)]
    return [*fields, p, minority, agreeing[0] * (agreeing[1] / (2.0 * n * (n - 1.0)))]


def fourfold_law(n: int, a: int, b: int, x: int) -> list[float]:
    """Return the mid-p value, mean, variance and third central moment of G over all 2 x 2 tables.

    Tables with margins a, n - a and b, n - b and more G than the one with first cell x count whole,
    those with as much by half: at the 5 % level this rejects 3 to 5 % where the whole of them
    rejects 1 to 5 %, since so few tables are possible.

    Source: Lancaster, Significance tests in discrete distributions (1961).

    Examples
    --------
    Two rows and two columns of one each: there are two tables, and both show as much.

    >>> fourfold_law(2, 1, 1, 1)[0]
    0.5
    """
    first = np.arange(max(0, a + b - n), min(a, b) + 1.0)
    cells = np.stack([first, a - first, b - first, n - a - b + first])
    log_p = -gammaln(cells + 1.0).sum(axis=0)
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    expected = np.array([a * b, a * (n - b), (n - a) * b, (n - a) * (n - b)]) / n
    ratio = np.where(cells > 0, cells / expected[:, None], 1.0)
    g = 2.0 * (xlogy(cells, ratio) - (cells - expected[:, None])).sum(axis=0)
    observed = g[first == x][0]
    mean = float(p @ g)
    rounding = abs(observed) * 1e-9 + 1e-12
    more, as_much = g > observed + rounding, np.abs(g - observed) <= rounding
    reached = float(p[more].sum() + 0.5 * p[as_much].sum())
    return [reached, mean, float(p @ (g - mean) ** 2), float(p @ (g - mean) ** 3)]
