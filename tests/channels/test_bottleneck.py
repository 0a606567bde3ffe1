"""The information bottleneck, soft and hard: closed forms, dual bound, transitions, curves."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

import infoscope
from infoscope.channels import (
    agglomerative_bottleneck,
    bottleneck_curve,
    deterministic_bottleneck,
    information_bottleneck,
    mrs_gerber,
)
from infoscope.core.errors import InvalidArgument, NotADistribution, WrongType

DSBS = np.array([[0.45, 0.05], [0.05, 0.45]])  # correlation 0.8, onset 1.5625


def h(p: float) -> float:
    return sum(-q * math.log(q) for q in (p, 1 - p) if q > 0)


def random_joint(seed: int, n: int, m: int, alpha: float = 0.5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    joint = rng.dirichlet(np.full(n * m, alpha)).reshape(n, m)
    return joint / joint.sum()


def informations(joint: np.ndarray, encoder: np.ndarray) -> tuple[float, float]:
    p = joint.sum(axis=1)
    complexity = float(infoscope.mutual_information(p[:, None] * encoder))
    return complexity, float(infoscope.mutual_information(encoder.T @ joint))


def clusterings(n: int) -> list[tuple[int, ...]]:
    """Return every partition of n letters, as labels in order of first use."""
    ways = []
    for labels in itertools.product(range(n), repeat=n):
        seen = list(dict.fromkeys(labels))
        if seen == list(range(len(seen))):
            ways.append(labels)
    return ways


def hard(joint: np.ndarray, labels: tuple[int, ...], beta: float) -> tuple[float, float]:
    """Return the deterministic Lagrangian and the relevance of a clustering."""
    member = np.eye(len(labels))[list(labels)]
    told = float(infoscope.mutual_information(member.T @ joint))
    return float(infoscope.entropy(joint.sum(axis=1) @ member)) - beta * told, told


# closed forms


@pytest.mark.parametrize("eps", [0.01, 0.1, 0.3])
@pytest.mark.parametrize("times_onset", [1.02, 1.5, 4.0])
def test_doubly_symmetric_binary_source(eps: float, times_onset: float) -> None:
    beta = times_onset / (1 - 2 * eps) ** 2
    joint = np.array([[1 - eps, eps], [eps, 1 - eps]]) / 2
    # the best T is X through a binary symmetric channel (Mrs. Gerber); find its noise by hand

    def lagrangian(a: float) -> float:
        mixed = a * (1 - eps) + eps * (1 - a)
        return math.log(2) - h(a) - beta * (math.log(2) - h(mixed))

    best = minimize_scalar(lagrangian, bounds=(0, 0.5), method="bounded", options={"xatol": 1e-12})
    result = information_bottleneck(joint, beta)
    assert result.converged
    assert result.value == pytest.approx(best.fun, abs=1e-9)
    assert result.n_clusters == 2
    by_gerber = math.log(2) - mrs_gerber(eps, math.log(2) - result.complexity)
    assert result.relevance == pytest.approx(by_gerber, abs=1e-9)


@pytest.mark.parametrize("eps", [0.05, 0.2, 0.4])
def test_first_critical_beta_is_one_over_squared_correlation(eps: float) -> None:
    joint = np.array([[1 - eps, eps], [eps, 1 - eps]]) / 2
    onset = 1 / (1 - 2 * eps) ** 2
    curve = bottleneck_curve(joint, np.linspace(0.5 * onset, 2 * onset, 4))
    assert curve.correlation_beta == pytest.approx(onset, rel=1e-12)
    assert curve.critical_betas == pytest.approx([onset], rel=1e-9)
    below = information_bottleneck(joint, onset * 0.999)
    above = information_bottleneck(joint, onset * 1.001)
    assert below.relevance == pytest.approx(0, abs=1e-9)
    assert above.relevance > 1e-5


def test_relevance_is_not_zero_where_other_solvers_return_zero() -> None:
    # on such 2x2 tables a well-known solver returns relevance 0 at every beta
    joint = [[0.4, 0.1], [0.1, 0.4]]
    for beta in (3.0, 5.0, 20.0):
        result = information_bottleneck(joint, beta, unit="bits")
        assert result.relevance > 0.05
        assert result.converged
    full = float(infoscope.mutual_information(joint, unit="bits"))
    assert information_bottleneck(joint, 1000.0, unit="bits").relevance == pytest.approx(full)


def test_a_jump_below_the_local_threshold_is_found() -> None:
    # rare, loud letters pay off before small fluctuations do: the onset is below 1 / correlation^2
    joint = random_joint(0, 12, 12, 0.2)
    joint = joint / joint.sum(axis=1, keepdims=True) / 12
    curve = bottleneck_curve(joint, [1.2, 50.0])
    onset = curve.critical_betas[0]
    assert onset < 0.99 * curve.correlation_beta
    between = (onset + curve.correlation_beta) / 2
    assert information_bottleneck(joint, between).relevance > 1e-3
    assert information_bottleneck(joint, 0.999 * onset).relevance == pytest.approx(0, abs=1e-9)


# the dual bound


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(2, 6), st.floats(0.05, 2.5))
def test_gap_closes_and_nothing_beats_the_bound(seed: int, n: int, m: int, log_beta: float) -> None:
    joint, beta = random_joint(seed, n, m), math.exp(log_beta)
    result = information_bottleneck(joint, beta)
    assert result.converged
    assert result.gap <= 1e-8
    complexity, relevance = informations(joint, result.encoder)
    assert result.complexity == pytest.approx(complexity, abs=1e-10)
    assert result.relevance == pytest.approx(relevance, abs=1e-10)
    assert result.value == pytest.approx(complexity - beta * relevance, abs=1e-9 * (1 + beta))
    assert relevance <= min(complexity, float(infoscope.mutual_information(joint))) + 1e-12
    assert result.marginal.sum() == pytest.approx(1)
    rng = np.random.default_rng(seed)
    rivals = [rng.dirichlet(np.full(n, 0.3), n) for _ in range(20)]
    rivals += [np.eye(n)[list(labels)] for labels in itertools.product(range(2), repeat=n)]
    for encoder in rivals:
        c, r = informations(joint, encoder)
        assert c - beta * r >= result.value - result.gap - 1e-10


def test_binary_x_against_the_convex_envelope() -> None:
    # two letters: the optimum is the lower envelope of beta H(Y;q) - H(X;q), by brute force
    joint, beta = np.array([[0.25, 0.04, 0.01], [0.1, 0.2, 0.4]]), 3.0
    p, K = joint.sum(axis=1), joint / joint.sum(axis=1, keepdims=True)
    a = np.linspace(0, 1, 4001)
    q = np.stack([a, 1 - a], axis=1)
    phi = beta * infoscope.entropy(q @ K) - infoscope.entropy(q)
    envelope = min(
        np.interp(p[0], [a[i], a[j]], [phi[i], phi[j]])
        for i in range(0, 1201, 10) for j in range(1240, 4001, 10)
        if a[i] <= p[0] <= a[j]
    )  # fmt: skip
    whole = envelope + infoscope.entropy(p) - beta * infoscope.entropy(p @ K)
    result = information_bottleneck(joint, beta)
    assert result.value <= whole + 1e-12  # the grid can only do worse
    assert result.value == pytest.approx(whole, abs=2e-4)


def test_fewer_clusters_than_wanted() -> None:
    joint = random_joint(4, 6, 5)
    free = information_bottleneck(joint, 20.0)
    two = information_bottleneck(joint, 20.0, n_clusters=2)
    assert free.n_clusters > 2
    assert two.n_clusters == 2
    assert two.value >= free.value
    assert two.value - two.gap <= free.value + 1e-9  # the bound is that of the free problem
    best = min(hard(joint, way, 20.0)[0] for way in clusterings(6) if max(way) < 2)
    assert two.value <= best + 1e-9  # a hard pair of clusters is one of the candidates


def test_same_seed_same_answer() -> None:
    joint = random_joint(9, 5, 5)
    first, second = (information_bottleneck(joint, 4.0, rng=7) for _ in range(2))
    assert (first.encoder == second.encoder).all()


# edges


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0])
def test_small_beta_tells_nothing(beta: float) -> None:
    result = information_bottleneck(DSBS, beta)
    assert (result.complexity, result.relevance, result.gap) == (0, 0, 0)
    assert result.converged


def test_independent_variables_and_single_rows() -> None:
    for joint in (np.full((3, 4), 1 / 12), [[0.2, 0.8]], [[0.2], [0.8]], [[1.0]]):
        result = information_bottleneck(joint, 50.0)
        assert result.relevance == pytest.approx(0, abs=1e-12)
        assert result.n_clusters == 1
    assert len(bottleneck_curve(np.full((3, 4), 1 / 12), n=3).critical_betas) == 0


def test_a_function_of_x_is_kept_whole_above_one() -> None:
    joint = np.kron(np.eye(3), np.ones((2, 1))) / 6
    result = information_bottleneck(joint, 1.5)
    assert result.complexity == pytest.approx(math.log(3), abs=1e-9)
    assert result.relevance == pytest.approx(math.log(3), abs=1e-9)
    assert result.n_clusters == 3
    curve = bottleneck_curve(joint, [0.9, 1.1, 2.0])
    assert curve.critical_betas == pytest.approx([1.0])


def test_empty_rows_and_columns_change_nothing() -> None:
    wide = np.zeros((3, 4))
    wide[np.ix_([0, 2], [1, 3])] = DSBS
    result, plain = information_bottleneck(wide, 3.0), information_bottleneck(DSBS, 3.0)
    assert result.value == pytest.approx(plain.value, abs=1e-9)
    assert result.encoder[1] == pytest.approx(result.marginal)  # the row that never happens
    twins = np.concatenate([DSBS / 2, DSBS / 2])
    assert information_bottleneck(twins, 3.0).value == pytest.approx(plain.value, abs=1e-9)


# the curve


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(2, 6))
def test_curve_is_monotone_and_concave(seed: int, n: int, m: int) -> None:
    joint = random_joint(seed, n, m)
    curve = bottleneck_curve(joint, n=15)
    C, R, betas = curve.complexities, curve.relevances, curve.betas
    assert (np.diff(C) >= 0).all()
    assert (np.diff(R) >= 0).all()
    moved = np.diff(C) > 1e-7
    slopes = np.diff(R)[moved] / np.diff(C)[moved]
    assert (np.diff(slopes) <= 1e-6).all()
    # between two betas the chord's slope lies between 1 / beta and 1 / beta
    assert (slopes <= 1 / betas[:-1][moved] + 1e-5).all()
    assert (slopes >= 1 / betas[1:][moved] - 1e-5).all()
    assert (curve.information + 1e-12 >= R).all()
    low, high = curve.relevance_at(float(C[-1]) / 2)
    assert 0 <= low <= high + 1e-12
    assert high <= min(curve.information, float(C[-1]) / 2) + 1e-12


def test_curve_brackets_the_exact_one() -> None:
    curve = bottleneck_curve(DSBS, n=30)
    for complexity in (0.05, 0.2, 0.5):
        low, high = curve.relevance_at(complexity)
        exact = math.log(2) - mrs_gerber(0.1, math.log(2) - complexity)
        assert low - 1e-9 <= exact <= high + 1e-9
        assert high - low < 1e-3


def test_transitions_of_two_independent_bits() -> None:
    # two bits seen through noise 0.02 and 0.2: each opens at its own 1 / (1 - 2 eps)^2
    first, second = (np.array([[1 - e, e], [e, 1 - e]]) / 2 for e in (0.02, 0.2))
    onsets = [1 / 0.96**2, 1 / 0.6**2]
    curve = bottleneck_curve(np.kron(first, second), [1.0, 2.0, 3.5], resolution=1e-3)
    assert curve.critical_betas[0] == pytest.approx(onsets[0], rel=1e-9)
    near = np.abs(curve.critical_betas - onsets[1])
    assert near.min() <= 2 * curve.critical_widths[near.argmin()]
    assert curve.n_clusters.tolist() == [1, 2, 4]
    assert curve.converged


def test_a_curve_converts_and_serialises() -> None:
    curve = bottleneck_curve(DSBS, [1.2, 3.0], unit="bits")
    assert curve.to("nats").relevances == pytest.approx(curve.relevances * math.log(2))
    assert curve.to("nats").information == pytest.approx(curve.information * math.log(2))
    assert json.loads(json.dumps(curve.to_dict()))["betas"] == [1.2, 3.0]
    assert str(curve).startswith("bottleneck curve (2 points")
    assert "relevance" in str(curve.points[1])


# hard clusters


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(2, 4), st.floats(0.2, 40))
def test_deterministic_against_every_clustering(seed: int, n: int, m: int, beta: float) -> None:
    joint = random_joint(seed, n, m)
    result = deterministic_bottleneck(joint, beta)
    best = min(hard(joint, way, beta)[0] for way in clusterings(n))
    assert result.value == pytest.approx(best, abs=1e-10)
    assert result.gap == 0
    value, told = hard(joint, tuple(result.assignment), beta)
    assert value == pytest.approx(best, abs=1e-10)
    assert result.relevance == pytest.approx(told, abs=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_the_local_search_finds_what_enumeration_finds(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    joint = random_joint(seed, 7, 5)
    proven = deterministic_bottleneck(joint, 8.0, n_clusters=3)
    monkeypatch.setattr("infoscope.channels.hard_bottleneck._EXHAUSTIVE", 2)
    searched = deterministic_bottleneck(joint, 8.0, n_clusters=3)
    assert searched.value == pytest.approx(proven.value, abs=1e-12)
    assert searched.value - searched.gap <= proven.value


def test_planted_clusters_are_recovered() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(4), 8)
    rows = rng.dirichlet(np.full(10, 0.3), 4)[truth] + 0.02 * rng.random((32, 10))
    joint = rows / rows.sum()
    found = [
        deterministic_bottleneck(joint, 10.0, n_clusters=4).assignment,
        agglomerative_bottleneck(joint, 4).assignment,
    ]
    for labels in found:
        assert len(set(zip(labels.tolist(), truth.tolist(), strict=True))) == 4


@pytest.mark.parametrize("seed", range(5))
def test_each_agglomerative_merge_is_the_cheapest(seed: int) -> None:
    joint = random_joint(seed, 5, 4)
    result = agglomerative_bottleneck(joint, 1)
    labels = list(range(5))
    for i, j in result.merges:
        now = hard(joint, tuple(labels), 0)[1]
        losses = {
            (a, b): now - hard(joint, tuple(a if x == b else x for x in labels), 0)[1]
            for a, b in itertools.combinations(sorted(set(labels)), 2)
        }
        assert losses[int(i), int(j)] == pytest.approx(min(losses.values()), abs=1e-12)
        labels = [int(i) if x == j else x for x in labels]
    assert result.relevances[-1] == pytest.approx(float(infoscope.mutual_information(joint)))
    assert result.relevances[0] == 0
    assert (np.diff(result.relevances) >= -1e-12).all()


def test_agglomeration_at_every_size() -> None:
    joint = random_joint(2, 6, 4)
    joint[3] = joint[1] / 2  # a twin of row 1, and a row without mass
    joint[5] = 0
    joint /= joint.sum()
    for k in (1, 2, 4):
        result = agglomerative_bottleneck(joint, k)
        assert result.n_clusters == k
        assert result.assignment[5] == -1
        assert result.assignment[1] == result.assignment[3]
        assert result.value == pytest.approx(result.relevances[k - 1])
        assert result.value <= min(math.log(k), float(infoscope.mutual_information(joint))) + 1e-12
    whole = agglomerative_bottleneck(joint, 6)
    assert whole.n_clusters == 4
    assert whole.value == pytest.approx(float(infoscope.mutual_information(joint)), abs=1e-12)


# bad input


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"beta": -1.0}, "beta must be a finite number, at least 0; got -1.0"),
        ({"beta": math.nan}, "beta must"),
        ({"beta": math.inf}, "beta must"),
        ({"joint": [0.5, 0.5]}, "joint must have two axes"),
        ({"joint": np.zeros((0, 3))}, "joint must have two axes"),
        ({"joint": [[0.9, 0.1], [0.1, 0.9]]}, "multiply row x by p(x)"),
        ({"joint": [[3, 4], [5, 6]]}, "Divide a table of counts by its total"),
        ({"joint": [[1.2, -0.2], [0.0, 0.0]]}, "-0.2"),
        ({"joint": [[math.nan, 1.0]]}, "NaN"),
        ({"n_clusters": 0}, "n_clusters must be at least 1"),
        ({"unit": "bytes"}, "unit"),
    ],
)
def test_refusals(arguments: dict, message: str) -> None:
    for function in (information_bottleneck, deterministic_bottleneck):
        with pytest.raises(InvalidArgument) as caught:
            function(**{"joint": DSBS, "beta": 2.0, **arguments})
        assert message in str(caught.value)


def test_more_refusals() -> None:
    with pytest.raises(InvalidArgument, match="betas must be finite, at least 0; got -1"):
        bottleneck_curve(DSBS, [1.0, -1.0])
    with pytest.raises(InvalidArgument, match="betas must be a vector"):
        bottleneck_curve(DSBS, [])
    with pytest.raises(InvalidArgument, match="resolution"):
        bottleneck_curve(DSBS, [2.0], resolution=0)
    with pytest.raises(InvalidArgument, match="at most the number of rows, 2"):
        agglomerative_bottleneck(DSBS, 3)
    with pytest.raises(WrongType, match="n_clusters"):
        agglomerative_bottleneck(DSBS, 1.5)  # type: ignore[arg-type]
    with pytest.raises(NotADistribution):
        bottleneck_curve(np.ones((2, 2)))
