"""p-values of tables too small for any curve: random tables with the same margins."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from infoscope.tables.row_loops import tail_draws

__all__ = ["draws_allowed", "random_table_p_value"]

_WANTED = 20  # exceedances after which a Monte Carlo p-value stops (Besag & Clifford 1991)
_USUAL_DRAWS = 999


def draws_allowed(n_pairs: int, dealt: int) -> int:
    """Return how many random tables one pair may cost when `n_pairs` are tested together.

    999 tables cannot give a p below 0.001, which no correction over thousands of pairs would pass:
    20 * pairs / 0.05 draws are enough, and are cut where one table is expensive (`dealt` rows).
    """
    affordable = max(_USUAL_DRAWS, 20_000_000 // max(dealt, 1))
    return int(min(max(_USUAL_DRAWS, 400 * n_pairs), 99_999, affordable))


def random_table_p_value(
    table: NDArray[np.int64], seed: int, n_pairs: int = 1
) -> tuple[float, int]:
    """Return (p, draws) of G against random tables with the margins of `table`, stopping early.

    p = 20/draws once 20 random tables reached the observed G, else (reached + 1)/(draws + 1).
    `table` has no empty row or column.
    """
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    if columns.max() > rows.max():  # deal out as few rows as possible
        rows, columns = columns, rows
    rows = np.sort(rows)
    cells = table[table > 0].astype(np.float64)
    n = int(rows.sum())
    tie = 1e-11 * (n * math.log(n) + 1.0)  # sums of the same terms in another order are ties
    observed = float(xlogy(cells, cells).sum()) - tie
    labels = np.repeat(np.arange(columns.size), columns)
    known = np.arange(max(rows.max(), columns.max()) + 1, dtype=np.float64)
    limit = draws_allowed(n_pairs, int(rows[:-1].sum()))
    reached, draws = tail_draws(
        rows, columns, labels, xlogy(known, known), observed, seed, _WANTED, limit
    )
    p = _WANTED / draws if reached >= _WANTED else (reached + 1) / (draws + 1)
    return float(p), int(draws)
