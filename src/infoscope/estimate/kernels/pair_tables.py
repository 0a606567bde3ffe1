"""Contingency tables of all pairs of label columns, counted several pairs at a time.

Neighbouring columns are packed into one while their levels multiply to at most 128. One pass over
two packed columns then counts a table from which the tables of all pairs between them are sums: two
columns of ten levels a side make four tables from one pass over a table that fits the cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.kernels.space import FAST

__all__ = ["information_matrix", "pair_tables"]

Codes = NDArray[np.int64]

_PACKED_LEVELS = 128  # squared and in 4 bytes, 64 kB: what the first two caches hold


def pair_tables(
    columns: Sequence[Codes], levels: Sequence[int]
) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
    """Yield (i, j, table) for all i < j, the table of shape (levels[i], levels[j]).

    Parameters
    ----------
    columns : sequence of int64 arrays of shape (n,)
        Codes of column i in 0 .. levels[i] - 1.
    levels : sequence of int
        Numbers of levels.
    """
    packs = _packs(levels)
    packed = [_packed(columns, levels, pack) for pack in packs]
    widths = [int(np.prod([levels[c] for c in pack])) for pack in packs]
    for a, left in enumerate(packs):
        for b in range(a, len(packs)):
            right = packs[b]
            if a == b and len(left) == 1:
                continue
            if a == b:
                cells = np.bincount(packed[a], minlength=widths[a])
                cube = cells.reshape([levels[c] for c in left])
                for p, i in enumerate(left):
                    for q in range(p + 1, len(left)):
                        yield i, left[q], _margin(cube, p, q)
                continue
            cells = _counted(packed[a], packed[b], widths[a], widths[b])
            cube = cells.reshape([levels[c] for c in (*left, *right)])
            for p, i in enumerate(left):
                for q, j in enumerate(right):
                    yield i, j, _margin(cube, p, len(left) + q)


def information_matrix(columns: Sequence[Codes], levels: Sequence[int]) -> NDArray[np.float64]:
    """Return the plug-in mutual information of all pairs, nats, (c, c), NaN on the diagonal.

    >>> a, b = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> information_matrix([a, b, a], [2, 2, 2])[0].round(6)
    array([     nan, 0.      , 0.693147])
    """
    c = len(columns)
    n = columns[0].size if c else 0
    log = np.zeros(n + 1)
    log[1:] = np.log(np.arange(1, n + 1, dtype=np.float64))
    counts = [np.bincount(column) for column in columns]
    by_column = [float(count @ log[count]) for count in counts]
    values = np.full((c, c), np.nan)
    for i, j, table in pair_tables(columns, levels):
        flat = table.reshape(-1)
        total = float(flat @ log[flat]) - by_column[i] - by_column[j]
        values[i, j] = values[j, i] = total / n + log[n] if n else 0.0
    return values


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
    """Return the columns of a pack as one code."""
    code = np.zeros(columns[pack[0]].size, dtype=np.int64)
    width = 1
    for c in pack:
        code = code * levels[c] + columns[c]
        width *= levels[c]
    return code.astype(np.uint8) if width <= 256 else code


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


def _margin(cube: NDArray[np.int64], p: int, q: int) -> NDArray[np.int64]:
    """Return the table of two of the axes."""
    others = tuple(axis for axis in range(cube.ndim) if axis not in (p, q))
    return cube.sum(axis=others) if others else cube
