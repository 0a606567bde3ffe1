"""Families on a half line: generalised gamma (with its many children), log-normal, Pareto."""

# scipy and torch come without stubs; what they return is Any here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import math
from typing import Any

import numpy as np

from infoscope.measures.families.laws import Family, Law, Term, is_number, register, starts_at
from infoscope.measures.families.special import LOG_2PI, values_of

__all__ = []

_INF = math.inf


def _above(law: Law) -> tuple[Any, Any]:
    return law["loc"], _INF


# --- generalised gamma: exponential, gamma, chi, Weibull, Rayleigh, Maxwell, half-normal, ... -----
# density |c| y^(ca - 1) exp(-y^c) / (scale Gamma(a)),  y = (x - loc) / scale


def _gamma_terms(law: Law) -> tuple[Any, list[Term]]:
    maths, a, c, s = law.maths, law["a"], law["c"], law["scale"]
    constant = maths.lgamma(a) - maths.log(maths.abs(c)) + c * a * maths.log(s)
    if is_number(c, 1.0) or is_number(c, 2.0):  # moments are known at any origin
        core = Term(1 / s**c, "linear" if is_number(c, 1.0) else "square", (law["loc"],))
    else:
        core = Term(maths.exp(-c * maths.log(s)), "power", (law["loc"], c))
    return constant, [Term(1 - c * a, "log", (law["loc"],)), core]


def _rising(law: Law, r: Any) -> Any:
    """Gamma(a + r) / Gamma(a): the mean of y^(c r); inf from a + r <= 0 on."""
    maths, a = law.maths, law["a"]
    if is_number(r, 1.0) or is_number(r, 2.0):
        return a if r == 1.0 else a * (a + 1)
    finite = a + r > 0
    inside = maths.where(finite, a + r, 1.0 + 0 * (a + r))
    return maths.where(finite, maths.exp(maths.lgamma(inside) - maths.lgamma(a)), _INF)


def _gamma_power(law: Law, m: Any, k: Any) -> Any:
    if not starts_at(m, law["loc"]):
        return None
    return law.maths.exp(k * law.maths.log(law["scale"])) * _rising(law, k / law["c"])


def _gamma_log(law: Law, m: Any) -> Any:
    if not starts_at(m, law["loc"]):
        return None
    return law.maths.log(law["scale"]) + law.maths.digamma(law["a"]) / law["c"]


def _gamma_log_square(law: Law, m: Any, centre: Any) -> Any:
    log = _gamma_log(law, m)
    if log is None:
        return None
    return (log - centre) ** 2 + law.maths.trigamma(law["a"]) / law["c"] ** 2


def _gamma_exponential(law: Law, m: Any, t: Any) -> Any:
    if not is_number(law["c"], 1.0):
        return None
    maths, room = law.maths, 1 - law["scale"] * t
    finite = room > 0
    inside = maths.where(finite, room, 1.0 + 0 * room)
    value = maths.exp(t * (law["loc"] - m) - law["a"] * maths.log(inside))
    return maths.where(finite, value, _INF)


def _gamma_absolute(law: Law, m: Any) -> Any:
    """Mean of |x - m|: known left of the support, and for the exponential anywhere."""
    shift = law["loc"] - m
    mean = _gamma_mean(law) - m
    if bool(np.all(values_of(shift) >= 0)):
        return mean
    if not (is_number(law["a"], 1.0) and is_number(law["c"], 1.0)):
        return None
    maths, s = law.maths, law["scale"]
    tail = maths.exp(maths.where(shift < 0, shift, 0.0 * shift) / s)
    return maths.where(shift >= 0, mean, 2 * s * tail - shift - s)


def _gamma_mean(law: Law) -> Any:
    return law["loc"] + law["scale"] * _rising(law, 1 / law["c"])


def _gamma_variance(law: Law) -> Any:
    if is_number(law["c"], 1.0):
        return law["a"] * law["scale"] ** 2
    first, second = _rising(law, 1 / law["c"]), _rising(law, 2 / law["c"])
    finite = first < _INF
    centre = law.maths.where(finite, first, 0.0 * first)
    return law["scale"] ** 2 * law.maths.where(finite, second - centre**2, _INF)


register(
    "generalized_gamma",
    Family(
        kind="continuous",
        support=_above,
        terms=_gamma_terms,
        mean=_gamma_mean,
        variance=_gamma_variance,
        means={
            "absolute": _gamma_absolute,
            "log": _gamma_log,
            "log_square": _gamma_log_square,
            "power": _gamma_power,
            "exponential": _gamma_exponential,
        },
        guides=lambda law: [
            law["loc"] + law["scale"] * law.maths.exp(law.maths.log(law["a"]) / law["c"])
        ],
    ),
)

# --- log-normal -----------------------------------------------------------------------------------


def _lognormal_terms(law: Law) -> tuple[Any, list[Term]]:
    constant = 0.5 * LOG_2PI + law.maths.log(law["sigma"])
    return constant, [
        Term(1.0, "log", (law["loc"],)),
        Term(0.5 / law["sigma"] ** 2, "log_square", (law["loc"], law["mu"])),
    ]


def _lognormal_log(law: Law, m: Any) -> Any:
    return law["mu"] + 0 * law["loc"] if starts_at(m, law["loc"]) else None


def _lognormal_log_square(law: Law, m: Any, centre: Any) -> Any:
    if not starts_at(m, law["loc"]):
        return None
    return law["sigma"] ** 2 + (law["mu"] - centre) ** 2


def _lognormal_power(law: Law, m: Any, k: Any) -> Any:
    if not starts_at(m, law["loc"]):
        return None
    return law.maths.exp(k * law["mu"] + 0.5 * (k * law["sigma"]) ** 2)


def _lognormal_mean(law: Law) -> Any:
    return law["loc"] + law.maths.exp(law["mu"] + 0.5 * law["sigma"] ** 2)


def _lognormal_variance(law: Law) -> Any:
    s2, maths = law["sigma"] ** 2, law.maths
    return maths.exp(2 * law["mu"] + s2) * (maths.exp(s2) - 1)


register(
    "lognormal",
    Family(
        kind="continuous",
        support=_above,
        terms=_lognormal_terms,
        mean=_lognormal_mean,
        variance=_lognormal_variance,
        means={
            "log": _lognormal_log,
            "log_square": _lognormal_log_square,
            "power": _lognormal_power,
            "exponential": lambda law, _, t: (
                _INF + 0 * law["mu"] if bool(np.all(values_of(t) > 0)) else None
            ),
        },
        guides=lambda law: [law["loc"] + law.maths.exp(law["mu"])],
    ),
)

# --- Pareto ---------------------------------------------------------------------------------------


def _pareto_terms(law: Law) -> tuple[Any, list[Term]]:
    maths, b, s = law.maths, law["b"], law["scale"]
    return -maths.log(b) - b * maths.log(s), [Term(b + 1, "log", (law["loc"],))]


def _same_origin(law: Law, m: Any) -> bool:
    return bool(np.all(values_of(law["loc"]) == values_of(m)))


def _pareto_power(law: Law, m: Any, k: Any) -> Any:
    if not _same_origin(law, m):
        return None
    maths, b = law.maths, law["b"]
    finite = b - k > 0
    room = maths.where(finite, b - k, 1.0 + 0 * (b - k))
    return maths.where(finite, b / room * maths.exp(k * maths.log(law["scale"])), _INF)


def _pareto_moment(law: Law, k: int) -> Any:
    finite = law["b"] > k
    room = law.maths.where(finite, law["b"] - k, 1.0 + 0 * law["b"])
    return law.maths.where(finite, law["b"] / room * law["scale"] ** k, _INF)


def _pareto_variance(law: Law) -> Any:
    finite = law["b"] > 2
    first, second = _pareto_moment(law, 1), _pareto_moment(law, 2)
    centre = law.maths.where(finite, first, 0.0 * law["b"])
    return law.maths.where(finite, second - centre**2, _INF)


def _pareto_log(law: Law, m: Any) -> Any:
    return law.maths.log(law["scale"]) + 1 / law["b"] if _same_origin(law, m) else None


def _pareto_log_square(law: Law, m: Any, centre: Any) -> Any:
    if not _same_origin(law, m):
        return None
    return (law.maths.log(law["scale"]) + 1 / law["b"] - centre) ** 2 + 1 / law["b"] ** 2


register(
    "pareto",
    Family(
        kind="continuous",
        support=lambda law: (law["loc"] + law["scale"], _INF),
        terms=_pareto_terms,
        mean=lambda law: law["loc"] + _pareto_moment(law, 1),
        variance=_pareto_variance,
        means={
            "log": _pareto_log,
            "log_square": _pareto_log_square,
            "power": _pareto_power,
            "exponential": lambda law, _, t: (
                _INF + 0 * law["b"] if bool(np.all(values_of(t) > 0)) else None
            ),
        },
        guides=lambda law: [law["loc"] + 2 * law["scale"]],
    ),
)

# --- half-Cauchy ----------------------------------------------------------------------------------

register(
    "half_cauchy",
    Family(
        kind="continuous",
        support=_above,
        terms=lambda law: (
            law.maths.log(0.5 * math.pi * law["scale"]),
            [Term(1.0, "log1p_square", (law["loc"], law["scale"]))],
        ),
        entropy=lambda law: law.maths.log(2 * math.pi * law["scale"]),
        guides=lambda law: [law["loc"] + law["scale"]],
    ),
)
