"""Information of columns under a Gaussian model: canonical correlations, bias taken off exactly."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.estimate.method import Raw
from infoscope.estimate.special import digamma

__all__ = ["canonical_information", "log_determinant_bias", "whitened"]

Floats = NDArray[np.float64]

#: Directions whose share of the variance is below this times d are rounding, not data.
_ROUNDING = 1e-13


def log_determinant_bias(n: int, d: int) -> float:
    """Return how much log |C| / 2 of a sample covariance (n - 1) is off on average.

    E log |C| = log |Sigma| + d log(2 / (n - 1)) + sum of digamma((n - i) / 2), i = 1 .. d, for
    Gaussian rows.
    """
    terms = digamma((n - np.arange(1, d + 1, dtype=np.float64)) / 2.0)
    return 0.5 * (d * math.log(2.0 / (n - 1)) + float(terms.sum()))


def whitened(values: Floats) -> Floats:
    """Return orthonormal columns (n, r) that span the centred columns of `values`; r is the rank.

    Columns are standardised first, so that their units do not decide what counts as rounding.
    """
    columns: list[Floats] = []
    for column in values.T:
        largest = float(np.abs(column).max())
        unit = column / largest if largest > 0.0 else column
        centred = unit - unit.mean()
        size = float(np.linalg.norm(centred))
        if size > 1e-15 * math.sqrt(column.size):
            columns.append(centred / size)
    if not columns:
        return np.zeros((values.shape[0], 0))
    u, s, _ = np.linalg.svd(np.column_stack(columns), full_matrices=False)
    return u[:, s * s > _ROUNDING * len(columns)]


def canonical_information(x: Floats, y: Floats, function: str) -> Raw:
    """Return the Gaussian mutual information of columns x (n, dx) and y (n, dy), less its bias.

    I = -sum log(1 - r_i^2) / 2 over the canonical correlations r_i. Columns that repeat others add
    nothing; inf where a combination of x determines one of y.
    """
    n = x.shape[0]
    a, b = whitened(x), whitened(y)
    d_x, d_y = a.shape[1], b.shape[1]
    if d_x + d_y >= n - 1:
        raise InvalidArgument(
            sentence(
                function,
                "x and y",
                "have more rows than columns in all",
                f"{n} rows and {d_x} + {d_y} columns",
                "Fewer rows fit any dependence exactly.",
            )
        )
    left, r, right = np.linalg.svd(a.T @ b, full_matrices=False)
    bias = (
        log_determinant_bias(n, d_x)
        + log_determinant_bias(n, d_y)
        - log_determinant_bias(n, d_x + d_y)
    )
    unexplained = (1.0 - r) * (1.0 + r)
    if r.size and unexplained.min() <= _ROUNDING:
        note = "A combination of the columns of x determines one of y: infinite information."
        return Raw(nats=math.inf, notes=(note,))
    u, v = (a @ left) * math.sqrt(n), (b @ right.T) * math.sqrt(n)
    quadratic = r * (r * (u * u + v * v) - 2.0 * u * v) / (2.0 * unexplained)
    local = -0.5 * float(np.log(unexplained).sum()) - quadratic.sum(axis=1) - bias
    variance = float(local.var(ddof=1)) / n + d_x * d_y / (2.0 * n * n)
    return Raw(
        nats=float(local.mean()),
        per_sample=local,
        stderr=math.sqrt(variance),
        how="delta method",
        diagnostics={"largest_correlation": float(r[0]) if r.size else 0.0, "bias": bias},
    )
