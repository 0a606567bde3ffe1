"""Read a frozen scipy.stats distribution as a member of a family of ours."""

# scipy and torch come without stubs; what they return is Any here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.measures.families.laws import Law

__all__ = ["CONTINUOUS", "INTEGERS", "frozen_parameters", "read_frozen"]

Floats = Any  # arrays of float64
_ROOT2 = math.sqrt(2.0)


def _gamma(a: Any, c: Any, loc: Floats, scale: Floats) -> tuple[str, dict[str, Any]]:
    return "generalized_gamma", {"a": a, "c": c, "loc": loc, "scale": scale}


def _plain(family: str) -> Callable[..., tuple[str, dict[str, Any]]]:
    return lambda loc, scale: (family, {"loc": loc, "scale": scale})


def _beta(a: Any, b: Any, loc: Floats, scale: Floats) -> tuple[str, dict[str, Any]]:
    return "beta", {"a": a, "b": b, "loc": loc, "scale": scale}


def _lognormal(sigma: Any, loc: Floats, scale: Floats) -> tuple[str, dict[str, Any]]:
    return "lognormal", {"mu": np.log(scale), "sigma": sigma, "loc": loc}


#: scipy's name -> f(*shapes, loc, scale) -> our family and its parameters
CONTINUOUS: dict[str, Callable[..., tuple[str, dict[str, Any]]]] = {
    "norm": _plain("normal"),
    "laplace": _plain("laplace"),
    "cauchy": _plain("cauchy"),
    "halfcauchy": _plain("half_cauchy"),
    "logistic": _plain("logistic"),
    "uniform": lambda loc, s: ("uniform", {"low": loc, "high": loc + s}),
    "t": lambda df, loc, s: ("student", {"df": df, "loc": loc, "scale": s}),
    "gumbel_r": lambda loc, s: ("gumbel", {"loc": loc, "scale": s, "sign": 1.0}),
    "gumbel_l": lambda loc, s: ("gumbel", {"loc": loc, "scale": s, "sign": -1.0}),
    "expon": lambda loc, s: _gamma(1.0, 1.0, loc, s),
    "gamma": lambda a, loc, s: _gamma(a, 1.0, loc, s),
    "erlang": lambda a, loc, s: _gamma(a, 1.0, loc, s),
    "chi2": lambda df, loc, s: _gamma(df / 2, 1.0, loc, 2 * s),
    "chi": lambda df, loc, s: _gamma(df / 2, 2.0, loc, _ROOT2 * s),
    "halfnorm": lambda loc, s: _gamma(0.5, 2.0, loc, _ROOT2 * s),
    "rayleigh": lambda loc, s: _gamma(1.0, 2.0, loc, _ROOT2 * s),
    "maxwell": lambda loc, s: _gamma(1.5, 2.0, loc, _ROOT2 * s),
    "nakagami": lambda nu, loc, s: _gamma(nu, 2.0, loc, s / np.sqrt(nu)),
    "weibull_min": lambda c, loc, s: _gamma(1.0, c, loc, s),
    "invweibull": lambda c, loc, s: _gamma(1.0, -c, loc, s),
    "invgamma": lambda a, loc, s: _gamma(a, -1.0, loc, s),
    "gengamma": _gamma,
    "lognorm": _lognormal,
    "gibrat": lambda loc, s: _lognormal(1.0, loc, s),
    "pareto": lambda b, loc, s: ("pareto", {"b": b, "loc": loc, "scale": s}),
    "lomax": lambda c, loc, s: ("pareto", {"b": c, "loc": loc - s, "scale": s}),
    "beta": _beta,
    "arcsine": lambda loc, s: _beta(0.5, 0.5, loc, s),
    "powerlaw": lambda a, loc, s: _beta(a, 1.0, loc, s),
    "vonmises": lambda kappa, loc, s: ("von_mises", _circle(kappa, loc, s)),
}

#: scipy's name -> f(*shapes, loc) -> our family and its parameters
INTEGERS: dict[str, Callable[..., tuple[str, dict[str, Any]]]] = {
    "poisson": lambda rate, loc: ("poisson", {"rate": rate, "loc": loc}),
    "geom": lambda p, loc: ("geometric", {**_logs(p), "low": loc + 1}),
    "nbinom": lambda n, p, loc: ("negative_binomial", {**_logs(p), "n": n, "loc": loc}),
    "binom": lambda n, p, loc: ("binomial", {**_logs(p), "n": n, "loc": loc}),
    "bernoulli": lambda p, loc: ("bernoulli", {**_logs(p), "n": 1.0, "loc": loc}),
    "randint": lambda low, high, loc: (
        "integer_uniform",
        {"low": low + loc, "high": high - 1 + loc},
    ),
}


def _logs(p: Any) -> dict[str, Any]:
    """Logarithms of success and failure."""
    with np.errstate(divide="ignore"):
        return {"log_p": np.log(p), "log_q": np.log1p(-p)}


def _circle(kappa: Any, loc: Any, scale: Any) -> dict[str, Any]:
    if not np.all(scale == 1):
        got = f"scale {scale}"
        advice = "Rescale the angle yourself: on another circle the support is another."
        raise InvalidArgument(
            sentence("infoscope", "a von Mises distribution", "have scale 1", got, advice)
        )
    return {"kappa": kappa, "loc": loc}


def frozen_parameters(frozen: Any, function: str, argument: str) -> tuple[list[Any], Any, Any]:
    """Return shapes, loc and scale of a frozen distribution; refuse those that scipy calls NaN."""
    dist = frozen.dist
    shapes, loc, scale = dist._parse_args(*frozen.args, **frozen.kwds)
    shapes = [np.asarray(shape, dtype=np.float64) for shape in shapes]
    loc, scale = np.asarray(loc, dtype=np.float64), np.asarray(scale, dtype=np.float64)
    sound = np.asarray(dist._argcheck(*shapes)) & (scale > 0) & np.isfinite(loc)
    if not np.all(sound):
        got = f"{dist.name}{(*frozen.args, *frozen.kwds.items())}"
        raise InvalidArgument(sentence(function, argument, "have parameters in their range", got))
    return shapes, loc, scale


def read_frozen(frozen: Any, function: str, argument: str) -> Law | None:
    """Return the member that a frozen distribution is, or None for a family not in our table."""
    shapes, loc, scale = frozen_parameters(frozen, function, argument)
    name = frozen.dist.name
    if name in CONTINUOUS:
        family, params = CONTINUOUS[name](*shapes, loc, scale)
    elif name in INTEGERS:
        if not np.all(loc == np.floor(loc)):
            raise InvalidArgument(sentence(function, argument, "have an integer loc", loc))
        family, params = INTEGERS[name](*shapes, loc)
    else:
        return None
    return Law(family, params, frozen)
