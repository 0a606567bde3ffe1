"""Round numbers for axes and colour scales, and one way to write a number."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from infoscope.figures.palette import N_LEVELS

__all__ = [
    "Bands",
    "balanced_bands",
    "format_fixed",
    "format_number",
    "format_percent",
    "format_short",
    "linear_bands",
    "log_bands",
    "log_ticks",
    "ticks",
]


_FEW = (1.0, 2.0, 2.5, 5.0, 10.0)
_MANY = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)  # a scale of colours fits closer


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _nice_step(rough: float, factors: Sequence[float] = _FEW) -> float:
    """Return the smallest factor times a power of ten that is at least `rough`."""
    power = 10.0 ** math.floor(math.log10(rough))
    for factor in factors:
        if factor * power >= rough * (1 - 1e-9):
            return factor * power
    raise AssertionError("a rough step lies between one and ten times its power of ten")


def ticks(low: float, high: float, n: int = 5) -> tuple[float, ...]:
    """Return at most n + 1 round numbers, evenly spaced, that lie within [low, high].

    >>> ticks(0.0, 3.3)
    (0.0, 1.0, 2.0, 3.0)
    >>> ticks(0.98, 1.21)
    (1.0, 1.05, 1.1, 1.15, 1.2)
    """
    if not high > low:
        return (low,)
    step = _nice_step((high - low) / n)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    digits = max(0, 2 - math.floor(math.log10(step)))
    return tuple(round(i * step, digits) + 0.0 for i in range(first, last + 1))


def log_ticks(low: float, high: float, n: int = 5) -> tuple[float, ...]:
    """Return round numbers within [low, high], 0 < low < high, for a logarithmic axis.

    Powers of ten, every second or third of them when there are many, with 2 and 5 between when
    there are few; within less than a factor of three, evenly spaced numbers.

    >>> log_ticks(0.5, 2000.0), log_ticks(2.0, 60.0)
    ((1.0, 10.0, 100.0, 1000.0), (2.0, 5.0, 10.0, 20.0, 50.0))
    """
    if high < 3 * low:
        return ticks(low, high, n)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    decades = math.log10(high / low)
    factors = (1, 2, 5) if 3 * decades <= n + 1.5 else (1, 3) if 2 * decades <= n else (1,)
    every = max(1, math.ceil(decades / n))
    rungs = [float(f"{f}e{p}") for p in range(first, last + 1) if p % every == 0 for f in factors]
    return tuple(rung for rung in rungs if low * (1 - 1e-9) <= rung <= high * (1 + 1e-9))


def format_number(value: float, like: Sequence[float] | None = None) -> str:
    """Write a number for an axis or a cell: as many decimals as tell its neighbours `like` apart.

    >>> format_number(0.5, (0.0, 0.25, 0.5)), format_number(10000), format_number(0.04567)
    ('0.50', '10,000', '0.0457')
    """
    if math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if like is not None and len(like) > 1:
        step = min(b - a for a, b in pairwise(like))
        largest = max(abs(v) for v in like)
        if step > 0 and largest < 1e9 and step >= 1e-7:
            decimals = next((d for d in range(9) if _whole(step * 10**d)), 9)
            return _signed(f"{value:,.{decimals}f}")
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e9 or size < 1e-4:
        return _signed(f"{value:.2e}")
    if float(value).is_integer():
        return _signed(f"{value:,.0f}")
    return _signed(f"{value:,.{max(0, 2 - math.floor(math.log10(size)))}f}")


def format_short(value: float) -> str:
    """Write a round number of a logarithmic scale: powers of ten as powers when they are long.

    >>> format_short(0.05), format_short(1e-6), format_short(2e5), format_short(-0.8)
    ('0.05', '10⁻⁶', '2·10⁵', '−0.8')
    """
    size = abs(value)
    if size == 0 or 1e-3 <= size < 1e5:
        return _signed(f"{value:,g}" if size < 1e4 else f"{value:,.0f}")
    front, _, power = f"{value:.3e}".partition("e")
    front = front.rstrip("0").rstrip(".")
    raised = f"10{str(int(power)).translate(_RAISED)}"
    return raised if front == "1" else _signed(f"{front}·{raised}")


def format_percent(share: float) -> str:
    """Write a share of one as a percentage that never claims 0 % or 100 % for what is not.

    >>> format_percent(0.4234), format_percent(0.0123), format_percent(0.00004)
    ('42 %', '1.2 %', '<0.01 %')
    """
    percent = 100 * share
    if math.isnan(percent):
        return "n/a"
    if percent == 0:
        return "0 %"
    if 0 < percent < 0.01:
        return "<0.01 %"
    if 99.5 <= percent < 100:
        return f"{percent:.1f} %" if percent < 99.95 else ">99.9 %"
    digits = 0 if abs(percent) >= 9.95 else 1 if abs(percent) >= 0.095 else 2
    return _signed(f"{percent:.{digits}f} %")


def format_fixed(value: float, decimals: int) -> str:
    """Write a number with so many decimals, a true minus sign, and none on a zero.

    >>> format_fixed(-0.0042, 3), format_fixed(-0.0001, 3), format_fixed(1234.5, 1)
    ('−0.004', '0.000', '1,234.5')
    """
    return _signed(f"{value:,.{decimals}f}")


def _whole(value: float) -> bool:
    return abs(value - round(value)) < 1e-6 * max(1.0, abs(value))


def _signed(text: str) -> str:
    """Use a true minus sign, and none at all on a zero."""
    if not text.startswith("-"):
        return text
    return text[1:] if not text.strip("-0., %") else "−" + text[1:]


class Bands:
    """A colour scale in steps: `edges` are the inner boundaries, ascending, one fewer than levels.

    A value on an edge belongs to the level above it; everything below the first edge (negative
    values too) is level 0, everything from the last edge on (infinity too) is the top level.
    """

    __slots__ = ("edges",)

    def __init__(self, edges: Sequence[float]) -> None:
        self.edges = tuple(float(edge) for edge in edges)

    def level(self, value: float) -> int:
        """Return the level of `value`, or -1 for NaN."""
        return -1 if math.isnan(value) else bisect_right(self.edges, value)

    def levels(self, grid: ArrayLike) -> tuple[tuple[int, ...], ...]:
        """Return `level` of every value of a matrix, row by row."""
        values = np.asarray(grid, float)
        found = np.searchsorted(self.edges, values, side="right")
        return tuple(map(tuple, np.where(np.isnan(values), -1, found).tolist()))

    @property
    def labels(self) -> tuple[str, ...]:
        """The edges, written."""
        even = len({round(b - a, 12) for a, b in pairwise(self.edges)}) < 2
        return tuple(format_number(e, self.edges) if even else format_short(e) for e in self.edges)


def linear_bands(top: float) -> Bands:
    """Return steps of equal width in round numbers, whose last edge is at least `top`.

    >>> linear_bands(15.0).edges
    (2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0)
    """
    step = _nice_step(top / (N_LEVELS - 1), _MANY) if top > 0 and math.isfinite(top) else 1.0
    return Bands([round(step * i, 12) for i in range(1, N_LEVELS)])


def log_bands(top: float) -> Bands:
    """Return steps 1, 2, 5, 10, ... (times a power of ten); the last edge is at most `top`.

    For amounts that spread over decades, such as mutual information in bits.

    >>> log_bands(1.6).edges
    (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
    """
    if not (top > 0 and math.isfinite(top)):
        top = 1.0
    power = math.floor(math.log10(top)) + 1
    rungs = [float(f"{f}e{p}") for p in range(power - N_LEVELS, power + 1) for f in (1, 2, 5)]
    return Bands([rung for rung in rungs if rung <= top * (1 + 1e-12)][-(N_LEVELS - 1) :])


def balanced_bands(top: float) -> Bands:
    """Return steps around 0 for amounts of both signs: the middle one holds the smallest.

    Four round steps of equal width on each side; `top` lies in one of the two outermost.

    >>> balanced_bands(0.9).edges
    (-0.8, -0.6, -0.4, -0.2, 0.2, 0.4, 0.6, 0.8)
    """
    half = N_LEVELS // 2
    step = _nice_step(top / (half + 0.5), _MANY) if top > 0 and math.isfinite(top) else 1.0
    return Bands([round(step * i, 12) for i in range(-half, half + 1) if i])
