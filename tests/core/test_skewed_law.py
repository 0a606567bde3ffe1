import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm, pearson3

from infoscope.core.skewed_law import pearson_three_tail, score_interval


@pytest.mark.parametrize("skew", [0.0, 5e-4, 0.01, 0.3, 1.0, 2.0])
def test_pearson_three_tail_is_scipys(skew):
    value = np.array([-1.0, 0.3, 2.0, 6.0])
    one = np.ones(4)
    got = pearson_three_tail(5 + 3 * value, 5 * one, 9 * one, 27 * skew * one)
    reference = norm.sf(value) if skew < 1e-3 else pearson3.sf(value, skew)
    assert got == pytest.approx(reference, rel=1e-6, abs=1e-14)


def test_nothing_else_can_be_seen_without_variance():
    got = pearson_three_tail([0.3, 0.3], [0.3, 0.0], [0.0, 1.0], [0.0, 0.0])
    assert got[0] == 1.0
    assert got[1] == pytest.approx(norm.sf(0.3))


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


def score(estimate, truth, v0, k0, s, n):
    """Wilson & Hilferty's score, as printed: the cube root of a gamma variable is nearly normal."""
    sd = math.sqrt(v0 + s * truth / n)
    skew = (k0 + 6 * truth / n**2 * (s / 2) ** 2) / sd**3
    shape = 4 / skew**2
    gamma = shape + (estimate - truth) / sd * math.sqrt(shape)
    return (math.cbrt(gamma / shape) - 1 + 1 / (9 * shape)) * 3 * math.sqrt(shape)


@pytest.mark.parametrize(
    "estimate, v0, k0, s, n",
    [
        (0.01, 1e-4, 1e-7, 2.1, 500.0),
        (-0.01, 4e-4, 1e-5, 1.8, 90.0),
        (0.7, 1e-6, 1e-10, 0.4, 3000.0),
        (2.0, 0.02, 0.004, 3.0, 40.0),
        (0.05, 5e-9, 7e-13, 2.0, 20_000.0),
    ],
)
def test_both_ends_solve_the_score_equation(estimate, v0, k0, s, n):
    low, high = score_interval(estimate, estimate * 1.1, v0, k0, s, n, 0.9)
    z = norm.ppf(0.95)
    far = 3 * abs(estimate) + 100 * (math.sqrt(v0) + s / n)
    for end, looks_from, target in ((low, estimate, z), (high, estimate * 1.1, -z)):
        if score(looks_from, 0.0, v0, k0, s, n) <= target:
            assert end == 0.0
            continue
        law = (looks_from, target)
        root = brentq(
            lambda j, law=law: score(law[0], j, v0, k0, s, n) - law[1], 0.0, far, xtol=1e-15
        )
        assert end == pytest.approx(root, rel=1e-7, abs=1e-9 * math.sqrt(v0))


def test_without_a_floor_the_ends_go_below_zero():
    low, high = score_interval(-0.5, -0.5, 0.01, 0.0, 2.0, 100.0, 0.95, floor=-math.inf)
    assert float(low) == pytest.approx(-0.5 - 1.959964 * 0.1, rel=1e-6)
    assert float(high) == pytest.approx(-0.5 + 1.959964 * 0.1, rel=1e-6)


def test_without_variance_both_ends_are_the_estimate():
    low, high = score_interval([0.2, 0.2], 0.2, [0.0, 0.01], 0.0, 2.0, 100.0, 0.95)
    assert low[0] == high[0] == 0.2
    assert low[1] < 0.2 < high[1]
