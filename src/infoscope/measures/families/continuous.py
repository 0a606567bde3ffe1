"""The families of real numbers: their supports, surprisals and moments."""

# scipy and torch come without stubs; what they return is Any here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import math
from typing import Any

import numpy as np

from infoscope.measures.families.laws import Family, Law, Term, register
from infoscope.measures.families.special import LOG_2PI, values_of

__all__: list[str] = []

_INF = math.inf
_EULER = float(np.euler_gamma)


def _line(_: Law) -> tuple[Any, Any]:
    return -_INF, _INF


def _above(law: Law) -> tuple[Any, Any]:
    return law["loc"], _INF


def _is_number(x: Any, number: float) -> bool:
    """Whether a parameter is fixed by its family (so that no gradient is asked for)."""
    return isinstance(x, float) and x == number


def _starts_at(m: Any, low: Any) -> bool:
    """Whether no member starts above m (one that starts below it has an infinite answer anyway)."""
    return bool(np.all(values_of(low) <= values_of(m)))


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

# --- generalised gamma: exponential, gamma, chi, Weibull, Rayleigh, Maxwell, half-normal, ... -----
# density |c| y^(ca - 1) exp(-y^c) / (scale Gamma(a)),  y = (x - loc) / scale


def _gamma_terms(law: Law) -> tuple[Any, list[Term]]:
    maths, a, c, s = law.maths, law["a"], law["c"], law["scale"]
    constant = maths.lgamma(a) - maths.log(maths.abs(c)) + c * a * maths.log(s)
    if _is_number(c, 1.0) or _is_number(c, 2.0):  # moments are known at any origin
        core = Term(1 / s**c, "linear" if _is_number(c, 1.0) else "square", (law["loc"],))
    else:
        core = Term(maths.exp(-c * maths.log(s)), "power", (law["loc"], c))
    return constant, [Term(1 - c * a, "log", (law["loc"],)), core]


def _rising(law: Law, r: Any) -> Any:
    """Gamma(a + r) / Gamma(a): the mean of y^(c r); inf from a + r <= 0 on."""
    maths, a = law.maths, law["a"]
    if _is_number(r, 1.0) or _is_number(r, 2.0):
        return a if r == 1.0 else a * (a + 1)
    finite = a + r > 0
    inside = maths.where(finite, a + r, 1.0 + 0 * (a + r))
    return maths.where(finite, maths.exp(maths.lgamma(inside) - maths.lgamma(a)), _INF)


def _gamma_power(law: Law, m: Any, k: Any) -> Any:
    if not _starts_at(m, law["loc"]):
        return None
    return law.maths.exp(k * law.maths.log(law["scale"])) * _rising(law, k / law["c"])


def _gamma_log(law: Law, m: Any) -> Any:
    if not _starts_at(m, law["loc"]):
        return None
    return law.maths.log(law["scale"]) + law.maths.digamma(law["a"]) / law["c"]


def _gamma_log_square(law: Law, m: Any, centre: Any) -> Any:
    log = _gamma_log(law, m)
    if log is None:
        return None
    return (log - centre) ** 2 + law.maths.trigamma(law["a"]) / law["c"] ** 2


def _gamma_exponential(law: Law, m: Any, t: Any) -> Any:
    if not _is_number(law["c"], 1.0):
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
    if not (_is_number(law["a"], 1.0) and _is_number(law["c"], 1.0)):
        return None
    maths, s = law.maths, law["scale"]
    tail = maths.exp(maths.where(shift < 0, shift, 0.0 * shift) / s)
    return maths.where(shift >= 0, mean, 2 * s * tail - shift - s)


def _gamma_mean(law: Law) -> Any:
    return law["loc"] + law["scale"] * _rising(law, 1 / law["c"])


def _gamma_variance(law: Law) -> Any:
    if _is_number(law["c"], 1.0):
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

# --- beta -----------------------------------------------------------------------------------------


def _beta_terms(law: Law) -> tuple[Any, list[Term]]:
    maths, a, b, width = law.maths, law["a"], law["b"], law["scale"]
    constant = maths.log_beta(a, b) + (a + b - 1) * maths.log(width)
    return constant, [
        Term(1 - a, "log", (law["loc"],)),
        Term(1 - b, "log_below", (law["loc"] + width,)),
    ]


def _beta_log(law: Law, m: Any) -> Any:
    if not _starts_at(m, law["loc"]):
        return None
    maths = law.maths
    return maths.log(law["scale"]) + maths.digamma(law["a"]) - maths.digamma(law["a"] + law["b"])


def _beta_log_below(law: Law, m: Any) -> Any:
    if not _starts_at(law["loc"] + law["scale"], m):
        return None
    maths = law.maths
    return maths.log(law["scale"]) + maths.digamma(law["b"]) - maths.digamma(law["a"] + law["b"])


def _beta_power(law: Law, m: Any, k: Any) -> Any:
    if not _starts_at(m, law["loc"]):
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

# --- log-normal -----------------------------------------------------------------------------------


def _lognormal_terms(law: Law) -> tuple[Any, list[Term]]:
    constant = 0.5 * LOG_2PI + law.maths.log(law["sigma"])
    return constant, [
        Term(1.0, "log", (law["loc"],)),
        Term(0.5 / law["sigma"] ** 2, "log_square", (law["loc"], law["mu"])),
    ]


def _lognormal_log(law: Law, m: Any) -> Any:
    return law["mu"] + 0 * law["loc"] if _starts_at(m, law["loc"]) else None


def _lognormal_log_square(law: Law, m: Any, centre: Any) -> Any:
    if not _starts_at(m, law["loc"]):
        return None
    return law["sigma"] ** 2 + (law["mu"] - centre) ** 2


def _lognormal_power(law: Law, m: Any, k: Any) -> Any:
    if not _starts_at(m, law["loc"]):
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
