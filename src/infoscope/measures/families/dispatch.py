"""The four verbs on parametric families: closed form, torch's registry, or numbers with a bound."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeGuard

import numpy as np

from infoscope.core.arrays import Array, plain
from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.logits import Logits
from infoscope.core.showing import Shown
from infoscope.measures import divergences, shannon
from infoscope.measures.families.closed_forms import (
    cross_entropy_in_closed_form,
    entropy_in_closed_form,
    kl_in_closed_form,
)
from infoscope.measures.families.laws import Law
from infoscope.measures.families.numbers import computed, computed_with_bound
from infoscope.measures.families.one_dimensional import Univariate, of_law, precision
from infoscope.measures.families.reading import (
    Form,
    Outcomes,
    as_outcomes,
    as_univariate_outcomes,
    read_form,
    text_of,
)
from infoscope.measures.families.vectors import (
    Vector,
    library_entropy,
    registered_kl,
    unsupported,
    vector_entropy,
    vector_kl,
)

__all__ = ["Numerical", "cross_entropy_of", "entropy_of", "js_of", "kl_of", "quadrature"]

Weights: TypeAlias = "tuple[float, float]"
_HALVES = (0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Numerical(Shown):
    """A numerical value in nats and a bound on its error, both floats or arrays of a batch."""

    value: Any
    bound: Any


def entropy_of(
    p: object, *, axis: int = -1, where: object = None, function: str = "entropy"
) -> Array:
    """Return the entropy of p in nats (differential entropy for a density)."""
    _refuse_mask(where, function)
    return _entropy(read_form(p, axis=axis, function=function, argument="p"), function)


def cross_entropy_of(
    p: object, q: object, *, axis: int = -1, where: object = None, function: str = "cross_entropy"
) -> Array:
    """Return the mean surprisal of q under p in nats."""
    _refuse_mask(where, function)
    first, second = _pair(p, q, axis, function)
    if isinstance(first, Outcomes) and isinstance(second, Outcomes):
        return shannon.cross_entropy(_array(first), _array(second))
    if isinstance(first, Law) and isinstance(second, Law):
        first, second = _one_library(first, second)
        value = cross_entropy_in_closed_form(first, second)
        if value is None:
            value = _sum(entropy_in_closed_form(first), kl_in_closed_form(first, second))
        if value is not None:
            return _batch(value, first, second)
    if isinstance(first, Vector) and isinstance(second, Vector):
        return _entropy(first, function) + _vector_kl(first, second, function)
    return _numbers("cross_entropy", [first, second], _HALVES, function)


def kl_of(
    p: object, q: object, *, axis: int = -1, where: object = None, function: str = "kl_divergence"
) -> Array:
    """Return KL(p‖q) in nats."""
    _refuse_mask(where, function)
    first, second = _pair(p, q, axis, function)
    return _kl(first, second, function)


def js_of(
    p: object,
    q: object,
    *,
    weights: Weights = _HALVES,
    axis: int = -1,
    where: object = None,
    function: str = "jensen_shannon_divergence",
) -> Array:
    """Return the Jensen-Shannon divergence in nats; no two densities have it in closed form."""
    _refuse_mask(where, function)
    first, second = _pair(p, q, axis, function)
    if isinstance(first, Outcomes) and isinstance(second, Outcomes):
        return divergences.jensen_shannon_divergence(_array(first), _array(second), weights=weights)
    return _numbers("jensen_shannon_divergence", [first, second], weights, function)


def quadrature(
    quantity: str,
    p: object,
    q: object | None = None,
    *,
    weights: tuple[float, float] = _HALVES,
) -> Numerical:
    """Compute a quantity of one-dimensional distributions numerically, with a bound on its error.

    H(p) = -∫ p log p,  H(p, q) = -∫ p log q,  KL(p‖q) = ∫ p log(p / q),  JS; or sums of the same

    Parameters
    ----------
    quantity : {"entropy", "cross_entropy", "kl_divergence", "jensen_shannon_divergence"}
        What to compute.
    p, q : frozen scipy.stats distribution, scipy random variable or torch distribution
        One-dimensional distributions (batches broadcast); q is left out for the entropy.
    weights : pair of floats
        Weights of p and q in the Jensen-Shannon divergence.

    Returns
    -------
    Numerical
        `value` in nats (inf where p has mass outside the support of q, or where the integral
        diverges) and `bound`, an upper estimate of its absolute error: the difference of two rules
        of different order summed over all panels, rounding, tails left out, and mass not found.
        inf where a library's density underflows to 0 in a place that matters.

    Raises
    ------
    InvalidArgument
        If `quantity` is unknown, or q is missing or superfluous.
    WrongType
        If a distribution is one of vectors, or p and q are a density and a mass function.

    Notes
    -----
    The verbs (`entropy`, ...) call it where no closed form is known, and warn if the bound exceeds
    1e-8. Continuous: adaptive Gauss-Kronrod in the logarithm of the distance from guide points,
    some thousands of density evaluations. Discrete: a sum in blocks. A spike of p that no guide
    points to may be missed; the mass then does not add up to 1, and the bound says so.

    Source
    ------
    Kronrod (1965); Piessens et al., QUADPACK (1983).

    Examples
    --------
    >>> import scipy.stats
    >>> answer = quadrature("entropy", scipy.stats.expon())
    >>> round(answer.value, 10), answer.bound < 1e-9
    (1.0, True)
    """
    if quantity not in ("entropy", "cross_entropy", "kl_divergence", "jensen_shannon_divergence"):
        names = "'entropy', 'cross_entropy', 'kl_divergence', 'jensen_shannon_divergence'"
        raise InvalidArgument(
            sentence("quadrature", "quantity", f"be one of {names}", repr(quantity))
        )
    if (q is None) != (quantity == "entropy"):
        requirement = "be left out for the entropy, and given for every other quantity"
        raise InvalidArgument(sentence("quadrature", "q", requirement, text_of(q)))
    if q is None:
        forms = [read_form(p, axis=-1, function="quadrature", argument="p")]
    else:
        forms = list(_pair(p, q, -1, "quadrature"))
    given = [_univariate(form, "quadrature") for form in forms]
    value, bound = computed_with_bound(quantity, given, weights, "quadrature")
    return Numerical(plain(value), plain(bound))


# --- by form --------------------------------------------------------------------------------------


def _entropy(p: Form, function: str) -> Array:
    if isinstance(p, Outcomes):
        return shannon.entropy(_array(p))
    if isinstance(p, Law):
        value = entropy_in_closed_form(p)
        return (
            _batch(value, p) if value is not None else _numbers("entropy", [p], _HALVES, function)
        )
    if isinstance(p, Univariate):
        value = library_entropy(p.source)
        return value if value is not None else _numbers("entropy", [p], _HALVES, function)
    if p.kind == "independent":
        return _sum_last(_entropy(p.params["base"], function), p.params["axes"])
    return vector_entropy(p, function)


def _kl(p: Form, q: Form, function: str) -> Array:
    if isinstance(p, Outcomes) and isinstance(q, Outcomes):
        return divergences.kl_divergence(_array(p), _array(q))
    if isinstance(p, Law) and isinstance(q, Law):
        p, q = _one_library(p, q)
        value = kl_in_closed_form(p, q)
        if value is not None:
            return _batch(value, p, q)
    if isinstance(p, Vector) and isinstance(q, Vector):
        return _vector_kl(p, q, function)
    if isinstance(p, (Law, Univariate)) and isinstance(q, (Law, Univariate)):
        value = registered_kl(p.source, q.source)
        if value is not None:
            return value
    return _numbers("kl_divergence", [p, q], _HALVES, function)


def _vector_kl(p: Vector, q: Vector, function: str) -> Array:
    alike = p.kind == q.kind == "independent" and p.params["axes"] == q.params["axes"]
    if alike:
        bases = p.params["base"], q.params["base"]
        _check_kinds(*bases, function)
        return _sum_last(_kl(*bases, function), p.params["axes"])
    if p.kind == q.kind == "multinomial":
        return _multinomial_kl(p, q)
    return vector_kl(p, q, function)


def _multinomial_kl(p: Vector, q: Vector) -> Array:
    """Return n KL of one draw from another; different totals n have no outcome in common."""
    n, m = np.asarray(p.params["n"]), np.asarray(q.params["n"])
    one = kl_of(p.params["p"], q.params["p"])
    if n.ndim == 0 and m.ndim == 0:
        return int(n) * one if n == m else one + np.inf
    return np.where(n == m, n * one, np.inf)


def _numbers(quantity: str, forms: list[Form], weights: Weights, function: str) -> Array:
    given = [_univariate(form, function) for form in forms]
    return computed(quantity, given, weights, function)


def _univariate(form: Form, function: str) -> Univariate:
    if isinstance(form, Law):
        if form.maths.is_torch:  # its logarithms are taken again in double precision
            reader: Any = importlib.import_module("infoscope.measures.families.read_torch")
            twin = reader.in_double_precision(form.source, detached=False)
            return of_law(reader.read_distribution(twin), text_of(form.source), precision(form))
        return of_law(form, text_of(form.source))
    if isinstance(form, Outcomes):
        return as_univariate_outcomes(form)
    if isinstance(form, Vector):
        raise unsupported(function, form.text)
    return form


def _array(outcomes: Outcomes) -> Any:
    masses = outcomes.masses
    if masses.log_probabilities is not None:
        return Logits(masses.log_probabilities)
    return masses.probabilities


# --- pairs ----------------------------------------------------------------------------------------


def _pair(p: object, q: object, axis: int, function: str) -> tuple[Form, Form]:
    first = read_form(p, axis=axis, function=function, argument="p")
    second = read_form(q, axis=axis, function=function, argument="q")
    _check_kinds(first, second, function)
    if isinstance(first, Outcomes) and _is_coin(second):
        second = as_outcomes(second)
    elif isinstance(second, Outcomes) and _is_coin(first):
        first = as_outcomes(first)
    return first, second


def _is_coin(form: Form) -> TypeGuard[Law]:
    """Whether a form is a Bernoulli distribution on 0 and 1."""
    return isinstance(form, Law) and form.family == "bernoulli" and not np.any(form["loc"])


def _kind(form: Form) -> str:
    if isinstance(form, Outcomes):
        return "integer"
    if isinstance(form, Vector):
        return "vector"
    return form.row.kind if isinstance(form, Law) else form.kind


def _refuse_mask(where: object, function: str) -> None:
    if where is not None:
        raise InvalidArgument(
            sentence(function, "where", "be left out for parametric families", "a mask")
        )


_WORDS = {
    "integer": "a distribution of whole numbers or outcomes",
    "continuous": "a density on the line",
    "circular": "a density on the circle",
    "vector": "a distribution of vectors",
}


def _check_kinds(p: Form, q: Form, function: str) -> None:
    kinds = _kind(p), _kind(q)
    if kinds[0] != kinds[1]:
        requirement = "be of one kind, over the same outcomes"
        got = f"{_WORDS[kinds[0]]} ({_text(p)}) and {_WORDS[kinds[1]]} ({_text(q)})"
        advice = "A density has no probability to compare with a probability's."
        raise WrongType(
            sentence(function, "p and q", requirement, got, advice if "integer" in kinds else "")
        )


def _text(form: Form) -> str:
    return text_of(form.source) if isinstance(form, Law) else form.text


def _one_library(p: Law, q: Law) -> tuple[Law, Law]:
    """Bring NumPy parameters to the torch of the other's."""
    if p.maths.is_torch == q.maths.is_torch:
        return p, q
    torch: Any = sys.modules["torch"]
    like = next(v for v in (p if p.maths.is_torch else q).params.values() if hasattr(v, "device"))

    def moved(law: Law) -> Law:
        if law.maths.is_torch:
            return law
        params = {
            name: value
            if isinstance(value, float) and not isinstance(value, np.generic)
            else torch.as_tensor(np.asarray(value), device=like.device)
            for name, value in law.params.items()
        }
        return Law(law.family, params, law.source)

    return moved(p), moved(q)


def _batch(value: Array, *laws: Law) -> Array:
    """Give a value the shape of the batch, where it does not depend on every parameter."""
    shape = np.broadcast_shapes(*(law.shape for law in laws))
    if tuple(np.shape(value)) == shape:
        return value
    expand: Callable[..., Any] | None = getattr(value, "expand", None)
    return expand(shape) if expand is not None else np.broadcast_to(value, shape).copy()


def _sum(first: Array | None, second: Array | None) -> Array | None:
    return None if first is None or second is None else first + second


def _sum_last(value: Array, axes: int) -> Array:
    return value.sum(tuple(range(-axes, 0)))
