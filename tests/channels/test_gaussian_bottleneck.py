"""The Gaussian bottleneck: closed form, direct measurement of its projection, other coordinates."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize

import infoscope.measures
from infoscope.channels import gaussian_bottleneck, gaussian_bottleneck_curve
from infoscope.core.errors import InvalidArgument, WrongType


def random_cov(seed: int, d: int) -> np.ndarray:
    a = np.random.default_rng(seed).normal(size=(d, 2 * d))
    return a @ a.T


def pair_cov(correlations: list[float]) -> np.ndarray:
    r = np.diag(correlations)
    one = np.eye(len(correlations))
    return np.block([[one, r], [r, one]])


def measured(cov: np.ndarray, n_x: int, projection: np.ndarray) -> tuple[float, float]:
    """Return I(X;T) and I(T;Y) of T = A X + noise, by determinants of covariances."""
    xx, xy, yy = cov[:n_x, :n_x], cov[:n_x, n_x:], cov[n_x:, n_x:]
    t = projection @ xx @ projection.T + np.eye(len(projection))
    given_y = t - projection @ xy @ np.linalg.solve(yy, xy.T) @ projection.T
    half = np.linalg.slogdet(t)[1] / 2
    return half, half - np.linalg.slogdet(given_y)[1] / 2


@pytest.mark.parametrize("rho", [0.1, 0.6, 0.95, -0.8])
@pytest.mark.parametrize("times", [0.9, 1.1, 10.0])
def test_one_dimension(rho: float, times: float) -> None:
    beta = times / rho**2
    result = gaussian_bottleneck([[1, rho], [rho, 1]], 1, beta)
    assert result.critical_betas[0] == pytest.approx(1 / rho**2, rel=1e-12)
    if times < 1:
        assert (result.complexity, result.relevance) == (0, 0)
        assert result.projection.shape == (0, 1)
        return
    odds = rho**2 / (1 - rho**2)
    assert result.complexity == pytest.approx(math.log((beta - 1) * odds) / 2, abs=1e-12)
    # I(T;Y) = -log(1 - rho^2 (1 - exp(-2 I(X;T)))) / 2
    exact = -math.log(1 - rho**2 * (1 - math.exp(-2 * result.complexity))) / 2
    assert result.relevance == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("beta", [2.0, 5.0, 100.0])
def test_the_projection_attains_what_is_said(seed: int, beta: float) -> None:
    cov = random_cov(seed, 5)
    result = gaussian_bottleneck(cov, 3, beta)
    complexity, relevance = measured(cov, 3, result.projection)
    assert result.complexity == pytest.approx(complexity, abs=1e-9)
    assert result.relevance == pytest.approx(relevance, abs=1e-9)
    assert result.value == pytest.approx(complexity - beta * relevance, abs=1e-8)
    assert len(result.projection) == (beta > result.critical_betas).sum()


@pytest.mark.parametrize("seed", range(3))
def test_no_other_projection_is_better(seed: int) -> None:
    cov, beta = random_cov(seed, 4), 6.0
    result = gaussian_bottleneck(cov, 2, beta)

    def lagrangian(a: np.ndarray) -> float:
        complexity, relevance = measured(cov, 2, a.reshape(2, 2))
        return complexity - beta * relevance

    starts = np.random.default_rng(seed).normal(size=(5, 4)) / np.sqrt(np.diag(cov)[:2].max())
    best = min(float(minimize(lagrangian, start, method="BFGS", tol=1e-9).fun) for start in starts)
    assert result.value == pytest.approx(best, abs=1e-6)
    assert result.value <= best + 1e-9


def test_units_of_measurement_and_order_do_not_matter() -> None:
    cov = random_cov(1, 4)
    scale = np.diag([1e3, 1e-3, 5.0, 0.2])
    plain = gaussian_bottleneck(cov, 2, 7.0)
    scaled = gaussian_bottleneck(scale @ cov @ scale, 2, 7.0)
    order = [3, 0, 2, 1]
    shuffled = gaussian_bottleneck(cov[np.ix_(order, order)], [1, 3], 7.0)
    for other in (scaled, shuffled):
        assert other.complexity == pytest.approx(plain.complexity, abs=1e-9)
        assert other.relevance == pytest.approx(plain.relevance, abs=1e-9)


def test_relevance_approaches_the_mutual_information() -> None:
    cov = random_cov(2, 5)
    truth = infoscope.measures.gaussian_mutual_information(cov, 2, unit="bits")
    result = gaussian_bottleneck(cov, 2, 1e9, unit="bits")
    assert result.relevance == pytest.approx(truth, abs=1e-6)


def test_by_complexity_instead_of_beta() -> None:
    cov = pair_cov([0.9, 0.5, 0.0])
    for complexity in (0.1, 1.0, 3.0):
        result = gaussian_bottleneck(cov, 3, complexity=complexity, unit="bits")
        assert result.complexity == pytest.approx(complexity, abs=1e-12)
        again = gaussian_bottleneck(cov, 3, result.beta, unit="bits")
        assert again.relevance == pytest.approx(result.relevance, abs=1e-12)
    assert gaussian_bottleneck(cov, 3, complexity=0).relevance == 0
    assert gaussian_bottleneck(cov, 3, 5.0).critical_betas == pytest.approx(
        [1 / 0.81, 4.0, math.inf]
    )


def test_curve_is_monotone_concave_and_bends_at_the_critical_betas() -> None:
    cov = pair_cov([0.9, 0.5])
    curve = gaussian_bottleneck_curve(cov, 2, np.geomspace(1, 1000, 200))
    C, R = curve.complexities, curve.relevances
    assert (np.diff(C) >= 0).all()
    assert (np.diff(R) >= -1e-15).all()
    moved = np.diff(C) > 1e-9
    slopes = np.diff(R)[moved] / np.diff(C)[moved]
    assert (np.diff(slopes) <= 1e-9).all()
    assert curve.critical_betas == pytest.approx([1 / 0.81, 4.0])
    ranks = np.array([len(point.projection) for point in curve.points])
    expected = (curve.betas[:, None] > curve.critical_betas).sum(axis=1)
    assert (ranks == expected).all()
    assert curve.gap == 0
    assert len(gaussian_bottleneck_curve(cov, 2, n=7)) == 7


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"beta": -1.0}, "beta must"),
        ({"beta": None}, "exactly one of beta and complexity; got neither"),
        ({"complexity": 1.0}, "got both"),
        ({"beta": None, "complexity": -1.0}, "complexity must"),
        ({"beta": None, "complexity": 1e6}, "complexity must be smaller"),
        ({"cov": [[1.0, 1.0], [1.0, 1.0]]}, "be positive definite; got a smallest eigenvalue of 0"),
        (
            {"cov": [[1.0, 2.0], [2.0, 1.0]]},
            "be positive definite; got a smallest eigenvalue of -1",
        ),
        ({"cov": [[1.0, 0.5], [0.4, 1.0]]}, "be symmetric"),
        ({"cov": [[1.0, math.nan], [math.nan, 1.0]]}, "be finite"),
        ({"cov": [1.0, 2.0]}, "be a square matrix"),
        ({"split": 2}, "leave at least one of the 2 variables"),
        ({"split": 0}, "leave at least one"),
        ({"split": [0, 0]}, "leave at least one"),
    ],
)
def test_refusals(arguments: dict, message: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        gaussian_bottleneck(**{"cov": [[1, 0.5], [0.5, 1]], "split": 1, "beta": 5.0, **arguments})
    assert message in str(caught.value)


def test_wrong_types_and_no_correlation() -> None:
    with pytest.raises(WrongType, match="split"):
        gaussian_bottleneck(np.eye(2), "x", 2.0)  # type: ignore[arg-type]
    with pytest.raises(WrongType, match="split"):
        gaussian_bottleneck(np.eye(2), [0.5], 2.0)  # type: ignore[list-item]
    with pytest.raises(InvalidArgument, match="uncorrelated"):
        gaussian_bottleneck(np.eye(2), 1, complexity=1.0)
    assert gaussian_bottleneck(np.eye(2), 1, 100.0).relevance == 0
