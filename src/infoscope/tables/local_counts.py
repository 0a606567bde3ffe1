"""`LocalBackend`: count pairs and triples of columns on this machine, each by its cheapest plan."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.tables.code_store import CodeStore
from infoscope.tables.counting_loops import add_triples, gather_cells
from infoscope.tables.counting_plan import PLANS, SPARSE, choose
from infoscope.tables.counting_tasks import DenseTask, run_dense, share, sparse_cells
from infoscope.tables.counts import PairTables, StratifiedTables

__all__ = ["LocalBackend", "usable_threads"]

_ROUND_CELLS = 2**25  # cells of full tables counted in one pass over the rows: 128 MB
_BATCH_CELLS = 2**19  # cells handed out together
_WORTH_A_THREAD = 2e7  # nanoseconds of counting below which threads do not pay
_TRIPLE_CELLS = 2**22

Integers = NDArray[np.int64]


def usable_threads(threads: int | None) -> int:
    """Return `threads`, or as many as this process may use."""
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if isinstance(threads, bool) or threads < 1:
        raise InvalidArgument(sentence("scan", "threads", "be at least 1", repr(threads)))
    return threads


class LocalBackend:
    """A `CountingBackend` over codes on this machine, one array (n,) a column, 0 = null.

    Parameters
    ----------
    codes : sequence of integer arrays
        Codes of each column, 0 to its levels; kept without a copy if already in the narrowest type.
    levels : sequence of int
        Non-null levels of each column.
    threads : int, optional
        Threads that count; as many as the process may use by default. Counts do not depend on it.
    plan : str, optional
        The one plan to use where it can be used, one of `counting_plan.PLANS`; by default each pair
        gets its cheapest.

    Examples
    --------
    >>> backend = LocalBackend([np.array([1, 2, 0, 2]), np.array([1, 1, 1, 2])], [2, 2])
    >>> (tables,) = backend.pair_tables(np.array([[0, 1]]))
    >>> tables.dense(0, backend.levels).tolist()
    [[0, 1, 0], [0, 1, 0], [0, 1, 1]]
    """

    def __init__(
        self,
        codes: Sequence[NDArray[np.integer]],
        levels: Sequence[int] | Integers,
        *,
        threads: int | None = None,
        plan: str | None = None,
    ) -> None:
        self._store = CodeStore(len(codes[0]) if len(codes) else 0)
        for column, k in zip(codes, levels, strict=True):
            self._store.add(column, int(k))
        if self._store.n_rows >= 2**32:
            raise InvalidArgument(sentence(
                "LocalBackend", "codes", "have fewer than 2^32 rows", self._store.n_rows,
                "Count larger tables with an engine that runs on a cluster.",
            ))  # fmt: skip
        self._threads = usable_threads(threads)
        self._only = None if plan is None else PLANS.index(plan)
        self._totals: list[Integers] | None = None

    @property
    def n_rows(self) -> int:
        """Rows counted."""
        return self._store.n_rows

    @property
    def levels(self) -> Integers:
        """Non-null levels of each column, (c,)."""
        return self._store.levels

    def level_counts(self) -> list[Integers]:
        """Return how often each code occurs in each column, null first."""
        if self._totals is None:
            self._totals = self._store.level_counts()
        return self._totals

    def pair_tables(self, pairs: Integers) -> Iterator[PairTables]:
        """Yield the tables of `pairs` in order, in batches of about half a million cells."""
        if not len(pairs):
            return
        plan = choose(pairs, self.levels, self.n_rows, self._only)
        cells = np.prod(self.levels[pairs] + 1, axis=1)
        for start, stop in _runs(np.where(plan.how == SPARSE, self.n_rows, cells), _ROUND_CELLS):
            yield from self._round(pairs[start:stop], cells[start:stop])

    def _round(self, pairs: Integers, cells: Integers) -> Iterator[PairTables]:
        """Count as many tables as fit in memory at once, and yield them in batches."""
        plan = choose(pairs, self.levels, self.n_rows, self._only)
        dense = plan.how != SPARSE
        starts = np.concatenate([[0], np.cumsum(np.where(dense, cells, 0))])
        full = np.zeros(starts[-1], np.uint32)
        totals = self.level_counts()
        task = DenseTask(self._store, totals, pairs, plan, starts[:-1], full)
        threads = self._threads if plan.cost.sum() > _WORTH_A_THREAD else 1
        jobs: list[Callable[[], Any]] = [
            lambda part=part: run_dense(task, part)
            for part in share(plan, pairs, threads)
            if len(part)
        ]
        found: dict[int, tuple[Integers, Integers, Integers]] = {}
        jobs += [
            lambda t=t: found.update({t: self._sparse(pairs[t])})
            for t in np.flatnonzero(~dense).tolist()
        ]
        _run(jobs, threads)
        for start, stop in _batches(dense, cells):
            if dense[start]:
                yield self._gather(pairs[start:stop], full, starts[start : stop + 1])
            else:
                left, right, counts = found.pop(start)
                yield PairTables(pairs[start:stop], np.array([0, counts.size]), left, right, counts)

    def _gather(self, pairs: Integers, full: NDArray[np.uint32], starts: Integers) -> PairTables:
        """Keep the non-empty cells of full tables."""
        part = full[starts[0] : starts[-1]]
        size = int(np.count_nonzero(part))
        left, right, counts = np.empty((3, size), np.int64)
        offsets = np.empty(len(pairs) + 1, np.int64)
        widths = self.levels[pairs[:, 1]] + 1
        gather_cells(part, starts - starts[0], widths, offsets, left, right, counts)
        return PairTables(pairs, offsets, left, right, counts)

    def _sparse(self, pair: Integers) -> tuple[Integers, Integers, Integers]:
        """Count one pair whose full table would be too large."""
        keys, counts = sparse_cells(self._store, pair)
        left, right = np.divmod(keys, self.levels[pair[1]] + 1)
        return left, right, counts

    def triple_tables(self, triples: Integers) -> Iterator[StratifiedTables]:
        """Yield the tables of `triples` (m, 3) in order, in batches of a few million cells."""
        widths = self.levels[triples] + 1
        cells = np.prod(widths.astype(np.float64), axis=1)
        dense = (cells <= min(_TRIPLE_CELLS, max(4 * self.n_rows, 2**12))) & (widths <= 2**16).all(
            axis=1
        )
        for start, stop in _batches(
            dense, np.where(dense, cells, 0).astype(np.int64), _TRIPLE_CELLS
        ):
            some = triples[start:stop]
            if not dense[start]:
                keys, counts = sparse_cells(self._store, some[0])
                offsets = np.array([0, counts.size])
            else:
                begins = np.concatenate([[0], np.cumsum(cells[start:stop].astype(np.int64))])
                full = np.zeros(begins[-1], np.uint32)
                columns, local = np.unique(some, return_inverse=True)
                rows = 2**16
                for first in range(0, self.n_rows, rows):
                    block = self._store.block(columns, first, min(first + rows, self.n_rows))
                    add_triples(
                        block, local.reshape(-1, 3), widths[start:stop, 1:].copy(),
                        begins[:-1], full,
                    )  # fmt: skip
                filled = np.flatnonzero(full)
                counts = full[filled].astype(np.int64)
                offsets = np.searchsorted(filled, begins)
                keys = filled - np.repeat(begins[:-1], np.diff(offsets))
            last = np.repeat(widths[start:stop, 2], np.diff(offsets))
            middle = np.repeat(widths[start:stop, 1], np.diff(offsets))
            rest, stratum = np.divmod(keys, last)
            left, right = np.divmod(rest, middle)
            yield StratifiedTables(some, offsets, left, right, stratum, counts)


def _run(jobs: Sequence[Callable[[], Any]], threads: int) -> None:
    """Run all jobs, in threads if more than one is allowed, and raise what any of them raised."""
    if threads == 1 or len(jobs) < 2:
        for job in jobs:
            job()
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result()


def _runs(sizes: Integers, most: int) -> Iterator[tuple[int, int]]:
    """Cut a sequence into runs whose sizes add up to at most `most`, or of one entry."""
    ends = np.cumsum(sizes)
    start = 0
    while start < len(sizes):
        before = int(ends[start] - sizes[start])
        stop = max(int(np.searchsorted(ends, before + most, side="right")), start + 1)
        yield start, stop
        start = stop


def _batches(
    dense: NDArray[np.bool_], cells: Integers, most: int = _BATCH_CELLS
) -> Iterator[tuple[int, int]]:
    """Cut tables into batches: full ones together up to `most` cells, others one by one."""
    edges = np.flatnonzero(np.diff(dense.astype(np.int8))) + 1
    for first, last in zip([0, *edges], [*edges, len(dense)], strict=True):
        if last > first and not dense[first]:
            yield from ((t, t + 1) for t in range(int(first), int(last)))
        elif last > first:
            for start, stop in _runs(cells[first:last], most):
                yield int(first) + start, int(first) + stop
