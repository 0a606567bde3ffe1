"""Sums of floats without any rounding, so that neither order nor the number of processes matters.

A float64 is an integer times a power of two. Adding those integers is exact, so that the sum of a
million tokens is the same bit for bit whether one process saw them, or eight, in whatever order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from infoscope.core.errors import InvalidArgument, WrongType, sentence

__all__ = ["N_LIMBS", "ExactSum"]

#: The smallest float64 is 2^-1074; every float64 is a whole number of these.
_STEPS_PER_ONE = 1074
_LIMB = 32
#: 2,098 bits hold one float64; 64 more are room for 2^64 additions, 2 for the sign and the rest.
N_LIMBS = -(-(2098 + 66) // _LIMB)
_CHUNK = 1 << 20  # below 2^26, so that sums of 27-bit pieces stay whole numbers in float64


class ExactSum:
    """The exact sum and the count of numbers; infinities are counted beside it.

    sum = total / 2^1074, with total an integer of any size

    Parameters
    ----------
    values : tensor, array, float or iterable of float
        First numbers to add.

    Raises
    ------
    WrongType
        If a value is no real number.
    InvalidArgument
        If a value is NaN or -inf: neither can be part of a mean of information.

    Notes
    -----
    Adding n numbers costs about 70 ns a number. `float(s)` and `mean` round once, at the end.

    Source
    ------
    Kulisch (2013), Computer Arithmetic and Validity, chapter 8 (complete accumulators).

    Examples
    --------
    >>> float(ExactSum([1e16, 1.0, -1e16]))  # plain addition gives 0
    1.0
    >>> ExactSum([0.1] * 10).mean()
    0.1
    """

    __slots__ = ("n", "n_infinite", "total")

    def __init__(self, values: Tensor | Iterable[float] | float = ()) -> None:
        self.total = 0
        self.n = 0
        self.n_infinite = 0
        self.add(values)

    def add(self, values: Tensor | Iterable[float] | float, *, n: int | None = None) -> None:
        """Add numbers; `n` says how many they stand for, where they are sums already."""
        found = _numbers(values)
        finite = found[np.isfinite(found)]
        n_infinite = found.size - finite.size
        if n_infinite and not bool(np.all(np.isposinf(found) | np.isfinite(found))):
            bad = found[~(np.isposinf(found) | np.isfinite(found))][0]
            raise InvalidArgument(
                sentence("ExactSum.add", "values", "be numbers or +inf", bad,
                         "Look for NaN in the logits or losses of this batch.")
            )  # fmt: skip
        self.total += sum(_whole(finite[a : a + _CHUNK]) for a in range(0, finite.size, _CHUNK))
        self.n += found.size if n is None else n
        self.n_infinite += n_infinite

    def merge(self, other: ExactSum) -> None:
        """Add what another sum has seen."""
        self.total += other.total
        self.n += other.n
        self.n_infinite += other.n_infinite

    def __float__(self) -> float:
        return math.inf if self.n_infinite else _quotient(self.total, 1 << _STEPS_PER_ONE)

    def mean(self) -> float:
        """Return sum / n, rounded once; inf if any number was."""
        if not self.n:
            raise InvalidArgument(
                sentence("ExactSum.mean", "the sum", "hold at least one number", "none")
            )
        return math.inf if self.n_infinite else _quotient(self.total, self.n << _STEPS_PER_ONE)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExactSum) and self.limbs() == other.limbs()

    def __repr__(self) -> str:
        return f"ExactSum({float(self):.6g} of {self.n:,} numbers)"

    __hash__ = None  # type: ignore[assignment]  # it changes

    def limbs(self) -> list[int]:
        """Return integers below 2^32 in size; adding them place by place adds the sums."""
        sign, rest, out = (-1 if self.total < 0 else 1), abs(self.total), [self.n, self.n_infinite]
        for _ in range(N_LIMBS):
            out.append(sign * (rest & 0xFFFFFFFF))
            rest >>= _LIMB
        return out

    @classmethod
    def of_limbs(cls, limbs: list[int]) -> ExactSum:
        """Return the sum that `limbs`, or several of them added up, stand for."""
        made = cls()
        made.n, made.n_infinite = limbs[0], limbs[1]
        made.total = sum(limb << (_LIMB * i) for i, limb in enumerate(limbs[2:]))
        return made


def _numbers(values: Tensor | Iterable[float] | float) -> np.ndarray:
    if isinstance(values, Tensor):
        if values.is_complex() or values.dtype == torch.bool:
            raise WrongType(sentence("ExactSum.add", "values", "be real numbers", values.dtype))
        return values.detach().reshape(-1).to("cpu", torch.float64).numpy()
    found = np.asarray(list(values) if isinstance(values, Iterable) else values, dtype=None)
    if found.dtype.kind not in "fiu" and found.size:
        raise WrongType(sentence("ExactSum.add", "values", "be real numbers", found.dtype))
    return found.reshape(-1).astype(np.float64)


def _whole(values: np.ndarray) -> int:
    """Return the sum of finite float64s in units of 2^-1074."""
    if not values.size:
        return 0
    mantissa, exponent = np.frexp(values)
    digits = np.ldexp(mantissa, 53).astype(np.int64)  # |digits| < 2^53, no rounding
    high, low = digits >> 26, digits & ((1 << 26) - 1)
    first = int(exponent.min())
    place = exponent - first
    highs = np.bincount(place, weights=high)
    lows = np.bincount(place, weights=low)
    total = 0
    for i in np.flatnonzero((highs != 0) | (lows != 0)):
        part = (int(highs[i]) << 26) + int(lows[i])
        shift = first + int(i) - 53 + _STEPS_PER_ONE
        total += part << shift if shift >= 0 else part >> -shift  # subnormals end in zeros
    return total


def _quotient(over: int, under: int) -> float:
    try:
        return over / under  # Python rounds the quotient of integers correctly
    except OverflowError:
        return math.inf if over > 0 else -math.inf
