"""What every fitted probe answers: log-probabilities of classes, or a mean and a spread of numbers.

The null model is the same kind of answer made without looking at the features; it is fitted on the
same examples as the probe.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.probe.probes.splitting import Split
from infoscope.probe.probes.variables import Target

__all__ = [
    "GaussianNull", "LabelNull", "Reader", "gaussian_cost", "label_cost", "null_of", "residual_law",
]  # fmt: skip

Floats = NDArray[np.floating[Any]]


class Reader(Protocol):
    """A fitted probe."""

    @property
    def settings(self) -> dict[str, object]:
        """What was chosen: penalty, widths, epochs."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known about the fit."""
        ...

    def predict(self, x: Floats) -> NDArray[np.float64]:
        """Return log-probabilities (n, k) for classes, or means (n, m) for numbers."""
        ...

    def cost(self, x: Floats, target: Target) -> NDArray[np.float64]:
        """Return -log q(y | x) of each example, in nats, shape (n,)."""
        ...


def label_cost(log_probabilities: NDArray[np.float64], target: Target) -> NDArray[np.float64]:
    """Return the surprisal of each label under its row."""
    return 0.0 - log_probabilities[np.arange(target.n), target.codes]


def residual_law(residuals: NDArray[np.float64], *, function: str) -> NDArray[np.float64]:
    """Return the triangular root of the second moments of residuals (n, m): the Gaussian noise."""
    n, m = residuals.shape
    if n <= m:
        raise InvalidArgument(
            sentence(function, "y", "have fewer columns than the validation split has examples",
                     f"{m} columns, {n} examples")
        )  # fmt: skip
    try:
        return np.linalg.cholesky(residuals.T @ residuals / n)
    except np.linalg.LinAlgError:
        raise InvalidArgument(
            sentence(function, "y", "be told with some error",
                     "validation examples that a probe tells exactly, or columns that determine "
                     "each other", "A continuous y that x determines has infinite information.")
        ) from None  # fmt: skip


def gaussian_cost(residuals: NDArray[np.float64], root: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return -log density of residuals (n, m) under N(0, root rootᵀ)."""
    m = len(root)
    white = np.linalg.solve(root, residuals.T)  # (m, n)
    constant = m / 2 * math.log(2 * math.pi) + float(np.log(np.diag(root)).sum())
    return constant + (white * white).sum(0) / 2


@dataclass(frozen=True, slots=True, eq=False)
class LabelNull:
    """The shares of the classes in training."""

    log_shares: NDArray[np.float64]  # (k,); -inf for a class that training lacks
    settings: dict[str, object] = field(default_factory=dict[str, object])
    notes: tuple[str, ...] = ()

    def predict(self, x: Floats) -> NDArray[np.float64]:
        """Return the same row for every example."""
        return np.broadcast_to(self.log_shares, (len(x), len(self.log_shares)))

    def cost(self, x: Floats, target: Target) -> NDArray[np.float64]:
        """Return the surprisal of each label among the training labels."""
        del x
        return 0.0 - self.log_shares[target.codes]


@dataclass(frozen=True, slots=True, eq=False)
class GaussianNull:
    """One mean from training, one noise from validation, as the probes have them."""

    mean: NDArray[np.float64]  # (m,)
    root: NDArray[np.float64]  # (m, m)
    settings: dict[str, object] = field(default_factory=dict[str, object])
    notes: tuple[str, ...] = ()

    def predict(self, x: Floats) -> NDArray[np.float64]:
        """Return the same row for every example."""
        return np.broadcast_to(self.mean, (len(x), len(self.mean)))

    def cost(self, x: Floats, target: Target) -> NDArray[np.float64]:
        """Return -log density of each value."""
        del x
        return gaussian_cost(target.numbers - self.mean, self.root)


def null_of(target: Target, split: Split, *, function: str) -> LabelNull | GaussianNull:
    """Fit the model that does not look: shares of the classes, or mean and variance."""
    if target.kind == "classification":
        counts = np.bincount(target.codes[split.train], minlength=len(target.classes))
        shares = np.full(len(counts), -np.inf)
        seen = counts > 0
        shares[seen] = np.log(counts[seen] / counts.sum())
        return LabelNull(shares)
    mean = target.numbers[split.train].mean(0)
    root = residual_law(target.numbers[split.validation] - mean, function=function)
    return GaussianNull(mean, root)
