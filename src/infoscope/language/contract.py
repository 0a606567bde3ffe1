"""The contract between a language model and everything that measures with one.

A model cuts bytes into tokens and, for a window of tokens, says how likely each next token is. It
may answer with hidden states and the matrix that turns them into logits, or with a function that
makes rows when asked (so that the caller decides how many rows exist at a time), or with logits.
Text is bytes here, always: a string such as ``<|endoftext|>`` inside a text is thirteen characters
of text. Two abilities are optional, and have slow stand-ins in `sessions`: reading many windows
together, and going on from a context without reading it again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "HiddenStates",
    "LanguageModel",
    "LogitRows",
    "Prediction",
    "ReadsMany",
    "ReadsOn",
    "RowsOnDemand",
    "Session",
    "Tokens",
]


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """A text cut into tokens: ids, and the bytes that each of them covers.

    `starts[i]:ends[i]` is the byte span of token i; spans are contiguous, begin at 0 and end at the
    length of the text. A span may be empty: a byte that the vocabulary cannot spell takes several
    tokens, and the first of them covers it.
    """

    ids: NDArray[np.int64]  # (n,)
    starts: NDArray[np.int64]  # (n,)
    ends: NDArray[np.int64]  # (n,)


@dataclass(frozen=True, slots=True, eq=False)
class HiddenStates:
    """Rows whose logits are ``states @ weight.T``: torch tensors, one row per next token."""

    states: Any  # (rows, width)
    weight: Any  # (vocabulary, width)


@dataclass(frozen=True, slots=True, eq=False)
class LogitRows:
    """Rows of logits, of which normalised log-probabilities are a case: array or torch tensor."""

    values: Any  # (rows, vocabulary)


@dataclass(frozen=True, slots=True, eq=False)
class RowsOnDemand:
    """Rows of logits (or log-probabilities) made a stretch at a time, for large vocabularies.

    ``rows(first, last)`` returns rows first to last, (last - first, vocabulary), array or tensor;
    it is called with rising, disjoint stretches, and what it returns may be overwritten.
    """

    n_rows: int
    rows: Callable[[int, int], Any]


Prediction: TypeAlias = HiddenStates | LogitRows | RowsOnDemand


@runtime_checkable
class LanguageModel(Protocol):
    """What a model must offer to be scored; any class with these members is one.

    Attributes
    ----------
    name : str
        What results call the model.
    n_vocabulary : int
        Number of token ids; `predict` gives one column per id.
    prefix : int
        Token id that stands before the first token of a text.
    context_limit : int or None
        Most tokens that one window may hold, the prefix included; None for no limit.
    default_context : int
        Window length used when the caller asks for none.
    dtype : str
        Number format in which the model computes ("float32").
    """

    name: str
    n_vocabulary: int
    prefix: int
    context_limit: int | None
    default_context: int
    dtype: str

    def encode(self, text: bytes) -> Tokens:
        """Cut any bytes, valid UTF-8 or not, into tokens that cover them exactly."""
        ...

    def decode(self, ids: Sequence[int]) -> bytes:
        """Return the bytes that `encode` cut into `ids`."""
        ...

    def spell(self, token: int) -> bytes:
        """Return the bytes of one vocabulary entry (of a control token: its name)."""
        ...

    def predict(self, window: NDArray[np.int64], start: int = 0) -> Prediction:
        """Predict the token after each position of `window` from `start` on.

        Row i speaks of the token that follows ``window[: start + i + 1]``. The rows are valid until
        the model is called again in the same thread.
        """
        ...


@runtime_checkable
class ReadsMany(Protocol):
    """A model that reads several windows in one call; `sessions.predict_many` asks for it."""

    def predict_many(
        self, windows: Sequence[NDArray[np.int64]], starts: Sequence[int]
    ) -> Prediction:
        """Return the rows of ``predict(windows[i], starts[i])`` for every i, one after the other.

        The windows know nothing of each other.
        """
        ...


class Session(Protocol):
    """Contexts that grow in step: each token is read once.

    Attributes
    ----------
    n_streams : int
        Number of independent contexts.
    length : int
        Tokens that each of them holds.
    """

    n_streams: int
    length: int

    def extend(self, ids: NDArray[np.int64]) -> Prediction:
        """Append ``ids[s]`` (n_streams, m) to context s, and predict what follows each of them.

        Row ``s * m + j`` speaks of the token after ``ids[s, j]``. Equal calls in an equal process
        give bit-equal rows; calls cut differently (other m) agree to rounding only.
        """
        ...

    def copy(self) -> Session:
        """Return a session with the same contexts that grows on its own."""
        ...


@runtime_checkable
class ReadsOn(Protocol):
    """A model that keeps what it has read; `sessions.open_session` asks for it."""

    def session(self, n_streams: int = 1, capacity: int | None = None) -> Session:
        """Return empty contexts for up to `capacity` tokens each (default: the model's limit)."""
        ...
