"""Read forecasts and labels as a caller gives them, check them, and reduce them to yes-or-no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from infoscope.core.arrays import as_array, axis_last, to_numpy
from infoscope.core.distribution import check_probabilities, tolerance
from infoscope.core.errors import InvalidArgument, NotADistribution, WrongType, sentence
from infoscope.core.logits import Logits, log_softmax

__all__ = ["Events", "Floats", "Forecasts", "Of", "read_forecasts", "read_labels", "to_events"]

Floats: TypeAlias = NDArray[np.float64]

#: What a multi-class forecast is judged on: its highest class, or the class of that index or name.
Of: TypeAlias = "Literal['top_label'] | int | str | None"


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Checked forecasts: one row a case, one column a class; labels are column numbers."""

    probabilities: Floats  # (n, k)
    log_probabilities: Floats | None  # (n, k), kept where they came as logits
    labels: NDArray[np.intp]  # (n,)
    names: tuple[object, ...]  # (k,)
    is_binary: bool  # came as (n,), the probability of class 1

    @property
    def n(self) -> int:
        """Number of cases."""
        return len(self.labels)

    @property
    def k(self) -> int:
        """Number of classes."""
        return self.probabilities.shape[1]

    def log_of_label(self) -> Floats:
        """Return the log-probability that each case gave to what happened; -inf where it was 0."""
        rows = np.arange(self.n)
        if self.log_probabilities is not None:
            return self.log_probabilities[rows, self.labels]
        with np.errstate(divide="ignore"):
            if self.is_binary:  # log1p keeps the digits that 1 - p has lost
                p = self.probabilities[:, 1]
                return np.where(self.labels == 1, np.log(p), np.log1p(-p))
            return np.log(self.probabilities[rows, self.labels])


@dataclass(frozen=True, slots=True)
class Events:
    """Yes-or-no forecasts: the probability of the event, of its absence, and whether it came.

    The absence is the sum of the other classes: 1 - p would lose it where p rounds to 1.
    """

    p: Floats  # (n,)
    rest: Floats  # (n,)
    happened: NDArray[np.bool_]  # (n,)
    name: str

    def as_forecasts(self) -> Forecasts:
        """Return the same as two-class forecasts."""
        both = np.column_stack([self.rest, self.p])
        with np.errstate(divide="ignore"):
            logs = np.log(both)
        return Forecasts(both, logs, self.happened.astype(np.intp), (False, True), True)


def read_forecasts(
    probs: object, labels: object, *, function: str, classes: Sequence[object] | None = None
) -> Forecasts:
    """Return checked forecasts from probabilities (n,) or (n, k), or `Logits` of shape (n, k)."""
    logs: Floats | None = None
    if isinstance(probs, Logits):
        z = to_numpy(axis_last(probs.z, probs.axis)).astype(np.float64)
        if z.ndim != 2:
            raise InvalidArgument(
                sentence(
                    function,
                    "probs",
                    "be Logits of shape (n, k), one row a case",
                    f"shape {z.shape}",
                    "For binary log-odds z write Logits(np.column_stack([0 * z, z])).",
                )
            )
        of_rows: Floats = log_softmax(z)
        logs, p, is_binary = of_rows, np.exp(of_rows), False
    else:
        p, is_binary = _probabilities(probs, function)
    codes = read_labels(labels, n=len(p), k=p.shape[1], function=function, classes=classes)
    names = tuple(classes) if classes is not None else tuple(range(p.shape[1]))
    return Forecasts(p, logs, codes, names, is_binary)


def _probabilities(probs: object, function: str) -> tuple[Floats, bool]:
    array = as_array(probs, function=function, argument="probs")
    within = tolerance(array)
    p = to_numpy(array).astype(np.float64)
    if p.ndim not in (1, 2) or (p.ndim == 2 and p.shape[1] < 2):
        raise InvalidArgument(
            sentence(
                function,
                "probs",
                "have shape (n,), the probability of class 1, or (n, k) with k >= 2",
                f"shape {p.shape}",
            )
        )
    if not len(p):
        raise InvalidArgument(sentence(function, "probs", "hold at least one forecast", "none"))
    if p.ndim == 2:
        check_probabilities(p, axis=-1, within=within, function=function, argument="probs")
        return p, False
    bad = np.flatnonzero(~((p >= 0) & (p <= 1)))
    if len(bad):
        raise NotADistribution(
            sentence(
                function,
                "probs",
                "lie in [0, 1]",
                f"{p[bad[0]]} at index {int(bad[0])}",
                "If these are log-odds z, wrap them: Logits(np.column_stack([0 * z, z])).",
            )
        )
    return np.column_stack([1.0 - p, p]), True


def read_labels(
    labels: object, *, n: int, k: int, function: str, classes: Sequence[object] | None = None
) -> NDArray[np.intp]:
    """Return labels as column numbers 0..k-1, one for each of `n` cases."""
    detached = getattr(labels, "detach", None)
    values = np.asarray(detached().cpu() if detached is not None else labels)
    if values.ndim != 1:
        raise WrongType(
            sentence(
                function,
                "labels",
                "have shape (n,), one class number for each case",
                f"shape {values.shape}",
                "If they are one-hot, pass labels.argmax(axis=1).",
            )
        )
    if len(values) != n:
        raise InvalidArgument(
            sentence(function, "labels", f"have one entry for each of {n} forecasts", len(values))
        )
    if classes is not None:
        return _named(values, classes, k, function)
    if values.dtype.kind in "OUS":
        raise WrongType(
            sentence(
                function,
                "labels",
                "be class numbers",
                f"{values[0]!r}",
                "Name the columns of probs in their order: classes=[...].",
            )
        )
    if values.dtype.kind == "f" and (odd := values != np.floor(values)).any():  # NaN is odd too
        got = f"{values[odd][0]} at index {int(np.argmax(odd))}"
        raise WrongType(sentence(function, "labels", "be whole class numbers", got))
    if values.dtype.kind not in "fiub":
        raise WrongType(sentence(function, "labels", "be class numbers", f"dtype {values.dtype}"))
    bad = (values < 0) | (values >= k)
    if values.dtype.kind != "b" and bad.any():
        got = f"{values[bad][0]} at index {int(np.argmax(bad))}"
        advice = "Name the columns of probs in their order if labels are codes: classes=[...]."
        raise InvalidArgument(
            sentence(function, "labels", f"lie in 0..{k - 1} ({k} classes)", got, advice)
        )
    return values.astype(np.intp)


def _named(
    values: NDArray[Any], classes: Sequence[object], k: int, function: str
) -> NDArray[np.intp]:
    if len(classes) != k:
        raise InvalidArgument(
            sentence(function, "classes", f"name all {k} classes", f"{len(classes)} names")
        )
    index = {name: i for i, name in enumerate(classes)}
    if len(index) != len(classes):
        raise InvalidArgument(sentence(function, "classes", "be distinct", "a repeated name"))
    codes = [index.get(value, -1) for value in values.tolist()]
    if -1 in codes:
        at = codes.index(-1)
        got = f"{values[at]} at index {at}"
        raise InvalidArgument(sentence(function, "labels", f"be one of {list(classes)}", got))
    return np.asarray(codes, dtype=np.intp)


def to_events(forecasts: Forecasts, of: Of, *, function: str) -> Events:
    """Reduce forecasts to one event: class 1, the top label being right, or the class `of`."""
    if of is None:
        of = "top_label" if forecasts.k > 2 else forecasts.names[1]  # type: ignore[assignment]
    if of == "top_label" and "top_label" not in forecasts.names:
        j, name = np.argmax(forecasts.probabilities, axis=1), "top label"
    elif of in forecasts.names:
        j, name = np.full(forecasts.n, forecasts.names.index(of)), f"class {of}"
    else:
        allowed = f"be 'top_label' or a class among {list(forecasts.names)[:12]}"
        raise InvalidArgument(sentence(function, "of", allowed, repr(of)))
    if forecasts.is_binary and of in forecasts.names:
        one = forecasts.names.index(of)
        p, rest = forecasts.probabilities[:, one], forecasts.probabilities[:, 1 - one]
        return Events(p, rest, forecasts.labels == one, name)
    others = forecasts.probabilities.copy()
    others[np.arange(forecasts.n), j] = 0.0
    p = forecasts.probabilities[np.arange(forecasts.n), j]
    p = np.minimum(p, 1.0)  # a softmax in single precision may exceed 1 by 1e-7
    return Events(p, others.sum(axis=1), forecasts.labels == j, name)
