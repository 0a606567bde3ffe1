"""The compiled loop that deals random tables of given margins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.core.compiling import compiled

__all__ = ["tail_draws"]


@compiled
def tail_draws(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    labels: NDArray[np.int64],
    x_log_x: NDArray[np.float64],
    observed: float,
    seed: int,
    wanted: int,
    limit: int,
) -> tuple[int, int]:
    """Draw tables with these margins until `wanted` reach the observed G, at most `limit`.

    `labels` holds the column of every observation and is shuffled; ``x_log_x[x]`` is x ln x.
    `observed` is the sum of x ln x over the cells, less rounding: it orders tables of fixed margins
    as G does, and ties count. Only the rows before the last are dealt out (one partial shuffle), so
    the last should be the largest. Returns (tables that reached it, draws).
    """
    n = labels.shape[0]
    left = np.empty(columns.shape[0], np.int64)
    cell = np.zeros(columns.shape[0], np.int64)
    untouched = 0.0
    for j in range(columns.shape[0]):
        left[j] = columns[j]
        untouched += x_log_x[columns[j]]
    state = np.uint64(seed)
    reached = draws = 0
    while draws < limit and reached < wanted:
        value = untouched
        place = 0
        for i in range(rows.shape[0] - 1):
            for _ in range(rows[i]):
                state += np.uint64(0x9E3779B97F4A7C15)  # splitmix64 (Steele, Lea & Flood 2014)
                z = state
                z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                z = z ^ (z >> np.uint64(31))
                other = place + int((z >> np.uint64(11)) * (1.0 / 9007199254740992.0) * (n - place))
                j = labels[other]
                labels[other] = labels[place]
                labels[place] = j
                value += x_log_x[left[j] - 1] - x_log_x[left[j]]
                left[j] -= 1
                value += x_log_x[cell[j] + 1] - x_log_x[cell[j]]
                cell[j] += 1
                place += 1
            for q in range(place - rows[i], place):
                cell[labels[q]] = 0
        for q in range(place):
            left[labels[q]] = columns[labels[q]]
        draws += 1
        if value >= observed:
            reached += 1
    return reached, draws
