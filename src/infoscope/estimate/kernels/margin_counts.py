"""Compiled: from the cells of many tables to margins, plug-in information and entropies."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infoscope.core.compiling import compiled

__all__ = ["read_tables"]


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
def read_tables(
    offsets: NDArray[np.int64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    counts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    values: NDArray[np.int64],
    times: NDArray[np.int64],
    starts: NDArray[np.int64],
    distinct: NDArray[np.int64],
    corners: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Write the first seven fields and the last two of each table, and its folded margins.

    Row and column 0 (null) are left out, then empty rows and columns. Mutual information is added
    as [x ln(x/m) - (x - m)]/n over all cells, whose terms are all positive: an independent table
    gives exactly 0. `spread` is the variance of ln(p/(p_i p_j)) under the table. ``corners[t]`` is
    one filled cell: its row total, column total and count.
    """
    longest = 0
    for t in range(sizes.shape[0]):
        longest = max(longest, sizes[t, 0] + 1, sizes[t, 1] + 1)
    totals = np.zeros((2, longest), np.int64)
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
        largest = 0
        ties = np.zeros(2)
        for side in range(2):
            first = starts[t, side]
            distinct[t, side] = _distinct(
                totals[side, : sizes[t, side] + 1], values[first:], times[first:]
            )
            for k in range(first, first + distinct[t, side]):
                total, often = values[k], times[k]
                out[t, 1 + side] += often
                if total < n:
                    out[t, 5 + side] -= often * (total / n) * math.log(total / n)
                largest = max(largest, total)
                ties[side] += float(often) * total * (total - 1)
        if out[t, 1] < 2 or out[t, 2] < 2:
            continue
        plugin = second = present = 0.0
        for k in range(offsets[t], offsets[t + 1]):
            if left[k] > 0 and right[k] > 0 and counts[k] > 0:
                a, b = totals[0, left[k]], totals[1, right[k]]
                m = a * (b / n)
                ratio = math.log(counts[k] / m)
                plugin += counts[k] * ratio - (counts[k] - m)
                second += counts[k] * ratio * ratio
                present += m
                corners[t, 0], corners[t, 1], corners[t, 2] = a, b, counts[k]
        plugin = max((plugin + (n - present)) / n, 0.0)
        out[t, 3] = plugin
        out[t, 4] = max(second / n - plugin * plugin, 0.0)
        out[t, 11] = n - largest
        out[t, 12] = ties[0] * (ties[1] / (2.0 * n * (n - 1.0)))
