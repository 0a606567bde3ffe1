"""Densities on the line and on the whole numbers, from whatever library, ready to be evaluated."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from infoscope.measures.families.features import Points, surprisal_at
from infoscope.measures.families.laws import Law
from infoscope.measures.families.special import values_of

__all__ = ["Density", "Univariate", "of_law", "precision", "spread_guides"]

Floats: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"


@dataclass(frozen=True, slots=True)
class Density:
    """One density or mass function: its support, where its mass is, and its logarithm.

    `log_at` takes NumPy points; `torch_log_at`, where there is one, takes torch points and carries
    gradients. `exact` densities are ours: their logarithm is -inf only by overflow of a surprisal,
    where a library's may be the logarithm of an underflow. `slack` is how far the mass may be
    from 1.
    """

    low: float
    high: float
    guides: list[float]
    log_at: Callable[[Points], Floats]
    torch_log_at: Callable[[Points], Any] | None = None
    exact: bool = False
    periodic: bool = False
    slack: float = 1e-9

    def log_density(self, points: Points) -> Floats:
        """Return the log density, -inf outside the support."""
        if self.periodic:
            return self.log_at(points)
        inside = (points.minus(self.low) >= 0) & (points.minus(self.high) <= 0)
        result = np.full(points.offset.shape, -math.inf)
        if inside.any():
            anchor = np.broadcast_to(points.anchor, points.offset.shape)
            result[inside] = self.log_at(Points(anchor[inside], points.offset[inside]))
        return result


@dataclass(frozen=True, slots=True)
class Univariate:
    """A batch of one-dimensional distributions, in the form that numbers are computed from."""

    kind: str  # "continuous", "integer" or "circular"
    shape: tuple[int, ...]
    low: Any
    high: Any
    member: Callable[[tuple[int, ...]], Density]
    text: str
    source: Any = None
    dtype: Any = None  # torch's, for torch distributions
    needs_gradient: bool = False
    support_needs_gradient: bool = False


def of_law(law: Law, text: str, dtype: Any = None) -> Univariate:
    """Make the numbers of a member of a family in our table; results are of torch's `dtype`."""
    low, high = law.row.support(law)
    tracked = [value for value in law.params.values() if getattr(value, "requires_grad", False)]
    ends = [getattr(end, "requires_grad", False) for end in (low, high)]

    def member(index: tuple[int, ...]) -> Density:
        here = law.at(index)
        fixed = here.detached()
        bottom, top = (float(values_of(end)) for end in fixed.row.support(fixed))
        if fixed.row.kind == "integer":
            guides = _middle(fixed, bottom, top)
        else:
            guides = [float(values_of(g)) for g in (fixed.row.guides or _no_guides)(fixed)]
        return Density(
            bottom,
            top,
            guides,
            lambda points: -values_of(surprisal_at(fixed, points)),
            (lambda points: -surprisal_at(here, points)) if here.maths.is_torch else None,
            exact=True,
            periodic=fixed.row.kind == "circular",
        )

    return Univariate(
        kind=law.row.kind,
        shape=law.shape,
        low=values_of(low),
        high=values_of(high),
        member=member,
        text=text,
        source=law.source,
        dtype=dtype or precision(law),
        needs_gradient=bool(tracked),
        support_needs_gradient=law.row.kind == "continuous" and any(ends),
    )


def precision(law: Law) -> Any:
    """Return the dtype of a member's tensors, or None where it has none."""
    if not law.maths.is_torch:
        return None
    tensors = [value for value in law.params.values() if hasattr(value, "requires_grad")]
    dtypes = [value.dtype for value in tensors if value.is_floating_point()]
    dtype = dtypes[0]
    for other in dtypes[1:]:
        dtype = law.maths.xp.promote_types(dtype, other)
    return dtype


def _no_guides(_: Law) -> list[Any]:
    return []


def _middle(law: Law, low: float, high: float) -> list[float]:
    """Return the mean, held to the support: where a sum starts."""
    mean = law.row.mean
    value = float(values_of(mean(law))) if mean is not None else low
    return [min(max(value, low), high)] if math.isfinite(value) else [low]


def spread_guides(values: Sequence[float]) -> list[float]:
    """Return the finite ones of some quantiles or moments, sorted and distinct."""
    return sorted({float(v) for v in values if math.isfinite(v)})
