"""What an entropy estimate cannot see: the bias and spread that cells rarer than one case leave."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, exp1, gammaln

from infoscope.calibrate.forecasts import Floats

__all__ = ["poisson_moments", "unseen_entropy"]

#: Groups larger than this take the Euler-Maclaurin sum, exact to 1e-9 there.
MAX_DIRECT = 40
#: Cells expecting more cases than this take the limit law (half a chi-square).
MAX_POISSON = 200.0


def unseen_entropy(sizes: Floats, p: Floats) -> Floats:
    """Bias of Zhang's entropy in nats for each group: sum_j p_j sum_{v >= N} (1 - p_j)^v / v.

    Source: Zhang, Entropy estimation in Turing's perspective (2012), equation 6 and theorem 1.
    """
    open_ = (p > 0) & (p < 1)  # a cell that is impossible or certain hides nothing
    inner = np.where(open_, p, 0.5)
    rate = -np.log1p(-inner)  # (1 - p)^v = exp(-rate v)
    n = sizes[:, None]
    term = np.exp(-rate * n) / n
    tail = exp1(rate * n) + 0.5 * term + term * (rate + 1.0 / n) / 12.0
    for size in np.unique(sizes[sizes <= MAX_DIRECT]):
        rows = sizes == size
        v = np.arange(1.0, size)
        parts = (1.0 - inner[rows])[..., None] ** v / v
        tail[rows] = -np.log(inner[rows]) - parts.sum(axis=-1)
    return np.where(open_, inner * tail, 0.0).sum(axis=1)


def poisson_moments(sizes: Floats, p: Floats) -> tuple[float, float]:
    """Variance and third moment, over all groups, of sum_j c_j (psi(c_j) - psi(N) - log p_j).

    Counts are taken as independent Poisson numbers, but for the likeliest cell of a group, which
    the others determine: it takes one from each of them, and one degree of freedom from the sum. A
    group of one case is summed exactly. Source: Morris, Central limit theorems for multinomial sums
    (1975), theorem 5.1.
    """
    mean = sizes[:, None] * p
    log_p = np.log(np.where(p > 0, p, 1.0))
    alone = sizes == 1.0
    centre = np.vecdot(p[alone], -log_p[alone])[:, None]
    variance = float(np.sum(p[alone] * (-log_p[alone] - centre) ** 2))
    third = float(np.sum(p[alone] * (-log_p[alone] - centre) ** 3))
    counted = (mean > 0) & ~alone[:, None]
    counted[np.arange(len(p)), np.argmax(p, axis=1)] = False
    n_large = int((counted & (mean > MAX_POISSON)).sum())
    variance, third = variance + 0.5 * n_large, third + 1.0 * n_large
    rows, columns = np.nonzero(counted & (mean <= MAX_POISSON))
    order = np.argsort(mean[rows, columns])
    for start in range(0, len(order), 512):  # cells of like size share one table
        at = order[start : start + 512]
        group, cell = rows[at], columns[at]
        lam = mean[group, cell][:, None]
        most = lam.max()
        c = np.arange(np.ceil(most + 12.0 * np.sqrt(most) + 20.0))
        law = np.exp(c * np.log(lam) - lam - gammaln(c + 1.0))
        each = log_p[group, cell] + digamma(sizes[group]) + 1.0
        f = np.where(c > 0, c * (digamma(np.maximum(c, 1.0)) - each[:, None]), 0.0)
        off = f - np.vecdot(law, f)[:, None]
        variance += float(np.vecdot(law, off**2).sum())
        third += float(np.vecdot(law, off**3).sum())
    return variance, third
