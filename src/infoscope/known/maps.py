"""One-to-one maps of columns and vectors: they change the shape of data, never the information."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from infoscope.known.problem import Floats

__all__ = [
    "bimodal_x",
    "bimodal_y",
    "half_cube",
    "rotated_cube",
    "rotated_sinh",
    "shear",
    "spiral",
    "swiss_roll",
    "wiggly_x",
    "wiggly_y",
]


def half_cube(x: Floats) -> Floats:
    """Return sign(x) |x|^1.5."""
    return x * np.sqrt(np.abs(x))


def wiggly_x(x: Floats) -> Floats:
    """Return an increasing map with waves of three lengths."""
    return x + 0.4 * np.sin(x) + 0.2 * np.sin(1.7 * x + 1.0) + 0.03 * np.sin(3.3 * x - 2.5)


def wiggly_y(x: Floats) -> Floats:
    """Return another increasing map with waves of three lengths."""
    return x - 0.4 * np.sin(0.4 * x) + 0.17 * np.sin(1.3 * x + 3.5) + 0.02 * np.sin(4.3 * x - 2.5)


def bimodal_x(x: Floats) -> Floats:
    """Return the quantiles of 0.3 N(0, 1) + 0.7 N(5, 1) at the levels of a standard normal."""
    return _mixture_quantile(ndtr(x), 0.3, 0.0, 5.0)


def bimodal_y(x: Floats) -> Floats:
    """Return the quantiles of 0.5 N(-1, 1) + 0.5 N(3, 1) at the levels of a standard normal."""
    return _mixture_quantile(ndtr(x), 0.5, -1.0, 3.0)


def swiss_roll(u: Floats) -> Floats:
    """Return points of a spiral in the plane, for numbers in [0, 1]; (n, 1) -> (n, 2)."""
    angle = 1.5 * np.pi * (1.0 + 2.0 * u)
    return np.hstack([angle * np.cos(angle), angle * np.sin(angle)]) / 21.0


def spiral(x: Floats, i: int, j: int, speed: float) -> Floats:
    """Rotate the columns `i` and `j` of each row by the angle `speed` times its squared length."""
    angle = speed * np.einsum("ni,ni->n", x, x)
    cosine, sine = np.cos(angle), np.sin(angle)
    turned = x.copy()
    turned[:, i] = cosine * x[:, i] + sine * x[:, j]
    turned[:, j] = cosine * x[:, j] - sine * x[:, i]
    return turned


def rotated_cube(x: Floats, seed: int) -> Floats:
    """Rotate at random, take z + z^3 / 3 of each coordinate, and rotate again."""
    first, second = _rotations(x.shape[1], seed)
    z = x @ first
    return (z + z**3 / 3.0) @ second


def rotated_sinh(x: Floats, seed: int) -> Floats:
    """Rotate at random, take sinh of each coordinate, and rotate again."""
    first, second = _rotations(x.shape[1], seed)
    return np.sinh(x @ first) @ second


def shear(x: Floats, amplitude: float) -> Floats:
    """Add `amplitude` times the square of each column, less one, to the next column."""
    bent = x.copy()
    bent[:, 1:] += amplitude * (x[:, :-1] ** 2 - 1.0)
    return bent


def _rotations(dim: int, seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    first = np.linalg.qr(rng.standard_normal((dim, dim)))[0]
    return first, np.linalg.qr(rng.standard_normal((dim, dim)))[0]


def _mixture_quantile(level: Floats, weight: float, first: float, second: float) -> Floats:
    """Invert weight Φ(t - first) + (1 - weight) Φ(t - second) by bisection to the last bit."""
    low, high = np.full_like(level, -12.0), np.full_like(level, 17.0)
    for _ in range(60):
        middle = (low + high) / 2.0
        below = weight * ndtr(middle - first) + (1.0 - weight) * ndtr(middle - second) < level
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2.0
