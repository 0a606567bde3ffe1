"""The information bottleneck of jointly Gaussian variables, in closed form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from infoscope.channels.bottleneck_results import GaussianBottleneck, GaussianBottleneckCurve
from infoscope.channels.reading import Matrix, read_number, read_steps
from infoscope.core.arrays import as_array, to_numpy
from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.units import UNITS, Unit, check_unit, from_nats

__all__ = ["gaussian_bottleneck", "gaussian_bottleneck_curve"]


def gaussian_bottleneck(
    cov: object,
    split: int | Sequence[int],
    beta: float | None = None,
    *,
    complexity: float | None = None,
    unit: Unit = "nats",
) -> GaussianBottleneck:
    """Information bottleneck of jointly Gaussian X and Y: a noisy linear projection of X.

    I(X;T) = sum log[(beta - 1) r^2 / (1 - r^2)] / 2,  I(T;Y) = I(X;T) - sum log(beta r^2) / 2,
    both over the canonical correlations r with beta r^2 > 1

    Parameters
    ----------
    cov : array of shape (d, d)
        Joint covariance, symmetric and positive definite.
    split : int or sequence of int
        How many leading variables form X, or which variables do; Y is the rest.
    beta : float, optional
        What a nat of relevance is worth in nats of complexity, at least 0.
    complexity : float, optional
        Instead of `beta`: the I(X;T) that T may have, in `unit`. Give exactly one of the two.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    GaussianBottleneck
        `complexity`, `relevance`, the `projection` A of the optimal T = A (X - mean) + N(0, 1),
        `correlations` and `critical_betas` = 1 / r^2; `value` is the Lagrangian.

    Raises
    ------
    InvalidArgument
        If `cov` is not square, finite, symmetric and positive definite, `split` leaves a group
        empty, or `beta` or `complexity` is negative or not finite.

    Notes
    -----
    Among all T, not only Gaussian ones, this is optimal (Globerson & Tishby 2004). Only
    covariances matter, and only for Gaussian data: for other data it is the bottleneck of the
    Gaussian with the same covariance. Where a combination of X determines one of Y, complexity has
    no finite optimum, and such a `cov` is refused. One Cholesky factorisation for each
    group and one singular value decomposition.

    Source
    ------
    Chechik, Globerson, Tishby & Weiss, Information bottleneck for Gaussian variables (2005),
    theorem 3.1 and equations 16 to 20.

    Examples
    --------
    >>> result = gaussian_bottleneck([[1.0, 0.8], [0.8, 1.0]], 1, 3.125)
    >>> round(float(result.critical_betas[0]), 6)  # 1 / 0.8^2
    1.5625
    >>> round(result.relevance, 6)  # log(34/9) / 2 - log(2) / 2
    0.317994
    """
    function = "gaussian_bottleneck"
    check_unit(unit, function)
    pair = _Pair.read(cov, split, function)
    if (beta is None) == (complexity is None):
        got = "neither" if beta is None else "both"
        requirement = "be exactly one of beta and complexity"
        raise InvalidArgument(sentence(function, "trade-off", requirement, got))
    if beta is not None:
        b = read_number(beta, function, "beta", low=0.0)
    else:
        b = pair.beta_for(
            read_number(complexity, function, "complexity", low=0.0) * UNITS[unit], function
        )
    return pair.solve(b, unit)


def gaussian_bottleneck_curve(
    cov: object,
    split: int | Sequence[int],
    betas: object | None = None,
    *,
    n: int = 50,
    unit: Unit = "nats",
) -> GaussianBottleneckCurve:
    """Exact bottleneck curve of jointly Gaussian variables.

    (I(X;T), I(T;Y)) of `gaussian_bottleneck` at every beta

    Parameters
    ----------
    cov : array of shape (d, d)
        Joint covariance, symmetric and positive definite.
    split : int or sequence of int
        How many leading variables form X, or which variables do.
    betas : array of shape (n,), optional
        Trade-offs, at least 0, sorted in the result; by default `n` of them, evenly spaced on a
        logarithmic scale from the onset to 100 times the last critical beta.
    n : int, default 50
        Number of points where no betas are given.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    GaussianBottleneckCurve
        `betas`, `complexities`, `relevances`, `critical_betas` and the `points`.

    Raises
    ------
    InvalidArgument
        As `gaussian_bottleneck`.

    Source
    ------
    Chechik, Globerson, Tishby & Weiss (2005), section 5.

    Examples
    --------
    >>> curve = gaussian_bottleneck_curve([[1.0, 0.8], [0.8, 1.0]], 1, [1.5, 3.125])
    >>> curve.relevances.round(6).tolist()
    [0.0, 0.317994]
    """
    function = "gaussian_bottleneck_curve"
    check_unit(unit, function)
    pair = _Pair.read(cov, split, function)
    if betas is None:
        finite = pair.critical[np.isfinite(pair.critical)]
        low, high = (finite[0], 100 * finite[-1]) if len(finite) else (1.0, 100.0)
        grid = np.geomspace(low, high, read_steps(n, function, "n", low=2))
    else:
        given = as_array(betas, function=function, argument="betas")
        grid = np.unique(np.array(to_numpy(given), dtype=np.float64).reshape(-1))
    if len(grid) == 0:
        raise InvalidArgument(sentence(function, "betas", "hold at least one trade-off", "none"))
    checked = [read_number(float(b), function, "betas", low=0.0) for b in grid]
    return GaussianBottleneckCurve(
        points=tuple(pair.solve(b, unit) for b in checked), critical_betas=pair.critical
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two Gaussian groups by their canonical correlations."""

    correlations: Matrix  # non-increasing
    odds: Matrix  # r^2 / (1 - r^2)
    directions: Matrix  # rows v with v' cov_X v = 1, in the order of the correlations

    @classmethod
    def read(cls, cov: object, split: object, function: str) -> _Pair:
        """Read and check a joint covariance."""
        given = to_numpy(as_array(cov, function=function, argument="cov"))
        matrix = np.array(given, dtype=np.float64)
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < 2:
            got = f"shape {matrix.shape}"
            raise InvalidArgument(
                sentence(function, "cov", "be a square matrix of at least two variables", got)
            )
        if not np.isfinite(matrix).all():
            got = float(matrix[~np.isfinite(matrix)][0])
            raise InvalidArgument(sentence(function, "cov", "be finite", got))
        uneven = np.abs(matrix - matrix.T)
        if uneven.max() > 1e-6 * np.abs(matrix).max():
            i, j = np.unravel_index(int(uneven.argmax()), matrix.shape)
            got = f"a difference of {uneven.max():.6g} between entries ({i}, {j}) and ({j}, {i})"
            raise InvalidArgument(sentence(function, "cov", "be symmetric", got))
        first, second = _groups(split, len(matrix), function)
        xx, yy = matrix[np.ix_(first, first)], matrix[np.ix_(second, second)]
        try:
            lx, ly = np.linalg.cholesky(xx), np.linalg.cholesky(yy)
            both = np.linalg.cholesky(matrix[np.ix_(first + second, first + second)])
        except np.linalg.LinAlgError as error:
            raise _singular(function, matrix) from error
        half = solve_triangular(lx, matrix[np.ix_(first, second)], lower=True)
        whitened = solve_triangular(ly, half.T, lower=True).T
        u, r, _ = np.linalg.svd(whitened, full_matrices=False)
        given_x = np.diag(both)[len(first) :] / np.diag(ly)
        if r[0] >= 1 - 1e-14 or (given_x < 1e-7).any():
            raise _singular(function, matrix)
        odds = r**2 / ((1 - r) * (1 + r))
        return cls(r, odds, solve_triangular(lx, u, lower=True, trans=1).T)

    @property
    def critical(self) -> Matrix:
        """1 / r^2; correlations that are rounding count as none."""
        real = self.correlations > 1e-12
        return np.divide(1.0, self.correlations**2, out=np.full(len(real), np.inf), where=real)

    def solve(self, beta: float, unit: Unit) -> GaussianBottleneck:
        """Return the bottleneck at one trade-off."""
        active = beta > self.critical
        r2, odds = self.correlations[active] ** 2, self.odds[active]
        complexity = float(np.log((beta - 1) * odds).sum()) / 2 if active.any() else 0.0
        relevance = complexity - float(np.log(beta * r2).sum()) / 2
        alpha = np.sqrt((beta * r2 - 1) / (1 - r2))
        return GaussianBottleneck(
            value=from_nats(complexity - beta * relevance, unit),
            unit=unit,
            converged=True,
            gap=0.0,
            n_steps=0,
            beta=beta,
            complexity=from_nats(complexity, unit),
            relevance=from_nats(relevance, unit),
            projection=alpha[:, None] * self.directions[active],
            correlations=self.correlations,
            critical_betas=self.critical,
        )

    def beta_for(self, complexity: float, function: str) -> float:
        """Return the trade-off at which I(X;T) is `complexity` nats."""
        critical = self.critical
        finite = int(np.isfinite(critical).sum())
        if complexity == 0:
            return float(critical[0]) if finite else 1.0
        if finite == 0:
            advice = "X and Y are uncorrelated: no T is worth having."
            raise InvalidArgument(sentence(function, "complexity", "be 0", complexity, advice))
        for k in range(1, finite + 1):  # with k directions, C is linear in log(beta - 1)
            level = (2 * complexity - float(np.log(self.odds[:k]).sum())) / k
            if level > 700:
                advice = "Its beta overflows."
                raise InvalidArgument(
                    sentence(function, "complexity", "be smaller", complexity, advice)
                )
            beta = 1 + math.exp(level)
            if k == finite or beta <= critical[k]:
                return beta
        raise AssertionError("the last direction always serves")


def _singular(function: str, matrix: Matrix) -> InvalidArgument:
    smallest = float(np.linalg.eigvalsh((matrix + matrix.T) / 2).min())
    got = f"a smallest eigenvalue of {smallest:.6g}"
    advice = "Leave out variables that others determine; complexity has no finite optimum there."
    return InvalidArgument(sentence(function, "cov", "be positive definite", got, advice))


def _groups(split: object, d: int, function: str) -> tuple[list[int], list[int]]:
    if isinstance(split, (bool, str, bytes, float)) or split is None:
        raise WrongType(
            sentence(function, "split", "be an integer or a sequence of them", repr(split))
        )
    numbers = np.atleast_1d(np.asarray(split))
    if numbers.dtype.kind not in "iu":
        raise WrongType(
            sentence(function, "split", "be an integer or a sequence of them", repr(split))
        )
    first = list(range(int(numbers[0]))) if np.ndim(split) == 0 else [int(i) for i in numbers]  # type: ignore[arg-type]
    first = [i + d if i < 0 else i for i in first]
    if not 0 < len(first) < d or len(set(first)) != len(first) or not set(first) < set(range(d)):
        requirement = f"leave at least one of the {d} variables to each group, and name none twice"
        raise InvalidArgument(sentence(function, "split", requirement, split))
    return first, [i for i in range(d) if i not in first]
