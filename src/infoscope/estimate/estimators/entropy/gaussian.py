"""Differential entropy of columns if they are Gaussian, without the bias of small samples."""

from __future__ import annotations

import math

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.estimate.kernels.gaussian_model import log_determinant_bias, whitened
from infoscope.estimate.kernels.scales import scaled_columns
from infoscope.estimate.method import CONTINUOUS, Raw, Spec
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="entropy",
    name="gaussian",
    kinds=CONTINUOUS,
    assumes="Gaussian rows: of all densities with this covariance, the one of highest entropy",
    bias="Too high for every other density.",
    cost="n d^2",
    source="Ahmed & Gokhale, Entropy expressions and their estimators (1989), theorem 2.1",
    invariances=frozenset({"shift"}),
    smallest_n=3,
)


def run(x: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return log |2 pi e C| / 2 less the exact mean error of log |C| for Gaussian rows."""
    n, d = x.values.shape
    if n < d + 2:
        raise InvalidArgument(
            sentence("entropy", "x", "have two more rows than columns", f"{n} rows of {d} columns")
        )
    scaled, log_scale = scaled_columns(x.values)
    axes = whitened(scaled)
    if axes.shape[1] < d:
        note = "The columns determine each other (or are constant): the density is infinite."
        return Raw(nats=-math.inf, notes=(note,))
    centred = scaled - scaled.mean(axis=0)
    covariance = centred.T @ centred / (n - 1)
    _, log_det = np.linalg.slogdet(covariance)
    quadratic = (axes * axes).sum(axis=1) * n  # Mahalanobis distances; their mean is d
    constant = d * math.log(2.0 * math.pi) + float(log_det)
    local = 0.5 * (constant + quadratic) - log_determinant_bias(n, d) + log_scale
    return Raw(
        nats=float(local.mean()),
        per_sample=local,
        stderr=float(local.std(ddof=1)) / math.sqrt(n),
        how="delta method",
    )
