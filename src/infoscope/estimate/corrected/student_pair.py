"""The Student copula of two columns (Gaussian at the limit), fitted by likelihood in a moment.

`student_model` does the same for blocks of columns; two columns need no matrices, and the search
over degrees of freedom stops at the top.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from infoscope.estimate.corrected.coordinates import gaussian_bias
from infoscope.estimate.corrected.student_model import DEGREES, student_scores
from infoscope.estimate.method import Floats
from infoscope.estimate.special import digamma, gammaln

__all__ = ["StudentPair", "fit_student_pair"]

_STEPS = 6  # of expectation and maximisation; more change the third digit of the correlation


@dataclass(frozen=True, slots=True)
class StudentPair:
    """Degrees of freedom (inf: Gaussian), the correlation of the scatter, and the information.

    `information` is in nats, with the small-sample bias of the correlation taken off.
    """

    df: float
    rho: float
    information: float


def fit_student_pair(u: Floats, v: Floats) -> StudentPair:
    """Return the most likely Student copula of two columns of normal scores.

    Source: Demarta & McNeil, The t copula and related copulas (2005), section 2.
    """
    fits: dict[float, tuple[float, float]] = {math.inf: _gaussian(u, v)}
    best = math.inf
    for df in reversed(DEGREES):
        fits[df] = _student(u, v, df)
        if fits[df][0] > fits[best][0]:
            best = df
        elif df < best / 4.0:  # the likelihood has fallen for two steps and more
            break
    rho = fits[best][1]
    own = -0.5 * math.log1p(-min(rho * rho, 1.0 - 1e-15))
    own = max(own - gaussian_bias(1, 1, u.size), 0.0)
    return StudentPair(best, rho, own + _common_scale(best))


def _gaussian(u: Floats, v: Floats) -> tuple[float, float]:
    """Return the mean log likelihood of the Gaussian copula, and its correlation."""
    rho = float(u @ v) / math.sqrt(float(u @ u) * float(v @ v))
    rest = max(1.0 - rho * rho, 1e-15)
    quadratic = float(((u - v) ** 2).mean()) * rho + (1.0 - rho) * float((u @ u + v @ v) / u.size)
    # u'R^-1 u = (u^2 + v^2 - 2 rho u v) / (1 - rho^2), written so that rho near 1 keeps its digits
    joint = quadratic / rest
    alone = float(u @ u + v @ v) / u.size
    return -0.5 * math.log(rest) - 0.5 * (joint - alone), rho


def _student(u: Floats, v: Floats, df: float) -> tuple[float, float]:
    """Return the mean log likelihood of the copula with `df`, and its correlation."""
    x, y = student_scores(u, df), student_scores(v, df)
    xx, yy, xy = x * x, y * y, x * y
    both = xx + yy
    rho = float(x @ y) / math.sqrt(float(xx.sum()) * float(yy.sum()))
    distances, rest = both, 1.0
    for step in range(_STEPS + 1):
        rest = max(1.0 - rho * rho, 1e-15)
        distances = (both - 2.0 * rho * xy) / rest
        if step < _STEPS:
            weights = 1.0 / (df + distances)
            rho = float(weights @ xy) / math.sqrt(float(weights @ xx) * float(weights @ yy))
    joint = -(df + 2.0) / 2.0 * float(np.log1p(distances / df).mean())
    alone = -(df + 1.0) / 2.0 * float((np.log1p(xx / df) + np.log1p(yy / df)).mean())
    gammas = gammaln((df + 2.0) / 2.0) + gammaln(df / 2.0) - 2.0 * gammaln((df + 1.0) / 2.0)
    return float(gammas) - 0.5 * math.log(rest) + joint - alone, rho


@lru_cache(maxsize=16)
def _common_scale(df: float) -> float:
    """Return the information of two Student numbers that share their scale and nothing else."""
    if math.isinf(df):
        return 0.0
    return 2.0 * _entropy(1, df) - _entropy(2, df)


def _entropy(d: int, df: float) -> float:
    """Return the differential entropy of the standard d-variate Student law, nats."""
    half = (df + d) / 2.0
    constant = gammaln(df / 2.0) - gammaln(half) + d / 2.0 * math.log(df * math.pi)
    return float(constant + half * (digamma(half) - digamma(df / 2.0)))
