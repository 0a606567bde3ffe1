"""Compiled loop (numba) that counts integers in one pass over memory, finding their range too.

Each chunk is read twice while it is in the fastest cache: once for its range, once to be counted.
"""
# pyright: basic

from __future__ import annotations

import numba
import numpy as np

__all__ = ["histogram"]

CHUNK = 2048
#: Tables kept side by side: neighbouring equal values then never wait for each other's update.
N_TABLES = 4


@numba.njit(inline="always")
def _grown(tables, base, low, high, most_cells):
    """Return tables that reach from low to high, doubled for what is to come, and their base."""
    n_cells = tables.shape[1]
    first = low if n_cells == 0 else min(low, base)
    last = high if n_cells == 0 else max(high, base + n_cells - 1)
    needed = np.float64(last) - np.float64(first) + 1.0  # int64 would overflow for a wide range
    if needed > most_cells:
        return tables, base, False
    size = min(2 * np.int64(needed), np.int64(most_cells))
    grown = np.zeros((N_TABLES, size), dtype=np.int64)
    shift = base - first
    for t in range(N_TABLES):
        for cell in range(n_cells):
            if tables[t, cell]:
                grown[t, shift + cell] = tables[t, cell]
    return grown, first, True


@numba.njit(cache=True, nogil=True, boundscheck=False)
def histogram(x, most_cells):
    """Return the value of the first cell and the counts of it and its successors.

    No counts are returned when the values span more than `most_cells`.
    """
    n = x.size
    tables = np.zeros((N_TABLES, 0), dtype=np.int64)
    base = np.int64(0)
    for start in range(0, n, CHUNK):
        stop = min(start + CHUNK, n)
        low = high = x[start]
        for i in range(start, stop):
            low = min(low, x[i])
            high = max(high, x[i])
        below, above = np.int64(low), np.int64(high)
        if tables.shape[1] == 0 or below < base or above - base >= tables.shape[1]:
            tables, base, fits = _grown(tables, base, below, above, most_cells)
            if not fits:
                return base, np.zeros(0, dtype=np.int64)
        first, second, third, fourth = tables[0], tables[1], tables[2], tables[3]
        whole = stop - (stop - start) % N_TABLES
        for i in range(start, whole, N_TABLES):
            first[np.uint64(np.int64(x[i]) - base)] += 1
            second[np.uint64(np.int64(x[i + 1]) - base)] += 1
            third[np.uint64(np.int64(x[i + 2]) - base)] += 1
            fourth[np.uint64(np.int64(x[i + 3]) - base)] += 1
        for i in range(whole, stop):
            first[np.uint64(np.int64(x[i]) - base)] += 1
    return base, tables.sum(axis=0)
