"""One thread's share of counting: pass over the rows in blocks, fill tables by their plans."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.tables.code_store import CodeStore
from infoscope.tables.counting_loops import (
    add_pairs,
    complete_tables,
    count_keys,
    intersect_rows,
    marginalise,
    pack_columns,
    set_bits,
)
from infoscope.tables.counting_plan import BITS, PACKED, PLAIN, Plan

__all__ = ["DenseTask", "run_dense", "share", "sparse_cells"]

_BIT_WORDS = 128  # 64-bit words of a row of bits: 1 kB, so that all rows fit the second cache
_SMALL_TABLE = 2**14  # cells that stay in the first cache
_FEW_ROWS = 8192
_BLOCK_CODES = 2**23  # codes of all columns in one block: 16 MB
_MOST_ROWS = 2**17
_PACKED_CELLS = 2**23  # cells of packed tables filled in one pass: 32 MB
_SPARSE_ROWS = 2**18

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DenseTask:
    """Tables to be counted as full rectangles: table t starts at ``starts[t]`` of `cells`."""

    store: CodeStore
    totals: list[Integers]
    pairs: Integers
    plan: Plan
    starts: Integers
    cells: NDArray[np.uint32]


def share(plan: Plan, pairs: Integers, threads: int) -> list[Integers]:
    """Return which tables each thread fills: every plan's tables, cut at equal costs.

    Pairs between the same two packs stand together, so that few packed tables are filled twice.
    """
    parts: list[list[Integers]] = [[] for _ in range(threads)]
    for how in (PLAIN, BITS, PACKED):
        which = np.flatnonzero(plan.how == how)
        if which.size:
            if how == PACKED:
                packs = np.sort(plan.packing.pack[pairs[which]], axis=1)
                which = which[np.lexsort((packs[:, 1], packs[:, 0]))]
            ends = np.cumsum(plan.cost[which])
            cuts = np.searchsorted(ends, ends[-1] * np.arange(1, threads) / threads)
            for part, some in zip(parts, np.split(which, cuts), strict=True):
                part.append(some)
    return [np.concatenate(part or [np.zeros(0, np.int64)]) for part in parts]


def run_dense(task: DenseTask, which: Integers) -> None:
    """Fill the tables `which` of the task."""
    how = task.plan.how[which]
    _plain_and_bits(task, which[how == PLAIN], which[how == BITS])
    packed = which[how == PACKED]
    if packed.size:
        _packed(task, packed)


def _blocks(n_rows: int, n_columns: int) -> list[tuple[int, int]]:
    """Return the row ranges of blocks whose codes take about 16 MB."""
    rows = min(max(_BLOCK_CODES // max(n_columns, 1) // _FEW_ROWS, 1) * _FEW_ROWS, _MOST_ROWS)
    return [(start, min(start + rows, n_rows)) for start in range(0, n_rows, rows)]


def _plain_and_bits(task: DenseTask, plain: Integers, bits: Integers) -> None:
    """Fill tables by increments and by rows of bits, in one pass over the rows."""
    store, levels = task.store, task.store.levels
    columns, local = np.unique(task.pairs[np.concatenate([plain, bits])], return_inverse=True)
    local = local.reshape(-1, 2)
    widths = levels[columns] + 1
    own, bit_pairs = local[: plain.size], local[plain.size :]
    cells = np.prod(widths[own], axis=1)
    small, large = cells <= _SMALL_TABLE, cells > _SMALL_TABLE
    # eight left columns at a time, so that their bits meet each right column while both are near
    order = np.lexsort((bit_pairs[:, 0], bit_pairs[:, 1], bit_pairs[:, 0] // 8))
    bits, bit_pairs = bits[order], bit_pairs[order]
    used = np.unique(bit_pairs)
    first = np.zeros(columns.size, np.int64)
    first[used] = np.concatenate([[0], np.cumsum(widths[used] - 1)[:-1]])[: used.size]
    words = np.zeros((int((widths[used] - 1).sum()) + 1, _BIT_WORDS), np.uint64)
    begins = np.concatenate([[0], np.cumsum(np.prod(widths[bit_pairs] - 1, axis=1))])
    known = np.zeros(begins[-1], np.uint32)
    for start, stop in _blocks(store.n_rows, columns.size):
        block = store.block(columns, start, stop)
        for some, step in ((small, _FEW_ROWS), (large, _MOST_ROWS)):
            if some.any():
                add_pairs(
                    block, own[some], widths[own[some, 1]], task.starts[plain[some]], step,
                    task.cells,
                )  # fmt: skip
        for row in range(0, stop - start, 64 * _BIT_WORDS) if bits.size else ():
            n_words = min(_BIT_WORDS, -(-(stop - start - row) // 64))
            part = words if n_words == _BIT_WORDS else np.zeros((len(words), n_words), np.uint64)
            set_bits(block, row, used, first, widths - 1, part)
            intersect_rows(part, bit_pairs, first, widths - 1, begins[:-1], known)
    if bits.size:
        firsts = np.concatenate([[0], np.cumsum(widths)[:-1]])
        totals = np.concatenate([task.totals[c] for c in columns.tolist()])
        complete_tables(
            known, bit_pairs, widths - 1, begins[:-1], totals, firsts, task.starts[bits],
            task.cells,
        )  # fmt: skip


def _packed(task: DenseTask, which: Integers) -> None:
    """Fill tables from those of packed columns, as many packed tables a pass as fit in memory."""
    packing, pairs = task.plan.packing, task.pairs[which]
    packs = packing.pack[pairs]
    low, high = packs.min(axis=1), packs.max(axis=1)
    keys, group = np.unique(low * packing.widths.size + high, return_inverse=True)
    couples = np.stack(np.divmod(keys, packing.widths.size), axis=1)
    sizes = np.prod(packing.widths[couples], axis=1)
    start = 0
    while start < len(couples):
        total = np.cumsum(sizes[start:])
        stop = start + max(int(np.searchsorted(total, _PACKED_CELLS, side="right")), 1)
        begins = np.concatenate([[0], np.cumsum(sizes[start:stop])])
        tables = _packed_tables(task, couples[start:stop], begins)
        for k in range(start, stop):
            mine = np.flatnonzero(group == k)
            ours = pairs[mine]
            flip = packing.pack[ours[:, 0]] != couples[k, 0]
            up = np.where(flip[:, None], ours[:, ::-1], ours)  # (in the rows, in the columns)
            widths = task.store.levels[up] + 1
            one = np.ones(len(ours), np.int64)
            jobs = np.stack([
                widths[:, 0], packing.inner[up[:, 0]], np.where(flip, one, widths[:, 1]),
                widths[:, 1], packing.inner[up[:, 1]], np.where(flip, widths[:, 0], one),
            ], axis=1)  # fmt: skip
            table = tables[begins[k - start] : begins[k - start + 1]]
            table = table.reshape(packing.widths[couples[k]])
            marginalise(table, jobs, task.starts[which[mine]], task.cells)
        start = stop


def _packed_tables(task: DenseTask, couples: Integers, begins: Integers) -> NDArray[np.uint32]:
    """Return the full tables of couples of packs, laid end to end."""
    packing, store = task.plan.packing, task.store
    used, local = np.unique(couples, return_inverse=True)
    spans = [packing.members[packing.starts[s] : packing.starts[s + 1]] for s in used]
    members = np.concatenate(spans)
    starts = np.concatenate([[0], np.cumsum([len(span) for span in spans])])
    widths = store.levels[members] + 1
    right = packing.widths[couples[:, 1]]
    tables = np.zeros(begins[-1], np.uint32)
    for start, stop in _blocks(store.n_rows, members.size + used.size):
        packed = np.empty((used.size, stop - start), np.uint16)
        pack_columns(store.block(members, start, stop), starts, widths, packed)
        add_pairs(packed, local.reshape(-1, 2), right, begins[:-1], _MOST_ROWS, tables)
    return tables


def sparse_cells(store: CodeStore, columns: Integers) -> tuple[Integers, Integers]:
    """Return the keys met, ascending, and how often: the codes of `columns` as one number.

    Memory grows with the combinations that occur, not with the product of the levels.
    """
    widths = [int(k) + 1 for k in store.levels[columns]]
    if math.prod(widths) >= 2**63:
        raise InvalidArgument(sentence(
            "tables", "the columns counted together", "have fewer than 2^63 combinations of levels",
            f"{' x '.join(str(width - 1) for width in widths)} levels", "Leave identifiers out.",
        ))  # fmt: skip
    keys, counts = np.full(2**12, -1, np.int64), np.zeros(2**12, np.int64)
    filled = 0
    for start in range(0, store.n_rows, _SPARSE_ROWS):
        part = np.zeros(min(_SPARSE_ROWS, store.n_rows - start), np.int64)
        for c, width in zip(columns.tolist(), widths, strict=True):
            part *= width
            part += store.columns[c][start : start + part.size]
        part.sort()
        first = np.flatnonzero(np.diff(part, prepend=-1))
        times = np.diff(first, append=part.size)
        while 2 * (filled + first.size) > keys.size:
            old, old_counts = keys[keys >= 0], counts[keys >= 0]
            keys, counts = np.full(2 * keys.size, -1, np.int64), np.zeros(2 * keys.size, np.int64)
            filled = count_keys(old, old_counts, keys, counts, 0)
        filled = count_keys(part[first], times, keys, counts, filled)
    met = keys >= 0
    order = np.argsort(keys[met])
    return keys[met][order], counts[met][order]
