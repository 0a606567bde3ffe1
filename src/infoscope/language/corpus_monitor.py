"""Watch over a corpus: which documents are odd, repeated, garbled or perhaps known already.

Nothing is deleted: every document gets its numbers, and flags with the reason and the threshold.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.extras import require
from infoscope.core.progress import Progress
from infoscope.core.saving import SavedAsJson, plain_values
from infoscope.core.showing import Shown
from infoscope.language.arguments import whole_number
from infoscope.language.corpus_signals import (
    Passages,
    Repeats,
    find_repeats,
    min_k,
    passage_costs,
    robust_limits,
)
from infoscope.language.documents import documents_of

__all__ = ["CorpusReport", "Flag", "MonitoredDocument", "Thresholds", "monitor_corpus"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a flag is raised; every one can be set.

    Attributes
    ----------
    repeated_share : float
        Share of words in repeated runs from which a document counts as repeated.
    garbled_factor : float
        A passage is garbled when its bigram cost is this many times the corpus median...
    garbled_reach : float
        ... and this many robust standard deviations above it.
    monotonous_bits : float
        A passage is monotonous when its byte entropy is at most this many bits.
    odd_reach : float
        A document is odd when its bits per byte lie this many robust standard deviations off.
    max_bits_per_byte : float
        A document is hard (perplexity filter) above this, whatever the others are.
    known_reach : float
        A document is perhaps known when its Min-K%++ lies this many robust deviations above.
    min_k_share : float
        K of Min-K%: share of the tokens that are least likely.
    """

    repeated_share: float = 0.3
    garbled_factor: float = 1.5
    garbled_reach: float = 6.0
    monotonous_bits: float = 2.0
    odd_reach: float = 4.0
    max_bits_per_byte: float = math.inf
    known_reach: float = 4.0
    min_k_share: float = 0.2


@dataclass(frozen=True, slots=True)
class Flag(Shown):
    """One reason to look at a document, with the value and threshold, and where (bytes)."""

    kind: str
    reason: str
    value: float
    threshold: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class MonitoredDocument(Shown):
    """One document's numbers; the model's are None where none was asked.

    `bigram_bits` is bits per byte by the bigrams of the other documents, `repeated` the share of
    words in runs seen before (in document `repeats`), `min_k` and `min_k_plus` are in nats and in
    standard deviations: the higher, the more the model behaves as if it knew the text.
    """

    name: str
    n_bytes: int
    bigram_bits: float
    worst_passage_bits: float
    least_passage_entropy: float
    repeated: float
    repeats: str | None
    bits_per_byte: float | None = None
    perplexity: float | None = None
    min_k: float | None = None
    min_k_plus: float | None = None
    flags: tuple[Flag, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class CorpusReport(SavedAsJson, Shown):
    """What was found in each document, the thresholds, and the model that read them."""

    documents: tuple[MonitoredDocument, ...]
    thresholds: Thresholds
    model: str
    n_gram: int
    passage: int

    notes = (
        "flags are reasons to look, not verdicts: nothing was changed or removed",
        "Min-K% and Min-K%++ rank documents; how far a known text stands out depends on model and "
        "kind of text, so calibrate them on texts that the model cannot know",
    )

    def __len__(self) -> int:
        return len(self.documents)

    @property
    def flagged(self) -> tuple[MonitoredDocument, ...]:
        """Return the documents with at least one flag, in order."""
        return tuple(each for each in self.documents if each.flags)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for `json.dumps`; infinities as text."""
        return {
            "model": self.model, "n_gram": self.n_gram, "passage_bytes": self.passage,
            "thresholds": plain_values(asdict(self.thresholds)), "n_documents": len(self),
            "n_flagged": len(self.flagged), "notes": list(self.notes),
            "documents": [plain_values(asdict(each)) for each in self.documents],
        }  # fmt: skip

    def to_frame(self) -> Any:
        """Return one row per document as a pandas DataFrame; flags as one text."""
        pandas = require("pandas", extra=None, purpose="CorpusReport.to_frame")
        rows = [
            {**asdict(each), "flags": ", ".join(sorted({flag.kind for flag in each.flags}))}
            for each in self.documents
        ]
        return pandas.DataFrame(rows)


def monitor_corpus(
    source: str | Path | Iterable[Any],
    model: Any = None,
    *,
    thresholds: Thresholds | None = None,
    n_gram: int = 13,
    passage: int = 400,
    context: int | None = None,
    column: str = "text",
    progress: bool | None = None,
) -> CorpusReport:
    """Measure each document of a corpus and flag those that a person should look at.

    bigram bits = - mean log2 p(byte | byte before), p from the other documents

    Parameters
    ----------
    source : str, Path or iterable
        What `documents_of` takes: a folder, a JSONL or Parquet file, or texts.
    model : str, Path, LanguageModel or None
        Adds bits per byte, perplexity, Min-K% and Min-K%++; None reads bytes only.
    thresholds : Thresholds, optional
        When flags are raised.
    n_gram : int
        Words in a run that counts as repeated when it is seen again.
    passage : int
        Bytes of the stretches looked at for garbled and monotonous text.
    context : int, optional
        Tokens that the model sees at a time.
    column : str
        Field of a JSONL or Parquet file that holds the text.
    progress : bool, optional
        Show a progress bar on stderr; by default only when stderr is a terminal.

    Returns
    -------
    CorpusReport
        Every document with its numbers and flags: "repeated", "garbled", "monotonous", "odd",
        "hard", "known", "empty".

    Raises
    ------
    InvalidArgument
        If there is no document, or a number is out of range.
    WrongType
        If a number is none.

    Notes
    -----
    Texts are held in memory (their bytes, and 8 bytes for each word). Limits relative to the corpus
    use the median and the median absolute deviation and need at least eight documents.

    Source
    ------
    Lee et al. (2022), Deduplicating training data, for exact runs; Wenzek et al. (2020), CCNet, for
    the perplexity filter; Shi et al. (2024) and Zhang et al. (2025) for Min-K% and Min-K%++.
    """
    limits = Thresholds() if thresholds is None else thresholds
    n_gram = whole_number("monitor_corpus", "n_gram", n_gram, 2)
    passage = whole_number("monitor_corpus", "passage", passage, 50)
    documents = list(documents_of(source, column=column))
    if not documents:
        raise InvalidArgument(sentence("monitor_corpus", "source", "hold a document", "none"))
    texts = [each.text for each in documents]
    repeats = find_repeats(texts, n_gram)
    passages = passage_costs(texts, passage)
    scores, name = _scores(texts, model, limits.min_k_share, context, progress)
    names = [each.name for each in documents]
    bounds = _bounds(passages, scores, limits)
    found = tuple(
        _document(i, names, texts[i], repeats[i], passages[i], scores[i], bounds, limits)
        for i in range(len(texts))
    )
    return CorpusReport(found, limits, name, n_gram, passage)


_Scores = tuple[float, float, float, float] | None  # bits per byte, perplexity, Min-K%, Min-K%++


def _scores(
    texts: list[bytes], model: Any, share: float, context: int | None, progress: bool | None
) -> tuple[list[_Scores], str]:
    if model is None:
        return [None] * len(texts), ""
    loading = importlib.import_module("infoscope.language.loading")
    scoring = importlib.import_module("infoscope.language.scoring")
    model = loading.load(model) if isinstance(model, str | Path) else model
    found: list[_Scores] = []
    with Progress(sum(map(len, texts)), "reading", "bytes", show=progress) as bar:
        for text in texts:
            if text:
                seen = scoring.score(text, model, context=context, top=0, progress=False)
                low, plus = min_k(seen.surprisal, seen.entropy, seen.varentropy, share)
                found.append((float(seen.bits_per_byte), float(seen.perplexity), low, plus))
            else:
                found.append(None)
            bar.advance(len(text))
    return found, str(model.name)


_MIN_DOCUMENTS = 8


def _bounds(
    passages: list[Passages], scores: list[_Scores], limits: Thresholds
) -> dict[str, float]:
    """Return the limits that depend on the whole corpus; infinite where there is too little."""
    costs = np.concatenate([each.cost for each in passages])
    garbled = math.inf
    if len(costs) >= _MIN_DOCUMENTS:
        garbled = max(limits.garbled_factor * float(np.median(costs)),
                      robust_limits(costs, limits.garbled_reach)[1])  # fmt: skip
    bounds = {"garbled": garbled, "low": -math.inf, "high": math.inf, "known": math.inf}
    known = [each for each in scores if each is not None]
    if len(known) >= _MIN_DOCUMENTS:
        bits = np.array([each[0] for each in known])
        bounds["low"], bounds["high"] = robust_limits(bits, limits.odd_reach)
        plus = np.array([each[3] for each in known])
        bounds["known"] = robust_limits(plus, limits.known_reach)[1]
    return bounds


def _document(
    i: int, names: list[str], text: bytes, repeats: Repeats, passages: Passages, scores: _Scores,
    bounds: dict[str, float], limits: Thresholds,
) -> MonitoredDocument:  # fmt: skip
    n = len(text)
    flags: list[Flag] = []
    if n == 0:
        flags.append(Flag("empty", "it holds no byte", 0.0, 1.0, 0, 0))
    source = None if repeats.source is None else names[repeats.source]
    if repeats.earlier >= limits.repeated_share:
        whose = "itself" if repeats.source == i else f"{source!r}"
        flags.append(Flag(
            "repeated", f"{100 * repeats.earlier:.0f}% of its words stand in runs seen before, most"
            f" in {whose}", repeats.earlier, limits.repeated_share, repeats.first_start,
            repeats.first_end,
        ))  # fmt: skip
    flags += _passage_flags(passages, bounds["garbled"], limits.monotonous_bits, n)
    if scores is not None:
        bits, perplexity, _, plus = scores
        if bits > limits.max_bits_per_byte:
            flags.append(Flag("hard", f"{bits:.3g} bits per byte, perplexity {perplexity:.3g}",
                              bits, limits.max_bits_per_byte, 0, n))  # fmt: skip
        for word, outside, edge in (("more", bits > bounds["high"], bounds["high"]),
                                    ("less", bits < bounds["low"], bounds["low"])):  # fmt: skip
            if outside:
                flags.append(Flag("odd", f"{bits:.3g} bits per byte, far {word} than the rest",
                                  bits, edge, 0, n))  # fmt: skip
        if plus > bounds["known"]:
            flags.append(Flag("known", f"Min-K%++ of {plus:.3g}, far above the rest: the model may "
                              "have been trained on it", plus, bounds["known"], 0, n))  # fmt: skip
    mean = float(np.average(passages.cost, weights=passages.ends - passages.starts)) if n else 0.0
    return MonitoredDocument(
        names[i], n, mean, float(passages.cost.max()), float(passages.entropy.min()),
        repeats.earlier, source, *(scores or (None, None, None, None)), tuple(flags),
    )  # fmt: skip


def _passage_flags(
    passages: Passages, garbled: float, monotonous: float, n_bytes: int
) -> list[Flag]:
    flags: list[Flag] = []
    for kind, bad, values, threshold, words in (
        ("garbled", passages.cost > garbled, passages.cost, garbled, "bits per byte by bigrams"),
        ("monotonous", (passages.entropy <= monotonous) & (n_bytes > 50), passages.entropy,
         monotonous, "bits of entropy per byte"),
    ):  # fmt: skip
        at = np.flatnonzero(bad)
        for run in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1) if len(at) else []:
            start, end = int(passages.starts[run[0]]), int(passages.ends[run[-1]])
            worst = float(values[run].max() if kind == "garbled" else values[run].min())
            flags.append(Flag(kind, f"{worst:.2f} {words} from byte {start:,} to {end:,}", worst,
                              threshold, start, end))  # fmt: skip
    return flags
