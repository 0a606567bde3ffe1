"""Compiled kernels: swaps of a pairing, and neighbour counts of re-paired rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.core.compiling import compiled

__all__ = ["repaired_counts", "swap_by_matrix", "swap_on_demand"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@compiled
def swap_by_matrix(values: Floats, pairing: Indices, couples: Indices, thresholds: Floats) -> None:
    """Propose to exchange the partners of each couple of rows; accept where the gain is enough.

    `couples` is (m, 2); a swap is kept if the log ratio of the pairing changes by at least the
    threshold (the logarithm of a uniform number), which makes the pairing's law
    proportional to exp sum_i values[i, pairing[i]].
    """
    for c in range(couples.shape[0]):
        i, j = couples[c, 0], couples[c, 1]
        first, second = pairing[i], pairing[j]
        gain = values[i, second] + values[j, first] - values[i, first] - values[j, second]
        if gain >= thresholds[c]:
            pairing[i], pairing[j] = second, first


@compiled
def _inner(
    form: int, df: float, power: float, left: Floats, right: Floats, i: int, j: int
) -> float:
    """Return the inner part of the log ratio of one pair; see `ratios.Ratio`."""
    n_components, _, n_features = left.shape
    if form == 1:  # mixture
        top = -np.inf
        total = 0.0
        for k in range(n_components):
            product = 0.0
            for f in range(n_features):
                product += left[k, i, f] * right[k, j, f]
            if product > top:
                total = total * np.exp(top - product) + 1.0
                top = product
            else:
                total += np.exp(product - top)
        return np.log(total) + top
    product = 0.0
    for f in range(n_features):
        product += left[0, i, f] * right[0, j, f]
    if form == 2:  # Student
        return -power * np.log1p(product / df)
    return product


@compiled
def swap_on_demand(
    form: int,
    df: float,
    power: float,
    left: Floats,
    right: Floats,
    current: Floats,
    pairing: Indices,
    couples: Indices,
    thresholds: Floats,
) -> None:
    """Do as `swap_by_matrix` with log ratios made when needed; `current` holds those in use."""
    for c in range(couples.shape[0]):
        i, j = int(couples[c, 0]), int(couples[c, 1])
        first, second = int(pairing[i]), int(pairing[j])
        new_i = _inner(form, df, power, left, right, i, second)
        new_j = _inner(form, df, power, left, right, j, first)
        if new_i + new_j - current[i] - current[j] >= thresholds[c]:
            pairing[i], pairing[j] = second, first
            current[i], current[j] = new_i, new_j


@compiled
def repaired_counts(
    a: Floats, b: Floats, pairings: Indices, k: int, counts_x: Indices, counts_y: Indices
) -> None:
    """Count the rows nearer than the k-th neighbour, in x and in y, for several pairings.

    `a` is (dx, n) and `b` (dy, n), columns first, so that the loops over rows run in vector
    registers; with pairing s, row i of x belongs to row pairings[s, i] of y. Max-norm; counts are
    of other rows strictly nearer, (n_pairings, n). Distances in x are made once for all pairings.
    """
    n_pairings, n = pairings.shape
    far_x, far_y = np.empty(n, a.dtype), np.empty(n, a.dtype)
    nearest = np.empty(k, a.dtype)
    for i in range(n):
        far_x[:] = 0.0
        for c in range(a.shape[0]):
            here = a[c, i]
            column = a[c]
            for j in range(n):
                distance = abs(column[j] - here)
                far_x[j] = distance if distance > far_x[j] else far_x[j]
        for s in range(n_pairings):
            pairing = pairings[s]
            partner = pairing[i]
            far_y[:] = 0.0
            for c in range(b.shape[0]):
                here = b[c, partner]
                column = b[c]
                for j in range(n):
                    distance = abs(column[j] - here)
                    far_y[j] = distance if distance > far_y[j] else far_y[j]
            nearest[:] = np.inf
            for j in range(n):
                distance = far_y[pairing[j]]
                if far_x[j] > distance:
                    distance = far_x[j]
                if distance < nearest[k - 1] and j != i:
                    place = k - 1
                    while place > 0 and nearest[place - 1] > distance:
                        nearest[place] = nearest[place - 1]
                        place -= 1
                    nearest[place] = distance
            radius = nearest[k - 1]
            in_x, in_y = 0, 0
            for j in range(n):
                in_x += far_x[j] < radius
                in_y += far_y[j] < radius
            itself = 1 if radius > 0.0 else 0
            counts_x[s, i] = in_x - itself
            counts_y[s, i] = in_y - itself
