"""The loops of the codes compiled by numba, and the two that are worth having only compiled."""
# pyright: basic

from __future__ import annotations

from typing import Any

import numpy as np

from infoscope.codes import loops
from infoscope.core.compiling import compiled

__all__ = ["merge_depths", "read_integers", "read_words", "write_fields"]

merge_depths = compiled(loops.merge_depths)
read_integers = compiled(loops.read_integers)


@compiled
def write_fields(values: Any, lengths: Any, out: Any) -> None:
    """Write the low `lengths[i]` bits of each value one after the other, high bits first.

    A length above 64 writes zeros before the value.
    """
    at = 0
    for i in range(values.shape[0]):
        value = values[i]
        length = lengths[i]
        if length > 64:
            at += length - 64
            length = 64
        while length > 0:
            room = 8 - (at & 7)
            take = min(room, length)
            part = (value >> np.uint64(length - take)) & np.uint64((1 << take) - 1)
            out[at >> 3] |= np.uint8(part << np.uint64(room - take))
            at += take
            length -= take


@compiled
def read_words(
    blob: Any, n_bits: int, starts: Any, lengths: Any, symbols: Any, first: Any, skip: int, out: Any
) -> tuple[int, int]:
    """Read codewords into `out`; return (how many were read, bits used).

    `starts` are the codewords moved to the left end of 64 bits, ascending; `blob` has 9 spare
    bytes. The word at hand is the last start that does not lie above the next 64 bits; `first` says
    for their leading 64 - `skip` bits where to begin to look.
    """
    at = 0
    for i in range(out.shape[0]):
        byte = at >> 3
        shift = at & 7
        window = np.uint64(0)
        for j in range(8):
            window = (window << np.uint64(8)) | np.uint64(blob[byte + j])
        if shift:
            window = (window << np.uint64(shift)) | np.uint64(blob[byte + 8] >> (8 - shift))
        lead = np.int64(window >> np.uint64(skip))
        low, high = first[lead], first[lead + 1] + 1
        while high - low > 1:
            middle = (low + high) >> 1
            if starts[middle] <= window:
                low = middle
            else:
                high = middle
        length = lengths[low]
        if at + length > n_bits or (window ^ starts[low]) >> np.uint64(64 - length):
            return i, at
        out[i] = symbols[low]
        at += length
    return out.shape[0], at
