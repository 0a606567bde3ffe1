"""Platt and beta calibration against scikit-learn and SciPy, and their edges."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_expit

from infoscope.calibrate import fit_beta, fit_platt, log_score
from infoscope.core.errors import InvalidArgument, NotADistribution


@pytest.fixture(scope="module")
def overconfident() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    p = rng.beta(0.7, 0.9, 800).clip(1e-4, 1 - 1e-4)
    return p, (rng.random(800) < 0.15 + 0.6 * p).astype(int)


def test_platt_agrees_with_scikit_learns_sigmoid(overconfident) -> None:
    from sklearn.calibration import _SigmoidCalibration

    p, y = overconfident
    s = np.log(p / (1 - p))
    theirs = _SigmoidCalibration().fit(s, y)
    ours = fit_platt(s, y, smoothed=True)
    np.testing.assert_allclose(ours.apply(s), theirs.predict(s), atol=1e-5)
    assert ours.slope == pytest.approx(-theirs.a_, rel=1e-4)


def test_platt_agrees_with_logistic_regression(overconfident) -> None:
    from sklearn.linear_model import LogisticRegression

    p, y = overconfident
    s = np.log(p / (1 - p))
    theirs = LogisticRegression(C=np.inf, tol=1e-12).fit(s[:, None], y)
    ours = fit_platt(s, y)
    assert ours.slope == pytest.approx(float(theirs.coef_[0, 0]), rel=1e-5)
    assert ours.converged
    assert ours.nll_after == pytest.approx(log_score(ours.apply(s), y).value, abs=1e-13)
    assert ours.nll_before == pytest.approx(log_score(p, y).value, abs=1e-12)


def test_beta_agrees_with_a_bounded_optimiser(overconfident) -> None:
    p, y = overconfident

    def loss(x):
        t = x[0] * np.log(p) - x[1] * np.log1p(-p) + x[2]
        return -np.mean(np.where(y == 1, log_expit(t), log_expit(-t)))

    box = [(0, None), (0, None), (None, None)]
    tight = {"ftol": 1e-15, "gtol": 1e-10}
    found = minimize(loss, [1, 1, 0], method="L-BFGS-B", bounds=box, options=tight)
    fit = fit_beta(p, y)
    assert fit.nll_after == pytest.approx(found.fun, abs=1e-9)
    assert (fit.a, fit.b, fit.c) == pytest.approx(tuple(found.x), abs=1e-3)


def test_beta_with_a_boundary_optimum() -> None:
    """Labels that follow log(1 - p) alone, turned around in log p: a ends at 0, order is kept."""
    rng = np.random.default_rng(3)
    p = rng.uniform(0.01, 0.99, 4000)
    t = -0.8 * np.log(p) - 1.5 * np.log1p(-p) - 1.0
    fit = fit_beta(p, (rng.random(4000) < 1 / (1 + np.exp(-t))).astype(int))
    assert fit.a == 0.0
    assert fit.b > 0
    assert fit.nll_after <= fit.nll_before
    assert (np.diff(fit.apply(np.linspace(0.01, 0.99, 50))) >= 0).all()


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.tuples(st.floats(0.001, 0.999), st.integers(0, 1)), min_size=2, max_size=15)
)
def test_never_worse_than_identity(rows) -> None:
    p, y = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    if y.min() == y.max():
        with pytest.raises(InvalidArgument, match="both classes"):
            fit_beta(p, y)
        return
    for fit in (fit_beta(p, y), fit_platt(np.log(p / (1 - p)), y)):
        assert fit.nll_after <= fit.nll_before
        assert math.isfinite(fit.nll_after)


def test_separable_scores_keep_the_identity() -> None:
    fit = fit_platt([-2.0, -1.0, 1.0, 2.0], [0, 0, 1, 1])
    assert (fit.slope, fit.intercept, fit.converged) == (1.0, 0.0, False)
    assert "separated" in fit.notes[0]
    smooth = fit_platt([-2.0, -1.0, 1.0, 2.0], [0, 0, 1, 1], smoothed=True)
    assert smooth.converged
    assert 0 < smooth.slope < 2
    assert not fit_beta([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]).converged


def test_certain_forecasts_are_refused_with_a_way_out() -> None:
    with pytest.raises(NotADistribution, match="fit_isotonic"):
        fit_beta([0.0, 0.5], [0, 1])
    with pytest.raises(InvalidArgument, match="finite"):
        fit_platt([np.inf, 0.0], [0, 1])


def test_two_columns_are_read_like_one() -> None:
    p, y = np.array([0.8] * 4 + [0.4] * 4), [1, 1, 1, 0, 1, 0, 0, 0]
    a, b = fit_beta(p, y), fit_beta(np.column_stack([1 - p, p]), y)
    np.testing.assert_allclose(b.apply(np.column_stack([1 - p, p])), a.apply(p), atol=1e-9)
