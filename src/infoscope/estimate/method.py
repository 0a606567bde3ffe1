"""What a method is: a `Spec` that describes it, a function from variables to a `Raw` result.

A method's file holds ``SPEC`` and ``run(*variables, rng, **options) -> Raw``. Validation, kinds,
seeds, units, intervals and the conformance tests come from outside: see
docs/design/0020-estimators.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ANY_PAIR",
    "ANY_TRIPLE",
    "CONTINUOUS",
    "CONTINUOUS_PAIR",
    "DISCRETE",
    "DISCRETE_PAIR",
    "DISCRETE_TRIPLE",
    "Floats",
    "Kind",
    "Method",
    "Raw",
    "Run",
    "Spec",
    "Value",
]

Floats: TypeAlias = NDArray[np.float64]

#: discrete: labels or counts of few values. continuous: numbers without ties (or said to be so).
#: mixed: numbers that repeat, or columns of both sorts.
Kind: TypeAlias = Literal["discrete", "continuous", "mixed"]

#: What an option of a method may be.
Value: TypeAlias = "float | int | str | bool | None"

Run: TypeAlias = "Callable[..., Raw]"

DISCRETE: tuple[tuple[Kind, ...], ...] = (("discrete",),)
CONTINUOUS: tuple[tuple[Kind, ...], ...] = (("continuous",),)
DISCRETE_PAIR: tuple[tuple[Kind, ...], ...] = (("discrete", "discrete"),)
DISCRETE_TRIPLE: tuple[tuple[Kind, ...], ...] = (("discrete", "discrete", "discrete"),)
CONTINUOUS_PAIR: tuple[tuple[Kind, ...], ...] = (("continuous", "continuous"),)
_KINDS: tuple[Kind, ...] = ("discrete", "continuous", "mixed")
ANY_PAIR: tuple[tuple[Kind, ...], ...] = tuple(product(_KINDS, repeat=2))
ANY_TRIPLE: tuple[tuple[Kind, ...], ...] = tuple(product(_KINDS, repeat=3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """The description of a method, shown by `methods(quantity)` and obeyed by the front.

    Parameters
    ----------
    quantity : str
        The folder the file lies in, such as "mutual_information".
    name : str
        The file's name and the string that users pass.
    kinds : tuple of tuple of str
        The kinds of the arguments that it takes, one tuple for each combination.
    assumes : str
        What must hold for the value to mean something, in words.
    bias : str
        Sign and size of the bias, in words; goes into the notes of every estimate.
    cost : str
        In n and d, such as "n log n".
    source : str
        Paper or book, with the equation.
    options : mapping
        Option -> default. Anything else that a caller passes is refused by name.
    invariances : frozenset of str
        Any of "shift", "scale" (of each column, by a positive factor), "monotone" (any increasing
        map of each column), "relabel" (any one-to-one map of discrete values), "swap" (of the first
        two arguments). The conformance tests check each.
    error_bar : {"own", "half_samples", "none"}
        "own": `Raw` brings its standard error or interval. "half_samples": the front runs the
        method on 20 random halves when an interval is asked for. "none": not known, and `bias`
        says why.
    smallest_n : int
        Fewest rows it can work with.
    largest_dimension : int or None
        Most columns over all arguments; None means no bound.
    ordered : bool
        Whether the order of rows matters (sequences).
    trusted_columns : int or None
        Columns of numbers, over all arguments, up to which the error bar was seen to hold; with
        more a note says so. None means no bound.
    """

    quantity: str
    name: str
    kinds: tuple[tuple[Kind, ...], ...]
    assumes: str
    cost: str
    source: str
    bias: str = ""
    options: Mapping[str, Value] = field(default_factory=dict[str, Value])
    invariances: frozenset[str] = frozenset()
    error_bar: Literal["own", "half_samples", "none"] = "own"
    smallest_n: int = 2
    largest_dimension: int | None = None
    ordered: bool = False
    trusted_columns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """What a method returns, in nats: the value and all it knows about its own uncertainty.

    Parameters
    ----------
    nats : float
        The value, never clipped.
    per_sample : ndarray of shape (n,) or None
        Local values whose mean is `nats` (pointwise information); None where there are none.
    stderr : float or None
        Standard error, nats.
    interval : callable or None
        level -> (low, high) in nats, for intervals that are not value ± z stderr.
    how : str
        How the error bar was made ("delta method"); printed with the interval.
    diagnostics, notes, settings
        As in `Estimate`; `settings` adds to the options (chosen values, such as the number of
        bins), `notes` are whole sentences.
    """

    nats: float
    per_sample: Floats | None = None
    stderr: float | None = None
    interval: Callable[[float], tuple[float, float]] | None = None
    how: str = ""
    diagnostics: Mapping[str, float] = field(default_factory=dict[str, float])
    notes: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Method:
    """A spec together with the function that does the work."""

    spec: Spec
    run: Run
