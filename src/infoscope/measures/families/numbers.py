"""Entropies and divergences of one-dimensional distributions by quadrature or summation."""

from __future__ import annotations

import importlib
import inspect
import math
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from infoscope.core.errors import InfoscopeWarning, InvalidArgument, sentence
from infoscope.measures.families.features import Points
from infoscope.measures.families.gauss_kronrod import integrate
from infoscope.measures.families.one_dimensional import Density, Univariate
from infoscope.measures.families.special import values_of
from infoscope.measures.families.summation import add_up

__all__ = ["PROMISED", "computed", "computed_with_bound"]

Floats: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

#: absolute or relative error, whichever is larger, above which the verbs warn
PROMISED = 1e-8
_AIM = 1e-11

Logs: TypeAlias = "list[Any]"  # log densities of the distributions at the points


def computed(
    quantity: str, given: Sequence[Univariate], weights: tuple[float, float], function: str
) -> Any:
    """Return a quantity in nats, and warn where its error bound exceeds what is promised."""
    value, bound = computed_with_bound(quantity, given, weights, function)
    plain, bounds = values_of(value), np.asarray(bound)
    with np.errstate(invalid="ignore"):
        worst = np.where(np.isfinite(plain), bounds / np.maximum(1.0, np.abs(plain)), 0.0)
    if worst.size and worst.max() > PROMISED:
        names = " and ".join(one.text for one in given)
        warnings.warn(
            f"{function}: the numerical value for {names} has an error bound of "
            f"{bounds.ravel()[worst.argmax()]:.2g} nats, more than {PROMISED:g}. "
            "infoscope.measures.families.quadrature returns the value with its bound.",
            InfoscopeWarning,
            stacklevel=_outside_library(),
        )
    return value


def _outside_library() -> int:
    """Return the stack level at which a warning names the caller's line."""
    frame, level = inspect.currentframe(), 0
    while frame is not None and frame.f_globals.get("__name__", "").startswith("infoscope."):
        frame, level = frame.f_back, level + 1
    return level


def computed_with_bound(
    quantity: str, given: Sequence[Univariate], weights: tuple[float, float], function: str
) -> tuple[Any, Floats]:
    """Return a quantity in nats and a bound on its error, both of the batch's shape."""
    shape = np.broadcast_shapes(*(one.shape for one in given))
    tracked = any(one.needs_gradient for one in given)
    values = np.empty(shape)
    bounds = np.zeros(shape)
    tensors: list[Any] = []
    if tracked and any(one.support_needs_gradient for one in given):
        got = " and ".join(one.text for one in given)
        advice = "It has no closed form, and quadrature cannot follow a moving end. Detach it."
        raise InvalidArgument(
            sentence(function, "p and q", "have supports that need no gradient", got, advice)
        )
    for index in np.ndindex(shape):
        members = [one.member(_of_batch(index, one.shape)) for one in given]
        value, bound, points, measure = _one(quantity, given[0].kind, members, weights)
        values[index], bounds[index] = value, bound
        if tracked:
            tensors.append(_with_gradient(quantity, members, weights, points, measure, value))
    torch: Any = sys.modules.get("torch")
    if tracked:
        return torch.stack(tensors).reshape(shape).to(_dtype(given)), bounds
    if any(one.dtype is not None for one in given):
        return torch.as_tensor(values, dtype=_dtype(given)), bounds
    return values, bounds


def _of_batch(index: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the index of a broadcast batch in one of its parts."""
    tail = index[len(index) - len(shape) :]
    return tuple(0 if size == 1 else i for i, size in zip(tail, shape, strict=True))


def _one(
    quantity: str, kind: str, members: list[Density], weights: tuple[float, float]
) -> tuple[float, float, Points, Floats]:
    form = _FORMS[quantity]
    p = members[0]
    low, high = p.low, p.high
    if quantity == "jensen_shannon_divergence" and kind != "circular":
        low, high = min(one.low for one in members), max(one.high for one in members)
    elif kind != "circular" and any(one.low > low or one.high < high for one in members):
        empty = np.zeros(1)
        return math.inf, 0.0, Points(empty, empty), empty

    exact = [one.exact for one in members]
    slack = max(one.slack for one in members)

    def integrand(points: Points) -> Floats:
        logs = [one.log_density(points) for one in members]
        with np.errstate(over="ignore", invalid="ignore"):
            return _rows(form, logs, weights, exact)

    if kind == "integer":
        start = weights[0] * p.guides[0] + weights[1] * members[-1].guides[0]
        start = start if quantity == "jensen_shannon_divergence" else p.guides[0]
        total = add_up(lambda k: integrand(Points(0.0, k)), low, high, start, _AIM, slack)
        points = Points(np.zeros_like(total.numbers), total.numbers)
        return total.value, total.bound, points, np.ones_like(total.numbers)
    guides = [guide for one in members for guide in one.guides]
    guides += [end for one in members for end in (one.low, one.high) if math.isfinite(end)]
    answer = integrate(integrand, low, high, guides, _AIM, slack)
    return answer.value, answer.bound, answer.points, answer.weights


def _rows(
    form: Callable[..., Any], logs: list[Floats], weights: tuple[float, float], exact: list[bool]
) -> Floats:
    """Return rows: the value, the mass, the mass whose value is lost, and whose overflows.

    A log density of -inf inside a support is an underflow of the library that computed it, and so
    is NaN (0 / 0), or +inf where rounding led to a singular end: the mass that comes out tells
    whether it mattered.
    """
    logs = [np.where(np.isnan(log) | np.isposinf(log), -np.inf, log) for log in logs]
    value, mass = form(np, logs, weights)
    there = mass > 0
    known = np.isfinite(value)
    over = there & ~known & (exact[-1] & np.isneginf(logs[-1]))
    lost = np.where(there & ~known & ~over, mass, 0.0)
    return np.stack([np.where(there & known, value, 0.0), mass, lost, np.where(over, mass, 0.0)])


def _entropy(xp: Any, logs: Logs, _: Any) -> tuple[Any, Any]:
    p = xp.exp(logs[0])
    return -p * logs[0], p


def _cross_entropy(xp: Any, logs: Logs, _: Any) -> tuple[Any, Any]:
    p = xp.exp(logs[0])
    return -p * logs[1], p


def _kl(xp: Any, logs: Logs, _: Any) -> tuple[Any, Any]:
    p = xp.exp(logs[0])
    return p * (logs[0] - logs[1]), p


def _jensen_shannon(xp: Any, logs: Logs, weights: Any) -> tuple[Any, Any]:
    """Sum both parts; a part of no density at a point adds nothing there."""
    parts = [(w, log) for w, log in zip(weights, logs, strict=True) if w]
    shifted = [math.log(w) + log for w, log in parts]
    mixture = shifted[0] if len(shifted) == 1 else xp.logaddexp(*shifted)
    value = mass = 0.0
    for w, log in parts:
        there = log > -math.inf
        ratio = xp.where(there, log - mixture, 0.0 * xp.exp(log))
        value = value + w * xp.exp(log) * ratio
        mass = mass + w * xp.exp(log)
    return value, mass


_FORMS: dict[str, Callable[..., tuple[Any, Any]]] = {
    "entropy": _entropy,
    "cross_entropy": _cross_entropy,
    "kl_divergence": _kl,
    "jensen_shannon_divergence": _jensen_shannon,
}


def _with_gradient(
    quantity: str,
    members: list[Density],
    weights: tuple[float, float],
    points: Points,
    measure: Floats,
    value: float,
) -> Any:
    """Evaluate once more in torch, on the nodes that the quadrature chose."""
    torch: Any = importlib.import_module("torch")
    if not math.isfinite(value):
        return torch.tensor(value, dtype=torch.float64)
    logs = [one.log_density(points) for one in members]
    held = np.exp(np.max(logs, axis=0)) * measure > 0
    held &= np.all(np.isfinite(logs[: 1 if quantity == "entropy" else 2]), axis=0) | (
        (quantity == "jensen_shannon_divergence") & held
    )
    where = Points(torch.as_tensor(points.anchor[held]), torch.as_tensor(points.offset[held]))
    tracked: list[Any] = []
    for one, log in zip(members, logs, strict=True):
        fixed = torch.as_tensor(log[held])
        if one.torch_log_at is None:
            tracked.append(fixed)
            continue
        finite = torch.isfinite(fixed)
        inner = Points(where.anchor[finite], where.offset[finite])
        tracked.append(fixed.masked_scatter(finite, one.torch_log_at(inner)))
    form, _ = _FORMS[quantity](torch, tracked, weights)
    return torch.sum(form * torch.as_tensor(measure[held]))


def _dtype(given: Sequence[Univariate]) -> Any:
    """Return the precision that torch's promotion gives the sources."""
    torch: Any = importlib.import_module("torch")
    dtypes = [one.dtype for one in given if one.dtype is not None]
    result = dtypes[0]
    for dtype in dtypes[1:]:
        result = torch.promote_types(result, dtype)
    return result
