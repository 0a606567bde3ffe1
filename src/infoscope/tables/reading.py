"""What a column can be read as: text turned into numbers, dates or levels, with markers of null.

Every decision depends on the set of values, never on the order of rows. Columns are read piece by
piece, so that one larger than memory can be read too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from infoscope.tables.chunks import ColumnChunks
from infoscope.tables.code_store import scratch
from infoscope.tables.encoding_loops import recode, translate

pc: Any = pyarrow.compute  # its functions are made at run time

__all__ = [
    "MOST_LEVELS",
    "NULL_MARKERS",
    "Levels",
    "Numbers",
    "TooManyLevels",
    "read_levels",
    "read_numbers",
    "read_text",
]

#: Distinct words of a column that are kept before it is left out, unless the caller names its kind.
MOST_LEVELS = 2**20

#: Texts that stand for "no value" in the wild; surrounding spaces do not matter.
NULL_MARKERS: tuple[str, ...] = (
    "", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "None", "?",
)  # fmt: skip

_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|-?inf", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?", re.ASCII)
_LOOK_AT = 512  # values looked at before a whole column is parsed


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers or instants: the non-null values, and where they stand."""

    values: NDArray[np.generic]  # (present,), int64, float64 or datetime64[us]
    present: NDArray[np.bool_]  # (n,)
    notes: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Levels:
    """A column of words: sorted labels, and codes 0 (null) to len(labels)."""

    labels: list[str]
    codes: NDArray[np.int32]  # (n,)
    notes: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class TooManyLevels:
    """A column of words with more distinct values than are kept: some of them, and its gaps."""

    some: list[str]
    missing: int


Readable = pa.ChunkedArray | ColumnChunks


def _chunks(column: Readable) -> ColumnChunks:
    return column if isinstance(column, ColumnChunks) else ColumnChunks.of(column)


@overload
def read_text(column: Readable, markers: Collection[str]) -> Numbers | Levels: ...
@overload
def read_text(
    column: Readable, markers: Collection[str], most: int | None
) -> Numbers | Levels | TooManyLevels: ...


def read_text(
    column: Readable, markers: Collection[str], most: int | None = None
) -> Numbers | Levels | TooManyLevels:
    """Read text as numbers if all of it is numbers, else as dates, else as levels.

    With `most`, words stop being kept once there are more distinct ones.
    """
    array = _chunks(column)
    look = _sample(array, markers)
    numbers = [bool(_NUMBER.fullmatch(value)) for value in look]
    dates = [bool(_DATE.fullmatch(value)) for value in look]
    if look and (all(numbers) or all(dates)):
        read = _parsed(array, markers, dates=all(dates))
        if read is not None:
            return read
    levels = read_levels(array, markers, most)
    if isinstance(levels, TooManyLevels):
        return levels
    words = [label for label in levels.labels if not _NUMBER.fullmatch(label)]
    if 0 < len(words) < len(levels.labels) and len(words) <= len(levels.labels) / 2:
        some = ", ".join(repr(word[:20]) for word in words[:3])
        levels.notes.append(
            f"mixed types: numbers, and {len(words)} other values ({some}); read as categorical"
        )
    return levels


def read_numbers(column: Readable) -> Numbers:
    """Read a column that is numeric or temporal already; NaN counts as null, infinities stay."""
    return _numbers(_chunks(column), lambda array: array)


def _numbers(column: ColumnChunks, prepare: Callable[[pa.Array], pa.Array]) -> Numbers:
    """Read the prepared chunks of a column as numbers or instants."""
    present = scratch(column.n_rows, np.bool_)
    values: NDArray[Any] | None = None
    at = kept = nans = 0
    for chunk in column.read():
        array = _as_number(prepare(chunk))
        found = pc.drop_null(array).to_numpy(zero_copy_only=False)
        there = np.asarray(pc.is_valid(array))
        if found.dtype.kind == "f":
            good = ~np.isnan(found)
            if not good.all():
                nans += int((~good).sum())
                there = there.copy()
                there[np.flatnonzero(there)[~good]] = False
                found = found[good]
        if values is None:
            values = scratch(column.n_rows, found.dtype)
        elif values.dtype.kind == "i" and found.dtype.kind == "f":  # text: 1, 2, ... then 2.5
            wider = scratch(column.n_rows, np.float64)
            wider[:kept] = values[:kept]
            values = wider
        present[at : at + len(there)] = there
        values[kept : kept + found.size] = found
        at, kept = at + len(there), kept + found.size
    values = np.empty(0) if values is None else values[:kept]
    notes: list[str] = []
    if nans:
        notes.append(f"{nans} NaN read as null")
    if values.dtype.kind == "f":
        endless = int(np.isinf(values).sum())
        if endless:
            notes.append(f"{endless} infinite values kept as the most extreme ones")
        if values.size and not endless and max(abs(values.min()), abs(values.max())) < 2**53:
            look = values[:: max(values.size // 1000, 1)]
            if (look == np.rint(look)).all() and (values == np.rint(values)).all():
                values = values.astype(np.int64)
    return Numbers(values, present, notes)


def _as_number(array: pa.Array) -> pa.Array:
    """Convert one chunk to int64, float64 or microseconds."""
    kind = array.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return array.cast(pa.timestamp("us", getattr(kind, "tz", None)), safe=False)
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        return array.cast(pa.int64() if kind.bit_width == 64 else pa.int32()).cast(pa.int64())
    if pa.types.is_boolean(kind) or (pa.types.is_integer(kind) and kind != pa.uint64()):
        return array.cast(pa.int64())
    return array.cast(pa.float64())


@overload
def read_levels(column: Readable, markers: Collection[str]) -> Levels: ...
@overload
def read_levels(
    column: Readable, markers: Collection[str], most: int | None
) -> Levels | TooManyLevels: ...


def read_levels(
    column: Readable, markers: Collection[str], most: int | None = None
) -> Levels | TooManyLevels:
    """Read a column as levels: its distinct values as text, trimmed, sorted."""
    chunks = _chunks(column)
    texts = _of_texts(chunks.type)
    nulls = set(markers) if texts else set[str]()
    numbers: dict[str, int] = {}  # word -> provisional code, from 1
    used = np.zeros(2**10, np.int64)
    codes = scratch(chunks.n_rows, np.uint32)
    at = missing = 0
    full = False
    lookup, before = np.zeros(1, np.uint32), None
    for chunk in chunks.read():
        if full:
            missing += chunk.null_count
            continue
        if not pa.types.is_dictionary(chunk.type):
            chunk = chunk.dictionary_encode()
        if before is None or not chunk.dictionary.equals(before):
            before = chunk.dictionary
            lookup = _provisional(before.to_pylist(), numbers)
        if len(numbers) >= used.size:
            used = np.concatenate([used, np.zeros(len(numbers) + 1, np.int64)])
        indices = pc.fill_null(chunk.indices.cast(pa.int32()), -1).to_numpy(zero_copy_only=False)
        translate(indices, lookup, codes[at : at + len(chunk)], used)
        at += len(chunk)
        full = most is not None and len(numbers) - len(nulls) > most
        missing = int(used[0])
    if full:
        return TooManyLevels(sorted(numbers), missing)
    labels = sorted(word for word, k in numbers.items() if used[k] and word not in nulls)
    final = np.zeros(len(numbers) + 1, np.int32)
    for i, label in enumerate(labels):
        final[numbers[label]] = i + 1
    marked = {
        word: int(used[numbers[word]]) for word in nulls if word in numbers and used[numbers[word]]
    }
    out = scratch(at, np.int32)
    recode(codes[:at], final, out)
    return Levels(labels, out, _marker_notes(marked))


def _provisional(values: list[Any], numbers: dict[str, int]) -> NDArray[np.uint32]:
    """Number the words not met before, and return the number of each dictionary entry."""
    lookup = np.zeros(max(len(values), 1), np.uint32)
    for i, value in enumerate(values):
        word = _word(value)
        if word is not None:
            lookup[i] = numbers.setdefault(word, len(numbers) + 1)
    return lookup


def _of_texts(kind: pa.DataType) -> bool:
    """Say whether values of this Arrow type are words."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or "string_view" in str(kind)


def _word(value: object) -> str | None:
    """Return a dictionary value as trimmed text."""
    if value is None or (isinstance(value, float) and value != value):
        return None
    return str(value).strip()


def _marker_notes(marked: dict[str, int]) -> list[str]:
    """Say which texts were read as null, and how often."""
    if not marked:
        return []
    parts = ", ".join(
        f"{'blank' if not word else repr(word)} ({count}×)"
        for word, count in sorted(marked.items())
    )
    return [f"read as null: {parts}"]


def _plain(array: pa.Array) -> pa.Array:
    """Return words as plain text: dictionaries decoded."""
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _sample(column: ColumnChunks, markers: Collection[str]) -> list[str]:
    """Return the first distinct values that are not null: enough to guess what to try."""
    found: set[str] = set()
    rows = 0
    for chunk in column.read():
        head = pc.drop_null(_plain(chunk.slice(0, 4 * _LOOK_AT - rows))).to_pylist()
        found |= {value.strip() for value in head}
        rows += len(chunk)
        if rows >= 4 * _LOOK_AT:
            break
    return list(islice((found - set(markers)), _LOOK_AT))


def _parsed(column: ColumnChunks, markers: Collection[str], *, dates: bool) -> Numbers | None:
    """Parse a whole column of text, or return None if some value does not fit."""
    marked: dict[str, int] = {}

    def parse(chunk: pa.Array) -> pa.Array:
        trimmed = pc.utf8_trim_whitespace(_plain(chunk))
        is_marker = pc.is_in(trimmed, value_set=pa.array(sorted(markers), trimmed.type))
        for entry in pc.value_counts(trimmed.filter(is_marker)).to_pylist():
            if entry["values"] is not None:
                marked[entry["values"]] = marked.get(entry["values"], 0) + int(entry["counts"])
        if marked:
            trimmed = pc.if_else(is_marker, pa.scalar(None, trimmed.type), trimmed)
        if dates:
            return trimmed.cast(pa.timestamp("us"))
        if _has_leading_zero(trimmed):  # 02139 is a code
            raise pa.ArrowInvalid("a code with leading zeros")
        try:
            return trimmed.cast(pa.int64())
        except pa.ArrowInvalid:
            return trimmed.cast(pa.float64())

    try:
        read = _numbers(column, parse)
    except pa.ArrowInvalid:
        return None
    return Numbers(read.values, read.present, _marker_notes(marked) + read.notes)


def _has_leading_zero(array: pa.Array) -> bool:
    """Say whether some value is a number written as a code, such as 007."""
    zero = array.filter(pc.starts_with(array, "0"))
    if not len(zero):
        return False
    return bool(pc.any(pc.match_substring_regex(zero, r"^0[0-9]+$")).as_py())
