"""Read one column of two tables alike: bins and levels are those of the reference."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.tables.bins import default_bins, equal_frequency_edges, place
from infoscope.tables.reading import Levels, Numbers, read_levels, read_numbers, read_text

__all__ = ["NOT_A_NUMBER", "Twins", "read_column", "read_twins"]

pc: Any = pyarrow.compute  # its functions are made at run time

_FEWEST_IDS = 20
NOT_A_NUMBER = "not a number"


@dataclass(frozen=True, eq=False)
class Twins:
    """One column in both tables: labels of its levels, and codes with 0 for null.

    `kind` is that of the reference; `change` says how the other one's type differs, or is "".
    Without codes (`left_out` says why) only the gaps are compared.
    """

    kind: str
    labels: tuple[str, ...]
    reference: NDArray[np.int32]
    current: NDArray[np.int32]
    change: str = ""
    left_out: str = ""
    notes: tuple[str, ...] = ()
    is_binned: bool = False

    def counts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return how often each code occurs in either table, null first."""
        k = len(self.labels) + 1
        return (
            np.bincount(self.reference, minlength=k).astype(np.int64),
            np.bincount(self.current, minlength=k).astype(np.int64),
        )


def read_twins(
    name: str,
    reference: pa.ChunkedArray,
    current: pa.ChunkedArray,
    *,
    kind: str | None,
    bins: int | tuple[float | str, ...] | None,
    markers: Collection[str],
) -> Twins:
    """Read both columns; numbers and dates are cut at the reference's bins, ends wide open.

    Raises
    ------
    InvalidArgument
        If given edges do not ascend.
    """
    if kind in ("identifier", "text"):
        return _unread(reference, current, kind, f"read as {kind}: only its gaps are compared")
    one, two = (read_column(array, markers, kind) for array in (reference, current))
    if one is None or two is None:
        odd = reference if one is None else current
        why = "nothing but nulls" if odd.null_count == len(odd) else f"values of type {odd.type}"
        side = "in the reference" if one is None else "in the current table"
        change = ""
        if (one is None) != (two is None):
            change = f"{_word(one, reference)} in the reference, {_word(two, current)} now"
        empty = reference.null_count == len(reference) or current.null_count == len(current)
        return _unread(
            reference, current, _word(one, reference), f"{why} {side}: only its gaps are compared",
            change if empty or change else "",
        )  # fmt: skip
    notes = [f"reference: {note}" for note in one.notes]
    notes += [f"current: {note}" for note in two.notes]
    change = ""
    if _word(one) != _word(two):
        change = f"{_word(one)} in the reference, {_word(two)} now"
    if isinstance(one, Levels):
        if isinstance(two, Numbers):
            two = read_levels(_as_text(current), markers)
        return _words(one, two, change, notes)
    if isinstance(two, Numbers) and one.values.dtype.kind != two.values.dtype.kind:
        if "M" in (one.values.dtype.kind, two.values.dtype.kind):
            return _unread(
                reference, current, _word(one), "dates against numbers: only gaps are compared",
                change,
            )  # fmt: skip
        one = Numbers(one.values.astype(np.float64), one.present, one.notes)
        two = Numbers(two.values.astype(np.float64), two.present, two.notes)
    return _numbers(name, one, two, bins, change, notes)


def read_column(
    array: pa.ChunkedArray, markers: Collection[str], kind: str | None = None
) -> Numbers | Levels | None:
    """Return Numbers or Levels, or None for what has no values to compare."""
    typ = array.type
    if array.null_count == len(array):
        return None
    if pa.types.is_nested(typ) or pa.types.is_binary(typ) or pa.types.is_large_binary(typ):
        return None
    if str(typ) == "string_view":
        array, typ = array.cast(pa.large_string()), pa.large_string()
    words = pa.types.is_string(typ) or pa.types.is_large_string(typ)
    try:
        if pa.types.is_dictionary(typ) or (words and kind == "categorical"):
            read: Numbers | Levels = read_levels(array, markers)
        elif words:
            read = read_text(array, markers)
        else:
            read = read_numbers(array)
            if kind == "categorical":
                read = read_levels(_as_text(array), markers)
    except (pa.ArrowNotImplementedError, pa.ArrowTypeError):
        return None
    if isinstance(read, Numbers) and not read.values.size:
        return None
    if isinstance(read, Levels) and not read.labels:
        return None
    return read


def _word(read: Numbers | Levels | None, array: pa.ChunkedArray | None = None) -> str:
    if read is None:
        return "empty" if array is not None and array.null_count == len(array) else "nested"
    if isinstance(read, Levels):
        return "categorical"
    return "date" if read.values.dtype.kind == "M" else "numeric"


def _as_text(array: pa.ChunkedArray) -> pa.ChunkedArray:
    return array.cast(pa.large_string())


def _unread(
    reference: pa.ChunkedArray, current: pa.ChunkedArray, kind: str, why: str, change: str = ""
) -> Twins:
    """Keep only where the values are."""
    present = [np.asarray(pc.is_valid(array)).astype(np.int32)
               for array in (reference, current)]  # fmt: skip
    return Twins(kind, ("a value",), present[0], present[1], change, why)


def _words(one: Levels, two: Levels, change: str, notes: list[str]) -> Twins:
    """Put both columns on the levels of the reference, new ones after them."""
    known = {label: i + 1 for i, label in enumerate(one.labels)}
    new = [label for label in two.labels if label not in known]
    labels = [*one.labels, *new]
    place_of = known | {label: len(known) + i + 1 for i, label in enumerate(new)}
    lookup = np.array([0, *(place_of[label] for label in two.labels)], np.int32)
    codes = lookup[two.codes]
    present = int((one.codes > 0).sum())
    left_out = ""
    if present >= _FEWEST_IDS and len(one.labels) > present / 2:
        left_out = (
            f"{len(one.labels)} distinct values in {present} rows: compared as nothing but its gaps"
        )
    return Twins("categorical", tuple(labels), one.codes, codes, change, left_out, tuple(notes))


def _numbers(
    name: str, one: Numbers, two: Numbers | Levels, bins: int | tuple[float | str, ...] | None,
    change: str, notes: list[str],
) -> Twins:  # fmt: skip
    """Cut both columns where the reference has its bins."""
    values = one.values
    ordered = np.sort(values)
    distinct = ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])]
    n, whole, date = values.size, values.dtype.kind == "i", values.dtype.kind == "M"
    left_out = ""
    if whole and n >= _FEWEST_IDS and distinct.size == n:
        span = float(cast(Any, ordered[-1])) - float(cast(Any, ordered[0]))
        if span < 2.0 * n:
            left_out = f"counts the rows ({n} distinct whole numbers): compared by its gaps only"
    wanted = bins if isinstance(bins, int) else default_bins(n)
    as_they_are = distinct.size <= wanted and not isinstance(bins, tuple)
    numbers, strange = _numbers_of(two, values.dtype)
    codes_one = np.zeros(one.present.size, np.int32)
    codes_two = np.zeros(two.present.size if isinstance(two, Numbers) else two.codes.size, np.int32)
    where = two.present if isinstance(two, Numbers) else (two.codes > 0) & ~strange
    if as_they_are:
        extra = np.setdiff1d(numbers, distinct)
        if extra.size > wanted:  # a new range, not new levels: keep the list of labels short
            as_they_are = distinct.size > 1
    if as_they_are and extra.size <= wanted:
        every = np.concatenate([distinct, extra])
        order = np.argsort(every, kind="stable")
        labels = [_text(value, date) for value in every[order]]
        codes_one[one.present] = np.searchsorted(every[order], values) + 1
        codes_two[where] = np.searchsorted(every[order], numbers) + 1
    else:
        if isinstance(bins, tuple):
            edges = _given(name, bins, values.dtype)
        elif distinct.size <= wanted:
            edges = np.append(distinct, distinct[-1])
        else:
            edges = equal_frequency_edges(ordered, wanted)
        labels = _bin_labels(edges, whole=whole, date=date)
        codes_one[one.present] = place(values, edges)
        codes_two[where] = place(numbers, edges)
        beyond = int(((numbers < ordered[0]) | (numbers > ordered[-1])).sum())
        if beyond:
            notes.append(
                f"{beyond} of the current values lie beyond the reference's range "
                f"({_text(ordered[0], date)} to {_text(ordered[-1], date)})"
            )
        as_they_are = False
    if strange.any():
        labels.append(NOT_A_NUMBER)
        codes_two[strange] = len(labels)
        examples = [label for label in cast(Levels, two).labels if not _is_number(label)][:3]
        notes.append(f"current: not numbers: {', '.join(repr(text[:20]) for text in examples)}")
    return Twins(
        "date" if date else "numeric", tuple(labels), codes_one, codes_two, change, left_out,
        tuple(notes), not as_they_are,
    )  # fmt: skip


def _numbers_of(
    two: Numbers | Levels, dtype: np.dtype[Any]
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the numbers of the current column, and the rows that hold words instead."""
    if isinstance(two, Numbers):
        return two.values, np.zeros(two.present.size, bool)
    good = np.array([False, *(_is_number(label) for label in two.labels)])
    number = np.array([np.nan, *(float(v) if _is_number(v) else np.nan for v in two.labels)])
    strange = ~good[two.codes] & (two.codes > 0)
    found = number[two.codes[(two.codes > 0) & ~strange]]
    return (found if dtype.kind != "M" else found[:0]), strange


def _is_number(label: str) -> bool:
    try:
        value = float(label)
    except ValueError:
        return False
    return value == value


def _text(value: Any, date: bool) -> str:
    if date:
        return str(np.datetime_as_string(np.datetime64(value).astype("datetime64[s]"), unit="auto"))
    number = float(value)
    if abs(number) < 1e15 and number == round(number):
        return f"{number:.0f}"
    return f"{number:.4g}"


def _bin_labels(edges: NDArray[Any], *, whole: bool, date: bool) -> list[str]:
    """Name each bin by its ends; whole numbers by the first and last one inside."""
    texts = [_text(edge, date) for edge in edges]
    labels: list[str] = []
    last = len(edges) - 2
    for i in range(last + 1):
        low, high = texts[i], texts[i + 1]
        if whole:
            end = int(edges[i + 1]) - (i < last)
            labels.append(low if end == int(edges[i]) else f"{low} to {end}")
        else:
            labels.append(low if low == high else f"{low} to {high}")
    seen: dict[str, int] = {}
    for i, label in enumerate(labels):  # rounding can make two names one
        seen[label] = seen.get(label, 0) + 1
        if seen[label] > 1:
            labels[i] = f"{label} ({seen[label]})"
    return labels


def _given(name: str, bins: tuple[float | str, ...], dtype: np.dtype[Any]) -> NDArray[np.generic]:
    try:
        edges = np.asarray(bins, dtype if dtype.kind == "M" else np.float64)
    except ValueError:
        edges = np.empty(0)
    if edges.size < 2 or not (edges[1:] > edges[:-1]).all():
        raise InvalidArgument(sentence(
            "drift", f"bins[{name!r}]", "be ascending edges, at least two", repr(bins)[:80]
        ))  # fmt: skip
    return edges
