"""Mutual information of two columns by neighbours, shrunk to what a Student copula explains.

Where neighbours and the copula agree within the neighbours' own noise the copula is taken, which
has much less noise; where they do not, the neighbours are. Their trend in k, where it is more than
noise, takes off part of the bias at sharp edges.
"""

from __future__ import annotations

import math

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.estimate.corrected.coordinates import scores_of
from infoscope.estimate.corrected.empty_cells import edge_limit, empty_cells
from infoscope.estimate.corrected.student_pair import StudentPair, fit_student_pair
from infoscope.estimate.kernels.information import neighbour_information
from infoscope.estimate.method import CONTINUOUS_PAIR, Raw, Spec, Value
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

#: Noise of the two differences, times the root of n. Both are about the deviation of KSG at
#: independence (0.7 for 3 neighbours); lowest error on 27 tasks at n = 500 and 1000, flat around.
_NOISE_OF_TREND, _NOISE_OF_MODEL = 0.8, 1.1

#: How much of the trend's way to k = 0 is gone: all of it overshoots where the trend is noise.
_PART = 0.5

#: Variances: of the shrunk value and of the neighbours' (times n), and shares of the square of what
#: shrinking took away and of the fall from k to 2.5 k neighbours. Chosen on the same 27 tasks so
#: that 95 % intervals cover 95 % in the mean (benchmarks/results/estimate_coverage.csv).
_OF_SHRUNK, _OF_NEIGHBOURS, _OF_REMOVED, _OF_FALL = 0.2, 1.0, 0.5, 2.0

#: Times n, added to the variance where the data leave regions empty: the bias that is left at
#: sharp edges is 1.1 to 1.6 over the root of n there.
_OF_EDGES = 1.0

_FEW_ROWS = 300

SPEC = Spec(
    quantity="mutual_information",
    name="shrunk_ksg",
    kinds=CONTINUOUS_PAIR,
    assumes="densities that are nearly constant within the distance to the k-th neighbour, or a "
    "Gaussian or Student copula",
    bias="Too low where dependence has sharp edges, by 0.02 to 0.05 nats at n = 1000.",
    cost="n log n, some three times that of ksg",
    source="Kraskov, Stögbauer & Grassberger, Estimating mutual information (2004), equation 8; "
    "Demarta & McNeil, The t copula and related copulas (2005); the combination is this library's",
    options={"k": 4, "ties": "auto"},
    invariances=frozenset({"shift", "scale", "monotone", "swap"}),
    error_bar="own",
    smallest_n=40,
    largest_dimension=2,
)


def run(
    x: Variable,
    y: Variable,
    *,
    rng: np.random.Generator,  # noqa: ARG001
    k: Value,
    ties: Value,
) -> Raw:
    """Return the shrunk value, local values of the nearest k shifted to its mean, and its error."""
    n = x.n
    near = neighbour_information(x, y, k=k, ties=ties)
    assert isinstance(k, int)
    far_k = min(-(-5 * k // 2), n - 1)
    if far_k <= k:
        need = f"be less than n - 1 = {n - 1}"
        raise InvalidArgument(sentence("mutual_information", "k", need, k))
    far = neighbour_information(x, y, k=far_k, ties=ties)
    u, v = scores_of(x)[:, 0], scores_of(y)[:, 0]
    model = fit_student_pair(u, v)
    empty = empty_cells(u, v, model)
    # at an edge the bias goes with the width of the ball, the root of k
    way = math.sqrt(k) / (math.sqrt(far_k) - math.sqrt(k))
    trend = _beyond_noise(near.nats - far.nats, _NOISE_OF_TREND / math.sqrt(n))
    mended = near.nats + _PART * way * trend
    seen = _beyond_noise(mended - model.information, _NOISE_OF_MODEL / math.sqrt(n))
    value = model.information + seen
    assert near.per_sample is not None
    assert far.per_sample is not None
    apart = mended - model.information
    weight = min(seen / apart, 1.0) if apart else 0.0
    fall = weight * max(near.nats - far.nats, 0.0)
    variance = (float(far.per_sample.var()) + _OF_SHRUNK + _OF_NEIGHBOURS * weight**2) / n
    variance += _OF_REMOVED * (mended - value) ** 2 + _OF_FALL * fall**2
    if empty > edge_limit(n):
        variance += _OF_EDGES / n
    return Raw(
        nats=value,
        per_sample=near.per_sample + (value - near.nats),
        stderr=math.sqrt(variance),
        how="local spread, shrinkage and trend in k",
        diagnostics={
            **near.diagnostics,
            "neighbours": near.nats,
            "more_neighbours": far.nats,
            "mended": mended,
            "model_information": model.information,
            "model_degrees": model.df,
            "weight_of_neighbours": weight,
            "empty_cells": empty,
        },
        notes=(*near.notes, *_notes(model, weight, trend, empty, far_k, n)),
    )


def _notes(
    model: StudentPair, weight: float, trend: float, empty: float, far_k: int, n: int
) -> tuple[str, ...]:
    """Say what the value rests on, and when to distrust it."""
    name = "Gaussian" if math.isinf(model.df) else f"Student ({model.df:g} degrees of freedom)"
    unseen = _NOISE_OF_MODEL / math.sqrt(n)
    notes: list[str] = []
    if weight == 0.0:
        notes.append(
            f"Neighbours and a {name} copula agree within noise: the copula's value is taken. "
            f"Dependence of another shape below about {unseen:.2f} nats is not seen at n={n}."
        )
    else:
        notes.append(
            f"Neighbours differ from a {name} copula ({model.information:.3f} nats) by more than "
            f"noise: {weight:.0%} of the way to them is gone."
        )
    if weight > 0.0 and trend > 0.0:
        notes.append(
            f"The value falls with more neighbours (k={far_k}), as it does at sharp edges, narrow "
            "bands and fine structure: it is probably still too low."
        )
    elif empty > edge_limit(n):
        notes.append(
            f"Regions are empty that a {name} copula would fill ({empty:.1f} standard deviations), "
            "as they are beyond sharp edges: the value is probably still too low, and the interval "
            "is wider for it."
        )
    if n < _FEW_ROWS and weight > 0.0:
        notes.append(
            f"n={n} rows are few for a dependence that no simple copula explains: the value is "
            "probably still too low."
        )
    return tuple(notes)


def _beyond_noise(difference: float, noise: float) -> float:
    """Return a difference less its noise: d max(0, 1 - noise^2 / d^2)."""
    if abs(difference) <= noise:
        return 0.0
    return difference * (1.0 - (noise / difference) ** 2)
