"""Statistics of many contingency tables in one call, each under its own fixed margins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.kernels.space import FAST

__all__ = ["FIELDS", "pair_statistics"]

#: The columns of what `pair_statistics` writes, one row a table. Information and entropies are in
#: nats; mean, variance, third are those of G = 2 n * plugin at independence.
FIELDS = (
    "n", "n_rows", "n_columns", "plugin", "spread", "left_entropy", "right_entropy",
    "mean", "variance", "third", "enumerated_p", "minority", "ties",
)  # fmt: skip


def pair_statistics(
    offsets: NDArray[np.int64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    counts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    out: NDArray[np.float64],
    *,
    moments: bool = True,
) -> None:
    """Write one row of `FIELDS` for each table.

    Parameters
    ----------
    offsets : int64 array of shape (m + 1,)
        The filled cells of table t are ``offsets[t]:offsets[t + 1]``, in any order.
    left, right, counts : int64 arrays
        Row and column of each cell, and its count. Row and column 0 stand for null and are left
        out, then empty rows and columns.
    sizes : int64 array of shape (m, 2)
        Levels of each table's rows and columns, null not counted.
    out : float64 array of shape (m, 13)
        Filled. NaN in a table without rows, except n = 0; `enumerated_p` is NaN but for 2 x 2.
    moments : bool
        False leaves the law of G (mean, variance, third, enumerated_p) out, and its cost.

    Notes
    -----
    `spread` is the variance of log(p / (p_i p_j)) under the table; `minority` is n less the largest
    total; `ties` is about how many pairs of rows agree in both columns by chance.
    """
    if not FAST:
        from infoscope.estimate.kernels.plain_tables import plain_pair_statistics

        plain_pair_statistics(offsets, left, right, counts, sizes, out)
        return
    from infoscope.estimate.kernels.fourfold import enumerate_fourfold
    from infoscope.estimate.kernels.margin_counts import read_tables
    from infoscope.estimate.kernels.margin_moments import moments_of_margins

    sizes = np.ascontiguousarray(sizes, dtype=np.int64)
    m = sizes.shape[0]
    ends = np.cumsum(sizes.ravel() + 1)
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])[: 2 * m].reshape(m, 2)
    room = int(ends[-1]) if m else 0
    values, times = np.empty(room, np.int64), np.empty(room, np.int64)
    distinct, corners = np.zeros((m, 2), np.int64), np.zeros((m, 3), np.int64)
    read_tables(offsets, left, right, counts, sizes, values, times, starts, distinct, corners, out)
    totals = out[:, 0].astype(np.int64)
    tested = (out[:, 1] >= 2) & (out[:, 2] >= 2)
    if not moments:
        return
    four = tested & (out[:, 1] == 2) & (out[:, 2] == 2)
    exact = np.empty((m, 4))
    enumerate_fourfold(totals, corners, np.flatnonzero(four), exact)
    out[four, 10] = exact[four, 0]
    out[four, 7:10] = exact[four, 1:]
    other = tested & ~four
    found = np.empty((m, 3))
    moments_of_margins(totals, values, times, starts, distinct, np.flatnonzero(other), found)
    out[other, 7:10] = found[other]
