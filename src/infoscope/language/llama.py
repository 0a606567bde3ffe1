"""Run the trunk of a llama-type transformer in float32 on the CPU, from plain weights.

It exists beside transformers because it loads without importing it (about one CPU second less),
keeps one set of work buffers instead of one per call, and is faster per token
(benchmarks/language/scoring.py); every other architecture goes through `huggingface`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from infoscope.core.errors import ModelError
from infoscope.language.contract import HiddenStates, Tokens
from infoscope.language.tokenizer import ByteTokenizer

__all__ = ["LlamaModel", "LlamaShape", "is_plain_llama"]


def is_plain_llama(config: Mapping[str, Any]) -> bool:
    """Say whether a ``config.json`` describes what this file computes, and nothing more."""
    rope = config.get("rope_scaling") or config.get("rope_parameters") or {}
    return (
        config.get("model_type") == "llama"
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
        self.shape = LlamaShape.from_config(config)
        self.context_limit: int | None = self.shape.context_limit
        self.default_context = min(1024, self.shape.context_limit)
        self._tokenizer = tokenizer
        try:
            self._embedding = weights["model.embed_tokens.weight"]
            self._norm = weights["model.norm.weight"]
            self._layers = [_Layer(weights, layer) for layer in range(self.shape.n_layers)]
            self._head = self._embedding if self.shape.tied else weights["lm_head.weight"]
        except KeyError as error:
            raise ModelError(
                f"load: {name} lacks the weight {error.args[0]!r}; its folder is incomplete. "
                "Fetch the model again."
            ) from None
        self.n_vocabulary = len(self._head)
        self._work: _Work | None = None

    def encode(self, text: bytes) -> Tokens:
        """Cut any bytes into tokens that cover them exactly."""
        return self._tokenizer.encode(text)

    def decode(self, ids: Sequence[int]) -> bytes:
        """Return the bytes that `encode` cut into `ids`."""
        return self._tokenizer.decode(ids)

    def spell(self, token: int) -> bytes:
        """Return the bytes of one vocabulary entry."""
        return self._tokenizer.spell(token)

    @torch.inference_mode()
    def predict(self, window: NDArray[np.int64], start: int = 0) -> HiddenStates:
        """Return the hidden states after each position of `window` from `start` on.

        The rows are valid until the next call: the buffers are used again.
        """
        work = self._work
        if work is None or work.n < len(window):
            work = self._work = _Work(len(window), self.shape, self._layers[0])
        x = self._embedding[torch.from_numpy(window)]  # (n, width)
        for layer in self._layers:
            self._attend(x, layer, work)
            self._feed_forward(x, layer, work)
        rows = functional.rms_norm(x[start:], self._norm.shape, self._norm, self.shape.epsilon)
        return HiddenStates(rows, self._head)

    def _attend(self, x: torch.Tensor, layer: _Layer, work: _Work) -> None:
        """Add the attention of one block to `x` in place."""
        n, shape = len(x), self.shape
        h = functional.rms_norm(x, layer.attention_norm.shape, layer.attention_norm, shape.epsilon)
        q = work.project("query", h, layer.query).view(n, shape.n_heads, shape.head_width)
        k = work.project("key", h, layer.key).view(n, shape.n_groups, shape.head_width)
        v = work.project("value", h, layer.value).view(n, shape.n_groups, shape.head_width)
        q, k = work.rotate(q), work.rotate(k)  # (heads, n, head_width)
        if shape.n_groups != shape.n_heads:
            repeats = shape.n_heads // shape.n_groups
            k = k.repeat_interleave(repeats, 0)
            v = v.transpose(0, 1).repeat_interleave(repeats, 0)
        else:
            v = v.transpose(0, 1)
        mixed = functional.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[
            0
        ]
        torch.addmm(x, mixed.transpose(0, 1).reshape(n, -1), layer.out, out=x)

    def _feed_forward(self, x: torch.Tensor, layer: _Layer, work: _Work) -> None:
        """Add the gated feed-forward part of one block to `x` in place."""
        h = functional.rms_norm(x, layer.mlp_norm.shape, layer.mlp_norm, self.shape.epsilon)
        gate = work.project("gate", h, layer.gate)
        functional.silu(gate, inplace=True)
        gate.mul_(work.project("up", h, layer.up))
        torch.addmm(x, gate, layer.down, out=x)


class _Work:
    """Buffers for windows of up to `n` tokens, and the tables of the rotary embedding."""

    def __init__(self, n: int, shape: LlamaShape, layer: _Layer) -> None:
        self.n = n
        self._half = shape.head_width // 2
        names = ("query", "key", "value", "gate", "up")
        self._buffers = {name: torch.empty(n, getattr(layer, name).shape[1]) for name in names}
        exponents = torch.arange(0, shape.head_width, 2, dtype=torch.int64).float()
        frequencies = 1.0 / shape.theta ** (exponents / shape.head_width)
        angles = torch.outer(torch.arange(n).float(), frequencies)  # (n, half)
        self._cos, self._sin = angles.cos(), angles.sin()

    def project(self, name: str, h: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Return ``h @ weight`` in the buffer of that name."""
        return torch.mm(h, weight, out=self._buffers[name][: len(h)])

    def rotate(self, x: torch.Tensor) -> torch.Tensor:
        """Turn each pair (i, i + half) by its position's angle: (n, heads, w) to (heads, n, w)."""
        n = len(x)
        a, b = x.transpose(0, 1).split(self._half, -1)
        cos, sin = self._cos[:n], self._sin[:n]
        out = x.new_empty(x.shape[1], n, x.shape[2])
        torch.mul(a, cos, out=out[..., : self._half]).addcmul_(b, sin, value=-1)
        torch.mul(b, cos, out=out[..., self._half :]).addcmul_(a, sin)
        return out
