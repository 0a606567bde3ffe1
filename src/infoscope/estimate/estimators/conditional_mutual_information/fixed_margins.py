"""Conditional mutual information of labels, less its mean at conditional independence.

Given z the strata are independent tables with margins of their own: their moments add up.
"""

from __future__ import annotations

import math

import numpy as np

from infoscope.estimate.estimators.mutual_information.fixed_margins import UNRELIABLE
from infoscope.estimate.fixed_margins import (
    Moments,
    information_moments,
    pearson_three_tail,
    score_ends,
)
from infoscope.estimate.from_entropies import log_ratios
from infoscope.estimate.method import DISCRETE_TRIPLE, Raw, Spec
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="conditional_mutual_information",
    name="fixed_margins",
    kinds=DISCRETE_TRIPLE,
    assumes="rows drawn independently",
    cost="n + cells; per stratum as for mutual information",
    source="Vinh, Epps & Bailey, Information theoretic measures for clusterings (2010), theorem 1",
    invariances=frozenset({"relabel", "swap"}),
)


def run(x: Variable, y: Variable, z: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return plug-in minus its mean at independence within each level of z."""
    n = float(x.n)
    local = log_ratios(x, y, z)
    plugin = float(local.mean())
    moments = _over_strata(x, y, z)
    corrected = plugin - moments.mean
    s = float(local.var()) / plugin if plugin > 0 else 2.0

    def interval(level: float) -> tuple[float, float]:
        return score_ends((corrected, corrected), moments, s, n, level)

    notes: tuple[str, ...] = ()
    if moments.mean > UNRELIABLE:
        notes = (
            f"Too many levels for n={x.n}: conditional independence alone would show "
            f"{moments.mean:.2f} nats, which were taken off; under dependence that is too much.",
        )
    return Raw(
        nats=corrected,
        per_sample=local - moments.mean,
        stderr=math.sqrt(moments.variance + s * max(corrected, 0.0) / n),
        interval=interval,
        how="score",
        diagnostics={
            "plugin": plugin,
            "expected_at_independence": moments.mean,
            "p_value": pearson_three_tail(plugin, moments),
        },
        notes=notes,
    )


def _over_strata(x: Variable, y: Variable, z: Variable) -> Moments:
    """Add the moments of each stratum's information, weighted by its share of the rows."""
    assert x.codes is not None
    assert y.codes is not None
    assert z.codes is not None
    order = np.argsort(z.codes, kind="stable")
    ends = np.cumsum(z.counts)
    mean = variance = third = 0.0
    for start, stop in zip([0, *ends[:-1]], ends, strict=True):
        rows = np.unique(x.codes[order[start:stop]], return_counts=True)[1]
        columns = np.unique(y.codes[order[start:stop]], return_counts=True)[1]
        if rows.size < 2 or columns.size < 2:
            continue
        part = information_moments(rows, columns)
        share = (stop - start) / x.n
        mean += share * part.mean
        variance += share**2 * part.variance
        third += share**3 * part.third
    return Moments(mean, variance, third)
