"""Columns divided by their spread, and balls around rows that are never empty."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.kernels.space import Space

__all__ = ["ball_radii", "scaled_columns"]

Floats = NDArray[np.float64]


def scaled_columns(values: Floats) -> tuple[Floats, float]:
    """Return each column less its median over its interquartile range, and the sum of their logs.

    A differential entropy falls by that sum when the columns are scaled so. Where the quartiles
    coincide, the standard deviation serves, and 1 for a constant column.

    >>> scaled_columns(np.array([[0.0], [2.0], [4.0], [6.0], [8.0]]))[0][:, 0]
    array([-1. , -0.5,  0. ,  0.5,  1. ])
    """
    scaled = np.empty(values.shape)
    total = 0.0
    for c, column in enumerate(values.T):
        largest = float(np.abs(column).max())
        if largest == 0.0:
            scaled[:, c] = 0.0
            continue
        unit = column / largest  # squares and sums of numbers near 1e300 stay finite
        low, middle, high = np.quantile(unit, [0.25, 0.5, 0.75])
        spread = float(high - low) or float(unit.std())
        if spread == 0.0:
            scaled[:, c] = 0.0
            continue
        scaled[:, c] = (unit - middle) / spread
        total += math.log(spread) + math.log(largest)
    return scaled, total


def ball_radii(
    space: Space, k: int, queries: Floats | None = None
) -> tuple[Floats, NDArray[np.int64], int]:
    """Return for each row the radius of a ball, and how many other rows are in it.

    The ball reaches to the k-th nearest row and holds k, or, where that is at distance 0, to the
    nearest row that differs, and holds all up to that far. The third answer is how many balls were
    of the second sort. `queries` are rows from outside; None: the rows of the space, each around
    itself. Where no row differs, the radius is 0.
    """
    if queries is None:
        around = space.values
        radius = space.nearest(k)[0][:, k - 1]
    else:
        around = queries
        radius = space.nearest_to(queries, k)[:, k - 1]
    counts = np.zeros(radius.size, dtype=np.int64) + k
    empty = np.flatnonzero(radius == 0.0)
    if empty.size:
        different = Space(np.unique(space.values, axis=0))
        two = different.nearest_to(around[empty], 2)
        farther = np.where(two[:, 0] > 0.0, two[:, 0], two[:, 1])
        found = np.isfinite(farther)
        some, reach = empty[found], farther[found]
        closed = np.zeros(some.size, dtype=np.int64) == 0
        radius = radius.copy()
        radius[some] = reach
        inside = space.count_around(around[some], reach, closed)
        counts[some] = inside - (1 if queries is None else 0)
    return radius, counts, int(empty.size)
