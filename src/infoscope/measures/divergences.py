"""How far one distribution is from another, in information: the Kullback-Leibler family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from infoscope.core.arrays import Array, check_real, plain
from infoscope.core.distribution import Masses, expectation, measure
from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.units import Unit, check_unit, from_nats
from infoscope.measures import families, rows

__all__ = ["jeffreys_divergence", "jensen_shannon_divergence", "kl_divergence", "kl_of_masses"]


def kl_divergence(
    p: object, q: object, *, axis: int = -1, where: object = None, unit: Unit = "nats"
) -> Array:
    """Kullback-Leibler divergence KL(p‖q): the extra surprisal of believing q when p is true.

    KL(p‖q) = sum p log(p / q)

    Parameters
    ----------
    p : array of shape (..., k, ...), Logits, or a family
        The true distribution, under which the expectation is taken; or a frozen scipy.stats or
        torch distribution.
    q : array of shape (..., k, ...), Logits, or a family
        The believed distribution. Batches broadcast.
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
        Divergence in `unit`, from 0 (p = q) up to inf (where p > 0 = q). Rounding may leave a value
        of the order of -1e-16; it is not clipped.

    Raises
    ------
    NotADistribution
        If `p` or `q` holds NaN or negative values, or does not sum to one.
    InvalidArgument
        If they have different numbers of outcomes.

    Notes
    -----
    Not symmetric, not a distance. 0 log(0/q) = 0; p log(p/0) = inf, with no epsilon to soften it.

    Source
    ------
    Kullback & Leibler (1951), equation 2.4; Cover & Thomas (2006), equation 2.26.

    Examples
    --------
    >>> round(kl_divergence([0.9, 0.1], [0.5, 0.5]), 15)
    0.368064207168497
    >>> kl_divergence([1.0, 0.0], [0.0, 1.0])
    inf
    """
    check_unit(unit, "kl_divergence")
    if families.is_family(p) or families.is_family(q):
        return plain(from_nats(families.kl_of(p, q, axis=axis, where=where), unit))
    nats = measure(
        kl_of_masses,
        (p, "p"),
        (q, "q"),
        axis=axis,
        where=where,
        function="kl_divergence",
        compiled=rows.kl_divergence,
    )
    return plain(from_nats(nats, unit))


def jensen_shannon_divergence(
    p: object,
    q: object,
    *,
    weights: Sequence[float] | None = None,
    axis: int = -1,
    where: object = None,
    unit: Unit = "nats",
) -> Array:
    """Jensen-Shannon divergence of `p` and `q`: mean divergence of each from their mixture.

    JS(p, q) = w KL(p‖m) + (1 - w) KL(q‖m),  m = w p + (1 - w) q

    Parameters
    ----------
    p, q : array of shape (..., k, ...), Logits, or a family
        The two distributions. Batches broadcast.
    weights : pair of floats, optional
        Non-negative and summing to one; (1/2, 1/2) by default.
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
        Divergence in `unit`, from 0 to the entropy of the weights (log 2 by default).

    Raises
    ------
    NotADistribution
        If `p` or `q` is no distribution.
    InvalidArgument
        If the weights are not two non-negative numbers that sum to one, or `p` and `q` have
        different numbers of outcomes.

    Notes
    -----
    Symmetric for equal weights; its square root is then a metric. It is the mutual information
    between a draw from the mixture and the label that says which of the two it came from.

    Source
    ------
    Lin, Divergence measures based on the Shannon entropy (1991), equation 4.1.

    Examples
    --------
    >>> jensen_shannon_divergence([1.0, 0.0], [0.0, 1.0], unit="bits")
    1.0
    """
    check_unit(unit, "jensen_shannon_divergence")
    w = _check_weights(weights)
    if families.is_family(p) or families.is_family(q):
        value = families.js_of(p, q, weights=w, axis=axis, where=where)
        return plain(from_nats(value, unit))

    def jensen_shannon(first: Masses, second: Masses) -> Array:
        mixture = w[0] * first.probabilities + w[1] * second.probabilities
        mean = Masses(first.xp, mixture)
        parts = [
            weight * kl_of_masses(part, mean, within=mean.support)
            for weight, part in zip(w, (first, second), strict=True)
            if weight  # a part without weight may lie outside the mixture: 0 * inf
        ]
        return sum(parts[1:], parts[0])

    nats = measure(
        jensen_shannon,
        (p, "p"),
        (q, "q"),
        axis=axis,
        where=where,
        function="jensen_shannon_divergence",
    )
    return plain(from_nats(nats, unit))


def jeffreys_divergence(
    p: object, q: object, *, axis: int = -1, where: object = None, unit: Unit = "nats"
) -> Array:
    """Jeffreys divergence of `p` and `q`: Kullback-Leibler divergence, there and back.

    J(p, q) = KL(p‖q) + KL(q‖p) = sum (p - q) log(p / q)

    Parameters
    ----------
    p, q : array of shape (..., k, ...) or Logits
        The two distributions. Batches broadcast.
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
        Divergence in `unit`, from 0 (p = q) to inf (the supports differ). Never negative.

    Raises
    ------
    NotADistribution
        If `p` or `q` is no distribution.
    InvalidArgument
        If they have different numbers of outcomes.

    Notes
    -----
    Symmetric, and not a metric. The population stability index of credit scoring is this number
    over the bins of a score. Some texts call half of it by the same name.

    Source
    ------
    Jeffreys, An invariant form for the prior probability (1946), equation 1.

    Examples
    --------
    >>> round(jeffreys_divergence([0.8, 0.2], [0.2, 0.8], unit="bits"), 12)
    2.4
    >>> jeffreys_divergence([1.0, 0.0], [0.5, 0.5])
    inf
    """
    check_unit(unit, "jeffreys_divergence")
    nats = measure(
        _jeffreys, (p, "p"), (q, "q"), axis=axis, where=where, function="jeffreys_divergence"
    )
    return plain(from_nats(nats, unit))


def kl_of_masses(true: Masses, believed: Masses, within: Array | None = None) -> Array:
    """KL in nats along the last axis; `within` leaves out masses that rounding lost (denormals)."""
    support = true.support if within is None else true.support & within
    return expectation(true, true.log_on(support) - believed.log_on(support))


def _jeffreys(first: Masses, second: Masses) -> Array:
    """Sum of (p - q)(log p - log q) where either has mass; every term is 0 or more."""
    xp = first.xp
    either = first.support | second.support
    difference = first.probabilities - second.probabilities
    log_ratio = first.log_on(either) - second.log_on(either)
    return 0.0 + xp.sum(difference * log_ratio, axis=-1)


def _check_weights(weights: Sequence[float] | None) -> tuple[float, float]:
    if weights is None:
        return 0.5, 0.5
    function = "jensen_shannon_divergence"
    if isinstance(weights, str) or not hasattr(weights, "__iter__"):
        raise WrongType(sentence(function, "weights", "be two numbers", repr(weights)))
    listed: Any = cast(Any, weights).tolist() if hasattr(weights, "tolist") else weights
    w = tuple(check_real(weight, function=function, argument="weights[i]") for weight in listed)
    if len(w) != 2 or not min(w) >= 0 or not abs(sum(w) - 1) <= 1e-6:
        raise InvalidArgument(
            sentence(function, "weights", "be two non-negative numbers that sum to 1", list(w))
        )
    return w[0], w[1]
