"""Mutual information of columns whose copula is Gaussian, whatever their own distributions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from infoscope.estimate.kernels.gaussian_model import canonical_information
from infoscope.estimate.kernels.marginals import blocks_of
from infoscope.estimate.method import CONTINUOUS_PAIR, Raw, Spec
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="mutual_information",
    name="gaussian_copula",
    kinds=CONTINUOUS_PAIR,
    assumes="a Gaussian copula; for others it is about a lower bound: dependence without trend "
    "(a circle, a cross) is not seen at all",
    bias="Too low by about 5 / n nats where a Gaussian copula is strong (correlation 0.95).",
    cost="n log n + n d^2",
    source="Ince et al., A statistical framework for neuroimaging data analysis based on mutual "
    "information estimated via a Gaussian copula (2017), section 2.5",
    invariances=frozenset({"shift", "scale", "monotone", "swap"}),
    smallest_n=4,
)


def run(x: Variable, y: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return the Gaussian value of the normal scores, less its bias."""
    (a, b), _ = blocks_of((x, y), marginals="scores")
    raw = canonical_information(a.values, b.values, "mutual_information")
    return replace(raw, how="delta method, scores taken as given" if raw.how else "")
