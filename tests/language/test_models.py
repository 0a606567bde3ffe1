"""Every way to load a model, against transformers' own logits; and every way to refuse one."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaForCausalLM,
)

from infoscope.core.errors import InvalidArgument, ModelError, NotFound, UnknownName, WrongType
from infoscope.language import LanguageModel, load, score
from infoscope.language.huggingface import CausalLM
from infoscope.language.llama import LlamaModel
from infoscope.language.placement import load_on

TEXT = "the other thing\n<|start|> 42 é"


def surprisal_by(model, ids: list[int], prefix: int) -> np.ndarray:
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([[prefix, *ids]])).logits[0, :-1].double()
    return -logits.log_softmax(-1).gather(1, torch.tensor(ids)[:, None])[:, 0].numpy()


def test_a_gguf_file_gives_the_logits_of_the_original(
    tiny: LanguageModel, tiny_llama: LlamaForCausalLM
) -> None:
    assert isinstance(tiny, LlamaModel)
    found = score(TEXT, tiny)
    expected = surprisal_by(tiny_llama, found.ids.tolist(), 1)
    assert np.ptp(expected) > 1  # a model that tells tokens and places apart
    np.testing.assert_allclose(found.surprisal, expected, atol=2e-5)


def test_the_installed_folder_is_one_that_transformers_loads(tiny_folder, tiny_llama) -> None:
    theirs = LlamaForCausalLM.from_pretrained(tiny_folder, local_files_only=True).eval()
    for key, value in tiny_llama.state_dict().items():
        torch.testing.assert_close(theirs.state_dict()[key], value, rtol=0, atol=0)
    found = score(TEXT, load("tiny"))
    assert found.model == "tiny"
    expected = surprisal_by(theirs, found.ids.tolist(), 1)
    np.testing.assert_allclose(found.surprisal, expected, atol=2e-5)


def test_windows_longer_than_one_block_of_queries_agree(tiny, tiny_llama) -> None:
    found = score(bytes(range(150)), tiny)  # 64 tokens are attended together here: two and a bit
    expected = surprisal_by(tiny_llama, found.ids.tolist(), 1)
    np.testing.assert_allclose(found.surprisal, expected, atol=2e-5)
    longer = score(b"ab" * 200, tiny, context=50)
    pieces = surprisal_by(tiny_llama, longer.ids[:50].tolist(), 1)
    np.testing.assert_allclose(longer.surprisal[:50], pieces, atol=2e-5)
    later = surprisal_by(tiny_llama, longer.ids[50:100].tolist(), int(longer.ids[49]))
    np.testing.assert_allclose(longer.surprisal[50:100], later, atol=2e-5)


@pytest.mark.parametrize("kind", ["gpt2", "gemma2"])
def test_other_architectures_go_through_transformers(kind: str, tiny_folder, tmp_path) -> None:
    torch.manual_seed(1)
    ends = {"bos_token_id": 1, "eos_token_id": 2}
    if kind == "gpt2":
        config = GPT2Config(vocab_size=300, n_embd=16, n_layer=1, n_head=2, n_positions=32, **ends)
        model = GPT2LMHeadModel(config).eval()
    else:  # caps its logits, so that trunk and head apart would be wrong
        config = Gemma2Config(
            vocab_size=300, hidden_size=16, intermediate_size=24, num_hidden_layers=1,
            num_attention_heads=2, num_key_value_heads=1, head_dim=8, max_position_embeddings=32,
            final_logit_softcapping=0.5, pad_token_id=0, **ends,
        )  # fmt: skip
        model = Gemma2ForCausalLM(config).eval()
    model.save_pretrained(tmp_path / kind)
    shutil.copy(tiny_folder / "tokenizer.json", tmp_path / kind)
    loaded = load(tmp_path / kind)
    assert isinstance(loaded, CausalLM)
    assert isinstance(loaded, LanguageModel)
    assert loaded.context_limit == 32
    found = score(TEXT, loaded)
    expected = surprisal_by(model, found.ids.tolist(), 1)
    np.testing.assert_allclose(found.surprisal, expected, atol=2e-5)


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_folder_with_a_missing_or_damaged_file_is_refused(file, tiny_folder, tmp_path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_folder, copy)
    os.truncate(copy / file, (copy / file).stat().st_size // 2)
    with pytest.raises(ModelError, match=file):
        load(copy)
    (copy / file).unlink()
    with pytest.raises(ModelError, match=file):
        load(copy)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"hidden_size": None, "head_dim": None}, r"config\.json"),
        ({"num_hidden_layers": 3}, r"model\.layers\.2"),
        ({"num_attention_heads": 3}, "query weight of layer 0"),
        ({"bos_token_id": None, "eos_token_id": None}, "beginning- or end-of-text"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(change, why, tiny_folder, tmp_path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_folder, copy)
    config = json.loads((copy / "config.json").read_text()) | change
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "tokenizer_config.json").unlink()
    with pytest.raises(ModelError, match=why):
        load(copy)


def test_a_gguf_file_of_another_kind_is_refused(write_gguf, tmp_path) -> None:
    tensors = {"token_embd.weight": (0, (1,), bytes(4))}
    path = write_gguf(tmp_path / "m.gguf", {"general.architecture": "mamba"}, tensors)
    with pytest.raises(ModelError, match="llama architecture; got 'mamba'"):
        load(path)


def test_names_that_nobody_answers_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFOSCOPE_CACHE", str(tmp_path))
    with pytest.raises(UnknownName, match="Did you mean 'smollm2'"):
        load("smolm2")
    with pytest.raises(UnknownName, match=r"'smollm2', .* or a local path; got 'gpt'"):
        load("gpt")
    with pytest.raises(NotFound, match="does not exist"):
        load("openai/gpt2")
    with pytest.raises(NotFound, match="infoscope models install smollm2"):
        load("smollm2")
    with pytest.raises(WrongType, match="int"):
        load(3)  # type: ignore[arg-type]


def test_a_tokenizer_and_a_model_of_different_size(tiny_folder, tmp_path, tiny_llama) -> None:
    """A model may have more columns than the tokenizer has tokens, never fewer."""
    torch.manual_seed(2)
    for size in (280, 40):
        config = GPT2Config(vocab_size=size, n_embd=8, n_layer=1, n_head=1, n_positions=32)
        config.bos_token_id, config.eos_token_id = 1, 2
        folder = tmp_path / str(size)
        GPT2LMHeadModel(config).save_pretrained(folder)
        shutil.copy(tiny_folder / "tokenizer.json", folder)
    assert score("the", load(tmp_path / "280"), top=280).alternatives(0)
    with pytest.raises(ModelError, match="know only its 40 tokens; got token id 258"):
        score("the", load(tmp_path / "40"))


def test_two_threads_may_share_a_model(tiny: LanguageModel) -> None:
    texts = [bytes([65 + k]) * 140 for k in range(8)]
    alone = [score(text, tiny).surprisal for text in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: score(text, tiny).surprisal, texts))
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.fixture
def tiny_gpt2(tiny_folder, tmp_path) -> Path:
    """A folder that goes through transformers, with positions to spare."""
    torch.manual_seed(3)
    config = GPT2Config(vocab_size=259, n_embd=16, n_layer=2, n_head=2, n_positions=2100)
    config.bos_token_id, config.eos_token_id = 1, 2
    folder = tmp_path / "gpt2"
    GPT2LMHeadModel(config).save_pretrained(folder)
    shutil.copy(tiny_folder / "tokenizer.json", folder)
    return folder


def test_padded_batches_and_chunks_change_no_number(tiny_gpt2: Path) -> None:
    model = load(tiny_gpt2)
    rng = np.random.default_rng(0)
    windows = [rng.integers(0, 259, n) for n in (5, 90, 7, 1, 88, 40, 6)]
    starts = [0, 80, 6, 0, 0, 39, 2]
    rows = model.predict_many(windows, starts).states  # type: ignore[attr-defined]
    alone = [
        model.predict(w, s).states
        for w, s in zip(windows, starts, strict=True)  # type: ignore[union-attr]
    ]
    torch.testing.assert_close(rows, torch.cat(alone), rtol=1e-4, atol=1e-5)
    long = rng.integers(0, 259, 2050)  # two whole chunks and two tokens
    theirs = GPT2LMHeadModel.from_pretrained(tiny_gpt2, local_files_only=True).eval()
    found = score(model.decode(long[long > 2].tolist()), model, context="full")
    expected = surprisal_by(theirs, found.ids.tolist(), 1)
    np.testing.assert_allclose(found.surprisal, expected, atol=2e-5)


def test_a_model_in_another_format(tiny_gpt2: Path, tiny_folder: Path) -> None:
    for folder in (tiny_gpt2, tiny_folder):
        exact = score(TEXT, load_on(folder, dtype="float64"))
        assert exact.rule.dtype == "float64"
        single = score(TEXT, load_on(folder, threads=torch.get_num_threads()))
        rough = score(TEXT, load_on(folder, dtype="bfloat16"))
        np.testing.assert_allclose(single.surprisal, exact.surprisal, atol=1e-4)
        np.testing.assert_allclose(rough.surprisal, exact.surprisal, atol=0.3)
        assert not np.array_equal(rough.surprisal, single.surprisal)
    theirs = LlamaForCausalLM.from_pretrained(tiny_folder, local_files_only=True).double().eval()
    expected = surprisal_by(theirs, exact.ids.tolist(), 1)
    np.testing.assert_allclose(exact.surprisal, expected, atol=1e-10)


def test_places_that_are_not_there_are_refused(tiny_gpt2: Path, tiny_gguf: Path) -> None:
    with pytest.raises(InvalidArgument, match="device must be one that torch has here; got 'cuda'"):
        load_on(tiny_gpt2, device="cuda")
    with pytest.raises(InvalidArgument, match="dtype must be one of float32, float64, bfloat16"):
        load_on(tiny_gpt2, dtype="int8")
    with pytest.raises(InvalidArgument, match="threads must be at least 1; got 0"):
        load_on(tiny_gpt2, threads=0)
    with pytest.raises(ModelError, match="Leave device and dtype out"):
        load_on(tiny_gguf, dtype="float64")
