"""Read what a caller gave as a distribution, check it, and hand the measures its masses.

The measures see one thing, `Masses`: probabilities and their logarithms along the last axis,
whether they came as probabilities or as logits. A zero meets a logarithm only here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from infoscope.core.arrays import (
    Array,
    as_array,
    as_float,
    axis_last,
    check_axis,
    is_readable,
    log,
    namespace,
    to_numpy,
    together,
    tolerance,
)
from infoscope.core.errors import InvalidArgument, NotADistribution, WrongType, sentence
from infoscope.core.logits import Logits, log_softmax

__all__ = [
    "Compiled",
    "Kernel",
    "Masses",
    "check_probabilities",
    "expectation",
    "measure",
    "read",
    "tolerance",
]

#: The compiled twin of a kernel: takes (rows of p, [rows of q], tolerances); None declines.
Compiled: TypeAlias = Callable[..., "Array | None"]

#: Entries worked on at a time in NumPy: a block and its temporaries stay in the cache.
BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Masses:
    """A distribution along the last axis: its probabilities, and logarithms if given so."""

    xp: Any
    probabilities: Array
    log_probabilities: Array | None = None

    @property
    def support(self) -> Array:
        """Where the mass is not zero. `!= 0` rather than `> 0`: NaN and negatives must surface."""
        return self.probabilities != 0

    @property
    def possible(self) -> Array:
        """Where the mass is not exactly zero, although it may be too small for a number.

        Logits know outcomes of probability exp(-10000); products such as p^a q^(1-a) need them.
        """
        if self.log_probabilities is None:
            return self.support
        return self.log_probabilities != -np.inf

    def log_on(self, support: Array) -> Array:
        """Return log-masses on `support` and 0 elsewhere, masked before the logarithm.

        Masking first keeps gradients finite: a mask after the logarithm would multiply an infinite
        slope by zero, which is NaN.
        """
        xp = self.xp
        if self.log_probabilities is not None:
            return xp.where(support, self.log_probabilities, xp.zeros_like(self.log_probabilities))
        p = self.probabilities
        if xp is np:
            shape = np.broadcast_shapes(p.shape, support.shape)
            with np.errstate(divide="ignore", invalid="ignore"):
                if shape == p.shape and bool(support.all()):  # unmasked is twice as fast
                    return np.log(p)
                return np.log(p, out=np.zeros(shape, p.dtype), where=support)
        return log(xp, xp.where(support, p, xp.ones_like(p)))


#: Turns the masses of one or two distributions into one number in nats for each row.
Kernel: TypeAlias = Callable[[Masses], Array] | Callable[[Masses, Masses], Array]


@dataclass(frozen=True, slots=True)
class _Source:
    """One argument as it came: its array with the outcomes last, and what it may be called."""

    argument: str
    array: Array
    is_logits: bool
    within: float


def expectation(masses: Masses, values: Array) -> Array:
    """Return the sum over the last axis of p * values, where `values` is 0 off the support.

    `Masses.log_on` makes such values, so that 0 * inf cannot arise. The result is never -0.0.
    """
    xp = masses.xp
    if xp is np:
        return 0.0 + np.vecdot(masses.probabilities, values)
    return 0.0 + xp.sum(masses.probabilities * values, axis=-1)


def measure(
    kernel: Kernel,
    *given: tuple[object, str],
    axis: int,
    function: str,
    where: object = None,
    compiled: Compiled | None = None,
) -> Array:
    """Return `kernel` of the masses of the distributions `given`, one number in nats a row.

    Large NumPy arrays are read once, block by block, so that no temporary is as large as they are;
    `compiled` may take them over. A batch is every axis but the last, and batches broadcast.
    """
    sources = _collect(given, axis=axis, function=function)
    mask = _mask(where, sources, axis=axis, function=function)
    if all(namespace(source.array) is np for source in sources) and (
        mask is None or namespace(mask) is np
    ):
        return _measure_numpy(kernel, sources, mask, axis, function, compiled)
    return kernel(*_masses(sources, mask, axis=axis, function=function))


def read(x: object, *, axis: int, function: str, argument: str = "p") -> Masses:
    """Return the masses of a distribution (or a batch of them), from probabilities or logits."""
    sources = _collect([(x, argument)], axis=axis, function=function)
    return _masses(sources, None, axis=axis, function=function)[0]


def _collect(
    given: Sequence[tuple[object, str]], *, axis: int, function: str
) -> tuple[_Source, ...]:
    """Return the arguments as arrays with the outcomes last, all over the same outcomes."""
    sources: list[_Source] = []
    for x, argument in given:
        if isinstance(x, Logits):
            sources.append(_Source(argument, axis_last(x.z, x.axis), True, tolerance(x.z)))
            continue
        array = as_array(x, function=function, argument=argument)
        check_axis(axis, array.ndim, function=function, argument=argument)
        sources.append(_Source(argument, axis_last(array, axis), False, tolerance(array)))
    k = sources[0].array.shape[-1]
    for source in sources:
        if source.array.shape[-1] == 0:
            got = f"shape {tuple(source.array.shape)}"
            raise NotADistribution(
                sentence(
                    function, source.argument, f"have at least one outcome along axis {axis}", got
                )
            )
        if source.array.shape[-1] != k:
            raise InvalidArgument(
                sentence(
                    function,
                    source.argument,
                    f"have as many outcomes as {sources[0].argument} ({k})",
                    source.array.shape[-1],
                    "Both must run over the same outcomes in the same order.",
                )
            )
    if len({tuple(source.array.shape) for source in sources}) == 1:
        return tuple(sources)
    try:
        np.broadcast_shapes(*(tuple(source.array.shape[:-1]) for source in sources))
    except ValueError:
        batches = " and ".join(str(tuple(source.array.shape[:-1])) for source in sources)
        raise InvalidArgument(
            sentence(
                function,
                sources[-1].argument,
                "have a batch shape that broadcasts",
                batches,
                "The axes that are not outcomes must agree, or have length 1.",
            )
        ) from None
    return tuple(sources)


def _mask(where: object, sources: Sequence[_Source], *, axis: int, function: str) -> Array | None:
    """Return `where` with the outcomes last; a mask of one axis runs over the outcomes."""
    if where is None:
        return None
    mask = as_array(where, function=function, argument="where")
    if str(mask.dtype).rpartition(".")[2] != "bool":
        got = f"dtype {mask.dtype}"
        raise WrongType(
            sentence(function, "where", "be boolean (True keeps an outcome)", got, "Compare first.")
        )
    if mask.ndim > 1:
        check_axis(axis, mask.ndim, function=function, argument="where")
        mask = axis_last(mask, axis)
    shapes = [tuple(source.array.shape) for source in sources]
    whole = np.broadcast_shapes(*shapes)
    try:
        fits = mask.ndim > 0 and np.broadcast_shapes(whole, tuple(mask.shape)) == whole
    except ValueError:
        fits = False
    if not fits:
        got = f"shape {tuple(mask.shape)} with outcomes last"
        raise InvalidArgument(
            sentence(function, "where", f"broadcast to the distributions' shape {whole}", got)
        )
    return mask


def _masses(
    sources: Sequence[_Source], mask: Array | None, *, axis: int, function: str
) -> list[Masses]:
    """Return the masses of all sources in one library and precision, checked where readable."""
    xp, arrays = together([source.array for source in sources], function=function)
    if mask is not None and namespace(mask) is np and xp is not np:
        mask = xp.asarray(np.array(mask), device=getattr(arrays[0], "device", None))
    return [
        _one(replace(source, array=array), mask, axis=axis, function=function)
        for source, array in zip(sources, arrays, strict=True)
    ]


def _one(source: _Source, mask: Array | None, *, axis: int, function: str) -> Masses:
    x = source.array
    xp = namespace(x)
    if source.is_logits:
        if mask is not None:
            x = xp.where(mask, x, xp.full_like(x, -np.inf))
            if is_readable(x) and bool(xp.any(xp.max(x, axis=-1) == -np.inf)):
                raise NotADistribution(
                    sentence(function, "where", "keep one possible outcome a row", "a row of none")
                )
        logs = log_softmax(x)
        return Masses(xp, xp.exp(logs), logs)
    if mask is not None:
        x = xp.where(mask, x, xp.zeros_like(x))
    check_probabilities(
        x, axis=axis, within=source.within, function=function, argument=source.argument
    )
    return Masses(xp, x)


def _measure_numpy(
    kernel: Kernel,
    sources: Sequence[_Source],
    mask: Array | None,
    axis: int,
    function: str,
    compiled: Compiled | None,
) -> Array:
    arrays = [source.array for source in sources]
    whole = np.broadcast_shapes(
        *(a.shape for a in arrays), *(() if mask is None else (mask.shape,))
    )
    batch, k = whole[:-1], whole[-1]
    if compiled is not None and mask is None and not any(source.is_logits for source in sources):
        rows = compiled(*arrays, tolerances=tuple(source.within for source in sources))
        if rows is not None:
            return rows
    if len(batch) == 0 or 0 in batch:
        return kernel(*_masses(sources, mask, axis=axis, function=function))
    aligned = [a.reshape((1,) * (len(whole) - a.ndim) + a.shape) for a in arrays]
    cover = None if mask is None else mask.reshape((1,) * (len(whole) - mask.ndim) + mask.shape)
    out = np.empty(batch)

    def fill(index: tuple[slice, ...], extent: tuple[int, ...]) -> None:
        """Split the batch along its first axis that is left until a block is small enough."""
        size = int(np.prod(extent)) * k
        at = next((i for i, n in enumerate(extent) if n > 1), None)
        if size > BLOCK and at is not None:
            step = max(1, BLOCK // (size // extent[at]))
            for start in range(0, extent[at], step):
                stop = min(start + step, extent[at])
                cut = slice(index[at].start + start, index[at].start + stop)
                part = (*extent[:at], stop - start, *extent[at + 1 :])
                fill((*index[:at], cut, *index[at + 1 :]), part)
            return
        parts = [
            replace(source, array=_cut(a, index))
            for source, a in zip(sources, aligned, strict=True)
        ]
        kept = None if cover is None else _cut(cover, index)
        out[index] = kernel(*_masses(parts, kept, axis=axis, function=function))

    try:
        fill(tuple(slice(0, n) for n in batch), batch)
    except NotADistribution:
        _masses(sources, mask, axis=axis, function=function)  # the same error with the true index
        raise
    return out


def _cut(array: Array, index: tuple[slice, ...]) -> Array:
    """Return the part of `array` at `index`; axes of length 1 broadcast and stay whole."""
    return array[
        tuple(s if n > 1 else slice(None) for s, n in zip(index, array.shape, strict=False))
    ]


def check_probabilities(
    p: Array,
    *,
    axis: int,
    within: float,
    function: str,
    argument: str,
    table: tuple[int, ...] | None = None,
) -> None:
    """Raise `NotADistribution` unless `p` (outcomes last) is non-negative and sums to 1.

    `table` is the shape of a joint table whose cells, in a row, are `p`; it places the fault.
    """
    if p.shape[-1] == 0:
        got = f"shape {tuple(p.shape)}"
        raise NotADistribution(
            sentence(function, argument, f"have at least one outcome along axis {axis}", got)
        )
    if 0 in p.shape or not is_readable(p):
        return
    xp = namespace(p)
    with np.errstate(invalid="ignore", over="ignore"):
        total = xp.sum(p, axis=-1)
        if bool(xp.min(p) >= 0) and bool(xp.all(xp.abs(total - 1) <= within)):
            return
    raise _fault(to_numpy(as_float(p)), axis, within, function, argument, table)


def _fault(
    values: np.ndarray[Any, Any],
    axis: int,
    within: float,
    function: str,
    argument: str,
    table: tuple[int, ...] | None,
) -> NotADistribution:
    """Say which value, where, makes `values` no distribution, and what was perhaps meant."""

    def first(mask: np.ndarray[Any, Any]) -> tuple[str, tuple[int, ...]]:
        at = tuple(int(i) for i in np.argwhere(mask)[0])
        index = list(at)
        if mask.ndim == values.ndim:  # undo the move of the axis for the message
            last = index.pop()
            if table is None:
                index.insert(axis if axis >= 0 else len(index) + 1 + axis, last)
            else:
                index = [int(i) for i in np.unravel_index(last, table)]
        return f"index {tuple(index)}", at

    over = f"along axis {axis}" if table is None else "over the whole table"
    logits = "If these are logits, wrap them: Logits(z)."
    if (bad := np.isnan(values)).any():
        place, _ = first(bad)
        return NotADistribution(
            sentence(function, argument, "hold no NaN", f"NaN at {place}", "Find where it arose.")
        )
    if (bad := values < 0).any():
        place, at = first(bad)
        got = f"{float(values[at])} at {place}"
        return NotADistribution(
            sentence(function, argument, f"be non-negative {over}", got, logits)
        )
    with np.errstate(over="ignore"):
        total = values.sum(axis=-1)
    bad = ~(np.abs(total - 1) <= within)
    place, at = first(bad)
    got = f"a sum of {float(total[at])}" + (f" at {place}" if at else "")
    whole = bool((values == np.floor(values)).all())
    advice = (
        "If these are counts, divide them by their sum; "
        "if they are observations, see infoscope.estimate."
        if whole
        else f"If these are weights, divide them by their sum. {logits}"
    )
    requirement = f"sum to 1 {over} (within {within:.2g})"
    return NotADistribution(sentence(function, argument, requirement, got, advice))
