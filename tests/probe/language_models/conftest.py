"""Small random transformers over bytes, as folders; and the built-in model."""

import json
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from infoscope.language import LanguageModel, install, load
from infoscope.language.placement import load_on
from infoscope.language.tokenizer import byte_alphabet

N_TOKENS = 259
LAYERS, HEADS, WIDTH = 3, 6, 24


def _write_tokenizer(folder: Path) -> None:
    """Write a byte-level tokenizer: <|start|>, 256 bytes and two merges."""
    alphabet = byte_alphabet()
    entries = ["<|start|>", *(alphabet[byte] for byte in range(256)), "th", "the"]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
             "use_regex": True}  # fmt: skip
    model = {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
        "vocab": {token: i for i, token in enumerate(entries)}, "merges": ["t h", "th e"],
    }  # fmt: skip
    added = [{"id": 0, "content": "<|start|>", "single_word": False, "lstrip": False,
              "rstrip": False, "normalized": False, "special": True}]  # fmt: skip
    text = json.dumps({"version": "1.0", "added_tokens": added, "normalizer": None,
                       "pre_tokenizer": level, "post_processor": None, "decoder": level,
                       "model": model})  # fmt: skip
    (folder / "tokenizer.json").write_text(text)


@pytest.fixture(scope="session")
def pristine_llama() -> LlamaForCausalLM:
    """Not for tests: they may change theirs."""
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=N_TOKENS, hidden_size=WIDTH, intermediate_size=40, num_hidden_layers=LAYERS,
        num_attention_heads=HEADS, num_key_value_heads=2, head_dim=8, max_position_embeddings=400,
        initializer_range=0.4, bos_token_id=0, eos_token_id=0, tie_word_embeddings=False,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


@pytest.fixture
def llama(pristine_llama: LlamaForCausalLM) -> LlamaForCausalLM:
    """The model in transformers, a copy for each test."""
    return deepcopy(pristine_llama)


@pytest.fixture(scope="session")
def llama_folder(
    pristine_llama: LlamaForCausalLM, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("llama")
    pristine_llama.save_pretrained(folder)
    _write_tokenizer(folder)
    return folder


@pytest.fixture(scope="session")
def tiny(llama_folder: Path) -> LanguageModel:
    """The tiny llama on the library's own trunk."""
    return load(llama_folder)


@pytest.fixture(scope="session")
def tiny_torch(llama_folder: Path) -> LanguageModel:
    """The same weights through transformers, in float64."""
    return load_on(llama_folder, dtype="float64")


@pytest.fixture(scope="session")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    """Another architecture: absolute positions, LayerNorm with bias, one fused projection."""
    torch.manual_seed(3)
    folder = tmp_path_factory.mktemp("gpt2")
    config = GPT2Config(
        vocab_size=N_TOKENS, n_embd=WIDTH, n_layer=2, n_head=3, n_positions=64,
        initializer_range=0.4, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    GPT2LMHeadModel(config).eval().save_pretrained(folder)
    _write_tokenizer(folder)
    return load(folder)


@pytest.fixture(scope="session")
def smollm2() -> LanguageModel:
    install("smollm2")
    return load("smollm2")
