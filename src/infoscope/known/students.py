"""Multivariate Student vectors: dependent by their common scale even where uncorrelated."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from infoscope.known.problem import Columns, Floats, Task
from infoscope.measures import gaussian_mutual_information

__all__ = ["student_entropy", "student_information", "student_task"]


def student_entropy(dim: int, df: float) -> float:
    """Return the differential entropy (nats) of the standard `dim`-variate Student law.

    >>> round(student_entropy(1, 1.0), 12)  # Cauchy: log(4 pi)
    2.531024246969
    """
    half = (df + dim) / 2.0
    constant = gammaln(df / 2.0) - gammaln(half) + dim / 2.0 * np.log(df * np.pi)
    return float(constant + half * (digamma(half) - digamma(df / 2.0)))


def student_information(scatter: Floats, dim_x: int, df: float) -> float:
    """Return I(X;Y) in nats: the Gaussian value of the scatter plus that of the common scale."""
    dim_y = scatter.shape[0] - dim_x
    common = student_entropy(dim_x, df) + student_entropy(dim_y, df)
    common -= student_entropy(dim_x + dim_y, df)
    return common + float(gaussian_mutual_information(scatter, dim_x))


def student_task(
    name: str,
    scatter: Floats,
    dim_x: int,
    df: float,
    *,
    group: str = "student",
    collection: str = "published",
    source: str = "Czyż and others, Beyond Normal (2023), section 3; Arellano-Valle and others, "
    "Shannon entropy and mutual information for multivariate skew-elliptical laws (2013)",
) -> Task:
    """Return the task of a Student vector whose first `dim_x` columns are x."""
    root = np.linalg.cholesky(scatter)

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        normal = rng.standard_normal((n, root.shape[0])) @ root.T
        rows = normal / np.sqrt(rng.chisquare(df, n) / df)[:, None]
        return rows[:, :dim_x], rows[:, dim_x:]

    return Task(
        name=name, collection=collection, group=group, source=source, draw=draw,
        truth=lambda: student_information(scatter, dim_x, df),
        dims=(dim_x, scatter.shape[0] - dim_x), obtained="closed form",
    )  # fmt: skip
