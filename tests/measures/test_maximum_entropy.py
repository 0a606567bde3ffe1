"""Maximum entropy against the distributions that are known to solve it, and against scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, root_scalar

from infoscope.core.errors import InvalidArgument, WrongType
from infoscope.measures import entropy, kl_divergence
from infoscope.measures.maximum_entropy_solver import maximum_entropy

DIE = np.arange(1.0, 7.0)


def test_no_moment_gives_the_uniform_distribution():
    answer = maximum_entropy(DIE, [])
    assert answer.p.tolist() == [1 / 6] * 6
    assert answer.entropy == pytest.approx(math.log(6), abs=1e-15)
    assert answer.converged
    assert answer.gap == 0.0


def test_a_mean_gives_the_truncated_geometric_distribution():
    answer = maximum_entropy(DIE, [(DIE, 4.5)])

    def mean_error(r: float) -> float:  # p_i ~ r**i, its ratio found by another route
        weights = r**DIE
        return float(weights @ DIE / weights.sum() - 4.5)

    r = root_scalar(mean_error, bracket=(1.0, 3.0), xtol=1e-15).root
    expected = r**DIE / (r**DIE).sum()
    np.testing.assert_allclose(answer.p, expected, rtol=1e-12)
    assert answer.multipliers[0] == pytest.approx(math.log(r), abs=1e-12)


def test_a_mean_on_a_long_half_line_gives_the_geometric_distribution():
    x = np.arange(3000.0)
    answer = maximum_entropy(x, [(x, 10.0)])
    expected = (1 / 11) * (10 / 11) ** x
    np.testing.assert_allclose(answer.p, expected, rtol=1e-9, atol=1e-300)
    # h2(1/11) / (1/11), the textbook entropy of a geometric distribution
    assert answer.entropy == pytest.approx(11 * math.log(11) - 10 * math.log(10), abs=1e-12)


def test_mean_and_mean_square_give_the_discretised_normal():
    x = np.linspace(-8, 8, 1601)
    answer = maximum_entropy(x, [(x, 0.0), (x**2, 1.0)])
    # theta functions: on this fine grid the discretised unit normal has variance 1 to 1e-12
    expected = np.exp(-x * x / 2)
    np.testing.assert_allclose(answer.p, expected / expected.sum(), rtol=1e-9, atol=1e-25)
    np.testing.assert_allclose(answer.multipliers, [0.0, -0.5], atol=1e-9)


def test_a_feature_mean_gives_its_softmax():
    rng = np.random.default_rng(0)
    feature = rng.normal(size=50)
    weights = np.exp(feature / 0.7)
    target = weights @ feature / weights.sum()
    answer = maximum_entropy(np.arange(50), [(feature, float(target))])
    np.testing.assert_allclose(answer.p, weights / weights.sum(), rtol=1e-11)
    assert answer.multipliers[0] == pytest.approx(1 / 0.7, rel=1e-11)


def test_agrees_with_a_general_solver():
    values = np.array([[1.0, 0.0], [2.0, 1.0], [4.0, -1.0], [3.0, 2.0], [0.0, 1.0]])
    targets = [2.2, 0.7]
    answer = maximum_entropy(np.arange(5), list(zip(values.T, targets, strict=True)))
    peer = minimize(
        lambda p: float(np.sum(p * np.log(p))),
        np.full(5, 0.2),
        bounds=[(1e-9, 1)] * 5,
        constraints=[
            {"type": "eq", "fun": lambda p: p.sum() - 1},
            {"type": "eq", "fun": lambda p: values.T @ p - targets},
        ],
        method="SLSQP",
        options={"ftol": 1e-14},
    )
    np.testing.assert_allclose(answer.p, peer.x, atol=1e-5)
    assert answer.entropy >= -peer.fun - 1e-9


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(1, 3))
def test_moments_hold_and_every_other_feasible_point_has_less_entropy(seed, k, m):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(k, m))
    q = rng.dirichlet(np.ones(k)) * 0.9 + 0.1 / k  # a feasible point inside the hull
    answer = maximum_entropy(np.arange(k), [(values[:, j], values[:, j] @ q) for j in range(m)])
    assert answer.converged
    np.testing.assert_allclose(values.T @ answer.p, values.T @ q, atol=1e-9)
    # Pythagoras: H(p*) - H(q) = KL(q || p*)
    lhs = answer.entropy - entropy(q)
    assert lhs == pytest.approx(kl_divergence(q, answer.p), abs=1e-9)
    assert lhs >= -1e-10


def test_multiplier_is_minus_the_slope_of_the_entropy():
    h = 1e-5
    up, down = (maximum_entropy(DIE, [(DIE, 4.0 + s)]).entropy for s in (h, -h))
    slope = -maximum_entropy(DIE, [(DIE, 4.0)]).multipliers[0]
    assert (up - down) / (2 * h) == pytest.approx(slope, abs=1e-8)


def test_redundant_moments_are_shared_out():
    alone = maximum_entropy(DIE, [(DIE, 4.5)])
    doubled = maximum_entropy(DIE, [(DIE, 4.5), (3 * DIE + 1, 14.5), (np.ones(6), 1.0)])
    np.testing.assert_allclose(doubled.p, alone.p, rtol=1e-12)
    assert doubled.multipliers[:2] @ [1, 3] == pytest.approx(alone.multipliers[0], rel=1e-12)


def test_targets_on_the_boundary():
    assert maximum_entropy(DIE, [(DIE, 1.0)]).p.tolist() == [1, 0, 0, 0, 0, 0]
    # mean 3.5 and variance 1/4 leave the faces 3 and 4 only
    answer = maximum_entropy(DIE, [(DIE, 3.5), (DIE**2, 12.5)])
    np.testing.assert_allclose(answer.p, [0, 0, 0.5, 0.5, 0, 0], atol=1e-12)
    square = [[0, 0], [0, 1], [1, 0], [1, 1]]
    edge = maximum_entropy(square, [(lambda s: s[:, 0], 0.3), (lambda s: s[:, 1], 1.0)])
    np.testing.assert_allclose(edge.p, [0, 0.7, 0, 0.3], atol=1e-12)


def test_close_to_the_boundary():
    answer = maximum_entropy(DIE, [(DIE, 1 + 1e-9)])
    assert answer.p[1] == pytest.approx(1e-9, rel=1e-6)
    assert answer.converged


@pytest.mark.parametrize(
    "moments, message",
    [
        ([(DIE, 7.0)], r"moments\[0\]\[1\] must lie between the least and the greatest value"),
        ([(DIE, math.nan)], "must lie between"),
        ([(DIE, 4.5), (2 * DIE, 9.1)], "contradict each other"),
        ([(DIE, 3.0), (DIE**2, 8.0)], "outside the convex hull"),
        ([(DIE, 3.5), (DIE**2, 12.4)], "outside the convex hull"),
        ([(DIE[:5], 3.0)], "one value for each of the 6 outcomes"),
        ([(np.where(DIE > 3, math.inf, DIE), 3.0)], "be finite"),
    ],
)
def test_impossible_moments_are_refused(moments, message):
    with pytest.raises(InvalidArgument, match=message):
        maximum_entropy(DIE, moments)


def test_wrong_types_are_refused():
    with pytest.raises(WrongType, match="pairs"):
        maximum_entropy(DIE, [DIE])  # type: ignore[list-item]
    with pytest.raises(InvalidArgument, match="at least one outcome"):
        maximum_entropy([], [])
    with pytest.raises(WrongType, match="real numbers"):
        maximum_entropy(DIE, [(["a"] * 6, 1.0)])


def test_one_outcome():
    answer = maximum_entropy([3.0], [([3.0], 3.0)])
    assert answer.p.tolist() == [1.0]
    assert answer.entropy == 0.0
