"""Translate a GGUF file of a llama-type model into what a Hugging Face folder holds.

llama.cpp stores the rows of the query and key matrices in another order (its rotary embedding pairs
neighbours, Hugging Face's pairs halves), and names its pre-tokenizer instead of describing it; both
are translated here.
"""

from __future__ import annotations

import errno
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import save_file

from infoscope.core.errors import ModelError, sentence
from infoscope.language.gguf import GGUFFile

__all__ = ["folder_config", "tokenizer_description", "weights", "write_folder"]

_CONTROL = 3  # LLAMA_TOKEN_TYPE_CONTROL

_BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
_SINGLE_DIGITS = {"type": "Digits", "individual_digits": True}

#: tokenizer.ggml.pre -> Hugging Face pre-tokenizers (the regexes: llama-vocab.cpp of llama.cpp)
_PRE_TOKENIZERS: dict[str, list[dict[str, Any]]] = {
    "smollm": [_SINGLE_DIGITS, {**_BYTE_LEVEL, "use_regex": True}],
    "gpt-2": [{**_BYTE_LEVEL, "use_regex": True}],
}

_TENSORS = {
    "attn_norm.weight": "input_layernorm.weight",
    "attn_q.weight": "self_attn.q_proj.weight",
    "attn_k.weight": "self_attn.k_proj.weight",
    "attn_v.weight": "self_attn.v_proj.weight",
    "attn_output.weight": "self_attn.o_proj.weight",
    "ffn_norm.weight": "post_attention_layernorm.weight",
    "ffn_gate.weight": "mlp.gate_proj.weight",
    "ffn_up.weight": "mlp.up_proj.weight",
    "ffn_down.weight": "mlp.down_proj.weight",
}


def folder_config(gguf: GGUFFile) -> dict[str, Any]:
    """Return the ``config.json`` of the model in `gguf`; only the llama architecture is known."""
    kind = gguf.metadata.get("general.architecture")
    if kind != "llama":
        raise ModelError(
            sentence(
                "load", "name_or_path", "be a GGUF file of the llama architecture", repr(kind),
                "Convert the original model to a Hugging Face folder and load that.",
            )
        )  # fmt: skip
    scaling = gguf.metadata.get("llama.rope.scaling.type", "none")
    if scaling != "none" or "rope_freqs.weight" in gguf.tensors:
        raise ModelError(
            sentence(
                "load", "name_or_path", "be a GGUF file with plain rotary embeddings",
                f"rotary scaling ({scaling})", "Load the model from a Hugging Face folder.",
            )
        )  # fmt: skip
    width, n_heads = _count(gguf, "embedding_length"), _count(gguf, "attention.head_count")
    if "token_embd.weight" not in gguf.tensors:
        raise gguf.damaged("it holds no tensor 'token_embd.weight'")
    n_tokens = gguf.tensors["token_embd.weight"].shape[0]
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": width,
        "intermediate_size": _count(gguf, "feed_forward_length"),
        "num_hidden_layers": _count(gguf, "block_count"),
        "num_attention_heads": n_heads,
        "num_key_value_heads": _count(gguf, "attention.head_count_kv"),
        "head_dim": _count(gguf, "attention.key_length", width // n_heads),
        "max_position_embeddings": _count(gguf, "context_length"),
        "rms_norm_eps": _shortest(gguf, "attention.layer_norm_rms_epsilon"),
        "rope_theta": _shortest(gguf, "rope.freq_base", 10000.0),
        "rope_scaling": None,
        "vocab_size": n_tokens,
        "tie_word_embeddings": "output.weight" not in gguf.tensors,
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "bos_token_id": _token(gguf, "bos", n_tokens),
        "eos_token_id": _token(gguf, "eos", n_tokens),
        "unk_token_id": _token(gguf, "unknown", n_tokens),
        "dtype": "float32",
    }


def weights(gguf: GGUFFile) -> dict[str, NDArray[np.float32]]:
    """Return all weights as float32 under their Hugging Face names, rows in its order."""
    n_heads = _count(gguf, "attention.head_count")
    n_groups = _count(gguf, "attention.head_count_kv")
    out = {
        "model.embed_tokens.weight": gguf.read("token_embd.weight"),
        "model.norm.weight": gguf.read("output_norm.weight"),
    }
    for layer in range(_count(gguf, "block_count")):
        for there, here in _TENSORS.items():
            values = gguf.read(f"blk.{layer}.{there}")
            if there in ("attn_q.weight", "attn_k.weight"):
                heads = n_heads if there == "attn_q.weight" else n_groups
                if values.ndim != 2 or len(values) % (2 * heads):
                    raise gguf.damaged(f"blk.{layer}.{there} does not hold {heads} heads")
                values = _unpermute(values, heads)
            out[f"model.layers.{layer}.{here}"] = values
    if "output.weight" in gguf.tensors:
        out["lm_head.weight"] = gguf.read("output.weight")
    return out


def tokenizer_description(gguf: GGUFFile) -> dict[str, Any]:
    """Return the ``tokenizer.json`` of the model in `gguf`: byte-level BPE only."""
    kind, pre = gguf.metadata.get("tokenizer.ggml.model"), gguf.metadata.get("tokenizer.ggml.pre")
    if kind != "gpt2" or pre not in _PRE_TOKENIZERS:
        known = ", ".join(_PRE_TOKENIZERS)
        raise ModelError(
            sentence(
                "load", "name_or_path", f"be a GGUF file with a byte-level tokenizer ({known})",
                f"tokenizer {kind!r} with pre-tokenizer {pre!r}",
                "Load the model from a Hugging Face folder.",
            )
        )  # fmt: skip
    tokens, merges = _words(gguf, "tokens"), _words(gguf, "merges")
    kinds = gguf.metadata.get("tokenizer.ggml.token_type", [1] * len(tokens))
    if not isinstance(kinds, list) or len(kinds) != len(tokens):
        raise gguf.damaged("its head does not hold one token_type for each token")
    flags = {
        "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
        "special": True,
    }  # fmt: skip
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": i, "content": token, **flags}
            for i, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
            if kind == _CONTROL
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": _PRE_TOKENIZERS[pre]},
        "post_processor": None,
        "decoder": {**_BYTE_LEVEL, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: i for i, token in enumerate(tokens)},
            "merges": [merge.split(" ") for merge in merges],
        },
    }


def write_folder(gguf: GGUFFile, folder: Path) -> None:
    """Write config.json, tokenizer.json, tokenizer_config.json and model.safetensors."""
    config = folder_config(gguf)
    description = tokenizer_description(gguf)
    tokens = _words(gguf, "tokens")
    names = {
        f"{role}_token": tokens[config[f"{role}_token_id"]]
        for role in ("bos", "eos", "unk")
        if config[f"{role}_token_id"] is not None
    }
    cards = {
        "config.json": config,
        "tokenizer.json": description,
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": config["max_position_embeddings"],
            "clean_up_tokenization_spaces": False,
            **names,
        },
    }
    for name, card in cards.items():
        text = json.dumps(card, ensure_ascii=False, indent=1 if name == "config.json" else None)
        (folder / name).write_text(text, encoding="utf-8")
    try:
        save_file(weights(gguf), folder / "model.safetensors", metadata={"format": "pt"})
    except SafetensorError as error:  # its way to tell of a full disk
        raise OSError(errno.EIO, str(error)) from None


def _entry(gguf: GGUFFile, name: str, default: Any = None) -> Any:
    value = gguf.metadata.get(f"llama.{name}", default)
    if value is None:
        raise ModelError(
            sentence(
                "load", "name_or_path", f"state llama.{name} in its head", gguf.path.name,
                "Fetch the file again.",
            )
        )  # fmt: skip
    return value


def _count(gguf: GGUFFile, name: str, default: int | None = None) -> int:
    """Return an entry that counts something."""
    value = _entry(gguf, name, default)
    if not isinstance(value, int) or value < 1:
        raise gguf.damaged(f"its llama.{name} reads {_brief(value)}")
    return value


def _token(gguf: GGUFFile, role: str, n_tokens: int) -> int | None:
    """Return the id of a token with a role, if there is one."""
    value = gguf.metadata.get(f"tokenizer.ggml.{role}_token_id")
    known = min(n_tokens, len(_words(gguf, "tokens")))
    if value is not None and not (isinstance(value, int) and 0 <= value < known):
        raise gguf.damaged(f"its {role}_token_id reads {_brief(value)}, of {known} tokens")
    return value


def _words(gguf: GGUFFile, name: str) -> list[str]:
    """Return a list of texts about the tokenizer."""
    value = gguf.metadata.get(f"tokenizer.ggml.{name}")
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise gguf.damaged(f"its head holds no list of words tokenizer.ggml.{name}")
    return value


def _shortest(gguf: GGUFFile, name: str, default: float | None = None) -> float:
    """Return the double whose shortest spelling is that of the float32: 1e-05, not 9.99...e-06."""
    value = _entry(gguf, name, default)
    if not isinstance(value, float) or not 0 < value < math.inf:
        raise gguf.damaged(f"its llama.{name} reads {_brief(value)}")
    return float(str(np.float32(value)))


def _brief(value: object) -> str:
    return repr(value)[:40]


def _unpermute(values: NDArray[np.float32], n_heads: int) -> NDArray[np.float32]:
    """Give back Hugging Face's row order: halves of each head instead of neighbouring pairs."""
    rows = values.reshape(n_heads, values.shape[0] // n_heads // 2, 2, -1)
    return np.ascontiguousarray(rows.swapaxes(1, 2).reshape(values.shape))
