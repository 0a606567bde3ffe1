"""Read a torch distribution as a member of a family of ours."""

# scipy and torch come without stubs; what they return is Any here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import copy
import importlib
import math
import weakref
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import torch

from infoscope.core.errors import WrongType, sentence
from infoscope.measures.families.features import Points
from infoscope.measures.families.laws import Law
from infoscope.measures.families.one_dimensional import Density, Univariate
from infoscope.measures.families.special import values_of

D: Any = importlib.import_module("torch.distributions")

__all__ = [
    "READERS",
    "given_as_probabilities",
    "in_double_precision",
    "read_density",
    "read_distribution",
]

Params = tuple[str, dict[str, Any]]


def _gamma(a: Any, c: Any, scale: Any) -> Params:
    return "generalized_gamma", {"a": a, "c": c, "loc": 0.0, "scale": scale}


def _weibull(d: Any) -> Params:
    return _gamma(1.0, d.concentration, d.scale)


def given_as_probabilities(d: Any) -> bool:
    """Whether `probs` rather than `logits` made it: torch's logits of a zero are not -inf."""
    held: dict[str, Any] = vars(d)
    made_of = held.get("_param")
    if made_of is not None:
        return made_of is held.get("probs")
    return "probs" in held


def _logs(d: Any) -> dict[str, Any]:
    """Logarithms of success and failure."""
    if given_as_probabilities(d):
        return {"log_p": torch.log(d.probs), "log_q": torch.log1p(-d.probs)}
    log_sigmoid = torch.nn.functional.logsigmoid
    return {"log_p": log_sigmoid(d.logits), "log_q": log_sigmoid(-d.logits)}


def _negative_binomial(d: Any) -> Params:
    logs = _logs(d)  # torch counts what it calls successes until total_count failures
    params = {"log_p": logs["log_q"], "log_q": logs["log_p"]}
    return "negative_binomial", {**params, "n": d.total_count, "loc": 0.0}


def _continuous_bernoulli(d: Any) -> Params:
    log_norm = d._cont_bern_log_norm()  # the series near 1/2 is torch's own
    params = {"logits": d.logits, "constant": -log_norm - torch.log1p(-d.probs)}
    return "continuous_bernoulli", {**params, "mean": d.mean, "variance": d.variance}


#: class -> f(distribution) -> our family and its parameters
READERS: dict[type, Callable[[Any], Params]] = {
    D.Normal: lambda d: ("normal", {"loc": d.loc, "scale": d.scale}),
    D.Laplace: lambda d: ("laplace", {"loc": d.loc, "scale": d.scale}),
    D.Cauchy: lambda d: ("cauchy", {"loc": d.loc, "scale": d.scale}),
    D.HalfCauchy: lambda d: ("half_cauchy", {"loc": 0.0, "scale": d.scale}),
    D.StudentT: lambda d: ("student", {"df": d.df, "loc": d.loc, "scale": d.scale}),
    D.Uniform: lambda d: ("uniform", {"low": d.low, "high": d.high}),
    D.Gumbel: lambda d: ("gumbel", {"loc": d.loc, "scale": d.scale, "sign": 1.0}),
    D.Exponential: lambda d: _gamma(1.0, 1.0, 1 / d.rate),
    D.Gamma: lambda d: _gamma(d.concentration, 1.0, 1 / d.rate),
    D.InverseGamma: lambda d: _gamma(d.concentration, -1.0, d.rate),
    D.HalfNormal: lambda d: _gamma(0.5, 2.0, 2**0.5 * d.scale),
    D.Weibull: _weibull,
    D.LogNormal: lambda d: ("lognormal", {"mu": d.loc, "sigma": d.scale, "loc": 0.0}),
    D.Pareto: lambda d: ("pareto", {"b": d.alpha, "loc": 0.0, "scale": d.scale}),
    D.Beta: lambda d: (
        "beta",
        {"a": d.concentration1, "b": d.concentration0, "loc": 0.0, "scale": 1.0},
    ),
    D.Kumaraswamy: lambda d: (
        "kumaraswamy",
        {"a": d.concentration1, "b": d.concentration0},
    ),
    D.VonMises: lambda d: ("von_mises", {"loc": d.loc, "kappa": d.concentration}),
    D.ContinuousBernoulli: _continuous_bernoulli,
    D.Poisson: lambda d: ("poisson", {"rate": d.rate, "loc": 0.0}),
    D.Bernoulli: lambda d: ("bernoulli", {**_logs(d), "n": 1.0, "loc": 0.0}),
    D.Binomial: lambda d: ("binomial", {**_logs(d), "n": d.total_count, "loc": 0.0}),
    D.Geometric: lambda d: ("geometric", {**_logs(d), "low": 0.0}),
    D.NegativeBinomial: _negative_binomial,
}


def read_distribution(distribution: Any) -> Law | None:
    """Return the member that a torch distribution is, or None for a family not in our table."""
    for kind in type(distribution).__mro__:
        if kind in READERS:
            family, params = READERS[kind](distribution)
            return Law(family, params, distribution)
    return None


def in_double_precision(x: Any, *, detached: bool, done: dict[int, Any] | None = None) -> Any:
    """Return a copy of a distribution (or of what it holds) in double precision, unvalidated.

    Validation would refuse points that rounding puts on the end of a support. What was one tensor
    stays one tensor (`done`): which of probs and logits is the parameter is told by identity.
    """
    done = {} if done is None else done
    if id(x) in done:
        return done[id(x)]
    if isinstance(x, torch.Tensor):
        twin = x.detach() if detached else x
        twin = twin.double() if twin.is_floating_point() else twin
    elif isinstance(x, (list, tuple)):
        parts = cast("list[Any] | tuple[Any, ...]", x)
        return type(parts)(
            [in_double_precision(part, detached=detached, done=done) for part in parts]
        )
    elif isinstance(x, (D.Distribution, D.Transform)):
        twin = done[id(x)] = copy.copy(x)  # a transform and its inverse hold each other
        for name, value in vars(x).items():
            if not isinstance(
                value, weakref.ref
            ):  # to an inverse that is made again when asked for
                twin.__dict__[name] = in_double_precision(value, detached=detached, done=done)
        twin.__dict__["_validate_args"] = False
    else:
        return x
    done[id(x)] = twin
    return twin


def read_density(d: Any, function: str, argument: str) -> Univariate:
    """Return a distribution outside our table as something to integrate or sum numerically."""
    text = f"torch's {type(d).__name__}"
    twin, live = (in_double_precision(d, detached=detached) for detached in (True, False))
    low, high, integer = _ends(twin, function, argument, text)
    shape = tuple(d.batch_shape)
    ones = (1,) * len(shape)

    def log_prob(which: Any, x: Any, index: tuple[int, ...]) -> Any:
        try:
            logs = which.log_prob(x.reshape(-1, *ones).expand(-1, *shape))
        except NotImplementedError as error:
            raise WrongType(
                sentence(function, argument, "have a density that torch can evaluate", text)
            ) from error
        return logs[(slice(None), *index)]

    def member(index: tuple[int, ...]) -> Density:
        bottom, top = (float(np.broadcast_to(end, shape)[index]) for end in (low, high))
        if integer:
            least, most = bottom, top
        else:  # an end itself may have no density, and rounding may lead there
            least, most = math.nextafter(bottom, math.inf), math.nextafter(top, -math.inf)

        def log_at(points: Points) -> Any:
            x = torch.as_tensor(np.clip(points.anchor + points.offset, least, most))
            with torch.no_grad():
                return log_prob(twin, x, index).numpy()

        def torch_log_at(points: Points) -> Any:
            return log_prob(live, (points.anchor + points.offset).clamp(least, most), index)

        guides = _guides(twin, shape, index, bottom, top)
        if integer:
            guides = guides[:1] or [bottom if bottom > -math.inf else 0.0]
        return Density(bottom, top, guides, log_at, torch_log_at)

    tensors = _tensors(d)
    dtype = next((t.dtype for t in tensors if t.is_floating_point()), torch.get_default_dtype())
    return Univariate(
        "integer" if integer else "continuous",
        shape,
        low,
        high,
        member,
        text,
        d,
        dtype,
        any(t.requires_grad for t in tensors),
        any(t.requires_grad for t in _behind_ends(d, function, argument, text)),
    )


def _tensors(x: Any) -> list[Any]:
    """Return the tensors that a distribution, transform or constraint holds."""
    if isinstance(x, torch.Tensor):
        return [x]
    if isinstance(x, (list, tuple)):
        return [tensor for part in x for tensor in _tensors(part)]
    if isinstance(x, (D.Distribution, D.Transform, D.constraints.Constraint)):
        return [tensor for part in vars(x).values() for tensor in _tensors(part)]
    return []


def _ends(d: Any, function: str, argument: str, text: str) -> tuple[Any, Any, bool]:
    """Return the ends of a support from torch's constraint, and whether it holds integers."""
    support: Any = d.support
    if isinstance(support, D.constraints.MixtureSameFamilyConstraint):
        low, high, integer = _ends(d.component_distribution, function, argument, text)
        k = d.mixture_distribution.probs.shape[-1]
        shape = (*d.batch_shape, k)
        low, high = np.broadcast_to(low, shape).min(-1), np.broadcast_to(high, shape).max(-1)
        return low, high, integer
    if _is_moved(d):  # torch calls all the line the support of 1 + 3 x, whatever x may be
        low, high, integer = _ends(d.base_dist, function, argument, text)
        if not integer:
            first, last = (values_of(end) for end in _moved(d, low, high))
            return np.minimum(first, last), np.maximum(first, last), False
    low = getattr(support, "lower_bound", -math.inf)
    high = getattr(support, "upper_bound", math.inf)
    if (
        support is D.constraints.real
        or "lower_bound" in dir(support)
        or "upper_bound" in dir(support)
    ):
        return values_of(low), values_of(high), bool(support.is_discrete)
    raise WrongType(
        sentence(function, argument, "have an interval or whole numbers as support", f"{text} with "
                 f"support {support}", "There is neither a closed form nor a safe numerical one.")
    )  # fmt: skip


def _is_moved(d: Any) -> bool:
    """Whether a distribution on the line is a monotone function of another."""
    return isinstance(d, D.TransformedDistribution) and all(
        transform.bijective and transform.domain.event_dim == 0 for transform in d.transforms
    )


def _moved(d: Any, low: Any, high: Any) -> list[Any]:
    """Return where the transforms of a distribution send two points."""
    ends = [torch.as_tensor(end) for end in (low, high)]
    for transform in d.transforms:
        ends = [transform(end) for end in ends]
    return ends


def _behind_ends(d: Any, function: str, argument: str, text: str) -> list[Any]:
    """Return the tensors on which the ends of a support depend; an infinite end does not move."""
    if not _is_moved(d):
        return _tensors(d.support)
    own = _ends(d.base_dist, function, argument, text)[:2]
    moved = [end for end, at in zip(_moved(d, *own), own, strict=True) if np.isfinite(at).any()]
    return [*moved, *_behind_ends(d.base_dist, function, argument, text)]


def _guides(
    d: Any, shape: tuple[int, ...], index: tuple[int, ...], low: float, high: float
) -> list[float]:
    """Return where the mass is: the components' places for a mixture, quantiles, or the mean."""
    found: list[float] = []
    if isinstance(d, D.MixtureSameFamily):
        parts = d.component_distribution
        centres = _location(parts)
        if centres is not None:
            k = d.mixture_distribution.probs.shape[-1]
            centres = np.broadcast_to(values_of(centres), (*shape, k))[index]
            found += [float(c) for c in centres]
    elif (centre := _location(d)) is not None:
        found.append(float(np.broadcast_to(values_of(centre), shape)[index]))
    return sorted({g for g in found if math.isfinite(g) and low <= g <= high})


def _location(d: Any) -> Any:
    """Return a median or a mean, whichever torch knows."""
    for attempt in (lambda: d.icdf(torch.tensor(0.5, dtype=torch.float64)), lambda: d.mean):
        try:
            return attempt()
        except NotImplementedError:
            continue
    return None
