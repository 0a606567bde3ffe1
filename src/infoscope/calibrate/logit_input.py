"""Read the logits that a recalibration map is fitted on or applied to, and refuse probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from infoscope.calibrate.forecasts import Floats, read_labels
from infoscope.core.arrays import as_array, axis_last, to_numpy
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.logits import Logits

__all__ = ["read_labelled_logits", "read_logits", "read_scores"]


def read_logits(logits: object, *, function: str) -> tuple[Floats, bool]:
    """Return logits as (n, k) and whether they came as log-odds (n,), which get a column of 0."""
    if isinstance(logits, Logits):
        z = to_numpy(axis_last(logits.z, logits.axis)).astype(np.float64)
        if z.ndim != 2:
            raise InvalidArgument(
                sentence(function, "logits", "be Logits of shape (n, k)", f"shape {z.shape}")
            )
        return z, False
    z = to_numpy(as_array(logits, function=function, argument="logits")).astype(np.float64)
    if z.ndim not in (1, 2) or 0 in z.shape or (z.ndim == 2 and z.shape[1] < 2):
        raise InvalidArgument(
            sentence(function, "logits", "have shape (n,), log-odds of class 1, or (n, k)",
                     f"shape {z.shape}")
        )  # fmt: skip
    top = z if z.ndim == 1 else z.max(axis=1)
    bad = ~np.isfinite(z) if z.ndim == 1 else ~np.isfinite(top)
    if bad.any():
        at = int(np.argmax(bad))
        raise InvalidArgument(
            sentence(function, "logits", "be finite, or -inf beside a finite value",
                     f"{top[at]} in row {at}")
        )  # fmt: skip
    return (z, False) if z.ndim == 2 else (np.column_stack([np.zeros(len(z)), z]), True)


def read_labelled_logits(
    logits: object, labels: object, *, function: str, classes: Sequence[object] | None
) -> tuple[Floats, NDArray[np.intp], bool]:
    """Return logits (n, k), labels (n,), and whether the logits came as log-odds (n,)."""
    z, is_binary = read_logits(logits, function=function)
    if not isinstance(logits, Logits) and _look_like_probabilities(z, is_binary):
        advice = "Pass Logits(np.log(p)) for probabilities p; logits that only look so, Logits(z)."
        if is_binary:
            advice = "Pass np.log(p / (1 - p)) for probabilities p of class 1."
        raise InvalidArgument(
            sentence(function, "logits", "be logits", "what looks like probabilities", advice)
        )
    y = read_labels(labels, n=len(z), k=z.shape[1], function=function, classes=classes)
    impossible = z[np.arange(len(z)), y] == -np.inf
    if impossible.any():
        raise InvalidArgument(
            sentence(function, "labels", "be possible under the logits",
                     f"a label of logit -inf in row {int(np.argmax(impossible))}",
                     "No rescaling makes the impossible possible.")
        )  # fmt: skip
    return z, y, is_binary


def _look_like_probabilities(z: Floats, is_binary: bool) -> bool:
    if is_binary:
        return len(z) > 1 and bool(np.all((z[:, 1] >= 0) & (z[:, 1] <= 1)))
    return bool(np.all(z >= 0)) and bool(np.all(np.abs(z.sum(axis=1) - 1.0) < 1e-3))


def read_scores(scores: object, function: str) -> Floats:
    """Return finite real scores of shape (n,)."""
    s = to_numpy(as_array(scores, function=function, argument="scores")).astype(np.float64)
    if s.ndim != 1 or not len(s):
        raise InvalidArgument(sentence(function, "scores", "have shape (n,)", f"shape {s.shape}"))
    if not np.isfinite(s).all():
        at = int(np.argmax(~np.isfinite(s)))
        raise InvalidArgument(sentence(function, "scores", "be finite", f"{s[at]} at index {at}"))
    return s
