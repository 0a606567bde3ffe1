"""Measures of joint tables: what variables share, and what one leaves unknown of another.

Every such measure is a sum of joint entropies with whole coefficients. It is taken cell by cell, as
the expectation of one combined log-ratio: differences of finished entropies would lose digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from infoscope.core.arrays import Array, as_array, plain, together
from infoscope.core.distribution import Masses, check_probabilities, expectation, tolerance
from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.logits import Logits
from infoscope.core.units import Unit, check_unit, from_nats

__all__ = [
    "Combination",
    "combine",
    "combine_entropies",
    "conditional_entropy",
    "conditional_mutual_information",
    "joint_entropy",
    "mutual_information",
    "read_table",
]

#: Sets of axes (sorted) and how often the joint entropy of each is counted.
Combination: TypeAlias = Mapping[tuple[int, ...], float]

_WORDS = {1: "one", 2: "two", 3: "three"}


def joint_entropy(joint: object, *, unit: Unit = "nats") -> Array:
    """Joint entropy of all variables of a table.

    H(X,Y,...) = -sum p(x,y,...) log p(x,y,...)

    Parameters
    ----------
    joint : array of shape (k0, k1, ...)
        Joint probabilities, summing to one over the whole table; axes are variables.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float (or zero-dimensional array)
        Entropy in `unit`, from 0 to the log of the number of cells.

    Raises
    ------
    NotADistribution
        If the table holds NaN or negative values, or does not sum to one.
    InvalidArgument
        If the table has fewer than two axes.

    Notes
    -----
    The same number as `entropy` of the flattened table: the axes only say what the variables are.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), equation 2.8.

    Examples
    --------
    >>> joint_entropy([[0.25, 0.25], [0.25, 0.25]], unit="bits")
    2.0
    """
    check_unit(unit, "joint_entropy")
    masses = read_table(joint, "joint_entropy")
    everything = tuple(range(masses.probabilities.ndim))
    return plain(from_nats(combine_entropies(masses, {everything: 1}), unit))


def mutual_information(joint: object, *, unit: Unit = "nats") -> Array:
    """Mutual information of the two variables of a joint table.

    I(X;Y) = sum p(x,y) log [p(x,y) / (p(x) p(y))] = H(X) + H(Y) - H(X,Y)

    Parameters
    ----------
    joint : array of shape (kx, ky)
        Joint probabilities, summing to one over the whole table; axes are variables.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float (or zero-dimensional array)
        Mutual information in `unit`, from 0 (independent) to the smaller of H(X) and H(Y).

    Raises
    ------
    NotADistribution
        If the table holds NaN or negative values, or does not sum to one.
    InvalidArgument
        If the table has not exactly two axes.

    Notes
    -----
    Computed as one sum of log ratios: a difference of entropies loses digits when the variables
    are nearly independent. If Y is a function of X, I(X;Y) = H(Y).

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), equation 2.28.

    Examples
    --------
    >>> mutual_information([[0.5, 0.0], [0.0, 0.5]], unit="bits")
    1.0
    >>> mutual_information([[0.25, 0.25], [0.25, 0.25]])
    0.0
    """
    check_unit(unit, "mutual_information")
    masses = read_table(joint, "mutual_information", ndim=2)
    return plain(from_nats(combine_entropies(masses, {(0,): 1, (1,): 1, (0, 1): -1}), unit))


def conditional_mutual_information(joint: object, *, unit: Unit = "nats") -> Array:
    """Conditional mutual information I(0;1|2) of a joint table with three axes.

    I(X;Y|Z) = sum p(x,y,z) log [p(x,y,z) p(z) / (p(x,z) p(y,z))]

    Parameters
    ----------
    joint : array of shape (kx, ky, kz)
        Joint probabilities, summing to one over the whole table; the last axis is the condition.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float (or zero-dimensional array)
        Conditional mutual information in `unit`, from 0 to the smaller of H(X|Z) and H(Y|Z).

    Raises
    ------
    NotADistribution
        If the table holds NaN or negative values, or does not sum to one.
    InvalidArgument
        If the table has not exactly three axes.

    Notes
    -----
    It can be smaller or larger than I(X;Y). For more variables: `Joint(table, names).I("X,W;Y|Z")`.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), equation 2.60.

    Examples
    --------
    >>> parity = [[[0.25, 0.0], [0.0, 0.25]], [[0.0, 0.25], [0.25, 0.0]]]
    >>> conditional_mutual_information(parity, unit="bits")
    1.0
    """
    check_unit(unit, "conditional_mutual_information")
    masses = read_table(joint, "conditional_mutual_information", ndim=3)
    value = combine_entropies(masses, {(0, 2): 1, (1, 2): 1, (0, 1, 2): -1, (2,): -1})
    return plain(from_nats(value, unit))


def conditional_entropy(
    joint: object, *, given: int | Sequence[int] = 1, unit: Unit = "nats"
) -> Array:
    """Conditional entropy: what remains unknown of a joint table once `given` is known.

    H(rest | given) = -sum p(rest, given) log p(rest | given) = H(all) - H(given)

    Parameters
    ----------
    joint : array of shape (k0, k1, ...)
        Joint probabilities, summing to one over the whole table; axes are variables.
    given : int or sequence of int, default 1
        The axes of the variables that are known: by default H(0 | 1).
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float (or zero-dimensional array)
        Conditional entropy in `unit`, from 0 (a function of what is given) to H(rest).

    Raises
    ------
    NotADistribution
        If the table holds NaN or negative values, or does not sum to one.
    InvalidArgument
        If `given` names no axis of the table, or all of them; or the table has fewer than two axes.
    WrongType
        If `given` holds no integers.

    Notes
    -----
    One sum over the cells, of -log p(rest | given). With names and expressions:
    `Joint(table, names).H("X|Y,Z")`.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), equation 2.10.

    Examples
    --------
    >>> conditional_entropy([[0.25, 0.25], [0.25, 0.25]], unit="bits")
    1.0
    >>> conditional_entropy([[0.5, 0.0], [0.0, 0.5]])
    0.0
    """
    check_unit(unit, "conditional_entropy")
    masses = read_table(joint, "conditional_entropy")
    table = masses.probabilities
    known = _known(given, table.ndim)
    rest = tuple(axis for axis in range(table.ndim) if axis not in known)
    if not known or not rest:
        raise InvalidArgument(
            sentence(
                "conditional_entropy",
                "given",
                f"leave at least one of {table.ndim} axes, and name at least one",
                repr(given),
            )
        )
    everything = tuple(range(table.ndim))
    value = combine_entropies(masses, {everything: 1, tuple(sorted(known)): -1})
    return plain(from_nats(value, unit))


def read_table(
    joint: object,
    function: str,
    *,
    ndim: int | None = None,
    least: int = 2,
    argument: str = "joint",
) -> Masses:
    """Return a joint table's masses in its own shape, checked over the whole table.

    `ndim` is the number of axes that it must have, `least` the smallest number it may have.
    """
    if isinstance(joint, Logits):
        raise WrongType(
            sentence(function, argument, "be a table of probabilities", "Logits", "Apply softmax.")
        )
    array = as_array(joint, function=function, argument=argument)
    shape = tuple(array.shape)
    if array.ndim < least:
        raise InvalidArgument(
            sentence(
                function,
                argument,
                f"have one axis for each variable, {_WORDS[least]} at least",
                f"shape {shape}",
                "A table of samples must be counted first.",
            )
        )
    if ndim is not None and array.ndim != ndim:
        raise InvalidArgument(
            sentence(
                function,
                argument,
                f"have {_WORDS[ndim]} axes, one for each variable",
                f"shape {shape}",
                "Sum over the axes of variables that do not matter here.",
            )
        )
    xp, (table,) = together([array], function=function)
    check_probabilities(
        xp.reshape(table, (-1,)),
        axis=-1,
        within=tolerance(array),
        function=function,
        argument=argument,
        table=shape,
    )
    return Masses(xp, table)


def _known(given: object, ndim: int) -> set[int]:
    """Return the axes that `given` names, counted from the front."""
    function = "conditional_entropy"
    several = hasattr(given, "__iter__") and not isinstance(given, str)
    axes: tuple[Any, ...] = tuple(cast(Any, given)) if several else (given,)
    known: set[int] = set()
    for axis in axes:
        if isinstance(axis, bool) or not hasattr(axis, "__index__"):
            raise WrongType(sentence(function, "given", "be an integer or several", repr(given)))
        if not -ndim <= axis < ndim:
            raise InvalidArgument(
                sentence(function, "given", f"lie in [{-ndim}, {ndim - 1}]", repr(given))
            )
        known.add(int(axis) % ndim)
    return known


def combine_entropies(masses: Masses, combination: Combination) -> Array:
    """Return the sum of joint entropies of sets of axes, in nats, as one expectation.

    sum_S c_S H(S) = E[-sum_S c_S log p_S]
    """
    xp, table = masses.xp, masses.probabilities
    log_ratio = xp.zeros_like(table)
    lost = xp.zeros_like(table)
    for axes, count in combination.items():
        rest = tuple(axis for axis in range(table.ndim) if axis not in axes)
        if not count or not axes:  # the entropy of no variable is 0
            continue
        marginal = Masses(xp, xp.sum(table, axis=rest, keepdims=True)) if rest else masses
        term = -count * marginal.log_on(marginal.support)
        # what the addition rounds away is kept (Knuth's two-sum), so that sums of whole bits are
        # whole bits, whatever the order
        log_ratio, before = log_ratio + term, log_ratio
        taken = log_ratio - before
        lost = lost + ((before - (log_ratio - taken)) + (term - taken))
    log_ratio = xp.where(masses.support, log_ratio + lost, xp.zeros_like(log_ratio))
    flat = Masses(xp, xp.reshape(table, (-1,)))
    return expectation(flat, xp.reshape(log_ratio, (-1,)))


def combine(terms: Iterable[tuple[Iterable[int], float]]) -> Combination:
    """Add up coefficients of sets of axes that occur more than once."""
    total: dict[tuple[int, ...], float] = {}
    for axes, count in terms:
        key = tuple(sorted(set(axes)))
        total[key] = total.get(key, 0) + count
    return total
