"""Code one token as a walk down the vocabulary's tree, each question answered by the mixture."""

# Kernels mix NumPy scalars and Python numbers, which are one type to the compiler.
# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.codes.byte_models.binary_coder import decode_bit, encode_bit
from infoscope.core.compiling import compiled
from infoscope.language.compression.mixture import (
    Mixture,
    begin_token,
    end_token,
    expected_entry,
    learn,
    logarithm,
    next_byte,
    predict,
)
from infoscope.language.compression.vocabulary_tree import Vocabulary, first_at_least

__all__ = ["code_token"]

_ENDS = 256  # the question "does the token end here?"
_SCALE = 4294967296.0  # 2^32


@compiled
def _answer(
    m: Mixture, stream: int, share: float, node: int, first: int, second: int,
    coder: NDArray[np.uint64], payload: NDArray[np.uint8], decoding: bool, bit: int,
    ideal: NDArray[np.float64],
) -> int:  # fmt: skip
    """Code one question, learn from its answer, and return the answer."""
    p = predict(m, stream, share, node, first, second)
    yes = min(max(np.int64(p * _SCALE), 1), 4294967295)
    if decoding:
        bit = decode_bit(coder, payload, yes)
    else:
        encode_bit(coder, payload, yes, bit)
    ideal[0] -= logarithm(p if bit else 1.0 - p)
    learn(m, bit)
    return bit


@compiled
def _share(sums: NDArray[np.uint64], first: int, last: int, low: int, high: int) -> float:
    """Return the mass of entries ``first … last`` as a share of ``low … high``."""
    return np.float64(sums[last] - sums[first]) / np.float64(sums[high] - sums[low])


@compiled
def code_token(
    m: Mixture, v: Vocabulary, sums: NDArray[np.uint64], stream: int,
    coder: NDArray[np.uint64], payload: NDArray[np.uint8], decoding: bool, entry: int,
    ideal: NDArray[np.float64],
) -> int:  # fmt: skip
    """Write `entry`, or read one, and return it; `ideal` grows by its code length in nats.

    The walk keeps the range ``low … high`` of entries that begin with the bytes known so far, and
    asks only what the vocabulary leaves open.
    """
    begin_token(m, stream)
    e0, e1 = expected_entry(m, stream, 0), expected_entry(m, stream, 1)
    low, high, depth = 0, len(v.ids), 0
    while True:
        if depth > 0 and v.lengths[low] == depth:
            if high - low == 1:
                break
            first = -1 if e0 < low or e0 >= high else (1 if e0 == low else 0)
            second = -1 if e1 < low or e1 >= high else (1 if e1 == low else 0)
            share = _share(sums, low, low + 1, low, high)
            bit = 1 if entry == low else 0
            if _answer(m, stream, share, _ENDS, first, second, coder, payload, decoding, bit,
                       ideal):  # fmt: skip
                break
            low += 1
        node = 1
        for position in range(7, -1, -1):
            known = node & ((1 << (7 - position)) - 1)
            cut = first_at_least(v, low, high, depth, (known << 1 | 1) << position)
            if cut == low:
                bit = 1
            elif cut == high:
                bit = 0
            else:
                first = -1 if e0 < low or e0 >= high else (1 if e0 >= cut else 0)
                second = -1 if e1 < low or e1 >= high else (1 if e1 >= cut else 0)
                share = _share(sums, cut, high, low, high)
                bit = 1 if entry >= cut else 0
                bit = _answer(m, stream, share, node, first, second, coder, payload,
                              decoding, bit, ideal)  # fmt: skip
            if bit:
                low = cut
            else:
                high = cut
            node = node << 1 | bit
        next_byte(m, stream, node & 255)
        depth += 1
    end_token(m, stream, low)
    return low
