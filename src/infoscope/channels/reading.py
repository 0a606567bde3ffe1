"""Read and check what callers give: channels, sources, joint tables, costs and distortions.

Sums that are within the library's tolerance of one are divided out here, and only here: a bound on
an optimum over the simplex is a bound only if the numbers lie on it (docs/design/0010).
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

from infoscope.core.arrays import as_array, is_readable, to_numpy
from infoscope.core.distribution import check_probabilities, tolerance
from infoscope.core.errors import InvalidArgument, NotADistribution, WrongType, sentence
from infoscope.core.logits import Logits

__all__ = [
    "Matrix",
    "read_channel",
    "read_costs",
    "read_distortions",
    "read_joint",
    "read_number",
    "read_source",
    "read_steps",
    "read_tolerance",
]

Matrix: TypeAlias = np.ndarray[Any, Any]


def read_channel(W: object, function: str) -> Matrix:
    """Return a transition matrix in double precision, each row summing to one."""
    array, within = _values(W, function, "W")
    if array.ndim != 2 or 0 in array.shape:
        advice = "Row x holds p(y|x), the distribution of the output for input x."
        got = f"shape {array.shape}"
        raise InvalidArgument(
            sentence(function, "W", "be a matrix (n_inputs, n_outputs)", got, advice)
        )
    total = array.sum(axis=1)
    off = np.flatnonzero(~(np.abs(total - 1) <= within))
    if len(off) and bool(np.isfinite(array).all() and (array >= 0).all()):
        columns = np.abs(array.sum(axis=0) - 1) <= within
        advice = (
            "Its columns do: pass W.T." if columns.all() else "Divide counts by their row sums."
        )
        got = f"a sum of {float(total[off[0]])} in row {int(off[0])}"
        requirement = "have rows that sum to 1 (each is the distribution p(y|x) of an input)"
        raise NotADistribution(sentence(function, "W", requirement, got, advice))
    check_probabilities(array, axis=-1, within=within, function=function, argument="W")
    return array / total[:, None]


def read_source(p: object, function: str) -> Matrix:
    """Return a distribution as a vector in double precision that sums to one."""
    array, within = _values(p, function, "p")
    if array.ndim != 1:
        got = f"shape {array.shape}"
        raise InvalidArgument(sentence(function, "p", "be one distribution, a vector", got))
    check_probabilities(array, axis=-1, within=within, function=function, argument="p")
    return array / array.sum()


def read_joint(joint: object, function: str) -> Matrix:
    """Return a joint table p(x, y) in double precision that sums to one."""
    array, within = _values(joint, function, "joint")
    if array.ndim != 2 or 0 in array.shape:
        got = f"shape {array.shape}"
        advice = "Axis 0 is X, what is compressed; axis 1 is Y, what matters."
        raise InvalidArgument(sentence(function, "joint", "have two axes, X and Y", got, advice))
    total = float(array.sum())
    if np.isfinite(array).all() and (array >= 0).all() and not abs(total - 1) <= within:
        rows = bool((np.abs(array.sum(axis=1) - 1) <= within).all())
        advice = (
            "Its rows do: that is p(y|x); multiply row x by p(x)."
            if rows
            else "Divide a table of counts by its total."
        )
        got = f"a sum of {total}"
        raise NotADistribution(
            sentence(function, "joint", "sum to 1 over the whole table", got, advice)
        )
    check_probabilities(
        array.reshape(-1), axis=-1, within=within, function=function, argument="joint"
    )
    return array / total


def read_costs(cost: object, n: int, function: str) -> Matrix:
    """Return one finite, non-negative cost for each of `n` inputs."""
    array, _ = _values(cost, function, "cost")
    if array.shape != (n,):
        got = f"shape {array.shape}"
        raise InvalidArgument(
            sentence(function, "cost", f"hold one number for each of the {n} inputs", got)
        )
    bad = np.flatnonzero(~(np.isfinite(array) & (array >= 0)))
    if len(bad):
        got = f"{float(array[bad[0]])} at input {int(bad[0])}"
        advice = "Leave an input that may not be used out of W; shift costs so that the least is 0."
        raise InvalidArgument(sentence(function, "cost", "be finite and non-negative", got, advice))
    return array


def read_distortions(d: object, n: int, function: str) -> Matrix:
    """Return a distortion matrix with `n` rows; inf marks a forbidden reproduction."""
    array, _ = _values(d, function, "d")
    if array.ndim != 2 or array.shape[0] != n or array.shape[1] == 0:
        got = f"shape {array.shape}"
        requirement = f"be a matrix ({n}, n_reproductions), one row for each letter of p"
        raise InvalidArgument(sentence(function, "d", requirement, got))
    bad = np.argwhere(~(array >= 0))
    if len(bad):
        i, j = (int(k) for k in bad[0])
        advice = "Subtract its minimum from a row: the rate stays, the distortion shifts."
        got = f"{float(array[i, j])} at index ({i}, {j})"
        raise InvalidArgument(sentence(function, "d", "be non-negative", got, advice))
    closed = np.flatnonzero(~np.isfinite(array).any(axis=1))
    if len(closed):
        got = f"row {int(closed[0])} all inf"
        requirement = "allow at least one reproduction of every letter"
        raise InvalidArgument(sentence(function, "d", requirement, got))
    return array


def read_number(
    x: object,
    function: str,
    argument: str,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    finite: bool = True,
) -> float:
    """Return a real number of [low, high] as a float."""
    text = f"be a number in [{low:g}, {high:g}]" if low > -math.inf else "be a number"
    try:
        if isinstance(x, (str, bytes, bool)):
            raise TypeError
        value = float(x)  # type: ignore[arg-type]
    except (TypeError, ValueError, RuntimeError) as error:
        raise WrongType(sentence(function, argument, text, repr(x))) from error
    if not low <= value <= high or (finite and not math.isfinite(value)):
        if finite and high == math.inf and low > -math.inf:
            text = f"be a finite number, at least {low:g}"
        raise InvalidArgument(sentence(function, argument, text, value))
    return value


def read_tolerance(tolerance: object, function: str) -> float:
    """Return a tolerance in nats."""
    return read_number(tolerance, function, "tolerance", low=0.0)


def read_steps(n: object, function: str, argument: str = "max_steps", *, low: int = 1) -> int:
    """Return a whole number, at least `low`."""
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise WrongType(sentence(function, argument, "be a whole number", repr(n)))
    value = int(n.__index__())  # type: ignore[attr-defined]
    if value < low:
        raise InvalidArgument(sentence(function, argument, f"be at least {low}", value))
    return value


def _values(x: object, function: str, argument: str) -> tuple[Matrix, float]:
    """Return a copy of `x` as doubles, and how far sums of its precision may be from one."""
    if isinstance(x, Logits):
        x = to_numpy(np.exp(to_numpy(x.log_probabilities())))
    array = as_array(x, function=function, argument=argument)
    if not is_readable(array):
        raise WrongType(
            sentence(function, argument, "hold values that can be read now", "a traced array")
        )
    within = tolerance(array)
    try:
        values = to_numpy(array)
    except TypeError:  # torch's bfloat16, which NumPy does not know
        values = to_numpy(array.float())
    return np.array(values, dtype=np.float64), within
