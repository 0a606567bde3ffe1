"""`CorpusScore`: what a model found in many documents, one summary each and the whole."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.result import Estimate
from infoscope.core.saving import SavedAsJson, plain_values
from infoscope.core.showing import Shown
from infoscope.language.aggregate import BlockAverage, block_average, ratio_over_groups
from infoscope.language.regroup import characters_per_token, line_starts, separators_per_token
from infoscope.language.result import ScoringRule, exponential

__all__ = ["CorpusScore", "DocumentScore", "summarise"]

_EMPTY = "not a number: there is no token to score"
_RATES = {  # attribute -> (quantity, what is summed, what it is divided by, unit inside)
    "bits_per_byte": ("code length", "nats", "n_bytes", "nats/byte"),
    "bits_per_character": ("code length", "nats", "n_characters", "nats/character"),
    "bits_per_token": ("mean surprisal", "nats", "n_tokens", "nats/token"),
    "mean_entropy": ("mean predictive entropy", "entropy", "n_tokens", "nats/token"),
    "perplexity": ("perplexity", "nats", "n_tokens", "nats/token"),
}


class _Rates:
    """The summary numbers that one document and many have alike, each made by `_rate`."""

    __slots__ = ()

    @property
    def total(self) -> Estimate:
        """Surprisal of all text, in nats."""
        raise NotImplementedError

    @property
    def bits_per_byte(self) -> Estimate:
        """Code length in bits per byte; the error of many documents is over documents."""
        return self._rate("bits_per_byte").to("bits")

    @property
    def bits_per_character(self) -> Estimate:
        """Code length in bits per character; NaN if some text is not UTF-8."""
        return self._rate("bits_per_character").to("bits")

    @property
    def bits_per_token(self) -> Estimate:
        """Mean surprisal in bits per token."""
        return self._rate("bits_per_token").to("bits")

    @property
    def mean_entropy(self) -> Estimate:
        """Mean entropy of the model's predictions, in nats per token."""
        return self._rate("mean_entropy")

    @property
    def perplexity(self) -> Estimate:
        """exp(mean surprisal) per token, over all tokens: long documents count for more."""
        return exponential(self._rate("perplexity"), "per token")

    @property
    def estimates(self) -> dict[str, Estimate]:
        """All summary numbers by attribute name."""
        return {name: getattr(self, name) for name in ("total", *_RATES)}

    def _rate(self, which: str) -> Estimate:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class DocumentScore(_Rates, Shown):
    """One document under a model: sums in nats, and the block averages behind its error bars.

    `n_characters` and `n_words` are None where the document is not UTF-8; `n_first` counts the
    tokens that were the model's first choice.
    """

    name: str
    model: str
    settings: Mapping[str, object]
    n_bytes: int
    n_characters: int | None
    n_words: int | None
    n_lines: int
    n_tokens: int
    n_first: int
    nats: float
    entropy: float
    varentropy: float
    largest: float
    averages: Mapping[str, BlockAverage]

    @property
    def total(self) -> Estimate:
        """Surprisal of the document, in nats; an exact sum, without an error bar."""
        return Estimate(
            "surprisal of the text", self.nats, "nats", method=self.model, n=self.n_tokens,
            settings=self.settings, notes=("exact for this text and model",),
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for `json.dumps`."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        del plain["averages"], plain["model"], plain["settings"]
        numbers = {key: plain_values(value) for key, value in plain.items()}
        return numbers | {"estimates": {key: e.to_dict() for key, e in self.estimates.items()}}

    def state(self) -> dict[str, Any]:
        """Return all fields as plain values, from which `from_state` makes an equal one."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        plain["settings"] = dict(self.settings)
        plain["averages"] = {key: asdict(value) for key, value in self.averages.items()}
        return plain

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> DocumentScore:
        """Return the document score that `state` described."""
        averages = {key: BlockAverage(**value) for key, value in state["averages"].items()}
        return cls(**{**state, "averages": averages})

    def _rate(self, which: str) -> Estimate:
        quantity, _, _, unit = _RATES[which]
        key = "bits_per_token" if which == "perplexity" else which
        return _estimate(self.averages.get(key), quantity, unit, self)


@dataclass(frozen=True, eq=False, repr=False)
class CorpusScore(_Rates, SavedAsJson, Shown):
    """Many documents under one model: a summary of each, and of all together.

    Attributes
    ----------
    documents : sequence of DocumentScore
        In the order of the source.
    model : str
        The model's name.
    rule : ScoringRule
        Context, windows, prefix and number format.
    """

    documents: Sequence[DocumentScore]
    model: str
    rule: ScoringRule

    def __len__(self) -> int:
        return len(self.documents)

    def __repr__(self) -> str:
        n = len(self)
        return (
            f"CorpusScore({self.model}, {n} document{'s' * (n != 1)}, {self.n_bytes} bytes, "
            f"{self.bits_per_byte.short()}, perplexity {self.perplexity.short()})"
        )

    @property
    def n_bytes(self) -> int:
        """Bytes of all documents together."""
        return sum(each.n_bytes for each in self.documents)

    @property
    def n_tokens(self) -> int:
        """Tokens of all documents together."""
        return sum(each.n_tokens for each in self.documents)

    @property
    def total(self) -> Estimate:
        """Surprisal of all documents together, in nats; an exact sum."""
        return Estimate(
            "surprisal of the texts", math.fsum(each.nats for each in self.documents), "nats",
            method=self.model, n=self.n_tokens, settings=self.rule.settings,
            notes=("exact for these texts and this model",),
        )  # fmt: skip

    def hardest(self, k: int = 10) -> list[DocumentScore]:
        """Return the k documents with the most bits per byte, largest first."""
        if k < 0:
            raise InvalidArgument(sentence("CorpusScore.hardest", "k", "be at least 0", repr(k)))
        scored = [each for each in self.documents if each.n_bytes]
        return sorted(scored, key=lambda each: -each.nats / each.n_bytes)[:k]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for `json.dumps`: rule, estimates, and each document."""
        return {
            "model": self.model,
            "rule": dict(self.rule),
            "n_documents": len(self),
            "n_bytes": self.n_bytes,
            "n_tokens": self.n_tokens,
            "estimates": {name: value.to_dict() for name, value in self.estimates.items()},
            "documents": [each.to_dict() for each in self.documents],
        }

    def _rate(self, which: str) -> Estimate:
        quantity, above, below, unit = _RATES[which]
        scored = [each for each in self.documents if each.n_tokens]
        if len(scored) == 1:
            return replace(scored[0]._rate(which), settings=self.rule.settings)
        sizes = [getattr(each, below) for each in scored]
        average = None
        if sizes and None not in sizes:
            amounts = np.array([getattr(each, above) for each in scored])
            average = ratio_over_groups(amounts, np.array(sizes, np.float64))
        return _estimate(average, quantity, unit, self)


def summarise(
    name: str, text: bytes, ends: NDArray[np.int64], starts: NDArray[np.int64],
    surprisal: NDArray[np.float64], entropy: NDArray[np.float64],
    varentropy: NDArray[np.float64], rank: NDArray[np.int64], model: str,
    settings: Mapping[str, object],
) -> DocumentScore:  # fmt: skip
    """Sum up one document from its token arrays; an empty one has no rates."""
    n = len(surprisal)
    averages: dict[str, BlockAverage] = {}
    try:
        n_characters: int | None = len(text.decode("utf-8"))
        n_words: int | None = int(separators_per_token(text, ends).sum()) if n else 0
    except UnicodeDecodeError:
        n_characters = n_words = None
    if n:
        averages["bits_per_byte"] = block_average(surprisal, (ends - starts).astype(np.float64))
        averages["bits_per_token"] = block_average(surprisal, np.ones(n))
        averages["mean_entropy"] = block_average(entropy, np.ones(n))
        if n_characters:
            sizes = characters_per_token(text, starts, ends)
            averages["bits_per_character"] = block_average(surprisal, sizes)
    return DocumentScore(
        name, model, dict(settings), len(text), n_characters, n_words,
        len(line_starts(text)) if text else 0, n, int((rank == 1).sum()),
        float(surprisal.sum()), float(entropy.sum()), float(varentropy.sum()),
        float(surprisal.max()) if n else 0.0, averages,
    )  # fmt: skip


def _estimate(
    average: BlockAverage | None, quantity: str, unit: str, of: DocumentScore | CorpusScore
) -> Estimate:
    settings = of.settings if isinstance(of, DocumentScore) else of.rule.settings
    if average is None:
        why = _EMPTY if not of.n_tokens else "not a number: the text is not UTF-8"
        return Estimate(
            quantity, math.nan, unit, method=of.model, n=of.n_tokens, settings=settings,
            notes=(why,),
        )  # fmt: skip
    return Estimate(
        quantity, average.value, unit, stderr=average.stderr, interval=average.interval(),
        method=of.model, n=of.n_tokens, notes=average.notes, settings=settings,
        diagnostics={"n_blocks": average.n_blocks},
    )  # fmt: skip
