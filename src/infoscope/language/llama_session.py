"""Contexts of a llama-type model that grow: the keys and values of every layer are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.language.contract import HiddenStates
from infoscope.language.llama_buffers import LlamaBuffers, Tile

if TYPE_CHECKING:
    from infoscope.language.llama import LlamaModel

__all__ = ["LlamaSession"]

_FIRST_CAPACITY = 256


class LlamaSession:
    """`n_streams` contexts of equal length under one model; see `contract.Session`."""

    def __init__(self, model: LlamaModel, n_streams: int, limit: int) -> None:
        self._model, self._limit = model, limit
        self.n_streams, self.length = n_streams, 0
        self._held = self._allocate(min(limit, _FIRST_CAPACITY))

    def extend(self, ids: NDArray[np.int64]) -> HiddenStates:
        """Append ids (n_streams, m) and predict what follows each: rows stream by stream."""
        n_streams, m = ids.shape
        if n_streams != self.n_streams or m < 1:
            wanted = f"have shape ({self.n_streams}, at least 1)"
            raise InvalidArgument(sentence("Session.extend", "ids", wanted, ids.shape))
        if self.length + m > self._limit:
            raise InvalidArgument(
                sentence(
                    "Session.extend", "ids", f"fit in a context of {self._limit} tokens",
                    f"{self.length} held and {m} more", "Open a new session for what follows.",
                )
            )  # fmt: skip
        self._reserve(self.length + m)
        held = self._model.read(np.ascontiguousarray(ids).reshape(-1), _Growing(self, m))
        self.length += m
        return held

    def copy(self) -> LlamaSession:
        """Return a session with the same contexts that grows on its own."""
        other = LlamaSession.__new__(LlamaSession)
        other._model, other._limit = self._model, self._limit
        other.n_streams, other.length = self.n_streams, self.length
        other._held = self._held.clone()
        return other

    def _allocate(self, capacity: int) -> torch.Tensor:
        """Return room for keys and values: (layers, 2, streams, groups, capacity, w)."""
        sizes = self._model.sizes
        n_layers = self._model.shape.n_layers
        return torch.empty(
            n_layers, 2, self.n_streams, sizes.n_groups, capacity, sizes.head_width
        )  # fmt: skip

    def _reserve(self, n: int) -> None:
        capacity = self._held.shape[4]
        if n > capacity:
            larger = self._allocate(min(self._limit, max(n, 2 * capacity)))
            larger[:, :, :, :, : self.length] = self._held[:, :, :, :, : self.length]
            self._held = larger


class _Growing:
    """The attention of one `extend`: rows are streams times m new tokens."""

    def __init__(self, session: LlamaSession, m: int) -> None:
        self._session, self._m, self._past = session, m, session.length
        steps = torch.arange(self._past, self._past + m)
        self.positions = steps.repeat(session.n_streams)
        self.n_positions = self._past + m

    def chunks(self) -> Sequence[tuple[int, int, list[Tile]]]:
        """Return the stretches of rows that go through a layer together: all of them."""
        return [(0, len(self.positions), [])]

    def mix(
        self, work: LlamaBuffers, layer: int, first: int, tiles: list[Tile], q: torch.Tensor,
        k: torch.Tensor, v: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """Store keys and values, and return what each row attends to, heads side by side."""
        m, past, n_streams = self._m, self._past, self._session.n_streams
        sizes = self._session._model.sizes
        keys, values = self._session._held[layer]  # (streams, groups, capacity, w)
        del tiles
        queries = work.rotate_queries(q, first)  # (groups, rows, shared, w)
        turned = torch.empty(sizes.n_groups, len(k), sizes.head_width)
        work.rotate_keys(k, first, turned)
        new = slice(past, past + m)
        by_stream = (n_streams, m, sizes.n_groups, sizes.head_width)
        keys[:, :, new] = turned.view(sizes.n_groups, n_streams, m, -1).transpose(0, 1)
        values[:, :, new] = v.view(by_stream).transpose(1, 2)
        queries = queries.reshape(sizes.n_groups, n_streams, m * sizes.shared, -1).transpose(0, 1)
        scores = queries @ keys[:, :, : past + m].transpose(-1, -2)
        if m > 1:  # (streams, groups, m * shared, past + m)
            hidden = torch.ones(m, m, dtype=torch.bool).triu(1).repeat_interleave(sizes.shared, 0)
            scores[..., past:].masked_fill_(hidden, float("-inf"))
        mixed = torch.softmax(scores, -1) @ values[:, :, : past + m]
        mixed = mixed.view(n_streams, sizes.n_groups, m, sizes.shared * sizes.head_width)
        return mixed.transpose(1, 2).reshape(n_streams * m, -1)
