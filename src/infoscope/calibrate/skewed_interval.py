"""An interval for a debiased squared distance: skewed near zero, normal far from it.

A debiased distance t with truth J behaves like sum_g a_g (Z_g^2 - 1), Z_g normal with means whose
squares add up to J: mean J, variance v0 + s J / n, third moment k0 + (6 J / n^2) (s / 2)^2, where
v0 and k0 are those at J = 0 and s is n times the delta-method variance over the plug-in value.
"""

from __future__ import annotations

import math
from typing import Any

from scipy.optimize import brentq
from scipy.special import ndtri

from infoscope.core.result import Interval

__all__ = ["skewed_interval"]


def skewed_interval(
    value: float, *, v0: float, k0: float, slope: float, n: int, level: float
) -> Interval:
    """Return the truths J under which `value` would be no surprise, ends never above one another.

    Notes
    -----
    The normal score is Wilson & Hilferty's cube root of a shifted gamma with these three moments.
    Truths below 0, which no distance has, close the interval where `value` is surprisingly low.

    Source
    ------
    Wilson & Hilferty, The distribution of chi-square (1931).
    """
    z = float(ndtri(0.5 + level / 2))
    how = "score interval, three moments"
    if v0 <= 0:
        half = z * math.sqrt(max(slope * value, 0.0) / n)
        return Interval(value - half, value + half, level, "normal, delta method")

    def score(truth: float) -> float:
        """Normal score of `value` if `truth` holds; falls as `truth` grows."""
        above = max(truth, 0.0)
        sd = math.sqrt(v0 + slope * above / n)
        h = (k0 + 1.5 * above * (slope / n) ** 2) / sd**3 / 2.0
        x = (value - truth) / sd
        if h < 1e-6:
            return x
        return (math.cbrt(1.0 + x * h) - 1.0 + h * h / 9.0) * 3.0 / h

    reach = math.sqrt(v0) + math.sqrt(max(slope * abs(value), 0.0) / n)

    def end(target: float) -> float:
        """Solve score(truth) = target within a bracket that grows until it holds the answer."""
        low = high = reach
        while score(value - low) < target:
            low *= 2.0
        while score(value + high) > target:
            high *= 2.0
        root: Any = brentq(lambda truth: score(truth) - target, value - low, value + high)
        return float(root)

    return Interval(end(z), end(-z), level, how)
