"""KSG of re-paired rows: of all coordinates, and of the leading variates refitted each time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.corrected import plain
from infoscope.estimate.corrected.coordinates import scores_by_column, whitening
from infoscope.estimate.corrected.feature_models import RIDGE
from infoscope.estimate.kernels.scores import digamma_of
from infoscope.estimate.kernels.space import FAST
from infoscope.estimate.method import Floats

__all__ = ["full_statistic", "pairwise_statistic", "reduced_statistic"]

Indices = NDArray[np.int64]


def full_statistic(a: Floats, b: Floats, pairings: Indices, k: int, *, fast: bool = FAST) -> Floats:
    """Return the KSG information (type 1, nats) of rows a_i with rows b_pi(i), for each pairing.

    Source: Kraskov, Stögbauer & Grassberger, Estimating mutual information (2004), equation 8.
    """
    n = a.shape[0]
    columns_a, columns_b = np.ascontiguousarray(a.T), np.ascontiguousarray(b.T)
    counts_x = np.empty(pairings.shape, dtype=np.int64)
    counts_y = np.empty_like(counts_x)
    if fast:
        from infoscope.estimate.corrected import kernels

        kernels.repaired_counts(columns_a, columns_b, pairings, k, counts_x, counts_y)
    else:
        plain.repaired_counts(columns_a, columns_b, pairings, k, counts_x, counts_y)
    ends = digamma_of(np.array([k, n], dtype=np.int64))
    local = digamma_of(counts_x + 1) + digamma_of(counts_y + 1)
    return float(ends.sum()) - local.mean(axis=1)


def reduced_statistic(
    fx: Floats, fy: Floats, m: int, pairings: Indices, k: int, *, fast: bool = FAST
) -> Floats:
    """Return the KSG information of the first `m` canonical variates of two blocks of features.

    The variates are fitted anew to each pairing, so that data and surrogates have the same freedom.
    """
    n = fx.shape[0]
    fx, fy = fx - fx.mean(0), fy - fy.mean(0)
    white_x = fx @ whitening(fx.T @ fx / n, RIDGE)
    white_y = fy @ whitening(fy.T @ fy / n, RIDGE)
    values = np.empty(pairings.shape[0])
    same: Indices = np.arange(n, dtype=np.int64)[None]
    for s, pairing in enumerate(pairings):
        paired = white_y[pairing]
        left, _, right = np.linalg.svd(white_x.T @ paired, full_matrices=False)
        u, v = scores_by_column(white_x @ left[:, :m]), scores_by_column(paired @ right[:m].T)
        values[s] = full_statistic(u, v, same, k, fast=fast)[0]
    return values


def pairwise_statistic(
    u: Floats, v: Floats, pairings: Indices, k: int, *, fast: bool = FAST
) -> Floats:
    """Return the sum over columns of the KSG information of u's with v's, for each pairing.

    In one dimension a side neighbours see nearly everything, sharp edges included.
    """
    columns = range(u.shape[1])
    parts = [full_statistic(u[:, [c]], v[:, [c]], pairings, k, fast=fast) for c in columns]
    return np.sum(parts, axis=0)
