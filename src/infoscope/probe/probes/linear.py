"""Linear probes: penalties from strong to weak, each fit begun at the last, the best on validation.

Classes are told by multinomial logistic regression, numbers by ridge regression with Gaussian
noise, in closed form for all penalties at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.probe.probes.multinomial import LogisticFit, fit_logistic, log_softmax
from infoscope.probe.probes.readers import gaussian_cost, label_cost, residual_law
from infoscope.probe.probes.rotation import Frame, frame_of
from infoscope.probe.probes.splitting import Split
from infoscope.probe.probes.variables import Target

__all__ = ["PENALTIES", "LinearClassifier", "LinearRegressor", "fit_linear", "read_penalties"]

Floats = NDArray[np.floating[Any]]

#: From one that leaves hardly any weight to one that hardly binds, for features of variance 1.
PENALTIES = tuple(float(f"{10.0 ** (e / 2):.3g}") for e in range(5, -13, -1))
_WORSE = 2  # weaker penalties in a row without a better validation loss end the path
_PATH_GAP = 1e-5  # nats: penalties are compared to this, far below what validation can tell
_FINAL_GAP = 1e-6
_CHUNK = 8192


@dataclass(frozen=True, slots=True, eq=False)
class LinearClassifier:
    """log q(class | x) = log softmax(W x + b), on features in their frame."""

    frame: Frame
    fit: LogisticFit
    seen: NDArray[np.int64]  # the classes that training has, (k',)
    n_classes: int
    settings: dict[str, object] = field(default_factory=dict[str, object])
    notes: tuple[str, ...] = ()

    def predict(self, x: Floats) -> NDArray[np.float64]:
        """Return log-probabilities (n, k); -inf for a class that training lacks."""
        out = np.full((len(x), self.n_classes), -np.inf)
        for first in range(0, len(x), _CHUNK):
            z = self.frame.enter(x[first : first + _CHUNK])
            out[first : first + _CHUNK, self.seen] = log_softmax(_logits(z, self.fit))
        return out

    def cost(self, x: Floats, target: Target) -> NDArray[np.float64]:
        """Return the surprisal of each label."""
        return label_cost(self.predict(x), target)

    def coefficients(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return weights (d, k) and intercepts (k,) for raw features; NaN for unseen classes."""
        raw, shift = self.frame.leave(self.fit.weights.T)
        weights = np.full((len(raw), self.n_classes), np.nan)
        intercepts = np.full(self.n_classes, np.nan)
        weights[:, self.seen], intercepts[self.seen] = raw, self.fit.intercepts + shift
        return weights, intercepts


@dataclass(frozen=True, slots=True, eq=False)
class LinearRegressor:
    """y given x is N(W x + b, root rootᵀ)."""

    frame: Frame
    weights: NDArray[np.float64]  # (r, m)
    mean: NDArray[np.float64]  # (m,)
    root: NDArray[np.float64]  # (m, m)
    settings: dict[str, object] = field(default_factory=dict[str, object])
    notes: tuple[str, ...] = ()

    def predict(self, x: Floats) -> NDArray[np.float64]:
        """Return the means (n, m)."""
        return self.frame.enter(x) @ self.weights + self.mean

    def cost(self, x: Floats, target: Target) -> NDArray[np.float64]:
        """Return -log density of each value."""
        return gaussian_cost(target.numbers - self.predict(x), self.root)

    def coefficients(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return weights (d, m) and intercepts (m,) for raw features."""
        raw, shift = self.frame.leave(self.weights)
        return raw, self.mean + shift


def _logits(z: Floats, fit: LogisticFit) -> NDArray[np.float64]:
    return z @ fit.weights.T.astype(z.dtype) + fit.intercepts


def read_penalties(penalty: float | Sequence[float] | None, *, function: str) -> list[float]:
    """Return the penalties to try, strongest first."""
    if penalty is None:
        return list(PENALTIES)
    given = [penalty] if isinstance(penalty, (int, float)) else list(penalty)
    if not given or not all(p > 0 and math.isfinite(p) for p in given):
        raise InvalidArgument(
            sentence(function, "penalty", "be above 0 and finite", repr(penalty),
                     "1e-6 hardly binds.")
        )  # fmt: skip
    return sorted({float(p) for p in given}, reverse=True)


def fit_linear(
    x: Floats, target: Target, split: Split, *, penalty: float | Sequence[float] | None = None,
    function: str,
) -> LinearClassifier | LinearRegressor:  # fmt: skip
    """Fit on the training rows and choose the penalty on the validation rows."""
    penalties = read_penalties(penalty, function=function)
    x_train, x_validation = x[split.train], x[split.validation]
    frame = frame_of(x_train)
    z, z_validation = frame.enter(x_train), frame.enter(x_validation)
    notes: list[str] = []
    if x.shape[1] > len(x_train):
        notes.append(
            f"more features ({x.shape[1]}) than training examples ({len(x_train)}): a linear probe "
            "can fit them perfectly, and only the penalty holds it back"
        )
    n_constant = int(np.isinf(frame.scale).sum())
    if n_constant:
        notes.append(f"{n_constant} of {x.shape[1]} features are constant in training")
    if target.kind == "regression":
        return _ridge(z, z_validation, target, split, frame, penalties, notes, function)
    return _logistic(z, z_validation, target, split, frame, penalties, notes)


def _logistic(
    z: Floats, z_validation: Floats, target: Target, split: Split, frame: Frame,
    penalties: list[float], notes: list[str],
) -> LinearClassifier:  # fmt: skip
    seen, codes = np.unique(target.codes[split.train], return_inverse=True)
    place = np.full(len(target.classes), -1)
    place[seen] = np.arange(len(seen))
    wanted = place[target.codes[split.validation]]
    rows = np.arange(len(wanted))
    fit: LogisticFit | None = None
    best: tuple[float, float, LogisticFit] | None = None
    worse = 0
    for value in penalties:
        fit = fit_logistic(
            z, codes, len(seen), value, variance=frame.variance, start=fit, gap=_PATH_GAP
        )
        loss = 0.0 - float(log_softmax(_logits(z_validation, fit))[rows, wanted].mean())
        if best is None or loss < best[0]:
            best, worse = (loss, value, fit), 0
        else:
            worse += 1
            if worse >= _WORSE:
                break
    assert best is not None
    _, value, fit = best
    fit = fit_logistic(
        z, codes, len(seen), value, variance=frame.variance, start=fit, gap=_FINAL_GAP
    )
    notes += _edge(value, penalties)
    if not fit.converged:
        notes.append(f"the fit is proven to {fit.gap:.1g} nats of its optimum, not closer")
    settings: dict[str, object] = {"penalty": value}
    return LinearClassifier(frame, fit, seen, len(target.classes), settings, tuple(notes))


def _ridge(
    z: Floats, z_validation: Floats, target: Target, split: Split, frame: Frame,
    penalties: list[float], notes: list[str], function: str,
) -> LinearRegressor:  # fmt: skip
    y = target.numbers[split.train]
    mean = y.mean(0)
    y_validation = target.numbers[split.validation]
    spread = y.std(0)
    product = z.T.astype(np.float64) @ (y - mean) / len(y)  # (r, m)
    best: tuple[float, float, Any, Any] | None = None
    for value in penalties:
        weights = product / (frame.variance + value)[:, None]
        residuals = y_validation - mean - z_validation @ weights
        loss = float(((residuals / spread) ** 2).mean())
        if best is None or loss < best[0]:
            best = (loss, value, weights, residuals)
    assert best is not None
    _, value, weights, residuals = best
    root = residual_law(residuals, function=function)
    notes += _edge(value, penalties)[: value == penalties[0]]  # a weak one is least squares
    settings: dict[str, object] = {"penalty": value}
    return LinearRegressor(frame, weights, mean, root, settings, tuple(notes))


def _edge(value: float, penalties: list[float]) -> list[str]:
    if len(penalties) > 2 and value == penalties[-1]:
        return [
            f"the weakest penalty tried, {value:.1g}, was best on validation: the classes may be "
            "separable; pass smaller ones in penalty="
        ]
    if len(penalties) > 2 and value == penalties[0]:
        return [
            f"the strongest penalty tried, {value:.3g}, was best on validation: the probe found "
            "nothing that holds beyond training"
        ]
    return []
