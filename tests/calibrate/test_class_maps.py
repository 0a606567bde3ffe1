"""Vector and matrix scaling against SciPy and scikit-learn, and never worse than no change."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp

from infoscope import Logits
from infoscope.calibrate import (
    fit_matrix_scaling,
    fit_temperature,
    fit_vector_scaling,
    log_score,
)
from infoscope.core.errors import InvalidArgument


@pytest.fixture(scope="module")
def small(cifar_logits):
    z, y = cifar_logits
    keep = np.isin(y, (2, 3, 5))
    return z[keep][:900][:, [2, 3, 5]], np.searchsorted([2, 3, 5], y[keep][:900])


def test_vector_scaling_agrees_with_scipy(small) -> None:
    z, y = small
    rows = np.arange(len(y))

    def loss(x):
        s = z * x[:3] + x[3:]
        return np.mean(logsumexp(s, axis=1) - s[rows, y])

    found = minimize(loss, [1.0] * 3 + [0.0] * 3, method="BFGS", options={"gtol": 1e-7})
    fit = fit_vector_scaling(z, y)
    assert fit.converged
    assert fit.nll_after == pytest.approx(found.fun, abs=1e-9)
    assert fit.nll_after <= found.fun + 1e-12
    np.testing.assert_allclose(fit.weights, found.x[:3], atol=1e-4)
    assert abs(fit.bias.sum()) < 1e-12


def test_matrix_scaling_agrees_with_scikit_learn(small) -> None:
    from sklearn.linear_model import LogisticRegression

    z, y = small
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=5000).fit(z, y)
    wanted = -np.mean(theirs.predict_log_proba(z)[np.arange(len(y)), y])
    fit = fit_matrix_scaling(z, y)
    assert fit.converged
    assert fit.nll_after == pytest.approx(wanted, abs=1e-7)
    np.testing.assert_allclose(fit.apply(z), theirs.predict_proba(z), atol=1e-4)


def test_richer_maps_fit_better_and_are_scored_held_out(cifar_logits) -> None:
    z, y = cifar_logits
    train, held = slice(0, 5000), slice(5000, None)
    one, many = fit_temperature(z[train], y[train]), fit_vector_scaling(z[train], y[train])
    assert many.nll_after < one.nll_after < many.nll_before == pytest.approx(one.nll_before)
    assert (
        log_score(many.rescale(z[held]), y[held]).value < log_score(Logits(z[held]), y[held]).value
    )


def test_a_strong_ridge_is_the_identity(small) -> None:
    z, y = small
    fit = fit_matrix_scaling(z, y, ridge=1e9)
    np.testing.assert_allclose(fit.weights, np.eye(3), atol=1e-6)
    assert fit.nll_after <= fit.nll_before


def test_separable_labels_keep_the_identity() -> None:
    z = np.array([[2.0, 0.0, 0.1], [0.0, 2.0, 0.3], [0.2, 0.0, 2.0], [3.0, 0.5, 0.0]])
    for fit in (fit_vector_scaling, fit_matrix_scaling):
        found = fit(z, [0, 1, 2, 0])
        assert not found.converged
        assert "separated" in found.notes[0]
        assert found.nll_after == found.nll_before


@pytest.mark.parametrize("fit", [fit_vector_scaling, fit_matrix_scaling])
def test_refusals(fit) -> None:
    z = np.array([[2.0, 0.0, 1.0], [0.0, 2.0, 1.0]])
    with pytest.raises(InvalidArgument, match="no case of class 2"):
        fit(z, [0, 1])
    with pytest.raises(InvalidArgument, match="fit_platt"):
        fit([2.0, -1.0], [0, 1])
    with pytest.raises(InvalidArgument, match="-inf"):
        fit([[0.0, 1.0, -np.inf], [0.0, 1.0, 2.0], [1.0, 1.0, 1.0]], [0, 1, 2])
    with pytest.raises(InvalidArgument, match="ridge"):
        fit_matrix_scaling(z, [0, 1], ridge=-1)


def test_too_many_classes_for_a_matrix() -> None:
    z = np.random.default_rng(0).normal(size=(60, 30))
    with pytest.raises(InvalidArgument, match="at most 24"):
        fit_matrix_scaling(z, np.arange(60) % 30)


def test_apply_checks_the_number_of_classes(small) -> None:
    fit = fit_vector_scaling(*small)
    with pytest.raises(InvalidArgument, match="3 classes"):
        fit.apply([[0.0, 1.0]])
    assert "vector scaling" in str(fit)
