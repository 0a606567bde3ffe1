"""An interval for a debiased squared distance: skewed near zero, normal far from it.

A debiased distance t with truth J behaves like sum_g a_g (Z_g^2 - 1), Z_g normal with means whose
squares add up to J: mean J, variance v0 + s J / n, third moment k0 + (6 J / n^2) (s / 2)^2, where
v0 and k0 are those at J = 0 and s is n times the delta-method variance over the plug-in value.
"""

from __future__ import annotations

import math

from scipy.special import ndtri

from infoscope.core.result import Interval
from infoscope.core.skewed_law import score_interval

__all__ = ["skewed_interval"]


def skewed_interval(
    value: float, *, v0: float, k0: float, slope: float, n: int, level: float
) -> Interval:
    """Return the truths J under which `value` would be no surprise, ends never above one another.

    Notes
    -----
    As `score_interval`, but truths below 0, which no distance has, close the interval where `value`
    is surprisingly low; without variance the delta method's interval is left.

    Source
    ------
    Wilson & Hilferty, The distribution of chi-square (1931).
    """
    if v0 <= 0:
        half = float(ndtri(0.5 + level / 2)) * math.sqrt(max(slope * value, 0.0) / n)
        return Interval(value - half, value + half, level, "normal, delta method")
    low, high = score_interval(value, value, v0, k0, slope, n, level, floor=-math.inf)
    return Interval(float(low), float(high), level, "score interval, three moments")
