"""`Space`: rows of numbers and labels, asked for their nearest neighbours and counts in max-norm.

Rows with different labels are infinitely far apart. Distances are exact and compared exactly, so
that ties are seen as such and the answer does not depend on the order of the rows.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.extras import is_installed
from infoscope.estimate.kernels import plain

__all__ = ["FAST", "Space"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

#: Whether the compiled kernels are used.
FAST = is_installed("numba")


class Space:
    """Points (n, d), and labels or None; trees are built when first asked for.

    Parameters
    ----------
    values : float64 array of shape (n, d), finite; d may be 0.
    codes : int64 array of shape (n,) or None
        Labels of the rows, not negative.
    order : int64 array of shape (n,), optional
        An argsort of the only column, to spare a sort.
    """

    def __init__(
        self, values: Floats, codes: Indices | None = None, order: NDArray[np.intp] | None = None
    ) -> None:
        self.values = np.ascontiguousarray(values, dtype=np.float64)
        if not self.values.flags.writeable:  # kernels are compiled for writable arrays only
            self.values = self.values.copy()
        self.n, self.dimension = self.values.shape
        self.codes = codes
        self._order = order

    @cached_property
    def rows(self) -> Indices:
        """The rows, group after group; in one dimension ascending within each group."""
        if self.dimension == 1:
            order = np.argsort(self.values[:, 0]) if self._order is None else self._order
            order = order.astype(np.int64, copy=True)
        else:
            order = np.arange(self.n, dtype=np.int64)
        if self.codes is None:
            return order
        return order[np.argsort(_narrow(self.codes[order]), kind="stable")]

    @cached_property
    def edges(self) -> Indices:
        """Where each group begins in `rows`, and n."""
        if self.codes is None:
            return np.array([0, self.n])
        return np.concatenate([[0], np.cumsum(np.bincount(self.codes))]).astype(np.int64)

    @cached_property
    def members(self) -> Indices:
        """How many rows have the same labels, oneself included; (n,)."""
        if self.codes is None:
            return np.zeros(self.n, dtype=np.int64) + self.n
        return np.bincount(self.codes)[self.codes].astype(np.int64)

    def nearest(self, k: int) -> tuple[Floats, Indices | None]:
        """Return distances (n, k) to the nearest other rows with the same labels, and the rows.

        inf and -1 where there are fewer. The rows are None in less than two dimensions.
        """
        if self.dimension == 0:
            few: NDArray[np.bool_] = (
                np.arange(k, dtype=np.int64)[None, :] >= self.members[:, None] - 1
            )
            return np.where(few, np.inf, 0.0), None
        if self.dimension == 1:
            found = np.empty((self.n, k))
            _lines().nearest_line(self.values[self.rows, 0], self.edges, found)
            distances = np.empty_like(found)
            distances[self.rows] = found
            return distances, None
        if FAST:
            return self._forest.nearest(self._forest.points, np.arange(self.n, dtype=np.int64), k)
        distances, near = np.empty((self.n, k)), np.empty((self.n, k), np.int64)
        for group in self._groups():
            points = self.values[group]
            distances[group], places = plain.nearest_around(points, points, k, True)
            near[group] = np.append(group, -1)[places]
        return distances, near

    def count(self, radius: Floats, closed: NDArray[np.bool_]) -> Indices:
        """Return how many rows with the same labels are nearer than the radius; (n,).

        Where `closed`, also those exactly that far. The row itself is counted, unless the radius is
        0 and open.
        """
        if self.dimension == 0:
            return np.where(closed | (radius > 0.0), self.members, 0)
        counts = np.empty(self.n, np.int64)
        if self.dimension == 1:
            found = np.empty(self.n, np.int64)
            line, rows = self.values[self.rows, 0], self.rows
            _lines().count_line(line, self.edges, radius[rows], closed[rows], found)
            counts[rows] = found
            return counts
        return self.count_at(np.arange(self.n, dtype=np.int64), radius, closed)

    def count_at(self, rows: Indices, radius: Floats, closed: NDArray[np.bool_]) -> Indices:
        """Return `count` for some rows; `radius` and `closed` belong to these rows."""
        if self.dimension == 0:
            return np.where(closed | (radius > 0.0), self.members[rows], 0)
        if FAST:
            return self._forest.count(rows, self.values[rows], radius, closed)
        counts = np.empty(rows.size, np.int64)
        labels = np.zeros(rows.size, np.int64) if self.codes is None else self.codes[rows]
        for group in self._groups():
            code = 0 if self.codes is None else int(self.codes[group[0]])
            here = np.flatnonzero(labels == code)
            counts[here] = plain.count_around(
                self.values[rows[here]], self.values[group], radius[here], closed[here]
            )
        return counts

    def nearest_to(self, queries: Floats, k: int) -> Floats:
        """Return distances (m, k) from points outside to the nearest rows; labels play no part."""
        if FAST:
            queries = np.array(queries, dtype=np.float64, order="C")
            return self._forest.nearest(queries, np.full(queries.shape[0], -1), k)[0]
        return plain.nearest_around(queries, self.values, k, False)[0]

    def count_around(self, queries: Floats, radius: Floats, closed: NDArray[np.bool_]) -> Indices:
        """Return how many rows are within a radius of points outside; labels play no part."""
        if FAST:
            queries = np.array(queries, dtype=np.float64, order="C")
            return self._forest.count(None, queries, radius, closed)
        return plain.count_around(queries, self.values, radius, closed)

    @cached_property
    def _forest(self) -> Any:
        from infoscope.estimate.kernels.trees import Forest

        return Forest(self.values, self.rows, self.edges)

    def _groups(self) -> list[Indices]:
        """Return the rows of each group that has any."""
        parts = np.split(self.rows, self.edges[1:-1])
        return [part for part in parts if part.size]


def _lines() -> Any:
    """Return the module with the kernels for one dimension."""
    if FAST:
        from infoscope.estimate.kernels import strips

        return strips
    return plain


def _narrow(codes: Indices) -> NDArray[Any]:
    """Return the codes in 16 bits where they fit: sorting those takes two counting passes."""
    return codes.astype(np.uint16) if codes.size and codes.max() < 65536 else codes
