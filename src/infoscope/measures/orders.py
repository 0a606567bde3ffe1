"""Families of measures with an order: Rényi, Tsallis, and the alpha-divergences.

Each is written so that nothing is lost near the order where it becomes Shannon's: differences such
as p^(a-1) - 1 are taken as expm1((a-1) log p), and the limit itself is Shannon's formula.
"""

from __future__ import annotations

import math

import numpy as np

from infoscope.core.arrays import Array, check_real, log, plain, quietly
from infoscope.core.distribution import Masses, expectation, measure
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.units import Unit, check_unit, from_nats
from infoscope.measures.divergences import kl_of_masses
from infoscope.measures.shannon import entropy_of_masses

__all__ = ["alpha_divergence", "renyi_divergence", "renyi_entropy", "tsallis_entropy"]


def renyi_entropy(
    p: object, order: float, *, axis: int = -1, where: object = None, unit: Unit = "nats"
) -> Array:
    """Rényi entropy of the distribution `p` of the given order.

    H_a(p) = log(sum p^a) / (1 - a)

    Parameters
    ----------
    p : array of shape (..., k, ...) or Logits
        Probabilities, non-negative and summing to one along `axis`.
    order : float
        0 or more. 0 is Hartley's entropy (log of the size of the support), 1 Shannon's, 2 the
        collision entropy, inf the min-entropy -log max p.
    axis : int, default -1
        The axis of the outcomes; every other axis is a batch.
    where : boolean array, optional
        False leaves an outcome out; the others must sum to one. One axis runs over the outcomes,
        more are aligned with `p`.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float or array of the batch's shape
        Entropy in `unit`, from 0 to log k. It falls as the order rises.

    Raises
    ------
    NotADistribution
        If `p` is no distribution.
    InvalidArgument
        If `order` is negative or NaN.

    Notes
    -----
    Outcomes without mass count for nothing at any order. Orders beside 1 keep all digits. At p = 0
    the gradient is infinite in truth for orders below 1; 0 is returned there. The chain rule of
    entropy does not hold at orders other than 1.

    Source
    ------
    Rényi, On measures of entropy and information (1961), equation 1.21.

    Examples
    --------
    >>> round(renyi_entropy([0.5, 0.25, 0.25], 2), 12) == round(math.log(8 / 3), 12)
    True
    >>> renyi_entropy([0.5, 0.25, 0.25], float("inf"), unit="bits")
    1.0
    >>> renyi_entropy([0.5, 0.25, 0.25, 0.0], 0) == renyi_entropy([1 / 3] * 3, 0)
    True
    """
    check_unit(unit, "renyi_entropy")
    a = _check_order(order, "renyi_entropy")
    nats = measure(
        lambda masses: _renyi_entropy(masses, a),
        (p, "p"),
        axis=axis,
        where=where,
        function="renyi_entropy",
    )
    return plain(from_nats(nats, unit))


def tsallis_entropy(p: object, order: float, *, axis: int = -1, where: object = None) -> Array:
    """Tsallis entropy of the distribution `p` of the given order.

    S_a(p) = (1 - sum p^a) / (a - 1)

    Parameters
    ----------
    p : array of shape (..., k, ...) or Logits
        Probabilities, non-negative and summing to one along `axis`.
    order : float
        0 or more and finite. 0 gives the number of possible outcomes less one, 1 Shannon's entropy
        in nats, 2 the Gini impurity.
    axis : int, default -1
        The axis of the outcomes; every other axis is a batch.
    where : boolean array, optional
        False leaves an outcome out; the others must sum to one. One axis runs over the outcomes,
        more are aligned with `p`.

    Returns
    -------
    float or array of the batch's shape
        A pure number (nats at order 1), from 0 to (k^(1-a) - 1) / (1 - a).

    Raises
    ------
    NotADistribution
        If `p` is no distribution.
    InvalidArgument
        If `order` is negative, infinite or NaN.

    Notes
    -----
    Not additive: for independent X and Y, S(X,Y) = S(X) + S(Y) + (1 - a) S(X) S(Y). That is why it
    has no unit to choose.

    Source
    ------
    Tsallis, Possible generalization of Boltzmann-Gibbs statistics (1988), equation 1.

    Examples
    --------
    >>> tsallis_entropy([0.5, 0.25, 0.25], 2)
    0.625
    >>> tsallis_entropy([0.5, 0.25, 0.25], 0)
    2.0
    """
    a = _check_order(order, "tsallis_entropy", finite=True)
    return plain(
        measure(
            lambda masses: _tsallis(masses, a),
            (p, "p"),
            axis=axis,
            where=where,
            function="tsallis_entropy",
        )
    )


def renyi_divergence(
    p: object,
    q: object,
    order: float,
    *,
    axis: int = -1,
    where: object = None,
    unit: Unit = "nats",
) -> Array:
    """Rényi divergence D_a(p‖q) of `p` from `q` of the given order.

    D_a(p‖q) = log(sum p^a q^(1-a)) / (a - 1)

    Parameters
    ----------
    p : array of shape (..., k, ...) or Logits
        The true distribution.
    q : array of shape (..., k, ...) or Logits
        The believed distribution. Batches broadcast.
    order : float
        0 or more. 0 gives -log q(p > 0), 1/2 twice the Bhattacharyya distance, 1 the
        Kullback-Leibler divergence, inf the log of the largest p / q.
    axis : int, default -1
        The axis of the outcomes.
    where : boolean array, optional
        False leaves an outcome out; the others must sum to one. One axis runs over the outcomes,
        more are aligned with `p`.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float or array of the batch's shape
        Divergence in `unit`, from 0 to inf; it rises with the order. inf where p and q are
        disjoint, and for orders of 1 and above also where p > 0 = q.

    Raises
    ------
    NotADistribution
        If `p` or `q` is no distribution.
    InvalidArgument
        If `order` is negative or NaN, or they have different numbers of outcomes.

    Notes
    -----
    Orders near 1 and near 0 keep their digits. Only order 1/2 is symmetric; in general
    (1 - a) D_a(p‖q) = a D_(1-a)(q‖p).

    Source
    ------
    van Erven & Harremoës, Rényi divergence and Kullback-Leibler divergence (2014), equation 1.

    Examples
    --------
    >>> renyi_divergence([0.5, 0.5], [0.25, 0.75], float("inf"), unit="bits")
    1.0
    >>> round(renyi_divergence([0.5, 0.5], [0.25, 0.75], 2), 15) == round(math.log(4 / 3), 15)
    True
    """
    check_unit(unit, "renyi_divergence")
    a = _check_order(order, "renyi_divergence")
    nats = measure(
        lambda true, believed: _renyi_divergence(true, believed, a),
        (p, "p"),
        (q, "q"),
        axis=axis,
        where=where,
        function="renyi_divergence",
    )
    return plain(from_nats(nats, unit))


def alpha_divergence(
    p: object, q: object, alpha: float, *, axis: int = -1, where: object = None
) -> Array:
    """Alpha-divergence D_a(p‖q) of `p` from `q` (the power divergence of Cressie and Read, halved).

    D_a(p‖q) = (sum p^a q^(1-a) - 1) / (a (a - 1))

    Parameters
    ----------
    p : array of shape (..., k, ...) or Logits
        The true distribution.
    q : array of shape (..., k, ...) or Logits
        The believed distribution. Batches broadcast.
    alpha : float
        Any finite number. 1 gives KL(p‖q), 0 gives KL(q‖p), 1/2 four times the squared Hellinger
        distance, 2 half of the chi-squared divergence of p from q, -1 half of that of q from p.
    axis : int, default -1
        The axis of the outcomes.
    where : boolean array, optional
        False leaves an outcome out; the others must sum to one. One axis runs over the outcomes,
        more are aligned with `p`.

    Returns
    -------
    float or array of the batch's shape
        A pure number (nats for alpha 0 and 1), from 0 to inf: inf for alpha of 1 and above where
        p > 0 = q, for alpha of 0 and below where q > 0 = p.

    Raises
    ------
    NotADistribution
        If `p` or `q` is no distribution.
    InvalidArgument
        If `alpha` is not finite, or they have different numbers of outcomes.

    Notes
    -----
    Other parametrisations: Cressie and Read's lambda is alpha - 1, and their 2 n I^lambda statistic
    is 2 n D_alpha; Amari's alpha is 2 alpha - 1 or 1 - 2 alpha, depending on the text.
    D_alpha(p‖q) = D_(1-alpha)(q‖p). Values beside alpha 0 and 1 keep their digits.

    Source
    ------
    Cichocki & Amari, Families of alpha- beta- and gamma-divergences (2010), equation 9; Cressie &
    Read, Multinomial goodness-of-fit tests (1984), equation 2.16.

    Examples
    --------
    >>> round(alpha_divergence([0.5, 0.5], [0.25, 0.75], 2), 12)  # chi-squared / 2
    0.166666666667
    >>> alpha_divergence([1.0, 0.0], [0.0, 1.0], 0.5)
    4.0
    """
    a = _check_order(alpha, "alpha_divergence", name="alpha", low=-math.inf, finite=True)
    return plain(
        measure(
            lambda true, believed: _alpha(true, believed, a),
            (p, "p"),
            (q, "q"),
            axis=axis,
            where=where,
            function="alpha_divergence",
        )
    )


def _renyi_entropy(masses: Masses, a: float) -> Array:
    xp, support = masses.xp, masses.possible
    if a == 1:
        return entropy_of_masses(masses)
    if a == 0:
        p = masses.probabilities
        ones = xp.where(support, 1.0 + 0 * p, 0 * p)  # in terms of p, so that a gradient of 0 flows
        return xp.log(xp.sum(ones, axis=-1))
    logs = masses.log_on(support)
    if math.isinf(a):
        return 0.0 - xp.max(xp.where(support, logs, xp.full_like(logs, -np.inf)), axis=-1)
    return 0.0 - _log_mean_exp(masses, support, logs, (a - 1) * logs) / (a - 1)


def _tsallis(masses: Masses, a: float) -> Array:
    if a == 1:
        return entropy_of_masses(masses)
    logs = masses.log_on(masses.possible)
    return 0.0 - _sum_less_one(masses, masses.possible, logs, a - 1, logs) / (a - 1)


def _renyi_divergence(true: Masses, believed: Masses, a: float) -> Array:
    if a == 1:
        return kl_of_masses(true, believed)
    if a == 0:
        xp = true.xp
        q = xp.where(true.possible, believed.probabilities, 0 * believed.probabilities)
        return 0.0 - log(xp, xp.sum(q, axis=-1))
    if a < 0.5:  # the other end, where the leading terms do not cancel
        return (a / (1 - a)) * _renyi_power(believed, true, 1 - a, a)
    return _renyi_power(true, believed, a, 1 - a)


def _renyi_power(true: Masses, believed: Masses, a: float, b: float) -> Array:
    """Rényi divergence of an order a of at least 1/2; b = 1 - a, which may be all that is exact."""
    xp = true.xp
    common = true.possible & believed.possible
    logs = true.log_on(common)
    log_ratio = logs - believed.log_on(common)
    outside = _outside(true, common)
    if math.isinf(a):
        value = xp.max(xp.where(common, log_ratio, xp.full_like(log_ratio, -np.inf)), axis=-1)
    else:
        value = 0.0 - _log_mean_exp(true, common, logs, -b * log_ratio) / b
    return _infinite_if(xp, outside, value) if a > 1 else value


def _alpha(true: Masses, believed: Masses, a: float) -> Array:
    if a < 0.5:
        return _alpha_power(believed, true, 1 - a, a)
    return _alpha_power(true, believed, a, 1 - a)


def _alpha_power(true: Masses, believed: Masses, a: float, b: float) -> Array:
    """Alpha-divergence of an order a of at least 1/2; b = 1 - a, which may be all that is exact."""
    if b == 0:
        return kl_of_masses(true, believed)
    common = true.possible & believed.possible
    logs = true.log_on(common)
    total = _sum_less_one(true, common, logs, -b, logs - believed.log_on(common))
    value = 0.0 - total / (a * b)
    if a > 1:
        return _infinite_if(true.xp, _outside(true, believed.possible), value)
    return value


def _sum_less_one(masses: Masses, on: Array, logs: Array, power: float, log_ratio: Array) -> Array:
    """Return the sum of p (r^power - 1) with r = exp(log_ratio) on `on`; elsewhere r^power is 0.

    Each term is p expm1(power log r), which keeps the digits where r is near 1; where it is far
    above, exp(log p + power log r) knows the masses that are too small for a number.
    """
    xp, p = masses.xp, masses.probabilities
    zero = xp.zeros_like(p + log_ratio)
    exponent = xp.where(on, power * log_ratio, zero)
    far = on & (exponent > 1)
    with quietly(xp):
        grown = xp.exp(xp.where(far, logs + exponent, zero)) - p
        factor = xp.where(on, xp.expm1(xp.where(far, zero, exponent)), zero - 1)
        return xp.sum(xp.where(far, grown, p * factor), axis=-1)


def _log_mean_exp(masses: Masses, on: Array, logs: Array, exponent: Array) -> Array:
    """Return log(sum over `on` of p exp(exponent)), also where that is close to log 1.

    Near 0 the sum is 1 + (sum of p expm1(exponent) - mass outside `on`), which keeps the digits
    that a logarithm of the rounded sum would lose.
    """
    xp = masses.xp
    nowhere = xp.full_like(logs + exponent, -np.inf)
    terms = xp.where(on, logs + exponent, nowhere)
    top = xp.max(terms, axis=-1, keepdims=True)
    top = xp.where(top == -np.inf, xp.zeros_like(top), top)  # nothing in common: log 0
    direct = log(xp, xp.sum(xp.exp(terms - top), axis=-1)) + top[..., 0]
    ceiling = 700.0 if direct.dtype.itemsize > 4 else 85.0  # a summand above this has no mass
    excess = xp.expm1(xp.where(exponent < ceiling, exponent, xp.full_like(exponent, ceiling)))
    excess = expectation(masses, excess) - _outside(masses, on)
    near = xp.abs(direct) < 0.4
    return xp.where(near, xp.log1p(xp.where(near, excess, xp.zeros_like(excess))), direct)


def _outside(masses: Masses, common: Array) -> Array:
    """Return the mass that is not on `common`."""
    p = masses.probabilities
    return masses.xp.sum(masses.xp.where(common, 0 * p, p), axis=-1)


def _infinite_if(xp: Array, outside: Array, value: Array) -> Array:
    return xp.where(outside > 0, xp.full_like(value, np.inf), value)


def _check_order(
    order: object,
    function: str,
    *,
    name: str = "order",
    low: float = 0.0,
    finite: bool = False,
) -> float:
    a = check_real(order, function=function, argument=name)
    if math.isnan(a) or a < low or (finite and math.isinf(a)):
        kind = "finite" if low < 0 else "0 or more and finite" if finite else "0 or more"
        raise InvalidArgument(sentence(function, name, f"be {kind}", a))
    return a
