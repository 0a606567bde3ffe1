"""Run the trunk of a llama-type transformer in float32 on the CPU, from plain weights.

It exists beside transformers because it loads without importing it (about one CPU second less),
keeps one set of work buffers instead of one per call, and is faster per token
(benchmarks/language/scoring.py); every other architecture goes through `huggingface`.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from infoscope.core.errors import ModelError, sentence
from infoscope.language.contract import HiddenStates, Tokens
from infoscope.language.llama_buffers import LlamaBuffers, LlamaSizes, Tile, chunks_of, tiles_of
from infoscope.language.llama_session import LlamaSession
from infoscope.language.tokenizer import ByteTokenizer

__all__ = ["LlamaModel", "LlamaShape", "Reading", "is_plain_llama"]


def is_plain_llama(config: Mapping[str, Any]) -> bool:
    """Say whether a ``config.json`` describes what this file computes, and nothing more."""
    rope = config.get("rope_scaling") or config.get("rope_parameters") or {}
    return (
        config.get("model_type") == "llama"
        and isinstance(rope, Mapping)
        and config.get("hidden_act", "silu") == "silu"
        and not config.get("attention_bias")
        and not config.get("mlp_bias")
        and config.get("pretraining_tp", 1) == 1
        and not config.get("quantization_config")
        and rope.get("rope_type", rope.get("type", "default")) == "default"
        and rope.get("partial_rotary_factor", config.get("partial_rotary_factor", 1.0)) == 1.0
    )


@dataclass(frozen=True, slots=True)
class LlamaShape:
    """The numbers of a ``config.json`` that the computation needs."""

    n_layers: int
    n_heads: int
    n_groups: int
    head_width: int
    epsilon: float
    theta: float
    context_limit: int
    tied: bool

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> LlamaShape:
        """Read the shape from a ``config.json``, old or new spelling of the rotary base."""
        n_heads = int(config["num_attention_heads"])
        rope = config.get("rope_parameters") or {}
        return cls(
            n_layers=int(config["num_hidden_layers"]),
            n_heads=n_heads,
            n_groups=int(config.get("num_key_value_heads") or n_heads),
            head_width=int(config.get("head_dim") or config["hidden_size"] // n_heads),
            epsilon=float(config.get("rms_norm_eps", 1e-6)),
            theta=float(rope.get("rope_theta", config.get("rope_theta", 10000.0))),
            context_limit=int(config["max_position_embeddings"]),
            tied=bool(config.get("tie_word_embeddings", False)),
        )

    def is_possible(self) -> bool:
        """Say whether a computation of this shape exists."""
        return (
            min(self.n_layers, self.n_heads, self.n_groups, self.context_limit) > 0
            and self.head_width > 0
            and 0 <= self.epsilon < math.inf
            and 0 < self.theta < math.inf
        )


class _Layer:
    """The weights of one block, looked up once."""

    __slots__ = ("attention_norm", "down", "gate", "key", "mlp_norm", "out", "query", "up", "value")

    def __init__(self, weights: Mapping[str, torch.Tensor], layer: int) -> None:
        head = f"model.layers.{layer}."
        self.attention_norm = weights[head + "input_layernorm.weight"]
        self.query = weights[head + "self_attn.q_proj.weight"].T
        self.key = weights[head + "self_attn.k_proj.weight"].T
        self.value = weights[head + "self_attn.v_proj.weight"].T
        self.out = weights[head + "self_attn.o_proj.weight"].T
        self.mlp_norm = weights[head + "post_attention_layernorm.weight"]
        self.gate = weights[head + "mlp.gate_proj.weight"].T
        self.up = weights[head + "mlp.up_proj.weight"].T
        self.down = weights[head + "mlp.down_proj.weight"].T


class LlamaModel:
    """A llama-type model behind the `LanguageModel` contract.

    Parameters
    ----------
    name : str
        What results call it.
    config : mapping
        Its ``config.json``; `is_plain_llama` must hold.
    weights : mapping of str to torch.Tensor
        float32 tensors under their Hugging Face names.
    tokenizer : ByteTokenizer
        Cuts bytes into its tokens.
    prefix : int
        Token id that stands before a text.
    """

    dtype = "float32"

    def __init__(
        self,
        name: str,
        config: Mapping[str, Any],
        weights: Mapping[str, torch.Tensor],
        tokenizer: ByteTokenizer,
        prefix: int,
    ) -> None:
        self.name = name
        self.prefix = prefix
        try:
            self.shape = LlamaShape.from_config(config)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                sentence("load", "config.json", "describe a llama-type model", repr(error))
            ) from None
        self.context_limit: int | None = self.shape.context_limit
        self.default_context = min(1024, self.shape.context_limit)
        self.tokenizer = tokenizer
        try:
            self.embedding = weights["model.embed_tokens.weight"]
            self.norm = weights["model.norm.weight"]
            self.layers = [_Layer(weights, layer) for layer in range(self.shape.n_layers)]
            self.head = self.embedding if self.shape.tied else weights["lm_head.weight"]
        except KeyError as error:
            raise ModelError(
                f"load: {name} lacks the weight {error.args[0]!r}; its folder is incomplete. "
                "Fetch the model again."
            ) from None
        self._check_shapes()
        self.n_vocabulary = len(self.head)
        self.sizes = LlamaSizes(
            self.embedding.shape[1], self.layers[0].gate.shape[1], self.shape.n_heads,
            self.shape.n_groups, self.shape.head_width,
        )  # fmt: skip
        self._local = threading.local()  # two threads may score with one model

    def _check_shapes(self) -> None:
        """Refuse weights that do not fit the configuration before a product fails on them."""
        table, shape = self.embedding, self.shape
        misfit = ModelError(
            sentence("load", "config.json", "fit its weights", f"{shape}, first token "
                     f"{self.prefix}, embedding {tuple(table.shape)}", "Fetch the model again.")
        )  # fmt: skip
        if not shape.is_possible() or table.ndim != 2 or not 0 <= self.prefix < len(table):
            raise misfit
        width, gate = table.shape[1], self.layers[0].gate
        outer, inner = shape.n_heads * shape.head_width, gate.shape[-1] if gate.ndim else 0
        grouped = shape.n_groups * shape.head_width
        wanted = {
            "query": (width, outer), "key": (width, grouped), "value": (width, grouped),
            "out": (outer, width), "gate": (width, inner), "up": (width, inner),
            "down": (inner, width), "attention_norm": (width,), "mlp_norm": (width,),
        }  # fmt: skip
        found = {
            f"the {name} weight of layer {number}": (getattr(layer, name), size)
            for number, layer in enumerate(self.layers)
            for name, size in wanted.items()
        }
        found |= {"the last norm": (self.norm, (width,))}
        found |= {"the head": (self.head, (len(self.head), width))}
        for name, (weight, size) in found.items():
            if (got := tuple(weight.shape)) != size:
                raise ModelError(
                    sentence("load", name, f"have shape {size[::-1]} by config.json", got[::-1],
                             "Fetch the model again.")
                )  # fmt: skip
        if shape.n_heads % shape.n_groups or shape.head_width % 2:
            raise misfit

    def encode(self, text: bytes) -> Tokens:
        """Cut any bytes into tokens that cover them exactly."""
        return self.tokenizer.encode(text)

    def decode(self, ids: Sequence[int]) -> bytes:
        """Return the bytes that `encode` cut into `ids`."""
        return self.tokenizer.decode(ids)

    def spell(self, token: int) -> bytes:
        """Return the bytes of one vocabulary entry."""
        return self.tokenizer.spell(token)

    def predict(self, window: NDArray[np.int64], start: int = 0) -> HiddenStates:
        """Return the hidden states after each position of `window` from `start` on.

        The rows are valid until the next call in the same thread: buffers are used again.
        """
        return self.predict_many([window], [start])

    def predict_many(
        self, windows: Sequence[NDArray[np.int64]], starts: Sequence[int]
    ) -> HiddenStates:
        """Return the same for several windows, laid end to end: no row is spent on padding."""
        lengths = [len(window) for window in windows]
        ends = np.cumsum(lengths)
        rows = None
        if any(starts):
            spans = zip(ends - lengths + np.asarray(starts), ends, strict=True)
            rows = torch.from_numpy(np.concatenate([np.arange(a, b) for a, b in spans]))
        ids = windows[0] if len(windows) == 1 else np.concatenate(list(windows))
        return self.read(ids, _Windows(lengths, self.sizes), rows)

    def session(self, n_streams: int = 1, capacity: int | None = None) -> LlamaSession:
        """Return empty contexts that keep their keys and values."""
        return LlamaSession(self, n_streams, capacity or self.shape.context_limit)

    @torch.inference_mode()
    def read(
        self, ids: NDArray[np.int64], reading: Reading, rows: torch.Tensor | None = None
    ) -> HiddenStates:
        """Run `ids` through all layers; `reading` says what each row attends to."""
        chunks = list(reading.chunks())
        longest = max(last - first for first, last, _ in chunks)
        work = self._buffers(len(ids), longest, reading.n_positions)
        work.place(reading.positions)
        x = work.embed(self.embedding, torch.from_numpy(ids))  # (n, width)
        for number, layer in enumerate(self.layers):
            for first, last, tiles in chunks:
                here = x[first:last]
                h = work.normalise(here, layer.attention_norm)
                q = work.project("query", h, layer.query)
                k = work.project("key", h, layer.key)
                v = work.project("value", h, layer.value)
                mixed = reading.mix(work, number, first, tiles, q, k, v)
                torch.addmm(here, mixed, layer.out, out=here)
                h = work.normalise(here, layer.mlp_norm)
                gate = functional.silu(work.project("gate", h, layer.gate), inplace=True)
                gate.mul_(work.project("up", h, layer.up))
                torch.addmm(here, gate, layer.down, out=here)
        x = x if rows is None else x[rows]
        return HiddenStates(work.normalise(x, self.norm), self.head)

    def _buffers(self, n: int, chunk: int, n_positions: int) -> LlamaBuffers:
        """Return this thread's buffers, made anew when more is read at once than ever before."""
        work: LlamaBuffers | None = getattr(self._local, "work", None)
        if work is None or work.n < n or work.chunk < chunk or work.n_positions < n_positions:
            if work is not None:
                n, chunk = max(n, work.n), max(chunk, work.chunk)
                n_positions = max(n_positions, work.n_positions)
                self._local.work = work = None  # before the larger ones are there
            theta, eps = self.shape.theta, self.shape.epsilon
            work = self._local.work = LlamaBuffers(n, chunk, n_positions, self.sizes, theta, eps)
        return work


class Reading(Protocol):
    """Which rows go through a layer together, where they stand, and what they attend to."""

    positions: torch.Tensor  # (n,) place of each row in its own context
    n_positions: int

    def chunks(self) -> Iterable[tuple[int, int, list[Tile]]]:
        """Return stretches of rows (first, last, tiles), in order."""
        ...

    def mix(
        self, work: LlamaBuffers, layer: int, first: int, tiles: list[Tile], q: torch.Tensor,
        k: torch.Tensor, v: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """Return the values that each row of the chunk attends to, heads side by side."""
        ...


class _Windows:
    """Windows laid end to end, each read from its own beginning."""

    def __init__(self, lengths: Sequence[int], sizes: LlamaSizes) -> None:
        self._tiles = tiles_of(lengths, sizes)
        self.positions = torch.cat([torch.arange(n) for n in lengths])
        self.n_positions = max(max(lengths), sizes.step)

    def chunks(self) -> Iterable[tuple[int, int, list[Tile]]]:
        return chunks_of(self._tiles)

    def mix(
        self, work: LlamaBuffers, layer: int, first: int, tiles: list[Tile], q: torch.Tensor,
        k: torch.Tensor, v: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        del layer
        last = first + len(q)
        work.rotate_queries(q, first)
        work.rotate_keys(k, first, work.keys[:, first:last])
        by_group = v.view(len(v), len(work.values), -1).transpose(0, 1)
        work.values[:, first:last].copy_(by_group)
        return work.attend(first, tiles)
