"""Temperature: the minimum, never worse than 1, its error bar, and what has no minimum."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from infoscope import Logits
from infoscope.calibrate import fit_temperature, log_score
from infoscope.core.errors import InvalidArgument


def nll(z: np.ndarray, y: np.ndarray, beta: float) -> float:
    return float(np.mean(logsumexp(beta * z, axis=1) - beta * z[np.arange(len(y)), y]))


def test_hand_derived() -> None:
    fit = fit_temperature([2.0] * 4, [1, 1, 1, 0])
    assert fit.temperature == pytest.approx(2 / math.log(3), abs=1e-10)
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert fit.nll_after == pytest.approx(entropy, abs=1e-14)
    assert fit.apply([2.0]) == pytest.approx([0.75], abs=1e-10)
    # scores are r - y with r = 3/4, times z = 2; information 4 r (1 - r)
    error = math.sqrt(4 * 0.1875 / 4) / (4 * 0.1875)
    assert fit.estimate.stderr == pytest.approx(error * fit.temperature**2, rel=1e-9)


def test_held_out_loss_falls_on_real_outputs(cifar_logits) -> None:
    z, y = cifar_logits
    for train, held in ((slice(0, 5000), slice(5000, None)), (slice(5000, None), slice(0, 5000))):
        fit = fit_temperature(z[train], y[train])
        before = log_score(Logits(z[held]), y[held])
        after = log_score(fit.rescale(z[held]), y[held])
        assert fit.converged
        assert fit.nll_after < fit.nll_before
        assert after.value < before.value - 3 * (before.stderr or 0)
        assert 1.8 < fit.temperature < 2.4


def test_agreement_with_scipy(cifar_logits) -> None:
    z, y = cifar_logits
    fit = fit_temperature(z, y)
    found = minimize_scalar(
        lambda b: nll(z, y, b), bounds=(0.1, 3), method="bounded", options={"xatol": 1e-10}
    )
    assert fit.nll_after <= found.fun + 1e-14
    assert 1 / fit.temperature == pytest.approx(found.x, abs=1e-6)
    assert fit.gap < 1e-12


def test_agreement_with_scikit_learn(cifar_logits) -> None:
    temperature_scaling = pytest.importorskip("sklearn.calibration")
    if not hasattr(temperature_scaling, "_TemperatureScaling"):
        pytest.skip("this scikit-learn has no temperature scaling")
    z, y = cifar_logits
    theirs = temperature_scaling._TemperatureScaling().fit(z[:3000], y[:3000])
    assert fit_temperature(z[:3000], y[:3000]).temperature == pytest.approx(
        1 / theirs.beta_, rel=1e-3
    )


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3), st.integers(0, 2)),
        min_size=1,
        max_size=12,
    )
)
def test_never_worse_than_identity_whatever_comes(rows) -> None:
    z, y = np.array([row for row, _ in rows]), np.array([label for _, label in rows])
    fit = fit_temperature(Logits(z), y)
    assert fit.nll_after <= fit.nll_before
    assert fit.temperature > 0
    after = log_score(fit.rescale(z), y).value
    assert after <= log_score(Logits(z), y).value * (1 + 1e-9) + 1e-12


def test_interval_covers() -> None:
    rng = np.random.default_rng(6)
    truth, draws, missed, values = 1.7, 250, 0, []
    for _ in range(draws):
        z = rng.normal(0, 3, (300, 4))
        p = np.exp(z / truth) / np.exp(z / truth).sum(1, keepdims=True)
        y = (rng.random((300, 1)) > np.cumsum(p, axis=1)).sum(axis=1).clip(0, 3)
        fit = fit_temperature(z, y)
        values.append(fit.temperature)
        missed += not fit.estimate.interval.low <= truth <= fit.estimate.interval.high
    assert missed <= 0.05 * draws + 4 * math.sqrt(draws * 0.05 * 0.95)
    assert fit.estimate.stderr == pytest.approx(np.std(values), rel=0.3)


@pytest.mark.parametrize("z", [[[2.0, 1.0], [0.0, 3.0]], [[1.0, 1.0], [0.0, 3.0]]])
def test_separable_labels_keep_temperature_one(z) -> None:
    fit = fit_temperature(z, [0, 1])
    assert fit.temperature == 1.0
    assert not fit.converged
    assert "no maximum" in fit.notes[0]
    assert fit.nll_after == fit.nll_before


def test_logits_that_point_away_become_uniform() -> None:
    fit = fit_temperature([[3.0, 0.0], [0.0, 3.0]], [1, 0])
    assert fit.temperature == math.inf
    assert fit.nll_after == pytest.approx(math.log(2), abs=1e-15)
    np.testing.assert_allclose(fit.apply([[5.0, -5.0]]), [[0.5, 0.5]])


def test_constant_logits_and_one_class_are_explained() -> None:
    assert "constant" in fit_temperature([[1.0, 1.0]], [0]).notes[1]
    fit = fit_temperature([[2.0, 1.0], [0.0, 1.0], [3.0, 1.0]], [0, 0, 0])
    assert "one class only" in fit.notes[0]
    assert fit.nll_after <= fit.nll_before


def test_impossible_classes_stay_impossible() -> None:
    z = [[0.0, 1.0, -np.inf], [2.0, 0.0, -np.inf], [0.0, 1.0, 0.5], [1.0, 0.5, 0.0]]
    fit = fit_temperature(z, [1, 1, 0, 0])
    assert fit.converged
    assert fit.apply(z)[0, 2] == 0.0
    with pytest.raises(InvalidArgument, match="logit -inf in row 0"):
        fit_temperature(z, [2, 1, 0, 0])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_refuses_what_is_not_finite(bad) -> None:
    with pytest.raises(InvalidArgument, match="row 1"):
        fit_temperature([[0.0, 1.0], [bad, 0.0]], [0, 1])
    with pytest.raises(InvalidArgument, match="row 1"):
        fit_temperature([0.0, bad], [0, 1])


def test_huge_logits_do_not_overflow() -> None:
    fit = fit_temperature([[1e4, 0.0], [1e4, 0.0], [1e4, 0.0], [0.0, 1e4]], [0, 0, 1, 1])
    assert fit.temperature == pytest.approx(1e4 / math.log(3), rel=1e-9)
    assert "->" in str(fit)
