"""Products with matrices of low rank, and steps against their gradient, in one fixed order.

A matrix W of a transformer becomes W + A·B, where A and B are narrow: what a text teaches fits into
few numbers, costs little to add, and is the same on every machine (`fixed_arithmetic`).
"""

# Kernels mix NumPy scalars and Python numbers, which are one type to the compiler.
# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from infoscope.core.compiling import compiled
from infoscope.language.compression.fixed_arithmetic import four_rows, fused, one_row

__all__ = ["RANK", "Factors", "Pool", "add_gradients", "narrow", "widen"]

RANK = 8

FIRST_DECAY, SECOND_DECAY = 0.9, 0.99
_SMALL = 1e-8


class Factors(NamedTuple):
    """A (k, RANK) and B (RANK, n) with the gradients by each."""

    a: NDArray[np.float32]
    b: NDArray[np.float32]
    a_pull: NDArray[np.float32]
    b_pull: NDArray[np.float32]


class Pool:
    """All factors of a model side by side, and the averages that scale their steps."""

    def __init__(self, shapes: list[tuple[int, int]]) -> None:
        sizes = [RANK * (k + n) for k, n in shapes]
        self._weights = np.zeros(sum(sizes), np.float32)
        self._pulls = np.zeros(sum(sizes), np.float32)
        self._first, self._second = np.zeros((2, sum(sizes)))
        self._powers = [1.0, 1.0]
        self.factors = list[Factors]()
        at = 0
        for k, n in shapes:
            middle, end = at + RANK * k, at + RANK * (k + n)
            parts = [
                flat[first:last].reshape(shape)
                for flat in (self._weights, self._pulls)
                for first, last, shape in ((at, middle, (k, RANK)), (middle, end, (RANK, n)))
            ]
            self.factors.append(Factors(*parts))
            _spread(parts[0], at + 1)
            at = end

    def step(self, rate: float, share: float) -> None:
        """Move against the gradient times `share`, and forget the gradient."""
        self._powers[0] *= FIRST_DECAY
        self._powers[1] *= SECOND_DECAY
        _step(self._weights, self._pulls, self._first, self._second, rate, share,
              1.0 - self._powers[0], 1.0 - self._powers[1])  # fmt: skip


@compiled
def _spread(a: NDArray[np.float32], seed: int) -> None:
    """Fill A with numbers that look random, of variance 1 / k."""
    width = np.sqrt(3.0 / a.shape[0])
    x = np.uint64(seed)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            x += np.uint64(0x9E3779B97F4A7C15)
            y = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            y = (y ^ (y >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            y ^= y >> np.uint64(31)
            a[i, j] = np.float32((np.int64(y >> np.uint64(12)) / 2251799813685248.0 - 1.0) * width)


@compiled
def _step(
    weights: NDArray[np.float32], pulls: NDArray[np.float32], first: NDArray[np.float64],
    second: NDArray[np.float64], rate: float, share: float, whole_first: float, whole_second: float,
) -> None:  # fmt: skip
    """Adam: the step is the mean gradient over the root of its mean square."""
    for i in range(len(weights)):
        g = np.float64(pulls[i]) * share
        first[i] += (g - first[i]) * (1.0 - FIRST_DECAY)
        second[i] += (g * g - second[i]) * (1.0 - SECOND_DECAY)
        size = np.sqrt(second[i] / whole_second) + _SMALL
        weights[i] = np.float32(weights[i] - rate * (first[i] / whole_first) / size)
        pulls[i] = np.float32(0)


@compiled
def narrow(
    x: NDArray[np.float32], n_rows: int, a: NDArray[np.float32], t: NDArray[np.float32], first: int
) -> None:
    """Write ``x @ a`` to rows `first` and on of `t`."""
    for row in range(n_rows):
        out = t[first + row]
        for j in range(RANK):
            out[j] = np.float32(0)
        for k in range(a.shape[0]):
            for j in range(RANK):
                out[j] = fused(x[row, k], a[k, j], out[j])


@compiled
def widen(
    t: NDArray[np.float32], first: int, n_rows: int, b: NDArray[np.float32],
    out: NDArray[np.float32], column: int,
) -> None:  # fmt: skip
    """Add ``t @ b`` to columns `column` and on of `out`; rows of `t` begin at `first`."""
    size = b.shape[1]
    flat = b.reshape(-1)
    for row in range(n_rows):
        for j in range(0, RANK, 4):
            four_rows(t[first + row], j, flat[j * size :], size, out[row, column : column + size])


@compiled
def add_gradients(
    x: NDArray[np.float32], t: NDArray[np.float32], dy: NDArray[np.float32],
    s: NDArray[np.float32], n_rows: int, a_pull: NDArray[np.float32], b_pull: NDArray[np.float32],
) -> None:  # fmt: skip
    """Add the gradients by A and B, where t = x A and s = dy Bᵀ."""
    for row in range(n_rows):
        for k in range(a_pull.shape[0]):
            for j in range(RANK):
                a_pull[k, j] = fused(x[row, k], s[row, j], a_pull[k, j])
        for j in range(RANK):
            one_row(t[row, j], dy[row], b_pull[j])
