"""Whether the natural coordinates of a side are others than its columns: signs within the side.

Every model here is built on the columns, or on canonical variates, which correlation alone finds.
Where x itself has another shape (rotated sharp-edged noise, a spiral), the models see only part of
the dependence on y, and neighbours in several dimensions do not make it up. The dependence of x's
own columns on each other shows it, whatever y is.
"""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np

from infoscope.estimate.corrected.coordinates import scores_by_column
from infoscope.estimate.corrected.student_pair import fit_student_pair
from infoscope.estimate.kernels.information import neighbour_information
from infoscope.estimate.method import Floats
from infoscope.estimate.variables import variable_of

__all__ = ["excess_kurtosis", "is_hidden", "is_normal", "unexplained_within"]

_NEIGHBOURS = 4
_MOST_ROWS = 4000

#: Limits of `is_hidden`: noise in units of 1 / root n, and what else a side may have. Of 10 draws
#: of 41 tasks at n = 500 the noise was at most 2.3 where sides are Gaussian, Student or independent
#: columns (20 pairs of them); rotated uniform noise had 2.6 to 4.7, spirals of uniform numbers 2.2
#: to 4.8, circles 6.9 and more. Clayton's copula within a side, which does no harm, has 0.08 nats.
_NOISE, _SMALL = 2.5, 0.1

#: Deviations of Mardia's kurtosis: normal scores of Gaussian copulas had -3.4 to 1.7.
_NORMAL = 4.0


def unexplained_within(gx: Floats, gy: Floats) -> float:
    """Return how much two columns of one side tell of each other beyond a Student copula, nats.

    The largest over all pairs within x and within y, 0 where no side has two columns: what
    neighbours see, less the information of the most likely Student copula.

    Parameters
    ----------
    gx, gy : float64 arrays of shape (n, d)
        Normal scores. Of more than 4000 rows every second (third, ...) is looked at.
    """
    most = 0.0
    for scores in (gx, gy):
        step = _step(scores.shape[0])
        some = scores if step == 1 else scores_by_column(scores[::step])
        columns = [
            variable_of("x", "continuous", np.ascontiguousarray(some[:, [c]]), None)
            for c in range(some.shape[1])
        ]
        for i, j in combinations(range(some.shape[1]), 2):
            near = neighbour_information(columns[i], columns[j], k=_NEIGHBOURS, ties="auto")
            most = max(most, near.nats - fit_student_pair(some[:, i], some[:, j]).information)
    return most


def is_hidden(unexplained: float, kurtosis: float, n: int) -> bool:
    """Say whether sides have coordinates of their own: a shape within one, or bounded numbers.

    `unexplained` and `kurtosis` are those of the two functions beside this one, from n rows. Few
    points far out and few in the middle, more than any normal law has, are what is left of sharp
    edges in other directions than the columns.
    """
    return unexplained > max(_NOISE / math.sqrt(n // _step(n)), _SMALL) or kurtosis < -_NORMAL


def is_normal(kurtosis: float) -> bool:
    """Say whether this excess kurtosis is one of normal scores of a Gaussian copula."""
    return abs(kurtosis) <= _NORMAL


def _step(n: int) -> int:
    return max(1, -(-n // _MOST_ROWS))


def excess_kurtosis(a: Floats, b: Floats, correlations: Floats) -> float:
    """Return Mardia's kurtosis of (a, b), less that of a normal law, in standard deviations.

    Of normal scores of Gaussian copulas it was -3.4 to 1.7 (2 to 100 columns, n = 100 to 20,000);
    of turned uniform noise -8 to -3.8, of turned cubes and hyperbolic sines 8 to 19.

    Parameters
    ----------
    a, b : float64 arrays of shape (n, p), (n, q)
        Canonical coordinates of normal scores.
    correlations : float64 array of shape (min(p, q),)
        Theirs, below 1.

    Source
    ------
    Mardia, Measures of multivariate skewness and kurtosis with applications (1970), section 3.

    Examples
    --------
    Four rows on the axes of the plane are all at the root of 2: their kurtosis is 4, a normal
    law's 8 times 3/5 with so few rows.

    >>> a, b = np.array([[1.0], [-1.0], [0.0], [0.0]]), np.array([[0.0], [0.0], [1.0], [-1.0]])
    >>> round(excess_kurtosis(a * 2**0.5, b * 2**0.5, np.zeros(1)), 6)
    -0.2
    """
    n, p, q = a.shape[0], a.shape[1], b.shape[1]
    m, d = min(p, q), p + q
    u, v, rho = a[:, :m], b[:, :m], correlations[:m]
    squares = ((u**2 + v**2 - 2.0 * rho * u * v) / (1.0 - rho**2)).sum(axis=1)
    squares += (a[:, m:] ** 2).sum(axis=1) + (b[:, m:] ** 2).sum(axis=1)
    normal = d * (d + 2.0) * (n - 1.0) / (n + 1.0)
    return float(((squares**2).mean() - normal) / math.sqrt(8.0 * d * (d + 2.0) / n))
