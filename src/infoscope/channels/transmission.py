"""Capacity of a discrete memoryless channel, with or without input costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from infoscope.channels.interior_point import (
    Local,
    Minimum,
    frank_wolfe_gap,
    inner_start,
    minimise,
    minimise_by_columns,
)
from infoscope.channels.reading import (
    Matrix,
    read_channel,
    read_costs,
    read_number,
    read_steps,
    read_tolerance,
)
from infoscope.channels.results import Capacity
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.units import UNITS, Unit, check_unit, from_nats

__all__ = ["Transmission", "capacity"]


def capacity(
    W: object,
    *,
    cost: object | None = None,
    budget: float | None = None,
    slope: float | None = None,
    unit: Unit = "nats",
    tolerance: float = 1e-10,
    max_steps: int = 200,
) -> Capacity:
    """Capacity of the memoryless channel `W`: the most that an input can tell of itself.

    C = max over p(x) of I(X;Y), where I = sum p(x) W(y|x) log [W(y|x) / q(y)];
    with costs, the maximum is over inputs whose mean cost is within the budget.

    Parameters
    ----------
    W : array of shape (n_inputs, n_outputs)
        Transition matrix: row x is p(y|x) and sums to one.
    cost : array of shape (n_inputs,), optional
        Cost of each input, finite and non-negative; asks for one of `budget` and `slope`.
    budget : float, optional
        The largest mean cost, at least the smallest cost.
    slope : float, optional
        Price instead of a budget: maximise I - slope * mean cost, with slope >= 0 in `unit` per
        unit of cost. The value is still I, that is C at the budget of `expected_cost`.
    unit : {"nats", "bits", "bans"}
        Unit of the result.
    tolerance : float, default 1e-10
        The gap to stop at, in nats.
    max_steps : int, default 200
        The most Newton steps; 5 to 20 are usual.

    Returns
    -------
    Capacity
        `value` in `unit` per use of the channel, from 0 (the output says nothing) to the log of the
        smaller side of W; the true capacity lies in [value, value + gap].

    Raises
    ------
    NotADistribution
        If a row of `W` holds NaN or negative values or does not sum to one.
    InvalidArgument
        If a shape is wrong, a cost is negative or not finite, the budget is below the smallest
        cost, or costs come without exactly one of budget and slope.

    Notes
    -----
    The lower bound is I at the input found, the upper bound max_x [D(W_x‖q) - s (cost_x - budget)]
    at its output q. The bounds are those of the Blahut-Arimoto algorithm; the steps are not: that
    algorithm needs about 1/gap of them where inputs should get probability 0, an interior-point
    step closes the gap quadratically. Inputs that are not worth using come out as exactly 0. Where
    several optima exist (duplicate rows), the most even one is approached. One step costs
    O(n_inputs^2 n_outputs); where inputs far outnumber outputs, only useful ones are priced in.
    Row sums within the tolerance of the precision are divided out. Not for continuous
    inputs: a grid of them gives a lower bound only.

    Source
    ------
    Blahut (1972), theorems 1, 2 and 10; Arimoto (1972), theorem 1; Gallager (1968), theorem 4.5.1.

    Examples
    --------
    >>> result = capacity([[0.9, 0.1], [0.1, 0.9]], unit="bits")
    >>> round(result.value, 12), result.converged
    (0.531004406411, True)
    >>> result.input_distribution.tolist()
    [0.5, 0.5]
    """
    check_unit(unit, "capacity")
    matrix = read_channel(W, "capacity")
    within = read_tolerance(tolerance, "capacity")
    limit = read_steps(max_steps, "capacity")
    costs, at_most, price = _read_cost(matrix, cost, budget, slope, unit)
    usable = np.arange(len(matrix))
    if costs is not None and at_most is not None and at_most <= costs.min():
        usable = np.flatnonzero(costs == costs.min())
        at_most = None
    problem = Transmission.of(matrix[usable], None if costs is None else price * costs[usable])
    excess, scale = None, 1.0
    if costs is not None and at_most is not None:
        scale = at_most - float(costs.min())  # above the least, so that small budgets keep digits
        excess = (costs - costs.min()) / scale
    found = _solve(problem, excess, np.inf if excess is None else 1.0, within, limit)
    p = np.zeros(len(matrix))
    p[usable] = found.weights
    q = p @ matrix
    value = max(0.0, -problem.information(found.weights))
    return Capacity(
        value=from_nats(value, unit),
        unit=unit,
        converged=found.gap <= within,
        gap=from_nats(found.gap, unit),
        n_steps=found.n_steps,
        input_distribution=p,
        output_distribution=q,
        channel=matrix,
        expected_cost=None if costs is None else float(costs @ p),
        slope=from_nats(price + found.price / scale, unit)
        if len(usable) == len(matrix)
        else np.inf,
    )


@dataclass(frozen=True, slots=True)
class Transmission:
    """Minus mutual information, plus a price for cost, as a convex function of the input."""

    W: Matrix  # every column is reached by some input
    knowledge: Matrix  # -H(Y|x) for each input
    toll: Matrix | None

    @classmethod
    def of(cls, W: Matrix, toll: Matrix | None = None) -> Transmission:
        """Make the problem of a channel, leaving out the outputs that no input reaches."""
        reached = np.ascontiguousarray(W[:, W.any(axis=0)])
        return cls(reached, xlogy(reached, reached).sum(axis=1), toll)

    def evaluate(self, w: Matrix, with_factor: bool) -> Local:
        """Return value, gradient -D(W_x‖q) and the factor sqrt(w) W / sqrt(q) of the Hessian."""
        q = w @ self.W
        known = q > 0
        log_q = np.log(q, out=np.zeros_like(q), where=known)
        divergence = self.knowledge - self.W @ log_q
        if not known.all():
            divergence[self.W[:, ~known].any(axis=1)] = np.inf
        gradient = -divergence if self.toll is None else self.toll - divergence
        used = w > 0
        value = float(w[used] @ gradient[used])
        factor = None
        if with_factor:
            factor = np.sqrt(w)[:, None] * self.W
            factor /= np.sqrt(q)
        return Local(value, gradient, factor)

    def part(self, indices: Matrix) -> Transmission:
        """Return the problem of the channel with these inputs alone."""
        return Transmission.of(self.W[indices], None if self.toll is None else self.toll[indices])

    def information(self, w: Matrix) -> float:
        """Return -I(X;Y) in nats, without the price."""
        return Transmission(self.W, self.knowledge, None).evaluate(w, False).value


def _solve(
    problem: Transmission, cost: Matrix | None, budget: float, tolerance: float, limit: int
) -> Minimum:
    n, m = problem.W.shape
    if n > 3 * m + 100:
        first = np.concatenate([problem.W.argmax(axis=0), _promising(problem, 2 * m)])
        if cost is not None:
            first = np.append(first, cost.argmin())
        found = minimise_by_columns(
            problem, first, cost=cost, budget=budget, tolerance=tolerance, max_steps=limit, size=n
        )
    else:
        found = minimise(
            problem,
            inner_start(n, cost, budget),
            cost=cost,
            budget=budget,
            tolerance=tolerance,
            max_steps=limit,
        )
    return _without_idle(problem, found, cost, budget, tolerance)


def _promising(problem: Transmission, n: int) -> Matrix:
    """Return the `n` inputs that stand out most from the output of a uniform input."""
    size = len(problem.W)
    local = problem.evaluate(np.full(size, 1 / size), False)
    return np.argsort(local.gradient, kind="stable")[:n]


def _without_idle(
    problem: Transmission, found: Minimum, cost: Matrix | None, budget: float, tolerance: float
) -> Minimum:
    """Set inputs to exactly zero whose price exceeds their weight, if the gap stays within."""
    w = found.weights
    reduced = problem.evaluate(w, False).gradient
    if cost is not None:
        reduced = reduced + found.price * cost
    busy = np.flatnonzero(w >= reduced - reduced.min())
    kept = w[busy] / w[busy].sum()
    if len(busy) == len(w):
        return found
    if cost is not None:
        if not float(cost[busy].min()) < budget:
            return found
        kept = 0.999 * kept + 0.001 * inner_start(len(busy), cost[busy], budget)
        if not float(cost[busy] @ kept) < budget:
            return found
    again = minimise(
        problem.part(busy),
        kept,
        cost=None if cost is None else cost[busy],
        budget=budget,
        tolerance=tolerance / 4,
        max_steps=12,
    )
    kept = np.zeros(len(w))
    kept[busy] = again.weights
    with np.errstate(divide="ignore", invalid="ignore"):
        local = problem.evaluate(kept, False)
        price = found.price if cost is None else again.price
        gap = frank_wolfe_gap(kept, local, price, cost, budget)
    if not gap <= max(found.gap, tolerance):
        return found
    return Minimum(kept, price, gap, found.n_steps + again.n_steps)


def _read_cost(
    W: Matrix, cost: object | None, budget: float | None, slope: float | None, unit: Unit
) -> tuple[Matrix | None, float | None, float]:
    """Return costs, budget and price in nats per unit of cost, or say what is missing."""
    if cost is None:
        if budget is not None or slope is not None:
            name = "budget" if budget is not None else "slope"
            advice = "Give cost=, one number for each input."
            raise InvalidArgument(sentence("capacity", name, "come with cost", "no cost", advice))
        return None, None, 0.0
    costs = read_costs(cost, len(W), "capacity")
    if (budget is None) == (slope is None):
        got = "neither" if budget is None else "both"
        advice = "budget= bounds the mean cost; slope= prices it."
        requirement = "come with exactly one of budget and slope"
        raise InvalidArgument(sentence("capacity", "cost", requirement, got, advice))
    if slope is not None:
        return costs, None, read_number(slope, "capacity", "slope", low=0.0) * UNITS[unit]
    at_most = read_number(budget, "capacity", "budget", low=0.0)
    if at_most < costs.min():
        requirement = f"be at least the smallest cost, {float(costs.min()):g}"
        advice = "No input distribution has a smaller mean cost."
        raise InvalidArgument(sentence("capacity", "budget", requirement, at_most, advice))
    return costs, at_most, 0.0
