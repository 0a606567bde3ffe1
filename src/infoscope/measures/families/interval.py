"""Families on an interval or the circle: uniform, beta, Kumaraswamy, von Mises."""

# scipy and torch come without stubs; what they return is Any here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import math
from typing import Any

import numpy as np

from infoscope.measures.families.laws import Family, Law, Term, register, starts_at
from infoscope.measures.families.special import LOG_2PI, values_of

__all__ = []

_INF = math.inf
_EULER = float(np.euler_gamma)


# --- uniform --------------------------------------------------------------------------------------


def _uniform_log(law: Law, m: Any) -> Any:
    """Mean of log(x - m): the integral of log is d log d - d."""
    return _uniform_log_between(law, law["low"] - m, law["high"] - m)


def _uniform_log_below(law: Law, m: Any) -> Any:
    return _uniform_log_between(law, m - law["high"], m - law["low"])


def _uniform_log_between(law: Law, near: Any, far: Any) -> Any:
    maths = law.maths
    safe = maths.where(near > 0, near, 1.0 + 0 * near)
    edge = maths.where(near > 0, near * maths.log(safe), 0.0 * near)
    inside = maths.where(far > 0, far, 1.0 + 0 * far)
    return (far * maths.log(inside) - edge) / (far - near) - 1


def _uniform_absolute(law: Law, m: Any) -> Any:
    low, high = law["low"] - m, law["high"] - m
    return 0.5 * (high * law.maths.abs(high) - low * law.maths.abs(low)) / (high - low)


register(
    "uniform",
    Family(
        kind="continuous",
        support=lambda law: (law["low"], law["high"]),
        terms=lambda law: (law.maths.log(law["high"] - law["low"]), []),
        mean=lambda law: 0.5 * (law["low"] + law["high"]),
        variance=lambda law: (law["high"] - law["low"]) ** 2 / 12,
        means={
            "absolute": _uniform_absolute,
            "log": _uniform_log,
            "log_below": _uniform_log_below,
            "exponential": lambda law, m, t: (
                (law.maths.exp(t * (law["high"] - m)) - law.maths.exp(t * (law["low"] - m)))
                / (t * (law["high"] - law["low"]))
            ),
        },
    ),
)

# --- beta -----------------------------------------------------------------------------------------


def _beta_terms(law: Law) -> tuple[Any, list[Term]]:
    maths, a, b, width = law.maths, law["a"], law["b"], law["scale"]
    constant = maths.log_beta(a, b) + (a + b - 1) * maths.log(width)
    return constant, [
        Term(1 - a, "log", (law["loc"],)),
        Term(1 - b, "log_below", (law["loc"] + width,)),
    ]


def _beta_log(law: Law, m: Any) -> Any:
    if not starts_at(m, law["loc"]):
        return None
    maths = law.maths
    return maths.log(law["scale"]) + maths.digamma(law["a"]) - maths.digamma(law["a"] + law["b"])


def _beta_log_below(law: Law, m: Any) -> Any:
    if not starts_at(law["loc"] + law["scale"], m):
        return None
    maths = law.maths
    return maths.log(law["scale"]) + maths.digamma(law["b"]) - maths.digamma(law["a"] + law["b"])


def _beta_power(law: Law, m: Any, k: Any) -> Any:
    if not starts_at(m, law["loc"]):
        return None
    maths, a = law.maths, law["a"]
    finite = a + k > 0
    raised = maths.where(finite, a + k, 1.0 + 0 * (a + k))
    log = k * maths.log(law["scale"]) + maths.log_beta(raised, law["b"])
    return maths.where(finite, maths.exp(log - maths.log_beta(a, law["b"])), _INF)


register(
    "beta",
    Family(
        kind="continuous",
        support=lambda law: (law["loc"], law["loc"] + law["scale"]),
        terms=_beta_terms,
        mean=lambda law: law["loc"] + law["scale"] * law["a"] / (law["a"] + law["b"]),
        variance=lambda law: (
            law["scale"] ** 2
            * law["a"]
            * law["b"]
            / ((law["a"] + law["b"]) ** 2 * (law["a"] + law["b"] + 1))
        ),
        means={"log": _beta_log, "log_below": _beta_log_below, "power": _beta_power},
        guides=lambda law: [law["loc"] + law["scale"] * law["a"] / (law["a"] + law["b"])],
    ),
)

# --- continuous Bernoulli (its mean and variance are torch's, which has their limits at 1/2) ------

register(
    "continuous_bernoulli",
    Family(
        kind="continuous",
        support=lambda _: (0.0, 1.0),
        terms=lambda law: (law["constant"], [Term(-law["logits"], "linear", (0.0,))]),
        mean=lambda law: law["mean"],
        variance=lambda law: law["variance"],
    ),
)

# --- Kumaraswamy: x^a has the law of the least of b uniform numbers -------------------------------


def _kumaraswamy_terms(law: Law) -> tuple[Any, list[Term]]:
    maths, a, b = law.maths, law["a"], law["b"]
    return -maths.log(a) - maths.log(b), [
        Term(1 - a, "log", (0.0,)),
        Term(1 - b, "log_one_less_power", (a,)),
    ]


def _kumaraswamy_log(law: Law, m: Any) -> Any:
    if not bool(np.all(values_of(m) == 0)):
        return None
    return (-_EULER - law.maths.digamma(law["b"] + 1)) / law["a"]


def _kumaraswamy_power(law: Law, k: Any) -> Any:
    maths, r = law.maths, 1 + k / law["a"]
    return law["b"] * maths.exp(maths.log_beta(r, law["b"]))


register(
    "kumaraswamy",
    Family(
        kind="continuous",
        support=lambda _: (0.0, 1.0),
        terms=_kumaraswamy_terms,
        mean=lambda law: _kumaraswamy_power(law, 1.0),
        variance=lambda law: _kumaraswamy_power(law, 2.0) - _kumaraswamy_power(law, 1.0) ** 2,
        means={
            "log": _kumaraswamy_log,
            "log_one_less_power": lambda law, a: -1 / law["b"] if a is law["a"] else None,
        },
        guides=lambda law: [_kumaraswamy_power(law, 1.0)],
    ),
)

# --- von Mises ------------------------------------------------------------------------------------


def _von_mises_terms(law: Law) -> tuple[Any, list[Term]]:
    maths, kappa = law.maths, law["kappa"]
    constant = LOG_2PI + maths.log(maths.i0e(kappa)) + kappa
    return constant, [Term(-kappa, "cosine", (law["loc"],))]


def _von_mises_cosine(law: Law, m: Any) -> Any:
    maths, kappa = law.maths, law["kappa"]
    return maths.i1e(kappa) / maths.i0e(kappa) * maths.cos(law["loc"] - m)


register(
    "von_mises",
    Family(
        kind="circular",
        support=lambda law: (law["loc"] - math.pi, law["loc"] + math.pi),
        terms=_von_mises_terms,
        means={"cosine": _von_mises_cosine},
        guides=lambda law: [law["loc"]],
    ),
)
