"""Families on the whole line: normal, Laplace, Gumbel, Cauchy, Student, logistic."""

# scipy and torch come without stubs; what they return is Any here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import math
from typing import Any

import numpy as np

from infoscope.measures.families.laws import Family, Law, Term, register
from infoscope.measures.families.special import LOG_2PI

__all__ = []

_INF = math.inf
_EULER = float(np.euler_gamma)


def _line(_: Law) -> tuple[Any, Any]:
    return -_INF, _INF


# --- normal ---------------------------------------------------------------------------------------


def _normal_terms(law: Law) -> tuple[Any, list[Term]]:
    constant = 0.5 * LOG_2PI + law.maths.log(law["scale"])
    return constant, [Term(0.5 / law["scale"] ** 2, "square", (law["loc"],))]


def _normal_absolute(law: Law, m: Any) -> Any:
    maths, s = law.maths, law["scale"]
    z = (law["loc"] - m) / s
    return s * (math.sqrt(2 / math.pi) * maths.exp(-0.5 * z * z) + z * maths.erf(z / math.sqrt(2)))


register(
    "normal",
    Family(
        kind="continuous",
        support=_line,
        terms=_normal_terms,
        mean=lambda law: law["loc"],
        variance=lambda law: law["scale"] ** 2,
        means={
            "absolute": _normal_absolute,
            "exponential": lambda law, m, t: law.maths.exp(
                t * (law["loc"] - m) + 0.5 * (t * law["scale"]) ** 2
            ),
            "cosine": lambda law, m: (
                law.maths.cos(law["loc"] - m) * law.maths.exp(-0.5 * law["scale"] ** 2)
            ),
        },
        guides=lambda law: [law["loc"]],
    ),
)

# --- Laplace --------------------------------------------------------------------------------------


def _laplace_terms(law: Law) -> tuple[Any, list[Term]]:
    return law.maths.log(2 * law["scale"]), [Term(1 / law["scale"], "absolute", (law["loc"],))]


def _laplace_absolute(law: Law, m: Any) -> Any:
    distance = law.maths.abs(law["loc"] - m)
    return distance + law["scale"] * law.maths.exp(-distance / law["scale"])


def _laplace_exponential(law: Law, m: Any, t: Any) -> Any:
    maths, s = law.maths, law["scale"]
    inside = maths.abs(t * s) < 1
    room = maths.where(inside, 1 - (t * s) ** 2, 1.0 + 0 * s * t)
    return maths.where(inside, maths.exp(t * (law["loc"] - m)) / room, _INF)


register(
    "laplace",
    Family(
        kind="continuous",
        support=_line,
        terms=_laplace_terms,
        mean=lambda law: law["loc"],
        variance=lambda law: 2 * law["scale"] ** 2,
        means={"absolute": _laplace_absolute, "exponential": _laplace_exponential},
        guides=lambda law: [law["loc"]],
    ),
)

# --- Gumbel (of maxima: sign 1; of minima: sign -1) -----------------------------------------------


def _gumbel_terms(law: Law) -> tuple[Any, list[Term]]:
    rate = law["sign"] / law["scale"]
    return law.maths.log(law["scale"]), [
        Term(rate, "linear", (law["loc"],)),
        Term(1.0, "exponential", (law["loc"], -rate)),
    ]


def _gumbel_exponential(law: Law, m: Any, t: Any) -> Any:
    maths = law.maths
    room = 1 - law["sign"] * law["scale"] * t
    finite = room > 0
    inside = maths.where(finite, room, 1.0 + 0 * room)
    value = maths.exp(t * (law["loc"] - m) + maths.lgamma(inside))
    return maths.where(finite, value, _INF)


register(
    "gumbel",
    Family(
        kind="continuous",
        support=_line,
        terms=_gumbel_terms,
        mean=lambda law: law["loc"] + law["sign"] * law["scale"] * _EULER,
        variance=lambda law: (math.pi * law["scale"]) ** 2 / 6,
        means={"exponential": _gumbel_exponential},
        guides=lambda law: [law["loc"]],
    ),
)

# --- Cauchy and Student ---------------------------------------------------------------------------


def _cauchy_terms(law: Law) -> tuple[Any, list[Term]]:
    return law.maths.log(math.pi * law["scale"]), [
        Term(1.0, "log1p_square", (law["loc"], law["scale"]))
    ]


def _cauchy_log1p_square(law: Law, m: Any, s: Any) -> Any:
    return law.maths.log(((law["scale"] + s) ** 2 + (law["loc"] - m) ** 2) / s**2)


register(
    "cauchy",
    Family(
        kind="continuous",
        support=_line,
        terms=_cauchy_terms,
        means={
            "log1p_square": _cauchy_log1p_square,
            "square": lambda law, m: _INF + 0 * law["scale"] * m,
            "absolute": lambda law, m: _INF + 0 * law["scale"] * m,
        },
        guides=lambda law: [law["loc"]],
    ),
)


def _student_terms(law: Law) -> tuple[Any, list[Term]]:
    maths, df, s = law.maths, law["df"], law["scale"]
    constant = maths.log_beta(0.5 * df, 0.5) + 0.5 * maths.log(df) + maths.log(s)
    return constant, [Term(0.5 * (df + 1), "log1p_square", (law["loc"], s * maths.sqrt(df)))]


def _student_entropy(law: Law) -> Any:
    maths, df = law.maths, law["df"]
    constant, _ = _student_terms(law)
    half = 0.5 * (df + 1)
    return constant + half * (maths.digamma(half) - maths.digamma(0.5 * df))


def _student_square(law: Law, m: Any) -> Any:
    finite = law["df"] > 2
    room = law.maths.where(finite, law["df"] - 2, 1.0 + 0 * law["df"])
    value = law["scale"] ** 2 * law["df"] / room + (law["loc"] - m) ** 2
    return law.maths.where(finite, value, _INF)


register(
    "student",
    Family(
        kind="continuous",
        support=_line,
        terms=_student_terms,
        means={"square": _student_square},
        entropy=_student_entropy,
        guides=lambda law: [law["loc"]],
    ),
)

# --- logistic -------------------------------------------------------------------------------------

register(
    "logistic",
    Family(
        kind="continuous",
        support=_line,
        terms=lambda law: (
            law.maths.log(law["scale"]),
            [
                Term(1 / law["scale"], "linear", (law["loc"],)),
                Term(2.0, "softplus", (law["loc"], -1 / law["scale"])),
            ],
        ),
        mean=lambda law: law["loc"],
        variance=lambda law: (math.pi * law["scale"]) ** 2 / 3,
        entropy=lambda law: 2 + law.maths.log(law["scale"]),
        guides=lambda law: [law["loc"]],
    ),
)
