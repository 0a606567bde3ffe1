"""Fit a multinomial logistic regression with an L2 penalty, to a stated gap from its optimum.

In the frame of `rotation` the curvature along each axis is nearly (share of the class) (1 - share)
(variance of the axis) + penalty. Divided by its root the problem is almost round, and a limited
memory of gradients (L-BFGS) reaches the optimum in tens of steps. The gap is a proof, not a guess:
a function that curves at least as much as its penalty lies less than |gradient|² / (2 penalty)
above its minimum.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["LogisticFit", "fit_logistic", "log_softmax"]

Vector = NDArray[np.float64]
_Move: TypeAlias = tuple[Vector, Vector, float]
_BLOCK = 512  # rows handled together: they stay in cache between the two products
_MEMORY = 12
_ARMIJO = 1e-4
_PATIENCE = 100  # steps without a smaller gradient: rounding has been reached
_SHORTEST = 1e-6
_CURVATURE = 1e-3  # share of the curvature by the classes that is kept where a class is certain


@dataclass(frozen=True, slots=True, eq=False)
class LogisticFit:
    """Weights (k, r) and intercepts (k,) in the frame, their objective, and how near the optimum.

    `gap` bounds in nats how far the objective lies above its minimum.
    """

    weights: Vector
    intercepts: Vector
    objective: float
    gap: float
    n_steps: int
    converged: bool


def log_softmax(logits: NDArray[np.floating[Any]]) -> Vector:
    """Return log-probabilities of rows of logits, in float64."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


def fit_logistic(
    z: NDArray[np.floating[Any]], codes: NDArray[np.int64], n_classes: int, penalty: float, *,
    variance: Vector, start: LogisticFit | None = None, gap: float = 1e-7, max_steps: int = 1000,
    offsets: NDArray[np.floating[Any]] | None = None,
) -> LogisticFit:  # fmt: skip
    """Minimise mean(-log p(code | z)) + penalty / 2 |W|²; the intercepts are free.

    Parameters
    ----------
    z : array of shape (n, r)
        Features in their frame: uncorrelated, centred. float32 or float64, and so are the products.
    codes : integer array of shape (n,)
        Classes, each in 0 ... n_classes - 1 and each present.
    n_classes : int
        Number of classes k.
    penalty : float
        Above 0.
    variance : array of shape (r,)
        Variance of each column.
    start : LogisticFit, optional
        Where to begin: the fit at a neighbouring penalty.
    gap : float
        Stop when the objective is proven to be this near to its minimum, in nats.
    max_steps : int
        Give up after so many steps.
    offsets : array of shape (n, k), optional
        What is added to the logits in the sum over classes.

    Returns
    -------
    LogisticFit
        `converged` is False where rounding or `max_steps` ended the search before `gap` was proven.

    Notes
    -----
    A step costs 4 n r k multiplications. scikit-learn's C is 1 / (n penalty).
    """
    problem = _Problem(z, codes, n_classes, penalty, offsets)
    n, r = z.shape
    point = np.zeros((n_classes, r + 1))
    shares = np.bincount(codes, minlength=n_classes) / n
    if start is None:
        point[:, r] = np.log(shares)
        certain = shares * (1 - shares)
    else:
        point[:, :r], point[:, r] = start.weights, start.intercepts
        certain = np.empty(0)
    value, gradient, doubt = problem.value(point)
    certain = certain if start is None else doubt
    floor = _CURVATURE * shares * (1 - shares)
    curve = np.maximum(certain, floor)[:, None]
    widths = np.append(variance, 1.0)[None, :]
    costs = np.append(np.full(r, penalty), 0.0)[None, :]
    scale = 1 / np.sqrt(curve * widths + costs)
    point, value, gradient, steps = _descend(problem, point, value, gradient, scale, gap, max_steps)
    proven = problem.gap(gradient)
    return LogisticFit(point[:, :r], point[:, r], value, proven, steps, proven <= gap)


class _Problem:
    """The objective, its gradient, and how doubtful each class still is."""

    def __init__(
        self, z: NDArray[np.floating[Any]], codes: NDArray[np.int64], n_classes: int,
        penalty: float, offsets: NDArray[np.floating[Any]] | None,
    ) -> None:  # fmt: skip
        self.z, self.codes, self.k, self.penalty = z, codes, n_classes, penalty
        self.rows = np.arange(_BLOCK)
        self.offsets = None if offsets is None else offsets.astype(z.dtype)

    def value(self, point: Vector) -> tuple[float, Vector, Vector]:
        z, n, r = self.z, *self.z.shape
        weights = np.ascontiguousarray(point[:, :r].T.astype(z.dtype))  # (r, k)
        intercepts = point[:, r].astype(z.dtype)
        total = 0.0
        slope = np.zeros((r, self.k))
        level, doubt = np.zeros(self.k), np.zeros(self.k)
        for first in range(0, n, _BLOCK):
            block = z[first : first + _BLOCK]
            codes = self.codes[first : first + _BLOCK]
            rows = self.rows[: len(block)]
            logits = block @ weights
            logits += intercepts
            if self.offsets is not None:
                logits += self.offsets[first : first + _BLOCK]
            logits -= logits.max(1, keepdims=True)
            right = logits[rows, codes]
            np.exp(logits, out=logits)
            mass = logits.sum(1, keepdims=True)
            total += float(np.log(mass[:, 0]).sum(dtype=np.float64) - right.sum(dtype=np.float64))
            logits /= mass
            doubt += logits.sum(0, dtype=np.float64) - np.einsum(
                "ij,ij->j", logits, logits, dtype=np.float64
            )
            logits[rows, codes] -= 1
            slope += block.T @ logits
            level += logits.sum(0, dtype=np.float64)
        gradient = np.empty((self.k, r + 1))
        gradient[:, :r] = slope.T / n + self.penalty * point[:, :r]
        gradient[:, r] = level / n
        size = float(np.vdot(point[:, :r], point[:, :r]))
        return total / n + self.penalty / 2 * size, gradient, doubt / n

    def gap(self, gradient: Vector) -> float:
        """Bound the distance to the minimum; free intercepts curve by their doubt alone."""
        return float(np.vdot(gradient, gradient)) / (2 * self.penalty)


def _descend(
    problem: _Problem, point: Vector, value: float, gradient: Vector, scale: Vector, gap: float,
    max_steps: int,
) -> tuple[Vector, float, Vector, int]:  # fmt: skip
    """L-BFGS in coordinates divided by `scale`, with halving of steps that do not descend."""
    noise = float(np.finfo(problem.z.dtype).eps)  # what rounding may do to the value
    moves: deque[_Move] = deque(maxlen=_MEMORY)
    best, since = np.inf, 0
    for step in range(max_steps):
        now = problem.gap(gradient)
        since = 0 if now < best else since + 1
        best = min(best, now)
        if now <= gap or since >= _PATIENCE:
            return point, value, gradient, step
        direction = -scale * _recall(moves, scale * gradient)
        found = _step(problem, point, value, gradient, direction, noise)
        if found is None:
            return point, value, gradient, step
        _remember(moves, (found[0] - point) / scale, scale * (found[2] - gradient))
        point, value, gradient = found
    return point, value, gradient, max_steps


def _step(
    problem: _Problem, point: Vector, value: float, gradient: Vector, direction: Vector,
    noise: float,
) -> tuple[Vector, float, Vector] | None:  # fmt: skip
    """Go as far along `direction` as it descends: there, value and gradient; None if nowhere."""
    slope = float(np.vdot(direction, gradient))
    length = 1.0
    while True:
        there = point + length * direction
        new_value, new_gradient, _ = problem.value(there)
        if new_value <= value + _ARMIJO * length * slope:
            return there, new_value, new_gradient
        # near the minimum the value is all rounding, and the slope is not (Hager and Zhang)
        new_slope = float(np.vdot(direction, new_gradient))
        if new_value <= value + noise * abs(value) and new_slope <= -0.8 * slope:
            return there, new_value, new_gradient
        if length < _SHORTEST:
            return None
        bend = new_value - value - length * slope
        length *= min(max(-slope * length / (2 * bend), 0.1), 0.5)


def _remember(moves: deque[_Move], moved: Vector, turned: Vector) -> None:
    """Keep a move along which the gradient grew; the oldest makes room."""
    product = float(np.vdot(moved, turned))
    if product > 0:
        moves.append((moved, turned, product))


def _recall(moves: deque[_Move], gradient: Vector) -> Vector:
    """Multiply the gradient by the inverse curvature that the last moves have shown."""
    q = gradient.copy()
    pulls: list[float] = []
    for moved, turned, product in reversed(moves):
        pulls.append(float(np.vdot(moved, q)) / product)
        q -= pulls[-1] * turned
    if moves:
        moved, turned, product = moves[-1]
        q *= product / float(np.vdot(turned, turned))
    for (moved, turned, product), pull in zip(moves, reversed(pulls), strict=True):
        q += moved * (pull - float(np.vdot(turned, q)) / product)
    return q
