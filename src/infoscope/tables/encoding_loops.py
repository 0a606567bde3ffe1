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
    values: NDArray[Any], inner: NDArray[Any], present: NDArray[np.bool_], out: NDArray[Any]
) -> None:
    """Write the bin of each value, 1 + how many of the `inner` edges it reaches, 0 where absent.

    `values` holds the present rows only. The search halves without a branch to predict.
    """
    n = inner.shape[0]
    k = 0
    for r in range(present.shape[0]):
        if not present[r]:
            out[r] = 0
            continue
        value = values[k]
        k += 1
        first = 0
        length = n
        while length > 0:
            half = length >> 1
            first += (length - half) if inner[first + half] <= value else 0
            length = half
        out[r] = first + 1
