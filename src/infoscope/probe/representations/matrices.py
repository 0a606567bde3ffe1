"""Read activations as a matrix with one row for each example, or say in one sentence why not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.core.arrays import as_array, check_real, to_numpy
from infoscope.core.errors import InvalidArgument, sentence

__all__ = ["Floats", "check_positive", "read_pair", "read_rows"]

Floats = NDArray[np.float64]


def read_rows(x: object, function: str, argument: str, *, least: int = 2) -> Floats:
    """Return `x` as float64 of shape (n, d), n >= `least`; (n,) becomes (n, 1).

    Further axes (channels, height, width) are laid out in a row.

    >>> read_rows([[1, 2], [3, 4]], "f", "x").shape
    (2, 2)
    """
    array = to_numpy(as_array(x, function=function, argument=argument))
    if array.ndim == 0:
        raise InvalidArgument(
            sentence(function, argument, "have one row for each example", "a single number")
        )
    if array.shape[0] < least:
        rows = "one row" if array.shape[0] == 1 else f"{array.shape[0]} rows"
        raise InvalidArgument(
            sentence(function, argument, f"have {least} or more rows", rows,
                     "Rows are examples, columns are units.")
        )  # fmt: skip
    matrix = np.ascontiguousarray(array.reshape(array.shape[0], -1), dtype=np.float64)
    if not matrix.shape[1]:
        raise InvalidArgument(sentence(function, argument, "have at least one column", array.shape))
    finite = np.isfinite(matrix)
    if not finite.all():
        row, column = (int(i) for i in np.argwhere(~finite)[0])
        raise InvalidArgument(
            sentence(function, argument, "be finite", f"{matrix[row, column]} at ({row}, {column})",
                     "Look at the layer that made it; nothing is dropped here.")
        )  # fmt: skip
    return matrix


def read_pair(x: object, y: object, function: str, *, least: int = 2) -> tuple[Floats, Floats]:
    """Return two matrices whose rows are the same examples."""
    a = read_rows(x, function, "x", least=least)
    b = read_rows(y, function, "y", least=least)
    if a.shape[0] != b.shape[0]:
        raise InvalidArgument(
            sentence(function, "y", "have a row for each row of x", f"{len(b)} beside {len(a)}",
                     "Row i of both must come from the same example.")
        )  # fmt: skip
    return a, b


def check_positive(value: object, function: str, argument: str) -> float:
    """Return `value` as a float if it is a positive finite number."""
    number = check_real(value, function=function, argument=argument)
    if not 0 < number < np.inf:
        raise InvalidArgument(sentence(function, argument, "be positive and finite", number))
    return number
