"""Arithmetic that gives the same bits on every machine: fused products, exp, sums in one order.

A product and sum is one rounding (`fused`), a long sum is sixteen lanes added in index order, and
exp is a polynomial: no library function, and nothing that a compiler may reorder. Results depend
neither on the number of threads nor on how many rows are computed together, which is what lets an
encoder run over many known tokens at once and a decoder take them one by one.
"""

# Kernels mix NumPy scalars and Python numbers, which are one type to the compiler.
# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false
# pyright: reportAssignmentType=false

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from infoscope.codes.byte_models.pointers import pointer_to
from infoscope.core.compiling import compiled
from infoscope.language.compression.register_tiles import COLUMNS, add_products

__all__ = [
    "BLOCK",
    "LANES",
    "SMALLEST_EXPONENT",
    "TILE",
    "exponential",
    "four_rows",
    "fused",
    "lane_sum",
    "one_row",
    "product",
    "quantise",
    "root_mean_square",
    "softmax",
]

BLOCK = 32  # weights that share a scale
TILE = 256  # columns computed together: a tile of weights fits the first-level cache
LANES = 16
SMALLEST_EXPONENT = -60.0  # exp is 0 below: far from numbers that a processor may flush to zero

_LOG2E = np.float32(1.4426950408889634)
_LN2_HIGH = np.float32(0.693359375)  # few digits: n times it is exact
_LN2_LOW = np.float32(-2.12194440e-4)
_TERMS = tuple(np.float32(c) for c in (1 / 720, 1 / 120, 1 / 24, 1 / 6, 0.5, 1.0, 1.0))
_C6, _C5, _C4, _C3, _C2, _C1, _C0 = _TERMS


@intrinsic
def fused(_typing: Any, _a: Any, _b: Any, _c: Any) -> Any:
    """Return a * b + c in float32, rounded once."""
    signature = types.float32(types.float32, types.float32, types.float32)

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return signature, generate


@intrinsic
def _as_real(_typing: Any, _bits: Any) -> Any:
    """Return the float32 with these 32 bits."""
    signature = types.float32(types.int32)

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.float32))

    return signature, generate


@compiled
def exponential(x: float) -> float:
    """Return exp(x) for x ≤ 80 in float32, to 3e-7 relative; 0 below `SMALLEST_EXPONENT`."""
    x = np.float32(x)
    n = np.float32(np.floor(fused(x, _LOG2E, np.float32(0.5))))
    r = fused(-n, _LN2_LOW, fused(-n, _LN2_HIGH, x))
    p = fused(_C6, r, _C5)
    p = fused(p, r, _C4)
    p = fused(p, r, _C3)
    p = fused(p, r, _C2)
    p = fused(p, r, _C1)
    p = fused(p, r, _C0)
    scale = _as_real(np.int32((np.int32(max(n, np.float32(-100))) + np.int32(127)) << np.int32(23)))
    return p * scale if x >= np.float32(SMALLEST_EXPONENT) else np.float32(0)


@compiled
def lane_sum(lanes: NDArray[np.float32]) -> float:
    """Add sixteen lanes pairwise."""
    for width in (8, 4, 2, 1):
        for i in range(width):
            lanes[i] += lanes[i + width]
    return lanes[0]


@compiled
def root_mean_square(
    x: NDArray[np.float32], row: int, width: int, epsilon: float, lanes: NDArray[np.float32]
) -> float:
    """Return 1 / sqrt(mean(x²) + ε) of one row."""
    for j in range(LANES):
        lanes[j] = np.float32(0)
    whole = width // LANES * LANES
    for i in range(0, whole, LANES):
        for j in range(LANES):
            lanes[j] = fused(x[row, i + j], x[row, i + j], lanes[j])
    for i in range(whole, width):
        lanes[i - whole] = fused(x[row, i], x[row, i], lanes[i - whole])
    total = lane_sum(lanes)
    mean = np.float32(total / np.float32(width)) + np.float32(epsilon)
    return np.float32(1) / np.sqrt(mean)


@compiled
def _one_row_of_x(a: NDArray[np.float32], w: NDArray[np.uint8], part: NDArray[np.float32]) -> None:
    """Add eight rows of levels, each times its factor, to `part`."""
    a0, a1, a2, a3, a4, a5, a6, a7 = a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
    w0, w1, w2, w3, w4, w5, w6, w7 = w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]
    for n in range(len(part)):
        t = fused(a0, np.float32(w0[n]), part[n])
        t = fused(a1, np.float32(w1[n]), t)
        t = fused(a2, np.float32(w2[n]), t)
        t = fused(a3, np.float32(w3[n]), t)
        t = fused(a4, np.float32(w4[n]), t)
        t = fused(a5, np.float32(w5[n]), t)
        t = fused(a6, np.float32(w6[n]), t)
        part[n] = fused(a7, np.float32(w7[n]), t)


@compiled
def _block_sum(x: NDArray[np.float32]) -> float:
    total = np.float32(0)
    for k in range(len(x)):
        total += x[k]
    return total


@compiled
def _finish(
    out: NDArray[np.float32], part: NDArray[np.float32], total: float,
    scale: NDArray[np.float32], low: NDArray[np.float32],
) -> None:  # fmt: skip
    for n in range(len(out)):
        out[n] = fused(scale[n], part[n], fused(low[n], total, out[n]))


@compiled
def product(
    x: NDArray[np.float32],  # (rows or more, k)
    n_rows: int,
    levels: NDArray[np.uint8],  # (k, n)
    scale: NDArray[np.float32],  # (k / BLOCK, n)
    low: NDArray[np.float32],  # (k / BLOCK, n)
    out: NDArray[np.float32],  # (rows or more, n)
    part: NDArray[np.float32],  # (4 * TILE,)
) -> None:
    """Write ``x @ weight`` to `out`, where weight = low + scale · level in blocks of 32 rows."""
    n_inner, n_columns = levels.shape
    together = n_rows // 4 * 4
    factors, bytes_of, sums_of = pointer_to(x), pointer_to(levels), pointer_to(part)
    stride = x.shape[1]
    for first in range(0, n_columns, TILE):
        last = min(first + TILE, n_columns)
        size = last - first
        whole = size // COLUMNS * COLUMNS
        out[:n_rows, first:last] = np.float32(0)
        for block in range(len(scale)):
            begin = block * BLOCK
            end = min(begin + BLOCK, n_inner)
            d, m = scale[block, first:last], low[block, first:last]
            for row in range(0, together, 4):
                part[:] = np.float32(0)
                for n in range(0, whole, COLUMNS):
                    for k in range(begin, end, 8):
                        add_products(
                            factors, row * stride + k, stride, bytes_of,
                            k * n_columns + first + n, n_columns, sums_of, n, TILE, 4, 8,
                        )  # fmt: skip
                for i in range(4):
                    sums = part[i * TILE : i * TILE + size]
                    if whole < size:
                        for k in range(begin, end, 8):
                            w = levels[k : k + 8, first + whole : last]
                            _one_row_of_x(x[row + i, k : k + 8], w, sums[whole:])
                    total = _block_sum(x[row + i, begin:end])
                    _finish(out[row + i, first:last], sums, total, d, m)
            for row in range(together, n_rows):
                part[:size] = np.float32(0)
                for k in range(begin, end, 8):
                    _one_row_of_x(x[row, k : k + 8], levels[k : k + 8, first:last], part[:size])
                total = _block_sum(x[row, begin:end])
                _finish(out[row, first:last], part[:size], total, d, m)


@compiled
def four_rows(
    a: NDArray[np.float32], at: int, w: NDArray[np.float32], stride: int, out: NDArray[np.float32]
) -> None:
    """Add rows 0 to 3 of `w`, which lie `stride` apart, times ``a[at : at + 4]`` to `out`."""
    a0, a1, a2, a3 = a[at], a[at + 1], a[at + 2], a[at + 3]
    for n in range(len(out)):
        t = fused(a1, w[n + stride], fused(a0, w[n], out[n]))
        out[n] = fused(a3, w[n + 3 * stride], fused(a2, w[n + 2 * stride], t))


@compiled
def one_row(a: float, w: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Add ``a * w`` to `out`."""
    for n in range(len(out)):
        out[n] = fused(a, w[n], out[n])


@compiled
def softmax(scores: NDArray[np.float32], lanes: NDArray[np.float32]) -> None:
    """Turn scores into weights that sum to one, in place."""
    best = scores[0]
    for n in range(len(scores)):
        best = max(best, scores[n])
    for n in range(len(scores)):
        scores[n] = exponential(scores[n] - best)
    for j in range(LANES):
        lanes[j] = np.float32(0)
    whole = len(scores) // LANES * LANES
    for i in range(0, whole, LANES):
        for j in range(LANES):
            lanes[j] += scores[i + j]
    for i in range(whole, len(scores)):
        lanes[i - whole] += scores[i]
    share = np.float32(1) / lane_sum(lanes)
    for n in range(len(scores)):
        scores[n] *= share


@compiled
def quantise(
    weight: NDArray[np.float32],  # (k, n)
    levels: NDArray[np.uint8],
    scale: NDArray[np.float32],
    low: NDArray[np.float32],
) -> None:
    """Write each column's blocks of 32 weights as 256 levels between their extremes.

    Weights that came from 4-bit blocks of the same size keep their values: 255 is 17 times 15.
    """
    n_inner, n_columns = weight.shape
    for block in range(len(scale)):
        begin = block * BLOCK
        end = min(begin + BLOCK, n_inner)
        for n in range(n_columns):
            least = largest = weight[begin, n]
            for k in range(begin, end):
                least, largest = min(least, weight[k, n]), max(largest, weight[k, n])
            step = np.float32((largest - least) / np.float32(255))
            scale[block, n], low[block, n] = step, least
            for k in range(begin, end):
                if step > 0:
                    levels[k, n] = np.uint8((weight[k, n] - least) / step + np.float32(0.5))
                else:
                    levels[k, n] = np.uint8(0)
