"""The compiled loop that counts a contingency table of two small codes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.core.compiling import compiled

__all__ = ["count_pair"]


@compiled
def count_pair(
    left: NDArray[np.uint8], right: NDArray[np.uint8], width: int, cells: NDArray[np.int32]
) -> None:
    """Add every row to ``cells[row % 2, left * width + right]``.

    Two tables, because adding to a cell that was written just before waits for that write.
    """
    n = left.size
    even, odd = cells[0], cells[1]
    wide = np.uint64(width)
    for row in range(0, n - 1, 2):
        even[np.uint64(left[row]) * wide + np.uint64(right[row])] += 1
        odd[np.uint64(left[row + 1]) * wide + np.uint64(right[row + 1])] += 1
    if n % 2 == 1:
        even[np.uint64(left[n - 1]) * wide + np.uint64(right[n - 1])] += 1
