"""Information of single outcomes: surprisal, and the pointwise mutual information of pairs."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, get_args

import numpy as np

from infoscope.core.arrays import (
    Array,
    as_array,
    check_real,
    is_readable,
    log,
    plain,
    to_numpy,
    together,
    tolerance,
)
from infoscope.core.errors import InvalidArgument, NotADistribution, sentence
from infoscope.core.logits import Logits
from infoscope.core.units import Unit, check_unit, from_nats
from infoscope.measures.joint_tables import read_table

__all__ = ["PmiVariant", "pointwise_mutual_information", "surprisal"]

#: Which function of a cell's log-ratio is meant.
PmiVariant: TypeAlias = Literal["plain", "normalized", "positive"]


def surprisal(p: object, *, unit: Unit = "nats") -> Array:
    """Surprisal of outcomes of probability `p`: how unexpected each one is.

    s(p) = -log p

    Parameters
    ----------
    p : float or array of any shape, or Logits
        Probabilities of single outcomes, each in [0, 1]; they need not sum to one. `Logits`
        gives the surprisal of every outcome, its axis last.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float or array of the same shape
        Surprisal in `unit`, from 0 (certain) up to inf (impossible).

    Raises
    ------
    NotADistribution
        If a probability is NaN, negative or above 1 (by more than a sum of its precision may be).

    Notes
    -----
    A probability that rounding left just above 1 has a surprisal just below 0; it is not clipped.
    Surprisal is additive: independent events that happen together cost the sum of their surprisals.

    Source
    ------
    Shannon, A mathematical theory of communication (1948), section 6; the name: Tribus (1961).

    Examples
    --------
    >>> surprisal(1 / 8, unit="bits")
    3.0
    >>> surprisal([1.0, 0.5, 0.0], unit="bits").tolist()
    [0.0, 1.0, inf]
    """
    check_unit(unit, "surprisal")
    if isinstance(p, Logits):
        return from_nats(0.0 - p.log_probabilities(), unit)
    raw = as_array(p, function="surprisal", argument="p")
    xp, (array,) = together([raw], function="surprisal")
    if is_readable(array) and 0 not in array.shape:
        most = 1 + tolerance(raw)
        if not (bool(xp.min(array) >= 0) and bool(xp.max(array) <= most)):
            values = to_numpy(array)
            at = tuple(int(i) for i in np.argwhere(~((values >= 0) & (values <= most)))[0])
            got = f"{float(values[at])}" + (f" at index {at}" if at else "")
            advice = "If these are logits, wrap them: Logits(z)."
            raise NotADistribution(sentence("surprisal", "p", "lie in [0, 1]", got, advice))
    return plain(from_nats(0.0 - log(xp, array), unit))


def pointwise_mutual_information(
    joint: object,
    *,
    variant: PmiVariant = "plain",
    negatives: float = 1.0,
    unit: Unit = "nats",
) -> Array:
    """Pointwise mutual information of every cell of a joint table.

    PMI(x,y) = log [p(x,y) / (p(x) p(y))] - log negatives

    Parameters
    ----------
    joint : array of shape (kx, ky)
        Joint probabilities, summing to one over the whole table; axes are variables.
    variant : {"plain", "normalized", "positive"}
        "plain" is PMI. "normalized" is NPMI = PMI / -log p(x,y), a pure number in [-1, 1].
        "positive" is PPMI = max(PMI, 0).
    negatives : float, default 1
        Negative samples k of the skip-gram view: log k is taken off first, so that "positive" with
        negatives=5 is the shifted positive PMI (SPPMI) that word2vec factorises in the limit.
    unit : {"nats", "bits", "bans"}
        Unit of the result; it does not change "normalized".

    Returns
    -------
    array of shape (kx, ky)
        Values in `unit`. A pair that never occurs though both its parts do has -inf, NPMI -1 and
        PPMI 0. Where a part never occurs there is nothing to compare: NaN, and PPMI 0.

    Raises
    ------
    NotADistribution
        If the table is no distribution.
    InvalidArgument
        If the table has not two axes, `variant` is unknown, `negatives` is not positive, or both
        "normalized" and `negatives` are asked for.
    WrongType
        If `negatives` is not a number.

    Notes
    -----
    Its mean under the table is mutual information. From counts, rare pairs dominate plain PMI. A
    pair that is certain (p = 1) has NPMI 1, the limit of pairs that only occur together.

    Source
    ------
    Church & Hanks (1990), section 3; Bouma (2009) for NPMI; Levy & Goldberg (2014), equation 11.

    Examples
    --------
    >>> pointwise_mutual_information([[0.5, 0.0], [0.0, 0.5]], unit="bits").tolist()
    [[1.0, -inf], [-inf, 1.0]]
    >>> pointwise_mutual_information([[0.5, 0.0], [0.0, 0.5]], variant="normalized").tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    function = "pointwise_mutual_information"
    check_unit(unit, function)
    if variant not in get_args(PmiVariant):
        names = ", ".join(repr(name) for name in get_args(PmiVariant))
        raise InvalidArgument(sentence(function, "variant", f"be one of {names}", repr(variant)))
    check_real(negatives, function=function, argument="negatives")
    if not 0 < negatives < math.inf:
        raise InvalidArgument(sentence(function, "negatives", "be positive and finite", negatives))
    if variant == "normalized" and negatives != 1:
        raise InvalidArgument(
            sentence(function, "negatives", "be 1 for the variant 'normalized'", negatives)
        )
    masses = read_table(joint, function, ndim=2)
    xp, table = masses.xp, masses.probabilities
    occurs = masses.support
    logs = masses.log_on(occurs)
    pmi = logs
    possible = None
    for axis in (0, 1):
        marginal = xp.sum(table, axis=axis, keepdims=True)
        has_mass = marginal != 0
        pmi = pmi - log(xp, xp.where(has_mass, marginal, xp.ones_like(marginal)))
        possible = has_mass if possible is None else possible & has_mass
    if variant == "normalized":
        uncertain = logs != 0
        npmi = pmi / xp.where(uncertain, -logs, xp.ones_like(logs))
        npmi = xp.where(uncertain, npmi, xp.ones_like(npmi))
        return _fill(xp, npmi, occurs, possible, never=-1.0, undefined=math.nan)
    pmi = from_nats(pmi - math.log(negatives), unit)
    if variant == "positive":
        positive = occurs & (pmi > 0)
        return xp.where(positive, pmi, xp.zeros_like(pmi))
    return _fill(xp, pmi, occurs, possible, never=-math.inf, undefined=math.nan)


def _fill(
    xp: Array, values: Array, occurs: Array, possible: Array, *, never: float, undefined: float
) -> Array:
    """Keep `values` where a pair occurs; elsewhere say whether it could have."""
    absent = xp.where(possible, xp.full_like(values, never), xp.full_like(values, undefined))
    return xp.where(occurs, values, absent)
