"""Tests of conditional independence: exact small cases, size by strata, power, what is refused."""

import math

import numpy as np
import pytest
from scipy.stats import hypergeom

import infoscope.estimate as est
from infoscope.core.errors import InvalidArgument


def test_sparse_strata_agree_with_the_exact_law_of_a_tiny_case() -> None:
    """Two strata of 4 + 4: only tables 4/0 and 0/4 in both show as much: (2/70)^2 of all pairs."""
    x = [0, 0, 0, 0, 1, 1, 1, 1] * 2
    z = ["a"] * 8 + ["b"] * 8
    result = est.conditional_independence_test(x, x, z, n_permutations=1000, stop_after=None)
    assert result.how == "re-pairing within levels of z"
    exact = (2 * hypergeom(8, 4, 4).pmf(4)) ** 2
    assert result.p_value <= exact + 4 * math.sqrt(exact / 1000) + 1 / 1001


def test_one_level_is_the_plain_test() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 4, 300), rng.integers(0, 4, 300)
    flags = {"discrete_x": True, "discrete_y": True}
    plain = est.independence_test(x, y, **flags)
    given = est.conditional_independence_test(x, y, ["same"] * 300, **flags)
    assert given.how == "fixed margins in each level of z"
    assert given.p_value == pytest.approx(plain.p_value, rel=1e-9)


def by_label(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    z = rng.integers(0, 3, 40)
    return z + rng.normal(size=40), rng.normal(size=40) - z, z


def by_labels(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    z = rng.integers(0, 4, 400)
    return (z + rng.integers(0, 2, 400)) % 3, (z + rng.integers(0, 2, 400)) % 4, z


def sparse(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    z = np.array(list("abcdefgh"))[rng.integers(0, 8, 40)]
    return (z < "d") ^ (rng.random(40) < 0.3), (z < "d") ^ (rng.random(40) < 0.3), z


@pytest.mark.parametrize("draw", [by_label, by_labels, sparse])
def test_a_common_cause_keeps_the_level(draw) -> None:
    rng = np.random.default_rng(31)
    p = [
        est.conditional_independence_test(
            *draw(rng), rng=i, n_permutations=99, stop_after=10, discrete_z=True
        ).p_value
        for i in range(60)
    ]
    assert np.mean(np.array(p) <= 0.05) <= 0.14  # 0.05, three standard errors of 60 tests
    assert np.mean(np.array(p) <= 0.5) >= 0.3


def test_numbers_with_a_common_cause_are_dependent_alone_and_independent_given_it() -> None:
    rng = np.random.default_rng(3)
    z = rng.normal(size=300)
    x, y = z + 0.5 * rng.normal(size=300), z + 0.5 * rng.normal(size=300)
    assert est.independence_test(x, y).p_value < 1e-6
    given = est.conditional_independence_test(x, y, z, n_permutations=99)
    assert given.how == "re-pairing among neighbours in z"
    assert given.p_value > 0.05
    direct = y + 0.7 * (x - z)
    assert est.conditional_independence_test(x, direct, z, n_permutations=99).p_value <= 0.02


def test_numbers_and_labels_together_are_conditioned_on() -> None:
    rng = np.random.default_rng(4)
    group, size = rng.integers(0, 2, 200), rng.normal(size=200)
    sign = 2 * group - 1
    x, y = sign * size + 0.4 * rng.normal(size=200), sign * size + 0.4 * rng.normal(size=200)
    z = np.column_stack([group.astype(float), size])
    given = est.conditional_independence_test(x, y, z, n_permutations=99)
    assert given.p_value > 0.05


def test_the_order_of_rows_and_repetition_do_not_move_p() -> None:
    rng = np.random.default_rng(2)
    x, y, z = rng.normal(size=(3, 60))
    order = rng.permutation(60)
    first = est.conditional_independence_test(x, y, z, n_permutations=49)
    second = est.conditional_independence_test(x[order], y[order], z[order], n_permutations=49)
    assert first.p_value == second.p_value


def test_a_constant_and_bad_arguments() -> None:
    z = np.arange(30.0)
    assert est.conditional_independence_test(np.ones(30), z, z).p_value == 1.0
    with pytest.raises(InvalidArgument, match=r"conditional_independence_test: .*at least 19"):
        est.conditional_independence_test(z, z**2 % 7, z, n_permutations=9)


def test_a_line_on_six_columns_is_not_taken_for_dependence() -> None:
    """With nothing taken out of x and y, the mean of these p-values is below 0.2."""
    rng = np.random.default_rng(1)
    found = []
    for seed in range(12):
        z = rng.normal(size=(200, 6))
        x, y = (2 * z[:, 0] + rng.normal(size=200) for _ in range(2))
        found.append(
            est.conditional_independence_test(x, y, z, n_permutations=19, stop_after=None, rng=seed)
        )
    assert np.mean([one.p_value for one in found]) > 0.3
    assert any("the p-value is too small" in note for note in found[0].estimate.notes)


def test_a_curve_on_two_columns_is_not_taken_for_dependence() -> None:
    """With a line taken out only, more than half of such samples are rejected."""
    rng = np.random.default_rng(3)
    found = []
    for seed in range(12):
        z = rng.normal(size=(200, 2))
        trend = np.sin(2 * z[:, 0]) + z[:, 1] ** 2
        x, y = (trend + 0.5 * rng.normal(size=200) for _ in range(2))
        found.append(
            est.conditional_independence_test(x, y, z, n_permutations=19, stop_after=None, rng=seed)
        )
    assert np.mean([one.p_value for one in found]) > 0.3


def test_dependence_beside_a_trend_is_found_and_one_column_needs_no_warning() -> None:
    rng = np.random.default_rng(2)
    z = rng.normal(size=200)
    x = 2 * z + rng.normal(size=200)
    y = z**2 + x + rng.normal(size=200)
    found = est.conditional_independence_test(x, y, z, n_permutations=99)
    assert found.p_value == 0.01
    assert not any("the p-value is too small" in note for note in found.estimate.notes)


def test_a_column_of_z_given_twice_and_a_constant_one_change_nothing() -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        z = rng.normal(size=150)
        x, y = (np.tanh(z) + rng.normal(size=150) for _ in range(2))
        once, more = (
            est.conditional_independence_test(
                x, y, given, n_permutations=99, stop_after=None, rng=seed
            )
            for given in (z[:, None], np.column_stack([z, z, np.ones(150)]))
        )
        assert once.p_value == more.p_value
