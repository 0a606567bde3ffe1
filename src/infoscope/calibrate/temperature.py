"""Temperature scaling: the one number that divides all logits, found by a safe convex search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from infoscope.calibrate.forecasts import Floats
from infoscope.calibrate.logit_input import read_labelled_logits, read_logits
from infoscope.calibrate.scores import check_level
from infoscope.core.logits import Logits, log_softmax
from infoscope.core.result import Estimate, Interval
from infoscope.core.showing import Shown

__all__ = ["TemperatureFit", "fit_temperature"]

MAX_STEPS = 200


@dataclass(frozen=True, slots=True)
class TemperatureFit(Shown):
    """What `fit_temperature` returns; `apply` rescales new logits.

    `nll_before` and `nll_after` are mean negative log-likelihoods of the fitting data in nats;
    `gap` bounds how far `nll_after` is above the least possible.
    """

    estimate: Estimate
    nll_before: float
    nll_after: float
    converged: bool
    gap: float
    n_steps: int

    @property
    def temperature(self) -> float:
        """What logits are divided by; inf where they say nothing about the labels."""
        return self.estimate.value

    @property
    def notes(self) -> tuple[str, ...]:
        """What a careful reader must know about the fit."""
        return self.estimate.notes

    def rescale(self, logits: object) -> Logits:
        """Return logits / temperature as `Logits` of shape (n, k), for the measures and scores."""
        z, _ = read_logits(logits, function="TemperatureFit.rescale")
        return Logits(_times(z, 1.0 / self.temperature))

    def apply(self, logits: object) -> Floats:
        """Return probabilities: (n, k) for rows of logits, (n,) of class 1 for log-odds (n,)."""
        z, is_binary = read_logits(logits, function="TemperatureFit.apply")
        p = np.exp(log_softmax(_times(z, 1.0 / self.temperature)))
        return p[:, 1] if is_binary else p

    def __str__(self) -> str:
        change = f"{self.nll_before:.6g} -> {self.nll_after:.6g} nats"
        return f"temperature {self.estimate}; log loss of the fitting data {change}"


def _times(z: Floats, beta: float) -> Floats:
    """Multiply logits, keeping -inf at any beta; infinite temperature makes the rest alike."""
    with np.errstate(invalid="ignore"):
        return np.where(z == -np.inf, -np.inf, z * beta)


def fit_temperature(
    logits: object,
    labels: object,
    *,
    classes: Sequence[object] | None = None,
    interval: float = 0.95,
) -> TemperatureFit:
    """Fit the temperature that gives labels the highest likelihood: on these no worse than T = 1.

    T = argmin_T -(1/n) sum_i log softmax(z_i / T)[y_i]

    Parameters
    ----------
    logits : array of shape (n, k) or (n,), or Logits of shape (n, k)
        Unnormalised log-probabilities, or log-odds of class 1. Log-probabilities are logits.
    labels : array of shape (n,)
        Class numbers 0..k-1, or names listed in `classes`.
    classes : sequence of length k, optional
        The label that each column stands for.
    interval : float in (0, 1)
        Level of the interval of T.

    Returns
    -------
    TemperatureFit
        `temperature` (no unit, above 0, may be inf) with standard error and interval in `estimate`,
        log loss before and after in nats, `converged`, `gap`, `apply(logits)`.

    Raises
    ------
    InvalidArgument, WrongType
        If `logits` look like probabilities or hold NaN or +inf, a label has logit -inf, lengths
        differ, or labels are no class numbers.

    Notes
    -----
    The loss is convex in 1/T, so a bracketed Newton search finds the least one. If every label has
    the largest logit of its row, the likelihood rises without bound as T falls to 0, which would
    make a later mistake infinitely bad: T = 1 is kept, `converged` is False, and a note says so. If
    the logits point away from the labels, T is inf: the uniform forecast. The standard error is the
    sandwich, right also for a misspecified model. Fit on data that the model was not trained on.
    Cost: about 10 passes over n k numbers.

    Source
    ------
    Guo, Pleiss, Sun & Weinberger, On calibration of modern neural networks (2017), section 4.2;
    error bar: White, Maximum likelihood estimation of misspecified models (1982), theorem 3.2.

    Examples
    --------
    Log-odds of 2 that come true in 3 of 4 cases should have been log 3, so T = 2 / log 3:

    >>> fit = fit_temperature([2.0, 2.0, 2.0, 2.0], [1, 1, 1, 0])
    >>> round(fit.temperature, 9)
    1.820478453
    """
    function = "fit_temperature"
    check_level(interval, function)
    z, y, _ = read_labelled_logits(logits, labels, function=function, classes=classes)
    d = z - z[np.arange(len(z)), y][:, None]  # loss of a row: log sum exp(beta d)
    loss = _Loss(d)
    before = loss.at(1.0)
    notes: list[str] = []
    if len(np.unique(y)) == 1:
        notes.append("labels hold one class only: T says little about the others")
    if loss.is_constant:
        notes.append("every row of logits is constant: any T gives the same forecast; T = 1 kept")
        return _kept(before.value, len(z), notes, converged=True)
    if loss.top.max() <= 0.0:
        notes.append(
            "every label has the largest logit: the likelihood has no maximum, it rises as T falls "
            "to 0. T = 1 is kept; fit on more cases, or on harder ones"
        )
        return _kept(before.value, len(z), notes, converged=False)
    if loss.at(0.0).slope >= 0.0:
        notes.append("the logits point away from the labels: the best forecast is the uniform one")
        at = loss.at(0.0)
        found = Estimate("temperature", np.inf, "", method="maximum likelihood", n=len(z),
                         notes=tuple(notes))  # fmt: skip
        return TemperatureFit(found, before.value, at.value, True, 0.0, 1)
    beta, at, gap, steps, converged = _search(loss)
    if not at.value <= before.value:  # rounding only: the search started at 1
        beta, at = 1.0, before
    return _fitted(beta, at, before.value, gap, steps, converged, notes, interval)


@dataclass(frozen=True, slots=True)
class _Point:
    value: float
    slope: float
    curvature: float
    scores: Floats  # (n,), derivative of each case's loss


class _Loss:
    """Mean log loss and its derivatives in beta = 1 / T, from logits less that of the label."""

    def __init__(self, d: Floats) -> None:
        self.possible = np.isfinite(d)
        self.all_possible = bool(self.possible.all())
        self.top = d.max(axis=1)
        self.below = d - self.top[:, None]  # at most 0, so that exp cannot overflow
        if not self.all_possible:
            self.below = np.where(self.possible, self.below, 0.0)

    @property
    def is_constant(self) -> bool:
        """All possible classes of every row have the same logit."""
        return not self.below.any()

    def at(self, beta: float) -> _Point:
        p = np.exp(self.below * beta)
        if not self.all_possible:
            p = np.where(self.possible, p, 0.0)
        total = p.sum(axis=1)
        p /= total[:, None]
        first = np.vecdot(p, self.below)
        off = self.below - first[:, None]
        second = np.vecdot(p, off * off)
        value = np.log(total) + beta * self.top
        scores = first + self.top
        return _Point(float(value.mean()), float(scores.mean()), float(second.mean()), scores)


def _search(loss: _Loss) -> tuple[float, _Point, float, int, bool]:
    """Newton on the slope from beta = 1, kept inside a bracket of the minimum."""
    low, high = 0.0, np.inf  # slope < 0 at low; slope > 0 at high
    beta = 1.0
    at = loss.at(beta)
    gap, steps = np.inf, 0
    while steps < MAX_STEPS:
        steps += 1
        if at.slope == 0.0:
            return beta, at, 0.0, steps, True
        low, high = (beta, high) if at.slope < 0.0 else (low, beta)
        if np.isfinite(high):  # convexity: the minimum is at most this much lower
            gap = abs(at.slope) * max(high - beta, beta - low)
            newton = at.slope**2 / at.curvature if at.curvature > 0.0 else np.inf
            if gap <= 1e-15 * max(1.0, at.value) or newton <= 1e-26 or high - low <= 1e-15 * high:
                return beta, at, gap, steps, True
        step = beta - at.slope / at.curvature if at.curvature > 0.0 else np.inf
        if not low < step < high or step > 4.0 * max(beta, low):
            step = 4.0 * beta if not np.isfinite(high) else 0.5 * (low + high)
        beta = step
        at = loss.at(beta)
    return beta, at, gap, steps, False


def _kept(value: float, n: int, notes: list[str], *, converged: bool) -> TemperatureFit:
    found = Estimate("temperature", 1.0, "", method="maximum likelihood", n=n, notes=tuple(notes))
    return TemperatureFit(found, value, value, converged, 0.0 if converged else value, 0)


def _fitted(
    beta: float, at: _Point, before: float, gap: float, steps: int, converged: bool,
    notes: list[str], level: float,
) -> TemperatureFit:  # fmt: skip
    n = len(at.scores)
    z = float(ndtri(0.5 + level / 2))
    stderr = ends = None
    if n > 1 and at.curvature > 0.0:
        error = float(np.sqrt(np.mean(at.scores**2) / n)) / at.curvature
        stderr = error / beta**2
        low = beta - z * error
        ends = Interval(
            1.0 / (beta + z * error), 1.0 / low if low > 0.0 else np.inf, level,
            "normal in 1/T, sandwich variance",
        )  # fmt: skip
    if not converged:
        notes = [*notes, f"the search stopped after {steps} steps"]
    found = Estimate("temperature", 1.0 / beta, "", stderr, ends, "maximum likelihood", n,
                     notes=tuple(notes))  # fmt: skip
    return TemperatureFit(found, before, at.value, converged, gap, steps)
