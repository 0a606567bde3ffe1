"""The variational code of labels: weights sent with the precision that they are worth.

Each weight is an independent Gaussian on the principal axes. Given the widths of these Gaussians
the means are a logistic regression with a known offset; given the means, the best widths are known;
the two are repeated. What is minimised is a bound by Jensen's inequality on the expected surprisal;
the length reported is the expectation itself, from drawn logits, plus the divergence of the
posterior from the prior, plus the choice of the prior's width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.probe.probes.linear import PENALTIES
from infoscope.probe.probes.multinomial import LogisticFit, fit_logistic, log_softmax
from infoscope.probe.probes.rotation import frame_of
from infoscope.probe.probes.variables import Target

__all__ = ["VariationalCode", "variational_code"]

Floats = NDArray[np.floating[Any]]
_ROUNDS = 3
_LEVEL_SD = 4.0  # prior of the intercepts: a class may be some hundred times rarer than another
_DRAWS = 64
_WORSE = 2


@dataclass(frozen=True, slots=True)
class VariationalCode:
    """Total length in nats, the error of drawing it, its parts, and the prior's width."""

    total: float
    stderr: float
    parts: dict[str, float]
    prior_sd: float


@dataclass(frozen=True, slots=True, eq=False)
class _Posterior:
    fit: LogisticFit
    variance: NDArray[np.float64]  # (k, r) of the weights
    level_variance: NDArray[np.float64]  # (k,) of the intercepts
    bound: float
    weight_cost: float
    prior_sd: float


def variational_code(x: Floats, target: Target, rng: np.random.Generator) -> VariationalCode:
    """Return the shortest variational code found over the widths of the penalty path."""
    frame = frame_of(x)
    z = frame.enter(x)
    squares = z * z
    best: _Posterior | None = None
    fit: LogisticFit | None = None
    worse = 0
    for penalty in PENALTIES:
        found = _posterior(z, squares, target, penalty, frame.variance, fit)
        fit = found.fit
        if best is None or found.bound < best.bound:
            best, worse = found, 0
        else:
            worse += 1
            if worse >= _WORSE:
                break
    assert best is not None
    mean, offset = _moments(z, squares, best)
    sd = np.sqrt(offset)
    rows = np.arange(target.n)
    draws = np.array([
        -log_softmax(mean + sd * rng.normal(size=mean.shape))[rows, target.codes].sum()
        for _ in range(_DRAWS)
    ])  # fmt: skip
    choice = float(np.log(len(PENALTIES)))
    parts = {"labels": float(draws.mean()), "weights": best.weight_cost, "choice": choice}
    stderr = float(draws.std(ddof=1)) / _DRAWS**0.5
    return VariationalCode(sum(parts.values()), stderr, parts, best.prior_sd)


def _posterior(
    z: Floats, squares: Floats, target: Target, penalty: float, spread: NDArray[np.float64],
    start: LogisticFit | None,
) -> _Posterior:  # fmt: skip
    n, k = target.n, len(target.classes)
    precision = n * penalty  # of the prior: 1 / sd²
    offsets = np.zeros((n, k))
    fit = start
    probabilities = np.broadcast_to(np.bincount(target.codes, minlength=k) / n, (n, k))
    variance, levels = np.empty(0), np.empty(0)
    for _ in range(_ROUNDS):
        if fit is not None:
            probabilities = np.exp(log_softmax(_logits(z, fit) + offsets / 2))
        pull = probabilities.astype(squares.dtype).T @ squares  # (k, r)
        variance = 1 / (precision + pull.astype(np.float64))
        levels = 1 / (_LEVEL_SD**-2 + probabilities.sum(0))
        offsets = squares @ variance.T.astype(squares.dtype) + levels
        fit = fit_logistic(z, target.codes, k, penalty, variance=spread, start=fit, gap=1e-5,
                           offsets=offsets / 2)  # fmt: skip
    assert fit is not None
    cost = _divergence(fit.weights, variance, precision) + _divergence(
        fit.intercepts, levels, _LEVEL_SD**-2
    )
    told = log_softmax(_logits(z, fit) + offsets / 2)
    # log sum exp(m + v/2) - m_y: the offset counts in the sum and not for the label
    labels = target.codes
    rows = np.arange(n)
    surprisal = float((offsets[rows, labels] / 2 - told[rows, labels]).sum(dtype=np.float64))
    return _Posterior(fit, variance, levels, surprisal + cost, cost, precision**-0.5)


def _divergence(
    mean: NDArray[np.float64], variance: NDArray[np.float64], precision: float
) -> float:
    """Return KL(N(mean, variance) ‖ N(0, 1/precision)) summed over all weights."""
    ratio = variance * precision
    return float((ratio + mean**2 * precision - 1 - np.log(ratio)).sum() / 2)


def _moments(
    z: Floats, squares: Floats, found: _Posterior
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    mean = _logits(z, found.fit).astype(np.float64)
    spread = squares @ found.variance.T.astype(squares.dtype) + found.level_variance
    return mean, spread.astype(np.float64)


def _logits(z: Floats, fit: LogisticFit) -> NDArray[Any]:
    return z @ fit.weights.T.astype(z.dtype) + fit.intercepts
