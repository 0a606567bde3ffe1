"""The Student copula: a Gaussian one whose columns also share a random scale."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from infoscope.estimate.corrected.coordinates import (
    gaussian_bias,
    information_of,
    shrunk,
    whitening,
)
from infoscope.estimate.corrected.ratios import Ratio
from infoscope.estimate.method import Floats
from infoscope.estimate.special import gammaln, ndtr, stdtrit

__all__ = ["DEGREES", "StudentCopula", "choose_degrees", "student_copula", "student_scores"]

#: Degrees of freedom tried.
DEGREES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 9.0, 14.0, 25.0, 60.0)


@dataclass(frozen=True, slots=True)
class StudentCopula:
    """Scatter matrix (unit diagonal) of Student scores, and the degrees of freedom."""

    scatter: Floats
    dim_x: int
    df: float

    def ratio(self, zx: Floats, zy: Floats) -> Ratio:
        """Return the log ratio of these rows of Student scores."""
        p, nu = self.dim_x, self.df
        q = self.scatter.shape[0] - p
        precision = np.linalg.inv(self.scatter)
        alone_x, alone_y = self.scatter[:p, :p], self.scatter[p:, p:]
        one = np.ones((zx.shape[0], 1))
        own_x = np.einsum("ni,ij,nj->n", zx, precision[:p, :p], zx, optimize=True)[:, None]
        own_y = np.einsum("ni,ij,nj->n", zy, precision[p:, p:], zy, optimize=True)[:, None]
        left = np.hstack([2.0 * zx @ precision[:p, p:], own_x, one])
        right = np.hstack([zy, one, own_y])
        constant = _constant(p + q, nu, self.scatter) - _constant(p, nu, alone_x)
        constant -= _constant(q, nu, alone_y)
        row = (nu + p) / 2.0 * np.log1p(_squares(zx, alone_x) / nu) + constant
        column = (nu + q) / 2.0 * np.log1p(_squares(zy, alone_y) / nu)
        return Ratio("student", row, column, left[None], right[None], nu, (nu + p + q) / 2.0)


@lru_cache(maxsize=24)
def _quantile_table(n: int, df: float) -> Floats:
    """Return Student quantiles at r/(n + 1) for r = 1, 1.5, 2, .., n (mean ranks of ties)."""
    table: Floats = stdtrit(df, np.arange(2, 2 * n + 1) / (2.0 * (n + 1.0)))
    table.flags.writeable = False
    return table


def student_scores(scores: Floats, df: float) -> Floats:
    """Return t_df^-1(rank / (n + 1)) for an array of normal scores of n rows."""
    n = scores.shape[0]
    doubled = np.rint(2.0 * (n + 1) * ndtr(scores)).astype(np.intp)  # twice the rank, exactly
    return _quantile_table(n, df)[doubled - 2]


def student_copula(zx: Floats, zy: Floats, df: float, steps: int = 6) -> StudentCopula:
    """Fit the scatter, and take the small-sample bias of its information off the cross block."""
    p, q = zx.shape[1], zy.shape[1]
    scatter = _scatter(np.hstack([zx, zy]), df, steps)
    white_x, white_y = whitening(scatter[:p, :p]), whitening(scatter[p:, p:])
    left, s, right = np.linalg.svd(white_x.T @ scatter[:p, p:] @ white_y)
    s = np.minimum(s, 1.0 - 1e-12)
    target = information_of(s) - gaussian_bias(p, q, zx.shape[0])
    rho = shrunk(s, target)
    r = s.size
    root_x, root_y = np.linalg.pinv(white_x.T @ np.eye(p)), np.linalg.pinv(white_y.T @ np.eye(q))
    cross = root_x @ (left[:, :r] * rho) @ right[:r] @ root_y.T
    scatter[:p, p:], scatter[p:, :p] = cross, cross.T
    return StudentCopula(scatter, p, df)


def choose_degrees(scores: Floats) -> float:
    """Return the degrees of freedom with the largest likelihood of the copula of all columns."""
    d = scores.shape[1]
    best, chosen = -np.inf, DEGREES[-1]
    for df in DEGREES:
        z = student_scores(scores, df)
        scatter = _scatter(z, df, 6)
        joint = _constant(d, df, scatter)
        joint -= (df + d) / 2.0 * float(np.log1p(_squares(z, scatter) / df).mean())
        alone = d * _constant(1, df, np.eye(1))
        alone -= (df + 1.0) / 2.0 * float(np.log1p(z**2 / df).sum(1).mean())
        if joint - alone > best:
            best, chosen = joint - alone, df
    return chosen


def _scatter(z: Floats, df: float, steps: int) -> Floats:
    """Return the unit-diagonal scatter after some steps of expectation and maximisation."""
    n, d = z.shape
    scatter = z.T @ z / n
    scatter = _unit_diagonal(scatter)
    for _ in range(steps):
        weights = (df + d) / (df + _squares(z, scatter))
        scatter = _unit_diagonal((z * weights[:, None]).T @ z)
    return scatter


def _unit_diagonal(matrix: Floats) -> Floats:
    scale = np.sqrt(np.diagonal(matrix))
    return matrix / np.outer(scale, scale)


def _squares(z: Floats, scatter: Floats) -> Floats:
    """Return z' S^-1 z of each row."""
    white = whitening(scatter)
    return ((z @ white) ** 2).sum(1)


def _constant(d: int, df: float, scatter: Floats) -> float:
    """Return the log density of the d-variate Student law at 0."""
    half_log_determinant = 0.5 * float(np.linalg.slogdet(scatter)[1])
    gammas = float(gammaln((df + d) / 2.0) - gammaln(df / 2.0))
    return gammas - d / 2.0 * float(np.log(df * np.pi)) - half_log_determinant
