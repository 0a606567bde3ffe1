"""From checked variables to an `Estimate`: method, options, seed, error bar and unit, once for all.

Public functions read their arguments into variables and call `estimate`; no method does any of this
by itself.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InfoscopeWarning, InvalidArgument, sentence
from infoscope.core.plugins import near_match
from infoscope.core.resample import Rng, generator, half_sample_spread
from infoscope.core.result import Estimate, Interval
from infoscope.core.units import Unit, check_unit, from_nats
from infoscope.estimate.choice import choose
from infoscope.estimate.method import Method, Raw, Spec, Value
from infoscope.estimate.registry import find_method, known_methods
from infoscope.estimate.special import ndtri
from infoscope.estimate.variables import Variable, canonical_order, joined, one_of_the_other

__all__ = ["UNPAIRED", "check_level", "estimate", "estimate_raw", "packaged"]


def _never(*_variables: Variable, **_options: object) -> Raw:
    raise AssertionError("a value that needs no method was computed by one")


#: Stands where nothing had to be estimated.
_EXACT = Method(
    Spec(quantity="any", name="exact", kinds=(), assumes="nothing", cost="n", source="definition"),
    _never,
)
#: Rows from which two columns do not have the same ranks by chance (2 of n! orders do).
_TOO_MANY_FOR_CHANCE = 20
#: Quantities of two samples whose rows do not belong together.
UNPAIRED = frozenset({"kl_divergence", "jensen_shannon_divergence", "cross_entropy"})
_SEVERAL_COLUMNS = (
    "With so many columns the bias can exceed the error bar, and grows with their number: do not "
    "trust the interval."
)
_WORDS = {
    "kl_divergence": "KL divergence",
    "jensen_shannon_divergence": "Jensen-Shannon divergence",
}


def estimate(
    quantity: str,
    variables: Sequence[Variable],
    *,
    method: str | Method,
    unit: Unit,
    rng: Rng,
    interval: float | None,
    options: Mapping[str, Value],
    notes: Sequence[str] = (),
    function: str | None = None,
) -> Estimate:
    """Return the estimate of `quantity` from `variables`.

    Parameters
    ----------
    quantity : str
        One of `registry.QUANTITIES`.
    variables : sequence of Variable
        What the methods of this quantity take, in their order.
    method : str or Method
        A method's name, or "auto"; or a method that need not be registered.
    unit, rng, interval
        As in the public functions; interval=None asks for no error bar, and for none of its cost.
    options : mapping
        The method's options; None values count as not given.
    notes : sequence of str
        What was decided before; comes first in the notes of the estimate.
    function : str, optional
        Name of the public function for messages; `quantity` by default.
    """
    name = function or quantity
    check_unit(unit, name)
    level = check_level(interval, name)
    chosen, raw, settings, said = estimate_raw(
        quantity,
        tuple(variables),
        method=method,
        rng=rng,
        options=options,
        error_bar=level is not None,
        function=name,
    )
    return packaged(
        raw,
        quantity=_WORDS.get(quantity, quantity.replace("_", " ")),
        method=chosen.spec.name,
        n=min(variable.n for variable in variables),
        level=level,
        unit=unit,
        settings=settings,
        notes=(*notes, *said),
    )


def estimate_raw(
    quantity: str,
    variables: tuple[Variable, ...],
    *,
    method: str | Method,
    rng: Rng,
    options: Mapping[str, Value],
    error_bar: bool,
    function: str,
) -> tuple[Method, Raw, dict[str, object], tuple[str, ...]]:
    """Return the method used, its result in nats, the settings and the notes."""
    said: tuple[str, ...] = ()
    _check_rows(variables, 2, "", function)
    exact = _exact(quantity, variables)
    if exact is not None and method == "auto":
        return _EXACT, exact, {}, exact.notes
    if method == "auto":
        picked, reasons = choose(quantity, variables, function=function)
        chosen = find_method(quantity, picked, function=function)
        extra = [
            key for key, v in options.items() if v is not None and key not in chosen.spec.options
        ]
        said = reasons
        if extra:
            said = (*said, f"{picked} has no option {' or '.join(extra)}: not used.")
            options = {key: value for key, value in options.items() if key not in extra}
    elif isinstance(method, Method):
        chosen = method
    else:
        chosen = find_method(quantity, method, function=function)
    _check_kinds(chosen, variables, function)
    merged = _merged(chosen, options, function)
    _check_rows(variables, chosen.spec.smallest_n, f" for {chosen.spec.name}", function)
    raw = exact
    if raw is None and "monotone" in chosen.spec.invariances:
        raw = _monotone(quantity, variables)
    if raw is None:
        raw = chosen.run(*variables, rng=generator(rng), **merged)
        if error_bar and chosen.spec.error_bar == "half_samples" and raw.stderr is None:
            raw = _with_half_samples(chosen, raw, variables, merged, rng)
    said = (*said, *_repeated(quantity, variables))
    n_columns = sum(variable.values.shape[1] for variable in variables)
    most = chosen.spec.trusted_columns
    if error_bar and most is not None and n_columns > most:
        said = (*said, _SEVERAL_COLUMNS)
    shown: dict[str, object] = {
        key: v
        for key, v in merged.items()
        if v is not None and (key == "k" or v != chosen.spec.options[key])
    }
    shown.update(raw.settings)
    bias = (chosen.spec.bias,) if chosen.spec.bias else ()
    return chosen, raw, shown, (*said, *raw.notes, *bias)


def packaged(
    raw: Raw,
    *,
    quantity: str,
    method: str,
    n: int,
    level: float | None,
    unit: Unit,
    settings: Mapping[str, object],
    notes: Sequence[str],
) -> Estimate:
    """Return a result in nats as an `Estimate` in `unit`, with an interval if `level` is given."""
    interval, stderr = None, raw.stderr
    if level is None:
        stderr = None
    elif raw.interval is not None:
        low, high = raw.interval(level)
        interval = Interval(
            float(from_nats(low, unit)), float(from_nats(high, unit)), level, raw.how
        )
    elif stderr is not None and math.isfinite(stderr):
        half = float(ndtri(0.5 + level / 2.0)) * stderr
        interval = Interval(
            float(from_nats(raw.nats - half, unit)),
            float(from_nats(raw.nats + half, unit)),
            level,
            raw.how or "normal",
        )
    return Estimate(
        quantity=quantity,
        value=float(from_nats(raw.nats, unit)) + 0.0,
        unit=unit,
        stderr=None if stderr is None else float(from_nats(stderr, unit)),
        interval=interval,
        method=method,
        n=n,
        diagnostics={key: float(value) for key, value in raw.diagnostics.items()},
        notes=tuple(dict.fromkeys(notes)),
        settings=settings,
    )


def check_level(interval: object, function: str) -> float | None:
    """Return the level of the interval asked for; None and False ask for none."""
    if interval is None or interval is False:
        return None
    if isinstance(interval, (int, float)) and 0.0 < interval < 1.0:
        return float(interval)
    raise InvalidArgument(
        sentence(
            function, "interval", "be a level between 0 and 1, or None for none", repr(interval)
        )
    )


def _check_kinds(method: Method, variables: tuple[Variable, ...], function: str) -> None:
    """Raise unless the method takes variables of these kinds."""
    kinds = tuple(variable.kind for variable in variables)
    spec = method.spec
    if kinds in spec.kinds:
        dimension = sum(variable.dimension for variable in variables)
        if spec.largest_dimension is not None and dimension > spec.largest_dimension:
            raise InvalidArgument(
                sentence(
                    function,
                    "method",
                    f"suit {dimension} columns",
                    f"{spec.name!r}, which takes at most {spec.largest_dimension}",
                    "method='auto' picks one that does.",
                )
            )
        return
    got = " and ".join(
        f"{v.argument} {v.kind} ({v.n_distinct} different values in {v.n} rows)" for v in variables
    )
    takes = "; or ".join(" and ".join(combination) for combination in spec.kinds[:3])
    others = [
        name
        for name in known_methods(spec.quantity)
        if kinds in find_method(spec.quantity, name, function=function).spec.kinds
    ]
    advice = f"Methods for these: {', '.join(others)}. " if others else ""
    flags = [f"discrete_{v.argument}" if len(variables) > 1 else "discrete" for v in variables]
    advice += f"Or say what they are with {', '.join(flags)} = True or False."
    raise InvalidArgument(
        sentence(function, "method", f"suit the data ({spec.name} takes {takes})", got, advice)
    )


def _merged(method: Method, options: Mapping[str, Value], function: str) -> dict[str, Value]:
    """Return the method's options with the caller's in place; unknown names raise."""
    spec = method.spec
    merged = dict(spec.options)
    for key, value in options.items():
        if key in spec.options:
            merged[key] = spec.options[key] if value is None else value
        elif value is not None:
            known = tuple(spec.options)
            have = ", ".join(f"{k}={v!r}" for k, v in spec.options.items()) or "no options"
            raise InvalidArgument(
                sentence(
                    function,
                    "options",
                    f"be known to {spec.name} ({have})",
                    key,
                    near_match(key, known),
                )
            )
    return merged


def _check_rows(variables: tuple[Variable, ...], fewest: int, purpose: str, function: str) -> None:
    for variable in variables:
        if variable.n < fewest:
            raise InvalidArgument(
                sentence(
                    function,
                    variable.argument,
                    f"have at least {fewest} rows{purpose}",
                    variable.n,
                )
            )


def _exact(quantity: str, variables: tuple[Variable, ...]) -> Raw | None:
    """Return what needs no method: a constant shares no information with anything."""
    if quantity not in {"mutual_information", "conditional_mutual_information"}:
        return None
    for variable in variables[:2]:
        if variable.n_distinct == 1:
            note = f"{variable.argument} is constant, so it carries no information: 0 exactly."
            return Raw(nats=0.0, per_sample=np.zeros(variable.n), notes=(note,))
    x, y = variables[:2]
    if x.kind == y.kind == "continuous" and np.array_equal(x.values, y.values):
        note = "y is x itself: a continuous variable tells infinitely much about itself."
        return Raw(nats=math.inf, notes=(note,))
    return None


def _monotone(quantity: str, variables: tuple[Variable, ...]) -> Raw | None:
    """Return infinity where ranks are the same or reversed, for methods that only see ranks."""
    if quantity != "mutual_information":
        return None
    x, y = variables[0], variables[1]
    single = x.values.shape[1] == y.values.shape[1] == 1 and x.codes is None and y.codes is None
    if not single or x.n < _TOO_MANY_FOR_CHANCE:
        return None
    if not one_of_the_other(x, y):
        return None
    note = "y is a monotone function of x in all rows: infinite information."
    return Raw(nats=math.inf, notes=(note,))


def _repeated(quantity: str, variables: tuple[Variable, ...]) -> tuple[str, ...]:
    """Warn where whole rows of numbers come several times: that looks like perfect dependence."""
    x, y = variables[0], variables[-1]
    if quantity != "mutual_information" or x.n_distinct != y.n_distinct:
        return ()
    if not x.kind == y.kind == "mixed" or joined(x, y).n_distinct > x.n_distinct:
        return ()
    if x.values.shape[1] == 0 or np.unique(x.values, axis=0, return_counts=True)[1].min() < 2:
        return ()  # single values that repeat, such as zeros
    note = (
        f"Rows look repeated: each of {x.n_distinct} values of x comes with one value of y only, "
        f"in {x.n} rows. If rows were copied, drop the copies; they look like dependence."
    )
    warnings.warn(f"mutual_information: {note}", InfoscopeWarning, stacklevel=5)
    return (note,)


def _with_half_samples(
    method: Method,
    raw: Raw,
    variables: tuple[Variable, ...],
    options: Mapping[str, Value],
    rng: Rng,
) -> Raw:
    """Add the spread over random halves as the standard error.

    The halves are drawn from the rows in canonical order, so that it does not depend on theirs.
    """
    random = generator(rng)
    fewest = min(variable.n for variable in variables)
    if fewest // 2 < max(method.spec.smallest_n, 4):
        note = f"n={fewest} is too small to split in halves: no error bar."
        return replace(raw, notes=(*raw.notes, note))
    paired = method.spec.quantity not in UNPAIRED
    if paired:
        sizes, orders = [fewest], [canonical_order(variables)] * len(variables)
    else:
        sizes = [variable.n for variable in variables]
        orders = [canonical_order((variable,)) for variable in variables]

    def statistic(*drawn: NDArray[np.intp]) -> float:
        each = drawn * len(variables) if paired else drawn
        parts = [
            v.take(order[rows]) for v, order, rows in zip(variables, orders, each, strict=True)
        ]
        return method.run(*parts, rng=random, **options).nats

    stderr = half_sample_spread(statistic, sizes, random)
    return replace(raw, stderr=stderr, how="20 random half-samples")
