"""The contract between engines and statistics: a backend answers "the tables of these pairs".

Counts travel as non-empty cells, not as full rectangles: that is what a group-by on any engine
returns, and it holds for a pair of 100,000-level columns too. Code 0 is null everywhere, so that
pairwise-complete statistics drop row and column 0 of the same table and missingness stays
countable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["CountingBackend", "PairTables", "all_pairs"]


@dataclass(frozen=True, slots=True)
class PairTables:
    """The contingency tables of several column pairs, as their non-empty cells.

    Table t belongs to columns ``pairs[t]``; its cells are ``offsets[t]:offsets[t + 1]`` of `left`
    (code in the first column), `right` (code in the second) and `counts`. Codes run from 0 (null)
    to ``levels[column]``. A backend may return the cells of a table in any order.
    """

    pairs: NDArray[np.int64]  # (m, 2)
    offsets: NDArray[np.int64]  # (m + 1,)
    left: NDArray[np.int64]  # (cells,)
    right: NDArray[np.int64]  # (cells,)
    counts: NDArray[np.int64]  # (cells,)

    def dense(self, t: int, levels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return table t as a full rectangle with the null row and column first."""
        i, j = self.pairs[t]
        table = np.zeros((levels[i] + 1, levels[j] + 1), np.int64)
        cells = slice(self.offsets[t], self.offsets[t + 1])
        np.add.at(table, (self.left[cells], self.right[cells]), self.counts[cells])
        return table


class CountingBackend(Protocol):
    """What statistics need from an engine, wherever the rows are."""

    @property
    def n_rows(self) -> int:
        """Rows counted."""
        ...

    @property
    def levels(self) -> NDArray[np.int64]:
        """Non-null levels of each column, (c,)."""
        ...

    def level_counts(self) -> Sequence[NDArray[np.int64]]:
        """Return for each column how often each code occurs, null first: (levels + 1,) each."""
        ...

    def pair_tables(self, pairs: NDArray[np.int64]) -> Iterator[PairTables]:
        """Yield the tables of `pairs` (m, 2), in that order, in as many batches as suits."""
        ...


def all_pairs(n_columns: int) -> NDArray[np.int64]:
    """Return the pairs i < j of `n_columns` columns, (n_columns * (n_columns - 1) / 2, 2).

    >>> all_pairs(3).tolist()
    [[0, 1], [0, 2], [1, 2]]
    """
    first, second = np.triu_indices(n_columns, k=1)
    return np.stack([first, second], axis=1).astype(np.int64)
