"""Read many windows, or go on from a context, with any model: its own way, or a slow stand-in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.language.contract import (
    HiddenStates,
    LanguageModel,
    LogitRows,
    Prediction,
    ReadsMany,
    ReadsOn,
    Session,
)
from infoscope.language.rows import count_rows, logit_rows

__all__ = ["RereadSession", "open_session", "predict_many"]


def predict_many(
    model: LanguageModel, windows: Sequence[NDArray[np.int64]], starts: Sequence[int]
) -> Prediction:
    """Return the rows of ``model.predict`` for several windows, one after the other.

    Parameters
    ----------
    model : LanguageModel
        Its own `predict_many` is used if it has one.
    windows : sequence of ndarray of int64
        At least one; they know nothing of each other.
    starts : sequence of int
        First position of each window whose prediction is wanted.

    Returns
    -------
    Prediction
        ``sum(len(window) - start)`` rows.
    """
    if len(windows) == 1:
        return model.predict(windows[0], starts[0])
    if isinstance(model, ReadsMany):
        return model.predict_many(windows, starts)
    return _joined([
        _kept(model.predict(window, start))
        for window, start in zip(windows, starts, strict=True)
    ])  # fmt: skip


def open_session(model: LanguageModel, n_streams: int = 1, capacity: int | None = None) -> Session:
    """Return empty contexts that grow token by token, under any model.

    Parameters
    ----------
    model : LanguageModel
        Its own sessions are used if it has them; else every step reads the whole context again.
    n_streams : int
        Independent contexts that grow in step, at least 1.
    capacity : int, optional
        Most tokens that each will hold; by default the model's limit.

    Returns
    -------
    Session
        Empty: start each context with ``model.prefix``.
    """
    if n_streams < 1:
        raise InvalidArgument(
            sentence("open_session", "n_streams", "be at least 1", repr(n_streams))
        )
    limit = model.context_limit
    if capacity is not None and (capacity < 1 or (limit is not None and capacity > limit)):
        ends = "be at least 1" if limit is None else f"lie between 1 and {limit}"
        raise InvalidArgument(sentence("open_session", "capacity", ends, repr(capacity)))
    if isinstance(model, ReadsOn):
        return model.session(n_streams, capacity)
    return RereadSession(model, np.empty((n_streams, 0), np.int64))


class RereadSession:
    """The stand-in: keeps the tokens, and lets the model read all of them at every step."""

    def __init__(self, model: LanguageModel, held: NDArray[np.int64]) -> None:
        self._model, self._held = model, held
        self.n_streams, self.length = held.shape

    def extend(self, ids: NDArray[np.int64]) -> Prediction:
        """Append ids (n_streams, m) and predict what follows each."""
        self._held = np.concatenate([self._held, ids], 1)
        start, self.length = self.length, self._held.shape[1]
        windows = list(self._held)
        return predict_many(self._model, windows, [start] * self.n_streams)

    def copy(self) -> RereadSession:
        """Return a session with the same contexts that grows on its own."""
        return RereadSession(self._model, self._held)


def _kept(prediction: Prediction) -> Prediction:
    """Return the prediction in memory of its own, since the next call may overwrite it."""
    if isinstance(prediction, HiddenStates):
        return HiddenStates(prediction.states.clone(), prediction.weight)
    return LogitRows(logit_rows(prediction, 0, count_rows(prediction)))


def _joined(parts: Sequence[Prediction]) -> Prediction:
    hidden = [part for part in parts if isinstance(part, HiddenStates)]
    if len(hidden) == len(parts):
        return HiddenStates(torch.cat([part.states for part in hidden]), hidden[0].weight)
    rows = [logit_rows(part, 0, count_rows(part)) for part in parts]
    return LogitRows(torch.cat(rows))
