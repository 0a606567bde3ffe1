"""Rate-distortion: closed forms, duality, straight pieces, and every way to be wrong."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import rel_entr

from infoscope.channels import (
    bernoulli_rate_distortion,
    gaussian_rate_distortion,
    mrs_gerber,
    parallel_gaussian_rate_distortion,
    rate_distortion,
    rate_distortion_curve,
    uniform_rate_distortion,
)
from infoscope.core.errors import InvalidArgument, NotADistribution, WrongType

HAMMING = [[0, 1], [1, 0]]
INF = math.inf


def h(p: float) -> float:
    return sum(-q * math.log(q) for q in (p, 1 - p) if q > 0)


def rate_of(p: np.ndarray, channel: np.ndarray) -> float:
    joint = p[:, None] * channel
    return float(rel_entr(joint, np.outer(p, joint.sum(axis=0))).sum())


# closed forms


@pytest.mark.parametrize("p", [0.5, 0.3, 0.95])
@pytest.mark.parametrize("fraction", [0.0, 1e-6, 0.1, 0.5, 0.999, 1.0, 1.5])
def test_bernoulli(p: float, fraction: float) -> None:
    rare = min(p, 1 - p)
    D = fraction * rare
    truth = h(p) - h(D) if fraction < 1 else 0.0
    named = bernoulli_rate_distortion(p, D)
    assert named.value == pytest.approx(truth, abs=1e-14)
    solved = rate_distortion([1 - p, p], HAMMING, distortion=D)
    assert solved.converged
    assert solved.value == pytest.approx(truth, abs=1e-9)
    assert solved.distortion <= D + 1e-15
    for result in (named, solved):  # the test channel does what the result says
        source = np.array([1 - p, p])
        assert rate_of(source, result.test_channel) == pytest.approx(truth, abs=1e-9)
        spent = float((source[:, None] * result.test_channel * np.array(HAMMING)).sum())
        assert spent == pytest.approx(result.distortion, abs=1e-12)


@pytest.mark.parametrize("m", [2, 3, 8])
@pytest.mark.parametrize("D", [0.0, 0.05, 0.4, 0.95])
def test_uniform_letters(m: int, D: float) -> None:
    named = uniform_rate_distortion(m, D)
    truth = max(math.log(m) - h(D) - D * math.log(m - 1), 0.0) if 1 - 1 / m > D else 0.0
    assert named.value == pytest.approx(truth, abs=1e-14)
    solved = rate_distortion(np.full(m, 1 / m), 1 - np.eye(m), distortion=D)
    assert solved.value == pytest.approx(truth, abs=1e-9)


@pytest.mark.parametrize("s", [0.3, 1.0, 2.0, 5.0])
def test_slope_of_a_fair_coin(s: float) -> None:
    D = 1 / (1 + math.exp(s))  # from s = log((1 - D) / D)
    result = rate_distortion([0.5, 0.5], HAMMING, slope=s)
    assert result.distortion == pytest.approx(D, abs=1e-9)
    assert result.value == pytest.approx(math.log(2) - h(D), abs=1e-9)
    in_bits = rate_distortion([0.5, 0.5], HAMMING, slope=s / math.log(2), unit="bits")
    assert in_bits.distortion == pytest.approx(D, abs=1e-9)
    assert in_bits.slope == pytest.approx(s / math.log(2))


@pytest.mark.parametrize("D", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_erasure_distortion_is_a_straight_line(D: float) -> None:
    # R(D) = (1 - D) log 2: one slope, log 2, has every distortion
    result = rate_distortion([0.5, 0.5], [[0, INF, 1], [INF, 0, 1]], distortion=D)
    assert result.value == pytest.approx((1 - D) * math.log(2), abs=1e-9)
    assert result.distortion == pytest.approx(D, abs=1e-12)
    assert result.converged
    if 0 < D < 1:
        assert result.slope == pytest.approx(math.log(2), abs=1e-6)


def test_gaussian_closed_forms() -> None:
    assert gaussian_rate_distortion(4.0, 0.25, unit="bits").value == 2.0
    assert gaussian_rate_distortion(1.0, 2.0).value == 0
    assert gaussian_rate_distortion(1.0, 0.0).value == INF
    assert gaussian_rate_distortion(2.0, 0.5).slope == pytest.approx(1.0)  # 1 / (2 D)
    # variances 4, 1, 0.25 with D = 1.65: level 0.7, the last is given up
    several = parallel_gaussian_rate_distortion([4.0, 1.0, 0.25], 1.65)
    assert several.distortions == pytest.approx([0.7, 0.7, 0.25])
    assert several.value == pytest.approx(math.log(4 / 0.7) / 2 + math.log(1 / 0.7) / 2)


def test_a_fine_grid_approaches_the_gaussian() -> None:
    x = np.linspace(-6, 6, 97)
    p = np.exp(-x * x / 2)
    p /= p.sum()
    solved = rate_distortion(p, (x[:, None] - x) ** 2, distortion=0.25)
    assert solved.converged
    assert solved.value == pytest.approx(math.log(2), abs=1e-3)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=8), st.floats(1e-3, 1.2))
def test_reverse_water_filling_meets_its_conditions(v: list[float], fraction: float) -> None:
    D = fraction * sum(v)
    result = parallel_gaussian_rate_distortion(v, D)
    assert result.distortions.sum() == pytest.approx(min(D, sum(v)))
    assert result.distortions == pytest.approx(np.minimum(result.water_level, v))
    by_hand = sum(math.log(a / b) / 2 for a, b in zip(v, result.distortions, strict=True))
    assert result.value == pytest.approx(by_hand, abs=1e-12)


# duality


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(1, 8), st.floats(-2, 3))
def test_slope_bounds_bracket_and_meet(seed: int, n: int, m: int, log_s: float) -> None:
    rng = np.random.default_rng(seed)
    p, d, s = rng.dirichlet(np.ones(n)), rng.random((n, m)), 10**log_s
    result = rate_distortion(p, d, slope=s, tolerance=1e-9)
    assert result.converged
    assert result.test_channel.sum(axis=1) == pytest.approx(np.ones(n))
    assert result.value == pytest.approx(rate_of(p, result.test_channel), abs=1e-12)
    attained = result.value + s * result.distortion
    # Blahut's dual, from the reproductions alone, proves it from below
    A = np.exp(-s * (d - d.min(axis=1, keepdims=True)))
    mass = A @ result.reproduction
    c = (p / mass) @ A
    dual = -float(p @ np.log(mass)) - math.log(c.max()) + s * float(p @ d.min(axis=1))
    assert dual <= attained + 1e-9
    assert attained - dual <= 2e-9 + 1e-12 * s
    for _ in range(10):  # no other test channel does better
        other = rng.dirichlet(np.ones(m), n)
        assert rate_of(p, other) + s * float((p[:, None] * other * d).sum()) >= attained - 2e-9


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_a_generic_optimiser(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, m = 3, 3
    p, d = rng.dirichlet(np.ones(n)), rng.random((n, m))
    low, high = float(p @ d.min(axis=1)), float((p @ d).min())
    D = (low + high) / 2
    rows = {"type": "eq", "fun": lambda q: q.reshape(n, m).sum(axis=1) - 1}
    fit = {"type": "ineq", "fun": lambda q: D - float((p[:, None] * q.reshape(n, m) * d).sum())}

    def rate(q: np.ndarray) -> float:
        channel = np.abs(q.reshape(n, m))
        return rate_of(p, channel / channel.sum(axis=1, keepdims=True))

    best = min(
        (
            minimize(
                rate, rng.dirichlet(np.ones(m), n).ravel(), method="SLSQP",
                bounds=[(1e-12, 1)] * (n * m), constraints=[rows, fit],
                options={"ftol": 1e-13, "maxiter": 1000},
            )
            for _ in range(5)
        ),
        key=lambda done: done.fun if done.success else INF,
    )  # fmt: skip
    assert rate_distortion(p, d, distortion=D).value == pytest.approx(best.fun, abs=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(2, 6))
def test_curve_falls_and_is_convex(seed: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    p, d = rng.dirichlet(np.ones(n)), np.round(rng.random((n, m)), 1)
    curve = rate_distortion_curve(p, d, n=9)
    assert curve.converged
    assert curve.gap <= 1e-10
    assert (np.diff(curve.rates) <= 1e-9).all()
    assert (np.diff(curve.rates, 2) >= -1e-9).all()
    assert curve.rates[-1] == 0
    for point, target in zip(curve.points, curve.distortions, strict=True):
        assert point.distortion <= target + 1e-12


def test_curve_at_chosen_targets_and_in_other_units() -> None:
    curve = rate_distortion_curve([0.5, 0.5], HAMMING, [0.1, 0.25], unit="bits")
    assert curve.to("nats").rates == pytest.approx([math.log(2) - h(0.1), math.log(2) - h(0.25)])
    assert len(curve) == 2
    assert curve.to_dict()["distortions"] == pytest.approx([0.1, 0.25])
    assert "2 points" in str(curve)


# edges


def test_smallest_distortion_is_solved_as_it_is() -> None:
    # letters 0 and 1 share a perfect reproduction: R(0) = h(0.5), not H(p)
    p, d = [0.25, 0.25, 0.5], [[0, 1], [0, 1], [1, 0]]
    for result in (rate_distortion(p, d, distortion=0), rate_distortion(p, d, slope=INF)):
        assert result.value == pytest.approx(math.log(2), abs=1e-12)
        assert result.slope == INF
        assert result.distortion == 0


def test_letters_of_probability_zero_change_nothing() -> None:
    with_ghost = rate_distortion([0.5, 0.0, 0.5], [[0, 1], [7, 9], [1, 0]], distortion=0.1)
    assert with_ghost.value == pytest.approx(math.log(2) - h(0.1), abs=1e-9)
    assert with_ghost.test_channel.sum(axis=1) == pytest.approx([1, 1, 1])
    ghost_forbidden = rate_distortion([1.0, 0.0], [[0, INF], [INF, 0]], distortion=0)
    assert ghost_forbidden.value == 0
    assert ghost_forbidden.test_channel[0].tolist() == [1, 0]


def test_forbidden_pairs_can_ask_for_a_rate_at_any_distortion() -> None:
    d = [[0, INF], [INF, 0]]
    for arguments in ({"distortion": 100.0}, {"slope": 0.0}, {"distortion": 0.0}):
        result = rate_distortion([0.5, 0.5], d, **arguments)
        assert result.value == pytest.approx(math.log(2), abs=1e-12)
        assert result.converged
    with pytest.raises(InvalidArgument, match="distortions must be given"):
        rate_distortion_curve([0.5, 0.5], d)


def test_mrs_gerber() -> None:
    assert mrs_gerber(0.2, 0.0) == pytest.approx(h(0.2), abs=1e-14)
    assert mrs_gerber(0.2, math.log(2)) == pytest.approx(math.log(2), abs=1e-14)
    for a in (0.05, 0.3):
        assert mrs_gerber(0.2, h(a)) == pytest.approx(h(a * 0.8 + 0.2 * (1 - a)), abs=1e-13)
    assert mrs_gerber(0.0, 0.3, unit="bits") == pytest.approx(0.3, abs=1e-14)
    with pytest.raises(InvalidArgument, match="at most log 2"):
        mrs_gerber(0.1, 1.0)


# bad input


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({}, "exactly one of slope and distortion; got neither"),
        ({"slope": 1, "distortion": 1}, "got both"),
        ({"slope": -1}, "slope must"),
        ({"slope": math.nan}, "slope must"),
        ({"distortion": -0.1}, "distortion must"),
        (
            {"d": [[0.25, 1], [1, 0.5]], "distortion": 0.3},
            "smallest mean distortion, 0.375; got 0.3",
        ),
        ({"d": [[0, -1], [1, 0]], "slope": 1}, "d must be non-negative; got -1.0 at index (0, 1)"),
        ({"d": [[0, math.nan], [1, 0]], "slope": 1}, "d must be non-negative; got nan"),
        ({"d": [[0, 1]], "slope": 1}, "one row for each letter of p"),
        ({"d": [[INF, INF], [1, 0]], "slope": 1}, "at least one reproduction"),
        ({"p": [[0.5, 0.5]], "slope": 1}, "p must be one distribution"),
    ],
)
def test_refusals(arguments: dict, message: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        rate_distortion(**{"p": [0.5, 0.5], "d": HAMMING, **arguments})
    assert message in str(caught.value)


def test_more_refusals() -> None:
    with pytest.raises(NotADistribution, match="p must sum to 1"):
        rate_distortion([0.5, 0.6], HAMMING, slope=1)
    with pytest.raises(WrongType, match="d must hold real numbers"):
        rate_distortion([0.5, 0.5], "hamming", slope=1)
    with pytest.raises(InvalidArgument, match="distortions must be a vector"):
        rate_distortion_curve([0.5, 0.5], HAMMING, [])
    with pytest.raises(InvalidArgument, match="smallest mean distortion"):
        rate_distortion_curve([0.5, 0.5], [[1, 2], [2, 1]], [0.5])
    with pytest.raises(InvalidArgument, match="variance must be positive"):
        gaussian_rate_distortion(0, 1)
    with pytest.raises(InvalidArgument, match="distortion"):
        parallel_gaussian_rate_distortion([1.0], -1)
    with pytest.raises(InvalidArgument, match="m must be at least 2"):
        uniform_rate_distortion(1, 0.1)


def test_stopping_early_is_confessed() -> None:
    rng = np.random.default_rng(0)
    p, d = rng.dirichlet(np.ones(20)), rng.random((20, 20))
    stopped = rate_distortion(p, d, slope=10, max_steps=2)
    full = rate_distortion(p, d, slope=10)
    assert not stopped.converged
    lagrangian = full.value + 10 * full.distortion
    assert stopped.value + 10 * stopped.distortion - stopped.gap <= lagrangian
    assert lagrangian <= stopped.value + 10 * stopped.distortion


def test_letters_that_all_but_never_happen() -> None:
    p = [1.0, 1e-170, 1e-300]
    result = rate_distortion(p, [[0, 1, 2], [1, 0, 1], [2, 1, 0]], slope=INF)
    assert 0 <= result.value < 1e-150
    assert result.test_channel == pytest.approx(np.eye(3), abs=1e-9)
