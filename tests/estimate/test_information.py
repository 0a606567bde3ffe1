"""Information between labels: exact cases, identities, independence and the score interval."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import mutual_info_score
from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

import infoscope
import infoscope.estimate as est
from infoscope.core.errors import InvalidArgument, UnknownName
from infoscope.estimate.fixed_margins import information_moments, two_sample_moments

LABELS = arrays(np.int64, 40, elements=st.integers(0, 4))


def exact(x: np.ndarray, y: np.ndarray) -> float:
    table = contingency_matrix(x, y) / x.size
    return infoscope.mutual_information(table)


# -- reference ------------------------------------------------------------------------------------


@given(LABELS, LABELS)
@settings(max_examples=30, deadline=None)
def test_plugin_is_the_measure_of_the_observed_table(x: np.ndarray, y: np.ndarray) -> None:
    value = est.mutual_information(x, y, method="plugin", discrete_x=True, discrete_y=True).value
    assert value == pytest.approx(exact(x, y), abs=1e-12)
    assert value == pytest.approx(mutual_info_score(x, y), abs=1e-12)


@pytest.mark.parametrize(("n", "r", "c"), [(12, 3, 3), (200, 10, 6), (2000, 40, 30)])
def test_the_mean_at_independence_is_scikit_learns(n: int, r: int, c: int) -> None:
    rng = np.random.default_rng(n)
    x, y = np.minimum(rng.zipf(1.6, n), r), rng.integers(0, c, n)
    table = contingency_matrix(x, y, sparse=True).astype(np.int64)
    rows = np.bincount(x)[np.bincount(x) > 0]
    columns = np.bincount(y)[np.bincount(y) > 0]
    expected = expected_mutual_information(table, n)
    assert information_moments(rows, columns).mean == pytest.approx(expected, rel=1e-9)


def test_variance_and_skewness_at_independence_are_those_of_shuffled_rows() -> None:
    rng = np.random.default_rng(2)
    x, y = np.minimum(rng.zipf(1.5, 300), 12), rng.integers(0, 8, 300)
    moments = information_moments(np.unique(x, return_counts=True)[1], np.bincount(y))
    x = np.unique(x, return_inverse=True)[1]
    tables = np.array(
        [np.bincount(x * 8 + rng.permutation(y), minlength=8 * (x.max() + 1)) for _ in range(1500)]
    )
    cells = np.where(tables > 0, tables, 1) / 300
    own = sum(-(p * np.log(p)).sum() for p in (np.bincount(x) / 300, np.bincount(y) / 300))
    drawn = own + (tables / 300 * np.log(cells)).sum(axis=1)
    assert moments.mean == pytest.approx(drawn.mean(), abs=4 * drawn.std() / math.sqrt(1500))
    assert math.sqrt(moments.variance) == pytest.approx(drawn.std(), rel=0.07)
    third = ((drawn - drawn.mean()) ** 3).mean()
    assert moments.third == pytest.approx(third, abs=0.4 * drawn.std() ** 3)


def test_the_mean_of_two_samples_at_equality_is_that_of_dealing_them_again() -> None:
    def term(count: np.ndarray, total: np.ndarray) -> np.ndarray:
        return (count / 2 - (total - count) / 4) ** 2

    rows = [0, 0, 1, 2, 2, 2]
    values = []
    for a in range(6):  # all ways to choose the two rows of the first sample
        for b in range(a + 1, 6):
            first = np.bincount([rows[a], rows[b]], minlength=3)
            values.append(term(first, np.array([2, 1, 3])).sum())
    moments = two_sample_moments(term, np.array([2, 1, 3]), 2)
    assert moments.mean == pytest.approx(np.mean(values), rel=1e-12)
    assert moments.variance == pytest.approx(np.var(values), rel=0.25)  # an approximation


@given(LABELS, LABELS, LABELS)
@settings(max_examples=30, deadline=None)
def test_conditional_information_is_the_measure_of_the_three_way_table(x, y, z) -> None:
    table = np.zeros((5, 5, 5))
    np.add.at(table, (x, y, z), 1 / 40)
    flags = {"discrete_x": True, "discrete_y": True, "discrete_z": True}
    value = est.conditional_mutual_information(x, y, z, method="plugin", **flags).value
    expected = infoscope.measures.conditional_mutual_information(table)
    assert value == pytest.approx(expected, abs=1e-12)


# -- identity -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["plugin", "nsb", "chao_shen", "grassberger", "jackknife"])
def test_chain_rule_of_plugin_and_symmetry_of_all(method: str) -> None:
    rng = np.random.default_rng(4)
    x, y = rng.integers(0, 5, 300), rng.integers(0, 3, 300)
    y = (x + y) % 5
    one = est.mutual_information(x, y, method=method).value
    assert one == pytest.approx(est.mutual_information(y, x, method=method).value, abs=1e-12)
    h = [est.entropy(v, method=method).value for v in (x, y, np.column_stack([x, y]))]
    assert one == pytest.approx(h[0] + h[1] - h[2], abs=1e-12)


def test_a_constant_condition_changes_nothing() -> None:
    rng = np.random.default_rng(4)
    x = rng.integers(0, 3, 200)
    y = (x + rng.integers(0, 2, 200)) % 3
    given_nothing = est.conditional_mutual_information(x, y, np.zeros(200))
    assert given_nothing.value == est.mutual_information(x, y).value
    assert any("z is constant" in note for note in given_nothing.notes)


def test_units_and_intervals_move_together() -> None:
    x = [0, 1, 1, 0, 2] * 20
    y = [0, 1, 1, 1, 2] * 20
    nats, bits = est.mutual_information(x, y), est.mutual_information(x, y, unit="bits")
    assert nats.to("bits").value == pytest.approx(bits.value)
    assert nats.interval is not None
    assert bits.interval is not None
    assert bits.interval.high == pytest.approx(nats.interval.high / math.log(2))


def test_local_values_of_the_plugin() -> None:
    x, y = ["a", "a", "a", "b"], ["u", "u", "v", "v"]
    local = est.pointwise_mutual_information(x, y)
    expected = [math.log(4 / 3), math.log(4 / 3), math.log(2 / 3), math.log(2)]
    np.testing.assert_allclose(local, expected, atol=1e-12)


# -- bias and coverage ----------------------------------------------------------------------------


@pytest.mark.parametrize(("levels", "n"), [(4, 200), (12, 400)])
def test_independent_labels_show_nothing_on_average(levels: int, n: int) -> None:
    rng = np.random.default_rng(11)
    values = [
        est.mutual_information(
            rng.integers(0, levels, n), rng.integers(0, levels, n),
            discrete_x=True, discrete_y=True, interval=None,
        ).value
        for _ in range(150)
    ]  # fmt: skip
    assert abs(np.mean(values)) < 3.5 * np.std(values) / math.sqrt(150)


@pytest.mark.parametrize("strength", [0.0, 0.15, 0.5])
def test_the_score_interval_covers(strength: float) -> None:
    rng = np.random.default_rng(13)
    k, n, inside = 4, 300, 0
    table = np.full((k, k), (1 - strength) / k**2) + np.eye(k) * strength / k
    truth = infoscope.mutual_information(table)
    for _ in range(200):
        cells = rng.choice(k * k, n, p=table.ravel())
        e = est.mutual_information(cells // k, cells % k)
        assert e.interval is not None
        inside += e.interval.low <= truth + 1e-12 and truth <= e.interval.high
    assert 0.90 <= inside / 200 <= 1.0


def test_conditional_independence_within_strata_shows_nothing_on_average() -> None:
    rng = np.random.default_rng(17)
    values, plugin = [], []
    for _ in range(80):
        z = rng.integers(0, 5, 400)
        x, y = (z + rng.integers(0, 3, 400)) % 5, (z + rng.integers(0, 3, 400)) % 5
        e = est.conditional_mutual_information(x, y, z)
        values.append(e.value)
        plugin.append(e.diagnostics["plugin"])
    assert abs(np.mean(values)) < 3.5 * np.std(values) / math.sqrt(80)
    assert np.mean(plugin) > 10 * abs(np.mean(values))


def test_too_many_levels_are_flagged() -> None:
    rng = np.random.default_rng(19)
    x, y = rng.integers(0, 60, 400), rng.integers(0, 60, 400)
    assert any("Too many levels" in note for note in est.mutual_information(x, y).notes)


# -- adversarial ----------------------------------------------------------------------------------


def test_a_misspelt_method_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'fixed_margins'"):
        est.mutual_information([1, 2, 1], [1, 2, 2], method="fixed_margin")


def test_a_method_that_does_not_suit_names_those_that_do() -> None:
    x = np.random.default_rng(0).normal(size=50)
    with pytest.raises(InvalidArgument, match=r"Methods for these: .*binned"):
        est.mutual_information(x, x**2, method="nsb")


@pytest.mark.parametrize("interval", [0, 1, 1.5, "95%"])
def test_a_wrong_level_is_refused(interval: object) -> None:
    with pytest.raises(InvalidArgument, match="a level between 0 and 1"):
        est.entropy([1, 2, 2], interval=interval)


def test_an_option_that_auto_cannot_use_is_not_dropped_in_silence() -> None:
    e = est.mutual_information([0, 1, 1, 0] * 9, [0, 1, 0, 1] * 9, k=5)
    assert "fixed_margins has no option k: not used." in e.notes
