"""Shannon's measures of distributions: entropy, cross-entropy and perplexity."""

from __future__ import annotations

import numpy as np

from infoscope.core.arrays import Array, namespace, plain
from infoscope.core.distribution import Masses, expectation, measure
from infoscope.core.units import Unit, check_unit, from_nats
from infoscope.measures import families, rows

__all__ = ["cross_entropy", "entropy", "entropy_of_masses", "perplexity"]


def entropy(p: object, *, axis: int = -1, where: object = None, unit: Unit = "nats") -> Array:
    """Entropy of the distribution `p`: its expected surprisal.

    H(p) = -sum p log p

    Parameters
    ----------
    p : array of shape (..., k, ...), Logits, or a family
        Probabilities, non-negative and summing to one along `axis`; or a parametric family: a
        frozen scipy.stats distribution or a torch distribution (one, or a batch).
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
        Entropy in `unit`, from 0 (one outcome is certain) to log k (all are alike). Never -0.0. Of
        a density it is the differential entropy: any real number, negative for a narrow density.

    Raises
    ------
    NotADistribution
        If `p` holds NaN or negative values, does not sum to one, or has no outcome.
    WrongType
        If `p` is a family of vectors without a known entropy.

    Warns
    -----
    InfoscopeWarning
        If a family's entropy is computed numerically, and its error bound exceeds 1e-8
        (`infoscope.measures.families.quadrature` returns the bound).

    Notes
    -----
    A family is answered in closed form where one is known, otherwise by adaptive quadrature or
    summation; torch's gradients flow through both.
    0 log 0 counts as 0. The gradient at p = 0 is +inf in truth; 0 is returned there, so that
    training does not break. Under tracing, bad input surfaces as NaN. Cost: one pass, O(k) a row.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), equation 2.1.

    Examples
    --------
    >>> entropy([0.5, 0.25, 0.25], unit="bits")
    1.5
    >>> entropy([1.0, 0.0])
    0.0
    """
    check_unit(unit, "entropy")
    if families.is_family(p):
        return plain(from_nats(families.entropy_of(p, where=where), unit))
    nats = measure(
        entropy_of_masses,
        (p, "p"),
        axis=axis,
        where=where,
        function="entropy",
        compiled=rows.entropy,
    )
    return plain(from_nats(nats, unit))


def cross_entropy(
    p: object, q: object, *, axis: int = -1, where: object = None, unit: Unit = "nats"
) -> Array:
    """Cross-entropy of `q` under `p`: the expected surprisal when p is true and q is believed.

    H(p, q) = -sum p log q = H(p) + KL(p‖q)

    Parameters
    ----------
    p : array of shape (..., k, ...), Logits, or a family
        The true distribution (one-hot for a label); or a frozen scipy.stats or torch distribution.
    q : array of shape (..., k, ...), Logits, or a family
        The believed distribution; a model's logits go in as `Logits(z)`. Batches broadcast.
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
        Cross-entropy in `unit`, at least the entropy of p; inf where p > 0 = q.

    Raises
    ------
    NotADistribution
        If `p` or `q` holds NaN or negative values, or does not sum to one.
    InvalidArgument
        If they have different numbers of outcomes.

    Notes
    -----
    Outcomes with p = 0 count for nothing, whatever q says. No epsilon is added: an impossible label
    costs inf. The gradient with respect to logits is softmax(z) - p.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), theorem 5.4.3.

    Examples
    --------
    >>> cross_entropy([0.5, 0.5], [0.5, 0.5], unit="bits")
    1.0
    >>> cross_entropy([0.0, 1.0], [1.0, 0.0])
    inf
    """
    check_unit(unit, "cross_entropy")
    if families.is_family(p) or families.is_family(q):
        return plain(from_nats(families.cross_entropy_of(p, q, axis=axis, where=where), unit))
    nats = measure(
        _cross_entropy,
        (p, "p"),
        (q, "q"),
        axis=axis,
        where=where,
        function="cross_entropy",
        compiled=rows.cross_entropy,
    )
    return plain(from_nats(nats, unit))


def perplexity(p: object, *, axis: int = -1, where: object = None) -> Array:
    """Perplexity of the distribution `p`: how many equally likely outcomes have its entropy.

    PPL(p) = exp H(p)

    Parameters
    ----------
    p : array of shape (..., k, ...), Logits, or a family
        Probabilities, or logits; or a frozen scipy.stats or torch distribution (of a density it is
        the volume of the uniform density with its entropy).
    axis : int, default -1
        The axis of the outcomes.
    where : boolean array, optional
        False leaves an outcome out; the others must sum to one. One axis runs over the outcomes,
        more are aligned with `p`.

    Returns
    -------
    float or array of the batch's shape
        Perplexity (a pure number), from 1 to k.

    Raises
    ------
    NotADistribution
        If `p` is no distribution.

    Notes
    -----
    The perplexity of a *model on a text* is exp of the mean surprisal: `perplexity_from_loss`, or
    `infoscope.language.score`.

    Source
    ------
    Jelinek et al., Perplexity: a measure of the difficulty of speech recognition tasks (1977).

    Examples
    --------
    >>> perplexity([0.25, 0.25, 0.25, 0.25])
    4.0
    """
    if families.is_family(p):
        nats = families.entropy_of(p, where=where)
    else:
        nats = measure(
            entropy_of_masses,
            (p, "p"),
            axis=axis,
            where=where,
            function="perplexity",
            compiled=rows.entropy,
        )
    return plain(namespace(nats).exp(nats))


def entropy_of_masses(masses: Masses) -> Array:
    """Entropy in nats along the last axis."""
    return 0.0 - expectation(masses, masses.log_on(masses.support))


def _cross_entropy(true: Masses, believed: Masses) -> Array:
    support = true.support
    if true.xp is not np:  # where p = 0 < q the term is 0, and its slope in p is -log q
        support = support | believed.possible
    return 0.0 - expectation(true, believed.log_on(support))
