"""The distribution of largest entropy among those with given mean values.

Solved in the dual (a convex function of one multiplier per moment) by Newton's method. The dual
value is an upper bound of the entropy; a Newton step applied to the probabilities themselves gives
a feasible point, hence a lower bound; their difference is the gap that the solver stops on.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from infoscope.core.arrays import as_array, as_float, check_real, to_numpy
from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.showing import Shown

if TYPE_CHECKING:
    from infoscope.figures import Figure

__all__ = ["MaximumEntropy", "maximum_entropy"]

Floats: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"
Moment: TypeAlias = "tuple[object | Callable[[Any], object], float]"

_STEPS = 200
_ENOUGH = 1e-12  # nats: a larger gap is no convergence
_RANK = 1e-11  # a combination of moments that varies less than this over the support is constant


@dataclass(frozen=True, slots=True)
class MaximumEntropy(Shown):
    """The answer of `maximum_entropy`: probabilities, multipliers, and how exact they are.

    Parameters
    ----------
    p : array of shape (k,)
        The probabilities, proportional to exp(sum_j multipliers[j] f_j(x)) where they are not zero.
    multipliers : array of shape (m,)
        One for each moment: the rate at which the entropy falls as its target grows, dH*/dt_j =
        -multipliers[j]. Of least norm where moments are redundant.
    converged : bool
        Whether the gap is below 1e-12 nats.
    gap : float
        Distance in nats between an upper and a lower bound of the largest entropy.
    """

    p: Floats
    multipliers: Floats
    converged: bool
    gap: float

    @property
    def entropy(self) -> float:
        """Entropy of `p` in nats."""
        held = self.p[self.p > 0]
        return 0.0 - float(np.sum(held * np.log(held)))

    def figure(self) -> Figure:
        """Draw the probabilities."""
        from infoscope.measures.pictures import draw_maximum_entropy

        return draw_maximum_entropy(self)


def maximum_entropy(support: object, moments: Sequence[Moment]) -> MaximumEntropy:
    """Find the distribution on `support` with the largest entropy for given means.

    maximise H(p)  subject to  sum_i p_i f_j(x_i) = t_j;  then p_i ~ exp(sum_j l_j f_j(x_i))

    Parameters
    ----------
    support : array of shape (k,) or (k, ...)
        The outcomes; the first axis runs over them.
    moments : sequence of (values, target)
        For each constraint the values of a function f on the support, shape (k,) (or a callable
        that makes them from `support`), and the mean it must have. None at all gives the uniform
        distribution.

    Returns
    -------
    MaximumEntropy
        `p` (sums to one), `multipliers`, `converged`, `gap` (nats), and the property `entropy`
        (nats). A target on the boundary of what is possible leaves some outcomes without mass (0,
        or less than rounding); the multipliers then describe the distribution on the others.

    Raises
    ------
    InvalidArgument
        If no distribution on the support has these means: a target outside the range of its values,
        moments that contradict each other, or targets outside the convex hull of the values. Also
        if values are not finite, or not one for each outcome.
    WrongType
        If `moments` is no sequence, a moment is not a pair, or a target is not a number.

    Notes
    -----
    A mean alone gives a truncated geometric distribution, a mean and a mean square a discretised
    normal, a feature's mean its softmax at some temperature. Each Newton step costs O(k m^2).
    A linear programme (scipy) is solved only where Newton fails, to tell an infeasible target from
    one on the boundary; it tells them apart to about 1e-7 of the range of the values.

    Source
    ------
    Jaynes, Information theory and statistical mechanics (1957); Boyd & Vandenberghe, Convex
    Optimization (2004), section 5.1.6 for the dual.

    Examples
    --------
    >>> die = [1, 2, 3, 4, 5, 6]
    >>> maximum_entropy(die, [(die, 3.5)]).p.round(6).tolist()
    [0.166667, 0.166667, 0.166667, 0.166667, 0.166667, 0.166667]
    >>> loaded = maximum_entropy(die, [(die, 4.5)])
    >>> loaded.p.round(4).tolist(), loaded.converged
    ([0.0544, 0.0788, 0.1142, 0.1654, 0.2398, 0.3475], True)
    """
    values, targets = _read(support, moments)
    k, m = values.shape
    if m == 0:
        return MaximumEntropy(np.full(k, 1 / k), np.zeros(0), converged=True, gap=0.0)
    _check_ranges(values, targets)
    centred = values - targets
    scale = np.abs(centred).max(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    solution = _solve(centred / scale)
    if solution is None:
        face = _largest_support(centred / scale)
        if not face.any():
            raise _infeasible("a point outside the convex hull of the values")
        if face.all():  # inside after all, so close to the boundary that Newton cannot resolve it
            raise _infeasible("a point too close to the boundary of their convex hull to resolve")
        p = np.zeros(k)
        part, multipliers, gap = _solve_on(centred[face] / scale)
        p[face] = part
    else:
        p, multipliers, gap = solution
    return MaximumEntropy(p, multipliers / scale, converged=gap <= _ENOUGH, gap=gap)


def _solve(rows: Floats) -> tuple[Floats, Floats, float] | None:
    """Minimise log sum exp(rows @ l) over l; return p, l and the gap, or None without a minimum."""
    basis = _directions(rows)
    reduced = rows @ basis  # (k, r)
    k, r = reduced.shape
    multipliers = np.zeros(r)
    p, dual = np.full(k, 1 / k), math.log(k)
    best: tuple[float, Floats, Floats] = (math.inf, p, multipliers)
    for _ in range(_STEPS):
        slope = p @ reduced
        deviations = reduced - slope
        root = np.sqrt(p)[:, None] * deviations
        step = _newton_step(root, slope)
        if step is None:
            break
        change = deviations @ step  # p (1 + change) meets the moments exactly
        gap = _gap(p, change)
        if gap >= best[0] and best[0] <= _ENOUGH:
            break
        if gap <= best[0]:
            best = (gap, p, multipliers)
        moved = _line_search(reduced, multipliers, dual, slope, step)
        if moved is None:
            break
        multipliers, dual, p = moved
        if dual < -1e-9:  # an upper bound of an entropy that is negative: nothing is feasible
            return None
    gap, p, multipliers = best
    return (p, basis @ multipliers, gap) if gap <= _ENOUGH else None


def _newton_step(root: Floats, slope: Floats) -> Floats | None:
    """Solve (root' root) step = -slope by the QR factor of `root`; None where it is singular."""
    if root.shape[1] == 0:
        return np.zeros(0)
    upper = cast(Floats, np.linalg.qr(root, mode="r"))
    if upper.shape[0] < root.shape[1] or not np.abs(np.diagonal(upper)).min() > 1e-150:
        return None
    step = np.linalg.solve(upper, np.linalg.solve(upper.T, -slope))
    return cast(Floats, step) if np.isfinite(step).all() else None


def _solve_on(rows: Floats) -> tuple[Floats, Floats, float]:
    solution = _solve(rows)
    if solution is None:
        raise _infeasible("a point too close to the boundary of their convex hull to resolve")
    return solution


def _directions(rows: Floats) -> Floats:
    """Return an orthonormal basis (m, r) of the multipliers that change the distribution."""
    middle = rows.mean(axis=0)
    upper = cast(
        Floats, np.linalg.qr(rows - middle, mode="r")
    )  # small, and with the same right factor
    _, sizes, right = np.linalg.svd(upper, full_matrices=True)
    varies = np.zeros(rows.shape[1], dtype=bool)
    varies[: len(sizes)] = sizes > _RANK * max(1.0, float(sizes.max(initial=0.0)))
    constant = right[~varies]
    offset = np.abs(constant @ middle)
    if (offset > 1e-9).any():
        raise _infeasible("moments that contradict each other")
    return cast(Floats, right[varies].T)


def _gap(p: Floats, change: Floats) -> float:
    """KL of the feasible point p (1 + change) from p: upper minus lower bound of the entropy."""
    if not (change >= -1).all():
        return math.inf
    held = p > 0
    u = change[held]
    small = np.abs(u) < 1e-4
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = np.where(u > -1, (1 + u) * np.log1p(u), 0.0) - u
    terms = np.where(small, u * u * (0.5 - u / 6 + u * u / 12), exact)
    return float(np.sum(p[held] * terms))


def _line_search(
    rows: Floats, multipliers: Floats, dual: float, slope: Floats, step: Floats
) -> tuple[Floats, float, Floats] | None:
    """Return the next multipliers with their dual value and probabilities."""
    length, fall = 1.0, float(slope @ step)  # fall < 0
    while length > 1e-12:
        tried = multipliers + length * step
        z = rows @ tried
        top = z.max()
        weights = np.exp(z - top)
        total = weights.sum()
        value = float(top + np.log(total))
        if value <= dual + 1e-4 * length * fall + 4e-16 * max(1.0, abs(dual)):
            return tried, value, weights / total
        length /= 2
    return None


def _largest_support(rows: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which outcomes can have mass at all: one linear programme (p = y + z, 0 <= y <= 1)."""
    linprog: Any = importlib.import_module("scipy.optimize").linprog
    k, m = rows.shape
    answer: Any = linprog(
        np.concatenate([-np.ones(k), np.zeros(k)]),
        A_eq=np.concatenate([rows, rows]).T,
        b_eq=np.zeros(m),
        bounds=[(0, 1)] * k + [(0, None)] * k,
        method="highs",
    )
    if answer.x is None:  # pragma: no cover - zero is always feasible
        return np.zeros(k, dtype=bool)
    return cast("np.ndarray[Any, np.dtype[np.bool_]]", answer.x[:k] + answer.x[k:] > 0.5)


def _read(support: object, moments: Sequence[Moment]) -> tuple[Floats, Floats]:
    function = "maximum_entropy"
    outcomes = as_array(support, function=function, argument="support")
    if outcomes.ndim == 0 or outcomes.shape[0] == 0:
        got = f"shape {tuple(outcomes.shape)}"
        raise InvalidArgument(sentence(function, "support", "list at least one outcome", got))
    k = int(outcomes.shape[0])
    if isinstance(moments, str) or not hasattr(moments, "__iter__"):
        requirement = "be a sequence of pairs (values, target)"
        got = type(cast(object, moments)).__name__
        raise WrongType(sentence(function, "moments", requirement, got))
    columns: list[Floats] = []
    targets: list[float] = []
    for j, moment in enumerate(cast(Sequence[Any], moments)):
        if not isinstance(moment, (tuple, list)) or len(cast(Sequence[object], moment)) != 2:
            got = f"{type(cast(object, moment)).__name__} at position {j}"
            raise WrongType(sentence(function, "moments", "be pairs (values, target)", got))
        values, target = cast(Moment, moment)
        if callable(values):
            values = values(outcomes)
        column = as_float(as_array(values, function=function, argument=f"moments[{j}][0]"))
        column = np.asarray(to_numpy(column), dtype=np.float64)
        if column.shape != (k,):
            got = f"shape {column.shape}"
            requirement = f"have one value for each of the {k} outcomes"
            raise InvalidArgument(sentence(function, f"moments[{j}][0]", requirement, got))
        if not np.isfinite(column).all():
            got = f"{column[~np.isfinite(column)][0]}"
            raise InvalidArgument(sentence(function, f"moments[{j}][0]", "be finite", got))
        columns.append(column)
        targets.append(check_real(target, function=function, argument=f"moments[{j}][1]"))
    stacked = np.stack(columns, axis=1) if columns else np.zeros((k, 0))
    return stacked, np.asarray(targets, dtype=np.float64)


def _check_ranges(values: Floats, targets: Floats) -> None:
    low, high = values.min(axis=0), values.max(axis=0)
    for j, target in enumerate(targets):
        if not low[j] <= target <= high[j]:
            requirement = f"lie between the least and the greatest value, {low[j]} and {high[j]}"
            advice = "No distribution on the support has this mean."
            raise InvalidArgument(
                sentence("maximum_entropy", f"moments[{j}][1]", requirement, target, advice)
            )


def _infeasible(got: str) -> InvalidArgument:
    return InvalidArgument(
        sentence(
            "maximum_entropy",
            "moments",
            "be the means of some distribution on the support",
            got,
            "Move the targets inside, or leave a moment out.",
        )
    )
