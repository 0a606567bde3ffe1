"""Entropy, mutual information and divergence of Gaussians, from their means and covariances."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from infoscope.core.arrays import (
    Array,
    as_array,
    as_float,
    is_readable,
    namespace,
    plain,
    quietly,
    together,
)
from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.units import Unit, check_unit, from_nats

__all__ = ["gaussian_entropy", "gaussian_kl", "gaussian_mutual_information"]

_SINGULAR, _INDEFINITE = 1, 2


def gaussian_entropy(cov: object, *, unit: Unit = "nats") -> Array:
    """Differential entropy of a Gaussian with covariance `cov`.

    h = log det(2 pi e cov) / 2

    Parameters
    ----------
    cov : array of shape (..., d, d), or a number (the variance of one variable)
        Covariances, symmetric and positive semi-definite.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float or array of the batch's shape
        Entropy in `unit`, any real number: a differential entropy is negative for a narrow density.
        -inf for a singular covariance (the mass lies on a plane, which has no density).

    Raises
    ------
    InvalidArgument
        If `cov` is not square, not symmetric, not finite, or has a negative eigenvalue.

    Notes
    -----
    The mean has no part in it. One Cholesky factorisation, O(d^3). A variable whose variance given
    the others is rounding noise beside its own (below 4 d eps of it) counts as determined by them.
    Gradients flow through torch and JAX; under tracing, bad input surfaces as NaN.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), theorem 8.4.1.

    Examples
    --------
    >>> import math
    >>> gaussian_entropy(1 / (2 * math.pi * math.e))
    0.0
    >>> gaussian_entropy([[1.0, 1.0], [1.0, 1.0]])
    -inf
    """
    check_unit(unit, "gaussian_entropy")
    matrix = _read_matrix(cov, "gaussian_entropy", "cov")
    xp, (matrix,) = together([matrix], function="gaussian_entropy")
    matrix, singular = _factorable(xp, matrix, "gaussian_entropy", "cov")
    d = matrix.shape[-1]
    value = 0.5 * d * math.log(2 * math.pi * math.e) + _half_log_det(xp, _cholesky(xp, matrix))
    return plain(from_nats(_put(xp, value, singular, -math.inf), unit))


def gaussian_mutual_information(
    cov: object, split: int | Sequence[int], *, unit: Unit = "nats"
) -> Array:
    """Mutual information between two groups of variables of a Gaussian.

    I(X; Y) = log(det cov_X det cov_Y / det cov) / 2

    Parameters
    ----------
    cov : array of shape (..., d, d)
        Joint covariances, symmetric and positive semi-definite.
    split : int or sequence of int
        How many leading variables form X, or which variables do; Y is the rest. Both need one.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float or array of the batch's shape
        Mutual information in `unit`, from 0 (no correlation between the groups) up to inf (a
        combination of X determines a combination of Y). Rounding may leave about -1e-16.

    Raises
    ------
    InvalidArgument
        If `cov` is not square, symmetric, finite and positive semi-definite; if `split` leaves a
        group empty, repeats or misses a variable; or if one group alone is singular.
    WrongType
        If `split` holds no integers.

    Notes
    -----
    Two Cholesky factorisations, O(d^3). For two variables it is -log(1 - rho^2) / 2. A joint
    distribution that only *looks* Gaussian in its margins can carry more or less than this.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), example 8.5.1.

    Examples
    --------
    >>> round(gaussian_mutual_information([[1.0, 0.6], [0.6, 1.0]], 1), 12)
    0.223143551314
    """
    function = "gaussian_mutual_information"
    check_unit(unit, function)
    xp, (matrix,) = together([_read_matrix(cov, function, "cov")], function=function)
    first, second = _groups(split, matrix.shape[-1])
    order = first + second
    matrix = _take(matrix, order)
    matrix, singular = _factorable(xp, matrix, function, "cov")
    n = len(first)
    groups = [matrix[..., :n, :n], matrix[..., n:, n:]]
    if singular is not None:  # where the whole is singular, the parts must still be sound
        original = _take(_read_matrix(cov, function, "cov"), order)
        groups = [original[..., :n, :n], original[..., n:, n:]]
        for name, group in zip("XY", groups, strict=True):
            if (fault := _faults(group, function, "cov")) is not None and fault.any():
                got = f"a singular covariance of {name} alone"
                advice = "Leave out variables that the others of their group determine."
                raise InvalidArgument(
                    sentence(function, "cov", "be of full rank within each group", got, advice)
                )
        groups = [matrix[..., :n, :n], matrix[..., n:, n:]]
    whole = _cholesky(xp, matrix)
    given = _log_diagonal(xp, whole)[..., n:]  # of Y given X
    alone = _log_diagonal(xp, _cholesky(xp, groups[1]))
    value = 0.0 + xp.sum(alone, axis=-1) - xp.sum(given, axis=-1)
    return plain(from_nats(_put(xp, value, singular, math.inf), unit))


def gaussian_kl(
    mean0: object, cov0: object, mean1: object, cov1: object, *, unit: Unit = "nats"
) -> Array:
    """Kullback-Leibler divergence KL(N(mean0, cov0)‖N(mean1, cov1)) of two Gaussians.

    KL = (tr(S1^-1 S0) + (m1 - m0)' S1^-1 (m1 - m0) - d + log(det S1 / det S0)) / 2

    Parameters
    ----------
    mean0, mean1 : array of shape (..., d), or a number
        Means of the true and of the believed distribution.
    cov0, cov1 : array of shape (..., d, d), or a number (a variance, not a standard deviation)
        Their covariances. Batches broadcast.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float or array of the batch's shape
        Divergence in `unit`, from 0 (equal) up to inf (just one of the two is singular).

    Raises
    ------
    InvalidArgument
        If a covariance is not square, symmetric, finite and positive semi-definite, a mean is not
        finite, the dimensions differ or the batches do not broadcast, or both covariances are
        singular (their shared plane must be chosen first).

    Notes
    -----
    Two Cholesky factorisations and two triangular solves, O(d^3); no inverse is formed.

    Source
    ------
    Kullback, Information Theory and Statistics (1959), section 9.1.

    Examples
    --------
    >>> round(gaussian_kl(0, 1, 1, 4), 15)
    0.443147180559945
    >>> round(gaussian_kl(1, 4, 0, 1), 15)
    1.306852819440055
    """
    function = "gaussian_kl"
    check_unit(unit, function)
    arrays = [
        _read_mean(mean0, "mean0"),
        _read_matrix(cov0, function, "cov0"),
        _read_mean(mean1, "mean1"),
        _read_matrix(cov1, function, "cov1"),
    ]
    names = ("mean0", "cov0", "mean1", "cov1")
    d = arrays[1].shape[-1]
    for name, array in zip(names, arrays, strict=True):
        if array.shape[-1] != d:
            got = f"dimension {array.shape[-1]}"
            raise InvalidArgument(
                sentence(function, name, f"have the dimension of cov0 ({d})", got)
            )
    xp, (m0, s0, m1, s1) = together(arrays, function=function)
    batch = _batch(m0.shape[:-1], s0.shape[:-2], m1.shape[:-1], s1.shape[:-2])
    s0, singular0 = _factorable(xp, s0, function, "cov0")
    s1, singular1 = _factorable(xp, s1, function, "cov1")
    infinite = _either(singular0, singular1, s0.shape[:-2], s1.shape[:-2])
    l0, l1 = _cholesky(xp, s0), _cholesky(xp, s1)
    l0, l1 = (xp.broadcast_to(factor, (*batch, d, d)) for factor in (l0, l1))
    shift = xp.broadcast_to(m1 - m0, (*batch, d))[..., None]
    ratio = xp.sum(_solve(xp, l1, l0) ** 2, axis=(-2, -1))
    with quietly(xp):
        distance = xp.sum(_solve(xp, l1, shift) ** 2, axis=(-2, -1))
    log_ratio = _half_log_det(xp, l1) - _half_log_det(xp, l0)
    value = 0.5 * (ratio - d) + 0.5 * distance + log_ratio
    return plain(from_nats(_put(xp, value, infinite, math.inf), unit))


def _read_matrix(cov: object, function: str, argument: str) -> Array:
    array = _read_floats(cov, function, argument)
    if array.ndim == 0:
        return array[None, None]
    if array.ndim == 1 or array.shape[-1] != array.shape[-2] or array.shape[-1] == 0:
        got = f"shape {tuple(array.shape)}"
        advice = "From variances v of independent variables, numpy.diag(v) makes it."
        raise InvalidArgument(sentence(function, argument, "be a square matrix", got, advice))
    return array


def _read_floats(x: object, function: str, argument: str) -> Array:
    array: Array = as_float(as_array(x, function=function, argument=argument))
    if namespace(array) is np and array.dtype.itemsize > 8:
        return array.astype(np.float64)  # LAPACK knows no longer ones
    return array


def _read_mean(mean: object, argument: str) -> Array:
    array = _read_floats(mean, "gaussian_kl", argument)
    if is_readable(array):
        values = _values(array)
        if not np.isfinite(values).all():
            got = values[~np.isfinite(values)][0]
            raise InvalidArgument(sentence("gaussian_kl", argument, "be finite", got))
    return array[None] if array.ndim == 0 else array


def _batch(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        *most, last = (str(tuple(shape)) for shape in shapes)
        got = f"{', '.join(most)} and {last}"
        requirement = "have batch shapes that broadcast"
        raise InvalidArgument(sentence("gaussian_kl", "arguments", requirement, got)) from None


def _groups(split: int | Sequence[int], d: int) -> tuple[list[int], list[int]]:
    function = "gaussian_mutual_information"
    requirement = "be an integer or a sequence of them"
    if isinstance(split, (bool, str)):
        raise WrongType(sentence(function, "split", requirement, repr(split)))
    try:
        first = (
            [operator.index(i) for i in split]
            if isinstance(split, (Sequence, np.ndarray))
            else list(range(operator.index(split)))
        )
    except TypeError as error:
        raise WrongType(sentence(function, "split", requirement, repr(split))) from error
    chosen = {i + d if i < 0 else i for i in first}
    if not 0 < len(first) < d or len(chosen) != len(first) or not chosen <= set(range(d)):
        requirement = f"leave at least one of the {d} variables to each group, and name none twice"
        raise InvalidArgument(sentence(function, "split", requirement, split))
    first = [i + d if i < 0 else i for i in first]
    return first, [i for i in range(d) if i not in chosen]


def _take(matrix: Array, order: list[int]) -> Array:
    if order == sorted(order):
        return matrix
    index = np.asarray(order)
    return matrix[..., index, :][..., :, index]


def _factorable(
    xp: Any, matrix: Array, function: str, argument: str
) -> tuple[Array, np.ndarray[Any, Any] | None]:
    """Check `matrix`; return it with identities for the singular ones, and where those are."""
    if not is_readable(matrix) or 0 in matrix.shape:
        return matrix, None
    faults = _faults(matrix, function, argument)
    if faults is None:
        return matrix, None
    if (faults == _INDEFINITE).any():
        at = tuple(int(i) for i in np.argwhere(faults == _INDEFINITE)[0])
        smallest = np.linalg.eigvalsh(_values(matrix)[at]).min()
        got = f"an eigenvalue of {smallest:.6g}" + (f" in matrix {at}" if at else "")
        raise InvalidArgument(sentence(function, argument, "be positive semi-definite", got))
    identity = xp.asarray(np.eye(matrix.shape[-1]), dtype=matrix.dtype)
    mask = _mask(xp, faults[..., None, None], matrix)
    return xp.where(mask, identity, matrix), faults != 0


def _faults(matrix: Array, function: str, argument: str) -> np.ndarray[Any, Any] | None:
    """Return which matrices of a batch are singular or indefinite; None if none is."""
    eps = 2.0**-23 if "float32" in str(matrix.dtype) else 2.0**-52
    values = _values(matrix)
    d = values.shape[-1]
    if not np.isfinite(values).all():
        got = values[~np.isfinite(values)][0]
        raise InvalidArgument(sentence(function, argument, "be finite", got))
    scale = np.abs(values).max(axis=(-2, -1), keepdims=True)
    asymmetry = np.abs(values - np.swapaxes(values, -1, -2))
    if (asymmetry > math.sqrt(eps) * scale).any():
        i, j = (int(x) for x in np.argwhere(asymmetry == asymmetry.max())[0][-2:])
        got = f"a difference of {asymmetry.max():.6g} between entries ({i}, {j}) and ({j}, {i})"
        raise InvalidArgument(sentence(function, argument, "be symmetric", got))
    variances = np.diagonal(values, axis1=-2, axis2=-1)
    noise = 4 * d * eps
    determined = np.zeros(variances.shape[:-1], dtype=bool)
    try:
        factor = np.linalg.cholesky(values)
        given = np.diagonal(factor, axis1=-2, axis2=-1) ** 2  # variance given the earlier ones
        determined = (given <= noise * variances).any(axis=-1)
        if not determined.any():
            return None
    except np.linalg.LinAlgError:
        pass
    root = np.sqrt(np.where(variances > 0, variances, 1.0))
    scaled = values / (root[..., :, None] * root[..., None, :])  # units of measurement drop out
    smallest = np.linalg.eigvalsh(scaled).min(axis=-1)
    faults = np.where((smallest <= noise) | determined, _SINGULAR, 0)
    faults = np.where(smallest < -4 * noise, _INDEFINITE, faults)
    return faults if faults.any() else None


def _values(matrix: Array) -> np.ndarray[Any, Any]:
    detach = getattr(matrix, "detach", None)
    return np.asarray(detach().cpu() if detach is not None else matrix, dtype=np.float64)


def _mask(xp: Any, mask: np.ndarray[Any, Any], like: Array) -> Array:
    return mask if xp is np else xp.asarray(mask, device=getattr(like, "device", None))


def _put(xp: Any, value: Array, where: np.ndarray[Any, Any] | None, number: float) -> Array:
    """Return `value` with `number` at `where`."""
    if where is None:
        return value
    return xp.where(_mask(xp, where, value), xp.full_like(value, number), value)


def _either(
    first: np.ndarray[Any, Any] | None,
    second: np.ndarray[Any, Any] | None,
    shape0: tuple[int, ...],
    shape1: tuple[int, ...],
) -> np.ndarray[Any, Any] | None:
    """Where just one of two is singular; both at once is refused."""
    if first is None and second is None:
        return None
    a = np.zeros(shape0, dtype=bool) if first is None else first
    b = np.zeros(shape1, dtype=bool) if second is None else second
    if (a & b).any():
        advice = "Project both on the plane that holds their mass, and compare them there."
        got = "two singular ones"
        raise InvalidArgument(
            sentence("gaussian_kl", "cov0 and cov1", "not both be singular", got, advice)
        )
    return a | b


def _cholesky(xp: Any, matrix: Array) -> Array:
    return xp.linalg.cholesky(matrix)


def _solve(xp: Any, lower: Array, right: Array) -> Array:
    """Solve a triangular system; NumPy has none for batches, and its general one serves."""
    name = getattr(namespace(lower), "__name__", "")
    if "torch" in name:
        return xp.linalg.solve_triangular(lower, right, upper=False)
    return xp.linalg.solve(lower, right)


def _log_diagonal(xp: Any, factor: Array) -> Array:
    return xp.log(xp.linalg.diagonal(factor))


def _half_log_det(xp: Any, factor: Array) -> Array:
    return xp.sum(_log_diagonal(xp, factor), axis=-1)
