"""Bring features into the frame where a linear probe is quick to fit: standard, then uncorrelated.

A penalty on the squared length of the weights is the same in every rotated frame, so the optimum is
too; but along the principal axes the curvature of the loss is nearly diagonal and known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Frame", "frame_of"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Centre and scale of each feature, principal axes of the standard features, their variance."""

    centre: NDArray[np.float64]  # (d,)
    scale: NDArray[np.float64]  # (d,); inf for a feature that is constant in training
    axes: NDArray[np.float64]  # (d, r), orthonormal columns
    variance: NDArray[np.float64]  # (r,), descending

    def enter(self, x: Floats) -> Floats:
        """Return rows of features in this frame, (n, r), in the number format of `x`."""
        turned = self.axes / self.scale[:, None]  # (d, r)
        shift = self.centre @ turned
        if x.dtype == np.float32:  # centred first: a large mean would eat the digits
            centred = (x - self.centre).astype(np.float32)
            return centred @ turned.astype(np.float32)
        return x @ turned - shift

    def leave(self, weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[Any]]:
        """Return weights (d, k) on the raw features and what to add to the intercept (k,)."""
        raw = (self.axes @ weights) / self.scale[:, None]
        return raw, -(self.centre @ raw)


def frame_of(x: Floats) -> Frame:
    """Return the frame of training rows `x`; axes of no variance beyond rounding are left out."""
    n, d = x.shape
    centre = x.mean(0, dtype=np.float64)
    spread = x.std(0, dtype=np.float64)
    # a constant column of large numbers has a rounding-sized spread
    constant = spread <= 8 * np.finfo(x.dtype).eps * np.abs(centre)
    scale = np.where(constant | (spread == 0), np.inf, spread)
    standard = (x - centre) / scale  # float64
    if d <= n:
        values, axes = np.linalg.eigh(standard.T @ standard / n)
    else:
        values, left = np.linalg.eigh(standard @ standard.T / n)
        keep = values > d * np.finfo(np.float64).eps * max(values[-1], 0.0)
        values, left = values[keep], left[:, keep]
        axes = standard.T @ left / np.sqrt(values * n)
    rounding = max(d * float(np.finfo(np.float64).eps), (d * float(np.finfo(x.dtype).eps)) ** 2)
    keep = values > rounding * values.max(initial=0.0)  # none, where every feature is constant
    order = np.flatnonzero(keep)[::-1]
    return Frame(centre, scale, np.ascontiguousarray(axes[:, order]), values[order].copy())
