"""`Forest`: the arrays of one k-d tree for each group of rows, and calls into its kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.kernels import forest

__all__ = ["Forest"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


class Forest:
    """Trees over ``values[rows[edges[g]:edges[g + 1]]]`` for each group g.

    Parameters
    ----------
    values : float64 array of shape (n, d), writable and in C order
    rows : int64 array of shape (n,)
        Rows, group after group.
    edges : int64 array of shape (g + 1,)
    """

    def __init__(self, values: Floats, rows: Indices, edges: Indices) -> None:
        n, d = values.shape
        self.rows = rows.copy()
        n_groups = edges.size - 1
        room = 4 * (n // forest.LEAF) + 2 * n_groups + 8
        self.points = np.empty((n, d))
        roots = np.zeros(n_groups, np.int64)
        starts, stops, rights = (np.empty(room, np.int64) for _ in range(3))
        lows, highs = np.empty((room, d)), np.empty((room, d))
        used = forest.build(
            values, self.rows, edges, roots, self.points, starts, stops, rights, lows, highs
        )
        self._cells = (starts[:used].copy(), stops[:used].copy(), rights[:used].copy())
        self._boxes = (lows[:used].copy(), highs[:used].copy())
        self._root_of_place = np.repeat(roots, np.diff(edges))
        self._place_of_row = np.empty(n, np.int64)
        self._place_of_row[self.rows] = np.arange(n, dtype=np.int64)

    def nearest(self, queries: Floats, own: Indices, k: int) -> tuple[Floats, Indices]:
        """Return distances and rows (m, k) of the nearest points of each query.

        `own` holds the query's place in `points`, and the answer is then ordered by row; or -1 for
        queries from outside, which search the first tree.
        """
        m = queries.shape[0]
        inside = m > 0 and own[0] >= 0
        root_of = self._root_of_place if inside else np.zeros(m, np.int64)
        distances, places = np.empty((m, k)), np.empty((m, k), np.int64)
        forest.nearest(
            queries, own, root_of, self.points, *self._cells, *self._boxes, distances, places
        )
        near = np.append(self.rows, -1)[places]
        if inside:
            return distances[self._place_of_row], near[self._place_of_row]
        return distances, near

    def count(
        self, rows: Indices | None, queries: Floats, radius: Floats, closed: NDArray[np.bool_]
    ) -> Indices:
        """Return how many points lie within the radius of each query.

        `rows` says which points the queries are, whose groups are searched; None: outside points.
        """
        m = queries.shape[0]
        if rows is None:
            order, root_of = np.arange(m, dtype=np.int64), np.zeros(m, np.int64)
        else:
            places = self._place_of_row[rows]
            order = np.argsort(places)  # neighbours in turn find their cells in the cache
            root_of = self._root_of_place[places[order]]
        found, counts = np.empty(m, np.int64), np.empty(m, np.int64)
        forest.count(
            queries[order], radius[order], closed[order], root_of,
            self.points, *self._cells, *self._boxes, found,
        )  # fmt: skip
        counts[order] = found
        return counts
