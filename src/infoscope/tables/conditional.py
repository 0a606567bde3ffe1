"""Conditional mutual information from counts: strata are independent given their margins.

Means, variances and third moments of G add up over the strata, so that the corrected value, its
interval and its p-value follow as they do for a single table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from infoscope.core.skewed_law import pearson_three_tail, score_interval
from infoscope.estimate.many_tables import FIELDS, pair_statistics
from infoscope.tables.conditional_counts import split_strata
from infoscope.tables.conditional_loops import stratified_tail_draws
from infoscope.tables.counts import PairTables
from infoscope.tables.significance import draws_allowed

__all__ = ["ConditionalStatistics", "conditional_statistics"]

_FEWEST_MINORITY = 50  # as for a single table: below, G has a handful of atoms
_FEWEST_TIES = 5.0
_WANTED = 20

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ConditionalStatistics:
    """What `conditional_statistics` computes, one entry a table, in nats.

    `n` counts rows in which nothing is null, `strata` those that could show dependence (two rows
    and two columns at least). NaN marks tables without a single complete row.
    """

    n: NDArray[np.int64]
    strata: NDArray[np.int64]
    plugin: Floats
    expected: Floats
    corrected: Floats
    stderr: Floats
    low: Floats
    high: Floats
    p_value: Floats
    left_entropy: Floats  # H(X|Z)
    right_entropy: Floats  # H(Y|Z)


def conditional_statistics(
    tables: PairTables,
    left_levels: NDArray[np.int64],
    inner: int,
    *,
    level: float = 0.95,
    seed: int = 0,
    n_tests: int = 1,
    tests: bool = True,
) -> ConditionalStatistics:
    """Return I(X; Y | Z) of every table of X by (Z, Y), from its complete rows.

    I(X; Y | Z) = sum over z of n_z/n I_z, minus its exact expectation under fixed margins.

    Parameters
    ----------
    tables : PairTables
        Cells with left code x and right code z * (inner + 1) + y.
    left_levels : ndarray
        Non-null levels of X of each table, (m,).
    inner : int
        Non-null levels of Y.
    level : float
        Coverage of the interval, in (0, 1).
    seed : int
        Decides the random tables, together with the number of the table.
    n_tests : int
        How many tests are made together: decides how fine a Monte Carlo p-value must be.
    tests : bool
        Whether to compute intervals and p-values; NaN if not.
    """
    m = len(tables.pairs)
    strata, table = split_strata(tables, inner)
    sizes = np.stack([left_levels[table], np.full(table.size, inner)], axis=1)
    out = np.zeros((table.size, len(FIELDS)))
    pair_statistics(strata.offsets, strata.left, strata.right, strata.counts, sizes, out)
    got: dict[str, Floats] = dict(zip(FIELDS, out.T, strict=True))
    rows = got["n"]
    open_ = (got["n_rows"] > 1) & (got["n_columns"] > 1)

    def total(values: Floats) -> Floats:
        return np.bincount(table, weights=values, minlength=m).astype(np.float64, copy=False)

    n = total(rows)
    many = np.maximum(n, 1.0)
    plugin = total(rows * got["plugin"]) / many
    mean, variance, third = (total(got[name]) for name in ("mean", "variance", "third"))
    expected = mean / (2.0 * many)
    corrected = plugin - expected
    nothing = n == 0
    nan = np.where(nothing, np.nan, 0.0)
    left_entropy = total(rows * got["left_entropy"]) / many
    right_entropy = total(rows * got["right_entropy"]) / many
    n_open = total(open_.astype(np.float64)).astype(np.int64)
    stderr, low, high, p = (np.full(m, np.nan) for _ in range(4))
    if tests and m:
        ceiling = np.minimum(left_entropy, right_entropy)
        room = ceiling - expected
        rescaled = np.where(
            (corrected > 0) & (room > 0),
            corrected * ceiling / np.where(room > 0, room, 1.0),
            corrected,
        )
        spread = total(rows * (got["spread"] + got["plugin"] ** 2)) / many - plugin**2
        s = np.where(plugin > 0, np.maximum(spread, 0.0) / np.where(plugin > 0, plugin, 1.0), 2.0)
        v0, k0 = variance / (4.0 * many**2), third / (8.0 * many**3)
        low, high = score_interval(corrected, rescaled, v0, k0, s, many, level)
        stderr = np.where(n_open > 0, np.sqrt(v0 + s * np.maximum(corrected, 0.0) / many), plugin)
        minority, ties = total(got["minority"] * open_), total(got["ties"] * open_)
        p = np.where(nothing, np.nan, 1.0)
        single = (n_open == 1) & (total(((got["n_rows"] == 2) & (got["n_columns"] == 2)) * 1.0) > 0)
        alone = np.flatnonzero(open_ & (got["n_rows"] == 2) & (got["n_columns"] == 2))
        alone = alone[single[table[alone]]]
        single = np.zeros(m, bool)
        single[table[alone]] = True
        p[table[alone]] = got["enumerated_p"][alone]
        corner = (n_open > 0) & ~single & ((minority < _FEWEST_MINORITY) | (ties < _FEWEST_TIES))
        law = (n_open > 0) & ~single & ~corner
        p[law] = pearson_three_tail(
            2.0 * n[law] * plugin[law], mean[law], variance[law], third[law]
        )
        for t in np.flatnonzero(corner):
            of = np.flatnonzero((table == t) & open_)
            p[t] = _random_p(strata, of, seed, int(t), n_tests)
    return ConditionalStatistics(
        n.astype(np.int64), n_open, plugin + nan, expected + nan, corrected + nan, stderr + nan,
        low + nan, high + nan, p, left_entropy + nan, right_entropy + nan,
    )  # fmt: skip


def _random_p(strata: PairTables, of: NDArray[np.int64], seed: int, t: int, n_tests: int) -> float:
    """Return the Monte Carlo p-value of the strata `of` of one table (Besag & Clifford 1991)."""
    sizes: list[tuple[int, int]] = []
    rows: list[NDArray[np.int64]] = []
    columns: list[NDArray[np.int64]] = []
    labels: list[NDArray[np.int64]] = []
    observed, n, dealt = 0.0, 0, 0
    for s in of:
        cells = slice(strata.offsets[s], strata.offsets[s + 1])
        counts = strata.counts[cells]
        totals = []
        for codes in (strata.left[cells], strata.right[cells]):
            sums = np.bincount(codes, weights=counts).astype(np.int64)
            totals.append(np.sort(sums[sums > 0]))
        a, b = sorted(totals, key=lambda sums: -sums[-1])  # deal out as few rows as possible
        sizes.append((a.size, b.size))
        rows.append(a)
        columns.append(b)
        labels.append(np.repeat(np.arange(b.size), b))
        observed += float(xlogy(counts, counts.astype(np.float64)).sum())
        n += int(counts.sum())
        dealt += int(a[:-1].sum())
    known = np.arange(max(int(a[-1]) for a in [*rows, *columns]) + 1, dtype=np.float64)
    tie = 1e-11 * (n * math.log(max(n, 2)) + 1.0)
    own = int(np.random.SeedSequence([seed, t]).generate_state(1, np.uint64)[0]) >> 1
    reached, draws = stratified_tail_draws(
        np.array(sizes, np.int64), np.concatenate(rows), np.concatenate(columns),
        np.concatenate(labels), xlogy(known, known), observed - tie, own, _WANTED,
        draws_allowed(n_tests, dealt),
    )  # fmt: skip
    p = _WANTED / draws if reached >= _WANTED else (reached + 1) / (draws + 1)
    return float(p)
