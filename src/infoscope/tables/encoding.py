"""Turn one column into integer codes: find its kind, bin numbers, leave out what has no levels."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.tables.bins import default_bins, equal_frequency_edges, place
from infoscope.tables.columns import Column, Kind
from infoscope.tables.reading import Levels, Numbers, read_levels, read_numbers, read_text

__all__ = ["Encoded", "Request", "encode", "encode_or_leave_out"]

_FEWEST_IDS = 20  # fewer rows than this and every column looks unique
_YES_NO = ({"true", "false"}, {"yes", "no"}, {"y", "n"}, {"t", "f"})
_ID_NAME = re.compile(r"(^|[_\s.-])(id|uuid|guid|key|index|rownames?|row)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller asked for one column."""

    kind: str | None = None
    bins: int | tuple[float | str, ...] | None = None
    markers: Collection[str] = ()
    is_target: bool = False


@dataclass(frozen=True, slots=True)
class Encoded:
    """A column's description and its codes (n,), 0 = null; no codes if it stays out of the map."""

    column: Column
    codes: NDArray[np.int32] | None


def encode(name: str, array: pa.ChunkedArray, request: Request) -> Encoded:
    """Read one column and return its codes.

    Raises
    ------
    InvalidArgument
        If `request.kind` cannot be had from these values, or the edges given do not ascend.
    """
    kind = array.type
    if array.null_count == len(array):
        return _out(name, "empty", 0, len(array), "nothing but nulls: left out of the map")
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return _out(name, "nested", 0, array.null_count, f"values of type {kind}: left out")
    words = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if str(kind) == "string_view":
        array, words = array.cast(pa.large_string()), True
    if pa.types.is_dictionary(kind):
        read: Numbers | Levels = read_levels(array, request.markers)
    elif words:
        read = read_text(array, request.markers)
    else:
        read = read_numbers(array)
    if pa.types.is_boolean(kind) and isinstance(read, Numbers) and request.kind is None:
        request = Request("boolean", request.bins, request.markers, request.is_target)
    if isinstance(read, Numbers) and request.kind == "categorical" and words:
        read = read_levels(array, request.markers)
    if isinstance(read, Levels):
        ordered = pa.types.is_dictionary(kind) and kind.ordered
        return _encode_levels(name, read, request, ordered=ordered)
    return _encode_numbers(name, read, request)


def encode_or_leave_out(name: str, array: pa.ChunkedArray, request: Request) -> Encoded:
    """Encode a column, or leave it out with a note if Arrow cannot convert its type."""
    try:
        return encode(name, array, request)
    except (pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        reason = str(error).splitlines()[0]
        note = f"values of type {array.type} cannot be read ({reason}): left out of the map"
        return _out(name, "nested", 0, array.null_count, note)


def _out(name: str, kind: Kind, levels: int, missing: int, *notes: str) -> Encoded:
    """Describe a column that takes no part in the map."""
    return Encoded(Column(name, kind, levels, missing, None, "; ".join(notes), mapped=False), None)


def _encode_levels(name: str, read: Levels, request: Request, *, ordered: bool) -> Encoded:
    """Give words their kind and codes."""
    missing = int((read.codes == 0).sum())
    present = read.codes.size - missing
    k = len(read.labels)
    if k == 0:
        note = "nothing but nulls: left out of the map"
        return _out(name, "empty", 0, missing, *read.notes, note)
    kind: Kind = "ordinal" if ordered else "categorical"
    if k == 2 and {label.casefold() for label in read.labels} in _YES_NO:
        kind = "boolean"
    if request.kind in ("numeric", "date"):
        raise InvalidArgument(sentence(
            "scan", f"kinds[{name!r}]", "be a kind that the column can be read as",
            f"{request.kind!r} for a column with values such as {read.labels[0][:30]!r}",
            "Clean the column first, or leave its kind out.",
        ))  # fmt: skip
    if request.kind is not None:
        kind = cast(Kind, request.kind)
    elif present >= _FEWEST_IDS and k > present / 2 and not ordered:
        kind = "text" if _is_prose(read.labels) else "identifier"
        if request.is_target:
            raise InvalidArgument(sentence(
                "scan", "target", "be a column whose values repeat",
                f"{name!r} with {k} distinct values in {present} rows",
                f"If it is a target all the same, pass kinds={{{name!r}: 'categorical'}} "
                f"(--kind {name}=categorical).",
            ))  # fmt: skip
    if kind in ("identifier", "text"):
        what = "free text" if kind == "text" else "looks like an identifier"
        note = f"{what} ({k} distinct values in {present} rows): left out of the map"
        return _out(name, kind, k, missing, *read.notes, note)
    notes = list(read.notes)
    if k == 1:
        notes.append("constant")
    return Encoded(Column(name, kind, k, missing, None, "; ".join(notes)), read.codes)


def _is_prose(labels: Sequence[str]) -> bool:
    """Say whether distinct values read like sentences rather than keys."""
    few = labels[:: max(len(labels) // 500, 1)]
    words = float(np.mean([label.count(" ") + 1 for label in few]))
    return words >= 5.0 or float(np.mean([len(label) for label in few])) > 60.0


def _encode_numbers(name: str, read: Numbers, request: Request) -> Encoded:
    """Give numbers or dates their kind, their bins and codes."""
    values, notes = read.values, list(read.notes)
    n, missing = values.size, read.present.size - values.size
    if n == 0:
        note = "nothing but nulls: left out of the map"
        return _out(name, "empty", 0, missing, *notes, note)
    ordered = np.sort(values)
    distinct = ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])]
    date = values.dtype.kind == "M"
    whole = values.dtype.kind == "i"
    wanted = request.bins if isinstance(request.bins, int) else default_bins(n)
    few = distinct.size <= wanted
    kind: Kind = "date" if date else "ordinal" if whole and few else "numeric"
    if whole and distinct.size == 2 and distinct[0] == 0 and distinct[1] == 1:
        kind = "boolean"
    if request.kind is not None:
        kind = cast(Kind, request.kind)
    elif whole and not request.is_target and _are_ids(name, distinct, n):
        kind = "identifier"
    if kind in ("identifier", "text"):
        note = f"looks like an identifier ({distinct.size} distinct values in {n} rows)"
        return _out(name, kind, distinct.size, missing, *notes, f"{note}: left out of the map")
    codes = np.zeros(read.present.size, np.int32)
    as_they_are = kind not in ("numeric", "date") or few
    if isinstance(request.bins, tuple):
        edges = _given_edges(name, request.bins, values.dtype)
        beyond = int(((values < edges[0]) | (values > edges[-1])).sum())
        if beyond:
            notes.append(f"{beyond} values beyond the given edges counted in the outermost bins")
    elif as_they_are:
        codes[read.present] = _ranks(values, distinct)
        notes += ["constant"] if distinct.size == 1 else []
        column = Column(name, kind, distinct.size, missing, None, "; ".join(notes))
        return Encoded(column, codes)
    else:
        edges = equal_frequency_edges(ordered, wanted)
    codes[read.present] = place(values, edges)
    shown = _shown(edges)
    return Encoded(Column(name, kind, edges.size - 1, missing, shown, "; ".join(notes)), codes)


def _ranks(values: NDArray[np.generic], distinct: NDArray[np.generic]) -> NDArray[np.int32]:
    """Return 1 + the place of each value among the sorted distinct ones."""
    if values.dtype.kind == "i":
        low, high = int(cast(Any, distinct[0])), int(cast(Any, distinct[-1]))
        if high - low < 4 * values.size:  # a table of all whole numbers between is faster
            lookup = np.zeros(high - low + 1, np.int32)
            lookup[cast(Any, distinct) - low] = np.arange(1, distinct.size + 1)
            return lookup[cast(Any, values) - low]
    return (np.searchsorted(distinct, values) + 1).astype(np.int32)


def _are_ids(name: str, distinct: NDArray[np.generic], n: int) -> bool:
    """Say whether whole numbers count rows: all different, and dense or named as a key."""
    if n < _FEWEST_IDS or distinct.size < n:
        return False
    span = float(cast(Any, distinct[-1])) - float(cast(Any, distinct[0]))
    return span < 2.0 * n or bool(_ID_NAME.search(name))


def _given_edges(
    name: str, given: tuple[float | str, ...], dtype: np.dtype[Any]
) -> NDArray[np.generic]:
    """Check edges that the caller gave, and return them in the column's own type."""
    try:
        edges = np.asarray(given, dtype if dtype.kind == "M" else np.float64)
    except ValueError:
        edges = np.empty(0)
    if edges.size < 2 or not (edges[1:] > edges[:-1]).all():
        raise InvalidArgument(sentence(
            "scan", f"bins[{name!r}]", "be ascending edges, at least two", repr(given)[:80]
        ))  # fmt: skip
    return edges


def _shown(edges: NDArray[np.generic]) -> tuple[float, ...] | tuple[str, ...]:
    """Return edges as plain numbers, dates as ISO text."""
    if edges.dtype.kind == "M":
        instants = edges.astype("datetime64[us]")
        return tuple(str(text) for text in np.datetime_as_string(instants, unit="auto"))
    return tuple(float(edge) for edge in edges.astype(np.float64))
