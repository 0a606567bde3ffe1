"""Independent pairs of coordinates, each with a smoothed two-dimensional density of its own.

Where y_1 depends on x_1 alone, y_2 on x_2 alone, and so on, the log ratio is a sum of functions of
two variables, which smoothing can estimate whatever their shape (sharp edges, bands, tails).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.corrected.ratios import Ratio, bound_of_square
from infoscope.estimate.method import Floats
from infoscope.estimate.special import ndtr, ndtri

__all__ = ["BANDWIDTHS", "CELLS", "PairFit", "fit_pairs", "match"]

Rows = NDArray[np.intp]

#: Cells a side, and standard deviations of the smoothing in cells.
CELLS = 48
BANDWIDTHS = (1.0, 1.7, 2.9)
_PRIOR = (0.5, 2.0)  # rows that the Gaussian copula is worth in each smoothed cell
_RANK = 16


@dataclass(frozen=True, slots=True)
class PairFit:
    """Log ratios of each pair on a grid of ranks, and the sum's held-out bound.

    Parameters
    ----------
    cells_x, cells_y : int arrays of shape (n, m)
        The cell of each row, for each of the m pairs.
    tables : float64 array of shape (m, CELLS, CELLS)
    bound : float
    """

    cells_x: Rows
    cells_y: Rows
    tables: Floats
    bound: float

    @property
    def n_pairs(self) -> int:
        """Number of pairs that held-out rows confirm."""
        return self.tables.shape[0]

    def ratio(self) -> Ratio:
        """Return the sum of the pairs' log ratios, for all rows."""
        n, m = self.cells_x.shape
        left: list[Floats] = []
        right: list[Floats] = []
        for k in range(m):
            u, s, v = np.linalg.svd(self.tables[k])
            left.append((u[:, :_RANK] * s[:_RANK])[self.cells_x[:, k]])
            right.append(v[:_RANK].T[self.cells_y[:, k]])
        zero = np.zeros(n)
        if m == 0:
            return Ratio("bilinear", zero, zero, np.zeros((1, n, 1)), np.zeros((1, n, 1)))
        return Ratio("bilinear", zero, zero, np.hstack(left)[None], np.hstack(right)[None])


def match(u: Floats, v: Floats) -> tuple[Rows, Rows]:
    """Return pairs of columns, strongest first, by correlation of values and of squares."""
    both = np.abs(_cross(u, v)) + np.abs(_cross(u**2, v**2))
    i_taken: list[int] = []
    j_taken: list[int] = []
    for _ in range(min(both.shape)):
        i, j = np.unravel_index(int(both.argmax()), both.shape)
        i_taken.append(int(i))
        j_taken.append(int(j))
        both[i], both[:, j] = -1.0, -1.0
    return np.array(i_taken, dtype=np.intp), np.array(j_taken, dtype=np.intp)


def fit_pairs(u: Floats, v: Floats, folds: list[Rows], n_check: int) -> PairFit:
    """Return smoothed log ratios of the columns of u with those of v, pair by pair.

    `u` and `v` are normal scores with as many columns. Each pair takes the smoothing with the best
    held-out bound, and is left out where that bound is not positive.
    """
    n, m = u.shape
    cells_x, cells_y = _cells(u), _cells(v)
    every: Rows = np.arange(int(n))
    kept: list[int] = []
    tables: list[Floats] = []
    held = [np.zeros((min(fold.size, n_check),) * 2) for fold in folds]
    for k in range(m):
        x, y = cells_x[:, k], cells_y[:, k]
        parts = [np.setdiff1d(every, fold) for fold in folds]
        choices = [(h, prior) for h in BANDWIDTHS for prior in _PRIOR]
        bounds: list[float] = []
        attempts: list[list[Floats]] = []
        for h, prior in choices:
            fitted = [_table(x[part], y[part], u[part, k], v[part, k], h, prior) for part in parts]
            found = [
                _grid_bound(table, x[fold], y[fold])
                for table, fold in zip(fitted, folds, strict=True)
            ]
            bounds.append(float(np.mean(found)))
            attempts.append(fitted)
        best = int(np.argmax(bounds))
        if bounds[best] <= 0.2 / np.sqrt(n):  # less than its own noise
            continue
        kept.append(k)
        h, prior = choices[best]
        tables.append(_table(x, y, u[:, k], v[:, k], h, prior))
        for block, table, fold in zip(held, attempts[best], folds, strict=True):
            block += table[x[fold[:n_check]]][:, y[fold[:n_check]]]
    bound = float(np.mean([bound_of_square(block) for block in held])) if kept else 0.0
    stacked = np.stack(tables) if kept else np.zeros((0, CELLS, CELLS))
    return PairFit(cells_x[:, kept], cells_y[:, kept], stacked, bound)


def _grid_bound(table: Floats, x: Rows, y: Rows) -> float:
    """Return the Donsker-Varadhan value of rows in cells, without a matrix of all pairs."""
    n = x.size
    own = table[x, y]
    many_x, many_y = np.bincount(x, minlength=CELLS), np.bincount(y, minlength=CELLS)
    others = float(many_x @ np.exp(table) @ many_y - np.exp(own).sum())
    return float(own.mean() - np.log(others / (n * (n - 1))))


def _cells(u: Floats) -> Rows:
    """Return the cell of each score: equal steps of rank."""
    return np.minimum((ndtr(u) * CELLS).astype(np.intp), CELLS - 1)


def _table(x: Rows, y: Rows, u: Floats, v: Floats, h: float, prior: float) -> Floats:
    """Return log(seen / expected) on the grid, beside the Gaussian copula of these rows.

    Smoothing takes the same off the data and off the copula, so that it costs nothing where the
    copula is right (Hjort & Glad, Nonparametric density estimation with a parametric start, 1995).
    """
    n = x.size
    rho = float((u * v).mean() / np.sqrt((u**2).mean() * (v**2).mean()))
    seen = np.bincount(x * CELLS + y, minlength=CELLS * CELLS).reshape(CELLS, CELLS)
    log_copula, copula = _copula(rho)
    smooth = _smoother(h)
    weight = 2.0 * np.sqrt(np.pi) * h  # 1/sum of squared weights, a side: cells that are averaged
    of_data = smooth @ seen @ smooth.T * weight**2
    of_copula = smooth @ copula @ smooth.T * (n * weight**2)
    table = log_copula + np.log(of_data + prior) - np.log(of_copula + prior)
    return np.clip(table, -8.0, 8.0)


def _copula(rho: float) -> tuple[Floats, Floats]:
    """Return the log density of the Gaussian copula in each cell, and the cells' masses."""
    z = ndtri((np.arange(CELLS) + 0.5) / CELLS)
    rest = 1.0 - rho**2
    square = rho**2 * (z[:, None] ** 2 + z**2) - 2.0 * rho * z[:, None] * z
    log_density = -square / (2.0 * rest) - 0.5 * np.log(rest)
    masses = np.exp(log_density) / CELLS**2
    for _ in range(8):
        masses /= masses.sum(0) * CELLS
        masses /= masses.sum(1, keepdims=True) * CELLS
    return np.log(masses * CELLS**2), masses


def _smoother(h: float) -> Floats:
    """Return the matrix of Gaussian smoothing over cells, reflected at both ends; rows sum to 1."""
    i = np.arange(CELLS)
    total = np.zeros((CELLS, CELLS))
    for image in (i, -1 - i, 2 * CELLS - 1 - i):
        total += np.exp(-0.5 * ((i[:, None] - image) / h) ** 2)
    return total / total.sum(1, keepdims=True)


def _cross(u: Floats, v: Floats) -> Floats:
    u, v = u - u.mean(0), v - v.mean(0)
    return u.T @ v / np.sqrt(np.outer((u**2).sum(0), (v**2).sum(0)))
