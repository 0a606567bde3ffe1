"""Exact p-values of pairs: the tail of the hypergeometric law, term by term, compiled."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.compiling import compiled

__all__ = ["log_upper_tail"]

_ENOUGH = 1e-17  # a term this small beside the sum changes no digit of it


@compiled
def _tails(count, row, column, total, out):
    for i in range(count.size):
        k, r, c = count[i], row[i], column[i]
        low = max(0.0, r + c - total)
        if k <= low:
            out[i] = 0.0
            continue
        up = k * (total + 2.0) > (r + 1.0) * (c + 1.0)  # above the mode: the upper tail is short
        j = k if up else k - 1.0
        log_p = (
            math.lgamma(r + 1) - math.lgamma(j + 1) - math.lgamma(r - j + 1)
            + math.lgamma(total - r + 1) - math.lgamma(c - j + 1)
            - math.lgamma(total - r - c + j + 1)
            + math.lgamma(c + 1) + math.lgamma(total - c + 1) - math.lgamma(total + 1)
        )  # fmt: skip
        term = 1.0
        whole = 1.0
        while term > _ENOUGH * whole:
            if up:
                term *= (r - j) * (c - j) / ((j + 1.0) * (total - r - c + j + 1.0))
                j += 1.0
            else:
                term *= j * (total - r - c + j) / ((r - j + 1.0) * (c - j + 1.0))
                j -= 1.0
            whole += term
        log_tail = log_p + math.log(whole)
        if up:
            out[i] = min(log_tail, 0.0)
        else:  # below the mode: what the lower tail leaves, which is never near nothing
            out[i] = math.log1p(-math.exp(log_tail))


def log_upper_tail(
    count: NDArray[Any], row: NDArray[Any], column: NDArray[Any], total: float
) -> NDArray[Any]:
    """Return ln P(K >= count) for K hypergeometric: `row` marked of `total`, `column` drawn.

    Source
    ------
    Fisher (1934), the exact test of a 2 x 2 table, one-sided.

    Examples
    --------
    >>> one = np.ones(1)  # two of two marked among four: 1/6
    >>> round(float(np.exp(log_upper_tail(2 * one, 2 * one, 2 * one, 4.0))[0]), 12)
    0.166666666667
    """
    out = np.empty(len(count))
    _tails(count, row, column, float(total), out)
    return out
