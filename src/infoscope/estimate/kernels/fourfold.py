"""Compiled: 2 x 2 tables, whose law at independence is enumerated."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infoscope.core.compiling import compiled

__all__ = ["enumerate_fourfold"]

_NEGLIGIBLE = 1e-17  # of the mode: below the rounding of a double


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
def _chance(n: int, a: int, b: int, x: int) -> float:
    """Return the hypergeometric probability of first cell x."""
    return math.exp(
        math.lgamma(a + 1.0) - math.lgamma(x + 1.0) - math.lgamma(a - x + 1.0)
        + math.lgamma(n - a + 1.0) - math.lgamma(b - x + 1.0) - math.lgamma(n - a - b + x + 1.0)
        - math.lgamma(n + 1.0) + math.lgamma(b + 1.0) + math.lgamma(n - b + 1.0)
    )  # fmt: skip


@compiled
def _tail(n: int, a: int, b: int, x: int, step: int) -> float:
    """Return the probability of x and everything beyond it in direction `step`, over that of x."""
    low, high = max(0, a + b - n), min(a, b)
    weight = total = 1.0
    while low <= x + step <= high and weight > _NEGLIGIBLE:
        if step > 0:
            weight *= (float(a - x) * (b - x)) / (float(x + 1) * (n - a - b + x + 1))
        else:
            weight *= (float(x) * (n - a - b + x)) / (float(a - x + 1) * (b - x + 1))
        x += step
        total += weight
    return total


@compiled
def _enumerate(n: int, a: int, b: int, x: int) -> tuple[float, float, float, float]:
    """Return p, mean, variance and third central moment of G of a 2 x 2 table, by enumeration.

    p is the mid-p value of `plain_tables.fourfold_law`: the tables with G above the observed one,
    and half of those with as much. G falls and then rises in x, so the far tail begins where G
    comes back to the observed value: found by bisection. Only the first table of a tail can be
    tied; the tolerance counts ties as ties in spite of rounding.
    """
    low, high = max(0, a + b - n), min(a, b)
    rounding = abs(_four_cells(n, a, b, x)) * 1e-9 + 1e-12
    observed = _four_cells(n, a, b, x) - rounding
    mode = int((a + 1.0) * (b + 1.0) / (n + 2.0))
    if observed <= 0.0:
        p = 1.0 - 0.5 * _chance(n, a, b, x)
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
            if low <= end <= high:
                weight = _tail(n, a, b, end, step)
                if _four_cells(n, a, b, end) <= observed + 2.0 * rounding:
                    weight -= 0.5
                p += _chance(n, a, b, end) * weight
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
def enumerate_fourfold(
    totals: NDArray[np.int64],
    corners: NDArray[np.int64],
    chosen: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Write p, mean, variance and third central moment of G to ``out[t]`` for tables `chosen`."""
    for c in range(chosen.shape[0]):
        t = int(chosen[c])
        a, b, x = corners[t, 0], corners[t, 1], corners[t, 2]
        p, mean, variance, third = _enumerate(totals[t], a, b, x)
        out[t, 0], out[t, 1], out[t, 2], out[t, 3] = p, mean, variance, third
