"""Activations of language models: transformers' own hidden states, a row for each token."""

from pathlib import Path

import numpy as np
import pytest
import torch

from infoscope.core.errors import InvalidArgument, WrongType
from infoscope.language import load
from infoscope.probe import collect_activations, language_activations, load_activations

TEXTS = ["The theory of the other thing. ", "", b"\xff then", "there they go " * 12]
ROUNDING = 2e-4  # states reach 50, and float32 keeps 6e-8 of them through some tens of sums


def states(llama, ids: np.ndarray) -> list[np.ndarray]:
    """Return the residual stream by transformers in float64: embedding, then after each block."""
    llama.double()
    seen: list[torch.Tensor] = []
    hooks = [llama.model.embed_tokens.register_forward_hook(lambda _m, _a, out: seen.append(out))]
    hooks += [
        block.register_forward_hook(
            lambda _m, _a, out: seen.append(out[0] if isinstance(out, tuple) else out)
        )
        for block in llama.model.layers
    ]
    with torch.no_grad():
        llama.model(input_ids=torch.tensor([[0, *ids.tolist()]]))
    for hook in hooks:
        hook.remove()
    llama.float()  # exactly the weights that it had
    return [rows.reshape(-1, rows.shape[-1])[1:].numpy() for rows in seen]


@pytest.mark.parametrize("which", ["own trunk", "transformers"])
def test_every_layer_of_every_token_is_what_transformers_has(which, llama, tiny, tiny_torch):
    model, dtype, within = (
        (tiny, "float32", ROUNDING) if which == "own trunk" else (tiny_torch, "float64", 1e-9)
    )
    found = language_activations(TEXTS, model, dtype=dtype)
    assert list(found) == ["layer 0", "layer 1", "layer 2", "layer 3"]
    for number, text in enumerate(TEXTS):
        rows = found.texts == number
        raw = text.encode() if isinstance(text, str) else text
        assert rows.sum() == len(model.encode(raw).ids)
        if not rows.any():
            continue
        pieces = [raw[a:b] for a, b in zip(found.starts[rows], found.ends[rows], strict=True)]
        assert b"".join(pieces) == raw
        for name, expected in zip(found, states(llama, found.ids[rows]), strict=True):
            np.testing.assert_allclose(found[name][rows], expected, atol=within)
        assert found.positions["layer 1"][rows].tolist() == list(range(rows.sum()))


def test_long_texts_are_cut_into_windows_that_begin_anew(llama, tiny) -> None:
    text = "they go there, and then the other. " * 5
    found = language_activations(text, tiny, context=21, layers=[3, 1])
    assert list(found) == ["layer 1", "layer 3"]
    ids = tiny.encode(text.encode()).ids
    expected = [states(llama, ids[first : first + 20]) for first in range(0, len(ids), 20)]
    for layer in (1, 3):
        rows = np.concatenate([each[layer] for each in expected])
        np.testing.assert_allclose(found[f"layer {layer}"], rows, atol=ROUNDING)
    assert "windows of 21 tokens" in found.notes[0]


def test_more_tokens_than_fit_one_call_keep_their_order(tiny) -> None:
    """1,024 tokens are read together; texts on both sides of the border must be themselves."""
    texts = [f"the theory number {i} of the other thing" for i in range(60)]
    whole = language_activations(texts, tiny)
    assert len(whole.ids) > 1500
    for number in (0, 31, 59):
        alone = language_activations(texts[number], tiny)
        for name in whole:
            rows = whole[name][whole.texts == number]
            np.testing.assert_allclose(rows, alone[name], atol=ROUNDING)


def test_hooks_on_the_same_model_see_the_same(llama, tiny) -> None:
    ids = tiny.encode(b"the other thing").ids
    inputs = torch.tensor([[0, *ids.tolist()]])
    by_hooks = collect_activations(
        llama, {"input_ids": inputs}, ["model.embed_tokens", "model.layers.?"]
    )
    found = language_activations("the other thing", tiny)
    for one, other in zip(by_hooks.values(), found.values(), strict=True):
        np.testing.assert_allclose(one[1:], other, atol=ROUNDING)


def test_files_hold_the_same_and_formats_are_kept(tiny, tiny_torch, tmp_path: Path) -> None:
    here = language_activations(TEXTS, tiny)
    there = language_activations(TEXTS, tiny, folder=tmp_path / "kept")
    again = load_activations(tmp_path / "kept")
    for name in here:
        assert isinstance(there[name], np.memmap)
        np.testing.assert_array_equal(here[name], there[name])
        np.testing.assert_array_equal(here[name], again[name])
    half = language_activations(TEXTS, tiny, dtype="float16")["layer 3"]
    assert half.dtype == np.float16
    double = language_activations(TEXTS, tiny_torch, dtype="float64")["layer 3"]
    assert double.dtype == np.float64
    assert (double != double.astype(np.float32)).any()  # the model's own digits


def test_bad_calls_say_what_to_do(tiny) -> None:
    with pytest.raises(InvalidArgument, match="layers must lie between 0 and 3"):
        language_activations("the", tiny, layers=[4])
    with pytest.raises(InvalidArgument, match="context must lie between 2 and 400; got 1"):
        language_activations("the", tiny, context=1)
    with pytest.raises(InvalidArgument, match="texts must hold at least one token"):
        language_activations(["", ""], tiny)
    with pytest.raises(WrongType, match="texts must be a text or a sequence of texts"):
        language_activations(3, tiny)  # type: ignore[arg-type]
    with pytest.raises(WrongType, match="n-gram, LSTM and remote models show no layers"):
        language_activations("ab", load("unigram", train="abab"))
