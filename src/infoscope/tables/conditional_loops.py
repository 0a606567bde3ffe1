"""The compiled loops behind conditional information: counting against a fixed column, and dealing.

They count columns of codes against one column that is not in the table itself: a chosen column
joined with the target, say, whose cells are the strata of a conditional mutual information.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.core.compiling import compiled

__all__ = ["count_against", "stratified_tail_draws"]


@compiled
def count_against(
    codes: NDArray[np.integer],
    which: NDArray[np.int64],
    fixed: NDArray[np.int32],
    width: int,
    offsets: NDArray[np.int64],
    cells: NDArray[np.int64],
) -> None:
    """Add every row to the full table of each column ``codes[which[t]]`` (rows) by `fixed`.

    `width` is one more than the largest code of `fixed`; table t begins at ``offsets[t]``. Rows go
    in blocks, so that those of `fixed` stay in the cache while all columns use them.
    """
    n = codes.shape[1]
    block = 8192
    wide = np.uint64(width)
    for start in range(0, n, block):
        stop = min(start + block, n)
        for t in range(which.shape[0]):
            column = codes[which[t]]
            base = np.uint64(offsets[t])
            for r in range(start, stop):
                cells[base + np.uint64(column[r]) * wide + np.uint64(fixed[r])] += 1


@compiled
def stratified_tail_draws(
    sizes: NDArray[np.int64],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    labels: NDArray[np.int64],
    x_log_x: NDArray[np.float64],
    observed: float,
    seed: int,
    wanted: int,
    limit: int,
) -> tuple[int, int]:
    """Draw tables with fixed margins in every stratum until `wanted` reach the observed G.

    `sizes` (strata, 2) says how many row totals and column totals each stratum has; `rows` and
    `columns` hold them end to end, `labels` the column of every observation, stratum by stratum.
    The last row of a stratum is not dealt out, so it should be the largest. `observed` is the sum
    of x ln x over all cells, less rounding: it orders tables of fixed margins as G does. Returns
    (draws that reached it, draws).
    """
    left = columns.copy()
    cell = np.zeros(columns.shape[0], np.int64)
    untouched = 0.0
    for j in range(columns.shape[0]):
        untouched += x_log_x[columns[j]]
    state = np.uint64(seed)
    reached = draws = 0
    while draws < limit and reached < wanted:
        value = untouched
        first_row = first_column = first_label = 0
        for s in range(sizes.shape[0]):
            n = 0
            for i in range(sizes[s, 0]):
                n += rows[first_row + i]
            place = 0
            for i in range(sizes[s, 0] - 1):
                for _ in range(rows[first_row + i]):
                    state += np.uint64(0x9E3779B97F4A7C15)  # splitmix64 (Steele, Lea & Flood 2014)
                    z = state
                    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                    z = z ^ (z >> np.uint64(31))
                    share = (z >> np.uint64(11)) * (1.0 / 9007199254740992.0)
                    here = first_label + place
                    other = here + int(share * (n - place))
                    j = labels[other]
                    labels[other] = labels[here]
                    labels[here] = j
                    k = first_column + j
                    value += x_log_x[left[k] - 1] - x_log_x[left[k]]
                    left[k] -= 1
                    value += x_log_x[cell[k] + 1] - x_log_x[cell[k]]
                    cell[k] += 1
                    place += 1
                for q in range(first_label + place - rows[first_row + i], first_label + place):
                    cell[first_column + labels[q]] = 0
            for q in range(first_label, first_label + place):
                k = first_column + labels[q]
                left[k] = columns[k]
            first_row += sizes[s, 0]
            first_column += sizes[s, 1]
            first_label += n
        draws += 1
        if value >= observed:
            reached += 1
    return reached, draws
