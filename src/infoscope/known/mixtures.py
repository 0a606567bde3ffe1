"""Mixtures of Gaussians: X, AI, galaxy, waves, concentric and inliers, truths by quadrature."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from infoscope.known.maps import spiral
from infoscope.known.problem import Columns, Floats, Task, transformed
from infoscope.known.quadrature import differential_entropy, information_of_density, pieces

__all__ = ["ai", "concentric", "crossed", "galaxy", "inliers", "waves"]

_SOURCE = "Czyż and others, On the properties and estimation of pointwise information (2023)"
Component = tuple[Sequence[float], Sequence[Sequence[float]]]


def crossed(correlation: float = 0.9) -> Task:
    """Return the X: half of the pairs have this correlation, half its negative."""
    rho = correlation
    parts: list[Component] = [((0.0, 0.0), ((1.0, r), (r, 1.0))) for r in (-rho, rho)]
    return _plane(f"1v1-X-{correlation}", parts, (-9.0, 9.0), (-9.0, 9.0), 90)


def ai() -> Task:
    """Return the letters A and I, each of three Gaussians."""
    lean = 0.95 * math.sqrt(0.04 * 0.2)
    parts: list[Component] = [
        ((1.0, 0.0), ((0.01, 0.0), (0.0, 0.2))),
        ((1.0, 1.0), ((0.05, 0.0), (0.0, 0.001))),
        ((1.0, -1.0), ((0.05, 0.0), (0.0, 0.001))),
        ((-0.8, -0.2), ((0.03, 0.0), (0.0, 0.001))),
        ((-1.2, 0.0), ((0.04, lean), (lean, 0.2))),
        ((-0.4, 0.0), ((0.04, -lean), (-lean, 0.2))),
    ]
    return _plane("1v1-AI", parts, (-3.0, 3.0), (-4.0, 4.0), 100)


def galaxy(speed: float = 0.5, distance: float = 3.0) -> Task:
    """Return two Gaussian balls in three dimensions, the plane of x then wound up to a spiral."""
    half = distance / 2.0

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        rows = rng.standard_normal((n, 3)) + half * rng.choice([-1.0, 1.0], (n, 1))
        return rows[:, :2], rows[:, 2:]

    def truth() -> float:  # only the direction (1, 1) of x tells the ball
        t, w = pieces(np.linspace(-14.0, 14.0, 29).tolist(), 20)
        far = math.sqrt(2.0) * half
        joint = sum(
            0.5 * np.outer(_normal(t - sign * far, 1.0), _normal(t - sign * half, 1.0))
            for sign in (-1.0, 1.0)
        )
        return information_of_density(np.asarray(joint), w, w)

    base = _task("galaxy", (2, 1), draw, truth, "quadrature in two dimensions")
    name = f"2v1-galaxy-{speed}-{distance}"
    # the published rotation turns the other way round than `spiral`
    return transformed(base, "", lambda x: spiral(x, 0, 1, -speed), name=name)


def waves(n_components: int = 12, amplitude: float = 5.0, frequency: float = 3.0) -> Task:
    """Return a row of strips, bent to waves; y says which of four strips are meant."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        k = rng.integers(n_components, size=n)
        first = 1.5 * k + math.sqrt(0.1) * rng.standard_normal(n)
        second = rng.standard_normal(n)
        y = 1.5 * (k % 4) + math.sqrt(0.1) * rng.standard_normal(n)
        bent = first + amplitude * np.sin(frequency * second)
        return np.stack([0.1 * bent - 0.8, 0.5 * second], axis=1), y[:, None]

    def truth() -> float:  # the bend is one-to-one and the second column independent of all
        k = np.arange(n_components)
        t, wt = pieces(np.linspace(-3.0, 1.5 * n_components + 1.5, 8 * n_components).tolist(), 12)
        y, wy = pieces(np.linspace(-3.0, 7.5, 43).tolist(), 12)
        sd = math.sqrt(0.1)
        of_x = _normal(t[:, None] - 1.5 * k, sd)  # (nodes, n_components)
        of_y = _normal(y[:, None] - 1.5 * (k % 4), sd)
        return information_of_density(of_x @ of_y.T / n_components, wt, wy)

    name = f"2v1-waves-{n_components}-{amplitude}-{frequency}"
    return _task(name, (2, 1), draw, truth, "quadrature in two dimensions")


def concentric(dim: int = 3, n_components: int = 3) -> Task:
    """Return Gaussian balls of standard deviation 1, 2, ..; y names the ball (to within 0.01)."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        k = rng.integers(1, n_components + 1, (n, 1))
        return k * rng.standard_normal((n, dim)), k + 0.01 * rng.standard_normal((n, 1))

    def truth() -> float:  # y tells the ball with certainty: H(ball) - H(ball | |x|)
        r, w = pieces(np.linspace(0.0, 14.0 * n_components, 40 * n_components).tolist(), 12)
        sd = np.arange(1.0, n_components + 1.0)
        scale = 2.0 ** (dim / 2.0 - 1.0) * math.gamma(dim / 2.0)
        chi = (r[:, None] / sd) ** (dim - 1) * np.exp(-0.5 * (r[:, None] / sd) ** 2) / scale / sd
        given = float(np.mean([differential_entropy(chi[:, i], w) for i in range(n_components)]))
        return differential_entropy(chi.mean(1), w) - given

    name = f"{dim}v1-concentric_gaussians-{n_components}"
    return _task(name, (dim, 1), draw, truth, "quadrature over the length of x")


def inliers(dim: int = 5, strength: float = 2.0, share: float = 0.2) -> Task:
    """Return two correlated pairs of columns among `dim`, and a `share` of re-paired rows."""
    rho = strength**2 / (1.0 + strength**2)

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        x, y = rng.standard_normal((n, dim)), rng.standard_normal((n, dim))
        linked = rho * x[:, :2] + math.sqrt(1.0 - rho**2) * y[:, :2]
        y[:, :2] = np.where(rng.random((n, 1)) < share, y[:, :2], linked)
        return x, y

    def truth() -> float:
        # the log ratio of the two pairs is c + a U - b V, where U and V, sums of two squares of
        # independent normals, are exponential with mean 2 (mean 2 (1 +- rho) in the linked rows)
        e, w = pieces([0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0], 24)
        weight = np.outer(w * np.exp(-e), w * np.exp(-e))
        c, a, b = -math.log(1.0 - rho**2), rho / (1.0 + rho), rho / (1.0 - rho)

        def mean(spread_u: float, spread_v: float) -> float:
            log_ratio = c + a * spread_u * e[:, None] - b * spread_v * e
            both = np.logaddexp(math.log1p(-share) + log_ratio, math.log(share))
            return float(np.sum(weight * both))

        return (1.0 - share) * mean(1.0 + rho, 1.0 - rho) + share * mean(1.0, 1.0)

    name = f"mult-sparse-w-inliers-{dim}-{dim}-2-{strength}-{share}"
    return _task(name, (dim, dim), draw, truth, "quadrature in two dimensions")


def _plane(
    name: str,
    parts: list[Component],
    range_x: tuple[float, float],
    range_y: tuple[float, float],
    n_pieces: int,
) -> Task:
    """Return an even mixture of Gaussians in the plane."""
    means = np.array([mean for mean, _ in parts])
    roots = np.linalg.cholesky(np.array([covariance for _, covariance in parts]))

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        k = rng.integers(len(parts), size=n)
        rows = means[k] + np.einsum("nij,nj->ni", roots[k], rng.standard_normal((n, 2)))
        return rows[:, :1], rows[:, 1:]

    def truth() -> float:
        x, wx = pieces(np.linspace(*range_x, n_pieces + 1).tolist(), 8)
        y, wy = pieces(np.linspace(*range_y, n_pieces + 1).tolist(), 8)
        joint = np.zeros((x.size, y.size))
        for mean, root in zip(means, roots, strict=True):
            first = (x - mean[0]) / root[0, 0]
            second = (y - mean[1] - root[1, 0] * first[:, None]) / root[1, 1]
            square = first[:, None] ** 2 + second**2
            joint += np.exp(-0.5 * square) / (2.0 * math.pi * root[0, 0] * root[1, 1] * len(parts))
        return information_of_density(joint, wx, wy)

    return _task(name, (1, 1), draw, truth, "quadrature in two dimensions")


def _task(
    name: str,
    dims: tuple[int, int],
    draw: Callable[[int, np.random.Generator], tuple[Columns, Columns]],
    truth: Callable[[], float],
    obtained: str,
) -> Task:
    return Task(
        name=name, collection="mixture", group="mixture", dims=dims, draw=draw, truth=truth,
        obtained=obtained, source=_SOURCE,
    )  # fmt: skip


def _normal(z: Floats, sd: float) -> Floats:
    return np.exp(-0.5 * (z / sd) ** 2) / (math.sqrt(2.0 * math.pi) * sd)
