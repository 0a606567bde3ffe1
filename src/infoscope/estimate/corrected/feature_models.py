"""Features of canonical coordinates that a linear method can use: radial gates, products, waves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.corrected.coordinates import canonical_variates
from infoscope.estimate.corrected.gaussian_models import of_variates
from infoscope.estimate.corrected.ratios import Ratio, bound_of_square
from infoscope.estimate.method import Floats

__all__ = [
    "RIDGE",
    "FeatureFit",
    "plain_features",
    "quadratic_features",
    "radial_features",
    "select_pairs",
    "standardized",
    "wave_features",
]

#: Added to the unit variances of the features.
RIDGE = 0.02
_RISE = 0.003  # nats that another pair must add to the held-out bound


@dataclass(frozen=True, slots=True)
class FeatureFit:
    """Standardised features of both sides, and the pairs of variates that held-out rows confirm.

    Parameters
    ----------
    fx, fy : float64 arrays of shape (n, p) and (n, q)
    to_u, to_v : float64 arrays
        Maps to the variates, fitted on all rows.
    rho : float64 array of shape (m,)
        Correlation given to each pair; m = 0 where nothing is confirmed.
    bound : float
        Held-out Donsker-Varadhan value of the m pairs.
    """

    fx: Floats
    fy: Floats
    to_u: Floats
    to_v: Floats
    rho: Floats
    bound: float

    def ratio(self) -> Ratio:
        """Return the log ratio of all rows."""
        u, v = self.fx @ self.to_u, self.fy @ self.to_v
        return of_variates(u, v, self.rho)


def plain_features(a: Floats) -> Floats:
    """Return the coordinates themselves, centred."""
    return a - a.mean(0)


def radial_features(a: Floats) -> Floats:
    """Return the coordinates, alone and switched on in four shells of the radius; the shells."""
    q = np.sqrt((a**2).mean(1))
    centres = np.quantile(q, (0.1, 0.35, 0.65, 0.9))
    width = 0.9 * float(np.diff(centres).mean())
    if width <= 0.0:
        return standardized(a)
    gates = np.exp(-0.5 * ((q[:, None] - centres) / width) ** 2)
    gated = [a * gates[:, [i]] for i in range(4)]
    return standardized(np.hstack([a, *gated, gates[:, :3], q[:, None]]))


def quadratic_features(a: Floats) -> Floats:
    """Return the coordinates and all their products."""
    i, j = np.triu_indices(a.shape[1])
    return standardized(np.hstack([a, a[:, i] * a[:, j]]))


def wave_features(a: Floats, rng: np.random.Generator, n_waves: int = 60) -> Floats:
    """Return the coordinates and cosines of random directions, lengths and phases."""
    d = a.shape[1]
    directions = rng.standard_normal((d, n_waves)) * 1.5 / np.sqrt(d)
    return standardized(np.hstack([a, np.cos(a @ directions + rng.uniform(0, 2 * np.pi, n_waves))]))


def standardized(features: Floats) -> Floats:
    """Return the features with mean 0 and deviation 1, without constant ones."""
    centred = features - features.mean(0)
    spread = np.sqrt((centred**2).mean(0))
    keep = spread > 1e-12
    return centred[:, keep] / spread[keep]


def select_pairs(
    fx: Floats,
    fy: Floats,
    folds: list[NDArray[np.intp]],
    *,
    most: int,
    held_out_only: bool,
    n_check: int,
) -> FeatureFit:
    """Return the ridge CCA of two blocks with as many pairs as raise the held-out bound.

    A pair's correlation is its held-out one (`held_out_only`), or the geometric mean of that and
    the one in the sample, which removes most of the optimism.
    """
    n = int(fx.shape[0])
    every: NDArray[np.intp] = np.arange(n)
    most = min(most, fx.shape[1], fy.shape[1])
    inside: list[Floats] = []
    outside: list[Floats] = []
    variates: list[tuple[Floats, Floats]] = []
    for fold in folds:
        train = np.setdiff1d(every, fold)
        to_u, to_v, _ = canonical_variates(fx[train], fy[train], RIDGE)
        to_u, to_v = to_u[:, :most], to_v[:, :most]
        u, v = fx[train] @ to_u, fy[train] @ to_v
        scale_u, scale_v = u.std(0), v.std(0)
        inside.append((u * v).mean(0) / (scale_u * scale_v))
        u, v = fx[fold] @ to_u / scale_u, fy[fold] @ to_v / scale_v
        outside.append(_correlations(u, v))
        variates.append((u[:n_check], v[:n_check]))
    held, seen = np.mean(outside, axis=0), np.mean(inside, axis=0)
    rho = _trusted(held, held if held_out_only else seen)
    m, bound = _count(variates, rho, held, 1.5 / np.sqrt(n))
    to_u, to_v, _ = canonical_variates(fx, fy, RIDGE)
    u, v = fx @ to_u[:, :m], fy @ to_v[:, :m]
    to_u, to_v = to_u[:, :m] / u.std(0), to_v[:, :m] / v.std(0)
    full = _correlations(fx @ to_u, fy @ to_v)
    final = _trusted(held[:m], held[:m] if held_out_only else full)
    return FeatureFit(fx, fy, to_u, to_v, final, bound)


def _trusted(held: Floats, seen: Floats) -> Floats:
    """Return sqrt(held x seen), 0 where the held-out correlation is not positive."""
    return np.minimum(np.sqrt(np.maximum(held, 0.0) * np.maximum(seen, 0.0)), 0.9999)


def _count(
    variates: list[tuple[Floats, Floats]], rho: Floats, held: Floats, least: float
) -> tuple[int, float]:
    """Return the number of pairs that raise the mean held-out bound, and that bound."""
    blocks = [np.zeros((u.shape[0], v.shape[0])) for u, v in variates]
    bound = 0.0
    for m in range(rho.size):
        if held[m] <= least:
            return m, bound
        values: list[float] = []
        for f, (u, v) in enumerate(variates):
            pair = of_variates(u[:, [m]], v[:, [m]], rho[[m]])
            blocks[f] = blocks[f] + _unbounded(pair)
            values.append(bound_of_square(blocks[f]))
        risen = float(np.mean(values))
        if risen <= bound + _RISE:
            return m, bound
        bound = risen
    return rho.size, bound


def _unbounded(ratio: Ratio) -> Floats:
    """Return all values of a bilinear ratio, without a cap, so that they can be added up."""
    return ratio.row[:, None] + ratio.column + ratio.left[0] @ ratio.right[0].T


def _correlations(u: Floats, v: Floats) -> Floats:
    u, v = u - u.mean(0), v - v.mean(0)
    return (u * v).mean(0) / np.sqrt((u**2).mean(0) * (v**2).mean(0))
