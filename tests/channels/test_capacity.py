"""Capacity: closed forms, bounds that meet, costs, and every way to be wrong."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar

import infoscope
from infoscope.channels import (
    binary_erasure,
    binary_symmetric,
    capacity,
    gaussian_capacity,
    parallel_gaussian_capacity,
    symmetric_channel,
    z_channel,
)
from infoscope.core.errors import InvalidArgument, NotADistribution, WrongType

EPS = [0.0, 1e-6, 0.1, 0.3, 0.5, 0.9, 1.0]


def h(p: float) -> float:
    return sum(-q * math.log(q) for q in (p, 1 - p) if q > 0)


def random_channel(rng: np.random.Generator, n: int, m: int, alpha: float) -> np.ndarray:
    W = rng.dirichlet(np.full(m, alpha), n)
    return W / W.sum(axis=1, keepdims=True)


def information(p: np.ndarray, W: np.ndarray) -> float:
    return float(infoscope.mutual_information(p[:, None] * W))


# closed forms


@pytest.mark.parametrize("eps", EPS)
def test_binary_symmetric(eps: float) -> None:
    truth = math.log(2) - h(eps)
    assert binary_symmetric(eps).value == pytest.approx(truth, abs=1e-15)
    solved = capacity([[1 - eps, eps], [eps, 1 - eps]], tolerance=1e-12)
    assert solved.value == pytest.approx(truth, abs=1e-12)
    assert solved.input_distribution == pytest.approx([0.5, 0.5], abs=1e-9)


@pytest.mark.parametrize("eps", EPS)
def test_binary_erasure(eps: float) -> None:
    named = binary_erasure(eps)
    assert named.value == pytest.approx((1 - eps) * math.log(2), abs=1e-15)
    assert capacity(named.channel).value == pytest.approx(named.value, abs=1e-12)


@pytest.mark.parametrize("eps", EPS)
def test_z_channel_value_and_input(eps: float) -> None:
    named = z_channel(eps)
    W = np.array([[1, 0], [eps, 1 - eps]])
    best = minimize_scalar(
        lambda a: -information(np.array([1 - a, a]), W), bounds=(0, 1), method="bounded"
    )
    assert named.value == pytest.approx(-best.fun, abs=1e-9)
    solved = capacity(W, tolerance=1e-13)
    assert solved.value == pytest.approx(named.value, abs=1e-12)
    if eps < 1:  # with eps = 1 every input is optimal
        assert solved.input_distribution == pytest.approx(named.input_distribution, abs=1e-9)


def test_z_channel_tends_to_one_over_e() -> None:
    assert z_channel(1 - 1e-9).input_distribution[1] == pytest.approx(1 / math.e, abs=1e-8)
    assert z_channel(1.0).input_distribution[1] == pytest.approx(1 / math.e, abs=1e-15)


@pytest.mark.parametrize("m", [2, 3, 7])
@pytest.mark.parametrize("eps", [0.0, 0.2, 0.9, 1.0])
def test_symmetric_channel(m: int, eps: float) -> None:
    truth = math.log(m) - h(eps) - eps * math.log(m - 1)
    named = symmetric_channel(m, eps)
    assert named.value == pytest.approx(truth, abs=1e-14)
    assert capacity(named.channel).value == pytest.approx(truth, abs=1e-12)


def test_noisy_typewriter_and_perfect_channel() -> None:
    W = (np.eye(26) + np.roll(np.eye(26), 1, axis=1)) / 2
    assert capacity(W, unit="bits").value == pytest.approx(math.log2(13), abs=1e-12)
    assert capacity(np.eye(9), unit="bits").value == pytest.approx(math.log2(9), abs=1e-12)


def test_gaussian_capacities() -> None:
    assert gaussian_capacity(0).value == 0
    assert gaussian_capacity(1e-12).value == pytest.approx(5e-13, rel=1e-11)
    assert gaussian_capacity(15, unit="bits").value == 2.0
    one = parallel_gaussian_capacity([2.0], 6.0, unit="bits")
    assert one.value == 1.0
    two = parallel_gaussian_capacity([1.0, 3.0, 100.0], 4.0)  # level 4: powers 3, 1, 0
    assert two.powers == pytest.approx([3, 1, 0], abs=1e-15)
    assert two.value == pytest.approx(math.log(4) / 2 + math.log(4 / 3) / 2, abs=1e-15)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=8), st.floats(0, 50))
def test_water_filling_meets_its_conditions(noise: list[float], power: float) -> None:
    result = parallel_gaussian_capacity(noise, power)
    assert result.powers.sum() == pytest.approx(power, abs=1e-9)
    level = result.powers + result.noise
    used = result.powers > 0
    assert level[used] == pytest.approx(result.water_level)
    assert (result.noise[~used] >= result.water_level - 1e-9).all()


# bounds


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 9),
    st.integers(1, 9),
    st.floats(-1.5, 1.0),
    st.booleans(),
)
def test_bounds_bracket_and_meet(seed: int, n: int, m: int, log_alpha: float, twins: bool) -> None:
    rng = np.random.default_rng(seed)
    W = random_channel(rng, n, m, 10**log_alpha)
    if twins:
        W = W[rng.integers(0, n, n)]
    result = capacity(W, tolerance=1e-9)
    assert result.converged
    assert result.gap <= 1e-9
    p = result.input_distribution
    assert p.sum() == pytest.approx(1, abs=1e-12)
    assert (p >= 0).all()
    assert result.value == pytest.approx(information(p, W), abs=1e-12)
    # no input distribution does better than the upper bound
    for trial in rng.dirichlet(np.ones(n), 20):
        assert information(trial, W) <= result.bounds[1] + 1e-12
    # every input in use is as informative as the best: Kuhn-Tucker
    q = p @ W
    told = np.array([infoscope.kl_divergence(row, q) for row in W])
    assert told.max() <= result.value + result.gap + 1e-9
    assert -1e-15 <= result.value <= math.log(min(n, m)) + 1e-12


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_a_generic_optimiser(seed: int) -> None:
    rng = np.random.default_rng(seed)
    W = random_channel(rng, 4, 3, 0.7)
    cost = rng.random(4)
    budget = float(cost.min() + 0.3 * (cost.max() - cost.min()))

    def solve(constraints: list[dict]) -> float:
        total = {"type": "eq", "fun": lambda p: p.sum() - 1}
        best = 0.0
        for start in rng.dirichlet(np.ones(4), 4):
            done = minimize(
                lambda p: -information(np.abs(p) / np.abs(p).sum(), W), start, method="SLSQP",
                bounds=[(1e-12, 1)] * 4, constraints=[total, *constraints],
                options={"ftol": 1e-14, "maxiter": 500},
            )  # fmt: skip
            best = max(best, -done.fun)
        return best

    assert capacity(W).value == pytest.approx(solve([]), abs=1e-7)
    within = {"type": "ineq", "fun": lambda p: budget - cost @ p}
    limited = capacity(W, cost=cost, budget=budget)
    assert limited.value == pytest.approx(solve([within]), abs=1e-6)
    assert limited.expected_cost is not None
    assert limited.expected_cost <= budget * (1 + 1e-14)


def test_tolerance_is_kept_and_too_few_steps_are_confessed() -> None:
    W = random_channel(np.random.default_rng(0), 30, 30, 0.5)
    loose, tight = capacity(W, tolerance=1e-3), capacity(W, tolerance=1e-12)
    assert loose.n_steps < tight.n_steps
    assert tight.gap <= 1e-12
    assert loose.value <= tight.bounds[1]
    assert tight.value <= loose.bounds[1]
    stopped = capacity(W, max_steps=2)
    assert not stopped.converged
    assert stopped.value <= tight.value <= stopped.bounds[1]
    assert "not converged" in str(stopped)


def test_far_more_inputs_than_outputs() -> None:
    rng = np.random.default_rng(5)
    W = random_channel(rng, 3000, 6, 1.0)
    many = capacity(W)
    assert many.converged
    assert (many.input_distribution > 0).sum() <= 6  # Gallager: no more than outputs are needed
    used = many.input_distribution > 0
    assert capacity(W[used]).value == pytest.approx(many.value, abs=1e-9)
    cost = rng.random(3000)
    limited = capacity(W, cost=cost, budget=0.1)
    assert limited.converged
    assert limited.value < many.value


# faces and degenerate channels


def test_an_input_that_is_not_worth_using_gets_exactly_zero() -> None:
    W = [[1, 0], [0, 1], [0.5, 0.5]]
    result = capacity(W)
    assert result.input_distribution.tolist() == [0.5, 0.5, 0.0]
    assert result.value == pytest.approx(math.log(2), abs=1e-15)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (5, 1), (4, 3)])
def test_useless_channels(shape: tuple[int, int]) -> None:
    result = capacity(np.full(shape, 1 / shape[1]))
    assert result.value == pytest.approx(0, abs=1e-15)
    assert math.copysign(1, result.value) == 1  # not -0.0
    assert result.converged


def test_outputs_that_never_occur_and_duplicate_inputs() -> None:
    lone = capacity([[0.9, 0.0, 0.1], [0.1, 0.0, 0.9]])
    assert lone.value == pytest.approx(binary_symmetric(0.1).value, abs=1e-12)
    twice = capacity([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9]])
    assert twice.input_distribution == pytest.approx([0.25, 0.25, 0.5], abs=1e-9)


def test_a_rare_but_clean_symbol() -> None:
    W = [[1 - 1e-200, 1e-200], [1.0, 0.0]]
    assert capacity(W).value >= 0


# costs


def test_free_and_priced_symbol_by_hand() -> None:
    # a perfect channel whose symbol 1 costs 1: C(E) = h(E) for E <= 1/2
    for budget in (0.0, 1e-9, 0.1, 0.4):
        result = capacity(np.eye(2), cost=[0, 1], budget=budget)
        assert result.value == pytest.approx(h(budget), abs=1e-9)
        assert result.converged
        if budget > 0:
            assert result.slope == pytest.approx(math.log((1 - budget) / budget), rel=1e-4)
    beyond = capacity(np.eye(2), cost=[0, 1], budget=0.8)
    assert beyond.value == pytest.approx(math.log(2), abs=1e-10)
    assert beyond.slope == pytest.approx(0, abs=1e-8)


def test_slope_and_budget_find_the_same_point() -> None:
    rng = np.random.default_rng(3)
    W, cost = random_channel(rng, 6, 5, 0.4), rng.random(6)
    priced = capacity(W, cost=cost, slope=0.25, unit="bits", tolerance=1e-12)
    back = capacity(W, cost=cost, budget=priced.expected_cost, unit="bits", tolerance=1e-12)
    assert back.value == pytest.approx(priced.value, abs=1e-9)
    assert back.slope == pytest.approx(0.25, abs=1e-5)
    assert priced.to("nats").slope == pytest.approx(0.25 * math.log(2))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_capacity_cost_is_increasing_and_concave(seed: int) -> None:
    rng = np.random.default_rng(seed)
    W, cost = random_channel(rng, 4, 4, 0.5), rng.random(4)
    budgets = np.linspace(cost.min(), cost.max(), 5)
    values = np.array([capacity(W, cost=cost, budget=float(b)).value for b in budgets])
    assert (np.diff(values) >= -1e-9).all()
    assert (np.diff(values, 2) <= 1e-9).all()


# bad input


@pytest.mark.parametrize(
    "W, message",
    [
        ([[0.5, 0.5], [0.5, 0.4]], "a sum of 0.9 in row 1"),
        ([[3, 5], [4, 4]], "Divide counts by their row sums"),
        ([[0.5, 0.2], [0.5, 0.8]], "pass W.T"),
        ([[1.5, -0.5], [0.5, 0.5]], "-0.5 at index"),
        ([[math.nan, 1.0]], "NaN"),
    ],
)
def test_rows_that_are_no_distributions(W: list, message: str) -> None:
    with pytest.raises(NotADistribution, match=message.replace(".", r"\.")):
        capacity(W)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"W": [0.5, 0.5]}, "be a matrix"),
        ({"W": np.zeros((0, 2))}, "be a matrix"),
        (
            {"cost": [0, -1], "budget": 1},
            "cost must be finite and non-negative; got -1.0 at input 1",
        ),
        ({"cost": [0, math.nan], "budget": 1}, "non-negative"),
        ({"cost": [0, 1, 2], "budget": 1}, "one number for each of the 2 inputs"),
        ({"cost": [1, 2], "budget": 0.5}, "be at least the smallest cost, 1; got 0.5"),
        ({"cost": [1, 2]}, "exactly one of budget and slope; got neither"),
        ({"cost": [1, 2], "budget": 1, "slope": 1}, "got both"),
        ({"budget": 1}, "budget must come with cost"),
        ({"slope": 1}, "slope must come with cost"),
        ({"cost": [1, 2], "slope": -1}, "slope must be a finite number, at least 0"),
        ({"tolerance": -1}, "tolerance"),
        ({"max_steps": 0}, "max_steps must be at least 1"),
        ({"unit": "shannons"}, "unit must be one of"),
    ],
)
def test_refusals(arguments: dict, message: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        capacity(**{"W": [[0.9, 0.1], [0.1, 0.9]], **arguments})
    assert message in str(caught.value)


@pytest.mark.parametrize("bad", [-0.1, 1.1, math.nan, math.inf])
def test_named_channels_refuse_what_is_no_probability(bad: float) -> None:
    for named in (binary_symmetric, binary_erasure, z_channel):
        with pytest.raises(InvalidArgument, match=r"eps must be a number in \[0, 1\]"):
            named(bad)


def test_wrong_types() -> None:
    with pytest.raises(WrongType, match="W must hold real numbers"):
        capacity("channel")
    with pytest.raises(WrongType, match="eps"):
        binary_symmetric("half")  # type: ignore[arg-type]
    with pytest.raises(WrongType, match="max_steps"):
        capacity(np.eye(2), max_steps=1.5)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="noise must be positive"):
        parallel_gaussian_capacity([1, 0], 1)
    with pytest.raises(InvalidArgument, match="snr"):
        gaussian_capacity(-1)


def test_other_precisions_and_libraries() -> None:
    torch = pytest.importorskip("torch")
    W = [[0.9, 0.1], [0.1, 0.9]]
    truth = binary_symmetric(0.1).value
    assert capacity(np.array(W, dtype=np.float32)).value == pytest.approx(truth, abs=1e-7)
    assert capacity(torch.tensor(W, requires_grad=True)).value == pytest.approx(truth, abs=1e-7)
    assert capacity(torch.tensor(W).to(torch.bfloat16)).value == pytest.approx(truth, abs=1e-2)
    assert capacity(np.eye(3, dtype=int)).value == pytest.approx(math.log(3))
    logits = infoscope.Logits(np.log(W))
    assert capacity(logits).value == pytest.approx(truth, abs=1e-12)
    given_array = np.array(W)
    given_array.setflags(write=False)
    assert capacity(given_array).value == pytest.approx(truth, abs=1e-12)


# results


def test_a_result_converts_prints_and_serialises() -> None:
    import json

    result = capacity([[1, 0], [0.5, 0.5]], unit="bits")
    assert str(result).startswith("capacity 0.321928 bits (gap")
    assert float(result.to("nats")) == pytest.approx(math.log(5 / 4))
    assert result.to("nats").to("bits").gap == pytest.approx(result.gap)
    assert json.loads(json.dumps(result.to_dict()))["unit"] == "bits"
    with pytest.raises(ValueError, match="read-only"):
        result.input_distribution[0] = 1.0
    with pytest.raises(AttributeError):
        result.value = 3.0  # type: ignore[misc]
    with pytest.raises(InvalidArgument, match=r"Capacity\.to: unit"):
        result.to("hartleys")
