"""Score a text: every token's surprisal, entropy, rank and likeliest rivals under a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from infoscope.core.errors import InvalidArgument, ModelError, sentence
from infoscope.core.progress import Progress
from infoscope.language.arguments import as_model, text_as_bytes, whole_number
from infoscope.language.contract import LanguageModel, Tokens
from infoscope.language.denormals import denormals_flushed
from infoscope.language.observe import Observer
from infoscope.language.reading import TokenNumbers, byte_splitter, packs, read_pack
from infoscope.language.remote import RemoteModel
from infoscope.language.remote_scoring import score_remotely
from infoscope.language.result import ScoringRule, TextScore
from infoscope.language.windows import strided_windows

__all__ = ["ReadingPlan", "plan_reading", "score"]


def score(
    text: str | bytes,
    model: str | Path | LanguageModel = "smollm2",
    *,
    context: int | str | None = None,
    stride: int | None = None,
    prefix: int | str | None = None,
    prefix_always: bool = False,
    top: int = 5,
    by_byte: bool = False,
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
    context : int or "full", optional
        Most tokens that the model sees at once, at least 2; by default 1024 or the model's limit.
        "full" lets the context grow to the model's limit: every token sees all that stands before
        it, and where the text is longer, at least the last half of the limit.
    stride : int, optional
        Tokens scored in each window after the first, from 1 to `context`, which is the default:
        disjoint windows. A smaller stride lets the model read the last `context` - `stride` tokens
        again before it goes on, which costs `context` / `stride` times the work.
    prefix : int or str, optional
        What stands before the first token: a token id, or the name of a token ("<|endoftext|>"), by
        default what the model says (its beginning-of-text token or, for want of one, its
        end-of-text token). "none" puts nothing there, so that the first token cannot be scored and
        is left out of all numbers.
    prefix_always : bool
        Begin every window with the prefix, not the first one only.
    top : int
        How many of the likeliest tokens to keep for each place, from 0 to the vocabulary's size.
    by_byte : bool
        Also split each token's surprisal over its bytes: for `TextScore.bytes`, `.characters` and
        `.lines`. It costs a few percent of the time.
    progress : bool, optional
        Show a progress bar on stderr; by default only when stderr is a terminal.

    Returns
    -------
    TextScore
        Arrays per token (nats) and summaries with error bars; its `rule` says all of the above.

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
    model = as_model(model, "score")
    if isinstance(model, RemoteModel):
        asked = {"prefix": prefix is not None, "prefix_always": prefix_always, "by_byte": by_byte}
        return score_remotely(
            model, text_as_bytes(text, "score"), context=context, stride=stride, top=top,
            progress=progress, refused=asked,
        )  # fmt: skip
    plan = plan_reading(model, context, stride, prefix, prefix_always=prefix_always)
    top = whole_number("score", "top", top, 0, model.n_vocabulary)
    data, tokens = plan.cut(text_as_bytes(text, "score"))
    numbers = TokenNumbers.empty(len(tokens.ids), top, len(data) if by_byte else None)
    observer = Observer(model.n_vocabulary, top, byte_splitter(model) if by_byte else None)
    windows = plan.windows(tokens)
    with denormals_flushed(), Progress(len(tokens.ids), "scoring", "tokens", show=progress) as bar:
        for pack in packs(model, windows):
            targets = [tokens.ids[each.first : each.last] for each in pack]
            seen, rows = read_pack(model, observer, pack, targets)
            for window, own in zip(pack, rows, strict=True):
                numbers.fill(slice(window.first, window.last), seen, own, tokens)
                bar.advance(window.last - window.first)
    return TextScore(
        text=data, model=model.name, rule=plan.rule(tokens), ids=tokens.ids,
        starts=tokens.starts, ends=tokens.ends, surprisal=numbers.surprisal,
        entropy=numbers.entropy, rank=numbers.rank, top_ids=numbers.top_ids,
        top_probabilities=numbers.top_probabilities,
        spellings={int(token): model.spell(int(token)) for token in np.unique(numbers.top_ids)},
        varentropy=numbers.varentropy, byte_surprisal=numbers.byte_surprisal,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """How a text is put before a model: context, stride and prefix, checked."""

    model: LanguageModel
    context: int | None  # None: the whole text, where the model has no limit
    stride: int | None
    full: bool
    prefix: int | None  # None: nothing stands before the first token, which is not scored
    prefix_rule: str
    prefix_always: bool

    def cut(self, data: bytes) -> tuple[bytes, Tokens]:
        """Return the text that is scored and its tokens, the one before it first if unscored."""
        tokens = self.model.encode(data)
        if int(tokens.ids.max()) >= self.model.n_vocabulary:
            raise ModelError(
                sentence(
                    "score", "the model's tokenizer",
                    f"know only its {self.model.n_vocabulary} tokens",
                    f"token id {int(tokens.ids.max())}", "The folder mixes two models.",
                )
            )  # fmt: skip
        if self.prefix is not None:
            return data, tokens
        first = int(tokens.ends[0])
        if first == len(data):
            raise InvalidArgument(
                sentence(
                    "score", "text", "hold at least two tokens when prefix is 'none'",
                    "one token", "Leave prefix out, or name a token.",
                )
            )  # fmt: skip
        own = Tokens(tokens.ids[1:], tokens.starts[1:] - first, tokens.ends[1:] - first)
        return data[first:], _Headed(own.ids, own.starts, own.ends, int(tokens.ids[0]))

    def windows(self, tokens: Tokens) -> Any:
        """Yield the windows over the tokens that `cut` returned."""
        n = len(tokens.ids)
        context = n + 1 if self.context is None else self.context
        stride = context if self.stride is None else self.stride
        prefix = tokens.before if isinstance(tokens, _Headed) else self.prefix
        assert prefix is not None
        return strided_windows(
            tokens.ids, prefix, context, stride, prefix_always=self.prefix_always
        )

    def rule(self, tokens: Tokens) -> ScoringRule:
        """Return what a number must be printed with.

        For no tokens: what is common to all texts, with context 0 where each is read whole.
        """
        context = self.context or (len(tokens.ids) + 1 if len(tokens.ids) else 0)
        stride = context if self.stride is None else self.stride
        headed = self.prefix is None
        prefix = tokens.before if isinstance(tokens, _Headed) else self.prefix
        name = "full" if self.full else "disjoint" if stride == context else "strided"
        spelled = b"" if prefix is None else self.model.spell(prefix)
        more: dict[str, Any] = {}
        if headed:
            more["first_token"] = "not scored: nothing stands before it"
        if self.full:
            more["last_window"] = (
                "a text longer than the limit is read on in windows that begin with the last "
                f"{context - stride} tokens; each token is scored once"
            )
        return ScoringRule(
            name, context, -1 if prefix is None else prefix,
            spelled.decode("utf-8", "backslashreplace"), context - stride + 1,
            dtype=self.model.dtype, prefix_rule=self.prefix_rule,
            prefix_always=self.prefix_always, **more,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Headed(Tokens):
    """Tokens of a text whose first token, `before`, is given and not scored."""

    before: int


def plan_reading(
    model: LanguageModel, context: int | str | None = None, stride: int | None = None,
    prefix: int | str | None = None, *, prefix_always: bool = False,
) -> ReadingPlan:  # fmt: skip
    """Check context, stride and prefix against the model; see `score` for what they mean."""
    full = isinstance(context, str)
    if isinstance(context, str):
        if context != "full":
            got = repr(context)
            raise InvalidArgument(sentence("score", "context", "be a number or 'full'", got))
        size = model.context_limit
    else:
        size = _check_context(model, context)
    if stride is not None:
        stride = whole_number("score", "stride", stride, 1, size)
    elif full and size is not None:
        stride = max(1, size // 2)
    token, how = _find_prefix(model, prefix)
    return ReadingPlan(model, size, stride, full, token, how, prefix_always)


def _find_prefix(model: LanguageModel, prefix: int | str | None) -> tuple[int | None, str]:
    if prefix is None:
        return model.prefix, "the model's own"
    if prefix == "none":
        return None, "none: the text's first token stands there"
    if isinstance(prefix, str):
        named = [i for i in range(model.n_vocabulary) if model.spell(i) == prefix.encode("utf-8")]
        if not named:
            raise InvalidArgument(
                sentence(
                    "score", "prefix", "be a token id, the name of one token, or 'none'",
                    repr(prefix), "Pass the id of the token.",
                )
            )  # fmt: skip
        return named[0], "as asked"
    return whole_number("score", "prefix", prefix, 0, model.n_vocabulary - 1), "as asked"


def _check_context(model: LanguageModel, context: int | None) -> int | None:
    if context is None:
        return model.default_context
    limit = model.context_limit
    return whole_number("score", "context", context, 2, limit, f" (the limit of {model.name})")
