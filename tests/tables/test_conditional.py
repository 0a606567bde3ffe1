import itertools

import numpy as np
import pytest

import infoscope
from infoscope.tables.conditional import conditional_statistics
from infoscope.tables.conditional_counts import CodedTable, join_codes, split_strata
from infoscope.tables.contingency import statistics_of


def codes_of(rng, n, k, null=0.0):
    codes = rng.integers(1, k + 1, n).astype(np.int32)
    codes[rng.random(n) < null] = 0
    return codes


def given(x, y, z, kx, ky, kz, **options):
    table = CodedTable([x], [kx])
    fixed = (z * (ky + 1) + y).astype(np.int32)
    tables = table.against([0], fixed, kz * (ky + 1) + ky)
    return conditional_statistics(tables, np.array([kx]), ky, **options)


def shuffled_within(y, z, rng):
    order = np.lexsort((rng.random(y.size), z))
    out = np.empty_like(y)
    out[np.argsort(z, kind="stable")] = y[order]
    return out


def g_of(x, y, z):
    """G summed over strata, from the textbook formula."""
    total = 0.0
    for level in np.unique(z):
        rows = z == level
        table = np.zeros((x.max() + 1, y.max() + 1))
        np.add.at(table, (x[rows], y[rows]), 1)
        m = np.outer(table.sum(1), table.sum(0)) / table.sum()
        seen = table > 0
        total += 2 * (table[seen] * np.log(table[seen] / m[seen])).sum()
    return total


@pytest.mark.parametrize("seed", range(5))
def test_plugin_is_the_exact_measure_of_the_counts(seed):
    rng = np.random.default_rng(seed)
    kx, ky, kz = rng.integers(2, 6, 3)
    x, y, z = (codes_of(rng, 300, k, null=0.1) for k in (kx, ky, kz))
    got = given(x, y, z, kx, ky, kz)
    whole = (x > 0) & (y > 0) & (z > 0)
    joint = np.zeros((kx, ky, kz))
    np.add.at(joint, (x[whole] - 1, y[whole] - 1, z[whole] - 1), 1)
    exact = infoscope.conditional_mutual_information(joint / joint.sum())
    assert got.n[0] == whole.sum()
    assert got.plugin[0] == pytest.approx(float(exact), abs=1e-12)


def test_one_stratum_is_the_plain_table():
    rng = np.random.default_rng(0)
    x, y = codes_of(rng, 400, 4), codes_of(rng, 400, 5)
    got = given(x, y, np.ones_like(x), 4, 5, 1)
    table = CodedTable([x, y], [4, 5])
    plain = statistics_of(
        table.against([0], y, 5), np.array([4, 5, 5]), level=0.95, seed=0, n_tests=1
    )
    for name in ("plugin", "expected", "corrected", "stderr", "low", "high", "p_value"):
        assert getattr(got, name)[0] == pytest.approx(getattr(plain, name)[0], rel=1e-9)


def test_expectation_is_exact_over_all_permutations_within_strata():
    x = np.array([1, 1, 2, 2, 1, 2, 2, 3])
    y = np.array([1, 2, 1, 3, 2, 2, 1, 1])
    z = np.array([1, 1, 1, 1, 2, 2, 2, 2])
    values = [
        g_of(x, np.r_[one, two], z)
        for one in itertools.permutations(y[:4])
        for two in itertools.permutations(y[4:])
    ]
    got = given(*(v.astype(np.int32) for v in (x, y, z)), 3, 3, 2)
    assert got.expected[0] == pytest.approx(np.mean(values) / (2 * 8), abs=1e-12)
    exact = np.mean(np.array(values) >= g_of(x, y, z) - 1e-9)
    draws = given(*(v.astype(np.int32) for v in (x, y, z)), 3, 3, 2, seed=3)
    assert draws.p_value[0] == pytest.approx(exact, abs=0.25)  # 20 exceedances: 22% error
    many = [given(*(v.astype(np.int32) for v in (x, y, z)), 3, 3, 2, seed=s).p_value[0]
            for s in range(60)]  # fmt: skip
    assert np.mean(many) == pytest.approx(exact, abs=0.04)


def test_moments_match_tables_shuffled_within_strata():
    rng = np.random.default_rng(1)
    z = np.sort(codes_of(rng, 600, 4))
    x = np.minimum(rng.geometric(0.4, 600), 5).astype(np.int32)
    y = np.minimum(rng.geometric(0.5, 600), 4).astype(np.int32)
    values = np.array([g_of(x, shuffled_within(y, z, rng), z) for _ in range(1500)])
    got = given(x, y, z, 5, 4, 4)
    mean = got.expected[0] * 2 * 600
    assert mean == pytest.approx(values.mean(), abs=4 * values.std() / np.sqrt(1500))
    p = np.array([
        given(x, shuffled_within(y, z, rng), z, 5, 4, 4).p_value[0] for _ in range(400)
    ])  # fmt: skip
    assert 0.015 <= (p <= 0.05).mean() <= 0.095  # 0.05 within 4 standard errors


def test_chain_rule():
    rng = np.random.default_rng(2)
    z = codes_of(rng, 500, 3)
    x = ((z + codes_of(rng, 500, 3)) % 4 + 1).astype(np.int32)
    y = ((x + codes_of(rng, 500, 2)) % 3 + 1).astype(np.int32)
    both, levels = join_codes([x, z])
    alone = given(z, y, np.ones_like(z), 3, 3, 1).plugin[0]
    conditional = given(x, y, z, 4, 3, 3).plugin[0]
    together = given(both, y, np.ones_like(z), levels, 3, 1).plugin[0]
    assert together == pytest.approx(alone + conditional, abs=1e-12)


def test_a_column_that_adds_nothing_once_the_other_is_known():
    rng = np.random.default_rng(3)
    z = codes_of(rng, 3000, 3)
    x = np.where(rng.random(3000) < 0.3, codes_of(rng, 3000, 3), z).astype(np.int32)
    y = np.where(rng.random(3000) < 0.3, codes_of(rng, 3000, 3), z).astype(np.int32)
    apart = given(x, y, np.ones_like(z), 3, 3, 1)
    known = given(x, y, z, 3, 3, 3)
    assert apart.p_value[0] < 1e-50
    assert known.p_value[0] > 1e-3
    assert known.low[0] <= 0.0 <= known.high[0]
    assert apart.corrected[0] > 20 * known.corrected[0]


def test_nothing_to_count():
    empty = np.zeros(5, np.int32)
    got = given(empty, empty, empty, 2, 2, 2)
    assert got.n[0] == 0
    assert np.isnan(got.plugin[0])
    assert np.isnan(got.p_value[0])
    constant = given(*(np.ones(5, np.int32),) * 3, 1, 1, 1)
    assert constant.plugin[0] == 0.0
    assert constant.p_value[0] == 1.0
    assert constant.strata[0] == 0


def test_counting_against_a_fixed_column_equals_plain_counting():
    rng = np.random.default_rng(4)
    columns = [codes_of(rng, 20_000, k, null=0.2) for k in (2, 9, 300, 7000)]
    fixed = codes_of(rng, 20_000, 900, null=0.1)
    table = CodedTable(columns, [2, 9, 300, 7000])
    tables = table.against([3, 0, 2, 1], fixed, 900)
    for t, c in enumerate([3, 0, 2, 1]):
        cells = slice(tables.offsets[t], tables.offsets[t + 1])
        got = dict(
            zip(
                zip(tables.left[cells].tolist(), tables.right[cells].tolist(), strict=True),
                tables.counts[cells].tolist(),
                strict=True,
            )
        )
        pairs, counts = np.unique(np.stack([columns[c], fixed]), axis=1, return_counts=True)
        assert got == dict(zip(map(tuple, pairs.T.tolist()), counts.tolist(), strict=True))


def test_joined_codes_number_the_combinations_that_occur():
    rng = np.random.default_rng(5)
    a, b, c = (codes_of(rng, 200, k, null=0.2) for k in (3, 4, 1000))
    codes, levels = join_codes([a, b, c])
    whole = (a > 0) & (b > 0) & (c > 0)
    assert ((codes == 0) == ~whole).all()
    seen = {tuple(row): code for *row, code in zip(a, b, c, codes, strict=True) if code}
    assert len(seen) == levels == len(set(seen.values()))
    assert sorted(seen.values()) == list(range(1, levels + 1))


def test_strata_hold_every_complete_row_once():
    rng = np.random.default_rng(6)
    x, y, z = (codes_of(rng, 500, k, null=0.2) for k in (3, 4, 5))
    tables = CodedTable([x], [3]).against([0], (z * 5 + y).astype(np.int32), 5 * 5 + 4)
    strata, owner = split_strata(tables, 4)
    assert strata.counts.sum() == ((x > 0) & (y > 0) & (z > 0)).sum()
    assert len(owner) == len(strata.offsets) - 1 == 5
    assert (strata.left > 0).all()
    assert (strata.right > 0).all()
