"""Pairs of other copulas than the Gaussian: Clayton, Frank, Gumbel, alone and among noise."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from infoscope.known.problem import Columns, Floats, Sampler, Task
from infoscope.known.quadrature import pieces

__all__ = ["clayton", "frank", "gumbel", "repeated", "with_noise_columns"]

_NELSEN = "Nelsen, An Introduction to Copulas (2006), table 4.1"


def clayton(theta: float) -> Task:
    """Return the Clayton copula: dependent in the lower tail.

    With C = (u^-θ + v^-θ - 1)^(-1/θ) having the density (1 + θ)(1 - t^θ)/θ, the mean log density is
    log(1 + θ) - θ/(1 + θ).
    """

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        u, w = rng.random((n, 1)), rng.random((n, 1))
        v = (u**-theta * (w ** (-theta / (1.0 + theta)) - 1.0) + 1.0) ** (-1.0 / theta)
        return u, v

    return _pair(f"clayton-{theta}", draw, math.log1p(theta) - theta / (1.0 + theta))


def frank(theta: float) -> Task:
    """Return the Frank copula: symmetric, no dependence in the tails."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        u, w = rng.random((n, 1)), rng.random((n, 1))
        v = -np.log1p(w * math.expm1(-theta) / (w + (1.0 - w) * np.exp(-theta * u))) / theta
        return u, v

    u, w = pieces(np.linspace(0.0, 1.0, 9).tolist(), 20)
    a, b = np.expm1(-theta * u)[:, None], np.expm1(-theta * u)[None, :]
    whole = -math.expm1(-theta)
    log_density = math.log(theta * whole) - theta * (u[:, None] + u) - 2.0 * np.log(whole - a * b)
    truth = float(w @ (np.exp(log_density) * log_density) @ w)
    return replace(_pair(f"frank-{theta}", draw, truth), obtained="quadrature of the density")


def gumbel(theta: float) -> Task:
    """Return the Gumbel copula: dependent in the upper tail.

    With (-log u)^θ = A^θ s and (-log v)^θ = A^θ (1 - s), s is uniform and A is exponential, or with
    the chance 1/θ a sum of two exponentials; the mean log density is γ - 1 + E log(A + θ - 1).
    """

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        s, twice = rng.random((n, 1)), rng.random((n, 1)) < 1.0 / theta
        a = rng.exponential(size=(n, 1)) + twice * rng.exponential(size=(n, 1))
        return np.exp(-a * s ** (1.0 / theta)), np.exp(-a * (1.0 - s) ** (1.0 / theta))

    a, w = pieces([0.0, 0.01, 0.1, 1.0, 4.0, 10.0, 25.0, 60.0], 40)
    density = np.exp(-a) * (a + theta - 1.0) / theta
    truth = float(np.euler_gamma - 1.0 + w @ (density * np.log(a + theta - 1.0)))
    return replace(_pair(f"gumbel-{theta}", draw, truth), obtained="quadrature in one dimension")


def with_noise_columns(task: Task, extra: int, seed: int) -> Task:
    """Return the task with `extra` normal columns beside each side, and rotated on normal scores.

    The sides become normal by their own quantiles first, so that rotating mixes like with like.
    """
    turns = [_rotation(dim + extra, seed + i) for i, dim in enumerate(task.dims)]

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        sides = task.draw(n, rng)
        x, y = (
            np.hstack([_scores(side), rng.standard_normal((n, extra))]) @ turn
            for side, turn in zip(sides, turns, strict=True)
        )
        return x, y

    dims = (task.dims[0] + extra, task.dims[1] + extra)
    return replace(
        task, name=f"{task.name}-hidden-{dims[0]}-{dims[1]}", draw=draw, dims=dims, group="hidden"
    )


def repeated(task: Task, times: int) -> Task:
    """Return `times` independent copies of the task side by side: the information adds up."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        copies = [task.draw(n, rng) for _ in range(times)]
        return np.hstack([x for x, _ in copies]), np.hstack([y for _, y in copies])

    dims = (task.dims[0] * times, task.dims[1] * times)
    return replace(
        task, name=f"{task.name}-times-{times}", draw=draw, dims=dims,
        truth=lambda: times * task.mutual_information,
    )  # fmt: skip


def _pair(name: str, draw: Sampler, value: float) -> Task:
    return Task(
        name=name, collection="new", group="copula", dims=(1, 1), draw=draw, truth=lambda: value,
        obtained="closed form", source=_NELSEN,
    )  # fmt: skip


def _scores(u: Floats) -> Floats:
    """Return the normal quantiles of uniform numbers."""
    return ndtri(u)


def _rotation(dim: int, seed: int) -> Floats:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((dim, dim)))[0]
