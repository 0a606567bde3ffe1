"""The scikit-learn estimator: its checks, its agreement, and its place in a pipeline."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from infoscope.calibrate import RecalibratedClassifier, log_score
from infoscope.core.errors import InvalidArgument, UnknownName


def test_scikit_learns_own_checks() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(RecalibratedClassifier(cv=3), on_fail=None)
    failed = [r["check_name"] for r in results if r["status"] == "failed"]
    assert failed == []


@pytest.fixture(scope="module")
def data():
    return make_classification(
        1500, 12, n_informative=4, n_redundant=6, n_classes=3, random_state=0
    )


def test_recalibration_mends_naive_bayes(data) -> None:
    X, y = data
    plain = GaussianNB().fit(X[:900], y[:900])
    model = RecalibratedClassifier(GaussianNB()).fit(X[:900], y[:900])
    before = log_score(plain.predict_proba(X[900:]), y[900:]).value
    after = log_score(model.predict_proba(X[900:]), y[900:]).value
    assert after < before - 0.05
    assert model.map_.temperature > 1
    assert model.score(X[900:], y[900:]) == pytest.approx(plain.score(X[900:], y[900:]), abs=0.02)


def test_agreement_with_calibrated_classifier_cv(data) -> None:
    X, y = data
    keep = y < 2
    X, y = X[keep], y[keep]
    model = RecalibratedClassifier(LogisticRegression(), method="isotonic", cv=5).fit(X, y)
    theirs = CalibratedClassifierCV(
        LogisticRegression(), method="isotonic", cv=5, ensemble=False
    ).fit(X, y)
    gap = np.abs(model.predict_proba(X) - theirs.predict_proba(X))
    # theirs interpolates between log-odds, ours between probabilities
    assert np.median(gap) < 1e-9
    assert np.quantile(gap, 0.9) < 0.02


@pytest.mark.parametrize("method", ["temperature", "vector", "matrix"])
def test_it_fits_into_a_pipeline_and_clones(data, method) -> None:
    X, y = data
    pipe = make_pipeline(StandardScaler(), RecalibratedClassifier(GaussianNB(), method=method))
    names = np.array(["red", "green", "blue"])[y]
    fitted = clone(pipe).fit(X, names)
    p = fitted.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    assert set(fitted.predict(X)) <= {"red", "green", "blue"}
    assert list(fitted.classes_) == ["blue", "green", "red"]


def test_refusals(data) -> None:
    X, y = data
    with pytest.raises(UnknownName, match="temperature"):
        RecalibratedClassifier(method="magic").fit(X, y)
    with pytest.raises(InvalidArgument, match="three classes"):
        RecalibratedClassifier(method="platt").fit(X, y)
    with pytest.raises(InvalidArgument, match="one class"):
        RecalibratedClassifier().fit(X[:5], np.zeros(5))


def test_the_package_does_not_load_scikit_learn() -> None:
    code = (
        "import sys, infoscope.calibrate; "
        "print([m for m in ('sklearn', 'pandas', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
