"""Read a language model with every layer in view: residual streams, attention, final norm, head.

Nothing is kept here: each layer's rows are handed to the caller while the model computes them, so
that the caller decides what is worth its memory. This file and `torch_insides` are the only ones
that look behind the `LanguageModel` contract.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from infoscope.core.errors import WrongType, sentence
from infoscope.language.contract import HiddenStates, LanguageModel
from infoscope.language.llama import LlamaModel
from infoscope.language.llama_buffers import LlamaBuffers, Tile, chunks_of, tiles_of

__all__ = ["AttentionSink", "Insides", "StateSink", "open_insides"]

#: (layer, first row, rows): the residual stream (rows, width) that leaves `layer`; 0 is the
#: embedding. The tensor is the model's own buffer and is overwritten after the call.
StateSink: TypeAlias = Callable[[int, int, Tensor], None]
#: (layer, first head, first row, weights): attention (heads, rows, keys) of block `layer`, from 1
#: on; row i may see keys 0 to first row + i. Overwritten after the call.
AttentionSink: TypeAlias = Callable[[int, int, int, Tensor], None]


class Insides(Protocol):
    """One model, opened.

    Attributes
    ----------
    n_layers : int
        Number of blocks; states are numbered 0 (embedding) to n_layers.
    n_heads : int
        Attention heads of each block.
    width : int
        Numbers in each state.
    """

    n_layers: int
    n_heads: int
    width: int

    def read(
        self, window: NDArray[np.int64], *, states: StateSink | None = None,
        attention: AttentionSink | None = None,
    ) -> HiddenStates:  # fmt: skip
        """Run one window and return its last hidden states, all rows; sinks see the layers."""
        ...

    def read_many(self, windows: Sequence[NDArray[np.int64]], states: StateSink) -> None:
        """Run windows that know nothing of each other; rows are numbered end to end."""
        ...

    def normalise(self, states: Tensor) -> Tensor:
        """Return the final norm of `states` (rows, width), computed for these very rows."""
        ...


def open_insides(model: LanguageModel, function: str) -> Insides:
    """Return the insides of a loaded model, or say why it has none to look at.

    Raises
    ------
    WrongType
        If the model has no layers (n-grams, LSTMs, servers).
    ModelError
        If its layers cannot be tied to its predictions.
    """
    if isinstance(model, LlamaModel):
        return _LlamaInsides(model)
    if type(model).__module__ == "infoscope.language.huggingface":
        from infoscope.probe.language_models.torch_insides import TorchInsides

        return TorchInsides(model, function)
    raise WrongType(
        sentence(
            function, "model", "be a transformer that runs here ('smollm2', a Hugging Face folder, "
            "a GGUF file)", f"{model.name!r}, a {type(model).__name__}",
            "n-gram, LSTM and remote models show no layers.",
        )
    )  # fmt: skip


class _LlamaInsides:
    """A model that runs on the library's own trunk: layers are read off while it computes."""

    def __init__(self, model: LlamaModel) -> None:
        self._model = model
        self.n_layers, self.n_heads = model.shape.n_layers, model.shape.n_heads
        self.width = model.sizes.width
        self._epsilon, self._weight = model.shape.epsilon, model.norm

    def read(
        self, window: NDArray[np.int64], *, states: StateSink | None = None,
        attention: AttentionSink | None = None,
    ) -> HiddenStates:  # fmt: skip
        return self._run([window], states, attention)

    def read_many(self, windows: Sequence[NDArray[np.int64]], states: StateSink) -> None:
        self._run(windows, states, None)

    def _run(
        self, windows: Sequence[NDArray[np.int64]], states: StateSink | None,
        attention: AttentionSink | None,
    ) -> HiddenStates:  # fmt: skip
        watched = _Watched(self._model, [len(each) for each in windows], states, attention)
        ids = np.concatenate([np.asarray(each, np.int64) for each in windows])
        last = self._model.read(ids, watched)
        if states is not None and watched.work is not None:
            states(self.n_layers, 0, watched.work.residual[: len(ids)])
        return last

    @torch.inference_mode()
    def normalise(self, states: Tensor) -> Tensor:
        scale = (states * states).mean(-1, keepdim=True).add_(self._epsilon).rsqrt_()
        return (states * scale).mul_(self._weight)


class _Watched:
    """The attention of windows laid end to end, as the scorer computes it, with sinks that look on.

    When a layer mixes its values, the residual stream is still what the layer before it left.
    """

    def __init__(
        self, model: LlamaModel, lengths: Sequence[int], states: StateSink | None,
        attention: AttentionSink | None,
    ) -> None:  # fmt: skip
        self._sizes = model.sizes
        self._tiles = tiles_of(lengths, model.sizes)
        self._states, self._attention = states, attention
        self.positions = torch.cat([torch.arange(n) for n in lengths])
        self.n_positions = max(max(lengths), model.sizes.step)
        self.work: LlamaBuffers | None = None

    def chunks(self) -> Iterable[tuple[int, int, list[Tile]]]:
        return chunks_of(self._tiles)

    def mix(
        self, work: LlamaBuffers, layer: int, first: int, tiles: list[Tile], q: Tensor, k: Tensor,
        v: Tensor,
    ) -> Tensor:  # fmt: skip
        self.work, last = work, first + len(q)
        if self._states is not None:
            self._states(layer, first, work.residual[first:last])
        turned = work.rotate_queries(q, first)  # (groups, rows, shared, width of a head)
        work.rotate_keys(k, first, work.keys[:, first:last])
        by_group = v.view(len(v), self._sizes.n_groups, -1).transpose(0, 1)
        work.values[:, first:last].copy_(by_group)
        if self._attention is not None:
            self._look(self._attention, work, layer + 1, first, tiles, turned)
        return work.attend(first, tiles)

    def _look(
        self, sink: AttentionSink, work: LlamaBuffers, layer: int, first: int, tiles: list[Tile],
        turned: Tensor,
    ) -> None:  # fmt: skip
        shared = self._sizes.shared
        for group in range(self._sizes.n_groups):
            for a, b, key_first, mask in tiles:
                rows = turned[group, a - first : b - first].flatten(0, 1)
                scores = rows @ work.keys[group, key_first:b].T
                scores[:, a - key_first :] += mask
                weights = torch.softmax(scores, -1).view(b - a, shared, b - key_first)
                sink(layer, group * shared, a, weights.transpose(0, 1))
