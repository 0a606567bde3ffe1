"""Jensen-Shannon divergence less its exact mean when both samples have one law."""

from __future__ import annotations

import math

import numpy as np

from infoscope.estimate.estimators.jensen_shannon_divergence.plugin import delta_variance
from infoscope.estimate.fixed_margins import pearson_three_tail, score_ends, two_sample_moments
from infoscope.estimate.method import DISCRETE_PAIR, Floats, Raw, Spec
from infoscope.estimate.special import xlogy
from infoscope.estimate.variables import Variable
from infoscope.measures import jensen_shannon_divergence

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="jensen_shannon_divergence",
    name="fixed_margins",
    kinds=DISCRETE_PAIR,
    assumes="rows drawn independently",
    cost="n, then about 20 standard deviations of a count for each different total",
    source="Lin, Divergence measures based on the Shannon entropy (1991), equation 4.1; the mean "
    "at equality is the hypergeometric expectation",
    invariances=frozenset({"relabel", "swap"}),
)


def run(x: Variable, y: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return the plug-in value minus its mean over all ways to deal the rows into two samples."""
    p, q = x.counts / x.n, y.counts / y.n
    n, m = float(x.n), float(y.n)

    def term(count: Floats, total: Floats) -> Floats:
        a, b = count / n, (total - count) / m
        middle = (a + b) / 2.0
        return (xlogy(a, a) + xlogy(b, b)) / 2.0 - xlogy(middle, middle)

    totals = x.counts + y.counts
    moments = two_sample_moments(term, totals[totals > 0], x.n)
    plugin = float(jensen_shannon_divergence(p, q))
    corrected = plugin - moments.mean
    size = n * m / (n + m)
    s = size * delta_variance(p, q, x.n, y.n) / plugin if plugin > 0 else 0.5

    def interval(level: float) -> tuple[float, float]:
        return score_ends((corrected, corrected), moments, s, size, level)

    return Raw(
        nats=corrected,
        stderr=math.sqrt(moments.variance + s * max(corrected, 0.0) / size),
        interval=interval,
        how="score",
        diagnostics={
            "plugin": plugin,
            "expected_at_equality": moments.mean,
            "p_value": pearson_three_tail(plugin, moments),
        },
    )
