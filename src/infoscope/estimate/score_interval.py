"""The score interval of a corrected information: which true values would not be surprised.

For a true value J the corrected estimate has mean J, variance V0 + s J / n and third central moment
K0 + (6 J / n^2)(s / 2)^2, where V0 and K0 are its moments at independence and s is n times the
delta-method variance over the plug-in value. The lower end looks from plug-in minus E0, the upper
end from the rescaled value: the two bracket the truth where dependence is strong and cells are few.
`infoscope.tables` has the same formula for many tables at once; a test holds the two together.
"""

from __future__ import annotations

import math

from infoscope.estimate.fixed_margins import Moments
from infoscope.estimate.special import ndtri

__all__ = ["score_ends"]

_STEPS = 60  # bisections: to the last digit


def score_ends(
    estimates: tuple[float, float], moments: Moments, s: float, n: float, level: float
) -> tuple[float, float]:
    """Return both ends, in nats and at least 0.

    Parameters
    ----------
    estimates : (float, float)
        The corrected value, and the one rescaled to reach the smaller entropy.
    moments : Moments
        Of the estimate at independence; where the variance is 0 (a table that can only be what it
        is) both ends are the estimate.
    s, n : float
        n * delta-method variance / plug-in value, about 2 near independence; rows counted.
    level : float
        Coverage aimed at, in (0, 1).
    """
    if not moments.variance > 0:
        return estimates[0], estimates[0]
    z = float(ndtri(0.5 + level / 2.0))
    return _end(estimates[0], z, moments, s, n), _end(estimates[1], -z, moments, s, n)


def _end(estimate: float, target: float, moments: Moments, s: float, n: float) -> float:
    """Find where the score, falling in the truth, crosses `target`; 0 if it starts below."""
    if _score(estimate, 0.0, moments, s, n) <= target:
        return 0.0
    low, high = 0.0, max(estimate, 0.0) + math.sqrt(moments.variance)
    for _ in range(_STEPS):
        if _score(estimate, high, moments, s, n) <= target:
            break
        high *= 2.0
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        if _score(estimate, middle, moments, s, n) > target:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def _score(estimate: float, truth: float, moments: Moments, s: float, n: float) -> float:
    """Return the normal score of `estimate` if `truth` holds (Wilson & Hilferty's cube root)."""
    variance = moments.variance + s * truth / n
    sd = math.sqrt(variance)
    h = (moments.third + 1.5 * truth * (s / n) ** 2) / sd**3 / 2.0  # 1 / root of the gamma shape
    z = (estimate - truth) / sd
    if h < 5e-4:
        return z
    return (math.cbrt(1.0 + z * h) - 1.0 + h**2 / 9.0) * 3.0 / h
