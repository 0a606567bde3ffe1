"""Tests of independence: exact small cases, size under the null, power, and families of tests."""

import math

import numpy as np
import pytest
from scipy.stats import false_discovery_control, hypergeom
from sklearn.metrics import mutual_info_score

import infoscope.estimate as est
from infoscope.core.errors import InvalidArgument

KSG = "ksg" in {spec.name for spec in est.methods("mutual_information")}


def rejections(draw, n_tests: int, seed: int, **kwargs: object) -> float:
    rng = np.random.default_rng(seed)
    p = [est.independence_test(*draw(rng), rng=i, **kwargs).p_value for i in range(n_tests)]
    return float(np.mean(np.array(p) <= 0.05))


def test_a_fourfold_table_is_enumerated() -> None:
    """Margins 8/8 and 9/7: the law of one cell is hypergeometric; ties count by half."""
    x = [0] * 8 + [1] * 8
    y = [0] * 7 + [1] + [0] * 2 + [1] * 6
    result = est.independence_test(x, y)
    assert result.how == "all 2 x 2 tables, mid-p"
    law = hypergeom(16, 8, 9)
    information = {
        cell: mutual_info_score(None, None, contingency=[[cell, 8 - cell], [9 - cell, cell - 1]])
        for cell in range(1, 9)
    }
    more = sum(law.pmf(c) for c, i in information.items() if i > information[7] + 1e-9)
    as_much = sum(law.pmf(c) for c, i in information.items() if abs(i - information[7]) < 1e-9)
    assert result.p_value == pytest.approx(more + as_much / 2, rel=1e-9)


def test_random_tables_agree_with_all_permutations_of_a_tiny_case() -> None:
    """Three pairs and three pairs meet exactly in 3! 2^3 = 48 of 720 orders."""
    x, y = [0, 0, 1, 1, 2, 2], [5, 5, 6, 6, 7, 7]
    result = est.independence_test(
        x, y, stop_after=None, n_permutations=2000, discrete_x=True, discrete_y=True
    )
    assert result.how == "random tables with these margins"
    exact = 48 / 720
    assert result.p_value == pytest.approx(exact, abs=4 * math.sqrt(exact / 2000))


def two_skewed(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return np.minimum(rng.zipf(1.6, 400), 100), np.minimum(rng.zipf(1.6, 400), 100)


def two_even(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.integers(0, 6, 300), rng.integers(0, 5, 300)


@pytest.mark.parametrize("draw", [two_skewed, two_even])
def test_labels_keep_the_level(draw) -> None:
    flags = {"discrete_x": True, "discrete_y": True}
    rate = rejections(draw, 160, 21, **flags)
    assert rate <= 0.10  # 0.05, three standard errors of 160 tests


@pytest.mark.skipif(not KSG, reason="needs the nearest-neighbour methods")
@pytest.mark.parametrize("law", ["normal", "cauchy", "tied", "mixed"])
def test_numbers_keep_the_level(law: str) -> None:
    def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        n = 60
        x, y = rng.normal(size=n), rng.normal(size=n)
        if law == "cauchy":
            x, y = rng.standard_cauchy(n), rng.standard_cauchy(n)
        if law == "tied":
            x, y = np.round(x, 1), np.round(y, 1)
        if law == "mixed":
            y = rng.integers(0, 3, n)
        return x, y

    kwargs = {"null": "permutation", "n_permutations": 99, "stop_after": 10}
    rate = rejections(draw, 100, 22, **kwargs)
    assert rate <= 0.12  # 0.05, three standard errors of 100 tests


@pytest.mark.skipif(not KSG, reason="needs the nearest-neighbour methods")
@pytest.mark.parametrize("n", [70, 300])
def test_the_tabulated_law_keeps_the_level_and_agrees_with_re_pairing(n: int) -> None:
    def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        return rng.exponential(size=n), rng.standard_cauchy(n)

    rate = rejections(draw, 400, 24, null="table")
    assert 0.017 <= rate <= 0.083  # 0.05, three standard errors of 400 tests
    rng = np.random.default_rng(25)
    x = rng.normal(size=n)
    y = 8 / n * x**2 + rng.normal(size=n)
    table = est.independence_test(x, y)
    drawn = est.independence_test(x, y, null="permutation", stop_after=None, n_permutations=200)
    assert table.how == "tabulated law"
    assert table.n_permutations == 0
    p = table.p_value
    assert drawn.p_value == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / 200) + 0.01)


def test_the_table_is_refused_where_it_does_not_serve() -> None:
    with pytest.raises(InvalidArgument, match="be 'permutation' for these data"):
        est.independence_test(
            np.arange(40.0), np.arange(40.0) ** 0.5 % 1, null="table", method="binned"
        )
    with pytest.raises(InvalidArgument, match="be 'auto', 'table' or 'permutation'"):
        est.independence_test([1, 2, 1], [2, 1, 2], null="chi2")


@pytest.mark.skipif(not KSG, reason="needs the nearest-neighbour methods")
def test_a_pattern_without_correlation_is_found() -> None:
    rng = np.random.default_rng(23)
    x = rng.normal(size=200)
    y = np.abs(x) * rng.choice([-1, 1], 200) + 0.1 * rng.normal(size=200)
    result = est.independence_test(x, y, n_permutations=199, null="permutation")
    assert result.p_value <= 0.01
    assert result.n_permutations == 199
    assert est.independence_test(x, y).p_value < 1e-4


def test_dependence_is_found_and_printed() -> None:
    x = np.arange(600) % 3
    y = (x + (np.arange(600) % 7 == 0)) % 3
    result = est.independence_test(x, y)
    assert result.p_value < 1e-50
    assert "fixed margins" in str(result)
    assert result.estimate.value > 0.5


def test_early_stopping_saves_draws_and_a_constant_needs_none() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 9, 30), rng.integers(0, 9, 30)
    flags = {"discrete_x": True, "discrete_y": True}
    quick = est.independence_test(x, y, **flags)
    slow = est.independence_test(x, y, stop_after=None, **flags)
    assert quick.n_permutations < slow.n_permutations == 999
    assert abs(quick.p_value - slow.p_value) < 0.25
    assert est.independence_test(np.ones(30), y).p_value == 1.0


def test_the_order_of_rows_does_not_move_a_monte_carlo_p() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.integers(0, 9, 40), rng.integers(0, 9, 40)
    order = rng.permutation(40)
    flags = {"discrete_x": True, "discrete_y": True, "method": "plugin", "n_permutations": 49}
    first = est.independence_test(x, y, **flags)
    second = est.independence_test(x[order], y[order], **flags)
    assert first.p_value == second.p_value


@pytest.mark.parametrize(
    ("kwargs", "match"),
    [({"n_permutations": 9}, "at least 19"), ({"stop_after": 0}, "at least 1, or None")],
)
def test_too_few_draws_are_refused(kwargs: dict, match: str) -> None:
    with pytest.raises(InvalidArgument, match=match):
        est.independence_test([1, 2, 1], [2, 1, 2], **kwargs)


def test_false_discoveries_agree_with_scipy() -> None:
    p = np.random.default_rng(3).uniform(size=(5, 7)) ** 2
    np.testing.assert_allclose(
        est.benjamini_hochberg(p).ravel(), false_discovery_control(p.ravel()), atol=1e-14
    )
    with_gap = est.benjamini_hochberg([0.01, float("nan"), 0.04])
    np.testing.assert_allclose(with_gap, [0.02, np.nan, 0.04])
    with pytest.raises(InvalidArgument, match="lie in"):
        est.benjamini_hochberg([0.5, 1.5])
