"""Mutual information of labels, less its exact mean at independence with these margins.

The value is unbiased at independence whatever the numbers of levels, and nearly so up to moderate
dependence; the interval asks which true values would not be surprised by what was seen.
"""

from __future__ import annotations

import math

import numpy as np

from infoscope.estimate.fixed_margins import information_moments, pearson_three_tail, score_ends
from infoscope.estimate.from_entropies import plugin_moments
from infoscope.estimate.method import DISCRETE_PAIR, Raw, Spec
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "UNRELIABLE", "run"]

SPEC = Spec(
    quantity="mutual_information",
    name="fixed_margins",
    kinds=DISCRETE_PAIR,
    assumes="rows drawn independently",
    cost="n, then 20 standard deviations of a count for each two different totals",
    source="Vinh, Epps & Bailey, Information theoretic measures for clusterings (2010), theorem 1",
    invariances=frozenset({"relabel", "swap"}),
)

#: With a correction above this (nats), the interval was seen to cover as little as 5 %.
UNRELIABLE = 0.3


def run(x: Variable, y: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return plug-in minus its mean at independence, with a score interval."""
    rows, columns, n = x.counts, y.counts, float(x.n)
    plugin, variance = plugin_moments(x, y)
    moments = information_moments(rows, columns)
    corrected = plugin - moments.mean
    ceiling = min(_entropy(rows, n), _entropy(columns, n))
    room = ceiling - moments.mean
    rescaled = corrected * ceiling / room if corrected > 0 and room > 0 else corrected
    s = variance / plugin if plugin > 0 else 2.0
    stderr = math.sqrt(moments.variance + s * max(corrected, 0.0) / n)

    def interval(level: float) -> tuple[float, float]:
        return score_ends((corrected, rescaled), moments, s, n, level)

    notes: tuple[str, ...] = ()
    if moments.mean > UNRELIABLE:
        notes = (
            f"Too many levels for n={x.n}: independence alone would show {moments.mean:.2f} nats, "
            "which were taken off; under strong dependence that is too much.",
        )
    diagnostics = {
        "plugin": plugin,
        "expected_at_independence": moments.mean,
        "p_value": pearson_three_tail(plugin, moments),
    }
    return Raw(
        nats=corrected,
        stderr=stderr,
        interval=interval,
        how="score",
        diagnostics=diagnostics,
        notes=notes,
    )


def _entropy(counts: np.ndarray[tuple[int], np.dtype[np.int64]], n: float) -> float:
    p = counts / n
    return -float(np.dot(p, np.log(p)))
