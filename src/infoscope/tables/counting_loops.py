"""The compiled loops over blocks of rows behind each counting plan.

All take codes of one block, (columns, rows) in uint16, so that a block stays in the cache while all
pairs use it and each loop is compiled for one type only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from infoscope.core.compiling import compiled

__all__ = [
    "add_pairs",
    "add_triples",
    "complete_tables",
    "count_codes",
    "count_keys",
    "gather_cells",
    "intersect_rows",
    "marginalise",
    "pack_columns",
    "set_bits",
]

Codes = NDArray[np.uint16]
Integers = NDArray[np.int64]


@intrinsic
def _popcount(_context: Any, _word: Any) -> Any:
    """Return how many bits of a 64-bit word are set, by the processor's own instruction."""

    def build(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), build


@compiled
def count_codes(codes: Codes, offsets: Integers, cells: Integers) -> None:
    """Add how often each code occurs in each column; column c starts at ``offsets[c]``."""
    for c in range(codes.shape[0]):
        column = codes[c]
        base = np.uint64(offsets[c])
        for r in range(codes.shape[1]):
            cells[base + np.uint64(column[r])] += 1


@compiled
def add_pairs(
    codes: Codes,
    pairs: Integers,
    widths: Integers,
    offsets: Integers,
    step: int,
    cells: NDArray[np.uint32],
) -> None:
    """Add the rows of a block to the full table of each pair: one increment a row and pair.

    Table t starts at ``offsets[t]`` of `cells` and has ``widths[t]`` columns. Small tables profit
    from few rows at a time (`step`: the codes stay near), large ones from many (the table does).
    """
    for start in range(0, codes.shape[1], step):
        stop = min(start + step, codes.shape[1])
        for t in range(pairs.shape[0]):
            left = codes[pairs[t, 0]]
            right = codes[pairs[t, 1]]
            width = np.uint64(widths[t])
            base = np.uint64(offsets[t])
            for r in range(start, stop):
                cells[base + np.uint64(left[r]) * width + np.uint64(right[r])] += np.uint32(1)


@compiled
def add_triples(
    codes: Codes, triples: Integers, widths: Integers, offsets: Integers, cells: NDArray[np.uint32]
) -> None:
    """Add the rows of a block to the full block (x, y, z) of each triple; `widths` (m, 2): y, z."""
    for t in range(triples.shape[0]):
        x = codes[triples[t, 0]]
        y = codes[triples[t, 1]]
        z = codes[triples[t, 2]]
        second = np.uint64(widths[t, 0])
        third = np.uint64(widths[t, 1])
        base = np.uint64(offsets[t])
        for r in range(codes.shape[1]):
            place = (np.uint64(x[r]) * second + np.uint64(y[r])) * third + np.uint64(z[r])
            cells[base + place] += np.uint32(1)


@compiled
def pack_columns(codes: Codes, starts: Integers, widths: Integers, packed: Codes) -> None:
    """Write code_1 * w_2 * w_3 ... + code_2 * w_3 ... + ...: several columns as one.

    Packed column s holds the columns ``starts[s]:starts[s + 1]`` of `codes`.
    """
    for s in range(packed.shape[0]):
        out = packed[s]
        for r in range(codes.shape[1]):
            out[r] = 0
        for c in range(starts[s], starts[s + 1]):
            column = codes[c]
            width = np.uint16(widths[c])
            for r in range(codes.shape[1]):
                out[r] = out[r] * width + column[r]


@compiled
def marginalise(
    packed: NDArray[np.uint32], jobs: Integers, offsets: Integers, cells: NDArray[np.uint32]
) -> None:
    """Add up one packed table to the table of each pair of columns in it.

    `packed` (rows, columns) is a table of two packed columns. The code of a column in a packed code
    p is p // inner % width. Job t is (width, inner, stride) of a column packed in the rows, and the
    same of one packed in the columns: its table starts at ``offsets[t]`` of `cells`, and the
    strides say which of the two is its left column.
    """
    rows, columns = packed.shape
    line = np.empty(columns, np.uint32)
    for t in range(jobs.shape[0]):
        width, inner, stride = jobs[t, 0], jobs[t, 1], jobs[t, 2]
        other, within, step = jobs[t, 3], jobs[t, 4], jobs[t, 5]
        for code in range(width):
            for j in range(columns):
                line[j] = 0
            for first in range(code * inner, rows, width * inner):
                for i in range(first, first + inner):
                    for j in range(columns):
                        line[j] += packed[i, j]
            base = offsets[t] + code * stride
            j = 0
            while j < columns:
                for b in range(other):
                    total = np.uint32(0)
                    for k in range(j, j + within):
                        total += line[k]
                    cells[base + b * step] += total
                    j += within


@compiled
def set_bits(
    codes: Codes,
    start: int,
    columns: Integers,
    first: Integers,
    levels: Integers,
    bits: NDArray[np.uint64],
) -> None:
    """Write one row of bits for each code 1 to ``levels[c]`` of each of `columns`.

    The bits of column c begin at row ``first[c]``. The rows of the table from `start` on fill them,
    as far as both go. The last row of `bits` takes the nulls, and nobody reads it.
    """
    stop = min(start + 64 * bits.shape[1], codes.shape[1])
    for c in columns:
        for row in range(first[c], first[c] + levels[c]):
            for w in range(bits.shape[1]):
                bits[row, w] = np.uint64(0)
        column = codes[c]
        before = first[c] - 1
        for r in range(start, stop):
            row = before + column[r] if column[r] else bits.shape[0] - 1
            bits[row, (r - start) >> 6] |= np.uint64(1) << np.uint64((r - start) & 63)


@compiled
def intersect_rows(
    bits: NDArray[np.uint64],
    pairs: Integers,
    first: Integers,
    levels: Integers,
    offsets: Integers,
    cells: NDArray[np.uint32],
) -> None:
    """Add to each pair's table how many rows have both codes: AND and count the bits.

    Table t holds codes 1 to ``levels[i]`` by 1 to ``levels[j]``, at ``offsets[t]``.
    """
    n_words = bits.shape[1]
    for t in range(pairs.shape[0]):
        i, j = pairs[t, 0], pairs[t, 1]
        for a in range(levels[i]):
            left = bits[first[i] + a]
            base = offsets[t] + a * levels[j]
            for b in range(levels[j]):
                right = bits[first[j] + b]
                total = np.uint64(0)
                for w in range(n_words):
                    total += _popcount(left[w] & right[w])  # pyright: ignore[reportCallIssue]
                cells[base + b] += np.uint32(total)


@compiled
def complete_tables(
    known: NDArray[np.uint32],
    pairs: Integers,
    levels: Integers,
    begins: Integers,
    totals: Integers,
    firsts: Integers,
    offsets: Integers,
    cells: NDArray[np.uint32],
) -> None:
    """Lay out full tables from those without nulls and from the totals of the columns.

    Table t has ``levels[i]`` by ``levels[j]`` entries from ``begins[t]`` of `known`; the totals of
    the codes of column c, null first, stand from ``firsts[c]`` of `totals`.
    """
    for t in range(pairs.shape[0]):
        i, j = pairs[t, 0], pairs[t, 1]
        width = levels[j] + 1
        base = offsets[t]
        for b in range(width):
            cells[base + b] = np.uint32(totals[firsts[j] + b])
        k = begins[t]
        for a in range(1, levels[i] + 1):
            rest = np.uint32(totals[firsts[i] + a])
            line = base + a * width
            for b in range(1, width):
                cells[line + b] = known[k]
                cells[base + b] -= known[k]
                rest -= known[k]
                k += 1
            cells[line] = rest
            cells[base] -= rest


@compiled
def gather_cells(
    cells: NDArray[np.uint32],
    starts: Integers,
    widths: Integers,
    offsets: Integers,
    left: Integers,
    right: Integers,
    counts: Integers,
) -> None:
    """Write the non-empty cells of each full table, and where each table's cells begin."""
    k = 0
    for t in range(widths.shape[0]):
        offsets[t] = k
        a = b = 0
        for place in range(starts[t], starts[t + 1]):
            if cells[place] > 0:
                left[k] = a
                right[k] = b
                counts[k] = cells[place]
                k += 1
            b += 1
            if b == widths[t]:
                a += 1
                b = 0
    offsets[widths.shape[0]] = k


@compiled
def count_keys(
    new: Integers, weights: Integers, keys: Integers, counts: Integers, filled: int
) -> int:
    """Add `weights` to the hash table (`keys`, `counts`) under the keys `new`; return its size.

    The length of `keys` is a power of two, at least twice the entries; -1 is an empty place.
    """
    mask = np.uint64(keys.shape[0] - 1)
    for r in range(new.shape[0]):
        key = new[r]
        hashed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing (Knuth)
        place = (hashed ^ (hashed >> np.uint64(32))) & mask
        while keys[place] != key:
            if keys[place] == -1:
                keys[place] = key
                filled += 1
                break
            place = (place + np.uint64(1)) & mask
        counts[place] += weights[r]
    return filled
