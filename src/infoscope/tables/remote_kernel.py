"""What runs beside the rows: Arrow batches go in, counts of values and of cells come out.

Only NumPy and Arrow are imported at the top, and the module travels to an engine's workers by
value, so that they need not have infoscope; where they do, the compiled loops are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

__all__ = [
    "CELLS",
    "NUMBERS",
    "UNKNOWN",
    "WORDS",
    "Coding",
    "Slice",
    "cell_kernel",
    "number_kernel",
    "ordered_keys",
    "values_of_keys",
    "word_kernel",
]

pc: Any = pyarrow.compute  # its functions are made at run time

Kernel = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
Integers = NDArray[np.int64]

#: Rows that wait until they are counted together.
_BLOCK = 2**19
#: `part` of cells whose value had no code: the table changed while it was read.
UNKNOWN = -1

CELLS = pa.schema([("part", pa.int32()), ("key", pa.int64()), ("n", pa.int64())])
NUMBERS = pa.schema([*CELLS, ("low", pa.int64())])
WORDS = pa.schema([("part", pa.int32()), ("word", pa.string()), ("n", pa.int64())])


@dataclass(frozen=True)
class Coding:
    """How values of one column become codes: by the bin they fall in, or by name.

    `cuts` are ordered keys (`ordered_keys`): the code is 1 + how many of them a value reaches.
    `words` maps each text to its code, 0 for texts that stand for null.
    """

    levels: int
    kind: str = "i"  # of the numbers: "i", "f" or "M"
    cuts: Integers | None = None
    words: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Slice:
    """Which values of a column to count: those in some buckets of width 2^shift above `start`."""

    kind: str
    start: int
    shift: int
    buckets: Integers | None = None  # None counts buckets, else the values inside these


def ordered_keys(array: pa.Array, kind: str) -> tuple[Integers, NDArray[np.bool_]]:
    """Return integers in the order of the non-null values, and where these stand.

    NaN counts as null. Floats keep all their bits: a key is as good as its value.
    """
    if kind == "M":
        zone = getattr(array.type, "tz", None)
        array = array.cast(pa.timestamp("us", zone), safe=False).cast(pa.int64())
    elif kind == "i":
        array = array.cast(pa.int64())
    else:
        array = array.cast(pa.float64())
    present = np.asarray(pc.is_valid(array))
    values = pc.drop_null(array).to_numpy(zero_copy_only=False)
    if kind != "f":
        return values.astype(np.int64, copy=False), present
    nan = np.isnan(values)
    if nan.any():
        present = present.copy()
        present[np.flatnonzero(present)[nan]] = False
        values = values[~nan]
    bits = (values + 0.0).view(np.int64)  # -0.0 becomes 0.0
    return bits ^ ((bits >> 63) & np.int64(2**63 - 1)), present


def values_of_keys(keys: Integers, kind: str) -> NDArray[Any]:
    """Return the values behind ordered keys: int64, float64 or datetime64[us]."""
    if kind == "f":
        return (keys ^ ((keys >> 63) & np.int64(2**63 - 1))).view(np.float64)
    return keys.view("datetime64[us]") if kind == "M" else keys


def number_kernel(columns: Sequence[tuple[int, Slice]]) -> Kernel:
    """Return the kernel that counts buckets, or values inside them, of numeric columns.

    It emits (part, key, n, low): bucket or value, its rows, the smallest value in it; part is the
    place in `columns`.
    """

    def kernel(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for part, (c, piece) in enumerate(columns):
                values, _ = ordered_keys(batch.column(c), piece.kind)
                above = values.view(np.uint64) - np.array(piece.start, np.int64).view(np.uint64)
                keys = (above >> np.uint64(piece.shift)).astype(np.int64)
                keys[values < piece.start] = 0
                if piece.buckets is not None:
                    values = values[np.isin(keys, piece.buckets)]
                    keys = values
                order = np.argsort(keys, kind="stable")
                keys, values = keys[order], values[order]
                starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: keys.size])
                if not starts.size:
                    continue
                yield pa.record_batch(
                    [
                        pa.array(np.full(starts.size, part, np.int32)),
                        pa.array(keys[starts]),
                        pa.array(np.diff(np.append(starts, keys.size))),
                        pa.array(np.minimum.reduceat(values, starts)),
                    ],
                    schema=NUMBERS,
                )

    return kernel


def word_kernel(columns: Sequence[int]) -> Kernel:
    """Return the kernel that counts the texts of columns: it emits (part, word, n)."""

    def kernel(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for part, c in enumerate(columns):
                counted = pc.value_counts(pc.drop_null(batch.column(c).cast(pa.string())))
                yield pa.record_batch(
                    [
                        pa.array(np.full(len(counted), part, np.int32)),
                        counted.field("values"),
                        counted.field("counts"),
                    ],
                    schema=WORDS,
                )

    return kernel


def cell_kernel(
    codings: Sequence[Coding], parts: Sequence[Sequence[int]], threads: int | None = 1
) -> Kernel:
    """Return the kernel that counts the tables of column tuples: it emits (part, key, n).

    Batches hold one column for each of `codings`. The key of a cell is the mixed-radix number of
    its codes, the last column fastest.
    """

    def kernel(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        waiting: list[list[NDArray[Any]]] = []
        rows = 0
        for batch in batches:
            if not batch.num_rows:
                continue
            pairs = zip(batch.columns, codings, strict=True)
            waiting.append([_codes(array, coding) for array, coding in pairs])
            rows += batch.num_rows
            if rows >= _BLOCK:
                yield from _count(waiting, codings, parts, threads)
                waiting, rows = [], 0
        if waiting:
            yield from _count(waiting, codings, parts, threads)

    return kernel


def _codes(array: pa.Array, coding: Coding) -> NDArray[Any]:
    """Return the codes of one batch of a column; a text without one gets levels + 1."""
    if coding.words is None:
        assert coding.cuts is not None
        keys, present = ordered_keys(array, coding.kind)
        codes = np.zeros(len(array), np.uint32)
        place_values = _loop("encoding_loops", "place_values")
        if place_values is None:
            codes[present] = np.searchsorted(coding.cuts, keys, side="right") + 1
        else:
            padded = np.full(1 << int(coding.cuts.size).bit_length(), 2**63 - 1, np.int64)
            padded[: coding.cuts.size] = coding.cuts
            place_values(keys, padded, np.int64(coding.cuts.size), present, codes)
        return codes
    if not pa.types.is_dictionary(array.type):
        array = array.cast(pa.string()).dictionary_encode()
    known = coding.words
    lookup = [
        0 if word is None else known.get(word, coding.levels + 1)
        for word in array.dictionary.to_pylist()
    ]
    indices = pc.fill_null(array.indices.cast(pa.int32()), len(lookup)).to_numpy()
    return np.array([*lookup, 0], np.uint32)[indices]


def _count(
    waiting: list[list[NDArray[Any]]],
    codings: Sequence[Coding],
    parts: Sequence[Sequence[int]],
    threads: int | None,
) -> Iterator[pa.RecordBatch]:
    """Count one block of rows."""
    columns = [np.concatenate(column) for column in zip(*waiting, strict=True)]
    levels = np.array([coding.levels for coding in codings], np.int64)
    for c, codes in enumerate(columns):
        beyond = codes > levels[c]
        if beyond.any():
            yield _cells(UNKNOWN, np.array([c]), np.array([int(beyond.sum())]))
            codes[beyond] = 0
    backend = _loop("local_counts", "LocalBackend")
    done = np.zeros(len(parts), bool)
    if backend is not None:
        local = backend(columns, levels, threads=threads)
        for size, ask in ((2, "pair_tables"), (3, "triple_tables")):
            these = np.array([t for t, part in enumerate(parts) if len(part) == size], np.int64)
            if not these.size:
                continue
            done[these] = True
            at = 0
            for tables in getattr(local, ask)(np.array([parts[t] for t in these], np.int64)):
                sizes = np.diff(tables.offsets)
                part = np.repeat(these[at : at + sizes.size], sizes)
                owners = np.array([parts[t] for t in these[at : at + sizes.size]], np.int64)
                keys = tables.left * np.repeat(levels[owners[:, 1]] + 1, sizes) + tables.right
                if size == 3:
                    keys = keys * np.repeat(levels[owners[:, 2]] + 1, sizes) + tables.stratum
                at += sizes.size
                yield _cells(part, keys, tables.counts)
    for t in np.flatnonzero(~done).tolist():
        keys = np.zeros(columns[0].size, np.int64)
        cells = 1
        for c in parts[t]:
            keys = keys * (levels[c] + 1) + columns[c]
            cells *= int(levels[c]) + 1
        if cells <= 4 * keys.size:
            counts = np.bincount(keys, minlength=cells)
            filled = np.flatnonzero(counts)
            counts = counts[filled]
        else:
            filled, counts = np.unique(keys, return_counts=True)
        yield _cells(t, filled, counts)


def _cells(part: int | Integers, keys: Integers, counts: Integers) -> pa.RecordBatch:
    parts = np.full(keys.size, part, np.int32) if isinstance(part, int) else part.astype(np.int32)
    return pa.record_batch(
        [pa.array(parts), pa.array(keys.astype(np.int64)), pa.array(counts.astype(np.int64))],
        schema=CELLS,
    )


def _loop(module: str, name: str) -> Any:
    """Return a compiled loop of infoscope, or None on a worker that has no infoscope."""
    import importlib

    try:
        return getattr(importlib.import_module("infoscope.tables." + module), name)
    except ModuleNotFoundError:
        return None
