"""Models whose log ratio is Gaussian: the Gaussian copula, and the same in part of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.corrected.coordinates import (
    Canonical,
    canonical,
    gaussian_bias,
    information_of,
    shrunk,
)
from infoscope.estimate.corrected.ratios import Ratio
from infoscope.estimate.method import Floats

__all__ = ["Contaminated", "GaussianCopula", "contaminated", "gaussian_copula", "of_variates"]


def of_variates(u: Floats, v: Floats, rho: Floats) -> Ratio:
    """Return the log ratio of pairs of standard normals with correlations `rho`; u, v (n, m)."""
    rest = 1.0 - rho**2
    weight = rho**2 / (2.0 * rest)
    row = -(u**2) @ weight - 0.5 * float(np.log(rest).sum())
    return Ratio("bilinear", row, -(v**2) @ weight, (u * (rho / rest))[None], v[None].copy())


@dataclass(frozen=True, slots=True)
class GaussianCopula:
    """A Gaussian copula: canonical coordinates of the scores and their correlations."""

    axes: Canonical
    rho: Floats

    def ratio(self, gx: Floats, gy: Floats) -> Ratio:
        """Return the log ratio of these rows of scores."""
        r = self.rho.size
        u = (gx - self.axes.mean_x) @ self.axes.to_a[:, :r]
        v = (gy - self.axes.mean_y) @ self.axes.to_b[:, :r]
        return of_variates(u, v, self.rho)


def gaussian_copula(gx: Floats, gy: Floats) -> GaussianCopula:
    """Fit a Gaussian copula whose information has no small-sample bias.

    Each pair's share of the plug-in information is kept while the sum falls by the bias.
    Source: Ince and others, A statistical framework for neuroimaging data analysis (2017).
    """
    axes = canonical(gx, gy)
    bias = gaussian_bias(axes.to_a.shape[1], axes.to_b.shape[1], gx.shape[0])
    s = axes.correlations
    return GaussianCopula(axes, shrunk(s, information_of(s) - bias))


@dataclass(frozen=True, slots=True)
class Contaminated:
    """A share of the rows from a Gaussian copula, the others re-paired at random."""

    copula: GaussianCopula
    share: float

    def ratio(self, gx: Floats, gy: Floats) -> Ratio:
        """Return log(share exp(r) + 1 - share) for the rows of scores."""
        inner = self.copula.ratio(gx, gy)
        n = int(gx.shape[0])
        one = np.ones((n, 1))
        zeros = np.zeros_like(inner.left[0])
        start = inner.row[:, None] + np.log(self.share)
        left = [np.hstack([inner.left[0], start, one]), np.hstack([zeros, one, 0.0 * one])]
        rest = np.full((n, 1), np.log1p(-self.share))
        right = [np.hstack([inner.right[0], one, inner.column[:, None]])]
        right += [np.hstack([np.zeros_like(inner.right[0]), rest, one])]
        return Ratio("mixture", np.zeros(n), np.zeros(n), np.stack(left), np.stack(right))


def contaminated(gx: Floats, gy: Floats, steps: int = 12) -> Contaminated:
    """Fit the share and the copula by `steps` rounds of expectation and maximisation."""
    copula, share = gaussian_copula(gx, gy), 0.7
    every: NDArray[np.intp] = np.arange(int(gx.shape[0]))
    for _ in range(steps):
        odds = copula.ratio(gx, gy).of_pairs(every, every) + np.log(share) - np.log1p(-share)
        weights = 1.0 / (1.0 + np.exp(-np.clip(odds, -500.0, 500.0)))
        share = float(np.clip(weights.mean(), 0.05, 0.99))
        axes = canonical(gx, gy, weights)
        effective = float(weights.sum())
        bias = axes.to_a.shape[1] * axes.to_b.shape[1] / (2.0 * effective)
        s = np.minimum(axes.correlations, 0.999999)
        copula = GaussianCopula(axes, shrunk(s, information_of(s) - bias))
    return Contaminated(copula, share)
