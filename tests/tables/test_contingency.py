"""One table at a time, against enumeration, scipy and scikit-learn."""

import itertools
import math

import numpy as np
import pytest
from scipy.special import gammaln, xlogy
from scipy.stats import hypergeom, random_table
from sklearn.metrics import mutual_info_score
from sklearn.metrics.cluster import expected_mutual_information

from infoscope import entropy, mutual_information
from infoscope.core.skewed_law import pearson_three_tail
from infoscope.estimate.many_tables import FIELDS, pair_statistics
from infoscope.tables import scan
from infoscope.tables.contingency import statistics_of
from infoscope.tables.counts import PairTables


def as_pair_tables(dense):
    """Lay full tables (null row and column first) out as cells."""
    filled = [np.nonzero(table) for table in dense]
    offsets = np.concatenate([[0], np.cumsum([len(i) for i, _ in filled])])
    return PairTables(
        np.array([[2 * t, 2 * t + 1] for t in range(len(dense))]),
        offsets,
        np.concatenate([i for i, _ in filled]),
        np.concatenate([j for _, j in filled]),
        np.concatenate([table[i, j] for table, (i, j) in zip(dense, filled, strict=True)]).astype(
            np.int64
        ),
    )


def with_null(table):
    return np.pad(np.asarray(table), ((1, 0), (1, 0)))


def statistics(*tables, level=0.95, seed=0):
    dense = [with_null(table) for table in tables]
    levels = np.array([size - 1 for table in dense for size in table.shape])
    return statistics_of(as_pair_tables(dense), levels, level=level, seed=seed, n_tests=1)


def fields(table):
    cells = as_pair_tables([with_null(table)])
    out = np.zeros((1, len(FIELDS)))
    sizes = np.array([np.shape(table)])
    pair_statistics(cells.offsets, cells.left, cells.right, cells.counts, sizes, out)
    return dict(zip(FIELDS, out[0], strict=True))


def g_of(table):
    table = np.asarray(table, float)
    expected = table.sum(-1, keepdims=True) * table.sum(-2, keepdims=True)
    expected = expected / table.sum((-2, -1), keepdims=True)
    return 2.0 * xlogy(table, table / np.where(expected > 0, expected, 1.0)).sum((-2, -1))


def every_table(rows, columns):
    """Yield (table, probability) for all tables with these margins."""
    n = sum(rows)
    constant = gammaln(np.array(rows) + 1).sum() + gammaln(np.array(columns) + 1).sum()
    constant -= gammaln(n + 1)

    def fill(i, left):
        if i == len(rows) - 1:
            yield [tuple(left)]
            return
        for row in itertools.product(*(range(k + 1) for k in left)):
            if sum(row) == rows[i]:
                rest = [k - x for k, x in zip(left, row, strict=True)]
                yield from ([row, *more] for more in fill(i + 1, rest))

    for table in fill(0, list(columns)):
        yield np.array(table), math.exp(constant - gammaln(np.array(table) + 1).sum())


RANDOM = [
    np.random.default_rng(seed).integers(0, top, shape)
    for seed, (shape, top) in enumerate(
        [((2, 2), 30), ((3, 4), 9), ((5, 5), 3), ((2, 9), 50), ((12, 7), 4), ((3, 3), 4000)]
    )
]


@pytest.mark.parametrize("table", RANDOM, ids=lambda table: "x".join(map(str, table.shape)))
def test_plugin_and_expectation_agree_with_scikit_learn(table):
    got = statistics(table)
    assert got.plugin[0] == pytest.approx(
        mutual_info_score(None, None, contingency=table), abs=1e-13
    )
    table = table[table.any(1)][:, table.any(0)]
    theirs = expected_mutual_information(table, int(table.sum()))
    assert got.expected[0] == pytest.approx(theirs, rel=1e-9, abs=1e-12)
    assert got.corrected[0] == got.plugin[0] - got.expected[0]


@pytest.mark.parametrize("table", RANDOM, ids=lambda table: "x".join(map(str, table.shape)))
def test_one_definition_shared_with_the_measures(table):
    got, n = statistics(table), table.sum()
    assert got.plugin[0] == pytest.approx(mutual_information(table / n), abs=1e-13)
    assert got.left_entropy[0] == pytest.approx(entropy(table.sum(1) / n), abs=1e-13)
    assert got.right_entropy[0] == pytest.approx(entropy(table.sum(0) / n), abs=1e-13)


@pytest.mark.parametrize(
    "rows, columns", [((4, 2, 1), (3, 3, 1)), ((5, 3, 4), (6, 6, 0)), ((3, 9), (4, 4, 4))]
)
def test_mean_of_g_equals_full_enumeration(rows, columns):
    columns = tuple(k for k in columns if k)
    tables = list(every_table(rows, columns))
    assert sum(p for _, p in tables) == pytest.approx(1.0, abs=1e-12)
    mean = sum(p * g_of(table) for table, p in tables)
    got = fields(tables[0][0])
    assert got["mean"] == pytest.approx(mean, rel=1e-11)
    variance = sum(p * (g_of(table) - mean) ** 2 for table, p in tables)
    # the variance is approximate, and worst on a dozen rows: 10% too high at n = 7, 15% at n = 12
    assert got["variance"] == pytest.approx(variance, rel=0.16)


@pytest.mark.parametrize(
    "n, rows, columns, seed",
    [
        (400, [0.4, 0.3, 0.2, 0.1], [0.5, 0.3, 0.2], 1),
        (200, 1 / np.arange(1, 11), 1 / np.arange(1, 11), 2),
        (1000, 1 / np.arange(1, 11) ** 2, np.ones(12), 3),
        (3000, np.ones(30), 1 / np.arange(1, 21), 4),
    ],
)
def test_moments_and_size_against_random_tables(n, rows, columns, seed):
    rng = np.random.default_rng(seed)
    a, b = (rng.multinomial(n, np.array(p) / np.sum(p)) for p in (rows, columns))
    a, b = a[a > 0], b[b > 0]
    draws = 4000
    tables = random_table.rvs(a, b, size=draws, random_state=rng)
    g = g_of(tables)
    got = fields(tables[0].astype(np.int64))
    error = g.std() / math.sqrt(draws)
    assert abs(g.mean() - got["mean"]) < 4 * error
    # 4000 draws know the sd to about 1.3%; the formula is good to a few percent
    assert math.sqrt(got["variance"]) == pytest.approx(g.std(), rel=0.06)
    one = np.ones(draws)
    p = pearson_three_tail(g, one * got["mean"], one * got["variance"], one * got["third"])
    for level in (0.05, 0.01):
        assert (
            abs((p <= level).mean() - level)
            < 4 * math.sqrt(level * (1 - level) / draws) + 0.1 * level
        )


@pytest.mark.parametrize(
    "table",
    [
        [[3, 1], [1, 3]],
        [[10, 0], [0, 5]],
        [[50, 3], [900, 20]],
        [[7, 5], [6, 2]],
        [[1, 0], [998, 1]],
        [[30, 10], [10, 30]],
    ],
)
def test_two_by_two_is_enumerated(table):
    (a, b), n = (np.sum(table[0]), np.sum(table, axis=0)[0]), np.sum(table)
    x = np.arange(max(0, a + b - n), min(a, b) + 1)
    every = np.array([[[k, a - k], [b - k, n - a - b + k]] for k in x])
    weights = hypergeom(n, a, b).pmf(x)
    g = g_of(every)
    tied = np.isclose(g, g_of(table), rtol=1e-9, atol=1e-12)  # mid-p: they count by half
    expected = weights[(g > g_of(table)) & ~tied].sum() + weights[tied].sum() / 2
    assert statistics(table).p_value[0] == pytest.approx(expected, rel=1e-9)
    got, mean = fields(table), (weights * g).sum()
    assert got["mean"] == pytest.approx(mean, rel=1e-10)
    assert got["variance"] == pytest.approx((weights * (g - mean) ** 2).sum(), rel=1e-9)
    assert got["third"] == pytest.approx((weights * (g - mean) ** 3).sum(), rel=1e-8)


def test_two_by_two_far_tail_does_not_vanish():
    # x ~ hypergeometric(2000, 1000, 1000); only the two diagonal tables reach this G, each by half
    log_p = 2 * gammaln(1001) - gammaln(2001) + 2 * gammaln(1001)
    got = statistics([[300, 0], [0, 300]]).p_value[0]
    log_p = 4 * gammaln(301) - gammaln(601) - 2 * gammaln(301)
    assert math.log(got) == pytest.approx(log_p, rel=1e-9)


def test_random_tables_agree_with_enumeration_in_the_corner():
    rows, columns = (6, 3, 2), (5, 3, 3)
    tables = list(every_table(rows, columns))
    rng = np.random.default_rng(5)
    for k in rng.choice(len(tables), 6, replace=False):
        table, _ = tables[k]
        exact = sum(p for other, p in tables if g_of(other) >= g_of(table) - 1e-9)
        got = statistics(table, seed=7)
        assert got.p_rule[0] == 3
        # stopping at 20 exceedances: relative error about 1/sqrt(20); below 20/999 of 999 draws
        spread = max(exact / math.sqrt(20), math.sqrt(exact / 999))
        assert abs(got.p_value[0] - exact) < 4 * spread + 0.002


def test_random_tables_repeat_with_their_seed():
    table = [[3, 1, 0], [0, 2, 1], [1, 0, 2]]
    p = [statistics(table, seed=seed).p_value[0] for seed in (1, 1, 2)]
    assert p[0] == p[1] != p[2]


def test_independent_tables_give_exactly_zero():
    got = statistics(np.outer([1, 2, 3], [4, 1, 5]), np.outer([7, 7], [3, 11]))
    assert got.plugin.tolist() == [0.0, 0.0]
    assert (got.corrected < 0).all()
    # no table shows less; those that show as much are this one, and count by half
    assert got.p_value[1] == pytest.approx(1 - hypergeom(196, 98, 42).pmf(21) / 2, rel=1e-9)


def test_one_level_carries_nothing():
    got = statistics([[4, 5, 6]], [[4, 0], [5, 0]], [[9]])
    for values in (got.plugin, got.expected, got.corrected, got.stderr, got.low, got.high):
        assert values.tolist() == [0.0] * 3
        assert not np.signbit(values).any()
    assert got.p_value.tolist() == [1.0] * 3
    assert got.left_entropy[2] == 0.0
    assert not np.signbit(got.left_entropy).any()


def test_nothing_counted_is_nan_not_zero():
    got = statistics([[0, 0], [0, 0]], [[5, 1], [1, 5]])
    assert got.n.tolist() == [0, 12]
    for values in (got.plugin, got.corrected, got.stderr, got.p_value, got.left_entropy):
        assert np.isnan(values[0])
        assert not np.isnan(values[1])


def test_null_row_and_column_do_not_count():
    table = np.array([[9, 9, 9], [9, 5, 1], [9, 2, 6]])
    cells, levels = as_pair_tables([table]), np.array([2, 2])
    got = statistics_of(cells, levels, level=0.95, seed=0, n_tests=1)
    alone = statistics(table[1:, 1:])
    assert got.n[0] == 14
    assert got.plugin[0] == alone.plugin[0]
    assert got.p_value[0] == alone.p_value[0]


def test_order_of_rows_columns_and_sides_does_not_matter():
    table = np.random.default_rng(3).integers(0, 40, (6, 4))
    turned = table[[3, 0, 5, 1, 2, 4]][:, [2, 0, 3, 1]].T
    one, other = statistics(table), statistics(turned)
    for name in ("plugin", "expected", "corrected", "stderr", "low", "high", "p_value"):
        assert getattr(one, name)[0] == pytest.approx(getattr(other, name)[0], rel=1e-9)
    assert one.left_entropy[0] == pytest.approx(other.right_entropy[0], rel=1e-12)


@pytest.mark.parametrize(
    "joint, seed",
    [
        ([[0.30, 0.10, 0.05], [0.05, 0.15, 0.10], [0.05, 0.05, 0.15]], 1),
        ([[0.2, 0.2], [0.3, 0.3]], 2),
        ([[0.28, 0.12], [0.22, 0.38]], 3),
    ],
)
def test_the_interval_covers_the_truth(joint, seed):
    truth = mutual_information(joint)
    rng, n, times = np.random.default_rng(seed), 400, 400
    tables = rng.multinomial(n, np.ravel(joint), size=times).reshape(times, *np.shape(joint))
    got = statistics(*tables)
    covered = ((got.low <= truth + 1e-15) & (truth <= got.high)).mean()
    # 400 intervals know a coverage of .95 to .011
    assert 0.915 <= covered <= 0.995
    assert got.corrected.mean() == pytest.approx(truth, abs=4 * got.corrected.std() / 20 + 5e-4)
    if truth > 0.01:
        assert np.median(got.stderr) == pytest.approx(got.corrected.std(), rel=0.15)
    wide = statistics(*tables[:20], level=0.99)
    assert (wide.low <= got.low[:20]).all()
    assert (wide.high >= got.high[:20]).all()


@pytest.mark.parametrize("other", [(500, 500), (499, 501), (100, 101), (300, 300, 301)])
def test_one_odd_row_says_nothing(other):
    # wherever it falls, G is about the same: neither a point at the estimate nor a claim
    table = np.array([[1] + [0] * (len(other) - 1), other])
    table[1, 0] -= 1
    found = scan({
        "odd": np.repeat(["odd", "even"], table.sum(axis=1)),
        "x": np.concatenate([np.repeat(list("abc")[: len(other)], row) for row in table]),
    }).mutual_information  # fmt: skip
    n = table.sum()
    entropy_of_odd = -(math.log(1 / n) + (n - 1) * math.log((n - 1) / n)) / n
    assert found.low[0, 1] == 0.0
    assert found.high[0, 1] >= entropy_of_odd * (1 - 1e-9)
    assert found.stderr[0, 1] >= found.plugin[0, 1]
    assert found.p_value[0, 1] > 0.2  # of three tables two show more or as much: mid-p is 1/4


@pytest.mark.parametrize("odd", [(1, 1), (1, 5), (2, 2), (3, 40)])
def test_what_an_exact_test_accepts_is_in_the_interval(odd):
    n = 1000
    a, b = odd
    for both in range(min(a, b) + 1):
        one = np.repeat(["yes", "no", "yes", "no"], [both, b - both, a - both, n - a - b + both])
        two = np.repeat(["yes", "yes", "no", "no"], [both, b - both, a - both, n - a - b + both])
        found = scan({"one": one, "two": two}).mutual_information
        assert found.low[0, 1] <= max(found.corrected[0, 1], 0.0) <= found.high[0, 1]
        assert found.p_value[0, 1] <= 0.025 or found.low[0, 1] == 0.0
