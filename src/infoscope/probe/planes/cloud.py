"""Inputs and labels as a finite population, and the distinct activations a layer makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from infoscope.core.arrays import as_array, to_numpy
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.measures import entropy, mutual_information
from infoscope.probe.representations.matrices import Floats, read_rows

__all__ = ["Cloud", "LayerSample", "Population", "merge_rows", "read_population"]


@dataclass(frozen=True, slots=True)
class Cloud:
    """Points with masses: distinct activations (n, d) and their joint masses with labels (n, c)."""

    points: Floats
    joint: Floats

    @property
    def weights(self) -> Floats:
        """Mass of each point, shape (n,); they sum to 1."""
        return self.joint.sum(1)

    @property
    def label_weights(self) -> Floats:
        """Mass of each label, shape (c,)."""
        return self.joint.sum(0)

    @property
    def label_entropy(self) -> float:
        """H(Y) in nats."""
        return float(entropy(self.label_weights))

    @property
    def point_entropy(self) -> float:
        """H of the points in nats: what they say of the input when nothing is added to them."""
        return float(entropy(self.weights))

    @property
    def label_information(self) -> float:
        """Mutual information of points and labels in nats, exact for this population."""
        return float(mutual_information(self.joint)) + 0.0


@dataclass(frozen=True, slots=True)
class LayerSample:
    """What a noise model is given of a layer: its cloud, and a generator for whatever it draws.

    `inputs` are the inputs as rows of numbers where they are measured and differ, None otherwise.
    """

    cloud: Cloud
    inputs: Floats | None = None
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))


@dataclass(frozen=True, slots=True)
class Population:
    """The distinct inputs: where each is first found, its masses with labels, and what was read."""

    first: NDArray[np.intp]
    joint: Floats
    n_rows: int
    classes: tuple[str, ...]
    discrete: bool

    def cloud(self, activations: Floats) -> Cloud:
        """Return the cloud of activations of the distinct inputs, equal ones merged."""
        return merge_rows(activations, self.joint)

    @property
    def inputs(self) -> Cloud:
        """Masses of the inputs themselves; the points are their numbers in order."""
        return Cloud(np.arange(len(self.first), dtype=np.float64)[:, None], self.joint)


def merge_rows(points: Floats, joint: Floats) -> Cloud:
    """Return a cloud of the distinct rows of `points`, masses of equal rows added.

    Rows are equal if every number is, to the last bit (0.0 and -0.0 are one number).
    """
    rows = points + 0.0  # -0.0 becomes 0.0
    distinct, inverse = np.unique(rows, axis=0, return_inverse=True)
    inverse = np.asarray(inverse).ravel()
    if len(distinct) == len(rows):
        return Cloud(rows, joint)
    masses = np.zeros((len(distinct), joint.shape[1]))
    np.add.at(masses, inverse, joint)
    return Cloud(np.asarray(distinct, dtype=np.float64), masses)


def read_population(
    x: object, y: object, weights: object, function: str
) -> tuple[Floats, Population]:
    """Return the inputs as rows, and the population that they and their labels make.

    `y` holds a label a row, or a row of probabilities of the labels.
    """
    rows = read_rows(x, function, "x")
    classes, given = _labels(y, len(rows), function)
    mass = _masses(weights, len(rows), function)
    joint = given * mass[:, None]  # (n_rows, c)
    distinct, first, inverse = np.unique(rows + 0.0, axis=0, return_index=True, return_inverse=True)
    inverse = np.asarray(inverse).ravel()
    if len(distinct) < 2:
        raise InvalidArgument(
            sentence(function, "x", "hold two or more different inputs", "rows that are all equal",
                     "A constant input holds no information.")
        )  # fmt: skip
    order = np.argsort(first, kind="stable")  # inputs stay in the order in which they came
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    merged = np.zeros((len(distinct), joint.shape[1]))
    np.add.at(merged, place[inverse], joint)
    discrete = bool(np.all(rows == np.rint(rows))) or len(distinct) < len(rows)
    return rows, Population(first[order], merged, len(rows), classes, discrete)


def _labels(y: object, n: int, function: str) -> tuple[tuple[str, ...], Floats]:
    """Return the names of the labels, and one row of their probabilities for each row."""
    if isinstance(y, (list, tuple)) and y and isinstance(y[0], str):
        y = np.asarray(y, dtype=object)
    if isinstance(y, np.ndarray) and y.dtype.kind in "OUS":
        names = [str(label) for label in y.tolist()]
        _check_length(len(names), n, function)
        found, codes = np.unique(names, return_inverse=True)
        return tuple(found.tolist()), _indicators(codes, len(found), function)
    values = to_numpy(as_array(y, function=function, argument="y"))
    _check_length(len(values) if values.ndim else 0, n, function)
    if values.ndim == 2 and values.shape[1] > 1:
        return _probabilities(values, function)
    values = values.ravel()
    if values.shape != (n,):
        raise InvalidArgument(
            sentence(function, "y", "hold one label a row, or a row of probabilities",
                     f"an array with {values.size} values for {n} rows")
        )  # fmt: skip
    if values.dtype.kind == "f" and not np.all(values == np.rint(values)):
        bad = int(np.flatnonzero(~(values == np.rint(values)))[0])
        raise InvalidArgument(
            sentence(function, "y", "hold labels: whole numbers or names",
                     f"{values[bad]} in row {bad}",
                     "Cut a measured target into classes first.")
        )  # fmt: skip
    found, codes = np.unique(values, return_inverse=True)
    return tuple(f"{label:g}" for label in found), _indicators(codes, len(found), function)


def _indicators(codes: NDArray[np.intp], n_classes: int, function: str) -> Floats:
    if n_classes < 2:
        raise _one_label(function)
    return np.eye(n_classes)[np.asarray(codes).ravel()]


def _one_label(function: str) -> InvalidArgument:
    return InvalidArgument(
        sentence(function, "y", "hold two or more different labels", "one label",
                 "Nothing can be known of a constant label.")
    )  # fmt: skip


def _probabilities(values: np.ndarray, function: str) -> tuple[tuple[str, ...], Floats]:
    p = values.astype(np.float64)
    sums = p.sum(1)
    if not np.all(np.isfinite(p)) or np.any(p < 0) or not np.allclose(sums, 1.0, atol=1e-6, rtol=0):
        raise InvalidArgument(
            sentence(function, "y", "hold rows of probabilities if it has several columns",
                     f"a row that sums to {sums[np.argmax(np.abs(sums - 1.0))]:.6g} or a negative",
                     "Give one label a row otherwise.")
        )  # fmt: skip
    if np.count_nonzero(p.sum(0)) < 2:
        raise _one_label(function)
    return tuple(str(i) for i in range(p.shape[1])), p


def _masses(weights: object, n: int, function: str) -> Floats:
    if weights is None:
        return np.full(n, 1.0 / n)
    mass = read_rows(weights, function, "weights").ravel()
    if mass.shape != (n,) or np.any(mass <= 0):
        raise InvalidArgument(
            sentence(function, "weights", f"be {n} positive numbers, one a row",
                     f"{mass.size} numbers, the smallest {mass.min():g}",
                     "Leave out rows without mass.")
        )  # fmt: skip
    if abs(float(mass.sum()) - 1.0) > 1e-6:
        raise InvalidArgument(
            sentence(function, "weights", "sum to 1", f"{mass.sum():.6g}",
                     "Divide them by their sum.")
        )  # fmt: skip
    return mass


def _check_length(found: int, n: int, function: str) -> None:
    if found != n:
        raise InvalidArgument(
            sentence(function, "y", "have a label for each row of x", f"{found} beside {n}")
        )
