"""Recognise a parametric distribution, whatever library made it, and put it in our terms."""

# scipy and torch come without stubs; what they return is Any here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import importlib
import math
import sys
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from infoscope.core.arrays import namespace
from infoscope.core.distribution import Masses, read
from infoscope.core.errors import WrongType, sentence
from infoscope.measures.families import half_line, integers, interval, whole_line
from infoscope.measures.families.features import Points
from infoscope.measures.families.laws import Law
from infoscope.measures.families.one_dimensional import Density, Univariate, spread_guides
from infoscope.measures.families.read_scipy import frozen_parameters, read_frozen
from infoscope.measures.families.special import values_of
from infoscope.measures.families.vectors import Vector

__all__ = ["Form", "Outcomes", "as_outcomes", "as_univariate_outcomes", "read_form", "text_of"]

_ROWS = (half_line, integers, interval, whole_line)  # imported for what they register


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Probabilities of k named outcomes: a categorical distribution, or an array of them."""

    masses: Masses
    text: str


Form: TypeAlias = Law | Univariate | Outcomes | Vector


def text_of(x: Any) -> str:
    """Name a distribution for a message."""
    dist = getattr(x, "dist", None)
    if dist is not None and hasattr(dist, "name"):
        return f"scipy.stats.{dist.name}"
    return f"{type(x).__module__.partition('.')[0]}'s {type(x).__name__}"


def read_form(x: object, *, axis: int, function: str, argument: str) -> Form:
    """Return what `x` is: a member of a family, outcomes, something to integrate, or a vector."""
    module = type(x).__module__
    distributions: Any = sys.modules.get("torch.distributions")
    if distributions is not None and isinstance(x, distributions.Distribution):
        return _read_torch(x, function, argument)
    if hasattr(x, "dist") and hasattr(x, "args") and module.startswith("scipy.stats"):
        if text_of(x) == "scipy.stats.poisson_binom":  # its parameter is a whole array
            return _one_frozen(x)
        return read_frozen(x, function, argument) or _generic_frozen(x, function, argument)
    if module.startswith("scipy.stats"):
        return _read_other_scipy(x, function, argument)
    if (law := _read_new_style(x)) is not None:
        return law
    return Outcomes(read(x, axis=axis, function=function, argument=argument), "an array")


# --- scipy ----------------------------------------------------------------------------------------


def _generic_frozen(frozen: Any, function: str, argument: str) -> Univariate:
    dist, name = frozen.dist, text_of(frozen)
    shapes, loc, scale = frozen_parameters(frozen, function, argument)
    integer = hasattr(frozen, "pmf")
    low, high = (np.asarray(end, dtype=np.float64) for end in frozen.support())
    shape = np.broadcast_shapes(*(s.shape for s in (*shapes, loc, scale)))

    def member(index: tuple[int, ...]) -> Density:
        here = [float(np.broadcast_to(s, shape)[index]) for s in shapes]
        at, width = (float(np.broadcast_to(s, shape)[index]) for s in (loc, scale))
        bottom, top = (float(np.broadcast_to(end, shape)[index]) for end in (low, high))
        if integer:
            middle = float(dist.median(*here, loc=at))
            return Density(bottom, top, [middle], lambda x: dist.logpmf(
                x.anchor + x.offset, *here, loc=at))  # fmt: skip
        levels = np.array([1e-3, 0.05, 0.5, 0.95, 1 - 1e-3])
        guides = spread_guides(dist.ppf(levels, *here, loc=at, scale=width).tolist())

        inner = math.nextafter(bottom, math.inf), math.nextafter(top, -math.inf)

        def log_at(x: Points) -> Any:
            # The anchor moves into loc, so that offsets keep their digits.
            logs = np.array(dist.logpdf(x.offset, *here, loc=at - x.anchor, scale=width))
            if (ends := np.isnan(logs) | np.isposinf(logs)).any():  # rounded to a singular end
                inside = np.clip(x.anchor[ends] + x.offset[ends], *inner)
                logs[ends] = dist.logpdf(inside, *here, loc=at, scale=width)
            return logs

        return Density(bottom, top, guides, log_at)

    return Univariate(
        "integer" if integer else "continuous", shape, low, high, _quiet(member), name, frozen
    )


def _one_frozen(frozen: Any) -> Univariate:
    low, high = (float(end) for end in frozen.support())

    def member(_: tuple[int, ...]) -> Density:
        return Density(
            low, high, [float(frozen.median())], lambda x: frozen.logpmf(x.anchor + x.offset)
        )

    ends = np.asarray(low), np.asarray(high)
    return Univariate("integer", (), *ends, _quiet(member), text_of(frozen), frozen)


def _quiet(member: Any) -> Any:
    """Let scipy's densities reach log 0 and overflow without a warning."""

    def quiet_member(index: tuple[int, ...]) -> Density:
        with np.errstate(all="ignore"):
            made = member(index)

        def log_at(x: Points) -> Any:
            with np.errstate(all="ignore"):
                return made.log_at(x)

        return Density(made.low, made.high, made.guides, log_at, made.torch_log_at)

    return quiet_member


def _read_other_scipy(x: Any, function: str, argument: str) -> Form:
    kind = type(x).__name__
    if kind == "multivariate_normal_frozen":
        params = {"mean": np.asarray(x.mean), "cov": np.atleast_2d(x.cov_object.covariance)}
        return Vector("gaussian", params, x, "scipy.stats.multivariate_normal")
    if kind == "dirichlet_frozen":
        return Vector("dirichlet", {"a": np.asarray(x.alpha)}, x, "scipy.stats.dirichlet")
    if kind == "multinomial_frozen":
        params = {"n": x.n, "p": np.asarray(x.p)}
        return Vector("multinomial", params, x, "scipy.stats.multinomial")
    if (law := _read_new_style(x)) is not None:
        return law
    if kind.endswith("_frozen"):
        return Vector("other", {}, x, f"scipy.stats.{kind.removesuffix('_frozen')}")
    if not hasattr(x, "freeze"):
        got = f"scipy.stats.{kind}"
        raise WrongType(sentence(function, argument, "be a distribution", got))
    got = f"scipy.stats.{getattr(x, 'name', kind)} without parameters"
    advice = "Freeze it first, as in scipy.stats.norm(0, 1)."
    raise WrongType(sentence(function, argument, "be one distribution", got, advice))


def _read_new_style(x: Any) -> Form | None:
    """Read scipy's random variables with a `logpdf` of their own (since 1.15)."""
    if not (hasattr(x, "logpdf") and hasattr(x, "support") and hasattr(x, "icdf")):
        return None
    if type(x).__name__ == "Normal" and type(x).__module__.startswith("scipy"):
        return Law("normal", {"loc": np.asarray(x.mu), "scale": np.asarray(x.sigma)}, x)
    integer = type(x).__name__ == "Binomial" or "Discrete" in " ".join(
        base.__name__ for base in type(x).__mro__
    )
    low, high = (np.asarray(end, dtype=np.float64) for end in x.support())
    shape = np.broadcast_shapes(low.shape, high.shape, np.shape(x.median()))

    def member(index: tuple[int, ...]) -> Density:
        levels = np.array([1e-3, 0.05, 0.5, 0.95, 1 - 1e-3]).reshape(-1, *(1 for _ in shape))
        quantiles = np.broadcast_to(x.icdf(levels), (5, *shape))[:, *index]
        log = x.logpmf if integer else x.logpdf

        def log_at(points: Points) -> Any:
            at = (points.anchor + points.offset).reshape(-1, *(1 for _ in shape))
            return np.broadcast_to(log(at), (at.shape[0], *shape))[:, *index]

        bottom, top = (float(np.broadcast_to(end, shape)[index]) for end in (low, high))
        guides = spread_guides(quantiles.tolist())
        return Density(bottom, top, guides[len(guides) // 2 :][:1] if integer else guides, log_at)

    kind = "integer" if integer else "continuous"
    return Univariate(kind, shape, low, high, _quiet(member), text_of(x), x)


# --- torch ----------------------------------------------------------------------------------------


def _read_torch(x: Any, function: str, argument: str) -> Form:
    reader: Any = importlib.import_module("infoscope.measures.families.read_torch")
    D: Any = sys.modules["torch.distributions"]
    name = text_of(x)
    if isinstance(x, D.OneHotCategorical):
        x = x._categorical
    if isinstance(x, D.Categorical):
        if reader.given_as_probabilities(x):
            return Outcomes(read(x.probs, axis=-1, function=function, argument=argument), name)
        masses = read(x.probs, axis=-1, function=function, argument=argument)
        return Outcomes(Masses(masses.xp, masses.probabilities, x.logits), name)
    if isinstance(x, D.Independent):
        if x.reinterpreted_batch_ndims == 0:
            return _read_torch(x.base_dist, function, argument)
        base = _read_torch(x.base_dist, function, argument)
        if isinstance(base, Law) and base.family == "normal" and x.reinterpreted_batch_ndims == 1:
            normal: dict[str, Any] = {"mean": base["loc"], "cov": lambda: _diagonal(base["scale"])}
            return Vector("gaussian", normal, x, name)
        params: dict[str, Any] = {"base": base, "axes": x.reinterpreted_batch_ndims}
        return Vector("independent", params, x, name)
    if isinstance(x, (D.MultivariateNormal, D.LowRankMultivariateNormal)):
        return Vector("gaussian", {"mean": x.loc, "cov": lambda: x.covariance_matrix}, x, name)
    if isinstance(x, D.Multinomial):
        counted: dict[str, Any] = {"n": x.total_count, "p": x._categorical}
        return Vector("multinomial", counted, x, name)
    if isinstance(x, D.Dirichlet):
        return Vector("dirichlet", {"a": x.concentration}, x, name)
    if len(x.event_shape) > 0:
        return Vector("other", {}, x, name)
    return reader.read_distribution(x) or reader.read_density(x, function, argument)


def _diagonal(scale: Any) -> Any:
    return sys.modules["torch"].diag_embed(scale**2)


def as_outcomes(law: Law) -> Outcomes:
    """Turn a Bernoulli distribution into its two probabilities."""
    logs = law.maths.xp.stack([law["log_q"], law["log_p"]], -1)
    return Outcomes(Masses(namespace(logs), law.maths.exp(logs), logs), text_of(law.source))


def as_univariate_outcomes(outcomes: Outcomes) -> Univariate:
    """Number the outcomes from 0, so that they can meet a distribution of whole numbers."""
    masses = outcomes.masses
    k = masses.probabilities.shape[-1]
    shape = tuple(masses.probabilities.shape[:-1])
    tensor = masses.probabilities if hasattr(masses.probabilities, "requires_grad") else None
    table = values_of(masses.probabilities)
    with np.errstate(divide="ignore"):
        logs = np.log(table) if masses.log_probabilities is None else values_of(
            masses.log_probabilities)  # fmt: skip
    first = np.argmax(table > 0, axis=-1).astype(float)
    last = (k - 1 - np.argmax(table[..., ::-1] > 0, axis=-1)).astype(float)

    def member(index: tuple[int, ...]) -> Density:
        row = logs[index]
        low, high = float(first[index]), float(last[index])

        def log_at(x: Points) -> Any:
            return row[(x.anchor + x.offset).astype(int)]

        def torch_log_at(x: Points) -> Any:
            at = (x.anchor + x.offset).long()
            held = masses.log_on(masses.support)[index]
            return held[at].double()

        return Density(
            low,
            high,
            [low],
            log_at,
            torch_log_at if tensor is not None else None,
            exact=True,
            slack=1e-6,  # what `read` lets pass
        )

    return Univariate(
        "integer",
        shape,
        first,
        last,
        member,
        outcomes.text,
        dtype=None if tensor is None else tensor.dtype,
        needs_gradient=bool(tensor is not None and tensor.requires_grad),
    )
