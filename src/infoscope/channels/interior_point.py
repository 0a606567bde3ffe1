"""Minimise a smooth convex function over the simplex, with at most one linear budget, by Newton.

Capacity and rate-distortion are one problem seen from two sides, and both Hessians have the form
diag(w)^(-1/2) B B' diag(w)^(-1/2), where B holds the correlations of a joint distribution: its
singular values lie in [0, 1]. In the scaled unknown u = dw / sqrt(w) a step of the primal-dual
interior-point method therefore solves (B B' + diag(z)) u = r, which stays well conditioned even
when most of the weights go to zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, cast

import numpy as np
from scipy.linalg import LinAlgError, blas, cho_factor, cho_solve

__all__ = [
    "Local",
    "Minimum",
    "Problem",
    "frank_wolfe_gap",
    "inner_start",
    "minimise",
    "minimise_by_columns",
]

Vector: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Local:
    """The function at a point: its value, gradient, and the factor B of its Hessian."""

    value: float
    gradient: Vector
    factor: Vector | None = None


@dataclass(frozen=True, slots=True)
class Minimum:
    """The best point seen: weights, price of the budget, certified gap, steps spent."""

    weights: Vector
    price: float
    gap: float
    n_steps: int


@dataclass(slots=True)
class _State:
    w: Vector  # the weights, positive and summing to one
    z: Vector  # multipliers of w >= 0
    level: float  # multiplier of sum w = 1
    price: float  # multiplier of the budget
    slack: float  # budget - cost; 1 and unused without a budget


class Problem(Protocol):
    """A convex function of weights on the simplex, and its restriction to some of them."""

    def evaluate(self, w: Vector, with_factor: bool) -> Local:
        """Return the function at `w`, with the factor of its Hessian if asked."""
        ...

    def part(self, indices: Vector) -> Problem:
        """Return the problem in which all other weights are zero."""
        ...


def frank_wolfe_gap(
    w: Vector, local: Local, price: float, cost: Vector | None = None, budget: float = 0.0
) -> float:
    """Bound how far the value at w is above the minimum: g.w - min(g + price cost) + price budget.

    True for every price >= 0, by convexity and weak duality. Rounding below zero is set to zero.
    """
    g = local.gradient
    lowest = g.min() if cost is None else (g + price * cost).min() - price * budget
    used = w > 0  # the gradient may be infinite where the weight is zero
    return max(float(w[used] @ g[used]) - float(lowest), 0.0)


def minimise(
    problem: Problem,
    start: Vector,
    *,
    cost: Vector | None = None,
    budget: float = np.inf,
    tolerance: float,
    max_steps: int,
) -> Minimum:
    """Minimise over {w >= 0, sum w = 1, cost . w <= budget} until the gap is within `tolerance`.

    `start` is strictly positive and strictly within the budget. Stops early, with the best point
    seen, where rounding leaves nothing to gain.
    """
    state: _State | None = None
    w, price = start, 0.0
    best = Minimum(start, 0.0, np.inf, 0)
    idle = step = 0
    for step in range(max_steps + 1):
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            local = problem.evaluate(w, True)
            gap = frank_wolfe_gap(w, local, price, cost, budget)
        idle = 0 if gap < 0.9 * best.gap else idle + 1
        if gap < best.gap:
            best = Minimum(w, price, gap, step)
        if gap <= tolerance or idle >= 20 or step == max_steps or not np.isfinite(local.value):
            break
        if state is None:
            state = _begin(w, local, gap, cost, budget)
        try:
            with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
                moved = _advance(state, local, cost, budget)
        except LinAlgError:
            break
        if not moved:
            break
        w, price = state.w, state.price
    return Minimum(best.weights, best.price, best.gap, step)


def minimise_by_columns(
    problem: Problem,
    first: Vector,
    *,
    cost: Vector | None = None,
    budget: float = np.inf,
    tolerance: float,
    max_steps: int,
    size: int,
) -> Minimum:
    """Do what `minimise` does where far more weights than `first` exist, nearly all of them zero.

    Solves for the weights at `first`, lets in those whose gradient undercuts the level, and so on
    until none is left. The gap that is returned is that of the whole problem.
    """
    inside, n_steps = np.unique(first), 0
    batch = max(len(inside), 16)
    best = Minimum(np.full(size, 1 / size), 0.0, np.inf, 0)
    while True:
        part_cost = None if cost is None else cost[inside]
        found = minimise(
            problem.part(inside),
            inner_start(len(inside), part_cost, budget),
            cost=part_cost,
            budget=budget,
            tolerance=tolerance / 2,
            max_steps=max_steps - n_steps,
        )
        n_steps += found.n_steps
        w = np.zeros(size)
        w[inside] = found.weights
        with np.errstate(divide="ignore", invalid="ignore"):
            local = problem.evaluate(w, False)
        gap = frank_wolfe_gap(w, local, found.price, cost, budget)
        if gap < best.gap:
            best = Minimum(w, found.price, gap, n_steps)
        if gap <= tolerance or n_steps >= max_steps:
            break
        reduced = local.gradient if cost is None else local.gradient + found.price * cost
        below = reduced < reduced[inside].min()
        below[inside] = False
        if not below.any():
            break
        order = np.argsort(reduced, kind="stable")
        inside = np.union1d(inside, order[below[order]][:batch])
    return Minimum(best.weights, best.price, best.gap, n_steps)


def inner_start(n: int, cost: Vector | None = None, budget: float = np.inf) -> Vector:
    """Return positive weights strictly within the budget: uniform, drawn to the cheapest ones."""
    even = np.full(n, 1 / n)
    if cost is None or float(cost @ even) < budget:
        return even
    cheapest = (cost == cost.min()).astype(float)
    cheapest /= cheapest.sum()
    mean, low = float(cost @ even), float(cost.min())
    share = (budget - low) / (mean - low) / 2
    return share * even + (1 - share) * cheapest


def _begin(w: Vector, local: Local, gap: float, cost: Vector | None, budget: float) -> _State:
    """Start dual feasible, with multipliers as large as the gap that they are to close."""
    room = gap if np.isfinite(gap) and gap > 0 else 1.0
    slack, price = 1.0, 0.0
    slope = local.gradient
    if cost is not None:
        slack = budget - float(cost @ w)
        price = room / slack if slack * 1e8 > room else 1e8
        slope = slope + price * cost
    level = room - float(slope.min())
    return _State(w.copy(), slope + level, level, price, slack)


def _advance(s: _State, local: Local, cost: Vector | None, budget: float) -> bool:
    """One predictor-corrector step (Mehrotra 1992), in place; False if it would not move."""
    assert local.factor is not None
    root = np.sqrt(s.w)
    # SciPy's BLAS for all of it: two libraries' threads would wait for one another
    M: Any = cast(Any, blas).dsyrk(1.0, np.ascontiguousarray(local.factor).T, trans=1, lower=1)
    M[np.diag_indices_from(M)] += s.z
    factored = _factorise(M)
    columns = [root] if cost is None else [root, root * cost]
    border = np.stack(columns, axis=1)
    solved = cho_solve(factored, border, check_finite=False)
    small = border.T @ solved
    stationary = local.gradient + s.level - s.z
    if cost is not None:
        stationary = stationary + s.price * cost
        small[1, 1] += s.slack / s.price
    over = 0.0 if cost is None else float(cost @ s.w) + s.slack - budget
    n = len(s.w) + (cost is not None)
    mu = (float(s.w @ s.z) + (s.price * s.slack if cost is not None else 0.0)) / n

    def direction(target: float, bend_w: Any, bend_t: float) -> tuple[Vector, ...]:
        """Newton's direction towards complementarity products `target` less second-order terms."""
        r_w = target - s.w * s.z - bend_w
        r_t = target - s.slack * s.price - bend_t
        right = r_w / root - root * stationary
        inner = cho_solve(factored, right, check_finite=False)
        want = border.T @ inner
        want[0] -= 1.0 - s.w.sum()
        if cost is not None:
            want[1] += over + r_t / s.price
        multipliers = np.linalg.solve(small, want)
        dw = root * (inner - solved @ multipliers)
        dz = (r_w - s.z * dw) / s.w
        if cost is None:
            return dw, dz, multipliers, np.zeros(1)
        return dw, dz, multipliers, np.array([(r_t - s.slack * multipliers[1]) / s.price])

    dw, dz, mult, dt = direction(0.0, 0.0, 0.0)
    dp = mult[1] if cost is not None else 0.0
    a, b = _lengths(s, dw, dz, dp, float(dt[0]), cost is not None, 1.0)
    left = float((s.w + a * dw) @ (s.z + b * dz))
    if cost is not None:
        left += (s.slack + a * dt[0]) * (s.price + b * dp)
    centre = min(max((left / n / mu) ** 3, 0.0), 1.0) if mu > 0 else 0.0
    target = max(centre * mu, 1e-60)  # multipliers that underflow leave nothing to step with
    dw, dz, mult, dt = direction(target, dw * dz, float(dt[0]) * dp)
    dp = mult[1] if cost is not None else 0.0
    if not (np.isfinite(dw).all() and np.isfinite(dz).all()):
        return False
    # The function bends: a weight that a bold step makes tiny comes back by doubling only.
    a, b = _lengths(s, dw, dz, dp, float(dt[0]), cost is not None, max(0.9, min(1 - mu, 0.99)))
    s.w = s.w + a * dw
    s.w /= s.w.sum()
    s.z = s.z + b * dz
    s.level += b * float(mult[0])
    if cost is not None:
        s.price += b * float(dp)
        s.slack += a * float(dt[0])
    return True


def _lengths(
    s: _State, dw: Vector, dz: Vector, dp: float, dt: float, budgeted: bool, damp: float
) -> tuple[float, float]:
    """How far the weights and the multipliers may go before one of them is no longer positive."""
    a, b = _to_edge(s.w, dw), _to_edge(s.z, dz)
    if budgeted:
        a = min(a, -s.slack / dt if dt < 0 else np.inf)
        b = min(b, -s.price / dp if dp < 0 else np.inf)
    return min(1.0, damp * a), min(1.0, damp * b)


def _to_edge(x: Vector, dx: Vector) -> float:
    falling = dx < 0
    return float((x[falling] / -dx[falling]).min()) if falling.any() else np.inf


def _factorise(M: Vector) -> Any:
    """Cholesky; where duplicates make M singular to rounding, shift it by a few roundings."""
    try:
        return cho_factor(M, lower=True, check_finite=False)
    except LinAlgError:
        shift = 64 * len(M) * np.finfo(float).eps * float(np.diag(M).max())
        M[np.diag_indices_from(M)] += shift
        return cho_factor(M, lower=True, check_finite=False)
