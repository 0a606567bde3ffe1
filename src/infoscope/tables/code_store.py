"""Keep the codes of many columns in as few bytes as they need: in memory, or in a file if large."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.tables.counting_loops import count_codes

__all__ = ["CodeStore", "narrowest", "scratch"]

_IN_MEMORY = 2**28  # bytes of one array kept in memory; larger ones are mapped from a file
_BLOCK = 2**18


def narrowest(levels: int) -> np.dtype[Any]:
    """Return the smallest unsigned type that holds codes 0 to `levels`.

    >>> [narrowest(k).name for k in (255, 256, 70_000)]
    ['uint8', 'uint16', 'uint32']
    """
    return np.min_scalar_type(levels)


def scratch(n: int, dtype: np.dtype[Any] | type[Any]) -> NDArray[Any]:
    """Return an uninitialised array (n,), mapped from an unnamed file where it would be large."""
    dtype = np.dtype(dtype)
    if n * dtype.itemsize <= _IN_MEMORY:
        return np.empty(n, dtype)
    with tempfile.TemporaryFile(prefix="infoscope-") as file:  # the map keeps it alive
        file.truncate(n * dtype.itemsize)
        return np.memmap(file, dtype, "r+", shape=(n,))


class CodeStore:
    """The codes of several columns over the same rows, 0 = null, each in its narrowest type.

    Examples
    --------
    >>> store = CodeStore(3)
    >>> store.add(np.array([1, 0, 2]), 2)
    >>> store.block(np.array([0]), 1, 3).tolist()
    [[0, 2]]
    """

    def __init__(self, n_rows: int) -> None:
        self.n_rows = n_rows
        self.columns: list[NDArray[Any]] = []
        self._levels: list[int] = []

    @property
    def levels(self) -> NDArray[np.int64]:
        """Non-null levels of each column, (c,)."""
        return np.array(self._levels, np.int64)

    def add(self, codes: NDArray[Any], levels: int) -> None:
        """Keep one more column (n,) whose codes run from 0 to `levels`."""
        dtype = narrowest(levels)
        if codes.dtype != dtype:
            narrow = scratch(self.n_rows, dtype)
            narrow[:] = codes
            codes = narrow
        self.columns.append(codes)
        self._levels.append(levels)

    def block(self, which: NDArray[np.int64], start: int, stop: int) -> NDArray[np.uint16]:
        """Return the codes of columns `which` in rows start to stop, (columns, rows)."""
        found = np.empty((which.size, stop - start), np.uint16)
        for row, c in zip(found, which.tolist(), strict=True):
            row[:] = self.columns[c][start:stop]
        return found

    def level_counts(self) -> list[NDArray[np.int64]]:
        """Return how often each code occurs in each column, null first: (levels + 1,) each."""
        found = [np.zeros(levels + 1, np.int64) for levels in self._levels]
        start = np.zeros(1, np.int64)
        for codes, counts in zip(self.columns, found, strict=True):
            for first in range(0, self.n_rows, _BLOCK):
                part = codes[first : first + _BLOCK]
                if counts.size > 2**16:
                    counts += np.bincount(part, minlength=counts.size)
                else:
                    count_codes(part.astype(np.uint16)[None, :], start, counts)
        return found
