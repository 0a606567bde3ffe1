"""`VInformation`: what probes could tell of a label, with each test example's share of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.result import Estimate
from infoscope.core.showing import Shown
from infoscope.probe.probes.readers import Reader
from infoscope.probe.probes.splitting import Split

__all__ = ["HardExample", "VInformation", "hardest_rows"]


@dataclass(frozen=True, slots=True)
class HardExample(Shown):
    """An example that the features speak against: its row, label, guess, and pointwise value."""

    row: int
    label: Any
    predicted: Any
    pvi: float


def hardest_rows(
    k: int, pvi: NDArray[np.float64], rows: NDArray[np.intp], labels: NDArray[Any],
    predicted: NDArray[Any], classes: tuple[Any, ...], *, function: str,
) -> list[HardExample]:  # fmt: skip
    """Return the k examples of lowest pointwise value, lowest first."""
    if k < 1:
        raise InvalidArgument(sentence(function, "k", "be at least 1", k))

    def name(value: Any) -> Any:
        return classes[int(value)] if classes else np.asarray(value).tolist()

    order = np.argsort(pvi, kind="stable")[:k]
    return [
        HardExample(int(rows[i]), name(labels[i]), name(predicted[i]), float(pvi[i])) for i in order
    ]


@dataclass(frozen=True, slots=True, eq=False)
class VInformation(Shown):
    """V-information with its two entropies, accuracy, and pointwise values.

    Attributes
    ----------
    value : Estimate
        H_V(Y) - H_V(Y|X), the mean of `pvi`.
    cross_entropy, null_entropy : Estimate
        H_V(Y|X) of the probe and H_V(Y) of the null model; of densities where y is numbers.
    accuracy : Estimate or None
        Share of test labels that the probe puts first (classification).
    baseline_accuracy : float
        The same for always naming the most frequent training class; NaN for regression.
    r_squared : Estimate or None
        Share of variance told (regression).
    pvi : array of shape (n_test,)
        log q(y|x) - log q0(y) of each test example, in `unit`; negative where the probe misleads.
    rows : array of shape (n_test,)
        Where the test examples stand in x and y.
    labels, predicted : array of shape (n_test,) or (n_test, m)
        Class numbers (places in `classes`), or numbers.
    classes : tuple
        Names of the classes; empty for regression.
    family, kind, unit : str
        What was asked.
    split : Split
        Rows of the three parts.
    probe : Reader
        The fitted probe: `.predict(x)`, and for linear ones `.coefficients()`.
    notes : tuple of str
        What must be known before the value is trusted.
    """

    value: Estimate
    cross_entropy: Estimate
    null_entropy: Estimate
    accuracy: Estimate | None
    baseline_accuracy: float
    r_squared: Estimate | None
    pvi: NDArray[np.float64] = field(repr=False)
    rows: NDArray[np.intp] = field(repr=False)
    labels: NDArray[Any] = field(repr=False)
    predicted: NDArray[Any] = field(repr=False)
    classes: tuple[Any, ...]
    family: str
    kind: str
    unit: str
    split: Split = field(repr=False)
    probe: Reader = field(repr=False)
    notes: tuple[str, ...]

    def hardest(self, k: int = 10) -> list[HardExample]:
        """Return the k test examples of lowest pointwise value, lowest first."""
        return hardest_rows(k, self.pvi, self.rows, self.labels, self.predicted, self.classes,
                            function="hardest")  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`; pointwise values by row included."""
        return {
            "value": self.value.to_dict(),
            "cross_entropy": self.cross_entropy.to_dict(),
            "null_entropy": self.null_entropy.to_dict(),
            "accuracy": self.accuracy and self.accuracy.to_dict(),
            "baseline_accuracy": None if self.accuracy is None else self.baseline_accuracy,
            "r_squared": self.r_squared and self.r_squared.to_dict(),
            "family": self.family,
            "kind": self.kind,
            "unit": self.unit,
            "classes": [_plain(name) for name in self.classes],
            "n_train": len(self.split.train),
            "n_validation": len(self.split.validation),
            "n_test": len(self.split.test),
            "pvi": [float(v) if np.isfinite(v) else str(float(v)) for v in self.pvi],
            "rows": self.rows.tolist(),
            "notes": list(self.notes),
        }

    def __float__(self) -> float:
        return float(self.value)

    def __str__(self) -> str:
        told = self.accuracy or self.r_squared
        extra = ""
        if self.accuracy is not None:
            extra = f"accuracy {self.accuracy.value:.3f} (most frequent class: " \
                    f"{self.baseline_accuracy:.3f})"  # fmt: skip
        elif told is not None:
            extra = f"R² {told.value:.3f}"
        return (
            f"V-information {self.value}\n"
            f"  H_V(Y) {self.null_entropy.short()}, H_V(Y|X) {self.cross_entropy.short()}, {extra}"
        )


def _plain(name: Any) -> Any:
    return name if isinstance(name, (str, int, float, bool, type(None))) else str(name)
