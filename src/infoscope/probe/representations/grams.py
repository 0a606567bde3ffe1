"""Gram matrices of rows: kernels with a stated width, of unit diagonal or as they are."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.spatial.distance import cdist, pdist

from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.probe.representations.matrices import Floats, check_positive

__all__ = ["KERNELS", "Kernel", "Width", "gram_of", "kernel_width", "median_distance"]

Kernel = Literal["gaussian", "linear"]
Width = float | Literal["median"]
KERNELS = ("gaussian", "linear")


def median_distance(rows: Floats, function: str, argument: str) -> float:
    """Return the median Euclidean distance between two different rows (n (n-1) / 2 distances).

    >>> median_distance(np.array([[0.0], [1.0], [3.0]]), "f", "x")
    2.0
    """
    value = float(np.median(pdist(rows)))
    if value == 0:
        raise InvalidArgument(
            sentence(function, argument, "have rows whose median distance is positive",
                     "0: at least half of the pairs of rows are equal",
                     "Give the width of the kernel as a number.")
        )  # fmt: skip
    return value


def kernel_width(rows: Floats, width: object, function: str, argument: str) -> float:
    """Return the width as a number: as given, or by the rule it names."""
    if isinstance(width, str):
        if width != "median":
            raise UnknownName(
                sentence(function, "width", "be a positive number or 'median'", repr(width))
            )
        return median_distance(rows, function, argument)
    return check_positive(width, function, "width")


def gram_of(
    rows: Floats, kernel: Kernel, width: object, function: str, argument: str
) -> tuple[Floats, float | None]:
    """Return the Gram matrix (n, n) and the width that was used (None for the linear kernel).

    gaussian: exp(-|x - y|^2 / (2 width^2)); linear: x . y
    """
    if kernel == "linear":
        return rows @ rows.T, None
    if kernel != "gaussian":
        raise UnknownName(sentence(function, "kernel", f"be one of {KERNELS}", repr(kernel)))
    used = kernel_width(rows, width, function, argument)
    gram: Floats = np.asarray(cdist(rows, rows, "sqeuclidean"), dtype=np.float64)
    gram *= -0.5 / used**2
    np.exp(gram, out=gram)
    return gram, used
