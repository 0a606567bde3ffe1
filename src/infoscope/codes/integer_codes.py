"""Codes for all whole numbers, which need no distribution: Elias, Golomb and Rice, Fibonacci."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infoscope.codes.bit_fields import pack_fields
from infoscope.codes.checking import integers
from infoscope.codes.loops import DELTA, FIBONACCI, GAMMA, GOLOMB, OMEGA, loops_for, read_integers
from infoscope.core.errors import DataError, InvalidArgument, sentence
from infoscope.core.showing import Shown

__all__ = [
    "IntegerCode",
    "elias_delta",
    "elias_gamma",
    "elias_omega",
    "fibonacci",
    "golomb",
    "golomb_for_geometric",
    "rice",
]

Fields: TypeAlias = list[tuple[NDArray[np.uint64], NDArray[np.int64]]]
ONE = np.uint64(1)


@dataclass(frozen=True)
class IntegerCode(Shown):
    """A prefix code of whole numbers from `smallest` on, without an upper end.

    Attributes
    ----------
    name : str
        Name of the code with its parameter.
    smallest : int
        The least number it can write.

    Examples
    --------
    >>> code = elias_gamma()
    >>> code.codeword(5), code.lengths([1, 2, 5]).tolist()
    ('00101', [1, 3, 5])
    >>> code.decode(code.encode([3, 1, 12]), 3).tolist()
    [3, 1, 12]
    """

    name: str
    smallest: int
    fields: Callable[[NDArray[np.uint64]], Fields]
    code: int
    parameter: int = 1

    def lengths(self, values: ArrayLike) -> NDArray[np.int64]:
        """Return the bits that each number takes."""
        fields = self.fields(self._checked(values, "lengths"))
        return np.stack([length for _, length in fields]).sum(axis=0)

    def codeword(self, value: int) -> str:
        """Return the codeword of one number as text of 0 and 1."""
        fields = self.fields(self._checked([value], "codeword"))
        return "".join(
            format(int(number[0]), f"0{int(length[0])}b") for number, length in fields if length[0]
        )

    def encode(self, values: ArrayLike) -> bytes:
        """Return the codewords one after the other, filled with zeros to whole bytes.

        Raises
        ------
        InvalidArgument
            If a number is below `smallest`, or the numbers take more than a gigabyte.
        WrongType
            If they are no integers.
        """
        fields = self.fields(self._checked(values, "encode"))
        numbers = np.stack([number for number, _ in fields], axis=1).ravel()
        lengths = np.stack([length for _, length in fields], axis=1).ravel()
        return pack_fields(numbers, lengths, f"{self.name}.encode")

    def decode(self, data: bytes, n: int) -> NDArray[np.int64]:
        """Return the `n` numbers that `data` holds, as `encode` wrote them.

        Raises
        ------
        DataError
            If the data end within a codeword, hold a number of 2^63 or more, or go on after n.
        InvalidArgument
            If n is negative.
        """
        if n < 0:
            raise InvalidArgument(sentence(f"{self.name}.decode", "n", "be at least 0", n))
        if n > 8 * len(data):  # no room is made for what cannot be there
            raise DataError(
                sentence(f"{self.name}.decode", "data", f"hold {n:,} numbers",
                         f"{len(data):,} bytes", "Pass the bytes and the n of one encoding.")
            )  # fmt: skip
        out = np.zeros(n, np.int64)
        blob = np.frombuffer(data, np.uint8)
        loops = loops_for(n)
        source = blob.tolist() if loops.read_integers is read_integers else blob
        read, used = loops.read_integers(source, n, self.code, self.parameter, out)
        if read < n:
            raise DataError(
                sentence(f"{self.name}.decode", "data", f"hold {n:,} numbers below 2^63",
                         f"{read:,} of them", "Pass the bytes and the n of one encoding.")
            )  # fmt: skip
        rest = 8 * blob.size - used
        if rest > 7 or (rest and blob[-1] & ((1 << rest) - 1)):
            raise DataError(
                sentence(f"{self.name}.decode", "data", f"end after {n:,} numbers",
                         f"more bits after bit {used:,}", "Pass the n that was encoded.")
            )  # fmt: skip
        return out

    def _checked(self, values: ArrayLike, call: str) -> NDArray[np.uint64]:
        array = integers(values, f"{self.name}.{call}", "values")
        if array.size and array.min() < self.smallest:
            at = int(np.argmin(array))
            raise InvalidArgument(
                sentence(f"{self.name}.{call}", "values", f"be at least {self.smallest}",
                         f"{array[at]} at index {at}", "Shift or fold the numbers first.")
            )  # fmt: skip
        return array.astype(np.uint64)


def elias_gamma() -> IntegerCode:
    """Return Elias's gamma code: the binary digits, after as many zeros as follow the first one.

    l(n) = 2 floor(log2 n) + 1,  n = 1, 2, ...

    Ideal for p(n) near 1 / (2 n^2). Source: Elias (1975), IEEE Trans. Inf. Theory 21(2).

    >>> [elias_gamma().codeword(n) for n in (1, 2, 3, 4)]
    ['1', '010', '011', '00100']
    """
    return IntegerCode("elias_gamma", 1, _gamma_fields, GAMMA)


def elias_delta() -> IntegerCode:
    """Return Elias's delta code: the number of digits in gamma code, then the digits but the first.

    l(n) = floor(log2 n) + 2 floor(log2(floor(log2 n) + 1)) + 1,  n = 1, 2, ...

    Shorter than gamma from n = 32 on. Source: Elias (1975), IEEE Trans. Inf. Theory 21(2).

    >>> [elias_delta().codeword(n) for n in (1, 2, 8)]
    ['1', '0100', '00100000']
    """
    return IntegerCode("elias_delta", 1, _delta_fields, DELTA)


def elias_omega() -> IntegerCode:
    """Return Elias's omega code: digits, before them how many, before that how many ..., then 0.

    l(n) = 1 + sum over the chain n, floor(log2 n), ... down to 1 of its binary lengths

    Source: Elias (1975), IEEE Trans. Inf. Theory 21(2).

    >>> [elias_omega().codeword(n) for n in (1, 2, 4, 17)]
    ['0', '100', '101000', '10100100010']
    """
    return IntegerCode("elias_omega", 1, _omega_fields, OMEGA)


def fibonacci() -> IntegerCode:
    """Return the Fibonacci code: the sum of Fibonacci numbers that makes n, closed by a second 1.

    Robust: "11" ends every word, so that a flipped bit spoils at most three words. n = 1, 2, ...
    Source: Apostolico and Fraenkel (1987), IEEE Trans. Inf. Theory 33(2); Zeckendorf (1972).

    >>> [fibonacci().codeword(n) for n in (1, 2, 3, 4)]
    ['11', '011', '0011', '1011']
    """
    return IntegerCode("fibonacci", 1, _fibonacci_fields, FIBONACCI)


def golomb(m: int) -> IntegerCode:
    """Return the Golomb code: the quotient by m as zeros closed by a 1, the remainder in binary.

    l(n) = floor(n / m) + 1 + (floor or ceil of log2 m),  n = 0, 1, ...

    Optimal for geometric distributions with the m that `golomb_for_geometric` finds. Raises
    InvalidArgument if m is below 1. Source: Golomb (1966), IEEE Trans. Inf. Theory 12(3).

    >>> [golomb(3).codeword(n) for n in (0, 1, 2, 3)]
    ['10', '110', '111', '010']
    """
    if not 1 <= m < 1 << 62:
        raise InvalidArgument(sentence("golomb", "m", "be at least 1 and below 2^62", m))
    return IntegerCode(f"golomb({m})", 0, partial(_golomb_fields, m=m), GOLOMB, m)


def rice(k: int) -> IntegerCode:
    """Return the Rice code: the Golomb code for m = 2^k, whose remainder is the last k bits.

    l(n) = floor(n / 2^k) + 1 + k,  n = 0, 1, ...

    Raises InvalidArgument unless k lies in 0 to 61. Source: Rice (1979), JPL publication 79-22.

    >>> [rice(2).codeword(n) for n in (0, 3, 4)]
    ['100', '111', '0100']
    """
    if not 0 <= k <= 61:
        raise InvalidArgument(sentence("rice", "k", "lie in 0 to 61", k))
    m = 1 << k
    return IntegerCode(f"rice({k})", 0, partial(_golomb_fields, m=m), GOLOMB, m)


def golomb_for_geometric(stay: float) -> IntegerCode:
    """Return the best code for p(n) = (1 - stay) stay^n, n = 0, 1, ...: a Golomb code.

    m = ceil(-log(1 + stay) / log stay)

    No prefix code is shorter on average. Raises InvalidArgument unless stay lies in [0, 1).
    Source: Gallager and Van Voorhis (1975), IEEE Trans. Inf. Theory 21(2).

    >>> golomb_for_geometric(0.9).name
    'golomb(7)'
    """
    if not 0 <= stay < 1:
        raise InvalidArgument(sentence("golomb_for_geometric", "stay", "lie in [0, 1)", stay))
    return golomb(math.ceil(-math.log1p(stay) / math.log(stay)) if stay else 1)


def _log2(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return floor(log2) exactly: doubles round above 2^53, so the high half is asked first."""
    high = values >> np.uint64(32)
    part = np.where(high > 0, high, values)
    return np.frexp(part.astype(np.float64))[1] - 1 + np.where(high > 0, 32, 0)


def _gamma_fields(values: NDArray[np.uint64]) -> Fields:
    digits = _log2(values)
    return [(np.zeros_like(values), digits), (values, digits + 1)]


def _delta_fields(values: NDArray[np.uint64]) -> Fields:
    digits = _log2(values)
    rest = values ^ (ONE << digits.astype(np.uint64))
    return [*_gamma_fields((digits + 1).astype(np.uint64)), (rest, digits)]


def _omega_fields(values: NDArray[np.uint64]) -> Fields:
    fields: Fields = [(np.zeros_like(values), np.ones(values.size, np.int64))]
    left = values
    for _ in range(6):  # six steps bring any 64-bit number to 1
        more = left > 1
        digits = np.where(more, _log2(np.maximum(left, ONE)), 0)
        fields.insert(0, (np.where(more, left, np.uint64(0)), np.where(more, digits + 1, 0)))
        left = np.where(more, digits.astype(np.uint64), ONE)
    return fields


def _golomb_fields(values: NDArray[np.uint64], m: int) -> Fields:
    quotient, rest = np.divmod(values, np.uint64(m))
    width = (m - 1).bit_length()
    short = (1 << width) - m
    is_long = rest >= np.uint64(short)
    number = np.where(is_long, rest + np.uint64(short), rest)
    length = np.where(is_long, width, max(width - 1, 0)).astype(np.int64)
    return [(np.ones_like(values), quotient.astype(np.int64) + 1), (number, length)]


def _fibonacci_fields(values: NDArray[np.uint64]) -> Fields:
    numbers = [1, 2]
    while numbers[-1] + numbers[-2] < 1 << 63:
        numbers.append(numbers[-1] + numbers[-2])
    left = values.copy()
    taken = np.zeros((len(numbers), values.size), np.bool_)
    for i in range(len(numbers) - 1, -1, -1):
        taken[i] = left >= np.uint64(numbers[i])
        left -= np.where(taken[i], np.uint64(numbers[i]), np.uint64(0))
    used = len(numbers) - np.argmax(taken[::-1], axis=0)  # up to the largest number taken
    half = 46
    fields: Fields = []
    for start in (0, half):
        length = np.clip(used - start, 0, half)
        number = np.zeros(values.size, np.uint64)
        for i in range(start, min(start + half, len(numbers))):
            number = np.where(i < used, (number << ONE) | taken[i].astype(np.uint64), number)
        fields.append((number, length.astype(np.int64)))
    return [*fields, (np.ones_like(values), np.ones(values.size, np.int64))]
