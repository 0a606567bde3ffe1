"""Variational bounds on mutual information from a matrix of scores, each with its kind and cap.

A score matrix holds f(x_i, y_j) for n drawn pairs: the diagonal scores pairs that belong together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from infoscope.core.arrays import (
    Array,
    as_array,
    check_real,
    is_readable,
    log,
    plain,
    quietly,
    together,
)
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.units import Unit, check_unit, from_nats

__all__ = [
    "Bound",
    "club",
    "donsker_varadhan",
    "info_nce",
    "jensen_shannon",
    "nwj",
    "smile",
]


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound's value on a batch, and what may be concluded from it.

    Parameters
    ----------
    value : float or zero-dimensional array
        The bound in `unit`; torch and JAX gradients flow through it.
    kind : {"lower", "upper", "neither"}
        What the expected value over batches is, compared with the true mutual information.
    cap : float
        The largest value that it can take, in `unit`, whatever the scores.
    unit : str
        "nats", "bits" or "bans".
    condition : str
        What must hold for `kind` to be true.
    """

    value: Array
    kind: Literal["lower", "upper", "neither"]
    cap: float
    unit: str
    condition: str

    def __float__(self) -> float:
        return float(self.value)


def info_nce(scores: object, *, unit: Unit = "nats") -> Bound:
    """InfoNCE: a lower bound on mutual information that never exceeds log n.

    log n - mean_i [ log sum_j exp f_ij - f_ii ]

    Parameters
    ----------
    scores : array of shape (n, n)
        f(x_i, y_j), n at least 2: row i scores the true partner of x_i against n - 1 others.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    Bound
        Kind "lower", cap log n.

    Raises
    ------
    InvalidArgument
        If the scores are not a square matrix of two rows at least, or hold NaN
        or +inf.

    Notes
    -----
    Low variance, and high bias as soon as the truth approaches log n. The contrastive loss is
    log n minus this. Best scores: log p(y|x) plus any function of x.

    Source
    ------
    van den Oord, Li & Vinyals (2018), equation 5 and appendix; Poole et al. (2019), equation 12.

    Examples
    --------
    >>> info_nce([[0.0, 0.0], [0.0, 0.0]]).value
    0.0
    >>> info_nce([[100.0, 0.0], [0.0, 100.0]], unit="bits").value
    1.0
    """
    xp, f, n = _read(scores, unit, "info_nce")
    if is_readable(f) and bool(xp.any(xp.max(f, axis=1) == -math.inf)):
        requirement = "hold a finite score in each row"
        raise InvalidArgument(sentence("info_nce", "scores", requirement, "a row of -inf"))
    loss = xp.mean(_logsumexp(xp, f, axis=1) - xp.linalg.diagonal(f))
    return _bound(math.log(n) - loss, "lower", math.log(n), unit, "the n pairs are independent")


def nwj(scores: object, *, unit: Unit = "nats") -> Bound:
    """Nguyen-Wainwright-Jordan: a lower bound without cap, of high variance.

    mean_i f_ii - mean_(i != j) exp(f_ij - 1)

    Parameters
    ----------
    scores : array of shape (n, n)
        f(x_i, y_j), n at least 2. Best scores: 1 + log p(y|x) / p(y).
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    Bound
        Kind "lower", cap inf.

    Raises
    ------
    InvalidArgument
        If the scores are not a square matrix of two rows at least, or hold NaN
        or +inf.

    Notes
    -----
    Unbiased for its own expectation, whatever the batch. Its variance grows like exp(I) / n.

    Source
    ------
    Nguyen, Wainwright & Jordan (2010), section 2; Poole et al. (2019), equation 4.

    Examples
    --------
    >>> nwj([[1.0, 1.0], [1.0, 1.0]]).value
    0.0
    """
    xp, f, n = _read(scores, unit, "nwj")
    with quietly(xp):
        apart = xp.exp(_log_mean_exp_apart(xp, f, n) - 1.0)
    value = xp.mean(xp.linalg.diagonal(f)) - apart
    return _bound(value, "lower", math.inf, unit, "the n pairs are independent")


def donsker_varadhan(scores: object, *, unit: Unit = "nats") -> Bound:
    """Donsker-Varadhan (the objective of MINE) on one batch.

    mean_i f_ii - log mean_(i != j) exp f_ij

    Parameters
    ----------
    scores : array of shape (n, n)
        f(x_i, y_j), n at least 2. Best scores: log p(y|x) / p(y) plus any constant.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    Bound
        Kind "neither", cap inf: the lower bound holds for the exact expectation in the second term;
        the logarithm of a batch's mean is too small on average, so batches read too high.

    Raises
    ------
    InvalidArgument
        If the scores are not a square matrix of two rows at least, or hold NaN
        or +inf.

    Notes
    -----
    With the pairs of one batch in both terms it can exceed any truth; MINE averages the second term
    over past batches to lessen that. Its variance grows like exp(I) / n.

    Source
    ------
    Donsker & Varadhan (1983); Belghazi et al., MINE (2018), equation 10; Poole et al. (2019).

    Examples
    --------
    >>> donsker_varadhan([[3.0, 3.0], [3.0, 3.0]]).value
    0.0
    """
    xp, f, n = _read(scores, unit, "donsker_varadhan")
    value = xp.mean(xp.linalg.diagonal(f)) - _log_mean_exp_apart(xp, f, n)
    return _bound(value, "neither", math.inf, unit, "a lower bound only as n grows without end")


def smile(scores: object, *, clip: float = 5.0, unit: Unit = "nats") -> Bound:
    """SMILE: Donsker-Varadhan with the scores of wrong pairs clipped, for less variance.

    mean_i f_ii - log mean_(i != j) exp clip(f_ij, -clip, clip)

    Parameters
    ----------
    scores : array of shape (n, n)
        f(x_i, y_j), n at least 2.
    clip : float, default 5
        Where wrong pairs are clipped, in nats; inf gives `donsker_varadhan`.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    Bound
        Kind "neither", cap inf: clipping scores from above lowers the term that is taken off, from
        below raises it.

    Raises
    ------
    InvalidArgument
        If `clip` is not positive, or the scores are not a square matrix of two rows at least, or
        hold NaN or +inf.
    WrongType
        If `clip` is not a number.

    Notes
    -----
    The smaller `clip`, the less variance and the more bias. The scores are usually trained by
    another objective (`jensen_shannon`) and only evaluated here.

    Source
    ------
    Song & Ermon, Understanding the limitations of variational estimators (2020), equation 10.

    Examples
    --------
    >>> smile([[9.0, 9.0], [9.0, 9.0]], clip=5.0).value
    4.0
    """
    check_real(clip, function="smile", argument="clip")
    if not clip > 0:
        raise InvalidArgument(sentence("smile", "clip", "be positive", clip))
    xp, f, n = _read(scores, unit, "smile")
    low, high = xp.full_like(f, -clip), xp.full_like(f, clip)
    clipped = xp.minimum(xp.maximum(f, low), high)
    value = xp.mean(xp.linalg.diagonal(f)) - _log_mean_exp_apart(xp, clipped, n)
    return _bound(value, "neither", math.inf, unit, "no bound for any score: a trade of bias")


def club(scores: object, *, unit: Unit = "nats") -> Bound:
    """CLUB: contrastive log-ratio upper bound, from conditional log-densities.

    mean_i f_ii - mean_ij f_ij

    Parameters
    ----------
    scores : array of shape (n, n)
        f(x_i, y_j) = log p(y_j | x_i), n at least 2.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    Bound
        Kind "upper", cap inf; upper only if the scores are the true log p(y|x).

    Raises
    ------
    InvalidArgument
        If the scores are not a square matrix of two rows at least, or hold NaN
        or +inf.

    Notes
    -----
    The second mean is taken over pairs that do not belong together (i != j): with the diagonal it
    would be (n - 1) / n of this. The bound is loose: it can exceed the truth many times.

    Source
    ------
    Cheng et al., CLUB (2020), equations 7 and 8.

    Examples
    --------
    >>> club([[0.0, -2.0], [-4.0, 0.0]]).value
    3.0
    """
    xp, f, n = _read(scores, unit, "club")
    diagonal = xp.sum(xp.linalg.diagonal(f))
    value = diagonal / n - (xp.sum(f) - diagonal) / (n * (n - 1))
    return _bound(value, "upper", math.inf, unit, "the scores are the true log p(y|x)")


def jensen_shannon(scores: object, *, unit: Unit = "nats") -> Bound:
    """Jensen-Shannon objective (Deep InfoMax): a lower bound that is stable, capped and loose.

    log 2 - 1/2 mean_i softplus(-f_ii) - 1/2 mean_(i != j) softplus(f_ij)

    Parameters
    ----------
    scores : array of shape (n, n)
        f(x_i, y_j), n at least 2. Best scores: log p(y|x) / p(y).
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    Bound
        Kind "lower", cap log 2: it bounds the Jensen-Shannon divergence between the joint
        distribution and the product of the marginals, which is at most (log 2) / 2 times the mutual
        information in nats.

    Raises
    ------
    InvalidArgument
        If the scores are not a square matrix of two rows at least, or hold NaN
        or +inf.

    Notes
    -----
    Good for training scores, not for reading the amount of information off. Cost: O(n^2).

    Source
    ------
    Nowozin, Cseke & Tomioka, f-GAN (2016), table 6; Hjelm et al., Deep InfoMax (2019), equation 4.

    Examples
    --------
    >>> jensen_shannon([[0.0, 0.0], [0.0, 0.0]]).value
    0.0
    """
    xp, f, n = _read(scores, unit, "jensen_shannon")
    together_cost = xp.mean(_softplus(xp, -xp.linalg.diagonal(f)))
    costs = _softplus(xp, f)
    apart_cost = (xp.sum(costs) - xp.sum(xp.linalg.diagonal(costs))) / (n * (n - 1))
    value = math.log(2.0) - 0.5 * (together_cost + apart_cost)
    return _bound(value, "lower", math.log(2.0), unit, "the n pairs are independent")


def _bound(
    value: Array, kind: Literal["lower", "upper", "neither"], cap: float, unit: Unit, condition: str
) -> Bound:
    return Bound(plain(from_nats(value, unit)), kind, from_nats(cap, unit), unit, condition)


def _read(scores: object, unit: Unit, function: str) -> tuple[Any, Array, int]:
    check_unit(unit, function)
    array = as_array(scores, function=function, argument="scores")
    shape = tuple(array.shape)
    if array.ndim != 2 or shape[0] != shape[1] or shape[0] < 2:
        raise InvalidArgument(
            sentence(
                function,
                "scores",
                "be a square matrix of two rows at least, f(x_i, y_j)",
                f"shape {shape}",
                "Score every x of the batch against every y.",
            )
        )
    xp, (f,) = together([array], function=function)
    if is_readable(f) and not bool(xp.max(f) < math.inf):
        got = "NaN" if bool(xp.any(xp.isnan(f))) else "inf"
        advice = "Find where it arose."
        raise InvalidArgument(
            sentence(function, "scores", "hold neither NaN nor +inf", got, advice)
        )
    return xp, f, shape[0]


def _logsumexp(xp: Any, z: Array, axis: int | None) -> Array:
    top = xp.max(z) if axis is None else xp.max(z, axis=axis, keepdims=True)
    top = xp.where(top == -math.inf, xp.zeros_like(top), top)  # nothing is possible: log 0
    total = xp.sum(xp.exp(z - top)) if axis is None else xp.sum(xp.exp(z - top), axis=axis)
    return log(xp, total) + (top if axis is None else top[:, 0])


def _log_mean_exp_apart(xp: Any, f: Array, n: int) -> Array:
    """Return log of the mean of exp f over the n (n - 1) pairs that do not belong together."""
    diagonal = xp.eye(n, dtype=f.dtype, device=getattr(f, "device", None)) != 0
    apart = xp.where(diagonal, xp.full_like(f, -math.inf), f)
    return _logsumexp(xp, apart, axis=None) - math.log(n * (n - 1))


def _softplus(xp: Any, z: Array) -> Array:
    """Return log(1 + exp z) without overflow."""
    return xp.maximum(z, xp.zeros_like(z)) + xp.log1p(xp.exp(-xp.abs(z)))
