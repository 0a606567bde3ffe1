"""What the tests of faults share: a tiny model as a file with known borders, and a folder of it."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from infoscope.core.errors import InfoscopeError
from infoscope.language.convert import write_folder
from infoscope.language.gguf import read_gguf
from infoscope.language.tokenizer import byte_alphabet

WIDTH, INNER, HEADS, GROUPS, HEAD, CONTEXT = 8, 12, 2, 1, 4, 64
BYTE_TOKENS = [byte_alphabet()[byte] for byte in range(256)]
TOKENS = ["<|unknown|>", "<|start|>", *BYTE_TOKENS, "th", "the"]


@dataclass(frozen=True)
class BuiltFile:
    """A file with the places where one of its sections ends and the next begins."""

    content: bytes
    borders: tuple[int, ...]
    first_tensor: int  # what comes before is the head


def _text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def _texts(values: list[str]) -> bytes:
    return struct.pack("<IIQ", 9, 8, len(values)) + b"".join(map(_text, values))


def _metadata() -> dict[str, bytes]:
    def count(value: int) -> bytes:
        return struct.pack("<II", 4, value)

    return {
        "general.architecture": struct.pack("<I", 8) + _text("llama"),
        "llama.block_count": count(1),
        "llama.context_length": count(CONTEXT),
        "llama.embedding_length": count(WIDTH),
        "llama.feed_forward_length": count(INNER),
        "llama.attention.head_count": count(HEADS),
        "llama.attention.head_count_kv": count(GROUPS),
        "llama.attention.key_length": count(HEAD),
        "llama.rope.freq_base": struct.pack("<If", 6, 1000.0),
        "llama.attention.layer_norm_rms_epsilon": struct.pack("<If", 6, 1e-5),
        "tokenizer.ggml.model": struct.pack("<I", 8) + _text("gpt2"),
        "tokenizer.ggml.pre": struct.pack("<I", 8) + _text("smollm"),
        "tokenizer.ggml.bos_token_id": count(1),
        "tokenizer.ggml.unknown_token_id": count(0),
        "tokenizer.ggml.token_type": struct.pack("<IIQ", 9, 5, len(TOKENS))
        + struct.pack(f"<{len(TOKENS)}i", 3, 3, *[1] * (len(TOKENS) - 2)),
        "tokenizer.ggml.merges": _texts(["t h", "th e"]),
        "tokenizer.ggml.tokens": _texts(TOKENS),
    }


def _weights() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    shapes = {
        "token_embd": (len(TOKENS), WIDTH), "output_norm": (WIDTH,), "blk.0.attn_norm": (WIDTH,),
        "blk.0.attn_q": (HEADS * HEAD, WIDTH), "blk.0.attn_k": (GROUPS * HEAD, WIDTH),
        "blk.0.attn_v": (GROUPS * HEAD, WIDTH), "blk.0.attn_output": (WIDTH, HEADS * HEAD),
        "blk.0.ffn_norm": (WIDTH,), "blk.0.ffn_gate": (INNER, WIDTH), "blk.0.ffn_up":
        (INNER, WIDTH), "blk.0.ffn_down": (WIDTH, INNER),
    }  # fmt: skip
    return {f"{name}.weight": rng.normal(size=size) for name, size in shapes.items()}


def _built() -> BuiltFile:
    metadata, weights = _metadata(), _weights()
    borders: list[int] = []
    head = b"GGUF" + struct.pack("<IQQ", 3, len(weights), len(metadata))
    for key, value in metadata.items():
        for piece in (_text(key), value):
            head += piece
            borders.append(len(head))
    body, data = b"", b""
    for name, values in weights.items():
        packed = values.astype("<f4").tobytes()
        sizes = struct.pack(f"<I{values.ndim}Q", values.ndim, *values.shape[::-1])
        body += _text(name) + sizes + struct.pack("<IQ", 0, len(data))
        data += packed + bytes(-len(packed) % 32)
        borders.append(len(head) + len(body))
    head += body
    head += bytes(-len(head) % 32)
    return BuiltFile(head + data, (4, 8, 16, 24, *borders, len(head)), len(head))


@pytest.fixture(scope="session")
def tiny_file() -> BuiltFile:
    """A GGUF file of one random layer that loads and scores."""
    return _built()


@pytest.fixture(scope="session")
def tiny_folder(tiny_file: BuiltFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model as a Hugging Face folder."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tiny.gguf").write_bytes(tiny_file.content)
    write_folder(read_gguf(folder / "tiny.gguf"), folder)
    (folder / "tiny.gguf").unlink()
    return folder


@pytest.fixture(scope="session")
def refused() -> Callable[[Callable[[], object]], bool]:
    """Whether a call is refused in one sentence; what is no error of the library goes on up."""

    def refused(call: Callable[[], object]) -> bool:
        try:
            call()
        except InfoscopeError as error:
            said = str(error)
            assert said.strip()
            assert len(said) < 2000, said[:300]
            return True
        return False

    return refused


@pytest.fixture(scope="session")
def command() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run `infoscope` as a process, as a user does."""

    def run(*argv: str | bytes | Path, **options: object) -> subprocess.CompletedProcess[bytes]:
        line = [sys.executable, "-m", "infoscope", *argv]
        return subprocess.run(line, capture_output=True, check=False, timeout=120, **options)  # type: ignore[call-overload]

    return run
