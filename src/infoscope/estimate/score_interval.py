"""The score interval of a corrected mutual information: which true values would not be surprised.

For a true value J the corrected estimate has mean J, variance V0 + s J / n and third central moment
K0 + (6 J / n^2)(s / 2)^2, where V0 and K0 are its moments at independence and s is n times the
delta-method variance over the plug-in value. The lower end looks from plug-in minus E0, the upper
end from the rescaled value: the two bracket the truth where dependence is strong and cells are few.
"""

from __future__ import annotations

import numpy as np

from infoscope.estimate.fixed_margins import Moments
from infoscope.estimate.method import Floats
from infoscope.estimate.special import ndtri

__all__ = ["score_ends", "score_interval"]


def _score(estimate: Floats, truth: Floats, v0: Floats, k0: Floats, s: Floats, n: Floats) -> Floats:
    """Return the normal score of `estimate` if `truth` holds (Wilson & Hilferty's cube root)."""
    variance = v0 + s * truth / n
    third = k0 + 1.5 * truth * (s / n) ** 2
    sd = np.sqrt(variance)
    half_skew = third / sd**3 / 2.0  # 1 / root of the gamma shape
    z = (estimate - truth) / sd
    round_ = half_skew < 5e-4
    h = np.where(round_, 1.0, half_skew)
    cube = (np.cbrt(1.0 + z * h) - 1.0 + h**2 / 9.0) * 3.0 / h
    return np.where(round_, z, cube)


def score_interval(
    corrected: Floats,
    rescaled: Floats,
    v0: Floats,
    k0: Floats,
    s: Floats,
    n: Floats,
    level: float,
) -> tuple[Floats, Floats]:
    """Return both ends, in nats and at least 0, for arrays of tables.

    Where `v0` is 0 (a table that can only be what it is) both ends are the estimate.

    Parameters
    ----------
    corrected, rescaled : ndarray
        Plug-in minus E0, and that value rescaled to reach the smaller entropy.
    v0, k0 : ndarray
        Variance and third central moment of the estimate at independence, nats^2 and nats^3.
    s : ndarray
        n * delta-method variance / plug-in value; about 2 near independence.
    n : ndarray
        Rows counted.
    level : float
        Coverage aimed at, in (0, 1).
    """
    z = float(ndtri(0.5 + level / 2.0))
    fixed = ~(v0 > 0)
    v0 = np.where(fixed, 1.0, v0)

    def solve(estimate: Floats, target: float) -> Floats:
        """Find where the score, falling in the truth, crosses `target`; 0 if it starts below."""
        low = np.zeros_like(estimate)
        high = np.maximum(estimate, 0.0) + np.sqrt(v0)
        for _ in range(60):
            short = _score(estimate, high, v0, k0, s, n) > target
            if not short.any():
                break
            high = np.where(short, 2.0 * high, high)
        for _ in range(60):
            middle = (low + high) / 2.0
            above = _score(estimate, middle, v0, k0, s, n) > target
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        start = _score(estimate, np.zeros_like(estimate), v0, k0, s, n)
        return np.where(start > target, (low + high) / 2.0, 0.0)

    lower, upper = solve(corrected, z), solve(rescaled, -z)
    return np.where(fixed, corrected, lower), np.where(fixed, corrected, upper)


def score_ends(
    estimates: tuple[float, float],
    moments: Moments,
    s: float,
    n: float,
    level: float,
) -> tuple[float, float]:
    """Return both ends for one table; `estimates` are the corrected and the rescaled value."""
    low, high = score_interval(
        np.array([estimates[0]]),
        np.array([estimates[1]]),
        np.array([moments.variance]),
        np.array([moments.third]),
        np.array([s]),
        np.array([n]),
        level,
    )
    return float(low[0]), float(high[0])
