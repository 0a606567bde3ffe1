import numpy as np
import pytest
from scipy.stats import false_discovery_control, norm, pearson3

from infoscope.tables.score_interval import score_interval
from infoscope.tables.significance import (
    benjamini_hochberg,
    draws_allowed,
    pearson_three_tail,
    random_table_p_value,
)


@pytest.mark.parametrize("skew", [0.0, 5e-4, 0.01, 0.3, 1.0, 2.0])
def test_pearson_three_tail_is_scipys(skew):
    value = np.array([-1.0, 0.3, 2.0, 6.0])
    one = np.ones(4)
    got = pearson_three_tail(5 + 3 * value, 5 * one, 9 * one, 27 * skew * one)
    reference = norm.sf(value) if skew < 1e-3 else pearson3.sf(value, skew)
    assert got == pytest.approx(reference, rel=1e-6, abs=1e-14)


def test_q_values_are_scipys():
    p = np.random.default_rng(1).beta(0.4, 2.0, 200)
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p), rel=1e-12)


def test_untested_pairs_do_not_count_among_the_tests():
    q = benjamini_hochberg(np.array([0.01, np.nan, 0.04]))
    assert q[[0, 2]] == pytest.approx([0.02, 0.04])
    assert np.isnan(q[1])
    assert benjamini_hochberg(np.array([])).size == 0


def test_an_impossible_association_uses_all_draws():
    # only one table in 20! / (2!^10 * ...) is as extreme: never met in 999 draws
    p, draws = random_table_p_value(np.diag(np.full(10, 2)), seed=1)
    assert (p, draws) == (1 / 1000, 999)


def test_a_table_at_the_centre_stops_at_twenty():
    p, draws = random_table_p_value(np.array([[3, 3, 3], [3, 3, 3]]), seed=1)
    assert (p, draws) == (1.0, 20)


def test_many_tests_are_allowed_finer_p_values_where_tables_are_cheap():
    assert draws_allowed(1, 10) == 999
    assert draws_allowed(105, 40) == 42_000
    assert draws_allowed(10_000, 40) == 99_999
    assert draws_allowed(105, 100_000) == 999


def test_interval_without_skew_inverts_the_normal_score():
    one = np.ones(1)
    # s = 0 and k0 = 0: mean J, variance v0, so the ends are estimate -+ z sd
    low, high = score_interval(0.5 * one, 0.6 * one, 0.01 * one, 0 * one, 0 * one, 100 * one, 0.95)
    assert low[0] == pytest.approx(0.5 - 1.959964 * 0.1, rel=1e-6)
    assert high[0] == pytest.approx(0.6 + 1.959964 * 0.1, rel=1e-6)


def test_interval_starts_at_zero_where_zero_is_no_surprise():
    one = np.ones(1)
    low, high = score_interval(
        0.1 * one, 0.1 * one, 0.01 * one, 1e-4 * one, 2 * one, 100 * one, 0.95
    )
    assert low[0] == 0.0
    assert high[0] > 0.2
