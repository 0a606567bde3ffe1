"""The families of whole numbers: their supports, surprisals and moments."""

# scipy and torch come without stubs; what they return is Any here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import math
from typing import Any

from infoscope.measures.families.laws import Family, Law, Term, register

__all__ = []


def _poisson_terms(law: Law) -> tuple[Any, list[Term]]:
    rate = law["rate"]
    return rate, [
        Term(-law.maths.log(rate), "linear", (law["loc"],)),
        Term(1.0, "log_factorial", (law["loc"],)),
    ]


def _poisson_high(law: Law) -> Any:
    return law.maths.where(law["rate"] > 0, math.inf, law["loc"] + 0 * law["rate"])


register(
    "poisson",
    Family(
        kind="integer",
        support=lambda law: (law["loc"], _poisson_high(law)),
        terms=_poisson_terms,
        mean=lambda law: law["loc"] + law["rate"],
        variance=lambda law: law["rate"],
    ),
)


# Success and failure are both given by logarithms, so that neither is lost beside the other.


def _unless_certain(law: Law, at: Any) -> Any:
    """Greatest outcome of an open-ended count: `at` if success is certain."""
    return law.maths.where(law["log_q"] > -math.inf, math.inf, at + 0 * law["log_p"])


def _odds(law: Law) -> Any:
    return law.maths.exp(law["log_q"] - law["log_p"])


register(
    "geometric",  # failures before the first success, plus `low`
    Family(
        kind="integer",
        support=lambda law: (law["low"], _unless_certain(law, law["low"])),
        terms=lambda law: (-law["log_p"], [Term(-law["log_q"], "linear", (law["low"],))]),
        mean=lambda law: law["low"] + _odds(law),
        variance=lambda law: _odds(law) * law.maths.exp(-law["log_p"]),
    ),
)


def _negative_binomial_terms(law: Law) -> tuple[Any, list[Term]]:
    maths, n, loc = law.maths, law["n"], law["loc"]
    return maths.lgamma(n) - n * law["log_p"], [
        Term(-law["log_q"], "linear", (loc,)),
        Term(1.0, "log_factorial", (loc,)),
        Term(-1.0, "log_rising", (loc, n)),
    ]


register(
    "negative_binomial",  # failures before the n-th success
    Family(
        kind="integer",
        support=lambda law: (law["loc"], _unless_certain(law, law["loc"])),
        terms=_negative_binomial_terms,
        mean=lambda law: law["loc"] + law["n"] * _odds(law),
        variance=lambda law: law["n"] * _odds(law) * law.maths.exp(-law["log_p"]),
    ),
)


def _trials_terms(law: Law) -> list[Term]:
    return [
        Term(-law["log_p"], "linear", (law["loc"],)),
        Term(-law["log_q"], "below", (law["loc"] + law["n"],)),
    ]


def _binomial_terms(law: Law) -> tuple[Any, list[Term]]:
    return -law.maths.lgamma(law["n"] + 1), [
        *_trials_terms(law),
        Term(1.0, "log_factorial", (law["loc"],)),
        Term(1.0, "log_factorial_below", (law["loc"] + law["n"],)),
    ]


def _trials_support(law: Law) -> tuple[Any, Any]:
    maths, n, loc = law.maths, law["n"], law["loc"]
    none = 0.0 * maths.exp(law["log_p"])  # keeps the batch's shape; log 0 would make it NaN
    whole = n + none
    low = loc + maths.where(law["log_q"] > -math.inf, none, whole)
    high = loc + maths.where(law["log_p"] > -math.inf, whole, none)
    return low, high


def _trials_mean(law: Law) -> Any:
    return law["loc"] + law["n"] * law.maths.exp(law["log_p"])


def _trials_variance(law: Law) -> Any:
    return law["n"] * law.maths.exp(law["log_p"]) * law.maths.exp(law["log_q"])


def _failures(law: Law, m: Any) -> Any:
    """Mean of m - x, without cancellation at m = loc + n."""
    return law["n"] * law.maths.exp(law["log_q"]) + (m - law["loc"] - law["n"])


for _name, _terms in (
    ("binomial", _binomial_terms),
    ("bernoulli", lambda law: (0.0 * law.maths.exp(law["log_p"]), _trials_terms(law))),
):
    register(
        _name,
        Family(
            kind="integer",
            support=_trials_support,
            terms=_terms,
            mean=_trials_mean,
            variance=_trials_variance,
            means={"below": _failures},
        ),
    )

register(
    "integer_uniform",
    Family(
        kind="integer",
        support=lambda law: (law["low"], law["high"]),
        terms=lambda law: (law.maths.log(law["high"] - law["low"] + 1), []),
        mean=lambda law: 0.5 * (law["low"] + law["high"]),
        variance=lambda law: ((law["high"] - law["low"] + 1) ** 2 - 1) / 12,
    ),
)
