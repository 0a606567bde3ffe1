"""Adaptive Gauss-Kronrod quadrature of a density's integrals, with a bound on the error.

Every stretch between two guide points is cut in the middle, and each half is mapped by distance =
exp(v) from its guide. Integrable singularities at the guides and algebraic tails then decay
exponentially in v, and the rule converges on both. All panels of a round are evaluated in one call.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from infoscope.measures.families.features import Points

__all__ = ["Quadrature", "integrate"]

Floats: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

_NODES = np.array([  # Kronrod's 15 points on [-1, 1]; every second is Gauss's
    0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
    0.864864423359769072789712788640926, 0.741531185599394439863864773280788,
    0.586087235467691130294144838258730, 0.405845151377397166906606412076961,
    0.207784955007898467600689403773245, 0.0,
])  # fmt: skip
_KRONROD = np.array([
    0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
    0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
    0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
    0.204432940075298892414161999234649, 0.209482141084727828012999174891714,
])  # fmt: skip
_GAUSS = np.array([
    0.0, 0.129484966168869693270611432679082, 0.0, 0.279705391489276667901467771423780,
    0.0, 0.381830050505118944950369775488975, 0.0, 0.417959183673469387755102040816327,
])  # fmt: skip
_X = np.concatenate([-_NODES, _NODES[-2::-1]])
_K = np.concatenate([_KRONROD, _KRONROD[-2::-1]])
_G = np.concatenate([_GAUSS, _GAUSS[-2::-1]])

_LEAST, _MOST = -700.0, 345.0  # logarithms of distances: squares of the largest do not overflow
_STEPS = np.array([0, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128, 256, 512])
_ROUNDS, _PANELS = 60, 30_000
_EPS = 2.0**-52


@dataclass(frozen=True, slots=True)
class Quadrature:
    """An integral, a bound on its error, and the nodes and weights that gave it."""

    value: float
    bound: float
    points: Points
    weights: Floats


#: points -> rows (value, mass, mass whose value is lost, mass whose surprisal overflows)
Integrand: TypeAlias = "Callable[[Points], Floats]"


def integrate(
    integrand: Integrand,
    low: float,
    high: float,
    guides: list[float],
    tolerance: float,
    slack: float = 1e-9,
) -> Quadrature:
    """Integrate over (low, high), until the error estimate is below `tolerance` (absolute or
    relative, whichever is larger).

    The mass that comes out beside the value must be 1: what is missing widens the bound.
    """
    panels = _first_panels(low, high, guides)
    done: list[tuple[Floats, Floats, Floats, Points, Floats]] = []
    sums, errors, noise, points, weights = _evaluate(integrand, panels)
    for _ in range(_ROUNDS):
        total = sum((float(part[0][0].sum()) for part in done), float(sums[0].sum()))
        aim = tolerance * max(1.0, abs(total))
        count = sum(part[1].size for part in done) + errors.size
        width = panels[:, 3] - panels[:, 2]
        split = (errors > aim / count) & (errors > noise) & (width > 1e-10)
        open_error = float(errors.sum()) + sum(float(part[1].sum()) for part in done)
        if not split.any() or open_error <= aim or count > _PANELS:
            break
        keep = ~split
        kept = (sums[:, keep], errors[keep], noise[keep], _take(points, keep), weights[keep])
        done.append(kept)
        panels = _halves(panels[split])
        sums, errors, noise, points, weights = _evaluate(integrand, panels)
    done.append((sums, errors, noise, points, weights))
    return _finish(integrand, done, low, high, guides, slack)


def _finish(
    integrand: Integrand,
    done: list[tuple[Floats, Floats, Floats, Points, Floats]],
    low: float,
    high: float,
    guides: list[float],
    slack: float,
) -> Quadrature:
    value = math.fsum(x for part in done for x in part[0][0])
    mass = math.fsum(x for part in done for x in part[0][1])
    lost = math.fsum(x for part in done for x in part[0][2])
    bound = math.fsum(x for part in done for x in np.maximum(part[1], part[2]))
    beyond, more = _beyond(integrand, low, high, guides)
    missing = abs(1 - mass)
    if missing > slack:  # some mass was not found: its surprisal is not known
        bound += missing * (1 + abs(value)) * 10
    if missing > 0.5:
        value, bound = math.nan, math.inf
    if lost > 1e-30:
        bound = math.inf
    nodes = Points(
        np.concatenate([np.ravel(part[3].anchor) for part in done]),
        np.concatenate([np.ravel(part[3].offset) for part in done]),
    )
    weights = np.concatenate([np.ravel(part[4]) for part in done])
    if math.fsum(x for part in done for x in part[0][3]) > 1e-290:
        beyond = math.inf  # at least this mass times the largest double
    if math.isinf(beyond) and missing > slack:  # no tail can be judged before all mass is found
        bound = math.inf
    elif math.isinf(beyond):
        return Quadrature(beyond, 0.0, nodes, weights)
    return Quadrature(value, bound + more, nodes, weights)


def _first_panels(low: float, high: float, guides: list[float]) -> Floats:
    """Return rows (guide, sign, from, to) of panels in v = log distance from the guide."""
    ends = [end for end in (low, high) if math.isfinite(end)]
    inner = [guide for guide in guides if low < guide < high and math.isfinite(guide)]
    stops = sorted({*ends, *inner}) or [0.0]
    rows: list[tuple[float, float, float, float]] = []
    for left, right in pairwise(stops):
        reach = math.log(right - left) - math.log(2)
        rows += _panels(left, 1.0, reach) + _panels(right, -1.0, reach)
    if math.isinf(high):
        rows += _panels(stops[-1], 1.0, math.inf)
    if math.isinf(low):
        rows += _panels(stops[0], -1.0, math.inf)
    return np.array(rows)


def _panels(guide: float, sign: float, reach: float) -> list[tuple[float, float, float, float]]:
    endless = math.isinf(reach)
    edges = np.concatenate([-_STEPS, _STEPS[1:]]) if endless else reach - _STEPS
    top = _MOST if endless else reach
    cuts = np.unique(np.clip(np.append(edges, [_LEAST, top]), _LEAST, top))
    return [(guide, sign, a, b) for a, b in pairwise(cuts)]


def _halves(panels: Floats) -> Floats:
    middle = 0.5 * (panels[:, 2] + panels[:, 3])
    left, right = panels.copy(), panels.copy()
    left[:, 3] = right[:, 2] = middle
    return np.concatenate([left, right])


def _evaluate(
    integrand: Integrand, panels: Floats
) -> tuple[Floats, Floats, Floats, Points, Floats]:
    half = 0.5 * (panels[:, 3] - panels[:, 2])[:, None]
    v = 0.5 * (panels[:, 3] + panels[:, 2])[:, None] + half * _X
    distance = np.exp(v)  # (panels, 15)
    points = Points(np.broadcast_to(panels[:, :1], v.shape).copy(), panels[:, 1:2] * distance)
    flat = Points(points.anchor.ravel(), points.offset.ravel())
    with np.errstate(over="ignore", invalid="ignore"):
        heights = integrand(flat).reshape(4, *v.shape)
    weights = half * _K * distance
    sums = (heights * weights).sum(axis=-1)
    gauss = (heights * (half * _G * distance)).sum(axis=-1)
    errors = np.abs(sums - gauss)[:2].max(axis=0)
    noise = 25 * _EPS * (np.abs(heights[:2]) * weights).sum(axis=-1).max(axis=0)
    return sums, errors, noise, points, weights


def _take(points: Points, keep: np.ndarray[Any, Any]) -> Points:
    return Points(points.anchor[keep], points.offset[keep])


def _beyond(
    integrand: Integrand, low: float, high: float, guides: list[float]
) -> tuple[float, float]:
    """Judge the tails beyond the last panel: (inf or 0, bound on what they add)."""
    stops = sorted({g for g in (low, high, *guides) if math.isfinite(g) and low <= g <= high})
    stops = stops or [0.0]
    bound = 0.0
    for end, anchor, sign in ((high, stops[-1], 1.0), (low, stops[0], -1.0)):
        if math.isfinite(end):
            continue
        v = np.array([_MOST - 60.0, _MOST])
        distance = np.exp(v)
        with np.errstate(over="ignore", invalid="ignore"):
            before, last = integrand(Points(np.full(2, anchor), sign * distance))[0] * distance
        if abs(last) < 1e-30:
            continue
        if abs(last) >= 0.9 * abs(before):  # not even falling in log distance: it diverges
            return math.copysign(math.inf, last), 0.0
        bound += abs(last) * 60.0 / math.log(abs(before) / abs(last))
    return 0.0, bound
