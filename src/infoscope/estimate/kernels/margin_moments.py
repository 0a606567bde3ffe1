"""Compiled: mean, variance and third moment of G over all tables with given margins, for many.

A cell's count is hypergeometric given its margins. Where its mean m is large, G's term is expanded
in u = (x - m) / m and the central moments of the count come from their recurrence, for all columns
of a row at once; the cost does not depend on n. Elsewhere the law is summed count by count.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infoscope.core.compiling import compiled

__all__ = ["moments_of_margins"]

_ORDER = 20  # of the expansion: leaves 1e-13 of the mean and 3e-9 of the third moment at m = 128
_WIDE = 128.0  # cells of a larger mean are expanded
_NEGLIGIBLE = 1e-17  # of the mode: below the rounding of a double


def _binomials() -> NDArray[np.float64]:
    """Return C(k, i) for k, i <= _ORDER."""
    table = np.zeros((_ORDER + 1, _ORDER + 1))
    for k in range(_ORDER + 1):
        for i in range(k + 1):
            table[k, i] = math.comb(k, i)
    return table


def _powers() -> NDArray[np.float64]:
    """Return the coefficients of g, g^2, g^3, g = (1 + u) log(1 + u) - u, up to u^_ORDER."""
    g = np.zeros(_ORDER + 1)
    for j in range(2, _ORDER + 1):
        g[j] = (-1.0) ** j / (j * (j - 1))
    square = np.convolve(g, g)[: _ORDER + 1]
    return np.stack([g, square, np.convolve(square, g)[: _ORDER + 1]])


_CHOOSE = _binomials()
_SERIES = _powers()
_TWICE_X_LOG_X = np.concatenate([np.zeros(1), [2.0 * x * math.log(x) for x in range(1, 1024)]])


@compiled
def moments_of_margins(
    totals: NDArray[np.int64],
    values: NDArray[np.int64],
    times: NDArray[np.int64],
    starts: NDArray[np.int64],
    distinct: NDArray[np.int64],
    chosen: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Write mean, variance and third central moment of G to ``out[t]`` for the tables `chosen`.

    Table t has ``totals[t]`` rows of data; its different row totals are the ``distinct[t, 0]``
    numbers of `values` from ``starts[t, 0]`` on, each occurring `times` times, and its column
    totals lie likewise from ``starts[t, 1]`` on. At least two rows and two columns each. The mean
    is exact (Vinh, Epps & Bailey 2010). Variance: the part of each cell that is linear in its count
    adds up exactly once its slopes are centred over rows and columns; the residuals of two cells
    correlate as the square of the correlation of their counts. Third moment: cell by cell,
    rescaled.
    """
    widest = np.zeros(2, np.int64)
    for c in range(chosen.shape[0]):
        t = int(chosen[c])
        for side in range(2):
            widest[side] = max(widest[side], distinct[t, side])
    k, h = widest[0], widest[1]
    cells = np.empty((7, k, h))
    mu = np.empty((_ORDER + 1, h))
    scratch = np.empty((5, h))
    wide = np.empty(h, np.int64)
    for c in range(chosen.shape[0]):
        t = int(chosen[c])
        n = totals[t]
        first, second = starts[t, 0], starts[t, 1]
        k, h = distinct[t, 0], distinct[t, 1]
        a, row_times = values[first : first + k], times[first : first + k]
        b, column_times = values[second : second + h], times[second : second + h]
        mean = 0.0
        for i in range(k):
            q = 0
            for j in range(h):
                if a[i] * (b[j] / n) >= _WIDE and n > 2 * _ORDER:
                    wide[q] = j
                    q += 1
                else:
                    _summed(n, a[i], b[j], cells[:, i, j])
            if q > 0:
                _expanded(n, a[i], b, wide[:q], mu, scratch, cells[:, i])
            for j in range(h):
                mean += row_times[i] * column_times[j] * cells[0, i, j]
        variance, third = _assembled(n, a, row_times, b, column_times, cells)
        out[t, 0], out[t, 1], out[t, 2] = mean, variance, third


@compiled
def _expanded(
    n: int,
    a: int,
    b: NDArray[np.int64],
    wide: NDArray[np.int64],
    mu: NDArray[np.float64],
    scratch: NDArray[np.float64],
    cells: NDArray[np.float64],
) -> None:
    """Write the moments of the cells of one row in the columns `wide`; see `_summed`.

    The recurrence E[(a - x)(b - x) h(x + 1)] = E[x (n - a - b + x) h(x)] for powers h gives the
    central moments. Columns lie innermost, so that the compiler works on several at once.
    """
    q = wide.shape[0]
    least = a * (b[wide[0]] / n)  # totals ascend
    order = 20 if least < 300.0 else (16 if least < 1000.0 else 12)
    m, v, s = scratch[0], scratch[1], scratch[2]
    for j in range(q):
        total = b[wide[j]]
        m[j] = a * (total / n)
        s[j] = a + total - 2.0 * m[j]
        v[j] = m[j] * (n - a - total + m[j])
        mu[0, j] = 1.0
        mu[1, j] = 0.0
    for k in range(1, order):
        after = mu[k + 1]
        for j in range(q):
            after[j] = 0.0
        for i in range(k + 1):
            c1 = _CHOOSE[k, i] if i < k else 0.0
            c2 = _CHOOSE[k, i - 1] if i >= 1 else 0.0
            c3 = _CHOOSE[k, i - 2] if i >= 2 else 0.0
            known = mu[i]
            for j in range(q):
                after[j] += (v[j] * c1 - s[j] * c2 + c3) * known[j]
        part = 1.0 / (n - k)
        for j in range(q):
            after[j] *= part
    for j in range(q):
        f = f2 = f3 = fx = f2x = fxx = 0.0
        scale = 1.0 / m[j]
        power = scale * scale
        u, after = mu[2, j] * power, 0.0
        for i in range(2, order + 1):
            g, g2, g3 = _SERIES[0, i], _SERIES[1, i], _SERIES[2, i]
            f += g * u
            f2 += g2 * u
            f3 += g3 * u
            if i < order:
                power *= scale
                after = mu[i + 1, j] * power
                fx += g * after
                f2x += g2 * after
                u = after
            if i < order - 1:
                fxx += g * mu[i + 2, j] * power * scale
        d = 2.0 * m[j]
        f, f2, f3 = d * f, d * d * f2, d * d * d * f3
        fx, f2x, fxx = d * m[j] * fx, d * d * m[j] * f2x, d * m[j] * m[j] * fxx
        at = wide[j]
        cells[0, at] = f
        cells[1, at] = f2 - f * f
        cells[2, at] = fx
        cells[3, at] = f3 - 3.0 * f * f2 + 2.0 * f * f * f
        cells[4, at] = f2x - 2.0 * f * fx
        cells[5, at] = fxx - f * mu[2, j]
        cells[6, at] = mu[3, j]


@compiled
def _summed(n: int, a: int, b: int, cell: NDArray[np.float64]) -> None:
    """Write mean f, then E of ff, fx, fff, ffx, fxx, xxx, all centred, x hypergeometric.

    f(x) = 2[x ln(x/m) - (x - m)], m = E x below `_WIDE`. The weights follow from the ratio of
    neighbours, from the mode (weight 1) outwards until they are negligible.
    """
    m = a * (b / n)
    rest = n - a - b
    low, high = max(0, -rest), min(a, b)
    mode = min(max(int((a + 1.0) * (b + 1.0) / (n + 2.0)), low), high)
    log_m = 2.0 * math.log(m) + 2.0
    total = f1 = f2 = f3 = fx = f2x = fxx = 0.0
    for step in (1, -1):
        x = mode
        weight = 1.0
        away_a, away_b = float(a - x), float(b - x)  # of the counts in the other cells
        here, across = float(x), float(rest + x)
        while True:
            if step == 1 or x != mode:
                own = _TWICE_X_LOG_X[x] if x < 1024 else 2.0 * x * math.log(x)
                d = here - m
                f = own - here * log_m + 2.0 * m
                wf = weight * f
                wfd, wff = wf * d, wf * f
                total += weight
                f1 += wf
                f2 += wff
                f3 += wff * f
                fx += wfd
                f2x += wff * d
                fxx += wfd * d
            if weight < _NEGLIGIBLE:
                break
            x += step
            if x > high or x < low:
                break
            if step > 0:
                here += 1.0
                across += 1.0
                weight *= (away_a * away_b) / (here * across)
                away_a -= 1.0
                away_b -= 1.0
            else:
                away_a += 1.0
                away_b += 1.0
                weight *= (here * across) / (away_a * away_b)
                here -= 1.0
                across -= 1.0
    f1, f2, f3 = f1 / total, f2 / total, f3 / total
    fx, f2x, fxx = fx / total, f2x / total, fxx / total
    s, v = a + b - 2.0 * m, m * (rest + m)
    xx = v / (n - 1.0)
    cell[0] = f1
    cell[1] = f2 - f1 * f1
    cell[2] = fx
    cell[3] = f3 - 3.0 * f1 * f2 + 2.0 * f1 * f1 * f1
    cell[4] = f2x - 2.0 * f1 * fx
    cell[5] = fxx - f1 * xx
    cell[6] = (v - (2.0 * s - 1.0) * xx) / (n - 2.0) if n > 2 else 0.0


@compiled
def _assembled(
    n: int,
    a: NDArray[np.int64],
    row_times: NDArray[np.int64],
    b: NDArray[np.int64],
    column_times: NDArray[np.int64],
    cells: NDArray[np.float64],
) -> tuple[float, float]:
    """Put variance and third central moment of G together from the moments of its cells."""
    k, h = a.shape[0], b.shape[0]
    slope, rest = np.empty((k, h)), np.empty((k, h))
    by_row = np.zeros(k)
    by_column = np.zeros(h)
    overall = 0.0
    for i in range(k):
        for j in range(h):
            variance = (float(a[i]) / n) * b[j] * ((n - a[i]) / n) * ((n - b[j]) / (n - 1.0))
            own = cells[2, i, j] / variance
            slope[i, j] = own
            rest[i, j] = math.sqrt(max(cells[1, i, j] - own * cells[2, i, j], 0.0))
            by_row[i] += own * column_times[j] * b[j] / n
            by_column[j] += own * row_times[i] * a[i] / n
        overall += by_row[i] * row_times[i] * a[i] / n
    linear = third = everywhere = alone = within = 0.0
    along_column = np.zeros(h)
    for i in range(k):
        u = a[i] / float(n - a[i])
        along_row = 0.0
        for j in range(h):
            w = b[j] / float(n - b[j])
            often = float(row_times[i] * column_times[j])
            c = by_row[i] + by_column[j] - overall
            centred = slope[i, j] - c
            linear += often * a[i] * (b[j] / (n - 1.0)) * centred * centred
            third += often * (
                cells[3, i, j]
                - 3.0 * c * cells[4, i, j]
                + 3.0 * c * c * cells[5, i, j]
                - c * c * c * cells[6, i, j]
            )
            e = rest[i, j]
            along_row += column_times[j] * w * e
            along_column[j] += row_times[i] * u * e
            alone += often * (1.0 - u * u) * (1.0 - w * w) * e * e
        everywhere += row_times[i] * u * along_row
        within += row_times[i] * (1.0 - u * u) * along_row * along_row
    row_share = column_share = n_rows = n_columns = 0.0
    for i in range(k):
        away = (n - a[i]) / n
        row_share += row_times[i] * away * away * away
        n_rows += row_times[i]
    for j in range(h):
        w = b[j] / float(n - b[j])
        within += column_times[j] * (1.0 - w * w) * along_column[j] * along_column[j]
        away = (n - b[j]) / n
        column_share += column_times[j] * away * away * away
        n_columns += column_times[j]
    degrees = (n_rows - 1.0) * (n_columns - 1.0)
    spread = linear + everywhere * everywhere + within + alone
    return spread, third * degrees / (row_share * column_share)
