"""Information as a share of what could be: normalised by entropies, or as a correlation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.resample import Rng
from infoscope.core.result import Estimate, Interval
from infoscope.estimate import front
from infoscope.estimate.estimators.entropy import jackknife
from infoscope.estimate.kinds import read_variables
from infoscope.estimate.method import Value
from infoscope.estimate.variables import Variable, joined

__all__ = ["NORMALIZATIONS", "Normalization", "normalized_mutual_information"]

Normalization: TypeAlias = Literal[
    "auto", "correlation", "x", "y", "min", "max", "arithmetic", "geometric", "joint"
]
NORMALIZATIONS = ("correlation", "x", "y", "min", "max", "arithmetic", "geometric", "joint")


def normalized_mutual_information(
    x: object,
    y: object,
    *,
    normalization: Normalization = "auto",
    method: str = "auto",
    k: int | None = None,
    discrete_x: bool | None = None,
    discrete_y: bool | None = None,
    missing: str = "error",
    rng: Rng = None,
    interval: float | None = 0.95,
    **options: Value,
) -> Estimate:
    """Mutual information of two samples on a scale from 0 (independent) to 1.

    I / n(H(X), H(Y)) for labels, sqrt(1 - exp(-2 I)) for measurements

    Parameters
    ----------
    x, y, method, k, discrete_x, discrete_y, missing, rng, interval, **options
        As in `mutual_information`.
    normalization : str, default "auto"
        "correlation": Linfoot's sqrt(1 - exp(-2 I)), which for Gaussians is the absolute
        correlation; for any kinds. "x", "y": the share of that variable's entropy which the other
        explains (uncertainty coefficient); it must be labels. "min", "max", "arithmetic",
        "geometric", "joint": divided by that mean of both entropies, or by H(X,Y); labels only.
        "auto": "arithmetic" for two label variables, the labels' side where one is, else
        "correlation".

    Returns
    -------
    Estimate
        A pure number, unit "", raw: a slightly negative information stays negative.

    Raises
    ------
    InvalidArgument
        If `normalization` is unknown, or asks for the entropy of measurements, which has no
        absolute scale.

    Notes
    -----
    The interval is that of the information, carried over; entropies are taken as known. Where an
    entropy is 0 nothing can be shared, and the value is 0.

    Source
    ------
    Linfoot, An informational measure of correlation (1957), equation 4; Theil, On the estimation of
    relationships involving qualitative variables (1970).

    Examples
    --------
    >>> x = ["a", "b", "c", "d"] * 100
    >>> half = [v in "ab" for v in x]
    >>> estimate = normalized_mutual_information(x, half, normalization="x", method="plugin")
    >>> round(estimate.value, 2)
    0.5
    """
    function = "normalized_mutual_information"
    if normalization not in ("auto", *NORMALIZATIONS):
        names = ", ".join(("auto", *NORMALIZATIONS))
        raise InvalidArgument(
            sentence(function, "normalization", f"be one of {names}", repr(normalization))
        )
    variables, notes = read_variables(
        [("x", x, discrete_x), ("y", y, discrete_y)], function=function, missing=missing
    )
    chosen = _choice(normalization, variables, function)
    estimate = front.estimate(
        "mutual_information", variables, method=method, unit="nats", rng=rng, interval=interval,
        options={"k": k, **options}, notes=notes, function=function,
    )  # fmt: skip
    scale, slope = _scale(chosen, variables, estimate.value)
    ends = estimate.interval and Interval(
        scale(estimate.interval.low),
        scale(estimate.interval.high),
        estimate.interval.level,
        estimate.interval.how,
    )
    return replace(
        estimate,
        quantity="normalized mutual information",
        value=scale(estimate.value),
        unit="",
        stderr=None if estimate.stderr is None else estimate.stderr * slope,
        interval=ends,
        settings={**estimate.settings, "normalization": chosen},
        diagnostics={**estimate.diagnostics, "nats": estimate.value},
    )


def _choice(asked: str, variables: tuple[Variable, ...], function: str) -> str:
    """Return the normalization to use, or raise where an entropy has no absolute scale."""
    labels = [variable.kind == "discrete" for variable in variables]
    if asked == "auto":
        if all(labels):
            return "arithmetic"
        return "x" if labels[0] else "y" if labels[1] else "correlation"
    needs = {"correlation": (), "x": (0,), "y": (1,)}.get(asked, (0, 1))
    for i in needs:
        if not labels[i]:
            raise InvalidArgument(
                sentence(
                    function,
                    "normalization",
                    "divide by the entropy of labels only",
                    f"{asked!r}, and {variables[i].argument} holds measurements, whose entropy "
                    "depends on their unit",
                    "Take normalization='correlation'.",
                )
            )
    return asked


def _scale(
    chosen: str, variables: tuple[Variable, ...], value: float
) -> tuple[Callable[[float], float], float]:
    """Return the map from nats to the scale, and its slope at `value` (for the standard error)."""
    if chosen == "correlation":
        at = _linfoot(value)
        flat = at == 0.0  # the slope is infinite at 0: the interval tells more there
        return _linfoot, math.nan if flat else math.exp(-2.0 * abs(value)) / abs(at)
    x, y = variables
    h = {
        "x": lambda: _entropy(x),
        "y": lambda: _entropy(y),
        "joint": lambda: _entropy(joined(x, y)),
        "min": lambda: min(_entropy(x), _entropy(y)),
        "max": lambda: max(_entropy(x), _entropy(y)),
        "arithmetic": lambda: (_entropy(x) + _entropy(y)) / 2.0,
        "geometric": lambda: math.sqrt(_entropy(x) * _entropy(y)),
    }[chosen]()
    slope = 1.0 / h if h > 0 else 0.0
    return lambda nats: nats * slope, slope


def _linfoot(nats: float) -> float:
    """Return sqrt(1 - exp(-2 I)), with the sign of a raw value below 0."""
    return math.copysign(math.sqrt(-math.expm1(-2.0 * abs(nats))), nats)


def _entropy(x: Variable) -> float:
    return jackknife.run(x, rng=np.random.default_rng(0)).nats
