"""Log density ratios of two samples from their neighbours, on pooled ranks.

A divergence does not change under one increasing map of a column in both samples, so the columns
are replaced by the normal scores of their ranks in the pooled sample. Equal values share their part
of the ranks evenly, in a fixed order that knows nothing of the samples: the divergence stays the
same (both laws are uniform there), and there are no ties.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.kernels.marginals import fixed_order
from infoscope.estimate.kernels.scores import digamma_of, normal_scores
from infoscope.estimate.kernels.space import Space
from infoscope.estimate.special import digamma
from infoscope.estimate.variables import Variable

__all__ = ["local_divergence", "local_half_divergence", "pooled_scores"]

Floats = NDArray[np.float64]


def pooled_scores(x: Variable, y: Variable) -> tuple[Floats, Floats, bool]:
    """Return both samples (n, d) and (m, d) on the normal scores of their pooled ranks.

    The third answer says whether a value stands there twice: the scores then depend a little on
    which sample comes first.
    """
    values = np.vstack([x.values, y.values])
    columns = list(values.T)
    if x.codes is not None and y.codes is not None:
        columns.append(np.concatenate([x.codes, y.codes]).astype(np.float64))
    canonical = np.lexsort(columns[::-1])
    scores = [
        normal_scores(fixed_order(column, canonical, stream), None)[0]
        for stream, column in enumerate(columns)
    ]
    pooled = np.column_stack(scores)
    tied = any(np.unique(column).size < column.size for column in columns)
    return pooled[: x.n], pooled[x.n :], tied


def local_divergence(x: Floats, y: Floats, k: int) -> Floats:
    """Return the local log p / q at the rows of x, nats, (n,).

    Around each row a ball reaches to its k-th neighbour in x or in y, whichever is farther, so that
    both densities are averaged over the same ball. The count of the sample that ended the ball is
    digamma'd as it is, the other, which is open, with one more.
    """
    first, second = Space(x), Space(y)
    own = first.nearest(k)[0][:, k - 1]
    other = second.nearest_to(x, k)[:, k - 1]
    radius = np.maximum(own, other)
    closed = np.zeros(radius.size, dtype=np.int64) == 0
    n_own: NDArray[np.int64] = first.count(radius, closed) - (own == radius)
    n_other: NDArray[np.int64] = second.count_around(x, radius, closed) + (other < radius)
    local = digamma_of(n_own) - digamma_of(n_other)
    return local + (math.log(y.shape[0]) - math.log(x.shape[0] - 1))


def local_half_divergence(x: Floats, y: Floats, k: int) -> Floats:
    """Return the local log p / ((p + q) / 2) at the rows of x, nats, (n,).

    The ball reaches to the k-th neighbour in x, or, where x is the larger sample, to as many more
    as it is larger, so that about k of y are met as well. For samples of equal size this is the
    local information between a row and which sample it came from (Ross), to second order in 1 / k:
    the bias of the logarithm allows for k being fixed while the volume of the ball and the other
    count are not.
    """
    first, second = Space(x), Space(y)
    n, m = x.shape[0], y.shape[0]
    k = min(max(k, round(k * n / m)), n - 1)
    radius = first.nearest(k)[0][:, k - 1]
    n_other = second.count_around(x, radius, np.zeros(n, dtype=np.int64) == 1)
    mass = k / (n - 1) + n_other / m  # of the ball under p + q
    share = n_other / m / mass
    own = float(digamma(k))
    bias = (own - math.log(k)) * (1.0 - share * share) + n_other / (m * mass) ** 2 / 2.0
    return own - math.log(n - 1) - np.log(mass / 2.0) - bias
