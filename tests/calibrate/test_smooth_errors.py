"""Errors without bins, against direct quadrature and direct sums."""

import math

import numpy as np
import pytest

from infoscope.calibrate import kernel_calibration_error, smooth_calibration_error
from infoscope.core.errors import InvalidArgument


def smoothed_mass(p: np.ndarray, d: np.ndarray, s: float) -> float:
    """The mass of the residual under a Gaussian reflected at 0 and 1, by the image method."""
    t = (np.arange(20_000) + 0.5) / 20_000
    total = np.zeros_like(t)
    for at, r in zip(p, d, strict=True):
        for image in range(-3, 4):
            for centre in (2 * image + at, 2 * image - at):
                total += r * np.exp(-0.5 * ((t - centre) / s) ** 2)
    return float(np.mean(np.abs(total / len(p) / (s * math.sqrt(2 * math.pi)))))


def test_smooth_error_solves_its_equation() -> None:
    rng = np.random.default_rng(3)
    p = rng.uniform(size=60)
    y = rng.random(60) < p**2
    s = smooth_calibration_error(p, y).value
    assert smoothed_mass(p, y - p, s) == pytest.approx(s, abs=3e-4)


def test_smooth_error_of_constant_forecasts_is_their_gap() -> None:
    e = smooth_calibration_error([0.3] * 500, [1] * 300 + [0] * 200)
    assert e.value == pytest.approx(0.3, abs=1e-3)


def test_smooth_error_shrinks_for_a_calibrated_model() -> None:
    rng = np.random.default_rng(0)
    values = []
    for n in (100, 10_000):
        p = rng.uniform(size=n)
        e = smooth_calibration_error(p, rng.random(n) < p)
        assert e.value < 3 * e.diagnostics["expected_if_calibrated"]
        values.append(e.value)
    assert values[1] < values[0] / 3


def test_smooth_error_is_continuous_where_bins_jump() -> None:
    y = [1, 0] * 50
    a = smooth_calibration_error([0.5 - 1e-9, 0.5 + 1e-9] * 50, y).value
    b = smooth_calibration_error([0.5] * 100, y).value
    assert a == pytest.approx(b, abs=1e-5)
    assert a < 1e-5


def test_a_perfect_forecast_has_no_error() -> None:
    assert smooth_calibration_error([0.0, 1.0], [0, 1]).value == 0.0


def test_kernel_error_is_the_mean_over_pairs(hpc) -> None:
    probs, labels, names = hpc
    p, y = probs[:40], [names.index(label) for label in labels[:40]]
    total = 0.0
    for i in range(40):
        for j in range(40):
            if i != j:
                k = math.exp(-np.abs(p[i] - p[j]).sum() / (2 * 0.2))
                total += k * float((np.eye(4)[y[i]] - p[i]) @ (np.eye(4)[y[j]] - p[j]))
    e = kernel_calibration_error(p, y, width=0.2, block=40)
    assert e.value == pytest.approx(total / (40 * 39), abs=1e-13)
    assert e.interval is None


def test_kernel_error_covers_zero_for_calibrated_classes() -> None:
    rng = np.random.default_rng(7)
    draws, missed, values = 120, 0, []
    for _ in range(draws):
        p = rng.dirichlet([0.5, 1.0, 2.0], 400)
        y = (rng.random((400, 1)) > np.cumsum(p, axis=1)).sum(axis=1).clip(0, 2)
        e = kernel_calibration_error(p, y)
        values.append(e.value)
        missed += not e.interval.low <= 0.0 <= e.interval.high
    assert abs(np.mean(values)) < 4 * np.std(values) / math.sqrt(draws)
    assert missed <= 0.07 * draws + 4 * math.sqrt(draws * 0.07 * 0.93)


def test_kernel_error_sees_a_real_model(cifar) -> None:
    assert kernel_calibration_error(*cifar).interval.low > 0


@pytest.mark.parametrize(
    ("options", "words"),
    [({"block": 1}, "2..3"), ({"block": 4}, "2..3"), ({"width": 0.0}, "width must be positive")],
)
def test_kernel_error_refuses(options, words) -> None:
    with pytest.raises(InvalidArgument, match=words):
        kernel_calibration_error([0.5, 0.5, 0.5], [0, 1, 1], **options)


def test_kernel_error_needs_a_pair() -> None:
    with pytest.raises(InvalidArgument, match="two cases"):
        kernel_calibration_error([0.5], [1])
