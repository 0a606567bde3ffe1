"""Compare two language models on one text: what each costs, and how far their predictions part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from infoscope.core.errors import ModelError, sentence
from infoscope.core.progress import Progress
from infoscope.language.arguments import as_model, text_as_bytes, whole_number
from infoscope.language.compare_rows import DivergenceReader, TokenDivergences
from infoscope.language.comparison import ModelComparison, Reading
from infoscope.language.contract import LanguageModel, Tokens
from infoscope.language.denormals import denormals_flushed
from infoscope.language.scoring import score
from infoscope.language.windows import strided_windows

__all__ = ["compare", "difference_of_vocabularies"]


def compare(
    text: str | bytes,
    model_a: str | Path | LanguageModel,
    model_b: str | Path | LanguageModel,
    *,
    context: int | None = None,
    stride: int | None = None,
    progress: bool | None = None,
) -> ModelComparison:
    """Measure how far model B is from model A on `text`; A is the base, B is judged by it.

    KL(A‖B) = sum over all tokens v of p_A(v) ln [p_A(v) / p_B(v)], at every place

    Parameters
    ----------
    text : str or bytes
        What both read; a string is taken as UTF-8. It is plain text throughout.
    model_a, model_b : str, Path or LanguageModel
        What `load` takes, or what it returned: a base model, and its quantised or fine-tuned copy.
    context : int, optional
        Most tokens that a model sees at once, at least 2; by default what both models take, and
        1024 at most.
    stride : int, optional
        Tokens scored in each window after the first, 1 to `context`, which is the default.
    progress : bool, optional
        Show a progress bar on stderr; by default only when stderr is a terminal.

    Returns
    -------
    ModelComparison
        The difference in bits per byte with standard error and test, always; and where the models
        share a vocabulary, KL both ways, Jensen-Shannon divergence and first choices at each token.

    Raises
    ------
    InvalidArgument
        If the text is empty or holds half a surrogate pair, or a number is out of range.
    WrongType
        If `text` is neither str nor bytes, or a model is none.
    UnknownName, NotFound, ModelError
        If a model cannot be loaded, or answers with NaN.

    Notes
    -----
    With one vocabulary both models read the text once, in step, and each few rows of both are
    reduced together in float64: nothing of size tokens times vocabulary exists at any time, and
    nothing is clamped (a KL below 0 by more than rounding, 1e-12, would show a fault). Equal models
    give exactly 0. Cost: two readings of the text, and about a third more to reduce the rows.

    Models with different vocabularies have no common outcomes at a token; they are compared by what
    they pay for the same bytes, between the boundaries that both tokenizers share. The mean of
    ln p_A - ln p_B over a text is not a KL: it can be negative.

    Source
    ------
    Kullback & Leibler (1951); Lin (1991) for the Jensen-Shannon divergence; percentiles and
    changes of p as in llama.cpp's ``--kl-divergence``.

    Examples
    --------
    >>> found = compare("to be", "uniform", "uniform")          # doctest: +SKIP
    >>> float(found.kl_divergence), float(found.difference)     # doctest: +SKIP
    (0.0, 0.0)
    """
    data = text_as_bytes(text, "compare")
    a = as_model(model_a, "compare", "model_a")
    b = as_model(model_b, "compare", "model_b")
    context = _check_context(a, b, context)
    stride = context if stride is None else whole_number("compare", "stride", stride, 1, context)
    tokens = a.encode(data)
    why_not = difference_of_vocabularies(a, b, tokens, b.encode(data))
    if why_not:
        readings = [
            _reading(score(data, each, context=context, stride=stride, top=0, progress=progress))
            for each in (a, b)
        ]
        return ModelComparison(data, readings[0], readings[1], None, why_not, notes=(
            f"no KL: {why_not}", *_same_context(context),
        ))  # fmt: skip
    found = _divergences(a, b, tokens, context, stride, progress)
    rules = [_rule(each, context, stride) for each in (a, b)]
    readings = [
        Reading(each.name, rule, tokens.starts, tokens.ends, paid, entropy)
        for each, rule, paid, entropy in (
            (a, rules[0], found.surprisal_a, found.entropy_a),
            (b, rules[1], found.surprisal_b, found.entropy_b),
        )
    ]
    notes = _same_context(context)
    if a.prefix != b.prefix:
        notes += (f"the models begin with different tokens: {rules[0]['prefix']!r} and "
                  f"{rules[1]['prefix']!r}",)  # fmt: skip
    seen = np.unique(np.concatenate([found.top_a, found.top_b])).tolist()
    return ModelComparison(
        data, readings[0], readings[1], found, spellings={i: a.spell(i) for i in seen}, notes=notes
    )


def difference_of_vocabularies(
    a: LanguageModel, b: LanguageModel, tokens_a: Tokens, tokens_b: Tokens
) -> str:
    """Say why two models do not share a vocabulary; "" if they do.

    They do if they have as many tokens, cut the text alike, and spell every id alike.
    """
    if a.n_vocabulary != b.n_vocabulary:
        return f"vocabularies of {a.n_vocabulary:,} and {b.n_vocabulary:,} tokens"
    if not np.array_equal(tokens_a.ids, tokens_b.ids):
        return "tokenizers that cut this text differently"
    for token in range(a.n_vocabulary if a is not b else 0):
        if a.spell(token) != b.spell(token):
            return f"token {token} is {a.spell(token)!r} to one and {b.spell(token)!r} to the other"
    return ""


def _divergences(
    a: LanguageModel, b: LanguageModel, tokens: Tokens, context: int, stride: int,
    progress: bool | None,
) -> TokenDivergences:  # fmt: skip
    """Read both models over the same windows and reduce their rows together."""
    n = len(tokens.ids)
    if int(tokens.ids.max()) >= a.n_vocabulary:
        raise ModelError(
            sentence("compare", "the models' tokenizer", f"know only {a.n_vocabulary} tokens",
                     f"token id {int(tokens.ids.max())}", "The folder mixes two models.")
        )  # fmt: skip
    found, reader = TokenDivergences.empty(n), DivergenceReader(a.n_vocabulary)
    with denormals_flushed(), Progress(n, "comparing", "tokens", show=progress) as bar:
        for window in strided_windows(tokens.ids, a.prefix, context, stride):
            rows_a = a.predict(window.inputs, window.start)
            rows_b = rows_a
            if b is not a:  # one model's rows are valid until it is called again
                inputs = window.inputs
                if window.first == 0:
                    inputs = np.concatenate([[b.prefix], inputs[1:]]).astype(np.int64)
                rows_b = b.predict(inputs, window.start)
            goal = tokens.ids[window.first : window.last]
            reader.read(rows_a, rows_b, goal, found, window.first)
            bar.advance(len(goal))
    for name in TokenDivergences.__dataclass_fields__:
        getattr(found, name).setflags(write=False)
    return found


def _reading(found: Any) -> Reading:
    return Reading(found.model, dict(found.rule), found.starts, found.ends, found.surprisal,
                   found.entropy)  # fmt: skip


def _rule(model: LanguageModel, context: int, stride: int) -> dict[str, object]:
    return {
        "name": "disjoint" if stride == context else "strided",
        "context": context,
        "stride": stride,
        "prefix_id": model.prefix,
        "prefix": model.spell(model.prefix).decode("utf-8", "backslashreplace"),
        "dtype": model.dtype,
        "sums": "float64",
    }


def _same_context(context: int) -> tuple[str, ...]:
    return (f"both models saw at most {context} of their own tokens at a time",)


def _check_context(a: LanguageModel, b: LanguageModel, context: int | None) -> int:
    if context is None:
        return min(a.default_context, b.default_context)
    limits = [each.context_limit for each in (a, b) if each.context_limit is not None]
    return whole_number("compare", "context", context, 2, min(limits) if limits else None)
