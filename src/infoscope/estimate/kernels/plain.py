"""The same neighbours and counts without numba: sorting in one dimension, SciPy's tree above it.

Slower, and equal to the compiled kernels to the last bit. Equal rows are searched for once: SciPy's
tree cannot part them, and 100,000 of them in one leaf would be compared with each other.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["count_around", "count_line", "nearest_around", "nearest_line", "nearest_rows"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_spatial: Any = importlib.import_module("scipy.spatial")

_CHUNK = 4096  # queries whose neighbours are listed at once


def nearest_line(values: Floats, edges: Indices, distances: Floats) -> None:
    """Write the distances (n, k) of the nearest other numbers of the group, ascending."""
    k = distances.shape[1]
    n = values.size
    group = np.repeat(np.arange(edges.size - 1, dtype=np.int64), np.diff(edges))
    start, stop = edges[group], edges[group + 1]
    here = np.arange(n, dtype=np.int64)
    beside = np.empty((n, 2 * k))
    with np.errstate(over="ignore"):
        for j in range(1, k + 1):
            down, up = here - j, here + j
            fall = values - values[np.maximum(down, 0)]
            rise = values[np.minimum(up, n - 1)] - values
            beside[:, 2 * j - 2] = np.where(down >= start, fall, np.inf)
            beside[:, 2 * j - 1] = np.where(up < stop, rise, np.inf)
    beside.sort(axis=1)
    distances[:] = beside[:, :k]


def count_line(
    values: Floats, edges: Indices, radius: Floats, closed: NDArray[np.bool_], counts: Indices
) -> None:
    """Write how many numbers of the group are nearer than the radius, or as near where `closed`."""
    reach = np.where(closed, np.nextafter(radius, np.inf), radius)
    for group in range(edges.size - 1):
        start, stop = int(edges[group]), int(edges[group + 1])
        if start == stop:
            continue
        part, r = values[start:stop], reach[start:stop]
        below = _boundary(part, r)
        above = part.size - _boundary(-part[::-1], r[::-1])[::-1]
        counts[start:stop] = np.where(r > 0.0, above - below, 0)


def _boundary(ascending: Floats, reach: Floats) -> Indices:
    """Return for each number the first place with ``number - ascending[place] < reach``.

    The search compares sums, whose rounding differs from that of differences: the steps after it
    mend the places where that matters.
    """
    n = ascending.size
    place = np.searchsorted(ascending, ascending - reach, side="right")
    own = np.arange(n, dtype=np.int64)
    while True:
        outside = (place < own) & (ascending - ascending[np.minimum(place, n - 1)] >= reach)
        inside = (place > 0) & (ascending - ascending[np.maximum(place - 1, 0)] < reach)
        if not (outside.any() or inside.any()):
            return place.astype(np.int64)
        place = _mended(ascending, place, outside, inside)


def _mended(
    ascending: Floats,
    place: Indices,
    outside: NDArray[np.bool_],
    inside: NDArray[np.bool_],
) -> Indices:
    """Move places over whole runs of equal numbers: one step may pass many of them."""
    moved = place.copy()
    up = np.flatnonzero(outside)
    moved[up] = np.searchsorted(ascending, ascending[place[up]], side="right")
    down = np.flatnonzero(inside & ~outside)
    moved[down] = np.searchsorted(ascending, ascending[place[down] - 1], side="left")
    return moved


def nearest_around(
    queries: Floats, points: Floats, k: int, leave_out_one: bool
) -> tuple[Floats, Indices]:
    """Return distances and rows (m, k) of the points nearest to each query, ascending.

    `leave_out_one` drops one point at distance 0, the query itself. Where points are too few, inf
    and -1; of more than k + 1 equal points the rows named are k + 1 of them.
    """
    m = queries.shape[0]
    distances, rows = np.full((m, k), np.inf), np.full((m, k), -1, np.int64)
    if points.shape[0] == 0:
        return distances, rows
    kept = _few_copies(points, k + 1)
    tree = _spatial.cKDTree(points[kept])
    some, back = _different(queries)
    found, place = tree.query(some, k + 1, p=np.inf)  # (u, k + 1)
    place = np.append(kept, -1)[place]
    found, place = found[back], place[back]
    if leave_out_one:
        own: NDArray[np.bool_] = place == np.arange(m, dtype=np.int64)[:, None]
        own[np.flatnonzero(~np.any(own, axis=1)), 0] = True  # a copy stands for it
        found, place = found[~own].reshape(m, k), place[~own].reshape(m, k)
    return found[:, :k], place[:, :k]


def count_around(
    queries: Floats, points: Floats, radius: Floats, closed: NDArray[np.bool_]
) -> Indices:
    """Return how many points are nearer to each query than its radius, or as near if closed."""
    m = queries.shape[0]
    counts = np.zeros(m, np.int64)
    if points.shape[0] == 0:
        return counts
    reach = np.where(closed, radius, np.nextafter(radius, -np.inf))
    asked = np.flatnonzero(reach >= 0.0)
    different, back = _different(points)
    copies = np.bincount(back, minlength=different.shape[0])
    tree = _spatial.cKDTree(different)
    if different.shape[0] == points.shape[0]:
        counts[asked] = tree.query_ball_point(
            queries[asked], reach[asked], p=np.inf, return_length=True
        )
        return counts
    for start in range(0, asked.size, _CHUNK):
        part = asked[start : start + _CHUNK]
        lists = tree.query_ball_point(queries[part], reach[part], p=np.inf)
        counts[part] = [int(copies[inside].sum()) for inside in lists]
    return counts


def _different(values: Floats) -> tuple[Floats, Indices]:
    """Return the different rows, and which of them each row is."""
    rows, back = np.unique(values, axis=0, return_inverse=True)
    return rows, back.reshape(-1).astype(np.int64)


def _few_copies(values: Floats, most: int) -> Indices:
    """Return the rows to keep so that no row stands there more than `most` times."""
    _, back = _different(values)
    order = np.argsort(back, kind="stable")
    sizes = np.bincount(back)
    rank = np.arange(order.size, dtype=np.int64) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.sort(order[rank < most])


def nearest_rows(points: Floats, k: int) -> NDArray[np.intp]:
    """Return the k nearest rows of each row, (n, k), itself counted, by the largest difference."""
    near = _spatial.cKDTree(points).query(points, k=k, p=np.inf)[1]
    return np.asarray(near, dtype=np.intp).reshape(points.shape[0], k)
