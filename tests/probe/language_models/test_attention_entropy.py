"""Attention entropies: against transformers' own weights, and against what they cannot exceed."""

import json

import numpy as np
import pytest
import torch

from infoscope.core.errors import InvalidArgument, UnknownName, WrongType
from infoscope.language import load
from infoscope.probe.language_models.attention_reading import attention_entropy

TEXT = "The theory of the other thing, then: there they go. " * 3


def weights_of(llama, ids: np.ndarray) -> np.ndarray:
    """Return (layers, heads, n, n) from transformers, which forms them in its eager way."""
    kept = llama.config._attn_implementation
    llama.set_attn_implementation("eager")
    with torch.no_grad():
        inputs = torch.tensor([[0, *ids[:-1].tolist()]])
        out = llama.model(input_ids=inputs, output_attentions=True)
    llama.set_attn_implementation(kept)  # the eager way takes its softmax in float32
    return torch.cat(out.attentions).double().numpy()


@pytest.mark.parametrize("which", ["own trunk", "transformers"])
def test_entropies_and_sinks_are_those_of_the_weights(which, llama, tiny, tiny_torch) -> None:
    model = tiny if which == "own trunk" else tiny_torch
    found = attention_entropy(TEXT, model, context=400)
    weights = weights_of(llama, model.encode(TEXT.encode()).ids)
    with np.errstate(divide="ignore"):
        logs = np.where(weights > 0, np.log(np.where(weights > 0, weights, 1.0)), 0.0)
    np.testing.assert_allclose(found.entropy, -(weights * logs).sum(-1), atol=2e-5)
    np.testing.assert_allclose(found.sink, weights[..., 0], atol=2e-6)
    assert found.entropy.shape == (3, 6, len(found.positions))


def test_bounds_and_first_positions(tiny) -> None:
    found = attention_entropy(TEXT, tiny, context=50)
    assert (found.entropy >= 0).all()
    assert (found.entropy <= np.log(found.positions + 1.0) + 1e-6).all()
    assert found.entropy[:, :, 0].max() == 0.0  # it can look at itself only
    assert found.sink[:, :, 0].min() == 1.0
    assert found.normalised.shape[-1] == int((found.positions > 0).sum())
    assert found.normalised.max() <= 1 + 1e-6


def test_windows_are_those_of_the_text(tiny) -> None:
    """A later window reads one token again: its rows stand at positions 0, 1, ..."""
    found = attention_entropy(TEXT, tiny, context=30)
    assert found.positions[:31].tolist() == [*range(30), 0]
    strided = attention_entropy(TEXT, tiny, context=30, stride=10)
    assert strided.positions[30:].min() >= 19


def test_the_attention_of_the_model_is_left_as_it_was(tiny_torch) -> None:
    before = tiny_torch.network.config._attn_implementation
    attention_entropy("the other", tiny_torch)
    assert tiny_torch.network.config._attn_implementation == before
    assert not any(module._forward_hooks for module in tiny_torch.network.modules())


def test_another_architecture(gpt2) -> None:
    found = attention_entropy(TEXT[:50], gpt2)
    assert found.entropy.shape[:2] == (2, 3)
    assert found.entropy[:, :, 0].max() == pytest.approx(0.0, abs=1e-6)


def test_means_carry_error_bars_and_can_be_written(tiny, tmp_path) -> None:
    found = attention_entropy(TEXT, tiny)
    mean = found.mean(2, 5)
    assert mean.value == pytest.approx(found.entropy[1, 5].mean())
    assert mean.interval.low < mean.value < mean.interval.high
    assert found.mean(1, 0, "sink").unit == "share"
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert len(told["heads"]) == 18
    assert len(found.to_frame()) == 18
    page = found.save_html(tmp_path / "a.html", name="Thing").read_text()
    assert "Thing: attention" in page
    assert found.figure("sink").data["head 0"][0] == pytest.approx(found.sink[0, 0].mean())
    bits = found.figure().data["head 3"][2]
    assert bits == pytest.approx(found.entropy[2, 3].mean() / np.log(2))
    assert "3 layers × 6 heads" in repr(found)


def test_what_cannot_be_read_is_refused(tiny) -> None:
    found = attention_entropy("the", tiny)
    with pytest.raises(InvalidArgument, match="layer must lie between 1 and 3"):
        found.mean(0, 0)
    with pytest.raises(UnknownName, match="quantity must be one of"):
        found.figure("weight")
    with pytest.raises(InvalidArgument, match="at least two tokens"):
        found.mean(1, 0, "normalised")
    with pytest.raises(WrongType, match="show no layers"):
        attention_entropy("abc", load("bigram", train="abcabc"))
