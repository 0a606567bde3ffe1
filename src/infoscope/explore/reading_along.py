"""Read a text with a language model a stretch at a time, so that its start is seen before its end.

The same windows, rows and reductions as `infoscope.language.score`, in shorter stretches: numbers
agree with it to the rounding of the model's own number format. Loaded only where a text is read.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache

import numpy as np
import torch

from infoscope.data import path_of
from infoscope.language.arguments import text_as_bytes
from infoscope.language.byte_split import ByteSplitter
from infoscope.language.contract import (
    HiddenStates,
    LanguageModel,
    LogitRows,
    Prediction,
    ReadsOn,
    RowsOnDemand,
)
from infoscope.language.denormals import denormals_flushed
from infoscope.language.loading import load
from infoscope.language.observe import Observer
from infoscope.language.reading import TokenNumbers, byte_splitter
from infoscope.language.result import TextScore
from infoscope.language.scoring import plan_reading
from infoscope.language.windows import Window

__all__ = ["CHAPTER", "ReadAlong", "loaded", "scaled"]

CHAPTER = "alice_chapter_1.txt"
#: names that are trained on the bundled chapter; the others know how to load themselves
TRAINED = ("unigram", "bigram", "ngram")
#: Seconds that a stretch should take. Fewer tokens than LEAST waste time: a large model reads its
#: weights once for each stretch.
PACE = 0.4
FIRST, LEAST, MOST = 8, 24, 256


@cache
def loaded(name: str) -> LanguageModel:
    """Return a model by name, n-grams trained on the bundled chapter; kept for the next text."""
    if name.startswith(TRAINED):
        return load(name, train=path_of(CHAPTER))
    if name in ("mix", "ppm"):
        return load(name, train=b"")
    return load(name)


@cache
def _splitter(name: str) -> ByteSplitter:
    return byte_splitter(loaded(name))


def scaled(prediction: Prediction, temperature: float) -> Prediction:
    """Return the prediction with its logits divided by `temperature`: p^(1/T), normalised."""
    if temperature == 1.0:
        return prediction
    if isinstance(prediction, HiddenStates):
        return HiddenStates(prediction.states / temperature, prediction.weight)
    if isinstance(prediction, RowsOnDemand):
        rows = prediction.rows
        return RowsOnDemand(prediction.n_rows, lambda a, b: rows(a, b) / temperature)
    return LogitRows(torch.as_tensor(prediction.values) / temperature)


class ReadAlong:
    """One reading of one text: iterate to read on, then ask for the `score`.

    Parameters
    ----------
    data : bytes
        The text.
    name : str
        A model as `loaded` takes it.
    temperature : float
        What its logits are divided by.
    top : int
        How many of the likeliest tokens to keep for each place.

    Attributes
    ----------
    n_tokens, n_read : int
        How long the text is, and how far the reading has come.
    numbers : TokenNumbers
        What is known of the tokens read.
    """

    def __init__(self, data: bytes, name: str, *, temperature: float = 1.0, top: int = 5) -> None:
        self.model, self._temperature = loaded(name), temperature
        self._plan = plan_reading(self.model)
        self.data, self.tokens = self._plan.cut(text_as_bytes(data, "score"))
        self.n_tokens, self.n_read = len(self.tokens.ids), 0
        self.by_bytes = bool(np.all(self.tokens.ends - self.tokens.starts == 1))
        splitter = None if self.by_bytes else _splitter(name)
        n_bytes = None if self.by_bytes else len(self.data)
        self.numbers = TokenNumbers.empty(self.n_tokens, top, n_bytes)
        self._observer = Observer(self.model.n_vocabulary, top, splitter)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Read on; yield the first token and the end of each stretch read."""
        n = FIRST
        with denormals_flushed():
            for window in self._plan.windows(self.tokens):
                first = window.first
                stretches = _Stretches(self.model, window)
                while first < window.last:
                    begun = time.monotonic()
                    last = min(first + n, window.last)
                    self._observe(stretches.rows(first, last), first, last)
                    self.n_read = last
                    yield first, last
                    took = time.monotonic() - begun
                    n = min(2 * n, MOST) if took < PACE / 2 else n // 2 if took > PACE else n
                    n = max(n, LEAST)
                    first = last

    def _observe(self, rows: Prediction, first: int, last: int) -> None:
        seen = self._observer.read(scaled(rows, self._temperature), self.tokens.ids[first:last])
        self.numbers.fill(slice(first, last), seen, slice(0, last - first), self.tokens)

    def score(self) -> TextScore:
        """Return the score of all that was read; the whole text when the reading is over."""
        n, end = self.n_read, int(self.tokens.ends[self.n_read - 1]) if self.n_read else 0
        numbers, tokens = self.numbers, self.tokens
        by_byte = numbers.surprisal if self.by_bytes else numbers.byte_surprisal
        assert by_byte is not None
        top = numbers.top_ids[:n]
        return TextScore(
            text=self.data[:end], model=self.model.name, rule=self._plan.rule(tokens),
            ids=tokens.ids[:n].copy(), starts=tokens.starts[:n].copy(),
            ends=tokens.ends[:n].copy(), surprisal=numbers.surprisal[:n].copy(),
            entropy=numbers.entropy[:n].copy(), rank=numbers.rank[:n].copy(),
            top_ids=top.copy(), top_probabilities=numbers.top_probabilities[:n].copy(),
            spellings={int(i): self.model.spell(int(i)) for i in np.unique(top)},
            varentropy=numbers.varentropy[:n].copy(), byte_surprisal=by_byte[:end].copy(),
        )  # fmt: skip


class _Stretches:
    """The rows of one window, asked for from its first target to its last."""

    def __init__(self, model: LanguageModel, window: Window) -> None:
        self._window, self._asked = window, 0
        self._session = self._all = None
        if isinstance(model, ReadsOn):
            self._session = model.session(1, len(window.inputs))
            if window.start:
                self._session.extend(window.inputs[None, : window.start])
        else:  # rows on demand: nothing is computed before it is asked for
            self._all = model.predict(window.inputs, window.start)

    def rows(self, first: int, last: int) -> Prediction:
        """Return the predictions of tokens first to last of the text."""
        a, b = first - self._window.first, last - self._window.first
        if self._session is not None:
            start = self._window.start
            return self._session.extend(self._window.inputs[None, start + a : start + b])
        whole = self._all
        if isinstance(whole, HiddenStates):
            return HiddenStates(whole.states[a:b], whole.weight)
        if isinstance(whole, RowsOnDemand):
            rows = whole.rows
            return RowsOnDemand(b - a, lambda i, j: rows(a + i, a + j))
        assert whole is not None
        return LogitRows(whole.values[a:b])
