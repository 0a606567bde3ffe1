"""A signal plus independent noise: uniform, Laplace and Student noise, in one and more columns."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from infoscope.known.problem import Columns, Floats, Task
from infoscope.known.quadrature import differential_entropy, pieces
from infoscope.known.students import student_entropy

__all__ = [
    "laplace_noise",
    "noisy_product",
    "noisy_radius",
    "noisy_wave",
    "student_noise",
    "uniform_noise",
]

_OWN = "this library"


def uniform_noise(
    width: float, dim: int = 1, *, turned: bool = False, group: str = "", collection: str = ""
) -> Task:
    """Return x uniform on [0, 1]^dim and y = x plus noise uniform on [-width, width]^dim.

    `turned` rotates both sides, each by its own fixed rotation.
    """
    left, right = (_rotation(dim, 5), _rotation(dim, 6)) if turned else (None, None)

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        x = rng.random((n, dim))
        y = x + rng.uniform(-width, width, (n, dim))
        return (x, y) if left is None or right is None else (x @ left, y @ right)

    def truth() -> float:
        one = width - math.log(2.0 * width) if width <= 0.5 else 1.0 / (4.0 * width)
        return dim * one

    name = f"1v1-additive-{width}" if dim == 1 else f"uniform-noise-{dim}-{dim}-{width}"
    return Task(
        name=f"{name}{'-turned' if turned else ''}", collection=collection or "published",
        group=group or "one-dimensional", dims=(dim, dim), draw=draw, truth=truth,
        obtained="closed form (h(Y) of a trapezium less h of the noise)",
        source="Czyż and others, Beyond Normal (2023), section 3" if dim == 1 else _OWN,
    )  # fmt: skip


def laplace_noise(scale: float, dim: int) -> Task:
    """Return x of standard Laplace numbers, y = x plus Laplace noise, y's columns rotated."""
    turn = _rotation(dim, 7)

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        x = rng.laplace(size=(n, dim))
        return x, (x + rng.laplace(scale=scale, size=(n, dim))) @ turn

    return Task(
        name=f"laplace-noise-{dim}-{dim}-{scale}", collection="new", group="noise", source=_OWN,
        dims=(dim, dim), draw=draw, truth=lambda: dim * _laplace_pair(scale),
        obtained="quadrature of the entropy of a sum of two Laplace numbers",
    )  # fmt: skip


def student_noise(df: float, scale: float, dim: int) -> Task:
    """Return x of standard normals and y = x plus independent Student noise in each column."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        x = rng.standard_normal((n, dim))
        return x, x + scale * rng.standard_t(df, (n, dim))

    return Task(
        name=f"student-noise-{dim}-{dim}-{df:g}-{scale}", collection="new", group="noise",
        source=_OWN, dims=(dim, dim), draw=draw, truth=lambda: dim * _student_channel(df, scale),
        obtained="quadrature of the entropy of a normal plus a Student number",
    )  # fmt: skip


def noisy_product(noise: float) -> Task:
    """Return two standard normals x and y = x_1 x_2 + Gaussian noise: no column tells alone."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        x = rng.standard_normal((n, 2))
        return x, x[:, :1] * x[:, 1:] + noise * rng.standard_normal((n, 1))

    def truth() -> float:
        # given x_1 = t, y is normal with variance t^2 + noise^2
        t, wt = pieces(np.linspace(-9.0, 9.0, 37).tolist(), 20)
        y, wy = pieces(np.linspace(-60.0, 60.0, 241).tolist(), 20)
        spread = np.sqrt(t**2 + noise**2)
        given = _normal(y[:, None] / spread) / spread
        return differential_entropy(given @ (wt * _normal(t)), wy) - _normal_entropy(noise)

    return Task(
        name=f"product-2-1-{noise}", collection="new", group="regression", source=_OWN,
        dims=(2, 1), draw=draw, truth=truth, obtained="quadrature over one factor",
    )  # fmt: skip


def noisy_radius(dim: int, noise: float) -> Task:
    """Return standard normals x and y = |x|^2 + Gaussian noise: no correlation at all."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        x = rng.standard_normal((n, dim))
        return x, (x**2).sum(1, keepdims=True) + noise * rng.standard_normal((n, 1))

    def truth() -> float:
        r, wr = pieces(np.linspace(0.0, 10.0, 41).tolist(), 20)  # r^2 is chi-squared
        log_density = (dim - 1) * np.log(r) - r**2 / 2.0 - (dim / 2.0 - 1.0) * math.log(2.0)
        density = np.exp(log_density - math.lgamma(dim / 2.0))
        y, wy = pieces(np.linspace(-10.0 * noise, 100.0, 401).tolist(), 20)
        given = _normal((y[:, None] - r**2) / noise) / noise
        return differential_entropy(given @ (wr * density), wy) - _normal_entropy(noise)

    return Task(
        name=f"radius-{dim}-1-{noise}", collection="new", group="regression", source=_OWN,
        dims=(dim, 1), draw=draw, truth=truth, obtained="quadrature over the length of x",
    )  # fmt: skip


def noisy_wave(dim: int, frequency: float, noise: float) -> Task:
    """Return standard normals x and y = sin(frequency (x_1 + .. + x_d)/sqrt(d)) + noise."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        x = rng.standard_normal((n, dim))
        along = x.sum(1, keepdims=True) / math.sqrt(dim)
        return x, np.sin(frequency * along) + noise * rng.standard_normal((n, 1))

    def truth() -> float:
        t, wt = pieces(np.linspace(-9.0, 9.0, 91).tolist(), 20)
        y, wy = pieces(np.linspace(-1.0 - 10 * noise, 1.0 + 10 * noise, 61).tolist(), 20)
        given = _normal((y[:, None] - np.sin(frequency * t)) / noise) / noise
        return differential_entropy(given @ (wt * _normal(t)), wy) - _normal_entropy(noise)

    return Task(
        name=f"wave-{dim}-1-{frequency}-{noise}", collection="new", group="regression",
        source=_OWN, dims=(dim, 1), draw=draw, truth=truth, obtained="quadrature over one line",
    )  # fmt: skip


@lru_cache
def _laplace_pair(scale: float) -> float:
    """Return I(X; X + N) for Laplace X of scale 1 and N of another scale.

    Partial fractions of 1 / ((1 + t^2)(1 + b^2 t^2)) give the density of the sum.
    """
    y, w = pieces(np.linspace(0.0, 60.0, 121).tolist(), 20)
    b = scale
    density = (np.exp(-y) - b * np.exp(-y / b)) / (2.0 * (1.0 - b**2))
    return 2.0 * differential_entropy(density, w) - (1.0 + math.log(2.0 * b))


@lru_cache
def _student_channel(df: float, scale: float) -> float:
    """Return I(X; X + N) for a standard normal X and Student noise N of this scale."""
    x, wx = pieces(np.linspace(-9.0, 9.0, 37).tolist(), 20)
    s, ws = pieces(np.linspace(-18.0, 18.0, 145).tolist(), 20)
    y, wy = np.sinh(s), ws * np.cosh(s)  # tails reach far
    constant = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - 0.5 * math.log(df * math.pi)
    z = (y[:, None] - x) / scale
    given = np.exp(constant - (df + 1) / 2 * np.log1p(z**2 / df)) / scale
    h_noise = student_entropy(1, df) + math.log(scale)
    return differential_entropy(given @ (wx * _normal(x)), wy) - h_noise


def _normal(z: Floats) -> Floats:
    return np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


def _normal_entropy(sd: float) -> float:
    return 0.5 * math.log(2.0 * math.pi * math.e) + math.log(sd)


def _rotation(dim: int, seed: int) -> Floats:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((dim, dim)))[0]
