"""Contingency tables of all pairs of label columns, counted several pairs at a time.

Neighbouring columns are packed into one while their levels multiply to at most 128. One pass over
two packed columns then counts a table from which the tables of all pairs between them are sums: two
columns of ten levels a side make four tables from one pass over a table that fits the cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.kernels.space import FAST
from infoscope.estimate.threads import in_order

__all__ = ["pair_tables"]

Codes = NDArray[np.int64]

_PACKED_LEVELS = 128  # squared and in 4 bytes, 64 kB: what the first two caches hold


def pair_tables(
    columns: Sequence[Codes], levels: Sequence[int], threads: int = 1
) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
    """Yield (i, j, table) for all i < j, the table of shape (levels[i], levels[j]).

    Parameters
    ----------
    columns : sequence of int64 arrays of shape (n,)
        Codes of column i in 0 .. levels[i] - 1.
    levels : sequence of int
        Numbers of levels.
    threads : int
        How many packed tables are counted at once.
    """
    packs = _packs(levels)
    packed = [_packed(columns, levels, pack) for pack in packs]
    widths = [int(np.prod([levels[c] for c in pack])) for pack in packs]

    shares = [_shares(levels, pack) if len(packs) > 1 else np.empty(0) for pack in packs]

    def tables_of(both: tuple[int, int]) -> list[tuple[int, int, NDArray[np.int64]]]:
        a, b = both
        left, right = packs[a], packs[b]
        if a == b:
            cells = np.bincount(packed[a], minlength=widths[a])
            cube = cells.reshape([levels[c] for c in left])
            return [
                (left[p], left[q], _margin(cube, p, q))
                for p, q in combinations(range(cube.ndim), 2)
            ]
        cells = _counted(packed[a], packed[b], widths[a], widths[b])
        if len(left) == len(right) == 1:
            return [(left[0], right[0], cells.reshape(widths[a], widths[b]))]
        sums = shares[a] @ cells.reshape(widths[a], widths[b]).astype(np.float64)
        blocks = (sums @ shares[b].T).astype(np.int64)  # whole numbers below 2^53
        rows = np.cumsum([0, *(levels[c] for c in left)])
        across = np.cumsum([0, *(levels[c] for c in right)])
        return [
            (i, j, blocks[rows[p] : rows[p + 1], across[q] : across[q + 1]])
            for p, i in enumerate(left)
            for q, j in enumerate(right)
        ]

    both = combinations_with_replacement(range(len(packs)), 2)
    for tables in in_order(tables_of, both, threads):
        yield from tables


def _packs(levels: Sequence[int]) -> list[tuple[int, ...]]:
    """Return runs of columns whose levels multiply to at most 128; wider ones stand alone."""
    packs: list[tuple[int, ...]] = []
    width = 0
    for c, size in enumerate(levels):
        if packs and width * size <= _PACKED_LEVELS:
            packs[-1] = (*packs[-1], c)
            width *= size
        else:
            packs.append((c,))
            width = size
    return packs


def _packed(
    columns: Sequence[Codes], levels: Sequence[int], pack: tuple[int, ...]
) -> NDArray[np.int64] | NDArray[np.uint8]:
    """Return the columns of a pack as one code, in one byte where it fits."""
    width = int(np.prod([levels[c] for c in pack]))
    if width > 256:
        return columns[pack[0]]  # alone: a pack of several is narrower
    code = columns[pack[0]].astype(np.uint8)
    for c in pack[1:]:
        code *= np.uint8(levels[c])
        code += columns[c].astype(np.uint8)
    return code


def _counted(
    left: NDArray[np.int64] | NDArray[np.uint8],
    right: NDArray[np.int64] | NDArray[np.uint8],
    n_left: int,
    n_right: int,
) -> NDArray[np.int64]:
    """Return the table of two packed columns, flat."""
    if FAST and max(n_left, n_right) <= 256:
        from infoscope.estimate.kernels.counting import count_pair

        cells = np.zeros((2, n_left * n_right), np.int32)
        count_pair(
            left.astype(np.uint8, copy=False), right.astype(np.uint8, copy=False), n_right, cells
        )
        return cells.sum(axis=0, dtype=np.int64)
    both = left.astype(np.int64) * n_right + right
    return np.bincount(both, minlength=n_left * n_right)


def _shares(levels: Sequence[int], pack: tuple[int, ...]) -> NDArray[np.float64]:
    """Return which level of each column a packed code stands for: (all their levels, codes)."""
    digits = np.indices([levels[c] for c in pack]).reshape(len(pack), -1)
    return np.concatenate(
        [np.arange(levels[c])[:, None] == digit for c, digit in zip(pack, digits, strict=True)]
    ).astype(np.float64)


def _margin(cube: NDArray[np.int64], p: int, q: int) -> NDArray[np.int64]:
    """Return the table of two of the axes."""
    others = tuple(axis for axis in range(cube.ndim) if axis not in (p, q))
    return cube.sum(axis=others) if others else cube
