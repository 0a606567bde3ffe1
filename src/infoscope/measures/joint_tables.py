"""Measures of joint tables: what two variables share, and what one leaves unknown of the other."""

from __future__ import annotations

from infoscope.core.arrays import Array, as_array, check_axis, plain
from infoscope.core.distribution import Masses, expectation, read
from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.logits import Logits
from infoscope.core.units import Unit, check_unit, from_nats

__all__ = ["conditional_entropy", "mutual_information"]


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
    masses = _read_table(joint, "mutual_information")
    table, xp = masses.probabilities, masses.xp
    if table.ndim != 2:
        raise InvalidArgument(
            sentence(
                "mutual_information",
                "joint",
                "have two axes, one for each variable",
                f"shape {tuple(table.shape)}",
                "Sum over the axes of variables that do not matter here.",
            )
        )
    flat = Masses(xp, xp.reshape(table, (-1,)))
    support = xp.reshape(table != 0, (-1,))
    rows = xp.sum(table, axis=1, keepdims=True) + xp.zeros_like(table)
    columns = xp.sum(table, axis=0, keepdims=True) + xp.zeros_like(table)
    log_ratio = flat.log_on(support)
    for marginal in (rows, columns):
        log_ratio = log_ratio - Masses(xp, xp.reshape(marginal, (-1,))).log_on(support)
    return plain(from_nats(expectation(flat, support, log_ratio), unit))


def conditional_entropy(
    joint: object, *, given: int | tuple[int, ...] = 1, unit: Unit = "nats"
) -> Array:
    """Conditional entropy: what remains unknown of a joint table once `given` is known.

    H(rest | given) = -sum p(rest, given) log p(rest | given) = H(all) - H(given)

    Parameters
    ----------
    joint : array of shape (k0, k1, ...)
        Joint probabilities, summing to one over the whole table; axes are variables.
    given : int or tuple of int, default 1
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
        If `given` names no axis of the table, or all of them.

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
    masses = _read_table(joint, "conditional_entropy")
    table, xp = masses.probabilities, masses.xp
    axes = (given,) if not isinstance(given, tuple) else given
    known = {
        check_axis(axis, table.ndim, function="conditional_entropy", argument="given") % table.ndim
        for axis in axes
    }
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
    marginal = xp.sum(table, axis=rest, keepdims=True) + xp.zeros_like(table)
    flat = Masses(xp, xp.reshape(table, (-1,)))
    support = flat.support
    log_conditional = flat.log_on(support) - Masses(xp, xp.reshape(marginal, (-1,))).log_on(support)
    return plain(from_nats(0.0 - expectation(flat, support, log_conditional), unit))


def _read_table(joint: object, function: str) -> Masses:
    """Return a joint table's masses in the table's own shape, checked over the whole table."""
    if isinstance(joint, Logits):
        raise WrongType(
            sentence(function, "joint", "be a table of probabilities", "Logits", "Apply softmax.")
        )
    array = as_array(joint, function=function, argument="joint")
    if array.ndim < 2:
        raise InvalidArgument(
            sentence(
                function,
                "joint",
                "have one axis for each variable, two at least",
                f"shape {tuple(array.shape)}",
                "A table of samples must be counted first.",
            )
        )
    flat = read(array.reshape(-1), axis=-1, function=function, argument="joint")
    return Masses(flat.xp, flat.xp.reshape(flat.probabilities, tuple(array.shape)))
