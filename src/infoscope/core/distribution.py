"""Read what a caller gave as a distribution, check it, and hand the measures its masses.

The measures see one thing, `Masses`: probabilities and their logarithms along the last axis,
whether they came as probabilities or as logits. A zero meets a logarithm only here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from infoscope.core.arrays import (
    Array,
    as_array,
    axis_last,
    check_axis,
    is_readable,
    log,
    namespace,
    together,
)
from infoscope.core.errors import InvalidArgument, NotADistribution, sentence
from infoscope.core.logits import Logits

__all__ = ["Masses", "check_probabilities", "expectation", "read", "read_pair", "tolerance"]


@dataclass(frozen=True, slots=True)
class Masses:
    """A distribution along the last axis: its probabilities, and logarithms if given so."""

    xp: Any
    probabilities: Array
    log_probabilities: Array | None = None

    @property
    def support(self) -> Array:
        """Where the mass is not zero. `!= 0` rather than `> 0`: NaN and negatives must surface."""
        return self.probabilities != 0

    def log_on(self, support: Array) -> Array:
        """Return log-masses on `support` and 0 elsewhere, masked before the logarithm.

        Masking first keeps gradients finite: a mask after the logarithm would multiply an infinite
        slope by zero, which is NaN.
        """
        xp = self.xp
        if self.log_probabilities is not None:
            return xp.where(support, self.log_probabilities, xp.zeros_like(self.log_probabilities))
        return log(xp, xp.where(support, self.probabilities, xp.ones_like(self.probabilities)))


def expectation(masses: Masses, support: Array, values: Array) -> Array:
    """Return the sum over the last axis of p * values on the support: 0 * inf counts as 0.

    The result is never -0.0.
    """
    xp = masses.xp
    terms = masses.probabilities * values
    return 0.0 + xp.sum(xp.where(support, terms, xp.zeros_like(terms)), axis=-1)


def read(x: object, *, axis: int, function: str, argument: str = "p") -> Masses:
    """Return the masses of a distribution (or a batch of them), from probabilities or logits."""
    return _read_all([(x, argument)], axis=axis, function=function)[0]


def read_pair(p: object, q: object, *, axis: int, function: str) -> tuple[Masses, Masses]:
    """Return the masses of two distributions over the same outcomes, as arrays of one library."""
    first, second = _read_all([(p, "p"), (q, "q")], axis=axis, function=function)
    k, other = first.probabilities.shape[-1], second.probabilities.shape[-1]
    if k != other:
        raise InvalidArgument(
            sentence(
                function,
                "q",
                f"have as many outcomes as p ({k})",
                other,
                "Both must run over the same outcomes in the same order.",
            )
        )
    return first, second


def _read_all(given: list[tuple[object, str]], *, axis: int, function: str) -> list[Masses]:
    raw: list[Array] = []
    for x, argument in given:
        if isinstance(x, Logits):
            raw.append(x.z)
            continue
        array = as_array(x, function=function, argument=argument)
        check_axis(axis, array.ndim, function=function, argument=argument)
        raw.append(array)
    tolerances = [tolerance(array) for array in raw]
    xp, arrays = together(raw, function=function)
    masses: list[Masses] = []
    for (x, argument), array, within in zip(given, arrays, tolerances, strict=True):
        if isinstance(x, Logits):
            log_p = Logits.__new__(Logits)  # checked when it was made
            log_p.z, log_p.axis = array, x.axis
            logs = log_p.log_probabilities()
            masses.append(Masses(xp, xp.exp(logs), logs))
        else:
            p = axis_last(array, axis)
            check_probabilities(p, axis=axis, within=within, function=function, argument=argument)
            masses.append(Masses(xp, p))
    return masses


def tolerance(array: Array) -> float:
    """How far the sum of probabilities may be from 1: 1e-6, or the root of a coarser dtype's eps.

    1e-6 admits a softmax computed in single precision and stored in double, which is what people
    have; anything worse is a mistake that must be seen.
    """
    name = str(array.dtype).rpartition(".")[2]
    eps = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23}.get(name, 0.0)
    return max(1e-6, eps**0.5)


def check_probabilities(
    p: Array, *, axis: int, within: float, function: str, argument: str
) -> None:
    """Raise `NotADistribution` unless `p` (outcomes last) is non-negative and sums to 1."""
    if p.shape[-1] == 0:
        got = f"shape {tuple(p.shape)}"
        raise NotADistribution(
            sentence(function, argument, f"have at least one outcome along axis {axis}", got)
        )
    if 0 in p.shape or not is_readable(p):
        return
    xp = namespace(p)
    total = xp.sum(p, axis=-1)
    if bool(xp.min(p) >= 0) and bool(xp.all(xp.abs(total - 1) <= within)):
        return
    detach = getattr(p, "detach", None)
    values = np.asarray(detach().cpu() if detach is not None else p)
    raise _fault(values, axis=axis, within=within, function=function, argument=argument)


def _fault(
    values: np.ndarray[Any, Any], *, axis: int, within: float, function: str, argument: str
) -> NotADistribution:
    """Say which value, where, makes `values` no distribution, and what was perhaps meant."""

    def first(mask: np.ndarray[Any, Any]) -> tuple[str, tuple[int, ...]]:
        at = tuple(int(i) for i in np.argwhere(mask)[0])
        index = list(at)
        if mask.ndim == values.ndim:  # undo the move of the axis for the message
            last = index.pop()
            index.insert(axis if axis >= 0 else len(index) + 1 + axis, last)
        return f"index {tuple(index)}", at

    logits = "If these are logits, wrap them: Logits(z)."
    if (bad := np.isnan(values)).any():
        place, _ = first(bad)
        return NotADistribution(
            sentence(function, argument, "hold no NaN", f"NaN at {place}", "Find where it arose.")
        )
    if (bad := values < 0).any():
        place, at = first(bad)
        got = f"{float(values[at])} at {place}"
        return NotADistribution(
            sentence(function, argument, f"be non-negative along axis {axis}", got, logits)
        )
    total = values.sum(axis=-1)
    bad = ~(np.abs(total - 1) <= within)
    place, at = first(bad)
    got = f"a sum of {float(total[at])}" + (f" at {place}" if at else "")
    whole = bool((values == np.floor(values)).all())
    advice = (
        "If these are counts, divide them by their sum; observations must be counted first."
        if whole
        else f"If these are weights, divide them by their sum. {logits}"
    )
    requirement = f"sum to 1 along axis {axis} (within {within:.2g})"
    return NotADistribution(sentence(function, argument, requirement, got, advice))
