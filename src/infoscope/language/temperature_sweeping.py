"""Sweep the temperature: entropy, cost and perplexity at every T from one pass over a text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.logits import Logits
from infoscope.core.progress import Progress
from infoscope.language.arguments import (
    as_model,
    check_logits,
    text_as_bytes,
    whole_number,
)
from infoscope.language.contract import LanguageModel
from infoscope.language.denormals import denormals_flushed
from infoscope.language.rows import logit_rows
from infoscope.language.temperature_curves import TemperatureSweep, best_temperature
from infoscope.language.temperature_rows import TemperatureRows, reduce_rows
from infoscope.language.windows import strided_windows

__all__ = ["DEFAULT_TEMPERATURES", "temperature_sweep"]

#: From sharp to flat, with the temperatures that people use.
DEFAULT_TEMPERATURES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0, 5.0)
#: Added for the search of the best: models lie near 1, and close nodes make the cubics exact.
_NODES = (0.8, 0.9, 1.0, 1.1, 1.25)
_PRODUCT_BYTES = 50_331_648
_STEPS = 60


def temperature_sweep(
    text_or_logits: str | bytes | ArrayLike | Logits,
    temperatures: Sequence[float] = DEFAULT_TEMPERATURES,
    *,
    model: str | Path | LanguageModel = "smollm2",
    targets: ArrayLike | None = None,
    context: int | None = None,
    stride: int | None = None,
    find_best: bool = True,
    progress: bool | None = None,
) -> TemperatureSweep:
    """Measure predictions at many temperatures: softmax(z / T) for each T.

    H(T) = ln s - <z>/T with s = sum exp(z/T); dH/dT = Var(z) / T³

    Parameters
    ----------
    text_or_logits : str, bytes, or array of shape (v,) or (n, v)
        A text to be read by `model`, or logits themselves (rows; -inf for what cannot happen).
    temperatures : sequence of float
        From 0 (the likeliest token, ties evenly) to inf (all tokens evenly), in any order.
    model : str, Path or LanguageModel
        What `load` takes, or what it returned; used for a text.
    targets : array of int, shape (n,), optional
        What came, for plain logits; without it there is entropy only.
    context, stride : int, optional
        Windows, as in `score`.
    find_best : bool
        Also find the temperature at which the text (or the targets) cost least.
    progress : bool, optional
        Show a progress bar on stderr; by default only when stderr is a terminal.

    Returns
    -------
    TemperatureSweep
        Arrays per place and temperature (nats), means with error bars, and the best temperature.

    Raises
    ------
    InvalidArgument
        If a temperature is negative or NaN, a row has no finite logit, targets do not fit, the text
        is empty, or a number is out of range.
    WrongType
        If the input is neither text nor numbers, or the model is none.

    Notes
    -----
    One pass of the model whatever the number of temperatures: each adds one exp and three sums over
    the vocabulary. The best temperature of a text is interpolated between swept nodes (five near 1
    are added) with the curve's own derivatives; for plain logits it is found to rounding. A best T
    above 1 says that the model is too sure of itself on this text.

    Source
    ------
    Guo et al., On calibration of modern neural networks (2017), section 4.2.

    Examples
    --------
    >>> found = temperature_sweep([0.0, 0.0, -np.inf], [0.0, 1.0, np.inf])
    >>> (found.entropy / np.log(2)).tolist()
    [[1.0, 1.0, 1.0]]
    """
    asked = _check_temperatures(temperatures)
    if isinstance(text_or_logits, str | bytes | bytearray):
        if targets is not None:
            raise InvalidArgument(
                sentence("temperature_sweep", "targets", "be left out for a text", "an array",
                         "A text's own tokens are its targets.")
            )  # fmt: skip
        return _of_text(text_or_logits, asked, model, context, stride, find_best, progress)
    return _of_logits(text_or_logits, asked, targets, find_best)


def _of_text(
    text: str | bytes | bytearray, asked: NDArray[np.float64], model: Any, context: int | None,
    stride: int | None, find_best: bool, progress: bool | None,
) -> TemperatureSweep:  # fmt: skip
    data = text_as_bytes(text, "temperature_sweep", "the text")
    model = as_model(model, "temperature_sweep")
    if context is None:
        size = model.default_context
    else:
        size = whole_number("temperature_sweep", "context", context, 2, model.context_limit)
    step = size if stride is None else whole_number("temperature_sweep", "stride", stride, 1, size)
    tokens = model.encode(data)
    nodes = np.append(asked, [t for t in _NODES if t not in asked] if find_best else [])
    n, rows = len(tokens.ids), max(1, _PRODUCT_BYTES // (4 * model.n_vocabulary))
    found = TemperatureRows.empty(n, len(nodes))
    buffer = torch.empty(rows, model.n_vocabulary)
    with denormals_flushed(), Progress(n, "sweeping", "tokens", show=progress) as bar:
        for window in strided_windows(tokens.ids, model.prefix, size, step):
            answer = model.predict(window.inputs, window.start)
            goal = tokens.ids[window.first : window.last]
            for first in range(0, len(goal), rows):
                last = min(first + rows, len(goal))
                z = logit_rows(answer, first, last, out=buffer)
                reduce_rows(z, goal[first:last], nodes.tolist(), found, window.first + first)
            bar.advance(len(goal))
    check_logits(found.entropy, "temperature_sweep")
    k = len(asked)
    rule = {"name": "disjoint" if step == size else "strided", "context": size,
            "stride": step, "prefix_id": model.prefix, "dtype": model.dtype}  # fmt: skip
    return TemperatureSweep(
        asked, found.entropy[:, :k], found.surprisal[:, :k], found.variance[:, :k],
        best_temperature(nodes, found, model.name) if find_best else None, model.name, rule,
        (tokens.ends - tokens.starts).astype(np.float64),
    )  # fmt: skip


def _of_logits(
    given: Any, asked: NDArray[np.float64], targets: ArrayLike | None, find_best: bool
) -> TemperatureSweep:
    z = _read_logits(given)
    goal = _read_targets(targets, z.shape)
    found = _reduced(z, goal, asked)
    if targets is None:
        return TemperatureSweep(asked, found.entropy, None, found.variance)
    best = None
    if find_best:
        nodes = _bracket(z, goal)
        best = best_temperature(nodes, _reduced(z, goal, nodes))
    return TemperatureSweep(asked, found.entropy, found.surprisal, found.variance, best)


def _reduced(
    z: NDArray[np.float64], goal: NDArray[np.int64], temperatures: NDArray[np.float64]
) -> TemperatureRows:
    found = TemperatureRows.empty(len(z), len(temperatures))
    reduce_rows(torch.from_numpy(z.copy()), goal, temperatures.tolist(), found)
    return found


def _bracket(z: NDArray[np.float64], goal: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return 1 and two temperatures a hair apart around the best, by halving in ln T."""
    low, high = -7.0, 7.0  # T from 1/1100 to 1100
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        slope = _reduced(z, goal, np.exp([middle])).energy.mean()
        low, high = (low, middle) if slope <= 0.0 else (middle, high)
        if high - low < 1e-6:
            break
    return np.exp(np.array([low, high, 0.0]))


def _read_logits(given: Any) -> NDArray[np.float64]:
    if isinstance(given, Logits):
        given = np.asarray(given.log_probabilities())
    try:
        z = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise WrongType(
            sentence("temperature_sweep", "text_or_logits", "be a text or numbers",
                     type(given).__name__)
        ) from None  # fmt: skip
    z = z[None] if z.ndim == 1 else z
    if z.ndim != 2 or 0 in z.shape:
        raise InvalidArgument(
            sentence("temperature_sweep", "text_or_logits", "have shape (v,) or (n, v)", z.shape)
        )
    bad = np.isnan(z) | (z == np.inf)
    if bad.any() or (z == -np.inf).all(-1).any():
        got = "NaN or inf" if bad.any() else "a row of -inf alone"
        raise InvalidArgument(
            sentence("temperature_sweep", "text_or_logits", "be logits: finite or -inf", got)
        )
    return z


def _read_targets(targets: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.int64]:
    if targets is None:
        return np.zeros(shape[0], np.int64)
    goal = np.atleast_1d(np.asarray(targets))
    if goal.dtype.kind not in "iu" or goal.shape != shape[:1]:
        raise InvalidArgument(
            sentence("temperature_sweep", "targets", f"be {shape[0]} whole numbers",
                     f"shape {goal.shape} of {goal.dtype}")
        )  # fmt: skip
    if goal.min() < 0 or goal.max() >= shape[1]:
        raise InvalidArgument(
            sentence("temperature_sweep", "targets", f"lie between 0 and {shape[1] - 1}",
                     f"{goal.min()} to {goal.max()}")
        )  # fmt: skip
    return goal.astype(np.int64)


def _check_temperatures(temperatures: Any) -> NDArray[np.float64]:
    try:
        asked = np.array(temperatures, dtype=np.float64)
    except (TypeError, ValueError):
        raise WrongType(
            sentence("temperature_sweep", "temperatures", "be numbers", repr(temperatures))
        ) from None
    if asked.ndim != 1 or not asked.size:
        raise InvalidArgument(
            sentence("temperature_sweep", "temperatures", "be a list of at least one number",
                     f"shape {asked.shape}")
        )  # fmt: skip
    if not (asked >= 0).all():
        raise InvalidArgument(
            sentence("temperature_sweep", "temperatures", "lie between 0 and inf",
                     float(asked[~(asked >= 0)][0]))
        )  # fmt: skip
    return asked
