"""Angles and bands: dependence that follows curves instead of lines."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import i0e, i1e

from infoscope.known.problem import Columns, Task
from infoscope.known.quadrature import pieces

__all__ = ["checkerboard", "circles", "common_scale"]

_OWN = "this library"


def circles(concentration: float, double: bool) -> Task:
    """Return two points near circles whose angles differ by von Mises noise.

    The angle of y is that of x, or twice it (`double`), plus the noise; the radii are independent.
    I = log(2 pi) - h(noise), h = log(2 pi I0(k)) - k I1(k) / I0(k).
    """

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        angle = rng.uniform(0.0, 2.0 * math.pi, n)
        other = (2.0 if double else 1.0) * angle + rng.vonmises(0.0, concentration, n)
        radii = rng.lognormal(0.0, 0.2, (2, n))
        x = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radii[0][:, None]
        return x, np.stack([np.cos(other), np.sin(other)], axis=1) * radii[1][:, None]

    k = concentration
    value = k * i1e(k) / i0e(k) - math.log(i0e(k)) - k
    return Task(
        name=f"circles-{'double-' if double else ''}2-2-{concentration}", collection="new",
        group="shape", dims=(2, 2), draw=draw, truth=lambda: float(value), obtained="closed form",
        source=f"{_OWN}; entropy of the von Mises law: Mardia & Jupp, Directional Statistics",
    )  # fmt: skip


def checkerboard(size: int, extra: int) -> Task:
    """Return a pair uniform on the black squares of a board, `extra` normal columns beside x.

    I = log 2: half of the area is empty.
    """

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        x, u = rng.random(n), rng.random(n)
        column = np.floor(x * size).astype(np.int64)
        row = 2 * rng.integers(size // 2, size=n) + column % 2
        beside = rng.standard_normal((n, extra))
        return np.hstack([x[:, None], beside]), ((row + u) / size)[:, None]

    return Task(
        name=f"checkerboard-{1 + extra}-1-{size}", collection="new", group="shape",
        dims=(1 + extra, 1), draw=draw, truth=lambda: math.log(2.0), obtained="closed form",
        source=_OWN,
    )  # fmt: skip


def common_scale(dim: int, spread: float) -> Task:
    """Return x and y of independent normals, all multiplied by one of two scales, 1 or `spread`.

    The shared scale is all that x tells about y; truth by quadrature over both lengths.
    """

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        scale = np.where(rng.random((n, 1)) < 0.5, 1.0, spread)
        return scale * rng.standard_normal((n, dim)), scale * rng.standard_normal((n, dim))

    def truth() -> float:
        r, w = pieces(np.linspace(0.0, 12.0 * spread, 121).tolist(), 10)
        constant = 2.0 ** (dim / 2.0 - 1.0) * math.gamma(dim / 2.0)
        f = [(r / s) ** (dim - 1) * np.exp(-0.5 * (r / s) ** 2) / constant / s for s in (1, spread)]
        joint = 0.5 * (np.outer(f[0], f[0]) + np.outer(f[1], f[1]))
        alone = 0.5 * (f[0] + f[1])
        ratio = np.log(joint) - np.log(alone)[:, None] - np.log(alone)
        return float(w @ (joint * ratio) @ w)

    return Task(
        name=f"common-scale-{dim}-{dim}-{spread}", collection="new", group="heavy", dims=(dim, dim),
        draw=draw, truth=truth, obtained="quadrature over both lengths", source=_OWN,
    )  # fmt: skip
