"""A table on an engine as a scan sees it: columns with frozen codes, and what counts them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import DataError, sentence
from infoscope.tables.columns import Column
from infoscope.tables.counts import PairTables, StratifiedTables

if TYPE_CHECKING:  # the engine needs Ibis
    from infoscope.tables.remote_engine import Answer, RemoteEngine
    from infoscope.tables.remote_kernel import Coding

__all__ = ["EncodedRemote", "RemoteBackend", "RemoteCodes", "read_bins"]

Integers = NDArray[np.int64]

_JOB_CELLS = 2**23  # cells of full tables counted in one job


class RemoteBackend:
    """A `CountingBackend` whose rows stay with their engine.

    `codings` belong to the mapped columns; `where` are their places in the engine's table.
    """

    def __init__(
        self, engine: RemoteEngine, codings: Sequence[Coding], where: Sequence[int]
    ) -> None:
        self._engine = engine
        self._codings = dict(enumerate(codings))
        self._where = list(where)
        self._totals: dict[int, Integers] = {}
        self.n_tables = 0
        self.table_bytes = 0

    @property
    def n_rows(self) -> int:
        """Rows counted."""
        return self._engine.n_rows

    @property
    def levels(self) -> Integers:
        """Non-null levels of each column, (c,)."""
        return np.array([coding.levels for coding in self._codings.values()], np.int64)

    def level_counts(self) -> list[Integers]:
        """Return how often each code occurs in each column, null first."""
        columns = [c for c in self._codings if c not in self._totals]
        for c, (keys, counts) in zip(columns, self.answers([(c,) for c in columns]), strict=True):
            self._keep_total(c, keys, counts)
        return [self._totals[c] for c in self._codings]

    def _keep_total(self, c: int, codes: Integers, counts: Integers) -> None:
        """Remember how often each code of column c occurs: margins of a table spare a job."""
        if c not in self._totals:
            full = np.zeros(self._codings[c].levels + 1, np.int64)
            np.add.at(full, codes, counts)
            self._totals[c] = full

    def pair_tables(self, pairs: Integers) -> Iterator[PairTables]:
        """Yield the tables of `pairs` in order, those of one job together."""
        levels = self.levels
        for some in self._jobs(pairs):
            offsets, keys, counts, sizes = _laid_out(self.answers(some.tolist()))
            left, right = np.divmod(keys, np.repeat(levels[some[:, 1]] + 1, sizes))
            for t, (i, j) in enumerate(some.tolist()):
                cells = slice(offsets[t], offsets[t + 1])
                self._keep_total(i, left[cells], counts[cells])
                self._keep_total(j, right[cells], counts[cells])
            yield PairTables(some, offsets, left, right, counts)

    def triple_tables(self, triples: Integers) -> Iterator[StratifiedTables]:
        """Yield the tables of `triples` in order, those of one job together."""
        levels = self.levels
        for some in self._jobs(triples):
            offsets, keys, counts, sizes = _laid_out(self.answers(some.tolist()))
            rest, stratum = np.divmod(keys, np.repeat(levels[some[:, 2]] + 1, sizes))
            left, right = np.divmod(rest, np.repeat(levels[some[:, 1]] + 1, sizes))
            yield StratifiedTables(some, offsets, left, right, stratum, counts)

    def answers(self, parts: Sequence[Sequence[int]]) -> list[Answer]:
        """Return the cells of tuples of columns in one job, and check that no row is missing."""
        if not len(parts):
            return []
        before = self._engine.bytes_back
        codings = {self._where[c]: self._codings[c] for part in parts for c in part}
        found = self._engine.cells(codings, [[self._where[c] for c in part] for part in parts])
        self.n_tables += len(parts)
        self.table_bytes += self._engine.bytes_back - before
        for _, counts in found:
            if int(counts.sum()) != self.n_rows:
                raise DataError(sentence(
                    "scan", "source", "hold still while it is counted",
                    f"{self.n_rows} rows at first and {int(counts.sum())} later",
                    "Scan a snapshot of the table.",
                ))  # fmt: skip
        return found

    def notes(self) -> list[str]:
        """Say how the tables were counted, and how much came back."""
        if not self.n_tables:
            return []
        from infoscope.tables.remote_engine import size_in_words

        each = size_in_words(self.table_bytes / self.n_tables)
        return [f"{self._engine.came_back()}, {each} for each of {self.n_tables} tables"]

    def _jobs(self, tuples: Integers) -> Iterator[Integers]:
        """Cut a request into jobs of a bounded number of cells."""
        cells = np.prod((self.levels[tuples] + 1).astype(np.float64), axis=1)
        cells = np.minimum(cells, self.n_rows)
        start = 0
        while start < len(tuples):
            total = np.cumsum(cells[start:])
            stop = start + max(int(np.searchsorted(total, _JOB_CELLS, side="right")), 1)
            yield tuples[start:stop]
            start = stop


@dataclass(frozen=True)
class _Fixed:
    """Columns joined as one: `given` (numbered as one column), then `last` if there is one."""

    given: tuple[int, ...]
    last: int | None = None


class RemoteCodes:
    """What selection asks of codes, answered by an engine: the twin of `CodedTable`.

    With ``gaps`` set, null is a level of its own in those columns: code 1.
    """

    def __init__(self, backend: RemoteBackend, gaps: Collection[int] = ()) -> None:
        self.backend = backend
        self._shift = np.array([c in gaps for c in range(len(backend.levels))], np.int64)
        self.levels = backend.levels + self._shift
        self._cache: dict[_Fixed, dict[int, Answer]] = {}
        self._announced: list[tuple[list[int], _Fixed]] = []
        self._joins: dict[tuple[int, ...], Integers] = {}

    def __len__(self) -> int:
        return len(self.levels)

    @property
    def n_rows(self) -> int:
        """Rows counted."""
        return self.backend.n_rows

    def level_counts(self, c: int) -> Integers:
        """Return how often each code of column c occurs, null first."""
        counts = self.backend.level_counts()[c]
        return np.append([0], counts) if self._shift[c] else counts

    def column(self, c: int) -> _Fixed:
        """Return column c as a fixed column to count against."""
        return _Fixed((c,))

    def crossed(self, given: Sequence[int], last: int) -> tuple[_Fixed, int]:
        """Return the columns `given`, joined, by `last`, and how many levels the join has."""
        key = tuple(given)
        levels = int(self.levels[key[0]]) if len(key) == 1 else self._join(key).size
        return _Fixed(key, last), levels

    def announce(self, requests: Sequence[tuple[Sequence[int], int, int | None]]) -> None:
        """Say what `against` will be asked (which, given, last), so that a job answers several."""
        self._announced = [(list(which), _Fixed((i,), last)) for which, i, last in requests]

    def against(self, which: Sequence[int] | Integers, fixed: _Fixed, levels: int) -> PairTables:
        """Return the tables of columns `which` by `fixed`, whose codes run from 0 to `levels`."""
        del levels
        columns = [int(c) for c in which]
        known = self._cache.setdefault(fixed, {})
        if not all(c in known for c in columns):
            self._fetch(columns, fixed)
        answers = [self._joined(c, fixed, self._cache[fixed][c]) for c in columns]
        sizes = [counts.size for _, _, counts in answers]
        left, right, counts = (
            np.concatenate([answer[k] for answer in answers] or [np.zeros(0, np.int64)])
            for k in range(3)
        )
        pairs = np.stack([np.array(columns, np.int64), np.full(len(columns), len(self))], axis=1)
        return PairTables(pairs, np.concatenate([[0], np.cumsum(sizes)]), left, right, counts)

    def gaps(self, which: Sequence[int], target: int) -> PairTables:
        """Return the tables of "is null" (1: there, 2: null) of columns `which` by the target.

        Columns are numbered by their place in `which`, the target by the number after the last.
        """
        tables = self.against(which, self.column(target), int(self.levels[target]))
        table = np.repeat(np.arange(len(which)), np.diff(tables.offsets))
        width = int(self.levels[target]) + 1
        keys = (table * 3 + 1 + (tables.left == 0)) * width + tables.right
        found, inverse = np.unique(keys, return_inverse=True)
        counts = np.zeros(found.size, np.int64)
        np.add.at(counts, inverse, tables.counts)
        rest, right = np.divmod(found, width)
        table, left = np.divmod(rest, 3)
        pairs = np.stack([np.arange(len(which)), np.full(len(which), len(which))], axis=1)
        offsets = np.searchsorted(table, np.arange(len(which) + 1))
        return PairTables(pairs, offsets, left, right, counts)

    def _fetch(self, columns: Sequence[int], fixed: _Fixed) -> None:
        """Ask for these tables and, while the job is small, for those that will be asked next."""
        asked = [(c, fixed) for c in columns if c not in self._cache.get(fixed, {})]
        at = next((i for i, each in enumerate(self._announced) if each[1] == fixed), None)
        if at is None:
            more = [(c, fixed) for c in np.flatnonzero(self.levels > 1).tolist()]
        else:
            more = [(c, one) for some, one in self._announced[at + 1 :] for c in some]
        known = {*asked, *((c, one) for one, found in self._cache.items() for c in found)}
        room = _JOB_CELLS - sum(self._cells(c, one) for c, one in asked)
        for c, one in more:
            if (c, one) in known or c in _used(one):
                continue
            room -= self._cells(c, one)
            if room < 0:
                break
            asked.append((c, one))
        answers = self.backend.answers([(c, *_used(one)) for c, one in asked])
        for (c, one), answer in zip(asked, answers, strict=True):
            self._cache.setdefault(one, {})[c] = answer

    def _cells(self, c: int, fixed: _Fixed) -> float:
        """Return how many cells a table may have."""
        full = np.prod([self.backend.levels[k] + 1.0 for k in (c, *_used(fixed))])
        return min(float(full), float(self.n_rows))

    def _joined(self, c: int, fixed: _Fixed, answer: Answer) -> tuple[Integers, Integers, Integers]:
        """Turn the cells of a tuple into those of column c by the columns joined."""
        keys, counts = answer
        own = self.backend.levels
        codes: list[Integers] = []
        for k in reversed((c, *_used(fixed))):
            keys, code = np.divmod(keys, own[k] + 1)
            codes.insert(0, code + self._shift[k])
        left, given = codes[0], codes[1]
        if len(fixed.given) > 1:
            combined = self._combined(codes[1 : 1 + len(fixed.given)], fixed.given)
            join = self._join(fixed.given)
            given = np.where(combined > 0, np.searchsorted(join, combined) + 1, 0)
        if fixed.last is None:
            return _added(left, given, counts)
        return _added(left, given * (int(self.levels[fixed.last]) + 1) + codes[-1], counts)

    def _join(self, given: tuple[int, ...]) -> Integers:
        """Return the combinations of columns that occur, in order; none with a null."""
        if given not in self._joins:
            ((keys, _),) = self.backend.answers([given])
            codes: list[Integers] = []
            for k in reversed(given):
                keys, code = np.divmod(keys, self.backend.levels[k] + 1)
                codes.insert(0, code + self._shift[k])
            found = np.unique(self._combined(codes, given))
            self._joins[given] = found[found > 0]
        return self._joins[given]

    def _combined(self, codes: Sequence[Integers], given: tuple[int, ...]) -> Integers:
        """Return one number for a combination of codes, 0 if one of them is null."""
        combined = np.zeros_like(codes[0])
        for code, k in zip(codes, given, strict=True):
            combined = combined * (self.levels[k] + 1) + code
        return np.where(np.all(np.array(codes) > 0, axis=0), combined, 0)


@dataclass(frozen=True, eq=False)
class EncodedRemote:
    """What `encode_table` returns, for a table on an engine."""

    label: str
    n_rows: int
    columns: tuple[Column, ...]
    notes: tuple[str, ...]
    counts: RemoteBackend

    @property
    def mapped(self) -> tuple[Column, ...]:
        """The columns that have codes."""
        return tuple(column for column in self.columns if column.mapped)

    @property
    def codes(self) -> RemoteCodes:
        """Answers to what is asked of codes."""
        return RemoteCodes(self.counts)

    def backend(self, threads: int | None = None) -> RemoteBackend:
        """Return what counts the mapped columns."""
        del threads
        return self.counts


def read_bins(bins: Any, name: str) -> int | tuple[float | str, ...] | None:
    """Return what was asked for one column."""
    asked = bins.get(name) if isinstance(bins, Mapping) else bins
    return asked if asked is None or isinstance(asked, int) else tuple(asked)


def _used(fixed: _Fixed) -> tuple[int, ...]:
    return fixed.given if fixed.last is None else (*fixed.given, fixed.last)


def _added(
    left: Integers, right: Integers, counts: Integers
) -> tuple[Integers, Integers, Integers]:
    """Add up cells that became equal: combinations with a null share code 0."""
    width = int(right.max(initial=0)) + 1
    keys, inverse = np.unique(left * width + right, return_inverse=True)
    total = np.zeros(keys.size, np.int64)
    np.add.at(total, inverse, counts)
    return keys // width, keys % width, total


def _laid_out(answers: Sequence[Answer]) -> tuple[Integers, Integers, Integers, Integers]:
    sizes = np.array([counts.size for _, counts in answers], np.int64)
    keys = np.concatenate([keys for keys, _ in answers])
    counts = np.concatenate([counts for _, counts in answers])
    return np.concatenate([[0], np.cumsum(sizes)]), keys, counts, sizes
