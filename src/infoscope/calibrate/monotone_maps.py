"""Isotonic recalibration: the monotone map that fits the labels best, by pooling violators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import isotonic_regression

from infoscope.calibrate.forecasts import Floats, read_labels
from infoscope.calibrate.logit_input import read_scores
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.showing import Shown

__all__ = ["IsotonicMap", "fit_isotonic"]


@dataclass(frozen=True, slots=True, eq=False)
class IsotonicMap(Shown):
    """A monotone map through the points (`scores`, `rates`), linear between, constant outside."""

    scores: Floats
    rates: Floats
    n_blocks: int
    n: int
    notes: tuple[str, ...] = field(default=())

    def apply(self, scores: object) -> Floats:
        """Return the probability of class 1 for scores (n,)."""
        return np.interp(read_scores(scores, "IsotonicMap.apply"), self.scores, self.rates)


def fit_isotonic(
    scores: object, labels: object, *, classes: Sequence[object] | None = None
) -> IsotonicMap:
    """Fit the increasing map from scores to frequencies that has the least Brier and log loss.

    r = argmin over increasing maps of sum_i (r(score_i) - y_i)^2, the mean of y in blocks

    Parameters
    ----------
    scores : array of shape (n,)
        Probabilities of class 1, or any finite scores in their order.
    labels : array of shape (n,)
        0 or 1, or two names listed in `classes`; both must occur.
    classes : sequence of length 2, optional
        What 0 and 1 stand for.

    Returns
    -------
    IsotonicMap
        `apply(scores)` gives probabilities; on the fitting data no monotone map, the identity
        included, has a smaller Brier or log loss.

    Raises
    ------
    InvalidArgument, WrongType
        If scores are not finite numbers (n,), or labels hold one class only.

    Notes
    -----
    The outer blocks are often exactly 0 and 1, which makes a later mistake infinitely surprising: a
    note says so. It needs some thousand cases; below, prefer `fit_platt` or `fit_beta`. Equal
    scores share one value. Cost: O(n log n).

    Source
    ------
    Zadrozny & Elkan, Transforming classifier scores into accurate multiclass probability estimates
    (2002), section 3; Barlow et al., Statistical inference under order restrictions (1972).

    Examples
    --------
    >>> fit_isotonic([0.1, 0.3, 0.4, 0.8], [0, 1, 0, 1]).apply([0.1, 0.35, 0.9])
    array([0. , 0.5, 1. ])
    """
    function = "fit_isotonic"
    s = read_scores(scores, function)
    y = read_labels(labels, n=len(s), k=2, function=function, classes=classes)
    if y.min() == y.max():
        raise InvalidArgument(
            sentence(function, "labels", "hold both classes", f"only class {int(y[0])}",
                     "The map would be that class for ever.")
        )  # fmt: skip
    at, inverse, count = np.unique(s, return_inverse=True, return_counts=True)
    hits = np.bincount(inverse, y)
    found = isotonic_regression(hits / count, weights=count)
    rates = np.clip(np.asarray(found.x), 0.0, 1.0)  # a pooled mean may leave by 1e-17
    certain = int(count[(rates == 0.0) | (rates == 1.0)].sum())
    notes = ()
    if certain:
        notes = (f"{certain} of {len(s)} fitting cases got probability 0 or 1: a later mistake "
                 "there has infinite log loss",)  # fmt: skip
    return IsotonicMap(at, rates, len(found.blocks) - 1, len(s), notes)
