"""Platt and beta calibration: two-class forecasts through a fitted logistic map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from infoscope.calibrate.convex_search import Objective, Solution, minimise
from infoscope.calibrate.forecasts import Floats, read_forecasts, read_labels
from infoscope.calibrate.logit_input import read_scores
from infoscope.core.arrays import as_array, to_numpy
from infoscope.core.errors import InvalidArgument, NotADistribution, sentence
from infoscope.core.showing import Shown

__all__ = ["BetaMap", "PlattMap", "fit_beta", "fit_platt"]


@dataclass(frozen=True, slots=True)
class PlattMap(Shown):
    """A map score -> 1 / (1 + exp(-(slope score + intercept))), fitted."""

    slope: float
    intercept: float
    nll_before: float
    nll_after: float
    converged: bool
    gap: float
    n_steps: int
    n: int
    notes: tuple[str, ...] = field(default=())

    def apply(self, scores: object) -> Floats:
        """Return the probability of class 1 for scores (n,)."""
        return expit(self.slope * read_scores(scores, "PlattMap.apply") + self.intercept)


@dataclass(frozen=True, slots=True)
class BetaMap(Shown):
    """A map p -> 1 / (1 + exp(-(a log p - b log(1 - p) + c))), fitted; a, b >= 0 keep order."""

    a: float
    b: float
    c: float
    nll_before: float
    nll_after: float
    converged: bool
    gap: float
    n_steps: int
    n: int
    notes: tuple[str, ...] = field(default=())

    def apply(self, probs: object) -> Floats:
        """Return the recalibrated probability of class 1 for probabilities (n,) or (n, 2)."""
        log_p, log_rest = _log_pair(probs, "BetaMap.apply")
        return expit(self.a * log_p - self.b * log_rest + self.c)


def fit_platt(
    scores: object,
    labels: object,
    *,
    smoothed: bool = False,
    classes: Sequence[object] | None = None,
) -> PlattMap:
    """Fit a logistic curve from scores to labels (Platt scaling).

    (s, c) = argmin -(1/n) sum_i t_i log q_i + (1 - t_i) log(1 - q_i),  q = expit(s score + c)

    Parameters
    ----------
    scores : array of shape (n,)
        Log-odds, margins or any real score that grows with the probability of class 1.
    labels : array of shape (n,)
        0 or 1, or two names listed in `classes`; both must occur.
    smoothed : bool
        Platt's targets t = (n1 + 1) / (n1 + 2) and 1 / (n0 + 2) in place of 1 and 0: a guard
        against small samples, after which the log loss may be worse than with no change.
    classes : sequence of length 2, optional
        What 0 and 1 stand for.

    Returns
    -------
    PlattMap
        `slope`, `intercept`, log loss before (scores as log-odds) and after in nats, `apply`.
        Without smoothing never worse, on these labels, than scores taken as log-odds.

    Raises
    ------
    InvalidArgument, WrongType
        If scores are not finite numbers (n,), or labels hold one class only.

    Notes
    -----
    If a threshold separates the labels there is no best curve: the identity is kept, `converged` is
    False and a note says so (smoothed targets have a best curve always). Cost: O(n) a step.

    Source
    ------
    Platt, Probabilistic outputs for support vector machines (1999), equations 3 to 5; Lin, Lin &
    Weng, A note on Platt's probabilistic outputs (2007).

    Examples
    --------
    >>> fit = fit_platt([1, 1, 1, -1, -1, -1], [1, 1, 0, 0, 0, 1])
    >>> round(fit.slope, 6), abs(round(fit.intercept, 6))  # log 2: two of three
    (0.693147, 0.0)
    """
    function = "fit_platt"
    s = read_scores(scores, function)
    y = _both_classes(read_labels(labels, n=len(s), k=2, function=function, classes=classes),
                      function)  # fmt: skip
    n1 = int(y.sum())
    target = y.astype(np.float64)
    if smoothed:
        target = np.where(y == 1, (n1 + 1.0) / (n1 + 2.0), 1.0 / (len(y) - n1 + 2.0))
    design = np.column_stack([s, np.ones(len(s))])
    flat = int(np.ptp(s) == 0.0)
    solution = minimise(_logistic(design, target), np.array([1.0, 0.0]), n_flat=flat)
    before, after = _nll(s, y), _nll(design @ solution.x, y)
    x, after, converged, notes = _safe(solution, np.array([1.0, 0.0]), before, after, smoothed)
    return PlattMap(float(x[0]), float(x[1]), before, after, converged, solution.gap,
                    solution.n_steps, len(y), notes)  # fmt: skip


def fit_beta(probs: object, labels: object, *, classes: Sequence[object] | None = None) -> BetaMap:
    """Fit the three-parameter beta calibration map to labels; never worse than no change on these.

    logit q = a log p - b log(1 - p) + c,  a, b >= 0

    Parameters
    ----------
    probs : array of shape (n,) or (n, 2)
        Probability of class 1, strictly between 0 and 1.
    labels : array of shape (n,)
        0 or 1, or two names listed in `classes`; both must occur.
    classes : sequence of length 2, optional
        What 0 and 1 stand for.

    Returns
    -------
    BetaMap
        `a`, `b`, `c` (identity: 1, 1, 0), log loss before and after in nats, `apply`.

    Raises
    ------
    NotADistribution, InvalidArgument, WrongType
        If probabilities are 0 or 1 (no such map moves them), or labels hold one class only.

    Notes
    -----
    Where the free optimum has a negative a or b, the best map on the boundary is taken, so that the
    map never turns the order of forecasts around. Cost: O(n) a step.

    Source
    ------
    Kull, Silva Filho & Flach, Beta calibration: a well-founded and easily implemented improvement
    on logistic calibration for binary classifiers (2017), theorem 2 and section 3.3.

    Examples
    --------
    >>> fit = fit_beta([0.8] * 4 + [0.4] * 4, [1, 1, 1, 0] + [1, 0, 0, 0])
    >>> fit.apply([0.8, 0.4]).round(6)
    array([0.75, 0.25])
    """
    function = "fit_beta"
    forecasts = read_forecasts(probs, labels, function=function, classes=classes)
    log_p, log_rest = _log_pair(probs, function)
    y = _both_classes(forecasts.labels, function)
    design = np.column_stack([log_p, -log_rest, np.ones(len(y))])
    before = _nll(log_p - log_rest, y)
    best: tuple[Floats, float, Solution] | None = None
    for kept in ([0, 1, 2], [0, 2], [1, 2], [2]):
        part = design[:, kept]
        start = np.array([1.0, 1.0, 0.0])[kept]
        # columns that depend on one another leave directions in which nothing moves
        flat = len(kept) - int(np.linalg.matrix_rank(part))
        found = minimise(_logistic(part, y.astype(np.float64)), start, n_flat=flat)
        x = np.zeros(3)
        x[kept] = found.x
        loss = _nll(design @ x, y)
        if (x[:2] >= 0.0).all() and (best is None or loss < best[1]):
            best = (x, loss, found)
        if len(kept) == 3 and best is not None:
            break  # the free optimum is allowed
    assert best is not None, "a = b = 0 is always allowed"
    x, after, solution = best
    x, after, converged, notes = _safe(solution, np.array([1.0, 1.0, 0.0]), before, after, False, x)
    return BetaMap(float(x[0]), float(x[1]), float(x[2]), before, after, converged, solution.gap,
                   solution.n_steps, len(y), notes)  # fmt: skip


def _log_pair(probs: object, function: str) -> tuple[Floats, Floats]:
    """Return log p and log(1 - p) of probabilities strictly inside (0, 1)."""
    array = to_numpy(as_array(probs, function=function, argument="probs")).astype(np.float64)
    if array.ndim == 2 and array.shape[1] == 2:
        rest, p = array[:, 0], array[:, 1]
    elif array.ndim == 1:
        rest, p = 1.0 - array, array
    else:
        got = f"shape {array.shape}"
        raise InvalidArgument(sentence(function, "probs", "have shape (n,) or (n, 2)", got))
    bad = ~((p > 0) & (rest > 0))
    if bad.any():
        at = int(np.argmax(bad))
        raise NotADistribution(
            sentence(function, "probs", "lie strictly between 0 and 1", f"{p[at]} at index {at}",
                     "No such map moves a certain forecast; fit_isotonic does.")
        )  # fmt: skip
    return np.log(p), np.log1p(-p) if array.ndim == 1 else np.log(rest)


def _both_classes(y: NDArray[np.intp], function: str) -> NDArray[np.intp]:
    if y.min() == y.max():
        raise InvalidArgument(
            sentence(function, "labels", "hold both classes", f"only class {int(y[0])}",
                     "One class alone would send the curve to infinity.")
        )  # fmt: skip
    return y


def _nll(logit: Floats, y: NDArray[np.intp]) -> float:
    return -float(log_expit(np.where(y == 1, logit, -logit)).mean())


def _logistic(design: Floats, target: Floats) -> Objective:
    n = len(target)

    def objective(x: Floats) -> tuple[float, Floats, Floats]:
        logit = design @ x
        q = expit(logit)
        value = float(((1.0 - target) * logit - log_expit(logit)).mean())
        weight = q * (1.0 - q)
        return value, design.T @ (q - target) / n, (design * weight[:, None]).T @ design / n

    return objective


def _safe(
    solution: Solution, identity: Floats, before: float, after: float, smoothed: bool,
    x: Floats | None = None,
) -> tuple[Floats, float, bool, tuple[str, ...]]:  # fmt: skip
    """Return the solution, or the identity where there is no minimum or rounding made it worse."""
    found = solution.x if x is None else x
    if solution.unbounded:
        note = "the labels can be separated: there is no best curve, the identity is kept"
        return identity, before, False, (note,)
    if not after <= before and not smoothed:
        return identity, before, solution.converged, ()
    notes = () if solution.converged else (f"stopped after {solution.n_steps} steps",)
    return found, after, solution.converged, notes
