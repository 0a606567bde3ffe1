"""What a column can be read as: text turned into numbers, dates or levels, with markers of null.

Every decision depends on the set of values, never on the order of rows.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

pc: Any = pyarrow.compute  # its functions are made at run time

__all__ = ["NULL_MARKERS", "Levels", "Numbers", "read_levels", "read_numbers", "read_text"]

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


def read_text(array: pa.ChunkedArray, markers: Collection[str]) -> Numbers | Levels:
    """Read text as numbers if all of it is numbers, else as dates, else as levels."""
    look = _sample(array, markers)
    numbers = [bool(_NUMBER.fullmatch(value)) for value in look]
    dates = [bool(_DATE.fullmatch(value)) for value in look]
    if look and (all(numbers) or all(dates)):
        read = _parsed(array, markers, dates=all(dates))
        if read is not None:
            return read
    levels = read_levels(array, markers)
    words = [label for label in levels.labels if not _NUMBER.fullmatch(label)]
    if 0 < len(words) < len(levels.labels) and len(words) <= len(levels.labels) / 2:
        some = ", ".join(repr(word[:20]) for word in words[:3])
        levels.notes.append(
            f"mixed types: numbers, and {len(words)} other values ({some}); read as categorical"
        )
    return levels


def read_numbers(array: pa.ChunkedArray) -> Numbers:
    """Read a column that is numeric or temporal already; NaN counts as null, infinities stay."""
    kind = array.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        array = array.cast(pa.timestamp("us", getattr(kind, "tz", None)), safe=False)
    elif pa.types.is_time(kind) or pa.types.is_duration(kind):
        array = array.cast(pa.int64() if kind.bit_width == 64 else pa.int32()).cast(pa.int64())
    elif pa.types.is_boolean(kind) or (pa.types.is_integer(kind) and kind != pa.uint64()):
        array = array.cast(pa.int64())
    else:
        array = array.cast(pa.float64())
    present = np.asarray(pc.is_valid(array))
    values = pc.drop_null(array).to_numpy()
    notes: list[str] = []
    if values.dtype.kind == "f":
        good = ~np.isnan(values)
        if not good.all():
            notes.append(f"{int((~good).sum())} NaN read as null")
            present = present.copy()
            present[np.flatnonzero(present)[~good]] = False
            values = values[good]
        endless = int(np.isinf(values).sum())
        if endless:
            notes.append(f"{endless} infinite values kept as the most extreme ones")
        if values.size and not endless and np.abs(values).max() < 2**53:
            whole = values.astype(np.int64)
            if (whole == values).all():
                values = whole
    return Numbers(values, present, notes)


def read_levels(array: pa.ChunkedArray, markers: Collection[str]) -> Levels:
    """Read a column as levels: its distinct values as text, trimmed, sorted."""
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    one = array.unify_dictionaries().combine_chunks()
    if isinstance(one, pa.ChunkedArray):
        one = one.chunk(0) if one.num_chunks else pa.array([], array.type)
    codes = pc.fill_null(one.indices.cast(pa.int32()), -1).to_numpy(zero_copy_only=False)
    words = [_word(value) for value in one.dictionary.to_pylist()]
    texts = pa.types.is_string(one.dictionary.type) or pa.types.is_large_string(one.dictionary.type)
    nulls = set(markers) if texts else set[str]()
    used = np.bincount(codes + 1, minlength=len(words) + 1)[1:]
    labels = sorted(
        {w for w, k in zip(words, used, strict=True) if k and w is not None and w not in nulls}
    )
    rank = {label: i + 1 for i, label in enumerate(labels)}
    lookup = np.zeros(len(words) + 1, np.int32)  # the last entry serves code -1
    marked: dict[str, int] = {}
    for i, word in enumerate(words):
        lookup[i] = rank.get(word, 0) if word is not None else 0
        if word is not None and word in nulls and used[i]:
            marked[word] = marked.get(word, 0) + int(used[i])
    return Levels(labels, lookup[codes], _marker_notes(marked))


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


def _sample(array: pa.ChunkedArray, markers: Collection[str]) -> list[str]:
    """Return the first distinct values that are not null: enough to guess what to try."""
    head = pc.drop_null(array.slice(0, 4 * _LOOK_AT)).to_pylist()
    nulls = set(markers)
    found = {value.strip() for value in head}
    return list(found - nulls)[:_LOOK_AT]


def _parsed(array: pa.ChunkedArray, markers: Collection[str], *, dates: bool) -> Numbers | None:
    """Parse a whole column of text, or return None if some value does not fit."""
    trimmed = pc.utf8_trim_whitespace(array)
    is_marker = pc.is_in(trimmed, value_set=pa.array(sorted(markers), trimmed.type))
    counted = pc.value_counts(trimmed.filter(is_marker)).to_pylist()
    marked = {entry["values"]: int(entry["counts"]) for entry in counted}
    if marked:
        trimmed = pc.if_else(is_marker, pa.scalar(None, trimmed.type), trimmed)
    if not dates and _has_leading_zero(trimmed):
        return None  # 02139 is a code
    types = [pa.timestamp("us")] if dates else [pa.int64(), pa.float64()]
    for kind in types:
        try:
            read = read_numbers(trimmed.cast(kind))
        except pa.ArrowInvalid:
            continue
        return Numbers(read.values, read.present, _marker_notes(marked) + read.notes)
    return None


def _has_leading_zero(array: pa.ChunkedArray) -> bool:
    """Say whether some value is a number written as a code, such as 007."""
    zero = array.filter(pc.starts_with(array, "0"))
    if not len(zero):
        return False
    return bool(pc.any(pc.match_substring_regex(zero, r"^0[0-9]+$")).as_py())
