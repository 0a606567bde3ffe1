"""Mean, variance and third moment of a debiased miscalibration when every forecast is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.special import digamma
from scipy.stats import binom

from infoscope.calibrate.forecasts import Floats
from infoscope.calibrate.rare_cells import poisson_moments

__all__ = ["brier_excess", "log_excess", "null_moments", "turing_entropy"]

#: Groups with more cases than this, and enough of the rarer class, take the limit law.
MAX_EXACT = 4000
MIN_RARE = 50.0
#: Groups up to this size share one table of counts, although their forecasts differ.
SMALL = 64


def turing_entropy(counts: Floats) -> Floats:
    """Entropy of each row of counts in nats, by Zhang: sum_i (n_i / N) (psi(N) - psi(n_i))."""
    total = counts.sum(axis=-1)
    seen = counts > 0
    psi = np.where(seen, digamma(np.where(seen, counts, 1.0)), 0.0)
    return digamma(total) - np.vecdot(counts, psi) / total


def log_excess(counts: Floats, p: Floats) -> Floats:
    """Debiased KL(observed‖p) of each row of counts (..., k), times the size of its group."""
    with np.errstate(divide="ignore"):
        logs = np.where(p > 0, np.log(p), 0.0)
    return -np.vecdot(counts, logs) - counts.sum(axis=-1) * turing_entropy(counts)


def brier_excess(counts: Floats, p: Floats) -> Floats:
    """Debiased |observed - p|^2 of each row of counts (..., k), times the size of its group."""
    size = counts.sum(axis=-1)
    observed = counts / size[..., None]
    gap = observed - p
    spare = 1.0 - np.vecdot(observed, observed)
    return size * (np.vecdot(gap, gap) - spare / np.maximum(size - 1.0, 1.0))


def null_moments(
    excess: Callable[[Floats, Floats], Floats], sizes: Floats, mean: Floats, n: int
) -> tuple[float, float, float]:
    """Return mean, variance and third central moment of sum_g excess_g / n at counts ~ mean.

    Two classes: exact sums over each group's binomial law, and the limit law of large groups. More
    classes: the limit law of the Brier score, Poisson counts for the log score.
    """
    if mean.shape[1] > 2 and excess is log_excess:
        second, third = poisson_moments(sizes, mean)
        return 0.0, second / n**2, third / n**3
    if mean.shape[1] > 2:
        second, third = _limit(excess, sizes, mean)
        return 0.0, float(second.sum()) / n**2, float(third.sum()) / n**3
    rare = np.minimum(mean[:, 0], mean[:, 1])
    large = (sizes > MAX_EXACT) & (rare * sizes > MIN_RARE)
    second, third = (m.sum() for m in _limit(excess, sizes[large], mean[large]))
    first = 0.0
    for size, p in _batches(sizes[~large], mean[~large]):
        share = p[:, 1] / p.sum(axis=1)
        span = 12.0 * np.sqrt(size * np.max(share * (1.0 - share))) + 20.0
        low = max(0.0, np.floor(size * share.min() - span))
        high = min(size, np.ceil(size * share.max() + span))
        hits = np.arange(low, high + 1.0)
        law = binom.pmf(hits, size, share[:, None])  # (groups, hits)
        value = excess(np.column_stack([size - hits, hits])[None], p[:, None, :])
        centre = np.vecdot(law, value)
        off = value - centre[:, None]
        first += float(centre.sum())
        second += float(np.vecdot(law, off**2).sum())
        third += float(np.vecdot(law, off**3).sum())
    return first / n, float(second) / n**2, float(third) / n**3


def _batches(sizes: Floats, mean: Floats) -> Iterator[tuple[float, Floats]]:
    """Yield groups of one size together, small ones many at a time, that are not certain."""
    open_ = (mean[:, 0] > 0) & (mean[:, 1] > 0)
    for size in np.unique(sizes[open_]):
        rows = mean[open_ & (sizes == size)]
        step = max(1, int(1e5 / size)) if size <= SMALL else 1
        for start in range(0, len(rows), step):
            yield float(size), rows[start : start + step]


def _limit(
    excess: Callable[[Floats, Floats], Floats], sizes: Floats, mean: Floats
) -> tuple[Floats, Floats]:
    """Second and third moments of each group's excess for large groups (weighted chi-square)."""
    if excess is log_excess:
        free = np.ones(len(sizes))
        return free / 2.0, free
    p2, p3, p4 = (np.sum(mean**power, axis=1) for power in (2, 3, 4))
    trace2 = p2 - 2.0 * p3 + p2**2  # of the covariance diag(p) - p p' squared, and cubed
    trace3 = p3 - 3.0 * p4 + 3.0 * p2 * p3 - p2**3
    return 2.0 * trace2, 8.0 * trace3
