"""Turn one column into integer codes: find its kind, bin numbers, leave out what has no levels."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.tables.bins import default_bins, edges_by_rule
from infoscope.tables.chunks import ColumnChunks
from infoscope.tables.code_store import narrowest, scratch
from infoscope.tables.columns import Column, Kind
from infoscope.tables.encoding_loops import place_values
from infoscope.tables.reading import (
    MOST_LEVELS,
    Levels,
    Numbers,
    Readable,
    TooManyLevels,
    read_levels,
    read_numbers,
    read_text,
)

__all__ = ["Encoded", "Request", "encode", "encode_or_leave_out", "kind_of_words"]

_MOST_LABELS = 2**16  # labels kept for later tables
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
    rule: str = "equal_frequency"
    like: Column | None = None  # the frozen edges or labels of an earlier table
    narrow: bool = False  # codes in their narrowest type


@dataclass(frozen=True, slots=True)
class Encoded:
    """A column's description and its codes (n,), 0 = null; no codes if it stays out of the map."""

    column: Column
    codes: NDArray[Any] | None


def encode(name: str, array: Readable, request: Request) -> Encoded:
    """Read one column and return its codes.

    Raises
    ------
    InvalidArgument
        If `request.kind` cannot be had from these values, or the edges given do not ascend.
    """
    column = array if isinstance(array, ColumnChunks) else ColumnChunks.of(array)
    kind = column.type
    if request.like is not None:
        request = _frozen(request, request.like)
    if pa.types.is_null(kind):
        return _out(name, "empty", 0, column.n_rows, "nothing but nulls: left out of the map")
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        missing = sum(chunk.null_count for chunk in column.read())
        if missing == column.n_rows:
            return _out(name, "empty", 0, missing, "nothing but nulls: left out of the map")
        return _out(name, "nested", 0, missing, f"values of type {kind}: left out")
    words = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if str(kind) == "string_view":
        column = _cast(column, pa.large_string())
        words = True
    most = MOST_LEVELS if request.kind is None and not request.is_target else None
    read: Numbers | Levels | TooManyLevels
    as_labels = request.kind == "categorical" or _has_labels(request)
    if pa.types.is_dictionary(kind) or (words and as_labels):
        read = read_levels(column, request.markers, most)
    elif words:
        read = read_text(column, request.markers, most)
    else:
        read = read_numbers(column)
    if pa.types.is_boolean(kind) and request.kind is None:
        request = replace(request, kind="boolean")
    if isinstance(read, TooManyLevels):
        what = "text" if _is_prose(read.some) else "identifier"
        note = f"more than {MOST_LEVELS} distinct values: left out of the map"
        return _out(name, what, len(read.some), read.missing, note)
    if isinstance(read, Levels):
        ordered = pa.types.is_dictionary(kind) and kind.ordered
        return _encode_levels(name, read, request, ordered=ordered)
    return _encode_numbers(name, read, request)


def _has_labels(request: Request) -> bool:
    """Say whether the words of an earlier table are to be used again."""
    return request.like is not None and request.like.labels is not None


def _frozen(request: Request, like: Column) -> Request:
    """Return the request that reads a column as an earlier table's column was read."""
    if not like.mapped:
        kept = like.kind if like.kind in ("identifier", "text") else request.kind
        return replace(request, kind=kept, like=None)
    return replace(request, kind=like.kind, bins=like.edges or request.bins)


def _cast(column: ColumnChunks, kind: pa.DataType) -> ColumnChunks:
    """Return the column with each chunk cast."""
    return ColumnChunks(kind, column.n_rows, lambda: (chunk.cast(kind) for chunk in column.read()))


def encode_or_leave_out(name: str, array: Readable, request: Request) -> Encoded:
    """Encode a column, or leave it out with a note if Arrow cannot read or convert its values."""
    try:
        return encode(name, array, request)
    except (pa.ArrowException, OSError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        note = f"values of type {array.type} cannot be read ({reason}): left out of the map"
        return _out(name, "nested", 0, _rows(array), note)


def _rows(array: Readable) -> int:
    """Return all rows of a column: none of them can be had where it is damaged."""
    return array.n_rows if isinstance(array, ColumnChunks) else len(array)


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
    kind = kind_of_words(name, read.labels, present, request, ordered=ordered)
    if kind in ("identifier", "text"):
        what = "free text" if kind == "text" else "looks like an identifier"
        note = f"{what} ({k} distinct values in {present} rows): left out of the map"
        return _out(name, kind, k, missing, *read.notes, note)
    notes = list(read.notes)
    codes, labels = _with_labels(read.codes, read.labels, request)
    if k == 1:
        notes.append("constant")
    column = Column(name, kind, len(labels), missing, None, "; ".join(notes), labels=_kept(labels))
    return Encoded(column, _narrowed(codes, len(labels), request))


def _with_labels(
    codes: NDArray[np.int32], labels: Sequence[str], request: Request
) -> tuple[NDArray[np.int32], Sequence[str]]:
    """Return codes by the labels of an earlier table; new labels follow them in their order."""
    if request.like is None or request.like.labels is None:
        return codes, labels
    frozen = list(request.like.labels)
    known = set(frozen)
    frozen += [label for label in labels if label not in known]
    place = {label: i + 1 for i, label in enumerate(frozen)}
    lookup = np.array([0, *(place[label] for label in labels)], np.int32)
    return lookup[codes], frozen


def _kept(labels: Sequence[str]) -> tuple[str, ...] | None:
    return tuple(labels) if len(labels) <= _MOST_LABELS else None


def _narrowed(codes: NDArray[Any], levels: int, request: Request) -> NDArray[Any]:
    """Return the codes in the type that was asked for."""
    if not request.narrow:
        return codes
    dtype = narrowest(levels)
    out = scratch(codes.size, dtype)
    out[:] = codes
    return out


def kind_of_words(
    name: str, labels: Sequence[str], present: int, request: Request, *, ordered: bool = False
) -> Kind:
    """Return what a column of words is, from its distinct words and how many rows have one."""
    if request.kind in ("numeric", "date"):
        raise InvalidArgument(sentence(
            "scan", f"kinds[{name!r}]", "be a kind that the column can be read as",
            f"{request.kind!r} for a column with values such as {labels[0][:30]!r}",
            "Clean the column first, or leave its kind out.",
        ))  # fmt: skip
    if request.kind is not None:
        return cast(Kind, request.kind)
    k = len(labels)
    if present >= _FEWEST_IDS and k > present / 2 and not ordered:
        if request.is_target:
            raise InvalidArgument(sentence(
                "scan", "target", "be a column whose values repeat",
                f"{name!r} with {k} distinct values in {present} rows",
                f"If it is a target all the same, pass kinds={{{name!r}: 'categorical'}} "
                f"(--kind {name}=categorical).",
            ))  # fmt: skip
        return "text" if _is_prose(labels) else "identifier"
    if k == 2 and {label.casefold() for label in labels} in _YES_NO:
        return "boolean"
    return "ordinal" if ordered else "categorical"


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
    ordered = scratch(n, values.dtype)
    ordered[:] = values
    ordered.sort()
    n_distinct = 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))
    date = values.dtype.kind == "M"
    whole = values.dtype.kind == "i"
    wanted = request.bins if isinstance(request.bins, int) else default_bins(n)
    few = n_distinct <= wanted
    kind: Kind = "date" if date else "ordinal" if whole and few else "numeric"
    ends = ordered[[0, -1]]
    if whole and n_distinct == 2 and ends[0] == 0 and ends[1] == 1:
        kind = "boolean"
    if request.kind is not None:
        kind = cast(Kind, request.kind)
    elif whole and not request.is_target and _are_ids(name, ends, n_distinct, n):
        kind = "identifier"
    if kind in ("identifier", "text"):
        note = f"looks like an identifier ({n_distinct} distinct values in {n} rows)"
        return _out(name, kind, n_distinct, missing, *notes, f"{note}: left out of the map")
    as_they_are = kind not in ("numeric", "date") or few or _has_labels(request)
    if isinstance(request.bins, tuple):
        edges = _given_edges(name, request.bins, values.dtype)
        beyond = int(((values < edges[0]) | (values > edges[-1])).sum())
        if beyond:
            notes.append(f"{beyond} values beyond the given edges counted in the outermost bins")
    elif as_they_are:
        distinct = ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])]
        codes = np.zeros(read.present.size, np.int32)
        codes[read.present] = _ranks(values, distinct)
        notes += ["constant"] if distinct.size == 1 else []
        labels: Sequence[str] | None = None
        k = distinct.size
        if k <= _MOST_LABELS:
            codes, labels = _with_labels(codes, _texts(distinct), request)
            k = len(labels)
        column = Column(
            name,
            kind,
            k,
            missing,
            None,
            "; ".join(notes),
            labels=None if labels is None else tuple(labels),
        )
        return Encoded(column, _narrowed(codes, k, request))
    else:
        edges = edges_by_rule(request.rule, ordered, wanted)
    codes = scratch(read.present.size, narrowest(edges.size - 1) if request.narrow else np.int32)
    inner, found = edges[1:-1], values
    if date:
        inner, found = inner.astype(values.dtype).view(np.int64), values.view(np.int64)
    inner = inner.astype(np.float64) if inner.dtype.kind == "f" else inner.astype(np.int64)
    largest = np.inf if inner.dtype.kind == "f" else np.iinfo(np.int64).max
    padded = np.full(1 << inner.size.bit_length(), largest, inner.dtype)
    padded[: inner.size] = inner
    place_values(found, padded, inner.size, read.present, codes)
    shown = _shown(edges)
    return Encoded(Column(name, kind, edges.size - 1, missing, shown, "; ".join(notes)), codes)


def _texts(distinct: NDArray[Any]) -> list[str]:
    """Return numbers or dates as the text by which a later table finds them again."""
    if distinct.dtype.kind == "M":
        return [str(text) for text in np.datetime_as_string(distinct, unit="us")]
    return [repr(value) for value in distinct.tolist()]


def _ranks(values: NDArray[np.generic], distinct: NDArray[np.generic]) -> NDArray[np.int32]:
    """Return 1 + the place of each value among the sorted distinct ones."""
    if values.dtype.kind == "i":
        low, high = int(cast(Any, distinct[0])), int(cast(Any, distinct[-1]))
        if high - low < 4 * values.size:  # a table of all whole numbers between is faster
            lookup = np.zeros(high - low + 1, np.int32)
            lookup[cast(Any, distinct) - low] = np.arange(1, distinct.size + 1)
            return lookup[cast(Any, values) - low]
    return (np.searchsorted(distinct, values) + 1).astype(np.int32)


def _are_ids(name: str, ends: NDArray[np.generic], n_distinct: int, n: int) -> bool:
    """Say whether whole numbers count rows: all different, and dense or named as a key."""
    if n < _FEWEST_IDS or n_distinct < n:
        return False
    span = float(cast(Any, ends[1])) - float(cast(Any, ends[0]))
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
