"""Read the arguments that the functions on texts share: the text, the model, and numbers."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from infoscope.core.errors import InvalidArgument, ModelError, WrongType, sentence
from infoscope.language.contract import LanguageModel

__all__ = ["as_model", "check_logits", "real_number", "text_as_bytes", "utf8_bytes", "whole_number"]


def as_model(model: Any, function: str, argument: str = "model") -> LanguageModel:
    """Return the model, loaded if it is a name or a path."""
    if isinstance(model, str | Path):
        from infoscope.language.loading import load

        model = load(model)
    if not isinstance(model, LanguageModel):
        raise WrongType(
            sentence(function, argument, "be a name, a path or a loaded model",
                     type(model).__name__, "Pass what load() returned.")
        )  # fmt: skip
    return model


def check_logits(numbers: Any, function: str, model: str = "the model") -> None:
    """Refuse what was reduced from logits if NaN is in it."""
    if np.isnan(numbers).any():
        raise ModelError(
            sentence(function, f"the logits of {model}", "be numbers", "NaN",
                     "Its weights are damaged, or they overflow in this number format.")
        )  # fmt: skip


def text_as_bytes(text: Any, function: str, argument: str = "text") -> bytes:
    """Return the bytes of a text of at least one byte, or refuse it in one sentence."""
    if not isinstance(text, str | bytes | bytearray):
        raise WrongType(
            sentence(function, argument, "be str or bytes", type(text).__name__,
                     "For a file, pass Path(...).read_bytes().")
        )  # fmt: skip
    if not text:
        raise InvalidArgument(
            sentence(function, argument, "hold at least one byte", "an empty text")
        )
    return utf8_bytes(text, function, argument)


def utf8_bytes(text: str | bytes | bytearray, function: str, argument: str) -> bytes:
    """Return the bytes of a text, empty or not, or refuse half a surrogate pair."""
    try:
        return text.encode("utf-8") if isinstance(text, str) else bytes(text)
    except UnicodeEncodeError as error:
        raise InvalidArgument(
            sentence(function, argument, "be a string that UTF-8 can hold",
                     f"half a surrogate pair at index {error.start}",
                     "Pass the original bytes instead.")
        ) from None  # fmt: skip


def whole_number(
    function: str, argument: str, value: Any, low: int, high: int | None = None, whose: str = ""
) -> int:
    """Return `value` if it is a whole number from `low` to `high`; `whose` tells of the limit."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise WrongType(sentence(function, argument, "be a whole number", type(value).__name__))
    if value < low or (high is not None and value > high):
        ends = f"be at least {low}" if high is None else f"lie between {low} and {high}{whose}"
        raise InvalidArgument(sentence(function, argument, ends, int(value)))
    return int(value)


def real_number(
    function: str, argument: str, value: Any, low: float, high: float = math.inf, *,
    above: bool = False,
) -> float:  # fmt: skip
    """Return `value` if it is a number from `low` (from above it, if so said) to `high`."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise WrongType(sentence(function, argument, "be a number", repr(value)))
    if not low <= value <= high or (above and value == low):
        start = f"lie above {low:g}" if above else f"be at least {low:g}"
        end = f" and be at most {high:g}" if math.isfinite(high) else ""
        raise InvalidArgument(sentence(function, argument, start + end, value))
    return float(value)
