"""The contract between engines and statistics: a backend answers "the tables of these columns".

Counts travel as non-empty cells, not as full rectangles: that is what a group-by on any engine
returns, and it holds for a pair of 100,000-level columns too. Code 0 is null everywhere, so that
pairwise-complete statistics drop row and column 0 of the same table and missingness stays
countable. `docs/design/0030-counting-contract.md` says what a new backend owes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["CountingBackend", "PairTables", "StratifiedTables", "all_pairs"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PairTables:
    """The contingency tables of several column pairs, as their non-empty cells.

    Table t belongs to columns ``pairs[t]``; its cells are ``offsets[t]:offsets[t + 1]`` of `left`
    (code in the first column), `right` (code in the second) and `counts`. Codes run from 0 (null)
    to ``levels[column]``. A backend may return the cells of a table in any order.
    """

    pairs: Integers  # (m, 2)
    offsets: Integers  # (m + 1,)
    left: Integers  # (cells,)
    right: Integers  # (cells,)
    counts: Integers  # (cells,)

    def dense(self, t: int, levels: Integers) -> Integers:
        """Return table t as a full rectangle with the null row and column first."""
        i, j = self.pairs[t]
        table = np.zeros((levels[i] + 1, levels[j] + 1), np.int64)
        cells = slice(self.offsets[t], self.offsets[t + 1])
        np.add.at(table, (self.left[cells], self.right[cells]), self.counts[cells])
        return table


@dataclass(frozen=True, slots=True)
class StratifiedTables:
    """The tables of column triples (x, y, z), as their non-empty cells: x by y in strata of z.

    Table t belongs to columns ``triples[t]``; its cells are ``offsets[t]:offsets[t + 1]`` of `left`
    (code of x), `right` (code of y), `stratum` (code of z) and `counts`, in any order.
    """

    triples: Integers  # (m, 3)
    offsets: Integers  # (m + 1,)
    left: Integers  # (cells,)
    right: Integers  # (cells,)
    stratum: Integers  # (cells,)
    counts: Integers  # (cells,)

    def dense(self, t: int, levels: Integers) -> Integers:
        """Return table t as a block (x, y, z) with null first along each axis."""
        table = np.zeros(levels[self.triples[t]] + 1, np.int64)
        cells = slice(self.offsets[t], self.offsets[t + 1])
        place = self.left[cells], self.right[cells], self.stratum[cells]
        np.add.at(table, place, self.counts[cells])
        return table

    def strata(self) -> tuple[PairTables, Integers]:
        """Return one table (x, y) for each stratum that occurs, and the triple each belongs to.

        Cells in which z is null belong to no stratum and are left out.
        """
        triple = np.repeat(np.arange(len(self.triples)), np.diff(self.offsets))
        use = np.flatnonzero(self.stratum > 0)
        key = triple[use] * (int(self.stratum.max(initial=0)) + 1) + self.stratum[use]
        order = np.argsort(key, kind="stable")
        use, key = use[order], key[order]
        starts = np.flatnonzero(np.diff(key, prepend=-1))
        owner = triple[use[starts]]
        tables = PairTables(
            self.triples[owner, :2], np.append(starts, key.size),
            self.left[use], self.right[use], self.counts[use],
        )  # fmt: skip
        return tables, owner


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

    def triple_tables(self, triples: NDArray[np.int64]) -> Iterator[StratifiedTables]:
        """Yield the tables of `triples` (m, 3), in that order, in as many batches as suits."""
        ...


def all_pairs(n_columns: int) -> NDArray[np.int64]:
    """Return the pairs i < j of `n_columns` columns, (n_columns * (n_columns - 1) / 2, 2).

    >>> all_pairs(3).tolist()
    [[0, 1], [0, 2], [1, 2]]
    """
    first, second = np.triu_indices(n_columns, k=1)
    return np.stack([first, second], axis=1).astype(np.int64)
