"""Write fields of bits into bytes, high bits first: what every code of this folder ends in."""

from __future__ import annotations

import importlib

import numpy as np
from numpy.typing import NDArray

from infoscope.codes.loops import WORTH_COMPILING
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.extras import is_installed

__all__ = ["bits_to_text", "pack_bits", "pack_fields"]

#: More output than this (1 GiB) is a parameter that does not fit the data, not a wish.
MOST_BITS = 1 << 33
#: Fields spread into single bits at a time, so that the temporary stays small.
AT_ONCE = 1 << 16


def pack_fields(values: NDArray[np.uint64], lengths: NDArray[np.int64], function: str) -> bytes:
    """Return the low `lengths[i]` bits of each value in one run of bytes, zeros at its end.

    A length above 64 writes zeros before the value.
    """
    n_bits = int(lengths.sum(dtype=np.float64)) if lengths.size else 0
    if n_bits > MOST_BITS:
        raise InvalidArgument(
            sentence(function, "values", f"take at most {MOST_BITS:,} bits", f"{n_bits:,} bits",
                     "Choose a code that fits their size, or encode in parts.")
        )  # fmt: skip
    out = np.zeros((n_bits + 7) // 8, np.uint8)
    if values.size >= WORTH_COMPILING and is_installed("numba"):
        kernels = importlib.import_module("infoscope.codes.compiled_loops")
        kernels.write_fields(values, lengths, out)
        return out.tobytes()
    parts = [
        _spread(values[i : i + AT_ONCE], lengths[i : i + AT_ONCE])
        for i in range(0, values.size, AT_ONCE)
    ]
    return pack_bits(np.concatenate(parts)) if parts else b""


def pack_bits(bits: NDArray[np.uint8]) -> bytes:
    """Return bits (0 or 1 each) as bytes, filled with zeros at the end."""
    return np.packbits(bits).tobytes()


def bits_to_text(value: int, length: int) -> str:
    """Return the low `length` bits of `value` as text of 0 and 1; "" for length 0."""
    return format(value, f"0{length}b") if length else ""


def _spread(values: NDArray[np.uint64], lengths: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the bits of each field, one to a byte."""
    ends = np.cumsum(lengths)
    total = int(ends[-1])
    which = np.repeat(np.arange(lengths.size), lengths)
    after = np.repeat(ends, lengths) - 1 - np.arange(total)  # bits of the same field that follow
    shift = np.minimum(after, 63).astype(np.uint64)
    bits = (values[which] >> shift) & np.uint64(1)
    return np.where(after > 63, 0, bits).astype(np.uint8)
