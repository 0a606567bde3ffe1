"""Sum a series over whole numbers from the middle outwards, with a bound on the tails left out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

__all__ = ["Summation", "add_up"]

Floats: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

_FIRST, _LAST = 1024, 2**20  # numbers in the first block, and in one tail altogether


@dataclass(frozen=True, slots=True)
class Summation:
    """A sum, a bound on its error, and the whole numbers that were added."""

    value: float
    bound: float
    numbers: Floats


def add_up(
    summand: Callable[[Floats], Floats],
    low: float,
    high: float,
    start: float,
    tolerance: float,
    slack: float = 1e-9,
) -> Summation:
    """Sum rows (value, mass, mass whose value is lost, mass whose surprisal overflows).

    The sum runs over the whole numbers low..high, in blocks that double in length on either side of
    `start`, until a tail's bound is below `tolerance`.
    """
    start = float(np.floor(min(max(start, low), high)))
    sums = np.zeros(4)
    size = 0.0
    bound = 0.0
    numbers: list[Floats] = []
    for sign, end in ((1.0, high), (-1.0, low)):
        first = start if sign > 0 else start - 1
        added, magnitude, left, visited = _one_side(summand, first, end, sign, tolerance)
        sums += added
        size += magnitude
        bound += left
        numbers += visited
    value, mass, lost, over = (float(x) for x in sums)
    bound += 4 * 2.0**-52 * size
    if abs(1 - mass) > slack:
        bound += abs(1 - mass) * (1 + abs(value)) * 10
    if abs(1 - mass) > 0.5:
        value, bound = math.nan, math.inf
    if lost > 1e-30:
        bound = math.inf
    if over > 1e-290:  # at least this mass times the largest double
        value, bound = math.inf, 0.0
    return Summation(value, bound, np.concatenate(numbers))


def _one_side(
    summand: Callable[[Floats], Floats], first: float, end: float, sign: float, tolerance: float
) -> tuple[Floats, float, float, list[Floats]]:
    sums, size, left, length = np.zeros(4), 0.0, 0.0, _FIRST
    visited: list[Floats] = [np.zeros(0)]
    at = first
    before = math.inf
    while (end - at) * sign >= 0:
        count = int(min(length, abs(end - at) + 1))
        block = at + sign * np.arange(count, dtype=np.float64)
        terms = summand(block)
        visited.append(block)
        sums = sums + terms.sum(axis=1)
        total = float(np.abs(terms[:2]).sum(axis=1).max())
        size += total
        at += sign * count
        if (end - at) * sign < 0:
            return sums, size, 0.0, visited
        left = _tail(np.abs(terms[:2]), total, before)
        if left <= tolerance / 8 or len(visited) * length > 2 * _LAST:
            return sums, size, left, visited
        before, length = total, min(2 * length, _LAST)
    return sums, size, 0.0, visited


def _tail(terms: Floats, total: float, before: float) -> float:
    """Bound the sum beyond a block by geometric series: of its last terms, or of whole blocks."""
    last, previous = terms[:, -1], terms[:, -2] if terms.shape[1] > 1 else terms[:, -1]
    if not last.any():
        return 0.0 if total > 0 or before < math.inf else math.inf
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(previous > 0, last / previous, 0.0)
    if (ratio < 0.999).all():  # falls like a geometric series or faster
        return float((last * ratio / (1 - ratio)).max())
    if before < math.inf and total < before:  # a power law: each doubled block is a fixed part less
        part = total / before
        return 2 * total * part / (1 - part)  # twice, for the logarithm that slows the fall
    return math.inf
