"""How strongly variables hang together: normalised, total, dual, higher-order information."""

from __future__ import annotations

from itertools import combinations
from typing import Any, Literal, TypeAlias, get_args

from infoscope.core.arrays import Array, plain
from infoscope.core.distribution import Masses
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.units import Unit, check_unit, from_nats
from infoscope.measures.joint_tables import combine, combine_entropies, read_table

__all__ = [
    "Normalization",
    "dual_total_correlation",
    "interaction_information",
    "normalized_mutual_information",
    "o_information",
    "total_correlation",
    "variation_of_information",
]

#: What mutual information is divided by: a mean or an extreme of H(X) and H(Y), or H(X,Y).
Normalization: TypeAlias = Literal["min", "max", "arithmetic", "geometric", "joint"]


def normalized_mutual_information(
    joint: object, *, normalization: Normalization = "arithmetic"
) -> Array:
    """Mutual information of a joint table as a share of what there is to know.

    NMI = I(X;Y) / n(H(X), H(Y))

    Parameters
    ----------
    joint : array of shape (kx, ky)
        Joint probabilities, summing to one over the whole table; axes are variables.
    normalization : {"arithmetic", "geometric", "min", "max", "joint"}
        The divisor: the arithmetic or geometric mean, the smaller or the larger of H(X) and H(Y),
        or H(X,Y).

    Returns
    -------
    float (or zero-dimensional array)
        A pure number from 0 (independent) to 1. By "min", 1 means that one is a function of the
        other; by all others, that each is a function of the other.

    Raises
    ------
    NotADistribution
        If the table is no distribution.
    InvalidArgument
        If the table has not two axes, or `normalization` is none of the names.

    Notes
    -----
    Where the divisor is 0 (a constant variable; for some divisors, two) nothing can be shared, and
    the result is 0; scikit-learn says 1 for two constants. Without correction for chance: from
    samples, many categories alone raise it.

    Source
    ------
    Vinh, Epps & Bailey, Information theoretic measures for clusterings comparison (2010), table 2.

    Examples
    --------
    >>> normalized_mutual_information([[0.5, 0.0], [0.0, 0.5]])
    1.0
    >>> table = [[0.25, 0.0], [0.25, 0.0], [0.0, 0.5]]
    >>> round(normalized_mutual_information(table, normalization="max"), 12)
    0.666666666667
    """
    if normalization not in get_args(Normalization):
        names = ", ".join(repr(name) for name in get_args(Normalization))
        raise InvalidArgument(
            sentence(
                "normalized_mutual_information",
                "normalization",
                f"be one of {names}",
                repr(normalization),
            )
        )
    masses = read_table(joint, "normalized_mutual_information", ndim=2)
    xp = masses.xp
    shared = combine_entropies(masses, {(0,): 1, (1,): 1, (0, 1): -1})
    first, second = (combine_entropies(masses, {(axis,): 1}) for axis in (0, 1))
    divisor = _divisor(xp, normalization, masses, first, second)
    some = divisor > 0
    ratio = shared / xp.where(some, divisor, xp.ones_like(divisor))
    return plain(xp.where(some, ratio, xp.zeros_like(ratio)))


def variation_of_information(joint: object, *, unit: Unit = "nats") -> Array:
    """Variation of information of the two variables of a joint table: what they do not share.

    VI = H(X|Y) + H(Y|X) = 2 H(X,Y) - H(X) - H(Y)

    Parameters
    ----------
    joint : array of shape (kx, ky)
        Joint probabilities, summing to one over the whole table; axes are variables.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float (or zero-dimensional array)
        Distance in `unit`, from 0 (each is a function of the other) to H(X,Y) (independent).

    Raises
    ------
    NotADistribution
        If the table is no distribution.
    InvalidArgument
        If the table has not two axes.

    Notes
    -----
    A metric between partitions (clusterings) of the same items.

    Source
    ------
    Meilă, Comparing clusterings: an information based distance (2007), equation 15.

    Examples
    --------
    >>> variation_of_information([[0.25, 0.25], [0.25, 0.25]], unit="bits")
    2.0
    """
    check_unit(unit, "variation_of_information")
    masses = read_table(joint, "variation_of_information", ndim=2)
    return plain(from_nats(combine_entropies(masses, {(0, 1): 2, (0,): -1, (1,): -1}), unit))


def total_correlation(joint: object, *, unit: Unit = "nats") -> Array:
    """Total correlation of all variables of a joint table: how far they are from independence.

    TC = sum_i H(X_i) - H(X_1,...,X_n) = KL(p‖product of the marginals)

    Parameters
    ----------
    joint : array of shape (k0, k1, ...)
        Joint probabilities, summing to one over the whole table; axes are variables.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float (or zero-dimensional array)
        Total correlation in `unit`, from 0 (independent) to the sum of H(X_i) without the largest.

    Raises
    ------
    NotADistribution
        If the table is no distribution.
    InvalidArgument
        If the table has fewer than two axes.

    Notes
    -----
    For two variables it is mutual information. Also called multi-information.

    Source
    ------
    Watanabe, Information theoretical analysis of multivariate correlation (1960), equation 9.

    Examples
    --------
    >>> parity = [[[0.25, 0.0], [0.0, 0.25]], [[0.0, 0.25], [0.25, 0.0]]]
    >>> total_correlation(parity, unit="bits")
    1.0
    """
    check_unit(unit, "total_correlation")
    masses = read_table(joint, "total_correlation")
    n = masses.probabilities.ndim
    terms = combine([*(((i,), 1) for i in range(n)), (range(n), -1)])
    return plain(from_nats(combine_entropies(masses, terms), unit))


def dual_total_correlation(joint: object, *, unit: Unit = "nats") -> Array:
    """Dual total correlation of all variables of a joint table: entropy that is not private.

    DTC = H(X_1,...,X_n) - sum_i H(X_i | all others)

    Parameters
    ----------
    joint : array of shape (k0, k1, ...)
        Joint probabilities, summing to one over the whole table; axes are variables.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float (or zero-dimensional array)
        Dual total correlation in `unit`, from 0 (independent) to H(X_1,...,X_n).

    Raises
    ------
    NotADistribution
        If the table is no distribution.
    InvalidArgument
        If the table has fewer than two axes.

    Notes
    -----
    For two variables it is mutual information. Also called excess entropy or binding information.

    Source
    ------
    Han, Nonnegative entropy measures of multivariate symmetric correlations (1978), equation 2.8.

    Examples
    --------
    >>> parity = [[[0.25, 0.0], [0.0, 0.25]], [[0.0, 0.25], [0.25, 0.0]]]
    >>> dual_total_correlation(parity, unit="bits")
    2.0
    """
    check_unit(unit, "dual_total_correlation")
    masses = read_table(joint, "dual_total_correlation")
    n = masses.probabilities.ndim
    terms = combine([(range(n), 1 - n), *((_without(n, i), 1) for i in range(n))])
    return plain(from_nats(combine_entropies(masses, terms), unit))


def interaction_information(joint: object, *, unit: Unit = "nats") -> Array:
    """Interaction information of all variables of a joint table, positive for synergy.

    II(X;Y;Z) = I(X;Y|Z) - I(X;Y),  II = -sum over sets S of (-1)^(n-|S|) H(S)

    Parameters
    ----------
    joint : array of shape (k0, k1, ...)
        Joint probabilities, summing to one over the whole table; axes are variables.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float (or zero-dimensional array)
        Interaction information in `unit`, of either sign: for three variables positive where two
        say more of the third together than apart (synergy), negative for redundancy.

    Raises
    ------
    NotADistribution
        If the table is no distribution.
    InvalidArgument
        If the table has fewer than two axes.

    Notes
    -----
    The sign is McGill's. The middle of a Venn diagram (co-information, `Joint.I("X;Y;Z")`) is this
    times (-1)^n: of opposite sign for three variables. For two it is mutual information. Cost:
    2^n marginals.

    Source
    ------
    McGill, Multivariate information transmission (1954), equation 12.

    Examples
    --------
    >>> parity = [[[0.25, 0.0], [0.0, 0.25]], [[0.0, 0.25], [0.25, 0.0]]]
    >>> interaction_information(parity, unit="bits")
    1.0
    """
    check_unit(unit, "interaction_information")
    masses = read_table(joint, "interaction_information")
    n = masses.probabilities.ndim
    terms = combine(
        (axes, -((-1) ** (n - size)))
        for size in range(1, n + 1)
        for axes in combinations(range(n), size)
    )
    return plain(from_nats(combine_entropies(masses, terms), unit))


def o_information(joint: object, *, unit: Unit = "nats") -> Array:
    """O-information of all variables of a joint table: redundancy less synergy.

    Omega = TC - DTC = (n - 2) H(all) + sum_i [H(X_i) - H(all others)]

    Parameters
    ----------
    joint : array of shape (k0, k1, ...)
        Joint probabilities, summing to one over the whole table; axes are variables.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float (or zero-dimensional array)
        O-information in `unit`: positive where redundancy prevails, negative where synergy does,
        always 0 for two variables.

    Raises
    ------
    NotADistribution
        If the table is no distribution.
    InvalidArgument
        If the table has fewer than two axes.

    Notes
    -----
    For three variables it is the opposite of `interaction_information`.

    Source
    ------
    Rosas et al., Quantifying high-order interdependencies (2019), equation 7.

    Examples
    --------
    >>> parity = [[[0.25, 0.0], [0.0, 0.25]], [[0.0, 0.25], [0.25, 0.0]]]
    >>> o_information(parity, unit="bits")
    -1.0
    """
    check_unit(unit, "o_information")
    masses = read_table(joint, "o_information")
    n = masses.probabilities.ndim
    singles = [((i,), 1) for i in range(n)]
    terms = combine([(range(n), n - 2), *singles, *((_without(n, i), -1) for i in range(n))])
    return plain(from_nats(combine_entropies(masses, terms), unit))


def _without(n: int, axis: int) -> tuple[int, ...]:
    return tuple(i for i in range(n) if i != axis)


def _divisor(
    xp: Any, normalization: Normalization, masses: Masses, first: Array, second: Array
) -> Array:
    if normalization == "joint":
        return combine_entropies(masses, {(0, 1): 1})
    if normalization == "min":
        return xp.minimum(first, second)
    if normalization == "max":
        return xp.maximum(first, second)
    if normalization == "geometric":
        product = first * second
        some = product > 0  # the slope of the root is infinite at 0
        root = xp.sqrt(xp.where(some, product, xp.ones_like(product)))
        return xp.where(some, root, xp.zeros_like(root))
    return 0.5 * (first + second)
