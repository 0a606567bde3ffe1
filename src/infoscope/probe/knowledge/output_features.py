"""Turn what was said (labels, probabilities or scores) into numbers that a probe can read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.arrays import to_numpy
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.probe.probes.variables import read_features, read_target

__all__ = ["output_features"]


def output_features(output: object, kind: str | None, n: int) -> tuple[NDArray[Any], str]:
    """Return features (n, m) of the output, and a note that says how it was read.

    Labels become one column for each answer (0 or 1), of which a linear probe learns the share of
    each truth after each answer; probabilities become their logarithms; scores stay.
    """
    array: Any = np.asarray(to_numpy(output))
    seen = kind or _kind(array)
    how = "" if kind else " (seen from its values)"
    if seen == "labels":
        target = read_target(output, "classification", function="knows")
        if target.n != n:
            raise InvalidArgument(
                sentence("knows", "output", f"hold one answer for each of {n} truths", target.n)
            )
        columns = np.zeros((n, len(target.classes)), np.float32)
        columns[np.arange(n), target.codes] = 1.0
        return columns, f"the output was read as labels{how}: {len(target.classes)} answers"
    numbers = read_features(array, function="knows", argument="output")
    if seen == "scores":
        return numbers, f"the output was read as scores{how}: {numbers.shape[1]} columns"
    if numbers.min() < 0 or np.abs(numbers.sum(1) - 1).max() > 1e-4:
        raise InvalidArgument(
            sentence("knows", "output", "hold rows of probabilities that sum to 1",
                     f"row sums from {numbers.sum(1).min():.4g} to {numbers.sum(1).max():.4g}",
                     "Pass output_kind='scores' for logits.")
        )  # fmt: skip
    if (numbers == 0).any():
        row, column = (int(i) for i in np.argwhere(numbers == 0)[0])
        raise InvalidArgument(
            sentence("knows", "output", "hold probabilities above 0, to take their logarithms",
                     f"0 at ({row}, {column})", "Pass the logits, or the answers as labels.")
        )  # fmt: skip
    return np.log(numbers.astype(np.float64)), f"the output was read as probabilities{how}"


def _kind(array: Any) -> str:
    if array.ndim == 1:
        whole = array.dtype.kind == "f" and not (array == np.round(array)).all()
        return "scores" if whole else "labels"
    if array.dtype.kind in "fiu" and array.shape[1] > 1 and (array >= 0).all():
        return "probabilities" if np.abs(array.sum(1) - 1).max() <= 1e-4 else "scores"
    return "scores"
