"""Gaussian vectors: bivariate, dense, sparse, independent, and linear signals in many columns."""

from __future__ import annotations

import numpy as np

from infoscope.known.problem import Columns, Floats, Task
from infoscope.measures import gaussian_mutual_information

__all__ = ["bivariate_normal", "dense_normal", "linear_signal", "normal_task", "sparse_normal"]

_CZYZ = "Czyż, Grabowski, Vogt, Beerenwinkel & Marx, Beyond Normal (2023), section 3"


def normal_task(
    name: str,
    covariance: Floats,
    dim_x: int,
    *,
    group: str,
    collection: str = "published",
    source: str = _CZYZ,
) -> Task:
    """Return the task of a centred Gaussian whose first `dim_x` columns are x."""
    root = np.linalg.cholesky(covariance)

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        rows = rng.standard_normal((n, root.shape[0])) @ root.T
        return rows[:, :dim_x], rows[:, dim_x:]

    def truth() -> float:
        return float(gaussian_mutual_information(covariance, dim_x))

    return Task(
        name=name, collection=collection, group=group, source=source, draw=draw, truth=truth,
        dims=(dim_x, covariance.shape[0] - dim_x), obtained="closed form",
    )  # fmt: skip


def bivariate_normal(correlation: float) -> Task:
    """Return two Gaussian numbers of this correlation."""
    covariance = np.array([[1.0, correlation], [correlation, 1.0]])
    return normal_task(f"1v1-normal-{correlation}", covariance, 1, group="one-dimensional")


def dense_normal(dim: int, correlation: float = 0.5, **about: str) -> Task:
    """Return Gaussians in which every two of the 2 x `dim` columns have one correlation."""
    covariance = np.full((2 * dim, 2 * dim), correlation)
    np.fill_diagonal(covariance, 1.0)
    name = f"multinormal-dense-{dim}-{dim}-{correlation}"
    return normal_task(name, covariance, dim, **{"group": _size(dim), **about})


def sparse_normal(dim: int, n_pairs: int = 2, strength: float = 2.0) -> Task:
    """Return Gaussians in which only x_i and y_i, i < `n_pairs`, are correlated.

    Both are sqrt(1 + strength^2)-scaled sums of own noise and `strength` times a shared signal.
    """
    rho = strength**2 / (1.0 + strength**2)
    covariance = np.eye(2 * dim)
    for i in range(n_pairs):
        covariance[i, dim + i] = covariance[dim + i, i] = rho
    name = f"multinormal-sparse-{dim}-{dim}-{n_pairs}-{strength}"
    return normal_task(name, covariance, dim, group=_size(dim))


def linear_signal(dim: int, n_signals: int, noise: float, seed: int) -> Task:
    """Return x of standard normals and y = A x + noise, A of rank `n_signals`, columns mixed."""
    rng = np.random.default_rng(seed)
    left = np.linalg.qr(rng.standard_normal((dim, dim)))[0][:, :n_signals]
    right = np.linalg.qr(rng.standard_normal((dim, dim)))[0][:, :n_signals]
    a = left @ right.T
    covariance = np.block([[np.eye(dim), a.T], [a, a @ a.T + noise**2 * np.eye(dim)]])
    return normal_task(
        f"linear-{dim}-{dim}-{n_signals}-{noise}", covariance, dim, group="linear",
        collection="new", source="this library: a few signals in many mixed columns",
    )  # fmt: skip


def _size(dim: int) -> str:
    return "gaussian" if dim < 25 else "high-dimensional"
