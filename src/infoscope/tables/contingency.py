"""From the cells of contingency tables to mutual information with error bar and p-value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infoscope.core.skewed_law import pearson_three_tail, score_interval
from infoscope.estimate.many_tables import FIELDS, pair_statistics
from infoscope.tables.counts import PairTables
from infoscope.tables.significance import random_table_p_value

__all__ = ["P_RULES", "PairStatistics", "statistics_of"]

#: How a p-value was found, by the number in `PairStatistics.p_rule`.
P_RULES = (
    "no test: at most one level",
    "all 2 x 2 tables with these margins enumerated, mid-p",
    "fixed-margin law of G (Pearson III)",
    "random tables with these margins",
    "nearest neighbours: simulated law of untied columns",
)

_FEWEST_MINORITY = 50  # below either bound G has a handful of atoms and no curve fits
_FEWEST_TIES = 5.0
_ALIKE = 0.05  # sd of G over its mean below which one odd row says nothing wherever it falls

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairStatistics:
    """What `statistics_of` computes, one entry a table, in nats.

    NaN marks tables without a single complete row.
    """

    n: NDArray[np.int64]
    plugin: Floats
    expected: Floats
    corrected: Floats
    stderr: Floats
    low: Floats
    high: Floats
    p_value: Floats
    p_rule: NDArray[np.int8]
    left_entropy: Floats
    right_entropy: Floats


def statistics_of(
    tables: PairTables, levels: NDArray[np.int64], *, level: float, seed: int, n_tests: int
) -> PairStatistics:
    """Return the statistics of every table in the batch, from its complete rows.

    Parameters
    ----------
    tables : PairTables
        Cells of the tables, nulls under code 0.
    levels : ndarray
        Non-null levels of each column, (c,).
    level : float
        Coverage of the interval, in (0, 1).
    seed : int
        Decides the random tables, together with the two columns' numbers.
    n_tests : int
        How many pairs are tested together: decides how fine a Monte Carlo p-value must be.
    """
    out = np.zeros((tables.pairs.shape[0], len(FIELDS)))
    pair_statistics(
        tables.offsets, tables.left, tables.right, tables.counts, levels[tables.pairs], out
    )
    got: dict[str, Floats] = dict(zip(FIELDS, out.T, strict=True))
    n, plugin, variance = got["n"], got["plugin"], got["variance"]
    many = np.maximum(n, 1.0)
    expected = got["mean"] / (2.0 * many)
    corrected = plugin - expected
    ceiling = np.minimum(got["left_entropy"], got["right_entropy"])
    room = ceiling - expected
    rescaled = np.where(
        (corrected > 0) & (room > 0), corrected * ceiling / np.where(room > 0, room, 1.0), corrected
    )
    s = np.where(plugin > 0, got["spread"] / np.where(plugin > 0, plugin, 1.0), 2.0)
    v0, k0 = variance / (4.0 * many**2), got["third"] / (8.0 * many**3)
    low, high = score_interval(corrected, rescaled, v0, k0, s, many, level)
    stderr = np.sqrt(v0 + s * np.maximum(corrected, 0.0) / many)
    degenerate = (got["n_rows"] < 2) | (got["n_columns"] < 2)
    stderr = np.where(degenerate, plugin, stderr)  # 0, or NaN where nothing was counted
    p, rule = _p_values(tables, levels, got, degenerate, seed, n_tests)
    low, high, stderr = _of_few_atoms(got, corrected, low, high, stderr, p, rule, level)
    return PairStatistics(
        n.astype(np.int64), plugin, expected, corrected, stderr, low, high, p, rule,
        got["left_entropy"], got["right_entropy"],
    )  # fmt: skip


def _of_few_atoms(
    got: dict[str, Floats], corrected: Floats, low: Floats, high: Floats, stderr: Floats,
    p: Floats, rule: NDArray[np.int8], level: float,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """Mend intervals and errors where G takes so few values that no curve follows them.

    What an exact test does not reject belongs to the interval, and so does the estimate. One odd
    row gives nearly the same G wherever it falls: then the table says nothing, the interval is from
    0 to the smaller entropy, and the error is that of a count of one.
    """
    single = (got["minority"] < 2) & (rule > 0)
    single &= got["variance"] < (_ALIKE * got["mean"]) ** 2
    exact = (rule == 1) | (rule == 3)
    low = np.where(single | (exact & (p > (1.0 - level) / 2.0)), 0.0, low)
    high = np.where(exact, np.maximum(high, corrected), high)
    ceiling = np.minimum(got["left_entropy"], got["right_entropy"])
    high = np.where(single, np.maximum(high, ceiling), high)
    return low, high, np.where(single, np.maximum(stderr, got["plugin"]), stderr)


def _p_values(
    tables: PairTables,
    levels: NDArray[np.int64],
    got: dict[str, Floats],
    degenerate: NDArray[np.bool_],
    seed: int,
    n_tests: int,
) -> tuple[Floats, NDArray[np.int8]]:
    """Choose the rule of each table and return p-values and rules."""
    n = got["n"]
    four = (got["n_rows"] == 2) & (got["n_columns"] == 2)
    corner = (got["minority"] < _FEWEST_MINORITY) | (got["ties"] < _FEWEST_TIES)
    rule = np.where(degenerate, 0, np.where(four, 1, np.where(corner, 3, 2))).astype(np.int8)
    p = np.where(n > 0, 1.0, np.nan)
    p[rule == 1] = got["enumerated_p"][rule == 1]
    law = rule == 2
    g = 2.0 * n[law] * got["plugin"][law]
    p[law] = pearson_three_tail(g, got["mean"][law], got["variance"][law], got["third"][law])
    for t in np.flatnonzero(rule == 3):
        table = tables.dense(int(t), levels)[1:, 1:]
        table = table[table.any(axis=1)][:, table.any(axis=0)]
        i, j = (int(k) for k in tables.pairs[t])
        own = int(np.random.SeedSequence([seed, i, j]).generate_state(1, np.uint64)[0]) >> 1
        p[t], _ = random_table_p_value(table, own, n_tests)
    return p, rule
