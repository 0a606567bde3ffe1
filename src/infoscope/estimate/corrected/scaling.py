"""Scale a fitted log ratio to the data's own margins (Sinkhorn), and read its information off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infoscope.estimate.corrected.ratios import Ratio
from infoscope.estimate.method import Floats

__all__ = ["STORED", "Scaled", "scale"]

#: Up to this many rows the n x n matrix is kept; above, blocks of rows are made again each round.
STORED = 2000
_ROUNDS, _ROUNDS_ON_DEMAND = 60, 10
_CLOSE, _CLOSE_ON_DEMAND = 1e-7, 2e-3
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Scaled:
    """A log ratio L_ij = r_ij + f_i + g_j under which rows and columns are used evenly.

    Parameters
    ----------
    information : float
        Mean of L under its own joint law: the model's information with exactly the data's margins.
    own : float64 array of shape (n,)
        L_ii, of the pairs that were seen.
    f, g : float64 arrays of shape (n,)
    values : float64 array of shape (n, n) or None
        r, where it is kept.
    """

    information: float
    own: Floats
    f: Floats
    g: Floats
    values: Floats | None


def scale(ratio: Ratio) -> Scaled:
    """Return the ratio after alternate scaling of rows and columns to equal sums.

    Source: Sinkhorn, A relationship between arbitrary positive matrices and doubly stochastic
    matrices (1964).
    """
    return _stored(ratio) if ratio.n <= STORED else _on_demand(ratio)


def _stored(ratio: Ratio) -> Scaled:
    n = ratio.n
    values = ratio.block(0, n)
    top = values.max(axis=1)
    kernel = np.exp(values - top[:, None])
    v = np.full(n, 1.0 / n)
    u = 1.0 / (kernel @ v)
    for _ in range(_ROUNDS):
        v = 1.0 / (u @ kernel)
        filled = kernel @ v
        off = float(np.abs(u * filled - 1.0).max())
        u = 1.0 / filled
        if off < _CLOSE:
            break
    f, g = np.log(u) - top + np.log(n), np.log(v)
    # sum_ij P_ij (r_ij + f_i + g_j) / n, P = u kernel v with rows that sum to 1
    kernel *= v
    kernel *= u[:, None]
    mean_r = float(np.einsum("ij,ij->", kernel, values)) / n
    information = mean_r + float(f.mean()) + float(kernel.sum(0) @ g) / n
    return Scaled(information, np.diagonal(values) + f + g, f, g, values)


def _on_demand(ratio: Ratio) -> Scaled:
    n, small = ratio.n, ratio.narrow()
    g = np.zeros(n)
    f = np.zeros(n)
    for _ in range(_ROUNDS_ON_DEMAND):
        f, totals, _ = _pass(small, g)
        g -= np.log(totals)
        if float(np.sqrt(np.mean((totals - 1.0) ** 2))) < _CLOSE_ON_DEMAND:
            break
    f, totals, mean_r = _pass(small, g)
    every = np.arange(n)
    own = ratio.of_pairs(every, every) + f + g
    return Scaled(mean_r + float(f.mean()) + float(totals @ g) / n, own, f, g, None)


def _pass(ratio: Ratio, g: Floats) -> tuple[Floats, Floats, float]:
    """Return f that makes the rows of P sum to 1, the column sums of P, and the mean of r."""
    n = ratio.n
    f, totals, mean_r = np.empty(n), np.zeros(n), 0.0
    shift = g.astype(np.float32)
    for start in range(0, n, _BLOCK):
        stop = min(start + _BLOCK, n)
        values = ratio.block(start, stop)
        weights = values + shift
        top = weights.max(axis=1)
        weights -= top[:, None]
        np.exp(weights, out=weights)
        sums = weights.sum(axis=1)
        weights /= sums[:, None]
        f[start:stop] = np.log(n) - np.log(sums) - top
        totals += weights.sum(axis=0)
        mean_r += float(np.einsum("ij,ij->", weights, values))
    return f, totals, mean_r / n
