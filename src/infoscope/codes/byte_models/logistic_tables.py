"""The tables of the logistic domain in whole numbers: stretch, squash, reciprocals, histories.

Everything the byte models compute is integer arithmetic on these tables, so the same bytes give the
same probabilities on every machine. The tables themselves come from `math.log` and `math.exp`, each
value rounded to a whole number; none lies near enough to a half for the last digit of a library's
logarithm to matter (`tests/codes/byte_models` measures the distance).
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "HISTORY_LIMIT",
    "history_probabilities",
    "next_histories",
    "reciprocals",
    "squash_table",
    "stretch_table",
]

HISTORY_LIMIT = 31  # most zeros or ones that a bit history counts
_DISCOUNT_FROM = 3  # opposite counts from here on are reduced when a bit surprises


@cache
def stretch_table() -> NDArray[np.int32]:
    """Return 256 ln(p / (1 - p)) for the 4096 probabilities (i + ½) / 4096."""
    values = [256 * math.log((2 * i + 1) / (8191 - 2 * i)) for i in range(4096)]
    return np.array([round(value) for value in values], np.int32)


@cache
def squash_table() -> NDArray[np.int32]:
    """Return 65536 / (1 + exp(-x / 256)) for x = -2048 … 2047, kept inside 16 … 65520."""
    values = [round(65536 / (1 + math.exp(-x / 256))) for x in range(-2048, 2048)]
    return np.clip(np.array(values, np.int32), 16, 65520)


@cache
def reciprocals(limit: int) -> NDArray[np.int32]:
    """Return 65536 / (n + 1.5), the share of the next observation after n of them."""
    return np.array([round(65536 / (n + 1.5)) for n in range(limit + 1)], np.int32)


@cache
def next_histories() -> NDArray[np.uint16]:
    """Return the history that follows each of 4096 by a 0 and by a 1, as a (2, 4096) table.

    A history is (zeros, ones, the last two bits): five bits for each count and two. A bit raises
    its own count; a count on the other side above 2 is cut to its root, since old evidence that
    was just contradicted is worth less than its size.
    """
    table = np.zeros((2, 4096), np.uint16)
    for state in range(4096):
        zeros, ones, last = state >> 7, state >> 2 & 31, state & 3
        for bit in (0, 1):
            counts = [zeros, ones]
            counts[bit] = min(counts[bit] + 1, HISTORY_LIMIT)
            if counts[1 - bit] >= _DISCOUNT_FROM:
                counts[1 - bit] = 1 + round(math.sqrt(1.5 * counts[1 - bit]) * 0.75)
            table[bit, state] = counts[0] << 7 | counts[1] << 2 | (last << 1 & 2) | bit
    return table


@cache
def history_probabilities() -> NDArray[np.uint32]:
    """Return the first guess for each history: 22 bits of probability above 10 bits of count."""
    states = np.arange(4096)
    zeros, ones = states >> 7, states >> 2 & 31
    p = ((ones * 64 + 26) * (1 << 22)) // ((zeros + ones) * 64 + 52)
    return (np.clip(p, 1 << 10, (1 << 22) - (1 << 10)).astype(np.uint32) << 10).astype(np.uint32)
