"""Newton's method that never goes uphill, for the few parameters of a recalibration map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from infoscope.calibrate.forecasts import Floats

__all__ = ["Objective", "Solution", "minimise"]

#: Takes parameters (p,), returns the value, the gradient (p,) and the Hessian (p, p).
Objective: TypeAlias = Callable[[Floats], tuple[float, Floats, Floats]]

MAX_STEPS = 100
#: A curvature this much below the first one says that the minimum lies at infinity.
FLAT = 1e-9


@dataclass(frozen=True, slots=True)
class Solution:
    """Where the search ended: `gap` estimates how much lower the minimum lies."""

    x: Floats
    value: float
    gap: float
    converged: bool
    #: The objective falls for ever in some direction: there is no minimum.
    unbounded: bool
    n_steps: int


def minimise(objective: Objective, start: Floats, *, n_flat: int = 0) -> Solution:
    """Minimise a convex function from `start`; the value never rises from one step to the next.

    `n_flat` is the number of directions in which the function is known not to move at all. The gap
    is half the squared Newton decrement.

    Source: Boyd & Vandenberghe, Convex optimization (2004), algorithm 9.5 and section 9.5.1.
    """
    x = start
    value, slope, hessian = objective(x)
    first = _least_curvature(hessian, n_flat)
    gap = np.inf
    for step in range(1, MAX_STEPS + 1):
        towards = -np.linalg.lstsq(hessian, slope, rcond=None)[0]
        gap = -0.5 * float(slope @ towards)
        if gap <= 1e-14 * max(1.0, abs(value)):
            flat = _least_curvature(hessian, n_flat) <= FLAT * first
            return Solution(x, value, max(gap, 0.0), not flat, flat, step)
        length, there = 1.0, (value, slope, hessian)
        while length > 1e-12:
            there = objective(x + length * towards)
            if there[0] <= value - 1e-4 * length * 2.0 * gap:
                break
            length *= 0.5
        else:  # no descent left above rounding
            flat = _least_curvature(hessian, n_flat) <= FLAT * first
            return Solution(x, value, max(gap, 0.0), gap < 1e-9 and not flat, flat, step)
        x = x + length * towards
        value, slope, hessian = there
    flat = _least_curvature(hessian, n_flat) <= FLAT * first
    return Solution(x, value, gap, False, flat, MAX_STEPS)


def _least_curvature(hessian: Floats, n_flat: int) -> float:
    return float(np.linalg.eigvalsh(hessian)[n_flat])
