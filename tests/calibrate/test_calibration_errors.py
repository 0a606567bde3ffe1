"""Binned errors: the known fault, the stated bias, the unbiased square, agreement with peers."""

import math

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from infoscope.calibrate import expected_calibration_error, squared_calibration_error
from infoscope.core.errors import InvalidArgument, UnknownName


def test_confidence_of_one_is_in_the_last_bin() -> None:
    assert expected_calibration_error([0.95, 1.0], [1, 0], bins=10).value == pytest.approx(0.475)
    p = [[0.05, 0.95], [0.0, 1.0]]
    assert expected_calibration_error(p, [1, 0], bins=10).value == pytest.approx(0.475)


@pytest.mark.parametrize("n", [100, 1000, 10_000])
def test_the_bias_is_stated_and_right(n: int) -> None:
    """Published for 15 bins: 0.122, 0.038, 0.012 read by a perfectly calibrated model."""
    rng = np.random.default_rng(n)
    draws = 60
    values, stated = [], []
    for _ in range(draws):
        p = rng.uniform(size=n)
        e = expected_calibration_error(p, rng.random(n) < p)
        values.append(e.value)
        stated.append(e.diagnostics["expected_if_calibrated"])
    error = np.std(values) / math.sqrt(draws)
    assert np.mean(stated) == pytest.approx(np.mean(values), abs=4 * error + 0.02 * np.mean(values))
    published = {100: 0.122, 1000: 0.038, 10_000: 0.012}[n]
    assert np.mean(values) == pytest.approx(published, abs=4 * error + 0.0005)
    assert f"reads {stated[-1]:.3g}" in e.notes[0]


@pytest.mark.parametrize("n", [100, 1000, 10_000])
@pytest.mark.parametrize("binning", ["equal_mass", "equal_width"])
def test_the_squared_error_is_zero_on_average_if_calibrated(n: int, binning: str) -> None:
    rng = np.random.default_rng(n + 1)
    draws, missed, values = (40 if n == 10_000 else 120), 0, []
    for _ in range(draws):
        p = rng.beta(0.6, 0.3, n)
        e = squared_calibration_error(p, rng.random(n) < p, binning=binning)
        values.append(e.value)
        missed += not e.interval.low <= 0.0 <= e.interval.high
    assert abs(np.mean(values)) < 4 * np.std(values) / math.sqrt(draws)
    assert missed <= 0.07 * draws + 4 * math.sqrt(draws * 0.07 * 0.93)


def test_unbiased_square_is_the_mean_over_pairs(nfl) -> None:
    p, y = nfl[0][:300], nfl[1][:300]
    groups = np.floor(5 * p).astype(int)
    d = y - p
    wanted = 0.0
    for g in np.unique(groups):
        here = d[groups == g]
        pairs = np.outer(here, here)
        wanted += len(here) / 300 * (pairs.sum() - np.trace(pairs)) / (len(here) * (len(here) - 1))
    assert squared_calibration_error(p, y, groups=groups).value == pytest.approx(wanted, abs=1e-13)


@pytest.mark.parametrize("bins", [5, 10, 15])
def test_agreement_with_the_bins_of_scikit_learn(nfl, bins: int) -> None:
    p, y = nfl
    observed, said = calibration_curve(y, p, n_bins=bins)
    edges = np.linspace(0, 1, bins + 1)
    count = np.bincount(np.searchsorted(edges[1:-1], p), minlength=bins)
    wanted = np.sum(count[count > 0] / len(p) * np.abs(observed - said))
    assert expected_calibration_error(p, y, bins=bins).value == pytest.approx(wanted, abs=1e-13)


def test_classwise_is_the_mean_over_classes(hpc) -> None:
    probs, labels, names = hpc
    each = [expected_calibration_error(probs, labels, of=c, classes=names).value for c in names]
    both = expected_calibration_error(probs, labels, of="classwise", classes=names)
    assert both.value == pytest.approx(np.mean(each), abs=1e-14)


def test_debiasing_lowers_and_stays_partial() -> None:
    rng = np.random.default_rng(0)
    raw, less = [], []
    for _ in range(40):
        p = rng.uniform(size=1000)
        y = rng.random(1000) < p
        raw.append(expected_calibration_error(p, y).value)
        less.append(expected_calibration_error(p, y, debiased=True).value)
    assert 0 < np.mean(less) < 0.7 * np.mean(raw)


def test_a_real_model_is_overconfident_beyond_doubt(cifar) -> None:
    e = squared_calibration_error(*cifar)
    assert e.interval.low > 0
    assert e.diagnostics["root"] == pytest.approx(math.sqrt(e.value))


def test_bins_keep_equal_forecasts_together() -> None:
    e = squared_calibration_error([0.5] * 9 + [0.7], [1] * 10, bins=5)
    assert e.settings["groups"] == 2


def test_refusals() -> None:
    with pytest.raises(InvalidArgument, match="bins must be a positive integer"):
        expected_calibration_error([0.5], [1], bins=0)
    with pytest.raises(UnknownName, match="equal_width"):
        expected_calibration_error([0.5], [1], binning="kmeans")  # type: ignore[arg-type]


def test_one_case() -> None:
    assert expected_calibration_error([0.7], [1]).value == pytest.approx(0.3)
    assert squared_calibration_error([0.7], [1]).interval is None
