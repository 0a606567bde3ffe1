"""Score a text: every token's surprisal, entropy, rank and likeliest rivals under a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from infoscope.core.errors import InvalidArgument, ModelError, WrongType, sentence
from infoscope.core.progress import Progress
from infoscope.language.contract import LanguageModel
from infoscope.language.denormals import denormals_flushed
from infoscope.language.loading import load
from infoscope.language.observe import Observer
from infoscope.language.result import ScoringRule, TextScore
from infoscope.language.windows import strided_windows

__all__ = ["score"]


def score(
    text: str | bytes,
    model: str | Path | LanguageModel = "smollm2",
    *,
    context: int | None = None,
    stride: int | None = None,
    top: int = 5,
    progress: bool | None = None,
) -> TextScore:
    """Measure how surprising each token of `text` is to `model`.

    surprisal(t) = -ln p(t | tokens before it in its window)

    Parameters
    ----------
    text : str or bytes
        What to score; a string is taken as UTF-8. It is plain text throughout: the names of control
        tokens inside it are spelled, and bytes that are not UTF-8 are kept.
    model : str, Path or LanguageModel
        What `load` takes, or what it returned.
    context : int, optional
        Most tokens that the model sees at once, at least 2; by default 1024 or the model's limit.
    stride : int, optional
        Tokens scored in each window after the first, from 1 to `context`, which is the default:
        disjoint windows. A smaller stride lets the model read the last `context` - `stride` tokens
        again before it goes on, which costs `context` / `stride` times the work.
    top : int
        How many of the likeliest tokens to keep for each place, from 0 to the vocabulary's size.
    progress : bool, optional
        Show a progress bar on stderr; by default only when stderr is a terminal.

    Returns
    -------
    TextScore
        Arrays per token (nats) and summaries with error bars.

    Raises
    ------
    InvalidArgument
        If the text is empty or holds half a surrogate pair, or a number is out of range.
    WrongType
        If `text` is neither str nor bytes, or `model` is no model.
    UnknownName, NotFound, ModelError
        If the model cannot be loaded, or answers with NaN.

    Notes
    -----
    Disjoint rolling windows as in lm-evaluation-harness: the first window starts with the prefix
    token, each later one with one token of overlap, each token is scored once. A longer context
    gives a smaller number for the same text, so state it. Time is one pass of the model over the
    text (about 0.004 CPU seconds per token for "smollm2"); memory does not grow with the text times
    the vocabulary.

    Source
    ------
    lm-evaluation-harness 0.4, ``loglikelihood_rolling``.
    """
    data = _as_bytes(text)
    model = load(model) if isinstance(model, str | Path) else model
    if not isinstance(model, LanguageModel):
        raise WrongType(
            sentence(
                "score", "model", "be a name, a path or a loaded model", type(model).__name__,
                "Pass what load() returned.",
            )
        )  # fmt: skip
    context = _check_context(model, context)
    stride = context if stride is None else _check_count("stride", stride, 1, context)
    top = _check_count("top", top, 0, model.n_vocabulary)
    tokens = model.encode(data)
    n = len(tokens.ids)
    if int(tokens.ids.max()) >= model.n_vocabulary:
        raise ModelError(
            sentence(
                "score", "the model's tokenizer", f"know only its {model.n_vocabulary} tokens",
                f"token id {int(tokens.ids.max())}", "The folder mixes two models.",
            )
        )  # fmt: skip
    surprisal, entropy, rank = np.empty(n), np.empty(n), np.empty(n, np.int64)
    top_ids, top_probabilities = np.empty((n, top), np.int64), np.empty((n, top))
    observer = Observer(model.n_vocabulary, top)
    with denormals_flushed(), Progress(n, "scoring", "tokens", show=progress) as bar:
        for window in strided_windows(tokens.ids, model.prefix, context, stride):
            here = slice(window.first, window.last)
            rows = model.predict(window.inputs, window.start)
            seen = observer.read(rows, tokens.ids[here])
            surprisal[here], entropy[here], rank[here] = seen.surprisal, seen.entropy, seen.rank
            top_ids[here], top_probabilities[here] = seen.top_ids, seen.top_probabilities
            bar.advance(window.last - window.first)
    return TextScore(
        text=data, model=model.name, rule=_rule(model, context, stride), ids=tokens.ids,
        starts=tokens.starts, ends=tokens.ends, surprisal=surprisal, entropy=entropy, rank=rank,
        top_ids=top_ids, top_probabilities=top_probabilities,
        spellings={int(token): model.spell(int(token)) for token in np.unique(top_ids)},
    )  # fmt: skip


def _rule(model: LanguageModel, context: int, stride: int) -> ScoringRule:
    prefix = model.spell(model.prefix).decode("utf-8", "backslashreplace")
    name, overlap = "disjoint" if stride == context else "strided", context - stride + 1
    return ScoringRule(name, context, model.prefix, prefix, overlap, dtype=model.dtype)


def _as_bytes(text: Any) -> bytes:
    if not isinstance(text, str | bytes | bytearray):
        raise WrongType(
            sentence(
                "score", "text", "be str or bytes", type(text).__name__,
                "For a file, pass Path(...).read_bytes().",
            )
        )  # fmt: skip
    if not text:
        raise InvalidArgument(sentence("score", "text", "hold at least one byte", "an empty text"))
    try:
        return text.encode("utf-8") if isinstance(text, str) else bytes(text)
    except UnicodeEncodeError as error:
        raise InvalidArgument(
            sentence(
                "score", "text", "be a string that UTF-8 can hold",
                f"half a surrogate pair at index {error.start}",
                "Pass the original bytes instead.",
            )
        ) from None  # fmt: skip


def _check_context(model: LanguageModel, context: int | None) -> int:
    if context is None:
        return model.default_context
    limit = model.context_limit
    return _check_count("context", context, 2, limit, f" (the limit of {model.name})")


def _check_count(name: str, value: Any, low: int, high: int | None, whose: str = "") -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise WrongType(sentence("score", name, "be a whole number", type(value).__name__))
    if value < low or (high is not None and value > high):
        ends = f"be at least {low}" if high is None else f"lie between {low} and {high}{whose}"
        raise InvalidArgument(sentence("score", name, ends, int(value)))
    return int(value)
