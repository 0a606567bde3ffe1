"""The compiled loops that turn values into codes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.compiling import compiled

__all__ = ["place_values", "recode", "translate"]


@compiled
def translate(
    indices: NDArray[np.int32],
    lookup: NDArray[np.uint32],
    codes: NDArray[np.uint32],
    used: NDArray[np.int64],
) -> None:
    """Write ``lookup[index]`` for each index, 0 for negative ones, and count the codes written."""
    for r in range(indices.shape[0]):
        index = indices[r]
        code = lookup[index] if index >= 0 else np.uint32(0)
        codes[r] = code
        used[code] += 1


@compiled
def recode(codes: NDArray[np.uint32], lookup: NDArray[Any], out: NDArray[Any]) -> None:
    """Write ``lookup[code]`` for each code."""
    for r in range(codes.shape[0]):
        out[r] = lookup[codes[r]]


@compiled
def place_values(
    values: NDArray[Any],
    padded: NDArray[Any],
    n: int,
    present: NDArray[np.bool_],
    out: NDArray[Any],
) -> None:
    """Write the bin of each value, 1 + how many of the inner edges it reaches, 0 where absent.

    `values` holds the present rows only. `padded` holds the `n` inner edges, filled up with the
    largest value of their type to a power of two: then a whole block of values halves its ranges in
    step, without a branch to predict.
    """
    first = np.empty(256, np.int64)
    row = 0
    for start in range(0, values.shape[0], 256):
        size = min(256, values.shape[0] - start)
        for k in range(size):
            first[k] = 0
        half = padded.shape[0] >> 1
        while half > 0:
            for k in range(size):
                at = first[k]
                first[k] = at + half * np.int64(padded[at + half - 1] <= values[start + k])
            half >>= 1
        for k in range(size):
            while not present[row]:
                out[row] = 0
                row += 1
            out[row] = min(first[k], n) + 1
            row += 1
    for rest in range(row, present.shape[0]):
        out[rest] = 0
