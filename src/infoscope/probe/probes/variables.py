"""Read what a probe is given: features as rows of finite numbers, and a target to be told of them.

A target is classes (labels, or whole numbers that repeat) or numbers; which of the two it is, is
detected and said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from infoscope.core.arrays import to_numpy
from infoscope.core.errors import InvalidArgument, UnknownName, WrongType, sentence
from infoscope.estimate.columns import Column, read_columns

__all__ = ["Kind", "Target", "duplicate_keys", "read_features", "read_groups", "read_target"]

Kind = Literal["classification", "regression"]
Floats = NDArray[np.floating[Any]]
_REPEATS = 5  # whole numbers that come at least so often on average are taken for classes
_HASH_ROWS = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """What is to be told: class numbers with the names of the classes, or numbers (n, m)."""

    kind: Kind
    codes: NDArray[np.int64]  # (n,); empty for regression
    classes: tuple[Any, ...]
    numbers: NDArray[np.float64]  # (n, m); empty for classification
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of examples."""
        return len(self.codes) if self.kind == "classification" else len(self.numbers)

    def take(self, rows: NDArray[np.intp]) -> Target:
        """Return the target on some of its rows, with all of its classes."""
        if self.kind == "classification":
            return Target(self.kind, self.codes[rows], self.classes, self.numbers, self.notes)
        return Target(self.kind, self.codes, self.classes, self.numbers[rows], self.notes)


def read_features(x: object, *, function: str, argument: str = "x") -> Floats:
    """Return `x` as (n, d) in float32 or float64, checked to be finite; memory maps stay mapped."""
    array = np.asarray(to_numpy(x)) if not isinstance(x, np.ndarray) else x
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or 0 in array.shape:
        raise InvalidArgument(
            sentence(function, argument, "have shape (n, d), one row for each example",
                     f"shape {array.shape}", "Choose a position, or average over positions, first.")
        )  # fmt: skip
    if array.dtype.kind not in "fiub":
        raise WrongType(
            sentence(function, argument, "hold real numbers", f"dtype {array.dtype}",
                     "Labels go into y.")
        )  # fmt: skip
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float32 if array.dtype == np.float16 else np.float64)
    for first in range(0, len(array), _HASH_ROWS):
        bad = ~np.isfinite(array[first : first + _HASH_ROWS])
        if bad.any():
            row, column = (int(i) for i in np.argwhere(bad)[0])
            value = array[first + row, column]
            n_rows = int(sum(
                (~np.isfinite(array[a : a + _HASH_ROWS])).any(1).sum()
                for a in range(0, len(array), _HASH_ROWS)
            ))  # fmt: skip
            raise InvalidArgument(
                sentence(function, argument, "be finite",
                         f"{value} at row {first + row}, column {column} "
                         f"({n_rows} of {len(array)} rows are touched)",
                         "A layer that overflows in half precision gives such rows; collect it in "
                         "float32, or leave the rows out of x and y.")
            )  # fmt: skip
    return cast(Floats, array)


def read_target(y: object, kind: str | None, *, function: str) -> Target:
    """Return `y` as a target of the asked kind, or of the kind that its values suggest."""
    if kind not in (None, "classification", "regression"):
        raise UnknownName(
            sentence(function, "kind", "be 'classification', 'regression' or None", repr(kind))
        )
    columns = read_columns(y, function=function, argument="y")
    missing = np.any([column.missing for column in columns], axis=0)
    if missing.any():
        raise InvalidArgument(
            sentence(function, "y", "have a label for every example",
                     f"{int(missing.sum())} missing, the first at row {int(missing.argmax())}",
                     "Leave these rows out of x and y.")
        )  # fmt: skip
    if kind == "classification" or (kind is None and _looks_like_classes(columns)):
        if len(columns) > 1:
            raise InvalidArgument(
                sentence(function, "y", "be one column of classes", f"{len(columns)} columns",
                         "Join them to one label first.")
            )  # fmt: skip
        return _classes(columns[0], kind, function)
    if any(column.role == "label" for column in columns):
        raise WrongType(
            sentence(function, "y", "hold numbers for regression", "labels",
                     "Use kind='classification'.")
        )  # fmt: skip
    numbers = np.stack([column.numbers() for column in columns], axis=1)
    if not np.isfinite(numbers).all():
        raise InvalidArgument(sentence(function, "y", "be finite", "an infinite value"))
    for j, column in enumerate(numbers.T):
        if column.size and np.all(column == column[0]):
            raise InvalidArgument(
                sentence(function, "y", "vary", f"only {column[0]:g} in column {j}",
                         "Nothing can be told about a constant.")
            )  # fmt: skip
    told = "y is taken as numbers (regression with Gaussian noise)" if kind is None else ""
    none = np.empty(0, np.int64)
    return Target("regression", none, (), numbers, (told,) if told else ())


def _looks_like_classes(columns: list[Column]) -> bool:
    if len(columns) > 1:
        return False
    column = columns[0]
    if column.role == "label":
        return True
    return column.whole and len(np.unique(column.data)) * _REPEATS <= len(column.data)


def _classes(column: Column, kind: str | None, function: str) -> Target:
    if column.data.dtype.kind == "O":
        codes, names = _object_classes(column)
    else:
        names, codes = np.unique(column.data, return_inverse=True)
        names = names.tolist()
    if len(names) < 2:
        shown = "no example" if not names else f"only {names[0]!r}"
        raise InvalidArgument(
            sentence(function, "y", "have at least two classes", shown,
                     "The information about a constant is 0.")
        )  # fmt: skip
    notes = ()
    if kind is None and column.role == "number":
        notes = (f"y is taken as {len(names)} classes: its whole numbers repeat",)
    return Target("classification", codes.reshape(-1).astype(np.int64), tuple(names),
                  np.empty((0, 0)), notes)  # fmt: skip


def _object_classes(column: Column) -> tuple[NDArray[np.int64], list[Any]]:
    codes = column.codes()
    _, first = np.unique(codes, return_index=True)
    return codes, [column.data[i] for i in first]


def read_groups(groups: object, n: int, *, function: str) -> NDArray[np.int64] | None:
    """Return one group number for each example, or None."""
    if groups is None:
        return None
    column = read_columns(groups, function=function, argument="groups")[0]
    if len(column.data) != n or column.missing.any():
        got = f"{len(column.data)} for {n} examples"
        if column.missing.any():
            got = f"none for {int(column.missing.sum())} examples"
        raise InvalidArgument(sentence(function, "groups", "name a group for each example", got))
    return np.unique(column.codes(), return_inverse=True)[1].reshape(-1).astype(np.int64)


def duplicate_keys(x: Floats) -> NDArray[np.uint64]:
    """Return a 64-bit key for each row: equal rows have equal keys, other rows practically never.

    Sums of integer products wrap around exactly, so that the key of a row does not depend on where
    it stands, as a floating-point product may.
    """
    words = np.uint32 if x.dtype == np.float32 else np.uint64
    factors = np.random.default_rng(20260122).integers(0, 2**64, x.shape[1], np.uint64, False) | 1
    keys = np.empty(len(x), np.uint64)
    for first in range(0, len(x), _HASH_ROWS):
        rows = np.ascontiguousarray(x[first : first + _HASH_ROWS]) + x.dtype.type(0)  # -0 is 0
        mixed = rows.view(words).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
        keys[first : first + _HASH_ROWS] = (mixed * factors).sum(1, dtype=np.uint64)
    return keys
