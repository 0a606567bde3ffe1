"""`CodedTable`: columns as integer codes in memory, counted against any column of codes.

Conditional information needs tables of three columns and more. They are counted as tables of two: a
column against another one joined with what is given, whose codes are made here on the fly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from infoscope.tables.conditional_loops import count_against
from infoscope.tables.counts import PairTables

__all__ = ["CodedTable", "join_codes", "split_strata"]

_FULL_CELLS = 2**22  # largest table counted as a full rectangle: 32 MB
_BATCH_CELLS = 2**22


class CodedTable:
    """Columns as codes, one array (n,) a column: 0 is null, 1 to levels[c] are the values.

    Examples
    --------
    >>> table = CodedTable([[1, 2, 1, 2], [1, 1, 2, 2]], [2, 2])
    >>> tables = table.against([0], table.codes[1].astype(np.int32), 2)
    >>> tables.counts.tolist()
    [1, 1, 1, 1]
    """

    def __init__(self, codes: Sequence[NDArray[np.integer]], levels: Sequence[int]) -> None:
        self.levels = np.asarray(levels, np.int64)
        narrow = self.levels.max(initial=0) < 2**16
        n = len(codes[0]) if len(codes) else 0
        self.codes: NDArray[np.integer] = np.empty(
            (len(codes), n), np.uint16 if narrow else np.int32
        )
        for row, column in zip(self.codes, codes, strict=True):
            row[:] = column

    @property
    def n_rows(self) -> int:
        """Rows counted."""
        return int(self.codes.shape[1])

    def column(self, c: int) -> NDArray[np.int32]:
        """Return the codes of column c as a fixed column to count against."""
        return self.codes[c].astype(np.int32)

    def level_counts(self, c: int) -> NDArray[np.int64]:
        """Return how often each code of column c occurs, null first."""
        return np.bincount(self.codes[c], minlength=int(self.levels[c]) + 1).astype(np.int64)

    def crossed(self, given: Sequence[int], last: int) -> tuple[NDArray[np.int32], int]:
        """Return columns `given`, joined, by `last`, to count against, and the levels of the join.

        The codes are join * (levels[last] + 1) + code of `last`; a join with a null is 0.
        """
        if len(given) == 1:
            codes, levels = self.column(given[0]), int(self.levels[given[0]])
        else:
            codes, levels = join_codes([self.column(c) for c in given])
        return codes * np.int32(self.levels[last] + 1) + self.codes[last], levels

    def announce(self, requests: Sequence[object]) -> None:
        """Say what `against` will be asked; here each request is counted when it comes."""

    def against(
        self, which: Sequence[int] | NDArray[np.int64], fixed: NDArray[np.int32], levels: int
    ) -> PairTables:
        """Return the tables of columns `which` by `fixed`, whose codes run from 0 to `levels`.

        In `pairs` the fixed column has the number after the last: c.
        """
        columns = np.asarray(which, np.int64)
        width = levels + 1
        pairs = np.stack([columns, np.full(columns.size, len(self.codes))], axis=1)
        sizes = (self.levels[columns] + 1) * width
        lists: list[list[NDArray[np.int64]]] = [[], [], []]
        ends = [0]
        start = 0
        while start < columns.size:
            stop = start + 1
            if sizes[start] > max(_FULL_CELLS, 4 * self.n_rows):
                keys = self.codes[columns[start]].astype(np.int64) * width + fixed
                filled, counts = np.unique(keys, return_counts=True)
                left, right = np.divmod(filled, width)
                starts = np.array([0, filled.size])
            else:
                total = int(sizes[start])
                while stop < columns.size and total + sizes[stop] <= _BATCH_CELLS:
                    total += int(sizes[stop])
                    stop += 1
                places = np.concatenate([[0], np.cumsum(sizes[start:stop])])
                cells = np.zeros(total, np.int64)
                count_against(self.codes, columns[start:stop], fixed, width, places[:-1], cells)
                filled = np.flatnonzero(cells)
                starts = np.searchsorted(filled, places)
                table = np.repeat(np.arange(stop - start), np.diff(starts))
                left, right = np.divmod(filled - places[table], width)
                counts = cells[filled]
            for part, values in zip(lists, (left, right, counts), strict=True):
                part.append(values.astype(np.int64))
            ends += (ends[-1] + starts[1:]).tolist()
            start = stop
        left, right, counts = (np.concatenate(part or [np.zeros(0, np.int64)]) for part in lists)
        return PairTables(pairs, np.array(ends, np.int64), left, right, counts)


def join_codes(columns: Sequence[NDArray[np.int32]]) -> tuple[NDArray[np.int32], int]:
    """Return codes of the combinations of several columns that occur, and how many there are.

    A row in which any column is null has code 0.

    >>> codes, levels = join_codes([np.array([1, 2, 0, 1]), np.array([1, 1, 2, 1])])
    >>> codes.tolist(), levels
    ([1, 2, 0, 1], 2)
    """
    codes = np.asarray(columns[0], np.int32)
    levels = int(codes.max(initial=0))
    for column in columns[1:]:
        width = int(column.max(initial=0)) + 1
        keys = codes.astype(np.int64) * width + column
        keys[(codes == 0) | (column == 0)] = 0
        span = (levels + 1) * width
        if span <= 4 * keys.size + 1024:  # number the combinations by a table, else by sorting
            seen = np.zeros(span, np.int32)
            seen[keys] = 1
            seen[0] = 0
            number = np.cumsum(seen, dtype=np.int32) * seen
            codes = number[keys]
        else:
            values, inverse = np.unique(keys, return_inverse=True)
            codes = (inverse + (values[0] != 0)).astype(np.int32)
        levels = int(codes.max(initial=0))
    return codes, levels


def split_strata(tables: PairTables, inner: int) -> tuple[PairTables, NDArray[np.int64]]:
    """Cut each table by (given, y) into one table by y for each stratum that is given.

    A right code is given * (inner + 1) + y. Returned are the strata as tables and, for each, the
    number of the table it comes from. Cells in which a code is null belong to no stratum.
    """
    number = np.repeat(np.arange(len(tables.pairs)), np.diff(tables.offsets))
    given, y = np.divmod(tables.right, inner + 1)
    use = np.flatnonzero((given > 0) & (y > 0) & (tables.left > 0))
    width = int(given.max(initial=0)) + 1
    key = number[use] * width + given[use]
    order = np.argsort(key, kind="stable")
    use, key = use[order], key[order]
    first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if key.size else np.zeros(0, np.int64)
    table = key[first] // width
    offsets = np.append(first, key.size)
    strata = PairTables(tables.pairs[table], offsets, tables.left[use], y[use], tables.counts[use])
    return strata, table
