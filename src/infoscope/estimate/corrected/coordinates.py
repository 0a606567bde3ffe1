"""Normal scores, and canonical coordinates: both sides whitened, ordered by their correlation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.kernels.scores import normal_scores
from infoscope.estimate.method import Floats
from infoscope.estimate.special import digamma
from infoscope.estimate.variables import Variable

__all__ = [
    "Canonical",
    "canonical",
    "canonical_variates",
    "gaussian_bias",
    "information_of",
    "scores_by_column",
    "scores_of",
    "shrunk",
    "whitening",
]

_NULL = 1e-10  # directions with less than this share of the variance are copies of others


@dataclass(frozen=True, slots=True)
class Canonical:
    """Maps to canonical coordinates: ``(x - mean_x) @ to_a`` and ``(y - mean_y) @ to_b``.

    Every coordinate has variance 1; the i-th of both sides are correlated by ``correlations[i]``,
    all other pairs not at all. All coordinates are kept, also those beyond the shorter side.
    """

    mean_x: Floats
    mean_y: Floats
    to_a: Floats
    to_b: Floats
    correlations: Floats


def scores_of(variable: Variable) -> Floats:
    """Return the normal scores of each column, (n, d)."""
    columns = zip(variable.values.T, variable.orders, strict=True)
    return np.column_stack([_column_scores(column, order) for column, order in columns])


def scores_by_column(values: Floats) -> Floats:
    """Return the normal scores of each column of new numbers, (n, d)."""
    return np.column_stack([_column_scores(column, np.argsort(column)) for column in values.T])


def _column_scores(column: Floats, order: NDArray[np.intp]) -> Floats:
    ranked = column[order]
    new = np.append(True, ranked[1:] != ranked[:-1])
    return normal_scores(order, new)[0]


def whitening(covariance: Floats, ridge: float = 0.0) -> Floats:
    """Return W with W' (C + ridge I) W = I; columns that copy others are left out of it."""
    sizes, directions = np.linalg.eigh(covariance + ridge * np.eye(covariance.shape[0]))
    keep = sizes > _NULL * sizes[-1]
    return directions[:, keep] / np.sqrt(sizes[keep])


def canonical(gx: Floats, gy: Floats, weights: Floats | None = None) -> Canonical:
    """Return the canonical correlation analysis of two blocks of rows."""
    w = np.full(gx.shape[0], 1.0 / gx.shape[0]) if weights is None else weights / weights.sum()
    mean_x, mean_y = w @ gx, w @ gy
    x, y = gx - mean_x, gy - mean_y
    white_x = whitening((x * w[:, None]).T @ x)
    white_y = whitening((y * w[:, None]).T @ y)
    left, s, right = np.linalg.svd(white_x.T @ ((x * w[:, None]).T @ y) @ white_y)
    return Canonical(mean_x, mean_y, white_x @ left, white_y @ right.T, np.minimum(s, 1.0))


def canonical_variates(fx: Floats, fy: Floats, ridge: float) -> tuple[Floats, Floats, Floats]:
    """Return to_a, to_b and the correlations of the ridge CCA of two centred blocks."""
    n = fx.shape[0]
    white_x = whitening(fx.T @ fx / n, ridge)
    white_y = whitening(fy.T @ fy / n, ridge)
    left, s, right = np.linalg.svd(white_x.T @ (fx.T @ fy / n) @ white_y, full_matrices=False)
    return white_x @ left, white_y @ right.T, s


def information_of(correlations: Floats) -> float:
    """Return the Gaussian information of these canonical correlations, nats."""
    return -0.5 * float(np.log1p(-(correlations**2)).sum())


def gaussian_bias(dim_x: int, dim_y: int, n: float) -> float:
    """Return the mean of the plug-in Gaussian information of n rows, less its true value.

    Of log|C| of d columns it is sum over i of psi((n - i)/2) - log((n - 1)/2), whatever the
    correlations.
    """

    def half(d: int) -> float:
        return float(digamma((n - np.arange(1, d + 1)) / 2.0).sum() - d * np.log((n - 1) / 2.0)) / 2

    return half(dim_x) + half(dim_y) - half(dim_x + dim_y)


def shrunk(correlations: Floats, target: float) -> Floats:
    """Return smaller correlations: each pair's information falls by one factor, to `target`."""
    own = -0.5 * np.log1p(-(correlations**2))
    total = float(own.sum())
    if total <= 0.0 or target <= 0.0:
        return np.zeros_like(correlations)
    return np.sqrt(-np.expm1(-2.0 * own * min(target / total, 1.0)))
