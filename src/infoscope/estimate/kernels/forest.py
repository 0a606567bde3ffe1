"""Nearest neighbours and counts in max-norm for vectors: one k-d tree for each group of rows.

Rows of different groups (different labels) are infinitely far apart, so each group has a tree of
its own. Cells are split at the median row, whatever the values: equal rows cost nothing special.
Every kernel stands in this file, because numba's disk cache looks only at the file of the kernel
that it loads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.core.compiling import compiled

__all__ = ["LEAF", "build", "count", "nearest"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

#: Cells of at most this many rows are searched row by row.
LEAF = 12

_DEPTH = 256  # of the stack; halving 2^63 rows needs 64 cells


@compiled
def _select(keys: Floats, rows: Indices, start: int, stop: int, middle: int) -> None:
    """Reorder rows[start:stop] so that keys before `middle` are at most those from it on."""
    low, high = start, stop - 1
    while low < high:
        a, b, c = keys[low], keys[(low + high) >> 1], keys[high]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = low, high
        while i <= j:
            while keys[i] < pivot:
                i += 1
            while keys[j] > pivot:
                j -= 1
            if i <= j:
                keys[i], keys[j] = keys[j], keys[i]
                rows[i], rows[j] = rows[j], rows[i]
                i += 1
                j -= 1
        if middle <= j:
            high = j
        elif middle >= i:
            low = i
        else:
            return


@compiled
def build(
    values: Floats,
    rows: Indices,
    edges: Indices,
    roots: Indices,
    points: Floats,
    starts: Indices,
    stops: Indices,
    rights: Indices,
    lows: Floats,
    highs: Floats,
) -> int:
    """Build a tree over each group of rows and return the number of cells used.

    Parameters
    ----------
    values : float64 array of shape (n, d)
        All rows.
    rows : int64 array of shape (n,)
        The rows, group after group; reordered within each group.
    edges : int64 array of shape (g + 1,)
        Where each group begins in `rows`.
    roots : int64 array of shape (g,), written
        The first cell of each group.
    points : float64 array of shape (n, d), written
        ``values[rows]``.
    starts, stops, rights : int64 arrays of shape (cells,), written
        Places of each cell in `rows`, and its right child (0: none); the left one comes next.
    lows, highs : float64 arrays of shape (cells, d), written
        The bounding box.
    """
    d = values.shape[1]
    keys = np.empty(rows.size, np.float64)
    stack = np.empty((_DEPTH, 3), np.int64)
    used = 0
    for group in range(roots.size):
        roots[group] = used
        stack[0, 0], stack[0, 1], stack[0, 2] = edges[group], edges[group + 1], -1
        height = 1
        while height > 0:
            height -= 1
            start, stop, parent = stack[height, 0], stack[height, 1], stack[height, 2]
            cell = used
            used += 1
            if parent >= 0:
                rights[parent] = cell
            starts[cell], stops[cell], rights[cell] = start, stop, 0
            widest, width = 0, -1.0
            for c in range(d):
                low, high = np.inf, -np.inf
                for place in range(start, stop):
                    value = values[rows[place], c]
                    low = min(low, value)
                    high = max(high, value)
                lows[cell, c], highs[cell, c] = low, high
                if high - low > width:
                    widest, width = c, high - low
            if stop - start <= LEAF:
                continue
            for place in range(start, stop):
                keys[place] = values[rows[place], widest]
            middle = (start + stop) >> 1
            _select(keys, rows, start, stop, middle)
            stack[height, 0], stack[height, 1], stack[height, 2] = middle, stop, cell
            stack[height + 1, 0], stack[height + 1, 1] = start, middle
            stack[height + 1, 2] = -1
            height += 2
    for place in range(rows.size):
        for c in range(d):
            points[place, c] = values[rows[place], c]
    return used


@compiled
def _gap(query: Floats, low: Floats, high: Floats) -> float:
    """Return the max-norm distance from a point to a box; 0 inside."""
    far = 0.0
    for c in range(query.size):
        far = max(far, low[c] - query[c], query[c] - high[c])
    return far


@compiled
def _keep(near: Floats, who: Indices, distance: float, place: int) -> None:
    """Put a neighbour into the ascending list, whose last entry falls out."""
    j = near.size - 1
    while j > 0 and near[j - 1] > distance:
        near[j] = near[j - 1]
        who[j] = who[j - 1]
        j -= 1
    near[j] = distance
    who[j] = place


@compiled
def nearest(
    queries: Floats,
    own: Indices,
    root_of: Indices,
    points: Floats,
    starts: Indices,
    stops: Indices,
    rights: Indices,
    lows: Floats,
    highs: Floats,
    distances: Floats,
    places: Indices,
) -> None:
    """Write the distances and places (m, k) of the nearest points of each query (m, d), ascending.

    `own` is the place of the query itself, which is left out (-1: it is not among the points), and
    `root_of` the cell to search from. Where the group has fewer other points: inf and -1.
    """
    d = points.shape[1]
    cells = np.empty(_DEPTH, np.int64)
    gaps = np.empty(_DEPTH, np.float64)
    for m in range(queries.shape[0]):
        query, near, who = queries[m], distances[m], places[m]
        near[:] = np.inf
        who[:] = -1
        last = near.size - 1
        myself = own[m]
        cells[0], gaps[0] = root_of[m], 0.0
        height = 1
        while height > 0:
            height -= 1
            if gaps[height] >= near[last]:
                continue
            cell = cells[height]
            while rights[cell] != 0:  # down on the nearer side
                left, right = cell + 1, rights[cell]
                gap_left = _gap(query, lows[left], highs[left])
                gap_right = _gap(query, lows[right], highs[right])
                if gap_left <= gap_right:
                    nearer, farther, gap, other = left, right, gap_left, gap_right
                else:
                    nearer, farther, gap, other = right, left, gap_right, gap_left
                if other < near[last]:
                    cells[height], gaps[height] = farther, other
                    height += 1
                if gap >= near[last]:
                    cell = -1
                    break
                cell = nearer
            if cell < 0:
                continue
            for place in range(starts[cell], stops[cell]):
                if place == myself:
                    continue
                bound = near[last]
                far = 0.0
                for c in range(d):
                    far = max(far, abs(points[place, c] - query[c]))
                    if far >= bound:
                        break
                if far < bound:
                    _keep(near, who, far, place)


@compiled
def count(
    queries: Floats,
    radius: Floats,
    closed: NDArray[np.bool_],
    root_of: Indices,
    points: Floats,
    starts: Indices,
    stops: Indices,
    rights: Indices,
    lows: Floats,
    highs: Floats,
    counts: Indices,
) -> None:
    """Write how many points are nearer to each query than its radius, or as near where `closed`.

    The query itself is counted where it is one of the points.
    """
    d = points.shape[1]
    cells = np.empty(_DEPTH, np.int64)
    for m in range(queries.shape[0]):
        query = queries[m]
        reach = np.nextafter(radius[m], np.inf) if closed[m] else radius[m]
        total = 0
        cells[0] = root_of[m]
        height = 1 if reach > 0.0 else 0
        while height > 0:
            height -= 1
            cell = cells[height]
            near, far = 0.0, 0.0
            for c in range(d):
                below, above = lows[cell, c] - query[c], query[c] - highs[cell, c]
                near = max(near, below, above)
                if near >= reach:
                    break
                far = max(far, highs[cell, c] - query[c], query[c] - lows[cell, c])
            if near >= reach:
                continue
            if far < reach:
                total += stops[cell] - starts[cell]
                continue
            if rights[cell] != 0:
                cells[height], cells[height + 1] = rights[cell], cell + 1
                height += 2
                continue
            for place in range(starts[cell], stops[cell]):
                inside = 1
                for c in range(d):
                    if abs(points[place, c] - query[c]) >= reach:
                        inside = 0
                        break
                total += inside
        counts[m] = total
