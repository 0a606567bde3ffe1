"""Engines that run the counting kernel beside their rows: Spark in its workers, DuckDB in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from infoscope.core.errors import DataError, sentence
from infoscope.tables.remote_engine import Answer, ColumnFacts, Cuts, RemoteEngine
from infoscope.tables.remote_kernel import (
    CELLS,
    NUMBERS,
    UNKNOWN,
    WORDS,
    Coding,
    Slice,
    cell_kernel,
    number_kernel,
    word_kernel,
)

__all__ = ["BatchEngine", "KernelEngine"]

Integers = NDArray[np.int64]

_BUCKETS = 20  # bits of the first look at a column's order


class KernelEngine(RemoteEngine):
    """A `RemoteEngine` whose questions about values and cells are one pass of a kernel each."""

    def mapped(self, columns: Sequence[int], kernel: Any, schema: pa.Schema) -> pa.Table:
        """Run a kernel over all batches of some columns; rows of equal part and key are added."""
        raise NotImplementedError

    def number_counts(self, columns: Mapping[int, ColumnFacts]) -> dict[int, Answer]:
        """Return the distinct values of columns as ordered keys, ascending, and their rows."""
        if not columns:
            return {}
        pieces = [
            (i, Slice(facts.numbers, -(2**63), 63, np.arange(2)))
            for i, facts in enumerate(columns.values())
        ]
        rows = self.mapped(list(columns), number_kernel(pieces), NUMBERS)
        return {c: _part(rows, i)[:2] for i, c in enumerate(columns)}

    def word_counts(self, columns: Sequence[int]) -> dict[int, tuple[list[str], Integers]]:
        """Return the distinct texts of columns, and their rows."""
        if not columns:
            return {}
        rows = self.mapped(columns, word_kernel(range(len(columns))), WORDS)
        part = rows["part"].to_numpy()
        found: dict[int, tuple[list[str], Integers]] = {}
        for i, c in enumerate(columns):
            mine = pa.array(np.flatnonzero(part == i))
            some = rows.take(mine)
            found[c] = some["word"].to_pylist(), some["n"].to_numpy().astype(np.int64)
        return found

    def orders(
        self, ranks: Mapping[int, Integers], facts: Sequence[ColumnFacts]
    ) -> dict[int, Cuts]:
        """Return the values at `ranks` of columns, exactly, in two passes for all of them.

        The first pass counts up to 2^20 buckets between the ends of a column; the second counts
        values in the buckets that hold a rank.
        """
        if not ranks:
            return {}
        columns = list(ranks)
        shifts = {
            c: max((facts[c].high - facts[c].low).bit_length() - _BUCKETS, 0) for c in columns
        }
        pieces = [
            (i, Slice(facts[c].numbers, facts[c].low, shifts[c])) for i, c in enumerate(columns)
        ]
        rows = self.mapped(columns, number_kernel(pieces), NUMBERS)
        coarse = {c: _part(rows, i) for i, c in enumerate(columns)}
        wanted: list[tuple[int, Slice]] = []
        for i, c in enumerate(columns):
            buckets, counts, _ = coarse[c]
            inside = np.unique(np.searchsorted(np.cumsum(counts), ranks[c], side="right"))
            wanted.append((i, Slice(facts[c].numbers, facts[c].low, shifts[c], buckets[inside])))
        rows = self.mapped(columns, number_kernel(wanted), NUMBERS)
        return {
            c: _cuts(ranks[c], coarse[c], _part(rows, i)[:2], facts[c], shifts[c])
            for i, c in enumerate(columns)
        }

    def cells(self, codings: Mapping[int, Coding], parts: Sequence[Sequence[int]]) -> list[Answer]:
        """Return the non-empty cells of the tables of column tuples, keys as mixed-radix codes."""
        if not parts:
            return []
        used = sorted({c for part in parts for c in part})
        at = {c: i for i, c in enumerate(used)}
        kernel = cell_kernel(
            [codings[c] for c in used], [[at[c] for c in part] for part in parts], self.threads
        )
        rows = self.mapped(used, kernel, CELLS)
        part = rows["part"].to_numpy()
        if (part == UNKNOWN).any():
            column = self.names[used[int(rows["key"].to_numpy()[part == UNKNOWN][0])]]
            raise DataError(sentence(
                "scan", "source", "hold still while it is counted",
                f"values of {column!r} that were not there at first",
                "Scan a snapshot of the table.",
            ))  # fmt: skip
        return [_part(rows, t)[:2] for t in range(len(parts))]

    @property
    def threads(self) -> int | None:
        """Threads of one kernel; None for all that this process may use."""
        return 1


class BatchEngine(KernelEngine):
    """A `KernelEngine` in this process: the kernel reads the engine's own stream of batches."""

    def __init__(
        self, table: Any, label: str, *,
        batches: Callable[[Any], Iterator[pa.RecordBatch]], **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(table, label, **options)
        self._batches = batches

    def how(self) -> str:
        """Say in a few words how tables are counted."""
        return "compiled counting over the engine's batches"

    @property
    def threads(self) -> int | None:
        """As many as this process may use."""
        return None

    def mapped(self, columns: Sequence[int], kernel: Any, schema: pa.Schema) -> pa.Table:
        """Run a kernel over all batches of some columns; rows of equal part and key are added."""
        some = self.table.select(**{f"c{c}": self.table[self.names[c]] for c in columns})

        def run() -> pa.Table:
            kept: list[pa.RecordBatch] = []
            size = 0
            for batch in kernel(self._batches(some)):
                kept.append(batch)
                size += batch.num_rows
                if size > 2**23:  # add up before there are too many
                    kept = _added(kept, schema).to_batches()
                    size = sum(each.num_rows for each in kept) // 2
            return _added(kept, schema)

        return self.answered(run)


def _added(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """Add up rows of equal part and key."""
    rows = pa.Table.from_batches(batches, schema)
    by = schema.names[:2]
    sums = [("n", "sum"), *([("low", "min")] if "low" in schema.names else [])]
    added = rows.group_by(by).aggregate(sums)
    return added.select([*by, *(f"{name}_{how}" for name, how in sums)]).rename_columns(
        schema.names
    )


def _part(rows: pa.Table, part: int) -> tuple[Integers, Integers, Integers]:
    """Return the keys of one part, ascending, their counts, and the smallest value of each."""
    mine = np.flatnonzero(rows["part"].to_numpy() == part)
    keys = rows["key"].to_numpy()[mine]
    order = np.argsort(keys, kind="stable")
    mine = mine[order]
    low = rows["low"].to_numpy()[mine] if "low" in rows.schema.names else mine[:0]
    return keys[order], rows["n"].to_numpy()[mine].astype(np.int64), low


def _cuts(
    ranks: Integers, coarse: tuple[Integers, Integers, Integers], fine: Answer,
    facts: ColumnFacts, shift: int,
) -> Cuts:  # fmt: skip
    """Find the values at ranks among buckets, of which those with a rank are known in full."""
    buckets, counts, lows = coarse
    ends = np.cumsum(counts)
    values, n = fine
    above = (np.maximum(values, facts.low) - facts.low).view(np.uint64) >> np.uint64(shift)
    home = np.searchsorted(buckets, above.astype(np.int64))
    # rows below each known value: those of lower buckets, and of its own bucket's lower values
    inner = np.cumsum(n) - n
    starts = np.searchsorted(home, home, side="left")
    first = (ends - counts)[home] + inner - inner[starts]
    at = np.searchsorted(first, ranks, side="right") - 1
    after = first[at] + n[at]
    last = after >= ends[home[at]]
    next_up = np.append(lows, facts.high)[home[at] + 1]
    inside = np.append(values, facts.high)[at + 1]
    return Cuts(values[at], first[at], after, np.where(last, next_up, inside))
