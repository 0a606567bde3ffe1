"""What a parametric family is to us: a row of a table, and its members.

A family's surprisal is written once, as a constant plus multiples of *features* of x (x - m, its
square, its logarithm, ...). From the mean of each feature under another member follow entropy,
cross-entropy and divergence, within a family and across families; from the features themselves the
density that quadrature and summation evaluate. A pair without closed form is one whose feature has
no known mean there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import numpy as np

from infoscope.core.arrays import Array
from infoscope.measures.families.special import Maths, maths_for, values_of

__all__ = ["FAMILIES", "Family", "Law", "Term", "is_number", "register", "starts_at", "times"]


class Term(NamedTuple):
    """One summand of a surprisal: coefficient * feature(x; *arguments)."""

    coefficient: Any
    feature: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Law:
    """A member (or a batch of members) of a family.

    `source` is the object that the caller handed in; `params` are arrays of one library, or plain
    numbers where the family fixes them.
    """

    family: str
    params: Mapping[str, Any]
    source: Any = None

    @property
    def maths(self) -> Maths:
        """The functions of the library that the parameters live in."""
        return maths_for(*self.params.values())

    @property
    def row(self) -> Family:
        """The family's row of the table."""
        return FAMILIES[self.family]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the batch."""
        return np.broadcast_shapes(*(tuple(np.shape(v)) for v in self.params.values()))

    def __getitem__(self, name: str) -> Any:
        return self.params[name]

    def at(self, index: tuple[int, ...]) -> Law:
        """Return one member of the batch in double precision, keeping its gradient."""
        shape = self.shape
        return Law(
            self.family,
            {name: _pick(value, shape, index) for name, value in self.params.items()},
            self.source,
        )

    def detached(self) -> Law:
        """Return the same member with NumPy parameters."""
        params = {
            name: value if isinstance(value, (int, float)) else values_of(value)
            for name, value in self.params.items()
        }
        return Law(self.family, params, self.source)


def _pick(value: Any, shape: tuple[int, ...], index: tuple[int, ...]) -> Any:
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(cast(Any, value), dtype=np.float64)
        return np.asarray(np.broadcast_to(array, shape)[index])
    return value.expand(shape)[index].double()


Means = Mapping[str, Callable[..., Array | None]]


@dataclass(frozen=True, slots=True)
class Family:
    """One row: everything that is known of a family.

    `mean` and `variance` give the features "linear", "square"; `means` those of other features, and
    may answer None where they do not know. `entropy` is for families whose own features have means
    only under themselves.
    """

    kind: str  # "continuous", "integer" or "circular"
    support: Callable[[Law], tuple[Any, Any]]
    terms: Callable[[Law], tuple[Any, list[Term]]]
    mean: Callable[[Law], Any] | None = None
    variance: Callable[[Law], Any] | None = None
    means: Means = field(default_factory=dict[str, Callable[..., Any]])
    entropy: Callable[[Law], Any] | None = None
    guides: Callable[[Law], list[Any]] | None = None

    def expect(self, law: Law, term: Term) -> Array | None:
        """Return the mean of a feature under `law`, or None where no closed form is known."""
        known = self.means.get(term.feature)
        if known is not None and (value := known(law, *term.arguments)) is not None:
            return value
        if self.mean is None:
            return None
        if term.feature == "linear":
            return self.mean(law) - term.arguments[0]
        if term.feature == "below":
            return term.arguments[0] - self.mean(law)
        if term.feature == "square" and self.variance is not None:
            return self.variance(law) + (self.mean(law) - term.arguments[0]) ** 2
        return None


#: name -> row; filled by the modules that describe families
FAMILIES: dict[str, Family] = {}


def register(name: str, family: Family) -> None:
    """Add a row to the table."""
    FAMILIES[name] = family


def times(maths: Maths, coefficient: Any, value: Any) -> Any:
    """Return coefficient * value with 0 * inf = 0: what has no weight adds no surprisal."""
    if isinstance(coefficient, float) and abs(coefficient) < math.inf:
        return 0.0 * coefficient if coefficient == 0.0 else coefficient * value
    a, b = values_of(coefficient), values_of(value)
    lost = ((a == 0) & np.isinf(b)) | (np.isinf(a) & (b == 0))
    if not lost.any():
        return coefficient * value
    with np.errstate(invalid="ignore"):
        return maths.where(lost, 0.0, coefficient * value)


def is_number(x: Any, number: float) -> bool:
    """Say whether a parameter is fixed by its family (so that no gradient is asked for)."""
    return isinstance(x, float) and x == number


def starts_at(m: Any, low: Any) -> bool:
    """Say whether no member starts above m (one below it has an infinite answer anyway)."""
    return bool(np.all(values_of(low) <= values_of(m)))
