"""Count pairs on this machine: integer codes in memory, one compiled pass over blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from infoscope.tables.counts import PairTables
from infoscope.tables.row_loops import count_pairs

__all__ = ["LocalBackend", "count_plain"]

_NARROW = 2**16 - 1  # levels that fit the 16-bit codes of the compiled loop
_FULL_CELLS = 2**22  # largest table counted as a full rectangle
_BATCH_CELLS = 2**22  # cells laid end to end in one pass: 32 MB


class LocalBackend:
    """A `CountingBackend` over codes in memory, one array (n,) a column, 0 = null.

    Pairs whose full table is small are counted by the compiled loop; pairs of many-level columns by
    sorting the combined codes, which needs memory for the rows and not for the rectangle.
    """

    def __init__(self, codes: Sequence[NDArray[np.integer]], levels: Sequence[int]) -> None:
        self._levels = np.asarray(levels, np.int64)
        self._codes = list(codes)
        self._n_rows = len(codes[0]) if len(codes) else 0
        self._place = np.full(len(self._codes), -1, np.int64)
        narrow = [c for c, k in enumerate(self._levels) if k <= _NARROW]
        self._place[narrow] = np.arange(len(narrow))
        self._narrow = np.empty((len(narrow), self._n_rows), np.uint16)
        for row, c in enumerate(narrow):
            self._narrow[row] = self._codes[c]
            self._codes[c] = self._narrow[row]  # keep one copy

    @property
    def n_rows(self) -> int:
        """Rows counted."""
        return self._n_rows

    @property
    def levels(self) -> NDArray[np.int64]:
        """Non-null levels of each column, (c,)."""
        return self._levels

    def level_counts(self) -> list[NDArray[np.int64]]:
        """Return how often each code occurs in each column, null first."""
        return [
            np.bincount(codes, minlength=k + 1).astype(np.int64)
            for codes, k in zip(self._codes, self._levels, strict=True)
        ]

    def pair_tables(self, pairs: NDArray[np.int64]) -> Iterator[PairTables]:
        """Yield the tables of `pairs` in order, in batches of a few million cells."""
        sizes = np.prod(self._levels[pairs] + 1, axis=1)
        compiled = (self._place[pairs] >= 0).all(axis=1) & (
            sizes <= max(_FULL_CELLS, 4 * self._n_rows)
        )
        start = 0
        while start < len(pairs):
            stop = start + 1
            if not compiled[start]:
                yield self._sorted(pairs[start])
                start = stop
                continue
            total = sizes[start]
            while stop < len(pairs) and compiled[stop] and total + sizes[stop] <= _BATCH_CELLS:
                total += sizes[stop]
                stop += 1
            yield self._full(pairs[start:stop], sizes[start:stop])
            start = stop

    def _full(self, pairs: NDArray[np.int64], sizes: NDArray[np.int64]) -> PairTables:
        """Count full rectangles and keep their non-empty cells."""
        starts = np.concatenate([[0], np.cumsum(sizes)])
        cells = np.zeros(starts[-1], np.int64)
        widths = self._levels + 1
        count_pairs(self._narrow, self._place[pairs], widths[pairs[:, 1]], starts[:-1], cells)
        filled = np.flatnonzero(cells)
        offsets = np.searchsorted(filled, starts)
        table = np.repeat(np.arange(len(pairs)), np.diff(offsets))
        left, right = np.divmod(filled - starts[table], widths[pairs[table, 1]])
        return PairTables(pairs, offsets, left, right, cells[filled])

    def _sorted(self, pair: NDArray[np.int64]) -> PairTables:
        """Count one pair by sorting: for tables too large to lay out."""
        left, right, counts = count_plain(
            self._codes[pair[0]], self._codes[pair[1]], int(self._levels[pair[1]])
        )
        return PairTables(pair[None, :], np.array([0, counts.size]), left, right, counts)


def count_plain(
    left: NDArray[np.integer], right: NDArray[np.integer], right_levels: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the non-empty cells (left code, right code, count) of one pair, by sorting.

    >>> [part.tolist() for part in count_plain(np.array([1, 0, 1]), np.array([2, 1, 2]), 2)]
    [[0, 1], [1, 2], [1, 2]]
    """
    keys = left.astype(np.int64) * (right_levels + 1) + right
    filled, counts = np.unique(keys, return_counts=True)
    first, second = np.divmod(filled, right_levels + 1)
    return first, second, counts.astype(np.int64)
