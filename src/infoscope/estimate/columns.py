"""Read what a caller gave as observations: arrays, lists, and columns of any data frame.

A column is numbers (floats, integers, times since the first one) or labels (strings, booleans,
categories). Data frames are read through Narwhals, which is imported only when one comes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from infoscope.core.arrays import to_numpy
from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.logits import Logits
from infoscope.estimate.method import Floats

__all__ = ["Column", "read_columns", "stacked"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column as it came: numbers as float64 or int64, labels as strings or Python objects.

    Labels are numbered, and integers made floats, only once all samples that share them are known.
    """

    role: Literal["number", "label"]
    data: NDArray[Any]
    missing: NDArray[np.bool_]

    @property
    def integer(self) -> bool:
        """Whether the numbers came in an integer type (dates and times count as integers)."""
        return self.role == "number" and self.data.dtype.kind == "i"

    @property
    def whole(self) -> bool:
        """Whether every number present is whole."""
        if self.role != "number" or self.data.dtype.kind == "i":
            return self.role == "number"
        present = cast(Floats, self.data[~self.missing])
        return bool(present.size) and bool(np.all(present == np.floor(present)))

    def take(self, rows: NDArray[np.bool_]) -> Column:
        """Return the column on some of its rows."""
        return Column(self.role, self.data[rows], self.missing[rows])

    def numbers(self) -> Floats:
        """Return the numbers as float64; integers too wide for it are counted from the smallest."""
        if self.data.dtype.kind != "i" or self.data.size == 0:
            return self.data.astype(np.float64)
        low, high = int(self.data.min()), int(self.data.max())
        if max(-low, high) < 2**53:
            return self.data.astype(np.float64)
        return (self.data.view(np.uint64) - np.uint64(low % 2**64)).astype(np.float64)

    def codes(self) -> NDArray[np.int64]:
        """Return one integer for each different value, in an order that rows do not decide."""
        if self.data.dtype.kind == "O":
            return _object_codes(cast("list[object]", self.data.tolist()))
        if self.data.dtype.kind == "i":
            return cast("NDArray[np.int64]", self.data)
        if self.data.dtype.kind == "b":
            return self.data.astype(np.int64)
        return np.unique(self.data, return_inverse=True)[1].reshape(-1).astype(np.int64)


def stacked(first: Column, second: Column, *, function: str) -> Column:
    """Return the rows of `second` below those of `first`, so that both share one coding."""
    if first.role != second.role:
        raise InvalidArgument(
            sentence(
                function,
                "y",
                f"hold {first.role}s as x does",
                f"{second.role}s",
                "Both samples must be observations of the same variable.",
            )
        )
    kinds = {first.data.dtype.kind, second.data.dtype.kind}
    if kinds == {"i", "f"}:
        data = np.concatenate([first.numbers(), second.numbers()])
    elif len(kinds) > 1:
        data = np.concatenate([first.data.astype(object), second.data.astype(object)])
    else:
        data = np.concatenate([first.data, second.data])
    return Column(first.role, data, np.concatenate([first.missing, second.missing]))


def read_columns(x: object, *, function: str, argument: str) -> list[Column]:
    """Return the columns of `x`: one for (n,) and (n, 1), d for (n, d) and for a data frame."""
    _refuse_distributions(x, function, argument)
    if isinstance(x, (str, bytes)):
        got = f"one {type(x).__name__}"
        advice = "Pass a list: list(text) for its characters, text.split() for its words."
        raise WrongType(sentence(function, argument, "be a sequence of observations", got, advice))
    array = _as_numpy(x)
    if array is not None:
        return _from_array(array, function, argument)
    return _from_frame(x, function, argument)


def _as_numpy(x: object) -> NDArray[Any] | None:
    """Return `x` as a NumPy array where it is an array or a list; None for data frames."""
    if isinstance(x, np.ndarray):
        return cast("NDArray[Any]", x)
    if isinstance(x, (list, tuple, range)):
        return _from_sequence(cast("Sequence[object]", x))
    if hasattr(x, "__array_namespace__") or type(x).__module__.partition(".")[0] in {"torch"}:
        return to_numpy(x)
    return None


def _from_sequence(x: Sequence[object]) -> NDArray[Any]:
    """Return a list as an array; text beside numbers or None stays as it is, in an object array."""
    items = list(x)
    kinds = {type(item) for item in items}
    if kinds and kinds <= {int, float, bool, np.float64, np.int64, np.float32, np.bool_}:
        if bool in kinds and len(kinds) > 1:
            return _objects(items)
        return np.asarray(items)
    if kinds <= {str}:
        return np.asarray(items) if items else np.empty(0)
    if any(issubclass(kind, (list, tuple, np.ndarray)) for kind in kinds):
        try:
            return np.asarray(items)
        except ValueError:
            return _objects(items)
    return _objects(items)


def _objects(items: list[object]) -> NDArray[Any]:
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def _from_array(array: NDArray[Any], function: str, argument: str) -> list[Column]:
    if array.ndim == 0:
        raise WrongType(
            sentence(function, argument, "be a sequence of observations", "a single value")
        )
    if array.ndim > 2:
        raise InvalidArgument(
            sentence(
                function,
                argument,
                "have shape (n,) or (n, d), rows being observations",
                f"shape {array.shape}",
                f"Reshape it: {argument}.reshape(len({argument}), -1).",
            )
        )
    if array.dtype.names is not None:
        return [_column(np.asarray(array[name]), function, argument) for name in array.dtype.names]
    if array.ndim == 2 and array.shape[1] == 0:
        raise InvalidArgument(
            sentence(function, argument, "have at least one column", f"shape {array.shape}")
        )
    columns = [array] if array.ndim == 1 else list(array.T)
    return [_column(column, function, argument) for column in columns]


def _column(array: NDArray[Any], function: str, argument: str) -> Column:
    """Return one NumPy array of shape (n,) as a column."""
    kind = array.dtype.kind
    if isinstance(array, np.ma.MaskedArray):
        masked = cast("np.ma.MaskedArray[Any, Any]", array)
        inner = _column(np.asarray(masked.data), function, argument)
        return replace(inner, missing=inner.missing | np.ma.getmaskarray(masked))
    none = np.zeros(array.shape[0], dtype=np.bool_)
    if kind in "bUS":
        return Column("label", array, none)
    if kind in "iu":
        return Column("number", _as_int64(array), none)
    if kind == "f":
        numbers = array.astype(np.float64)  # a copy: the caller's array is never written to
        return Column("number", numbers, np.isnan(numbers))
    if kind in "mM":
        return Column(
            "number", array.astype(array.dtype, copy=True).view(np.int64), np.isnat(array)
        )
    if kind == "O":
        return _from_objects(array, function, argument)
    raise WrongType(
        sentence(
            function,
            argument,
            "hold numbers, labels or dates",
            f"dtype {array.dtype}",
            "Pass the real and the imaginary part as two columns." if kind == "c" else "",
        )
    )


def _as_int64(array: NDArray[Any]) -> NDArray[np.int64]:
    if array.dtype == np.uint64 and array.size and array.max() > np.uint64(2**63 - 1):
        return (array ^ np.uint64(2**63)).view(np.int64)  # shifted by 2^63: order and gaps stay
    return array.astype(np.int64, order="C", copy=False)  # never written to


def _from_objects(array: NDArray[Any], function: str, argument: str) -> Column:
    """Return a column of Python objects: numbers if all are, dates if all are, else labels."""
    items = cast("list[object]", array.tolist())
    missing = np.array([_is_missing(item) for item in items], dtype=np.bool_)
    present = [item for item, gap in zip(items, missing, strict=True) if not gap]
    if present and all(_is_number(item) for item in present):
        values = np.asarray(present)
        if values.dtype.kind in "iuf":
            data = np.zeros(len(items), dtype=np.int64 if values.dtype.kind in "iu" else np.float64)
            data[~missing] = _as_int64(values) if values.dtype.kind in "iu" else values
            return Column("number", data, missing)
    if present and all(isinstance(item, (date, datetime)) for item in present):
        gap_or_time = [
            np.datetime64("NaT") if gap else item for item, gap in zip(items, missing, strict=True)
        ]
        return _column(np.array(gap_or_time, dtype="datetime64[us]"), function, argument)
    if any(isinstance(item, complex) for item in present):
        return _column(np.asarray(present), function, argument)  # which says what to do
    try:
        _object_codes(items)
    except TypeError:
        odd = next(item for item in present if item.__hash__ is None)
        advice = "Give every row the same number of entries." if type(odd) is list else ""
        raise WrongType(
            sentence(
                function, argument, "hold numbers, labels or dates", type(odd).__name__, advice
            )
        ) from None
    return Column("label", array, missing)


def _object_codes(items: list[object]) -> NDArray[np.int64]:
    """Number equal objects alike, in the order of their type and text."""
    keys = [("number" if _is_number(item) else type(item).__name__, item) for item in items]
    numbering = {key: i for i, key in enumerate(sorted(set(keys), key=repr))}
    return np.array([numbering[key] for key in keys], dtype=np.int64)


def _is_number(item: object) -> bool:
    return isinstance(item, (int, float, np.integer, np.floating)) and not isinstance(item, bool)


def _is_missing(item: object) -> bool:
    if item is None or type(item).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(item, (float, np.floating)) and item != item


def _from_frame(x: object, function: str, argument: str) -> list[Column]:
    """Return the columns of a Series or DataFrame of any library that Narwhals knows."""
    import narwhals as nw

    if type(x).__module__.startswith("pyarrow") and hasattr(x, "null_count"):
        x = sys.modules["pyarrow"].chunked_array([x])  # Narwhals knows only the chunked kind
    try:
        native: Any = nw.from_native(cast(Any, x), eager_only=True, allow_series=True)
    except TypeError:
        raise WrongType(
            sentence(
                function,
                argument,
                "be an array, a list, or a column or table of a data frame",
                type(x).__name__,
                "A lazy frame must be collected first." if hasattr(x, "collect") else "",
            )
        ) from None
    if isinstance(native, nw.Series):
        return [_from_series(cast(Any, native), nw, function, argument)]
    if not native.columns:
        raise InvalidArgument(sentence(function, argument, "have at least one column", "none"))
    return [_from_series(native[name], nw, function, argument) for name in native.columns]


def _from_series(series: Any, nw: Any, function: str, argument: str) -> Column:
    """Return one Narwhals series as a column; nulls become gaps, never values."""
    dtype = series.dtype
    gaps = np.asarray(series.is_null().to_numpy(), dtype=np.bool_)
    if dtype.is_integer():
        present = np.asarray(series.drop_nulls().to_numpy())
        data = np.zeros(gaps.size, dtype=np.int64)
        data[~gaps] = _as_int64(
            present.astype(present.dtype if present.dtype.kind in "iu" else np.int64)
        )
        return Column("number", data, gaps)
    if dtype.is_numeric():
        present = np.asarray(series.drop_nulls().cast(nw.Float64).to_numpy(), dtype=np.float64)
        data = np.zeros(gaps.size)
        data[~gaps] = present
        return Column("number", data, gaps | np.isnan(data))
    if dtype.is_temporal():
        present = np.asarray(series.drop_nulls().to_numpy())
        if present.dtype.kind in "mM":
            data = np.zeros(gaps.size, dtype=present.dtype)
            data[~gaps] = present
            return replace(_column(data, function, argument), missing=gaps)
    if dtype == nw.Boolean:
        data = np.zeros(gaps.size, dtype=np.bool_)
        data[~gaps] = np.asarray(series.drop_nulls().to_numpy(), dtype=np.bool_)
        return Column("label", data, gaps)
    return _from_objects(_objects(list(series.to_list())), function, argument)


def _refuse_distributions(x: object, function: str, argument: str) -> None:
    """Say which call was meant when a distribution is handed to an estimator."""
    module = type(x).__module__
    named = isinstance(x, Logits) or module.startswith(
        ("infoscope.measures", "scipy.stats", "torch.distributions")
    )
    if named:
        raise WrongType(
            sentence(
                f"estimate.{function}",
                argument,
                "be observations",
                f"a distribution ({type(x).__name__})",
                f"A distribution has an exact answer: infoscope.{function}(...).",
            )
        )
