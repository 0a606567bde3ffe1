"""PIT and CRPS against quadrature, enumeration and exact laws."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from infoscope.calibrate import (
    crps_normal,
    crps_quantiles,
    crps_samples,
    pit_uniformity,
    pit_values,
)
from infoscope.core.errors import InvalidArgument, WrongType


@pytest.mark.parametrize(("m", "s", "y"), [(0, 1, 0.3), (2, 0.5, -1), (-1, 3, 4)])
def test_crps_of_a_normal_is_its_integral(m, s, y) -> None:
    low = quad(lambda t: stats.norm.cdf(t, m, s) ** 2, -np.inf, y, epsabs=1e-12)[0]
    high = quad(lambda t: stats.norm.sf(t, m, s) ** 2, y, np.inf, epsabs=1e-12)[0]
    assert crps_normal(m, s, [y])[0] == pytest.approx(low + high, abs=1e-9)


def test_crps_of_a_point_forecast_is_the_distance() -> None:
    np.testing.assert_array_equal(crps_normal([1.0, 2.0], 0.0, [3.0, 2.0]), [2.0, 0.0])


@pytest.mark.parametrize("fair", [True, False])
def test_crps_of_samples_by_the_double_sum(fair) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 7)), rng.normal(size=5)
    for i in range(5):
        pairs = np.abs(x[i][:, None] - x[i]).sum() / (7 * 6 if fair else 49)
        wanted = np.abs(x[i] - y[i]).mean() - pairs / 2
        assert crps_samples(x, y, fair=fair)[i] == pytest.approx(wanted, abs=1e-14)


def test_fair_samples_are_unbiased_and_the_others_are_not() -> None:
    rng = np.random.default_rng(1)
    y = rng.normal(size=20_000)
    x = rng.normal(size=(20_000, 4))
    truth = crps_normal(0.0, 1.0, y)
    gap = crps_samples(x, y) - truth
    assert abs(gap.mean()) < 4 * gap.std() / math.sqrt(len(y))
    # the others are too large by E|x - x'| / (2 m) = 1 / (m sqrt pi)
    other = crps_samples(x, y, fair=False) - truth
    assert other.mean() == pytest.approx(
        1 / (4 * math.sqrt(math.pi)), abs=4 * other.std() / math.sqrt(len(y))
    )


def test_quantiles_at_midpoints_are_the_samples_score() -> None:
    rng = np.random.default_rng(2)
    q, y = np.sort(rng.normal(size=(6, 5)), axis=1), rng.normal(size=6)
    levels = (np.arange(5) + 0.5) / 5
    np.testing.assert_allclose(
        crps_quantiles(q, levels, y), crps_samples(q, y, fair=False), atol=1e-14
    )


def test_many_quantiles_approach_the_normal() -> None:
    levels = (np.arange(2000) + 0.5) / 2000
    q = stats.norm.ppf(levels)[None, :]
    assert crps_quantiles(q, levels, [0.7])[0] == pytest.approx(
        crps_normal(0.0, 1.0, [0.7])[0], abs=1e-4
    )


def test_pit_of_right_forecasts_is_uniform() -> None:
    rng = np.random.default_rng(3)
    mean = rng.normal(size=3000)
    y = mean + rng.normal(size=3000)
    assert stats.kstest(pit_values(stats.norm(mean, 1.0), y), "uniform").pvalue > 1e-3
    draws = mean[:, None] + rng.normal(size=(3000, 9))
    u = pit_values(draws, y, rng=0)
    assert stats.kstest(u, "uniform").pvalue > 1e-3
    np.testing.assert_array_equal(u, pit_values(draws, y, rng=0))


def test_pit_spreads_ties() -> None:
    u = pit_values(np.ones((4000, 3)), np.ones(4000), rng=0)
    assert stats.kstest(u, "uniform").pvalue > 1e-3


def test_pit_uniformity_covers_zero_and_a_known_divergence() -> None:
    rng = np.random.default_rng(4)
    draws, missed, values = 250, [0, 0], []
    share = np.array([0.35, 0.2, 0.25, 0.2])
    truth = float(np.sum(share * np.log(4 * share)))
    for _ in range(draws):
        e = pit_uniformity(rng.random(400))
        values.append(e.value)
        missed[0] += not e.interval.low <= 0 <= e.interval.high
        u = (rng.choice(4, 400, p=share) + rng.random(400)) / 4
        e = pit_uniformity(u, bins=4)
        missed[1] += not e.interval.low <= truth <= e.interval.high
    assert abs(np.mean(values)) < 4 * np.std(values) / math.sqrt(draws)
    assert max(missed) <= 0.05 * draws + 4 * math.sqrt(draws * 0.05 * 0.95)


def test_an_overconfident_forecaster_is_seen() -> None:
    y = np.random.default_rng(5).normal(size=1000)
    e = pit_uniformity(pit_values(stats.norm(np.zeros(1000), 0.5), y), unit="bits")
    assert e.unit == "bits"
    assert e.interval.low > 0.1


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: crps_normal(0.0, -1.0, [0.0]), InvalidArgument, "sd must be non-negative"),
        (lambda: crps_normal([0.0, 1.0], 1.0, [0.0]), InvalidArgument, "mean must be a number"),
        (lambda: crps_normal(0.0, 1.0, [np.nan]), InvalidArgument, "y must be finite"),
        (lambda: crps_normal(0.0, 1.0, []), WrongType, "n at least 1"),
        (lambda: crps_samples([[1.0]], [1.0]), InvalidArgument, "two draws"),
        (lambda: crps_samples([1.0, 2.0], [1.0]), InvalidArgument, r"shape \(1, m\)"),
        (lambda: crps_quantiles([[1.0, 0.0]], [0.2, 0.8], [1.0]), InvalidArgument, "crossing"),
        (lambda: crps_quantiles([[1.0, 2.0]], [0.8, 0.2], [1.0]), InvalidArgument, "ascend"),
        (lambda: crps_quantiles([[1.0, 2.0]], [0.8], [1.0]), InvalidArgument, "one entry"),
        (lambda: pit_uniformity([1.5]), InvalidArgument, "1.5 at index 0"),
        (lambda: pit_values(stats.norm([0.0, 1.0]), [0.0, 0.0, 0.0]), InvalidArgument, "3 cases"),
        (lambda: pit_values("normal", [0.0]), WrongType, "forecast"),
    ],
)
def test_refusals(call, error, words) -> None:
    with pytest.raises(error, match=words):
        call()
