"""Bounds of the entropy of a mixture from the distances between its components."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from infoscope.core.arrays import as_array, as_float
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.showing import Shown
from infoscope.core.units import Unit, check_unit, from_nats
from infoscope.measures.families.special import values_of

__all__ = ["Bounds", "mixture_entropy_bounds"]

Floats: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"


@dataclass(frozen=True, slots=True)
class Bounds(Shown):
    """A quantity that lies between `lower` and `upper`, both in `unit`."""

    lower: float
    upper: float
    unit: str = "nats"


def mixture_entropy_bounds(
    weights: object, means: object, covariances: object, *, unit: Unit = "nats"
) -> Bounds:
    """Bound the differential entropy of a mixture of Gaussians from below and above.

    sum_i w_i h_i - sum_i w_i log sum_j w_j exp(-D(i, j));  D: Bhattacharyya below, KL above

    Parameters
    ----------
    weights : array of shape (k,)
        Weights of the components: non-negative, summing to one.
    means : array of shape (k, d)
        Their means.
    covariances : array of shape (k, d, d) or (d, d)
        Their covariances (one for all, or one each), positive definite.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    Bounds
        `lower` <= entropy <= `upper`, in `unit`; any real numbers. Both are exact for one component
        and for components far apart or equal.

    Raises
    ------
    InvalidArgument
        If the weights are no distribution, shapes disagree, or a covariance is not positive
        definite.

    Notes
    -----
    A mixture of Gaussians in more than one dimension has no closed form, and a sampled value would
    be an estimate; these bounds are exact. The upper bound also respects the one by the weights,
    H(weights) + mean entropy. In one dimension `entropy` integrates instead. Cost: O(k^2 d^3).

    Source
    ------
    Kolchinsky & Tracey, Estimating mixture entropy with pairwise distances (2017), equation 10.

    Examples
    --------
    >>> far = mixture_entropy_bounds([0.5, 0.5], [[0.0], [100.0]], [[1.0]])
    >>> round(far.lower, 9) == round(far.upper, 9)  # log 2 + log(2 pi e) / 2
    True
    """
    check_unit(unit, "mixture_entropy_bounds")
    w, m, cov = _read(weights, means, covariances)
    k, d = m.shape
    try:
        factors: Any = np.linalg.cholesky(cov)  # (k, d, d)
    except np.linalg.LinAlgError as error:
        got = "one that is not"
        raise InvalidArgument(
            sentence("mixture_entropy_bounds", "covariances", "be positive definite", got)
        ) from error
    half_log_det = np.log(np.diagonal(factors, axis1=-2, axis2=-1)).sum(-1)  # (k,)
    own = float(w @ (0.5 * d * math.log(2 * math.pi * math.e) + half_log_det))
    shift = m[:, None] - m[None]  # (k, k, d)
    upper = own + _overlap(w, _divergences(factors, shift, half_log_det))
    lower = own + _overlap(w, _bhattacharyya(cov, shift, half_log_det))
    if k == 1:
        lower = upper = own
    return Bounds(from_nats(lower, unit), from_nats(upper, unit), unit)


def _overlap(weights: Floats, distances: Floats) -> float:
    """Return -sum_i w_i log sum_j w_j exp(-D(i, j)); its diagonal keeps every logarithm finite."""
    held = weights > 0
    w, distances = weights[held], distances[np.ix_(held, held)]
    return 0.0 - float(w @ np.log(np.exp(-distances) @ w))


def _divergences(factors: Floats, shift: Floats, half_log_det: Floats) -> Floats:
    """KL of component i from component j."""
    k, d, _ = factors.shape
    ratio = np.linalg.solve(factors[None], factors[:, None])  # L_j^-1 L_i
    moved = np.linalg.solve(np.broadcast_to(factors[None], (k, k, d, d)), shift[..., None])
    logs = half_log_det[None] - half_log_det[:, None]
    return 0.5 * ((ratio**2).sum((-2, -1)) - d + (moved**2).sum((-2, -1))) + logs


def _bhattacharyya(cov: Floats, shift: Floats, half_log_det: Floats) -> Floats:
    """Bhattacharyya distance between components i and j."""
    middle = 0.5 * (cov[:, None] + cov[None])
    factors = np.linalg.cholesky(middle)
    moved = np.linalg.solve(factors, shift[..., None])[..., 0]
    logs = np.log(np.diagonal(factors, axis1=-2, axis2=-1)).sum(-1)
    mean_logs = 0.5 * (half_log_det[:, None] + half_log_det[None])
    return 0.125 * (moved**2).sum(-1) + (logs - mean_logs)


def _read(weights: object, means: object, covariances: object) -> tuple[Floats, Floats, Floats]:
    function = "mixture_entropy_bounds"
    named = {"weights": weights, "means": means, "covariances": covariances}
    arrays = {
        name: values_of(as_float(as_array(value, function=function, argument=name)))
        for name, value in named.items()
    }
    w, m, cov = arrays.values()
    if w.ndim != 1 or not (w >= 0).all() or not abs(w.sum() - 1) <= 1e-6:
        got = f"{w.tolist()}"
        raise InvalidArgument(sentence(function, "weights", "be probabilities, shape (k,)", got))
    if m.ndim != 2 or m.shape[0] != w.size:
        requirement = f"have shape ({w.size}, d)"
        raise InvalidArgument(sentence(function, "means", requirement, f"shape {m.shape}"))
    k, d = m.shape
    if cov.shape not in ((d, d), (k, d, d)):
        requirement = f"have shape ({d}, {d}) or ({k}, {d}, {d})"
        raise InvalidArgument(sentence(function, "covariances", requirement, f"shape {cov.shape}"))
    if not np.allclose(cov, np.swapaxes(cov, -1, -2), rtol=1e-8, atol=0):
        raise InvalidArgument(sentence(function, "covariances", "be symmetric", "one that is not"))
    return w, m, np.broadcast_to(cov, (k, d, d))
