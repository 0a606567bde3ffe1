"""Climb the ladder of language models: one held-out text, one unit, from no knowledge to a lot."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from infoscope.core.errors import InvalidArgument, NotFound, sentence
from infoscope.core.result import Estimate
from infoscope.core.saving import SavedAsPage
from infoscope.core.showing import Shown
from infoscope.core.units import from_nats
from infoscope.language.aggregate import block_average
from infoscope.language.arguments import text_as_bytes
from infoscope.language.contract import LanguageModel
from infoscope.language.loading import load
from infoscope.language.ngram import NgramModel
from infoscope.language.scoring import score
from infoscope.language.store import BUILTIN
from infoscope.language.trained import TrainingText, parse_trained_name, read_documents

if TYPE_CHECKING:
    from infoscope.figures import Figure
    from infoscope.language.result import TextScore

__all__ = ["DEFAULT_RUNGS", "Ladder", "Rung", "ladder", "split_text"]

#: From nothing to a transformer; a built-in model that is not installed is left out, with a note.
DEFAULT_RUNGS = (
    "uniform", "unigram", "bigram", "ngram:3", "ngram:6", "ppm:5", "mix", "lstm", "smollm2",
)  # fmt: skip

_KNOWS = {
    0: "nothing: every byte is as likely as any other",
    1: "how often each symbol occurs",
    2: "which symbol follows which",
}


@dataclass(frozen=True, slots=True)
class Rung(Shown):
    """One model on the ladder: what it knows, what the held-out text cost, what it gained."""

    name: str
    knows: str
    trained_on: str
    bits_per_byte: Estimate
    gain: Estimate | None  # bits/byte saved against the rung below, paired over the bytes
    n_numbers: int | None  # counts or weights that the model keeps; None: not known
    train_seconds: float  # CPU, loading included
    score_seconds: float  # CPU

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "name": self.name, "knows": self.knows, "trained_on": self.trained_on,
            "bits_per_byte": self.bits_per_byte.to_dict(),
            "gain": None if self.gain is None else self.gain.to_dict(),
            "n_numbers": self.n_numbers, "train_cpu_seconds": self.train_seconds,
            "score_cpu_seconds": self.score_seconds,
        }  # fmt: skip


@dataclass(frozen=True)
class Ladder(SavedAsPage, Shown):
    """What a held-out text costs under one model after another.

    Attributes
    ----------
    rungs : tuple of Rung
        In the order asked for.
    n_train, n_held_out : int
        Bytes to learn from and bytes that were scored.
    split : str
        Where the two parts come from.
    notes : tuple of str
        What a careful reader must know.
    """

    rungs: tuple[Rung, ...]
    n_train: int
    n_held_out: int
    split: str
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Rung:
        for rung in self.rungs:
            if rung.name == name:
                return rung
        raise InvalidArgument(
            sentence("Ladder", "name", f"be one of {', '.join(r.name for r in self.rungs)}",
                     repr(name))
        )  # fmt: skip

    def __str__(self) -> str:
        width = max(len(rung.name) for rung in self.rungs)
        lines = [f"{self.n_held_out:,} held-out bytes ({self.split})"]
        lines += [f"  {rung.name:<{width}}  {rung.bits_per_byte.short()}" for rung in self.rungs]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "n_train_bytes": self.n_train, "n_held_out_bytes": self.n_held_out,
            "split": self.split, "rungs": [rung.to_dict() for rung in self.rungs],
            "notes": list(self.notes),
        }  # fmt: skip

    def figure(self) -> Figure:
        """Return the bar chart: bits per byte of every rung, with intervals."""
        return importlib.import_module("infoscope.language.ladder_report").ladder_figure(self)

    def to_html(self, *, name: str = "") -> str:
        """Return the ladder as one self-contained page; `name` is what the text is called."""
        from infoscope.language.ladder_report import ladder_report

        return ladder_report(self, name=name)


def ladder(
    text: str | bytes,
    *,
    train: TrainingText | None = None,
    rungs: Sequence[str | Path | LanguageModel] = DEFAULT_RUNGS,
    held_out: float = 0.2,
    seed: int = 0,
    progress: bool | None = None,
) -> Ladder:
    """Score one held-out text under one model after another, in bits per byte.

    bits per byte = -log2 p(held-out text) / number of its bytes

    Parameters
    ----------
    text : str or bytes
        The text; without `train`, its end is held out and the rest is what models learn from.
    train : str, bytes, Path or several, optional
        Another text to learn from; then the whole of `text` is held out.
    rungs : sequence of str, Path or LanguageModel
        What `load` takes, names of models to train among them, or what it returned.
    held_out : float
        Share of `text` that is held out when `train` is not given, above 0 and below 1.
    seed : int
        For models whose training has chance in it.
    progress : bool, optional
        Show bars on stderr; by default only when stderr is a terminal.

    Returns
    -------
    Ladder
        One `Rung` for each model, in the given order.

    Raises
    ------
    InvalidArgument
        If a part would be empty, no rung is named, or `held_out` is out of range.
    UnknownName, NotFound, ModelError
        If a model cannot be loaded.

    Notes
    -----
    Bits per byte of the same bytes are comparable whatever a model's tokens are. Every model sees
    of the held-out part only what stands before the byte that it predicts, and what it keeps of the
    training part is in its counts or weights. A model trained elsewhere may have seen the held-out
    text itself; `Rung.trained_on` says so. A text takes the time of its slowest rung: an LSTM
    trains at about 20,000 bytes per CPU second and pass, and makes up to 12 passes.

    Source
    ------
    Shannon, Prediction and entropy of printed English (1951): the same ladder, climbed by N-grams.

    Examples
    --------
    >>> found = ladder("the cat sat on the mat. " * 40, rungs=["uniform", "unigram", "ngram:4"])
    >>> found["uniform"].bits_per_byte.value
    8.0
    >>> [rung.name for rung in found.rungs if rung.bits_per_byte.value < 1]
    ['ngram:4']
    """
    data = text_as_bytes(text, "ladder")
    if not rungs:
        raise InvalidArgument(sentence("ladder", "rungs", "name at least one model", "none"))
    if train is None:
        learn, judge = split_text(data, held_out)
        documents = [learn]
        split = f"the last {len(judge):,} of {len(data):,} bytes; models learn from the others"
    else:
        documents, judge = read_documents(train), data
        split = "a text of its own; models learn from another"
    done: list[Rung] = []
    notes: list[str] = []
    below: TextScore | None = None
    for each in rungs:
        begun = time.process_time()
        model = _model(each, rungs, documents, seed, progress, notes)
        if model is None:
            continue
        trained = time.process_time()
        found = score(judge, model, top=0, by_byte=True, progress=progress)
        scored = time.process_time()
        done.append(_rung(each, model, found, below, documents, trained - begun, scored - trained))
        below = found
    notes += [
        f"{rung.name}: pretrained on texts that are not known here, perhaps on this one"
        for rung in done
        if rung.trained_on.startswith("other texts")
    ]
    if not done:
        raise NotFound(f"ladder: no rung could be used. {notes[0]}.")
    return Ladder(tuple(done), sum(map(len, documents)), len(judge), split, tuple(notes))


def split_text(data: bytes, held_out: float) -> tuple[bytes, bytes]:
    r"""Cut a text in two: what models learn from, and the held-out end, at a line break if near.

    >>> split_text(b"one two\nthree four", 0.6)
    (b'one two\n', b'three four')
    """
    if not 0 < held_out < 1:
        raise InvalidArgument(
            sentence("ladder", "held_out", "lie between 0 and 1, ends excluded", held_out)
        )
    edge = round(len(data) * (1 - held_out))
    near = data.find(b"\n", edge, edge + max(len(data) // 50, 1))
    edge = near + 1 if 0 <= near < len(data) - 1 else edge
    while 0 < edge < len(data) and data[edge] & 0xC0 == 0x80:  # not inside a character
        edge += 1
    if not 0 < edge < len(data):
        raise InvalidArgument(
            sentence("ladder", "text", "be long enough to hold a part of it out",
                     f"{len(data)} bytes")
        )  # fmt: skip
    return data[:edge], data[edge:]


def _model(
    each: str | Path | LanguageModel, rungs: Sequence[Any], documents: Sequence[bytes],
    seed: int, progress: bool | None, notes: list[str],
) -> LanguageModel | None:  # fmt: skip
    """Return the loaded or trained model; None for a default one that is not installed."""
    if not isinstance(each, str | Path):
        return each
    if isinstance(each, str) and parse_trained_name(each) is not None:
        return load(each, train=documents, seed=seed, progress=progress)
    try:
        return load(each)
    except NotFound:
        known = BUILTIN.get(str(each))
        if rungs is not DEFAULT_RUNGS or known is None:
            raise
        notes.append(f"{each} is left out: not installed ({known.command})")
        return None


def _rung(
    each: str | Path | LanguageModel, model: LanguageModel, found: TextScore,
    below: TextScore | None, documents: Sequence[bytes], trained: float, scored: float,
) -> Rung:  # fmt: skip
    here = isinstance(each, str) and parse_trained_name(each) is not None
    n_train = sum(map(len, documents))
    if isinstance(model, NgramModel) and model.order == 0:
        where = "nothing"
    else:
        where = f"the training part ({n_train:,} bytes)" if here else "other texts"
        if not here and hasattr(model, "trained_on"):
            where = "a text given when it was made"
    return Rung(
        name=model.name, knows=_knows(model), trained_on=where,
        bits_per_byte=found.bits_per_byte, gain=_gain(found, below),
        n_numbers=_size(model), train_seconds=trained, score_seconds=scored,
    )  # fmt: skip


def _gain(found: TextScore, below: TextScore | None) -> Estimate | None:
    """Return the bits per byte saved against the rung below, paired byte by byte."""
    if below is None:
        return None
    saved = from_nats(below.bytes() - found.bytes(), "bits")
    average = block_average(saved, np.ones(len(saved)))
    return Estimate(
        "gain over the rung below", average.value, "bits/byte", stderr=average.stderr,
        interval=average.interval(), method=f"{below.model} - {found.model}", n=len(saved),
        notes=("paired over the same bytes; blocks of contiguous bytes",),
    )  # fmt: skip


def _knows(model: LanguageModel) -> str:
    if isinstance(model, NgramModel):
        unit = model.alphabet.unit
        known = _KNOWS.get(model.order, f"what follows the last {model.order - 1} {unit}s")
        return known.replace("byte", unit).replace("symbol", unit)
    if type(model).__name__ == "LstmModel":
        return "a state that it carries along, learned from the training part"
    limit = getattr(model, "default_context", None)
    return f"language at large, and the last {limit:,} tokens" if limit else "language at large"


def _size(model: LanguageModel) -> int | None:
    if isinstance(model, NgramModel):
        return sum(model.n_ngrams)
    network = getattr(model, "network", None)
    if network is not None:
        return sum(int(each.numel()) for each in network.parameters())
    count = getattr(model, "n_parameters", None)
    return int(count) if isinstance(count, int) else None
