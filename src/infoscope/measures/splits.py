"""What a split into children says about the classes: information gain and gain ratio."""

from __future__ import annotations

from collections.abc import Mapping

from infoscope.core.arrays import Array, as_array, is_readable, plain, together
from infoscope.core.distribution import Masses
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.units import Unit, check_unit, from_nats
from infoscope.measures.joint_tables import combine_entropies

__all__ = ["gain_ratio", "information_gain"]


def information_gain(
    parent_counts: object, children_counts: object, *, unit: Unit = "nats"
) -> Array:
    """Information gain of a split: how much it lowers the entropy of the classes.

    IG = H(parent) - sum_c (n_c / n) H(child c) = I(class; child)

    Parameters
    ----------
    parent_counts : array of shape (k,)
        How many items of each class the parent holds (or summed sample weights).
    children_counts : array of shape (n_children, k)
        The same for each child. Children partition the parent: their counts sum to its counts.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float (or zero-dimensional array)
        Gain in `unit`, from 0 to the entropy of the parent; an empty child counts for nothing.

    Raises
    ------
    InvalidArgument
        If counts are negative or not finite, all are 0, the shapes do not fit, or the children do
        not sum to the parent.

    Notes
    -----
    It favours splits with many children: see `gain_ratio`. Counts are plugged in as probabilities;
    in a small node the gain of pure noise is about (n_children - 1)(k - 1) / 2n nats.

    Source
    ------
    Quinlan, Induction of decision trees (1986), section 4.

    Examples
    --------
    >>> information_gain([2, 2], [[2, 0], [0, 2]], unit="bits")
    1.0
    >>> information_gain([2, 2], [[1, 1], [1, 1]])
    0.0
    """
    check_unit(unit, "information_gain")
    return plain(from_nats(_gain(_read(parent_counts, children_counts, "information_gain")), unit))


def gain_ratio(parent_counts: object, children_counts: object) -> Array:
    """Gain ratio of a split: information gain as a share of the entropy of the split itself.

    GR = IG / H(child)

    Parameters
    ----------
    parent_counts : array of shape (k,)
        How many items of each class the parent holds (or summed sample weights).
    children_counts : array of shape (n_children, k)
        The same for each child. Children partition the parent: their counts sum to its counts.

    Returns
    -------
    float (or zero-dimensional array)
        A pure number from 0 to 1. 0 where all items go to one child: nothing is split.

    Raises
    ------
    InvalidArgument
        As for `information_gain`.

    Notes
    -----
    It can be large for very uneven splits, whose own entropy is small; C4.5 looks at it only for
    splits of at least average gain.

    Source
    ------
    Quinlan, C4.5: Programs for machine learning (1993), section 2.2.

    Examples
    --------
    >>> round(gain_ratio([2, 2], [[2, 0], [0, 1], [0, 1]]), 12)
    0.666666666667
    """
    masses = _read(parent_counts, children_counts, "gain_ratio")
    xp, gain = masses.xp, _gain(masses)
    split = combine_entropies(masses, {(0,): 1})
    some = split > 0
    ratio = gain / xp.where(some, split, xp.ones_like(split))
    return plain(xp.where(some, ratio, xp.zeros_like(ratio)))


def _gain(masses: Masses) -> Array:
    return combine_entropies(masses, {(0,): 1, (1,): 1, (0, 1): -1})


def _read(parent_counts: object, children_counts: object, function: str) -> Masses:
    """Return the joint distribution of child (rows) and class (columns)."""
    given: Mapping[str, Array] = {
        "parent_counts": as_array(parent_counts, function=function, argument="parent_counts"),
        "children_counts": as_array(children_counts, function=function, argument="children_counts"),
    }
    for (name, array), ndim in zip(given.items(), (1, 2), strict=True):
        if array.ndim != ndim or 0 in array.shape:
            shape = "(k,)" if ndim == 1 else "(n_children, k)"
            raise InvalidArgument(
                sentence(function, name, f"have shape {shape}, not empty", tuple(array.shape))
            )
    xp, (parent, children) = together(list(given.values()), function=function)
    if parent.shape[0] != children.shape[1]:
        raise InvalidArgument(
            sentence(
                function,
                "children_counts",
                f"count the parent's {parent.shape[0]} classes in its columns",
                f"shape {tuple(children.shape)}",
                "Give one row for each child.",
            )
        )
    if is_readable(parent) and is_readable(children):
        _check_counts(xp, parent, children, function)
    return Masses(xp, children / xp.sum(children))


def _check_counts(xp: Array, parent: Array, children: Array, function: str) -> None:
    for name, array in (("parent_counts", parent), ("children_counts", children)):
        if not bool(xp.all(array >= 0)) or not bool(xp.all(xp.isfinite(array))):
            bad = array[~((array >= 0) & xp.isfinite(array))]
            raise InvalidArgument(
                sentence(function, name, "be non-negative and finite", float(bad[0]))
            )
    total = xp.sum(parent)
    if not bool(total > 0):
        raise InvalidArgument(
            sentence(function, "parent_counts", "hold at least one item", "a sum of 0.0")
        )
    difference = xp.abs(xp.sum(children, axis=0) - parent)
    if bool(xp.any(difference > 1e-6 * total)):
        got = f"sums {xp.sum(children, axis=0).tolist()} for a parent of {parent.tolist()}"
        raise InvalidArgument(
            sentence(
                function,
                "children_counts",
                "sum to parent_counts, class by class",
                got,
                "Each item of the parent goes to exactly one child.",
            )
        )
