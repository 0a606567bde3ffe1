"""Isotonic recalibration equals scikit-learn's, and no monotone map beats it where it was fit."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from infoscope.calibrate import brier_score, fit_isotonic, log_score
from infoscope.core.errors import InvalidArgument


@pytest.mark.parametrize("digits", [1, 2, 9])
def test_agreement_with_scikit_learn(digits: int) -> None:
    rng = np.random.default_rng(digits)
    s = rng.normal(size=700).round(digits)
    y = (rng.random(700) < 1 / (1 + np.exp(-(s**3)))).astype(int)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(s, y)
    grid = np.linspace(-4, 4, 301)
    np.testing.assert_allclose(fit_isotonic(s, y).apply(grid), theirs.predict(grid), atol=1e-12)


def test_nothing_monotone_is_better_on_the_fitting_data(nfl) -> None:
    p, y = nfl
    fitted = fit_isotonic(p, y).apply(p)
    for other in (p, p**2, np.sqrt(p), 0.1 + 0.8 * p):
        assert brier_score(fitted, y).value <= brier_score(other, y).value
        assert log_score(fitted, y).value <= log_score(other, y).value + 1e-12


def test_certain_blocks_are_noted() -> None:
    fit = fit_isotonic([0.1, 0.2, 0.8], [0, 0, 1])
    assert "3 of 3" in fit.notes[0]
    assert fit.n_blocks == 2


@pytest.mark.parametrize(
    ("s", "y", "words"),
    [
        ([0.1, 0.2], [1, 1], "both classes"),
        ([0.1, np.nan], [0, 1], "nan at index 1"),
        ([[0.1], [0.2]], [0, 1], "shape"),
        ([], [], "shape"),
    ],
)
def test_refusals(s, y, words) -> None:
    with pytest.raises(InvalidArgument, match=words):
        fit_isotonic(s, y)
