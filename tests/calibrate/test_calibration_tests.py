"""The test of calibration keeps its level, and finds what is wrong."""

import math

import numpy as np
import pytest

from infoscope.calibrate import calibration_test, decompose
from infoscope.core.errors import InvalidArgument


def test_p_values_keep_their_level() -> None:
    rng = np.random.default_rng(11)
    draws = 200
    p_values = []
    for i in range(draws):
        p = rng.beta(2, 1, 40)
        p_values.append(calibration_test(p, rng.random(40) < p, n_resamples=39, rng=i).p_value)
    for level in (0.1, 0.5):
        rate = np.mean(np.array(p_values) <= level)
        assert rate == pytest.approx(level, abs=4 * math.sqrt(level * (1 - level) / draws) + 0.025)


def test_a_real_model_fails_it(cifar) -> None:
    test = calibration_test(cifar[0][:2000], cifar[1][:2000], n_resamples=99, rng=0)
    assert test.p_value == 0.01
    assert test.estimate.value > 10 * test.null_mean
    assert "p = 0.01" in str(test)


def test_the_statistic_is_the_isotonic_miscalibration(nfl) -> None:
    test = calibration_test(*nfl, n_resamples=1, rng=0)
    wanted = decompose(*nfl, grouping="isotonic").miscalibration.value
    assert test.estimate.value == pytest.approx(wanted, abs=1e-13)


def test_the_impossible_is_the_smallest_p_value() -> None:
    test = calibration_test([0.0, 0.5], [1, 1], n_resamples=19, rng=0)
    assert test.estimate.value == math.inf
    assert test.p_value == 0.05


def test_refuses_no_resamples() -> None:
    with pytest.raises(InvalidArgument, match="n_resamples"):
        calibration_test([0.5], [1], n_resamples=0)
