"""`Logits`: a distribution given by unnormalised log-probabilities."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from infoscope.core.arrays import (
    Array,
    as_array,
    as_float,
    axis_last,
    check_axis,
    is_readable,
    namespace,
    quietly,
    to_numpy,
    tolerance,
)
from infoscope.core.errors import InfoscopeWarning, NotADistribution, sentence

__all__ = ["Logits", "log_softmax"]


class Logits:
    """A distribution proportional to exp(z) along `axis`; no softmax is taken first.

    Parameters
    ----------
    z : array of shape (..., k, ...)
        Unnormalised log-probabilities (normalised ones are a special case); -inf marks an
        impossible outcome.
    axis : int, default -1
        The axis over which the distribution runs. It goes with the object: a function that
        receives it ignores its own `axis` for this argument.

    Raises
    ------
    NotADistribution
        If a value is NaN or +inf, or if all of a row are -inf.

    Warns
    -----
    InfoscopeWarning
        If every row is non-negative and sums to one: that looks like softmax output, and taking the
        softmax of a softmax is a classic bug.

    Notes
    -----
    Every measure takes log softmax once and works with logarithms: a surprisal of 50 or of 1e-30
    nats keeps its digits. Adding a constant to a row changes nothing. Under tracing, bad values
    surface as NaN in the result.

    Source
    ------
    Blanchard, Higham & Higham, Accurately computing the log-sum-exp and softmax functions (2021).

    Examples
    --------
    >>> import math
    >>> import infoscope
    >>> round(infoscope.cross_entropy([1, 0, 0], Logits([2.0, 1.0, 0.1])), 12)
    0.417030016278
    """

    __slots__ = ("axis", "z")

    def __init__(self, z: object, axis: int = -1) -> None:
        array = as_array(z, function="Logits", argument="z")
        self.axis = check_axis(axis, array.ndim, function="Logits", argument="z")
        self.z: Array = as_float(array)
        if is_readable(self.z):
            _check_values(self.z, self.axis, 1e-6 if array.dtype.itemsize > 2 else tolerance(array))

    def __repr__(self) -> str:
        return f"Logits(shape={tuple(self.z.shape)}, axis={self.axis})"

    def log_probabilities(self) -> Array:
        """Return log softmax(z), with the distribution's axis last and shape (..., k)."""
        return log_softmax(axis_last(self.z, self.axis))


def log_softmax(z: Array) -> Array:
    """Return log softmax of `z` along the last axis, exact also where one outcome is all but sure.

    The largest terms are counted apart from the rest: log(1 + r) of a small rest r keeps the digits
    that log(total) loses, so that a surprisal of 1e-30 is 1e-30 and not 0. They are counted through
    expm1(0) = 0, whose slope is theirs: second derivatives are right also where several tie.
    """
    xp = namespace(z)
    top = xp.max(z, axis=-1, keepdims=True)
    with quietly(xp):
        shifted = z - top
    is_top = shifted == 0
    n_top = xp.sum(xp.astype(is_top, shifted.dtype), axis=-1, keepdims=True)
    masked = xp.where(is_top, xp.full_like(shifted, -np.inf), shifted)
    rest = xp.sum(xp.exp(masked), axis=-1, keepdims=True)
    if xp is not np:
        at_top = xp.expm1(xp.where(is_top, shifted, xp.zeros_like(shifted)))
        rest = rest + xp.sum(at_top, axis=-1, keepdims=True)
    return shifted - (xp.log(n_top) + xp.log1p(rest / n_top))


def _check_values(z: Array, axis: int, within: float) -> None:
    xp: Any = namespace(z)
    if z.shape[axis] == 0:
        raise NotADistribution(
            sentence("Logits", "z", "have at least one outcome", f"shape {tuple(z.shape)}")
        )
    if 0 in z.shape:
        return
    top = xp.max(z, axis=axis)  # NaN, +inf, or -inf where a whole row is impossible
    if not bool(xp.all(xp.isfinite(top))):
        bad = np.argwhere(~np.isfinite(to_numpy(top)))[0]
        value = float(to_numpy(top)[tuple(bad)])
        where = f" in row {tuple(int(i) for i in bad)}" if len(bad) else ""
        got = f"a maximum of {value}{where}"
        raise NotADistribution(
            sentence("Logits", "z", "be finite or -inf, with one finite value a row", got)
        )
    if bool(xp.min(z) >= 0):
        total = xp.sum(z, axis=axis)
        if bool(xp.all(xp.abs(total - 1) < within)):
            warnings.warn(
                "Logits: z is non-negative and sums to 1, so it looks like probabilities already. "
                "If it is softmax output, pass it as it is, without Logits.",
                InfoscopeWarning,
                stacklevel=3,
            )
