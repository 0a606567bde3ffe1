"""Intervals for an observed frequency: Wilson, Clopper-Pearson, and what a forecast lets expect."""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv, ndtri
from scipy.stats import binom

from infoscope.calibrate.forecasts import Floats

__all__ = ["clopper_pearson", "consistency_band", "wilson"]


def wilson(hits: Floats, n: Floats, level: float) -> tuple[Floats, Floats]:
    """Return both ends of Wilson's score interval, in [0, 1].

    Source: Wilson, Probable inference, the law of succession, and statistical inference (1927).
    """
    z2 = float(ndtri(0.5 + level / 2)) ** 2
    rate = hits / n
    centre = (rate + z2 / (2.0 * n)) / (1.0 + z2 / n)
    half = np.sqrt(z2 * (rate * (1.0 - rate) / n + z2 / (4.0 * n**2))) / (1.0 + z2 / n)
    low = np.where(hits == 0, 0.0, centre - half)  # exactly, where rounding would leave a trace
    return low, np.where(hits == n, 1.0, centre + half)


def clopper_pearson(hits: Floats, n: Floats, level: float) -> tuple[Floats, Floats]:
    """Return both ends of the exact interval, which covers at least `level` always.

    Source: Clopper & Pearson, The use of confidence or fiducial limits (1934).
    """
    tail = (1.0 - level) / 2.0
    low = np.where(hits == 0, 0.0, betaincinv(np.maximum(hits, 1.0), n - hits + 1.0, tail))
    high = np.where(hits == n, 1.0, betaincinv(hits + 1.0, np.maximum(n - hits, 1.0), 1.0 - tail))
    return low, high


def consistency_band(mean: Floats, n: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the range in which the observed frequency falls if the mean forecast is right.

    Source: Bröcker & Smith, Increasing the reliability of reliability diagrams (2007).
    """
    tail = (1.0 - level) / 2.0
    p = np.clip(mean, 0.0, 1.0)
    return binom.ppf(tail, n, p) / n, binom.ppf(1.0 - tail, n, p) / n
