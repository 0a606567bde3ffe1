"""An arithmetic coder for yes-or-no questions: 64-bit range, 32-bit probabilities, no carries.

The interval [low, high] is cut in proportion to the probability of "yes"; leading bytes on which
both ends agree are written. Rounding costs less than 2^-24 bits per question.
"""

# Kernels mix NumPy scalars and Python numbers, which are one type to the compiler.
# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.core.compiling import compiled

__all__ = ["ROOM", "decode_bit", "encode_bit", "finish", "new_coder", "open_coder"]

ROOM = 16  # bytes that one question may write at most, with the last flush

_TOP = np.uint64(56)
_BYTE = np.uint64(8)
_HALF = np.uint64(32)
_LOW_HALF = np.uint64(0xFFFFFFFF)
_FILL = np.uint64(255)
_ONE = np.uint64(1)


def new_coder() -> NDArray[np.uint64]:
    """Return the registers (low, high, code, place) of a coder that has coded nothing."""
    return np.array([0, 2**64 - 1, 0, 0], np.uint64)


@compiled
def open_coder(coder: NDArray[np.uint64], source: NDArray[np.uint8]) -> None:
    """Make `coder` ready to read `source`; bytes beyond its end are zeros."""
    coder[0], coder[1], coder[2] = np.uint64(0), ~np.uint64(0), np.uint64(0)
    for i in range(8):
        byte = np.uint64(source[i]) if i < len(source) else np.uint64(0)
        coder[2] = coder[2] << _BYTE | byte
    coder[3] = np.uint64(8)


@compiled
def _cut(coder: NDArray[np.uint64], yes: int) -> np.uint64:
    """Return the last value of the part that means "yes"; `yes` is in 1 … 2^32 - 1."""
    size, p = coder[1] - coder[0], np.uint64(yes)
    return coder[0] + (size >> _HALF) * p + ((size & _LOW_HALF) * p >> _HALF)


@compiled
def encode_bit(coder: NDArray[np.uint64], out: NDArray[np.uint8], yes: int, bit: int) -> None:
    """Write one answer whose probability of 1 is ``yes / 2^32``."""
    middle = _cut(coder, yes)
    if bit:
        coder[1] = middle
    else:
        coder[0] = middle + _ONE
    while (coder[0] ^ coder[1]) >> _TOP == np.uint64(0):
        place = np.int64(coder[3])
        out[place] = np.uint8(coder[1] >> _TOP)
        coder[3] += _ONE
        coder[0] = coder[0] << _BYTE
        coder[1] = coder[1] << _BYTE | _FILL


@compiled
def decode_bit(coder: NDArray[np.uint64], source: NDArray[np.uint8], yes: int) -> int:
    """Read one answer whose probability of 1 is ``yes / 2^32``."""
    middle = _cut(coder, yes)
    bit = 1 if coder[2] <= middle else 0
    if bit:
        coder[1] = middle
    else:
        coder[0] = middle + _ONE
    while (coder[0] ^ coder[1]) >> _TOP == np.uint64(0):
        coder[0] = coder[0] << _BYTE
        coder[1] = coder[1] << _BYTE | _FILL
        place = np.int64(coder[3])
        byte = np.uint64(source[place]) if place < len(source) else np.uint64(0)
        coder[2] = coder[2] << _BYTE | byte
        coder[3] += _ONE
    return bit


@compiled
def finish(coder: NDArray[np.uint64], out: NDArray[np.uint8]) -> int:
    """Write the fewest bytes that lie in the interval, and return how many were written in all."""
    low, high = coder[0], coder[1]
    place = np.int64(coder[3])
    keep = 0
    value = np.uint64(0)
    while keep <= 8:  # the shortest prefix which, filled up with zeros, is not below low
        if keep == 8:
            value = low
            break
        shift = np.uint64(64 - 8 * keep)
        if keep == 0:
            if low == np.uint64(0):
                break
        else:
            value = (low >> shift) << shift
            if value < low:
                value += _ONE << shift
            if low <= value <= high:
                break
        keep += 1
    for i in range(keep):
        out[place + i] = np.uint8(value >> np.uint64(56 - 8 * i))
    return place + keep
