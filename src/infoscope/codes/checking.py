"""Read what callers give the codes: a distribution over symbols, and symbols."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infoscope.core.arrays import to_numpy
from infoscope.core.distribution import read
from infoscope.core.errors import InvalidArgument, WrongType, sentence

__all__ = ["check_arity", "integers", "probabilities"]

#: One character a digit: 0 to 9 and a to z.
MOST_ARITY = 36


def probabilities(p: object, function: str, argument: str = "p") -> NDArray[np.float64]:
    """Return one distribution as doubles, checked: non-negative and summing to one."""
    masses = read(p, axis=-1, function=function, argument=argument)
    array = np.array(to_numpy(masses.probabilities), np.float64)
    if array.ndim != 1:
        raise InvalidArgument(
            sentence(function, argument, "be one distribution", f"shape {array.shape}",
                     "Make one code for each row.")
        )  # fmt: skip
    return array


def integers(values: ArrayLike, function: str, argument: str) -> NDArray[np.int64]:
    """Return one row of integers as int64; bytes count as integers, floats never do."""
    if isinstance(values, (bytes, bytearray, memoryview)):
        return np.frombuffer(values, np.uint8).astype(np.int64)
    array = np.asarray(values)
    if array.size == 0 and array.ndim == 1:
        return np.zeros(0, np.int64)
    if array.dtype.kind not in "iu":
        raise WrongType(
            sentence(function, argument, "be integers", f"dtype {array.dtype}",
                     "Number the symbols from 0 (numpy.unique, return_inverse=True).")
        )  # fmt: skip
    if array.ndim != 1:
        raise InvalidArgument(sentence(function, argument, "be one row", f"shape {array.shape}"))
    if array.dtype.kind == "u" and array.dtype.itemsize == 8 and np.any(array >> np.uint64(63)):
        raise InvalidArgument(sentence(function, argument, "be below 2^63", int(array.max())))
    return array.astype(np.int64)


def check_arity(arity: int, function: str) -> None:
    """Raise unless `arity` is a number of digits that can be written."""
    if not 2 <= arity <= MOST_ARITY:
        raise InvalidArgument(sentence(function, "arity", f"lie in 2 to {MOST_ARITY}", arity))
