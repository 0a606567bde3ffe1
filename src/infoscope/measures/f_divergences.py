"""Divergences of masses, outcome by outcome: total variation, Hellinger, chi-squared, any f."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from infoscope.core.arrays import Array, check_real, is_readable, plain, quietly
from infoscope.core.distribution import Masses, measure
from infoscope.core.errors import InvalidArgument, WrongType, sentence

__all__ = ["chi_squared_divergence", "f_divergence", "hellinger_distance", "total_variation"]


def total_variation(p: object, q: object, *, axis: int = -1, where: object = None) -> Array:
    """Total variation distance of `p` and `q`: the largest difference that any event shows.

    TV(p, q) = 1/2 sum |p - q|

    Parameters
    ----------
    p, q : array of shape (..., k, ...) or Logits
        The two distributions. Batches broadcast.
    axis : int, default -1
        The axis of the outcomes.
    where : boolean array, optional
        False leaves an outcome out; the others must sum to one. One axis runs over the outcomes,
        more are aligned with `p`.

    Returns
    -------
    float or array of the batch's shape
        A pure number from 0 (p = q) to 1 (disjoint).

    Raises
    ------
    NotADistribution
        If `p` or `q` is no distribution.
    InvalidArgument
        If they have different numbers of outcomes.

    Notes
    -----
    Some texts leave out the 1/2. Pinsker: TV <= sqrt(KL / 2), KL in nats.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), equation 11.137.

    Examples
    --------
    >>> total_variation([0.75, 0.25], [0.25, 0.75])
    0.5
    """
    return plain(
        measure(
            _total_variation, (p, "p"), (q, "q"), axis=axis, where=where, function="total_variation"
        )
    )


def hellinger_distance(p: object, q: object, *, axis: int = -1, where: object = None) -> Array:
    """Hellinger distance of `p` and `q`.

    H(p, q) = sqrt(1/2 sum (sqrt p - sqrt q)^2) = sqrt(1 - sum sqrt(p q))

    Parameters
    ----------
    p, q : array of shape (..., k, ...) or Logits
        The two distributions. Batches broadcast.
    axis : int, default -1
        The axis of the outcomes.
    where : boolean array, optional
        False leaves an outcome out; the others must sum to one. One axis runs over the outcomes,
        more are aligned with `p`.

    Returns
    -------
    float or array of the batch's shape
        A pure number from 0 (p = q) to 1 (disjoint). A metric.

    Raises
    ------
    NotADistribution
        If `p` or `q` is no distribution.
    InvalidArgument
        If they have different numbers of outcomes.

    Notes
    -----
    Computed from the differences of the roots, which keep their digits where p and q are close;
    1 - sum sqrt(p q) would lose them. At p = q it has a kink; 0 is returned as its gradient.

    Source
    ------
    Gibbs & Su, On choosing and bounding probability metrics (2002), section 2 (there without 1/2).

    Examples
    --------
    >>> hellinger_distance([1.0, 0.0], [0.0, 1.0])
    1.0
    >>> round(hellinger_distance([0.64, 0.36], [0.36, 0.64]) ** 2, 12)
    0.04
    """
    return plain(
        measure(
            _hellinger, (p, "p"), (q, "q"), axis=axis, where=where, function="hellinger_distance"
        )
    )


def chi_squared_divergence(p: object, q: object, *, axis: int = -1, where: object = None) -> Array:
    """Pearson's chi-squared divergence of `p` from `q`.

    chi2(p‖q) = sum (p - q)^2 / q

    Parameters
    ----------
    p : array of shape (..., k, ...) or Logits
        The true (observed) distribution.
    q : array of shape (..., k, ...) or Logits
        The believed (expected) distribution, in the denominator. Batches broadcast.
    axis : int, default -1
        The axis of the outcomes.
    where : boolean array, optional
        False leaves an outcome out; the others must sum to one. One axis runs over the outcomes,
        more are aligned with `p`.

    Returns
    -------
    float or array of the batch's shape
        A pure number from 0 (p = q) to inf (where p > 0 = q).

    Raises
    ------
    NotADistribution
        If `p` or `q` is no distribution.
    InvalidArgument
        If they have different numbers of outcomes.

    Notes
    -----
    n times this is Pearson's statistic for n observations with frequencies p. KL <= log(1 + chi2).
    Neyman's version is the same with the arguments exchanged.

    Source
    ------
    Pearson, On the criterion ... (1900); Gibbs & Su (2002), section 2.

    Examples
    --------
    >>> chi_squared_divergence([0.5, 0.5], [0.25, 0.75])
    0.3333333333333333
    >>> chi_squared_divergence([0.5, 0.5], [1.0, 0.0])
    inf
    """
    return plain(
        measure(
            _chi_squared, (p, "p"), (q, "q"), axis=axis, where=where,
            function="chi_squared_divergence",
        )
    )  # fmt: skip


def f_divergence(
    p: object,
    q: object,
    f: Callable[[Any], Any],
    *,
    at_zero: float | None = None,
    slope_at_infinity: float | None = None,
    axis: int = -1,
    where: object = None,
) -> Array:
    """Csiszár's f-divergence of `p` from `q`, for any convex `f` with f(1) = 0.

    D_f(p‖q) = sum_(q>0) q f(p / q) + q(p=0) f(0) + p(q=0) f'(inf)

    Parameters
    ----------
    p : array of shape (..., k, ...) or Logits
        The true distribution, in the numerator.
    q : array of shape (..., k, ...) or Logits
        The believed distribution. Batches broadcast.
    f : callable
        Convex generator with f(1) = 0. It receives an array of positive ratios, in the library of
        `p` and `q`, and answers element by element.
    at_zero : float, optional
        The limit f(0), possibly inf; needed only where q > 0 = p.
    slope_at_infinity : float, optional
        The limit of f(t) / t for large t, possibly inf; needed only where p > 0 = q.
    axis : int, default -1
        The axis of the outcomes.
    where : boolean array, optional
        False leaves an outcome out; the others must sum to one. One axis runs over the outcomes,
        more are aligned with `p`.

    Returns
    -------
    float or array of the batch's shape
        A pure number (in nats where f uses the natural logarithm), 0 or more.

    Raises
    ------
    NotADistribution
        If `p` or `q` is no distribution.
    InvalidArgument
        If f(1) is not 0, or a limit is needed and not given; or if p and q have different numbers
        of outcomes.
    WrongType
        If `f` is not callable, or a limit is not a number.

    Notes
    -----
    The two limits are asked for rather than guessed by evaluating f at a tiny or huge number. Under
    tracing, a limit that is needed and missing surfaces as NaN. KL: f = t log t, limits 0 and inf.
    Reverse KL: -log t, inf and 0. Total variation: |t - 1| / 2, 1/2 and 1/2. Squared Hellinger:
    (sqrt t - 1)^2 / 2, 1/2 and 1/2. The named functions of this module are exact where p / q
    overflows; this one is not. The gradient with respect to p counts 0 where p = 0: the slope of f
    there is not known.

    Source
    ------
    Csiszár & Shields, Information theory and statistics: a tutorial (2004), section 4.

    Examples
    --------
    >>> f_divergence([0.75, 0.25], [0.25, 0.75], lambda t: abs(t - 1) / 2)
    0.5
    >>> f_divergence([1.0, 0.0], [0.5, 0.5], lambda t: t * np.log(t), at_zero=0.0)  # KL: log 2
    0.6931471805599453
    """
    if not callable(f):
        raise WrongType(sentence("f_divergence", "f", "be callable", type(f).__name__))
    for name, limit in (("at_zero", at_zero), ("slope_at_infinity", slope_at_infinity)):
        if limit is not None:
            check_real(limit, function="f_divergence", argument=name)

    def kernel(true: Masses, believed: Masses) -> Array:
        return _f_divergence(true, believed, f, at_zero, slope_at_infinity)

    return plain(
        measure(kernel, (p, "p"), (q, "q"), axis=axis, where=where, function="f_divergence")
    )


def _total_variation(first: Masses, second: Masses) -> Array:
    xp = first.xp
    return 0.5 * xp.sum(xp.abs(first.probabilities - second.probabilities), axis=-1)


def _hellinger(first: Masses, second: Masses) -> Array:
    """Use (p - q) / (sqrt p + sqrt q) for the difference of roots: p - q is exact for p near q."""
    xp = first.xp
    roots = [
        xp.where(
            m.support,
            xp.sqrt(xp.where(m.support, m.probabilities, 1.0 + 0 * m.probabilities)),
            0 * m.probabilities,
        )
        for m in (first, second)
    ]
    total = roots[0] + roots[1]
    difference = (first.probabilities - second.probabilities) / xp.where(
        total != 0, total, xp.ones_like(total)
    )
    square = 0.5 * xp.sum(difference * difference, axis=-1)
    far = square > 0
    return xp.where(far, xp.sqrt(xp.where(far, square, xp.ones_like(square))), square)


def _chi_squared(true: Masses, believed: Masses) -> Array:
    xp, p, q = true.xp, true.probabilities, believed.probabilities
    difference = xp.where(believed.support, p - q, 0 * (p + q))
    with quietly(xp):
        terms = difference * (difference / xp.where(believed.support, q, xp.ones_like(q)))
        if believed.log_probabilities is not None:  # masses of q too small for a number
            lost = believed.possible & (q == 0) & true.possible
            exponent = 2 * true.log_on(lost) - believed.log_on(lost)
            terms = terms + xp.where(lost, xp.exp(exponent), xp.zeros_like(exponent))
    value = xp.sum(terms, axis=-1)
    outside = xp.sum(xp.where(believed.possible, 0 * p, p + 0 * q), axis=-1)
    return xp.where(outside > 0, xp.full_like(value, np.inf), value)


def _f_divergence(
    true: Masses,
    believed: Masses,
    f: Callable[[Any], Any],
    at_zero: float | None,
    slope_at_infinity: float | None,
) -> Array:
    xp, p, q = true.xp, true.probabilities, believed.probabilities
    one = f(xp.ones_like(p))
    if is_readable(one) and not bool(xp.all(xp.abs(one) <= 1e-6)):
        got = float(np.ravel(np.asarray(one))[0])
        raise InvalidArgument(
            sentence("f_divergence", "f", "be 0 at 1", got, "Subtract f(1) from it.")
        )
    common = true.support & believed.support
    ratio = xp.where(common, p, xp.ones_like(p)) / xp.where(common, q, xp.ones_like(q))
    terms = q * f(ratio)
    value = xp.sum(xp.where(common, terms, xp.zeros_like(terms)), axis=-1)
    for name, limit, mass in (
        ("at_zero", at_zero, xp.where(true.support, 0 * q, q)),
        ("slope_at_infinity", slope_at_infinity, xp.where(believed.support, 0 * p, p)),
    ):
        lone = xp.sum(mass, axis=-1)
        if limit is None:
            if is_readable(lone) and bool(xp.any(lone > 0)):
                where = "q > 0 = p" if name == "at_zero" else "p > 0 = q"
                what = "f(0)" if name == "at_zero" else "f(t) / t for large t"
                raise InvalidArgument(
                    sentence("f_divergence", name, f"be given where {where}", "None",
                             f"Pass the limit of {what}; inf is allowed.")
                )  # fmt: skip
            limit = float("nan")
        # 0 * inf is 0 here: no mass, no cost
        value = value + xp.where(lone > 0, lone, xp.ones_like(lone)) * xp.where(
            lone > 0, xp.full_like(lone, float(limit)), xp.zeros_like(lone)
        )
    return 0.0 + value
