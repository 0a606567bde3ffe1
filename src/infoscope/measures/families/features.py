"""The features that surprisals are made of, as functions of a point.

A point is an anchor plus an offset. Close to an anchor (the end of a support) the offset keeps the
digits that their sum would lose: 1 - 1e-30 is 1 in double precision, its distance from 1 is not 0.
"""

# scipy and torch come without stubs; what they return is Any here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from infoscope.core.arrays import Array
from infoscope.measures.families.laws import Law, times
from infoscope.measures.families.special import Maths

__all__ = ["FEATURES", "Points", "surprisal_at"]


class Points(NamedTuple):
    """Numbers anchor + offset."""

    anchor: Any
    offset: Any

    def minus(self, m: Any) -> Any:
        """Return x - m, exactly where m is the anchor."""
        return (self.anchor - m) + self.offset


def _power(maths: Maths, d: Any, k: Any) -> Any:
    return maths.exp(k * maths.log(d))


def _log_one_less_power(maths: Maths, x: Points, a: Any) -> Any:
    """Return log(1 - x^a) for 0 < x < 1, with the digits of 1 - x where 1 is the anchor."""
    at_one = x.anchor == 1
    inner = maths.where(at_one, 0.5 + 0 * x.offset, x.anchor + x.offset)
    log = maths.where(at_one, maths.log1p(maths.where(at_one, x.offset, 0.0)), maths.log(inner))
    return maths.log(-maths.expm1(a * log))


#: name -> f(maths, points, *arguments)
FEATURES: dict[str, Callable[..., Any]] = {
    "linear": lambda _, x, m: x.minus(m),
    "square": lambda _, x, m: x.minus(m) ** 2,
    "absolute": lambda maths, x, m: maths.abs(x.minus(m)),
    "log": lambda maths, x, m: maths.log(x.minus(m)),
    "log_below": lambda maths, x, m: maths.log(-x.minus(m)),  # log(m - x)
    "log_one_less_power": _log_one_less_power,
    "power": lambda maths, x, m, k: _power(maths, x.minus(m), k),
    "log_square": lambda maths, x, m, c: (maths.log(x.minus(m)) - c) ** 2,
    "exponential": lambda maths, x, m, t: maths.exp(t * x.minus(m)),
    "softplus": lambda maths, x, m, t: maths.softplus(t * x.minus(m)),
    "log1p_square": lambda maths, x, m, s: maths.log1p((x.minus(m) / s) ** 2),
    "cosine": lambda maths, x, m: maths.cos(x.minus(m)),
    "log_factorial": lambda maths, x, m: maths.lgamma(x.minus(m) + 1),
    "log_rising": lambda maths, x, m, n: maths.lgamma(x.minus(m) + n),
    "below": lambda _, x, m: -x.minus(m),
    "log_factorial_below": lambda maths, x, m: maths.lgamma(1 - x.minus(m)),  # log (m - x)!
}


def surprisal_at(law: Law, points: Points) -> Array:
    """Return -log density of a single member at points inside its support."""
    maths = law.maths
    constant, terms = law.row.terms(law)
    total = constant + 0.0 * points.offset
    for coefficient, name, arguments in terms:
        total = total + times(maths, coefficient, FEATURES[name](maths, points, *arguments))
    return total
