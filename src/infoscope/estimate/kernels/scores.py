"""Rank-normal scores and the digamma of whole numbers, from tables kept for the next call."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.special import digamma, ndtri

__all__ = ["digamma_of", "normal_scores"]

Floats = NDArray[np.float64]


@lru_cache(maxsize=4)
def _score_table(n: int) -> Floats:
    """Return Phi^-1(r / (n + 1)) for r = 1 .. n, exactly antisymmetric."""
    half = ndtri(np.arange(1, n // 2 + 1) / (n + 1.0))
    middle = np.zeros(n % 2)
    table = np.concatenate([half, middle, -half[::-1]])
    table.flags.writeable = False
    return table


@lru_cache(maxsize=32)  # powers of two: all together twice the largest
def _digamma_table(size: int) -> Floats:
    table = np.empty(size)
    table[0] = -np.inf
    table[1:] = digamma(np.arange(1.0, size))
    table.flags.writeable = False
    return table


def digamma_of(counts: NDArray[np.integer]) -> Floats:
    """Return digamma of positive whole numbers; the table holds at most twice the largest.

    >>> digamma_of(np.array([2])) - digamma_of(np.array([1]))
    array([1.])
    """
    largest = int(counts.max(initial=1))
    return _digamma_table(1 << (largest + 1).bit_length())[counts]


def normal_scores(order: NDArray[np.intp], new: NDArray[np.bool_] | None) -> tuple[Floats, Floats]:
    """Return Phi^-1(rank / (n + 1)) by row and ascending, for rows in ascending `order`.

    `new` says where in that order a new value begins (None: everywhere). Ranks run from 1 to n, and
    rows of one value have their mean rank.

    >>> normal_scores(np.array([2, 0, 1]), np.array([True, True, True]))[0].round(3)
    array([ 0.   ,  0.674, -0.674])
    """
    n = order.size
    ascending = _score_table(n).copy()
    if new is not None and not new.all():
        first = np.flatnonzero(new)
        sizes = np.diff(np.append(first, n))
        shared = sizes > 1
        middle = first[shared] + (sizes[shared] + 1) / 2.0  # mean rank, from 1
        scores = ascending[first]
        scores[shared] = _middle_scores(middle, n)
        ascending = np.repeat(scores, sizes)
    by_row = np.empty(n)
    by_row[order] = ascending
    return by_row, ascending


def _middle_scores(rank: Floats, n: int) -> Floats:
    """Return Phi^-1(rank / (n + 1)) with Phi^-1(1 - p) = -Phi^-1(p) exact."""
    low = np.minimum(rank, n + 1.0 - rank)
    return np.where(rank * 2.0 > n + 1.0, -1.0, 1.0) * ndtri(low / (n + 1.0))
