"""The compiled loops behind one contingency table: its statistics under fixed margins.

They stand in one file because numba's disk cache looks only at the file of the kernel it loads: a
callee changed elsewhere would stay stale.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infoscope.core.compiling import compiled

__all__ = ["FIELDS", "margin_moments", "pair_statistics"]

#: The columns of what `pair_statistics` writes, one row a table.
FIELDS = (
    "n", "n_rows", "n_columns", "plugin", "spread", "left_entropy", "right_entropy",
    "mean", "variance", "third", "enumerated_p", "minority", "ties",
)  # fmt: skip

_NEGLIGIBLE = 1e-17  # of the mode: below the rounding of a double


@compiled
def _deviance(m: float, d: float) -> float:
    """Return x ln(x/m) - (x - m) for x = m + d, without cancellation where d is small."""
    u = d / m
    if abs(u) < 0.03:  # u^2/2 - u^3/6 + u^4/12 - ...: term k is u^k / (k (k - 1))
        series = 1.0 / 42.0 - u * (1.0 / 56.0 - u * (1.0 / 72.0 - u * (1.0 / 90.0)))
        series = 1.0 / 12.0 - u * (1.0 / 20.0 - u * (1.0 / 30.0 - u * series))
        return m * u * u * (1.0 / 2.0 - u * (1.0 / 6.0 - u * series))
    if u <= -1.0:
        return m
    return m * ((1.0 + u) * math.log1p(u) - u)


@compiled
def _smooth_weights(
    n: int, a: int, b: int, x: int, step: int, count: int, p: NDArray[np.float64]
) -> None:
    """Write hypergeometric weights at x, x + step, ... by the saddle point form (Loader 2000)."""
    m = a * (b / n)
    others = (a - m, b - m, n - a - b + m)
    for i in range(count):
        d = x + i * step - m
        exponent = _deviance(m, d) + 1.0 / (12.0 * (m + d)) - 1.0 / (360.0 * (m + d) ** 3)
        spread = 1.0 + d / m
        for j in range(3):
            away = d if j == 2 else -d
            k = others[j] + away
            exponent += _deviance(others[j], away) + 1.0 / (12.0 * k) - 1.0 / (360.0 * k * k * k)
            spread *= k / others[j]
        p[i] = math.exp(-exponent) / math.sqrt(spread)


@compiled
def _cell_moments(
    n: int, a: int, b: int, p: NDArray[np.float64], f: NDArray[np.float64]
) -> tuple[float, float, float, float, float, float, float]:
    """Return mean and central moments of f(x) = 2[x ln(x/m) - (x - m)], x hypergeometric.

    `p` and `f` are work space. In general the weights follow from the ratio of neighbours, from
    where they become negligible below the mode (weight 1) to where they do above it, and are
    normalised at the end. A wide and smooth law is summed at every h-th count only, h = sd/1.7:
    what such a sum misses is its characteristic function at 2 pi/h, below exp(-50). So the cost of
    a cell does not grow with n. Returned: mean f, then E of ff, fx, fff, ffx, fxx, xxx with both f
    and x centred.
    """
    m = a * (b / n)
    rest = n - a - b + m
    sd = math.sqrt(m * (rest / n) * (n / (n - 1.0)))
    mode = int((a + 1.0) * (b + 1.0) / (n + 2.0))
    step = 1
    if sd > 10.0 and min(min(m, a - m), min(b - m, rest)) > 9.5 * sd:
        step = int(sd / 1.7)
        half = int(8.6 * sd / step) + 1
        first, count = mode - half * step, 2 * half + 1
        _smooth_weights(n, a, b, first, step, count, p)
    else:
        room = (p.shape[0] - 1) // 2
        low, high = max(0, a + b - n, mode - room), min(a, b, mode + room)
        weight = 1.0
        first = mode
        while first > low and weight > _NEGLIGIBLE:
            weight *= (float(first) * (n - a - b + first)) / (
                float(a - first + 1) * (b - first + 1)
            )
            first -= 1
        p[0] = weight
        count = 1
        x = first
        while x < high and (x < mode or weight > _NEGLIGIBLE):
            weight *= (float(a - x) * (b - x)) / (float(x + 1) * (n - a - b + x + 1))
            x += 1
            p[count] = weight
            count += 1
    total = 0.0
    mean = 0.0
    for i in range(count):
        f[i] = 2.0 * _deviance(m, first + i * step - m)
        total += p[i]
        mean += p[i] * f[i]
    mean /= total
    ff = fx = fff = ffx = fxx = xxx = 0.0
    for i in range(count):
        weight = p[i] / total
        df = f[i] - mean
        dx = first + i * step - m
        ff += weight * df * df
        fx += weight * df * dx
        fff += weight * df * df * df
        ffx += weight * df * df * dx
        fxx += weight * df * dx * dx
        xxx += weight * dx * dx * dx
    return mean, ff, fx, fff, ffx, fxx, xxx


@compiled
def _distinct(
    totals: NDArray[np.int64], values: NDArray[np.int64], times: NDArray[np.int64]
) -> int:
    """Write the distinct positive `totals`, ascending, and how often each occurs; return how many.

    Plain loops (Shell's sort): numba's own sort and masks cost seconds of compiling.
    """
    n = 0
    for k in range(totals.shape[0]):
        if totals[k] > 0:
            values[n] = totals[k]
            n += 1
    gap = n // 2
    while gap > 0:
        for k in range(gap, n):
            value = values[k]
            i = k
            while i >= gap and values[i - gap] > value:
                values[i] = values[i - gap]
                i -= gap
            values[i] = value
        gap //= 2
    last = -1
    for k in range(n):
        if last < 0 or values[k] != values[last]:
            last += 1
            values[last] = values[k]
            times[last] = 0
        times[last] += 1
    return last + 1


@compiled
def margin_moments(
    n: int,
    a: NDArray[np.int64],
    row_times: NDArray[np.int64],
    b: NDArray[np.int64],
    column_times: NDArray[np.int64],
    k: int,
    h: int,
) -> tuple[float, float, float]:
    """Return mean, variance and third central moment of G over all tables with these margins.

    The margins are the first `k` distinct row totals `a`, each `row_times` times, and the first `h`
    of `b`; at least two rows and two columns, `n` in all. The mean is exact (Vinh, Epps & Bailey
    2010). Variance: the part of each cell that is linear in its count adds up exactly once its
    slopes are centred over rows and columns; the residuals of two cells correlate as the square of
    the correlation of their counts. Third moment: cell by cell, rescaled.
    """
    room = int(3.0 * math.sqrt(n)) + 40  # 12 standard deviations at the widest, and small tables
    p = np.empty(2 * room + 1)
    f = np.empty(2 * room + 1)
    slope = np.empty((k, h))
    rest = np.empty((k, h))
    thirds = np.empty((k, h, 4))
    mean = 0.0
    for i in range(k):
        for j in range(h):
            m1, ff, fx, fff, ffx, fxx, xxx = _cell_moments(n, a[i], b[j], p, f)
            variance = (float(a[i]) / n) * b[j] * ((n - a[i]) / n) * ((n - b[j]) / (n - 1.0))
            slope[i, j] = fx / variance
            rest[i, j] = math.sqrt(max(ff - slope[i, j] * fx, 0.0))
            thirds[i, j, 0] = fff
            thirds[i, j, 1] = ffx
            thirds[i, j, 2] = fxx
            thirds[i, j, 3] = xxx
            mean += row_times[i] * column_times[j] * m1
    variance, third = _assemble(n, a, row_times, b, column_times, slope, rest, thirds)
    return mean, variance, third


@compiled
def _assemble(
    n: int,
    a: NDArray[np.int64],
    row_times: NDArray[np.int64],
    b: NDArray[np.int64],
    column_times: NDArray[np.int64],
    slope: NDArray[np.float64],
    rest: NDArray[np.float64],
    thirds: NDArray[np.float64],
) -> tuple[float, float]:
    """Put variance and third central moment of G together from the moments of its cells."""
    k, h = slope.shape
    by_row = np.zeros(k)
    by_column = np.zeros(h)
    for i in range(k):
        for j in range(h):
            by_row[i] += slope[i, j] * column_times[j] * b[j] / n
            by_column[j] += slope[i, j] * row_times[i] * a[i] / n
    overall = 0.0
    for i in range(k):
        overall += by_row[i] * row_times[i] * a[i] / n
    linear = third = everywhere = cells = 0.0
    along_column = np.zeros(h)
    within = 0.0
    for i in range(k):
        u = a[i] / float(n - a[i])
        along_row = 0.0
        for j in range(h):
            w = b[j] / float(n - b[j])
            times = float(row_times[i] * column_times[j])
            centred = slope[i, j] - by_row[i] - by_column[j] + overall
            linear += times * a[i] * (b[j] / (n - 1.0)) * centred * centred
            c = slope[i, j] - centred
            third += times * (
                thirds[i, j, 0]
                - 3.0 * c * thirds[i, j, 1]
                + 3.0 * c * c * thirds[i, j, 2]
                - c * c * c * thirds[i, j, 3]
            )
            along_row += column_times[j] * w * rest[i, j]
            along_column[j] += row_times[i] * u * rest[i, j]
            cells += times * (1.0 - u * u) * (1.0 - w * w) * rest[i, j] * rest[i, j]
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
    variance = linear + everywhere * everywhere + within + cells
    degrees = (n_rows - 1.0) * (n_columns - 1.0)
    return variance, third * degrees / (row_share * column_share)


@compiled
def _four_cells(n: int, a: int, b: int, x: int) -> float:
    """Return G of the 2 x 2 table with margins a, n - a and b, n - b and first cell x."""
    g = 0.0
    for k in range(4):
        row = a if k < 2 else n - a
        column = b if k % 2 == 0 else n - b
        cell = x
        if k == 1:
            cell = a - x
        elif k == 2:
            cell = b - x
        elif k == 3:
            cell = n - a - b + x
        m = row * (column / n)
        g += 2.0 * (m - cell)
        if cell > 0:
            g += 2.0 * cell * math.log(cell / m)
    return g


@compiled
def _tail(n: int, a: int, b: int, x: int, step: int) -> float:
    """Return the hypergeometric probability of x and everything beyond it in direction `step`."""
    low, high = max(0, a + b - n), min(a, b)
    if x < low or x > high:
        return 0.0
    start = (
        math.lgamma(a + 1.0) - math.lgamma(x + 1.0) - math.lgamma(a - x + 1.0)
        + math.lgamma(n - a + 1.0) - math.lgamma(b - x + 1.0) - math.lgamma(n - a - b + x + 1.0)
        - math.lgamma(n + 1.0) + math.lgamma(b + 1.0) + math.lgamma(n - b + 1.0)
    )  # fmt: skip
    weight = total = 1.0
    while low <= x + step <= high and weight > _NEGLIGIBLE:
        if step > 0:
            weight *= (float(a - x) * (b - x)) / (float(x + 1) * (n - a - b + x + 1))
        else:
            weight *= (float(x) * (n - a - b + x)) / (float(a - x + 1) * (b - x + 1))
        x += step
        total += weight
    return math.exp(start) * total


@compiled
def _enumerate(n: int, a: int, b: int, x: int) -> tuple[float, float, float, float]:
    """Return p, mean, variance and third central moment of G of a 2 x 2 table, by enumeration.

    p adds the probabilities of all tables with G at least the observed one. G falls and then rises
    in x, so the far tail begins where G comes back to the observed value: found by bisection. The
    tolerance counts ties as ties in spite of rounding.
    """
    low, high = max(0, a + b - n), min(a, b)
    observed = _four_cells(n, a, b, x) * (1.0 - 1e-9) - 1e-12
    mode = int((a + 1.0) * (b + 1.0) / (n + 2.0))
    if observed <= 0.0:
        p = 1.0
    else:
        centre = math.floor(a * (b / n))
        left, right = low - 1, max(centre, low)  # largest x left of the centre with G >= observed
        while right - left > 1:
            middle = (left + right) // 2
            if _four_cells(n, a, b, middle) >= observed:
                left = middle
            else:
                right = middle
        if _four_cells(n, a, b, max(centre, low)) >= observed:
            left = max(centre, low)
        below = left
        left, right = min(max(centre, low) + 1, high + 1), high + 1
        while left < right:
            middle = (left + right) // 2
            if _four_cells(n, a, b, middle) >= observed:
                right = middle
            else:
                left = middle + 1
        p = 0.0
        for step, end in ((-1, below), (1, left)):
            p += _tail(n, a, b, end, step)
        p = min(p, 1.0)
    room = int(3.0 * math.sqrt(n)) + 40
    mean = second = third = total = 0.0
    for way in range(2):  # the mean first, then moments about it
        sums = np.zeros(4)
        for step in (1, -1):
            weight = 1.0
            y = mode
            while weight > _NEGLIGIBLE and abs(y - mode) < room:
                if y != mode or step == 1:
                    value = _four_cells(n, a, b, y) - mean
                    sums[0] += weight
                    sums[1] += weight * value
                    sums[2] += weight * value * value
                    sums[3] += weight * value * value * value
                if not low <= y + step <= high:
                    break
                if step > 0:
                    weight *= (float(a - y) * (b - y)) / (float(y + 1) * (n - a - b + y + 1))
                else:
                    weight *= (float(y) * (n - a - b + y)) / (float(a - y + 1) * (b - y + 1))
                y += step
        total = sums[0]
        if way == 0:
            mean = sums[1] / total
        else:
            second, third = sums[2] / total, sums[3] / total
    return p, mean, second, third


@compiled
def pair_statistics(
    offsets: NDArray[np.int64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    counts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Write one row of `FIELDS` for each table; `sizes` (m, 2) are its levels, nulls not counted.

    Row and column 0 (null) are left out, then empty rows and columns. Mutual information is added
    as [x ln(x/m) - (x - m)]/n over all cells, whose terms are all positive: an independent table
    gives exactly 0. `spread` is the variance of ln(p/(p_i p_j)) under the table.
    """
    longest = 0
    for t in range(sizes.shape[0]):
        longest = max(longest, sizes[t, 0] + 1, sizes[t, 1] + 1)
    totals = np.zeros((2, longest), np.int64)
    values = np.empty((2, longest), np.int64)
    times = np.empty((2, longest), np.int64)
    for t in range(offsets.shape[0] - 1):
        for side in range(2):
            for k in range(sizes[t, side] + 1):
                totals[side, k] = 0
        n = np.int64(0)  # a plain 0 is a type of its own, and compiles all callees twice
        for k in range(offsets[t], offsets[t + 1]):
            if left[k] > 0 and right[k] > 0:
                totals[0, left[k]] += counts[k]
                totals[1, right[k]] += counts[k]
                n += counts[k]
        for field in range(out.shape[1]):
            out[t, field] = 0.0 if n > 0 else np.nan
        out[t, 0] = n
        out[t, 10] = np.nan
        if n == 0:
            continue
        distinct = np.zeros(2, np.int64)
        largest = 0
        ties = np.zeros(2)
        for side in range(2):
            distinct[side] = _distinct(
                totals[side, : sizes[t, side] + 1], values[side], times[side]
            )
            for k in range(distinct[side]):
                total, often = values[side, k], times[side, k]
                out[t, 1 + side] += often
                if total < n:
                    out[t, 5 + side] -= often * (total / n) * math.log(total / n)
                largest = max(largest, total)
                ties[side] += float(often) * total * (total - 1)
        if out[t, 1] < 2 or out[t, 2] < 2:
            continue
        plugin = second = present = 0.0
        corner = -1
        for k in range(offsets[t], offsets[t + 1]):
            if left[k] > 0 and right[k] > 0 and counts[k] > 0:
                m = totals[0, left[k]] * (totals[1, right[k]] / n)
                ratio = math.log(counts[k] / m)
                plugin += counts[k] * ratio - (counts[k] - m)
                second += counts[k] * ratio * ratio
                present += m
                corner = k
        plugin = max((plugin + (n - present)) / n, 0.0)
        out[t, 3] = plugin
        out[t, 4] = max(second / n - plugin * plugin, 0.0)
        if out[t, 1] == 2 and out[t, 2] == 2:
            p, mean, variance, third = _enumerate(
                int(n),
                int(totals[0, left[corner]]),
                int(totals[1, right[corner]]),
                int(counts[corner]),
            )
            out[t, 10] = p
        else:
            mean, variance, third = margin_moments(
                int(n), values[0], times[0], values[1], times[1], distinct[0], distinct[1]
            )
        out[t, 7], out[t, 8], out[t, 9] = mean, variance, third
        out[t, 11] = n - largest
        out[t, 12] = ties[0] * (ties[1] / (2.0 * n * (n - 1.0)))
