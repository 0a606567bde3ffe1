"""Gradients through a transformer's blocks, in one fixed order, with attention held as it was.

What attention looks at is taken as given: its gradient would cost two passes over every cache and
changes what is learnt by nothing that could be measured.
"""

# Kernels mix NumPy scalars and Python numbers, which are one type to the compiler.
# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.codes.byte_models.pointers import pointer_to
from infoscope.core.compiling import compiled
from infoscope.language.compression.fixed_arithmetic import (
    BLOCK,
    TILE,
    exponential,
    fused,
    one_row,
    root_mean_square,
)
from infoscope.language.compression.register_tiles import COLUMNS, add_products

__all__ = ["DEPTH", "activate_back", "attend_back", "normalise_back", "product_back"]

DEPTH = 32  # columns of a weight that are made real together
TOGETHER = 8  # products added before sums leave their registers


@compiled
def _to_reals(
    levels: NDArray[np.uint8], scale: NDArray[np.float32], low: NDArray[np.float32], block: int,
    out: NDArray[np.float32],
) -> None:  # fmt: skip
    for begin in range(0, len(levels), BLOCK):
        d, m = scale[block], low[block]
        for i in range(begin, min(begin + BLOCK, len(levels))):
            out[i] = fused(d, np.float32(levels[i]), m)
        block += 1


@compiled
def product_back(
    dy: NDArray[np.float32],  # (rows or more, n)
    n_rows: int,
    levels: NDArray[np.uint8],  # (n, k): of the weight, turned over
    scale: NDArray[np.float32],  # (n, k / BLOCK)
    low: NDArray[np.float32],
    dx: NDArray[np.float32],  # (rows or more, k)
    tile: NDArray[np.float32],  # (DEPTH, TILE)
) -> None:
    """Write ``dy @ weight.T`` to `dx`."""
    n_outer, n_inner = levels.shape
    together = n_rows // 4 * 4
    factors, reals, sums = pointer_to(dy), pointer_to(tile), pointer_to(dx)
    for first in range(0, n_inner, TILE):
        last = min(first + TILE, n_inner)
        size = last - first
        columns = size // COLUMNS * COLUMNS
        dx[:n_rows, first:last] = np.float32(0)
        for begin in range(0, n_outer, DEPTH):
            depth = min(DEPTH, n_outer - begin)
            for j in range(depth):
                n = begin + j
                _to_reals(levels[n, first:last], scale[n], low[n], first // BLOCK, tile[j])
            whole = depth // TOGETHER * TOGETHER
            for row in range(0, together, 4):
                for j in range(0, whole, TOGETHER):
                    for n in range(0, columns, COLUMNS):
                        add_products(
                            factors, row * n_outer + begin + j, n_outer, reals, j * TILE + n, TILE,
                            sums, row * n_inner + first + n, n_inner, 4, TOGETHER,
                        )  # fmt: skip
                for r in range(row, row + 4):
                    for j in range(depth):
                        left = columns if j < whole else 0
                        if left < size:
                            rest = dx[r, first + left : last]
                            one_row(dy[r, begin + j], tile[j, left:size], rest)
            for row in range(together, n_rows):
                for j in range(depth):
                    one_row(dy[row, begin + j], tile[j, :size], dx[row, first:last])


@compiled
def normalise_back(
    x: NDArray[np.float32], n_rows: int, weight: NDArray[np.float32], epsilon: float,
    dy: NDArray[np.float32], dx: NDArray[np.float32], lanes: NDArray[np.float32],
) -> None:  # fmt: skip
    """Add to `dx` the gradient by x of a normalised row whose gradient is `dy`."""
    width = x.shape[1]
    for row in range(n_rows):
        share = root_mean_square(x, row, width, epsilon, lanes)
        total = 0.0
        for i in range(width):
            total += np.float64(x[row, i]) * np.float64(dy[row, i] * weight[i])
        cube = np.float64(share) * np.float64(share) * np.float64(share)
        slope = np.float32(total * cube / width)
        for i in range(width):
            straight = np.float32(share * np.float32(dy[row, i] * weight[i]))
            dx[row, i] += fused(-slope, x[row, i], straight)


@compiled
def activate_back(
    gate: NDArray[np.float32], n_rows: int, da: NDArray[np.float32], dgate: NDArray[np.float32]
) -> None:
    """Write the gradient by gate and up, side by side, of silu(gate) * up."""
    inner = da.shape[1]
    for row in range(n_rows):
        for i in range(inner):
            g, up, d = gate[row, i], gate[row, inner + i], da[row, i]
            e = exponential(-abs(g))
            share = (np.float32(1) if g >= 0 else e) / (np.float32(1) + e)
            rest = np.float32(np.float32(1) - share)
            slope = np.float32(share * fused(g, rest, np.float32(1)))
            dgate[row, i] = np.float32(np.float32(d * up) * slope)
            dgate[row, inner + i] = np.float32(d * np.float32(g * share))


@compiled
def attend_back(
    weights: NDArray[np.float32],  # (rows, heads, rows) what each row took from each
    n_rows: int,
    dmixed: NDArray[np.float32],
    n_groups: int,
    dvalues: NDArray[np.float32],
) -> None:
    """Write the gradient by the rows' values."""
    n_heads = weights.shape[1]
    width = dmixed.shape[1] // n_heads
    dvalues[:n_rows] = np.float32(0)
    for row in range(n_rows):
        for head in range(n_heads):
            at, to = head * width, head * n_groups // n_heads * width
            for other in range(row + 1):
                share = weights[row, head, other]
                if share != 0:
                    one_row(share, dmixed[row, at : at + width], dvalues[other, to : to + width])
