"""`TextScore`: what a model found in a text, token by token, and the numbers that sum it up."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.extras import require
from infoscope.core.result import Estimate, Interval
from infoscope.core.saving import SavedAsJson, SavedAsPage, freeze_arrays, plain_values
from infoscope.core.showing import Shown
from infoscope.core.units import perplexity_from_loss
from infoscope.language.aggregate import block_average
from infoscope.language.regroup import (
    RunningRate,
    Stretches,
    character_starts,
    characters_per_token,
    line_starts,
    running_rate,
    separators_per_token,
    stretches,
    word_groups,
)

__all__ = ["ScoredToken", "ScoredWord", "ScoringRule", "TextScore", "exponential"]

_NOT_KEPT = "not a number: this score was made without varentropies"
_NOT_TOLD = "not a number: a server tells the likeliest tokens only, not the whole distribution"
_NOT_UTF8 = "not a number: the text is not UTF-8, so its characters cannot be counted"


@dataclass(frozen=True)
class ScoringRule(Mapping[str, object]):
    """How tokens were put before the model; two numbers compare only under the same rule.

    Its fields can also be read as a mapping: ``dict(rule)``.
    """

    name: str
    context: int
    prefix_id: int
    prefix: str
    overlap: int = 1
    first_token: str = "scored, given the prefix token alone"
    last_window: str = "filled to full length from the left; each token is scored once"
    dtype: str = "float32"
    sums: str = "float64"
    prefix_rule: str = "the model's own"
    prefix_always: bool = False

    @property
    def settings(self) -> dict[str, object]:
        """What a number must be printed with: rule, context and, if windows overlap, stride."""
        settings: dict[str, object] = {"rule": self.name}
        if self.context:  # 0: every text is read whole
            settings["context"] = self.context
        if self.overlap > 1 and self.name == "strided":
            settings["stride"] = self.context - self.overlap + 1
        return settings

    def __getitem__(self, key: str) -> object:
        return vars(self)[key]

    def __iter__(self) -> Iterator[str]:
        return iter(vars(self))

    def __len__(self) -> int:
        return len(vars(self))


@dataclass(frozen=True, slots=True)
class ScoredToken(Shown):
    """One token: its bytes and place, and what the model thought of it (nats)."""

    index: int
    token: bytes
    start: int
    end: int
    surprisal: float
    entropy: float
    rank: int
    alternatives: tuple[tuple[str, float], ...]

    @property
    def text(self) -> str:
        r"""The token as text; bytes that are no UTF-8 on their own appear as ``\xNN``."""
        return _readable(self.token)


@dataclass(frozen=True, slots=True)
class ScoredWord(Shown):
    """One word with the white space before it, and the surprisal of its tokens in nats."""

    word: bytes
    start: int
    end: int
    first_token: int
    n_tokens: int
    surprisal: float

    @property
    def text(self) -> str:
        """The word as text, without the white space around it."""
        return _readable(self.word.strip())


@dataclass(frozen=True, eq=False, repr=False)
class TextScore(SavedAsPage, SavedAsJson, Shown):
    """The surprisal of every token of a text under one model, in nats.

    Attributes
    ----------
    text : bytes
        The text as scored.
    model : str
        The model's name.
    rule : ScoringRule
        Context, windows, prefix and number format.
    ids : ndarray of int64, shape (n,)
        Token ids.
    starts, ends : ndarray of int64, shape (n,)
        Byte span of each token; spans are contiguous and cover the text.
    surprisal : ndarray of float64, shape (n,)
        -ln p(token | context) in nats.
    entropy : ndarray of float64, shape (n,)
        Entropy of the model's prediction at each place, in nats.
    rank : ndarray of int64, shape (n,)
        1 when the token was the model's first choice.
    top_ids, top_probabilities : ndarray, shape (n, k)
        The k likeliest tokens at each place, descending, and their probabilities.
    spellings : mapping of int to bytes
        The bytes of every id in `top_ids`.
    varentropy : ndarray of float64, shape (n,), or None
        Variance of the surprisal that the model expected at each place, in nats squared.
    byte_surprisal : ndarray of float64, shape (n_bytes,), or None
        Each token's surprisal split over its bytes, in nats; present after
        ``score(..., by_byte=True)``. Its sum is the total.
    """

    text: bytes
    model: str
    rule: ScoringRule
    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    surprisal: NDArray[np.float64]
    entropy: NDArray[np.float64]
    rank: NDArray[np.int64]
    top_ids: NDArray[np.int64]
    top_probabilities: NDArray[np.float64]
    spellings: Mapping[int, bytes]
    varentropy: NDArray[np.float64] | None = None
    byte_surprisal: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        freeze_arrays(self)

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        n, n_bytes = len(self), len(self.text)
        size = f"{n} token{'s' * (n != 1)}, {n_bytes} byte{'s' * (n_bytes != 1)}"
        return (
            f"TextScore({self.model}, {size}, "
            f"{self.bits_per_byte.short()}, perplexity {self.perplexity.short()})"
        )

    @cached_property
    def tokens(self) -> list[bytes]:
        """The bytes of each token; empty for a token that only continues an escaped byte."""
        spans = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        return [self.text[start:end] for start, end in spans]

    @cached_property
    def is_utf8(self) -> bool:
        """Whether the text is valid UTF-8."""
        try:
            self.text.decode("utf-8")
        except UnicodeDecodeError:
            return False
        return True

    @property
    def total(self) -> Estimate:
        """Surprisal of the whole text, in nats."""
        mean, n = self._rate("surprisal of the text", None, "nats"), len(self)
        ends = mean.interval and replace(
            mean.interval, low=mean.interval.low * n, high=mean.interval.high * n
        )
        stderr = None if mean.stderr is None else mean.stderr * n
        value = float(np.sum(self.surprisal))
        return replace(mean, value=value, stderr=stderr, interval=ends)

    @property
    def bits_per_token(self) -> Estimate:
        """Mean surprisal in bits per token; depends on the tokenizer."""
        return self._rate("mean surprisal", None, "nats/token").to("bits")

    @property
    def bits_per_byte(self) -> Estimate:
        """Code length in bits per byte: comparable between models with different tokenizers."""
        lengths = (self.ends - self.starts).astype(np.float64)
        return self._rate("code length", lengths, "nats/byte").to("bits")

    @property
    def bits_per_character(self) -> Estimate:
        """Code length in bits per character (code point); NaN with a note if not UTF-8."""
        weights = characters_per_token(self.text, self.starts, self.ends) if self.is_utf8 else None
        estimate = self._rate("code length", weights, "nats/character").to("bits")
        return estimate if weights is not None else _unknown(estimate)

    @property
    def perplexity(self) -> Estimate:
        """exp(mean surprisal) per token."""
        return self._perplexity(None, "per token")

    @property
    def byte_perplexity(self) -> Estimate:
        """exp(surprisal per byte), as lm-evaluation-harness defines it."""
        return self._perplexity((self.ends - self.starts).astype(np.float64), "per byte")

    @property
    def word_perplexity(self) -> Estimate:
        r"""exp(surprisal per word), words counted as lm-evaluation-harness does; NaN if not UTF-8.

        Its count is ``len(re.split(r"\s+", text))``: white space at an end of the text adds one.
        """
        if not self.is_utf8:
            return _unknown(self._perplexity(None, "per word"))
        return self._perplexity(separators_per_token(self.text, self.ends), "per word")

    @property
    def mean_entropy(self) -> Estimate:
        """Mean entropy of the model's predictions: the surprisal that it expected of itself."""
        mean = self._rate("mean predictive entropy", None, "nats/token", of=self.entropy)
        return _unknown(mean, _NOT_TOLD) if np.isnan(self.entropy).all() else mean

    @property
    def mean_varentropy(self) -> Estimate:
        """Mean variance of the surprisal that the model expected, in nats² per token."""
        if self.varentropy is None:
            return _unknown(self._rate("mean varentropy", None, "nats²/token"), _NOT_KEPT)
        return self._rate("mean varentropy", None, "nats²/token", of=self.varentropy)

    @property
    def estimates(self) -> dict[str, Estimate]:
        """All summary numbers by attribute name."""
        names = ["total", "perplexity", "bits_per_byte", "bits_per_character", "bits_per_token",
                 "mean_entropy", "byte_perplexity", "word_perplexity"]  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def alternatives(self, i: int) -> list[tuple[str, float]]:
        """Return the likeliest tokens at place `i` as (text, probability), descending."""
        rows = zip(self.top_ids[i].tolist(), self.top_probabilities[i].tolist(), strict=True)
        return [(_readable(self.spellings[token]), p) for token, p in rows]

    def token(self, i: int) -> ScoredToken:
        """Return everything known about token `i`."""
        return ScoredToken(
            index=i, token=self.tokens[i], start=int(self.starts[i]), end=int(self.ends[i]),
            surprisal=float(self.surprisal[i]), entropy=float(self.entropy[i]),
            rank=int(self.rank[i]), alternatives=tuple(self.alternatives(i)),
        )  # fmt: skip

    def most_surprising(self, k: int = 10) -> list[ScoredToken]:
        """Return the k tokens with the largest surprisal, largest first (ties: earlier first)."""
        if k < 0:
            raise InvalidArgument(
                sentence("TextScore.most_surprising", "k", "be at least 0", repr(k))
            )
        order = np.argsort(-self.surprisal, kind="stable")[:k]
        return [self.token(int(i)) for i in order]

    def words(self) -> list[ScoredWord]:
        """Return the text's words in order; their surprisals add up to the total.

        Words are separated by ASCII white space and carry the white space before them, because a
        token does; a token that spans two words makes them one.
        """
        groups = word_groups(self.text, self.starts, self.ends)
        firsts = np.flatnonzero(np.diff(groups, prepend=-1))
        lasts = np.append(firsts[1:], len(groups))
        sums = np.add.reduceat(self.surprisal, firsts)
        words: list[ScoredWord] = []
        for a, b, nats in zip(firsts.tolist(), lasts.tolist(), sums.tolist(), strict=True):
            start, end = int(self.starts[a]), int(self.ends[b - 1])
            words.append(ScoredWord(self.text[start:end], start, end, a, b - a, nats))
        return words

    def bytes(self) -> NDArray[np.float64]:
        """Return the surprisal of each byte in nats; needs ``score(..., by_byte=True)``.

        A token's surprisal is split by the probability of all tokens that begin alike; the sum is
        the total. It is the cost of the bytes as the model's own tokens spell them.
        """
        if self.byte_surprisal is None:
            raise InvalidArgument(
                sentence(
                    "TextScore.bytes", "the score", "hold the split over bytes", "none",
                    "Score the text with by_byte=True.",
                )
            )  # fmt: skip
        return self.byte_surprisal

    def characters(self) -> Stretches:
        """Return the surprisal of each UTF-8 character; needs ``score(..., by_byte=True)``."""
        return stretches(self.bytes(), character_starts(self.text))

    def lines(self) -> Stretches:
        """Return the surprisal of each line, its line feed included; needs ``by_byte=True``."""
        return stretches(self.bytes(), line_starts(self.text))

    def running_bits_per_byte(self, n_points: int = 200) -> RunningRate:
        """Return bits per byte along the text, since its start and locally, for a chart."""
        if n_points < 1:
            raise InvalidArgument(
                sentence(
                    "TextScore.running_bits_per_byte", "n_points", "be at least 1", repr(n_points)
                )
            )
        return running_rate(self.surprisal, self.ends, n_points)

    def to_frame(self) -> Any:
        """Return one row per token as a pandas DataFrame (nats, byte offsets)."""
        pandas = require("pandas", extra=None, purpose="TextScore.to_frame")
        return pandas.DataFrame({
            "token": [_readable(token) for token in self.tokens],
            "id": self.ids, "start": self.starts, "end": self.ends,
            "surprisal": self.surprisal, "entropy": self.entropy, "rank": self.rank,
        })  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for `json.dumps`: rule, estimates and tokens (nats); inf as text."""
        tokens = [
            {
                "text": _readable(token), "id": i, "start": start, "end": end,
                "surprisal": plain_values(surprisal), "entropy": plain_values(entropy),
                "rank": rank,
                "alternatives": [
                    {"text": text, "probability": p} for text, p in self.alternatives(at)
                ],
            }
            for at, (token, i, start, end, surprisal, entropy, rank) in enumerate(
                zip(
                    self.tokens, self.ids.tolist(), self.starts.tolist(), self.ends.tolist(),
                    self.surprisal.tolist(), self.entropy.tolist(), self.rank.tolist(),
                    strict=True,
                )
            )
        ]  # fmt: skip
        return {
            "model": self.model,
            "rule": dict(self.rule),
            "n_tokens": len(self),
            "n_bytes": len(self.text),
            "unit": "nats",
            "estimates": {name: value.to_dict() for name, value in self.estimates.items()},
            "tokens": tokens,
        }

    def _card_body_(self) -> str:
        from infoscope.language.report import text_card

        return text_card(self)

    def to_html(self, *, name: str = "") -> str:
        """Return the report as one self-contained page; `name` is what the text is called."""
        from infoscope.language.report import text_report

        return text_report(self, name=name)

    def _rate(
        self,
        quantity: str,
        weights: NDArray[np.float64] | None,
        unit: str,
        of: NDArray[np.float64] | None = None,
    ) -> Estimate:
        """Return summed nats per summed weight (tokens if None), with a block error bar."""
        values = self.surprisal if of is None else of
        mean = block_average(values, np.ones(len(self)) if weights is None else weights)
        return Estimate(
            quantity, mean.value, unit, stderr=mean.stderr, interval=mean.interval(),
            method=self.model, n=len(self), notes=mean.notes,
            settings=self.rule.settings,
            diagnostics={"n_blocks": mean.n_blocks, "block_length": mean.block_length},
        )  # fmt: skip

    def _perplexity(self, weights: NDArray[np.float64] | None, unit: str) -> Estimate:
        """Return exp of a rate: ends of the interval by exp, standard error by the slope."""
        return exponential(self._rate("perplexity", weights, "nats"), unit)


def exponential(rate: Estimate, unit: str) -> Estimate:
    """Return exp of a rate in nats: ends of the interval by exp, standard error by the slope."""
    value = perplexity_from_loss(rate.value)
    stderr = None if rate.stderr is None else value * rate.stderr
    ends = rate.interval and Interval(
        perplexity_from_loss(rate.interval.low), perplexity_from_loss(rate.interval.high),
        rate.interval.level,
        f"exp of the mean's interval: {rate.interval.how}",
    )  # fmt: skip
    return replace(rate, value=value, unit=unit, stderr=stderr, interval=ends)


def _unknown(estimate: Estimate, why: str = _NOT_UTF8) -> Estimate:
    return replace(estimate, value=math.nan, stderr=None, interval=None, notes=(why,))


def _readable(token: bytes) -> str:
    return token.decode("utf-8", "backslashreplace")
