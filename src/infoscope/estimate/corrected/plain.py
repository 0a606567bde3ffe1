"""The kernels of `kernels.py` in plain NumPy, for where numba is missing; equal results."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.corrected.ratios import Ratio

__all__ = ["repaired_counts", "swap_by_matrix", "swap_on_demand"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_BLOCK = 128


def swap_by_matrix(values: Floats, pairing: Indices, couples: Indices, thresholds: Floats) -> None:
    """Propose to exchange the partners of couples that share no row, all at once."""
    i, j = couples[:, 0], couples[:, 1]
    first, second = pairing[i], pairing[j]
    gain = values[i, second] + values[j, first] - values[i, first] - values[j, second]
    kept = gain >= thresholds
    pairing[i[kept]], pairing[j[kept]] = second[kept], first[kept]


def swap_on_demand(
    ratio: Ratio, current: Floats, pairing: Indices, couples: Indices, thresholds: Floats
) -> None:
    """Do as `swap_by_matrix` with log ratios made when needed; `current` holds those in use."""
    i, j = couples[:, 0], couples[:, 1]
    first, second = pairing[i], pairing[j]
    new_i, new_j = ratio.inner(i, second), ratio.inner(j, first)
    kept = new_i + new_j - current[i] - current[j] >= thresholds
    pairing[i[kept]], pairing[j[kept]] = second[kept], first[kept]
    current[i[kept]], current[j[kept]] = new_i[kept], new_j[kept]


def repaired_counts(
    a: Floats, b: Floats, pairings: Indices, k: int, counts_x: Indices, counts_y: Indices
) -> None:
    """Count the rows nearer than the k-th neighbour, in x and in y, for several pairings."""
    n = a.shape[1]
    for start in range(0, n, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, n))
        far_x = _distances(a, rows)
        itself = np.arange(rows.size), rows
        for s, pairing in enumerate(pairings):
            far_y = _distances(b, pairing[rows])
            joint = np.maximum(far_x, far_y[:, pairing])
            joint[itself] = np.inf
            radius = np.partition(joint, k - 1, axis=1)[:, [k - 1]]
            own = (radius > 0.0)[:, 0].astype(np.int64)
            counts_x[s, rows] = (far_x < radius).sum(1) - own
            counts_y[s, rows] = (far_y < radius).sum(1) - own


def _distances(columns: Floats, rows: Indices) -> Floats:
    """Return the max-norm distances of some rows to all, (m, n)."""
    far = np.zeros((rows.size, columns.shape[1]))
    for column in columns:
        np.maximum(far, np.abs(column[rows, None] - column), out=far)
    return far
