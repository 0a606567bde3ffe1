"""The logit lens: what each layer would say, against transformers and against the scorer."""

import json

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from infoscope.core.errors import InvalidArgument, ModelError, UnknownName, WrongType
from infoscope.language import load, score
from infoscope.probe.language_models.lens_reading import logit_lens
from infoscope.probe.language_models.lens_rows import LensNumbers, LensRows

TEXT = "The theory of the other thing, then: there they go. " * 3
ALICE = "Alice was beginning to get very tired of sitting by her sister on the bank."


def by_hand(llama, ids: list[int]) -> dict[str, np.ndarray]:
    """Return entropy, surprisal, KL(final‖layer) and rank from transformers' own hidden states."""
    whole = llama.double()
    inputs = torch.tensor([[0, *ids[:-1]]])
    with torch.no_grad():
        out = whole.model(input_ids=inputs, output_hidden_states=True)
        layers = [*out.hidden_states[:-1]]
        rows = [whole.lm_head(whole.model.norm(h))[0] for h in layers]
        rows.append(whole.lm_head(out.last_hidden_state)[0])  # normed by the model itself
        logs = torch.log_softmax(torch.stack(rows), -1)
    llama.float()
    targets = torch.tensor(ids)
    own = logs.gather(2, targets[None, :, None].expand(len(rows), -1, 1))
    return {
        "entropy": -(logs.exp() * logs).sum(-1).numpy(),
        "surprisal": -own[..., 0].numpy(),
        "kl": (logs[-1].exp() * (logs[-1] - logs)).sum(-1).numpy(),
        "rank": ((logs > own).sum(-1) + 1).numpy(),
    }


@pytest.mark.parametrize("which", ["own trunk", "transformers"])
def test_each_layer_is_read_as_transformers_reads_it(which, llama, tiny, tiny_torch) -> None:
    model = tiny if which == "own trunk" else tiny_torch
    found = logit_lens(TEXT, model, context=400)
    expected = by_hand(llama, found.ids.tolist())
    assert found.layers == (0, 1, 2, 3)
    for name in ("entropy", "surprisal", "kl"):
        np.testing.assert_allclose(getattr(found, name), expected[name], atol=3e-5)
    np.testing.assert_array_equal(found.rank, expected["rank"])
    assert (found.kl[-1] == 0).all()


def test_the_norm_is_recomputed_for_each_layer(llama, tiny) -> None:
    """With the last state's size in its place, the embedding would read otherwise."""
    found = logit_lens(TEXT, tiny)
    inputs = torch.tensor([[0, *found.ids[:-1].tolist()]])
    sizes: list[torch.Tensor] = []
    hook = llama.model.norm.register_forward_pre_hook(lambda _, args: sizes.append(args[0]))
    with torch.no_grad():
        embedded = llama.model.embed_tokens(inputs)
        llama.model(input_ids=inputs)
        cached = sizes[0].pow(2).mean(-1, keepdim=True).add(1e-6).rsqrt()
        logs = torch.log_softmax(llama.lm_head(embedded * cached * llama.model.norm.weight), -1)[0]
    hook.remove()
    frozen = -(logs.exp() * logs).sum(-1).numpy()
    assert np.abs(frozen - found.entropy[0]).mean() > 0.1


@pytest.mark.parametrize("context", [None, 16, "full"])
def test_the_last_layer_is_the_scorer(tiny, context) -> None:
    found, scored = logit_lens(TEXT, tiny, context=context), score(TEXT, tiny, context=context)
    np.testing.assert_allclose(found.entropy[-1], scored.entropy, atol=1e-6)
    np.testing.assert_allclose(found.surprisal[-1], scored.surprisal, atol=1e-6)
    np.testing.assert_array_equal(found.rank[-1], scored.rank)
    assert found.rule == scored.rule


def test_the_last_layer_of_the_built_in_model_is_the_scorer(smollm2) -> None:
    found, scored = logit_lens(ALICE, smollm2, layers=[0, 15]), score(ALICE, smollm2)
    assert found.layers == (0, 15, 30)
    np.testing.assert_allclose(found.entropy[-1], scored.entropy, atol=1e-5)
    np.testing.assert_allclose(found.mean_entropy[-1].value, scored.mean_entropy.value, atol=1e-5)
    np.testing.assert_array_equal(found.top_ids[-1], scored.top_ids[:, :3])
    assert found.entropy[0].mean() < 0.5  # the tied embedding is sure of its own token


def test_another_architecture(gpt2) -> None:
    found, scored = logit_lens(TEXT[:40], gpt2), score(TEXT[:40], gpt2)
    np.testing.assert_allclose(found.entropy[-1], scored.entropy, atol=1e-5)
    assert len(found.layers) == 3
    with torch.no_grad():
        ids = torch.tensor([[0, *found.ids[:-1].tolist()]])
        states = gpt2.network.transformer(input_ids=ids, output_hidden_states=True).hidden_states
        rows = gpt2.network.lm_head(gpt2.network.transformer.ln_f(states[1]))[0].double()
        logs = torch.log_softmax(rows, -1)
    np.testing.assert_allclose(
        found.entropy[1], -(logs.exp() * logs).sum(-1).numpy(), atol=3e-5
    )  # fmt: skip


def test_a_subset_of_layers_and_windows_changes_no_number(tiny) -> None:
    whole, some = logit_lens(TEXT, tiny, context=20), logit_lens(TEXT, tiny, context=20, layers=[1])
    assert some.layers == (1, 3)
    for name in ("entropy", "surprisal", "kl"):
        np.testing.assert_allclose(
            getattr(some, name), getattr(whole, name)[[1, 3]], atol=2e-6
        )  # fmt: skip


def test_kl_by_hand() -> None:
    """Head of two words: the final says (3/4, 1/4), the layer (1/2, 1/2)."""
    out = LensNumbers.empty(2, 1, 1)
    head = torch.tensor([[np.log(3.0)], [0.0]], dtype=torch.float32)
    LensRows(2, 1).read(
        torch.zeros(1, 1, 1), torch.ones(1, 1), head, lambda rows: rows, torch.tensor([1]), out, 0
    )
    assert out.kl[0, 0] == pytest.approx(np.log(2) - 0.5623351446, abs=1e-6)  # ln 2 - H(3/4, 1/4)
    assert out.entropy[:, 0] == pytest.approx([np.log(2), 0.5623351446], abs=1e-6)
    assert out.surprisal[:, 0] == pytest.approx([np.log(2), np.log(4)], abs=1e-6)
    assert out.rank[1, 0] == 2
    assert out.top_probabilities[1, 0, 0] == pytest.approx(0.75)


def test_where_guesses_settle(tiny) -> None:
    found = logit_lens(TEXT, tiny)
    for t in range(len(found)):
        guesses = [found.guesses(layer, t)[0][0] for layer in found.layers]
        k = int(found.settled[t])
        assert set(guesses[k:]) == {guesses[-1]}
        assert k == 0 or guesses[k - 1] != guesses[-1]


def test_results_can_be_written(tiny, tmp_path) -> None:
    found = logit_lens(TEXT, tiny)
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert len(told["layers"]) == 4
    assert len(told["tokens"]) == len(found)
    frame = found.to_frame()
    assert len(frame) == 4 * len(found)
    row = frame[(frame.layer == 2) & (frame["index"] == 5)].iloc[0]
    assert row.kl_final_layer == found.kl[2, 5]
    page = found.save_html(tmp_path / "lens.html", name="<b>").read_text()
    assert "<script" not in page
    assert "&lt;b&gt;, layer by layer" in page
    assert "choice no." in found.figure().svg
    wide = found.figure("kl", n_tokens=500)
    assert len(wide.data["token"]) == len(found)
    assert len(wide.svg) < 500_000
    assert found.profile_figure(unit="nats").data["surprisal"][-1] == pytest.approx(
        found.surprisal[-1].mean()
    )
    assert "4 layers" in repr(found)


class Largest(TorchDispatchMode):
    """Remembers the largest tensor that any operation made."""

    n = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for each in out if isinstance(out, tuple | list) else [out]:
            if isinstance(each, torch.Tensor):
                self.n = max(self.n, each.numel())
        return out


def test_no_tensor_holds_tokens_times_vocabulary(tiny) -> None:
    found = logit_lens(TEXT * 30, tiny, context=100)
    assert len(found) > 1200
    with Largest() as seen:
        logit_lens(TEXT * 30, tiny, context=100)
    assert 0 < seen.n <= 512 * 259
    assert seen.n < len(found) * 259 / 4


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"layers": [3, 1]}, InvalidArgument, "layers must ascend, each from 0 to 3"),
        ({"layers": [4]}, InvalidArgument, "layers must ascend"),
        ({"top": 0}, InvalidArgument, "top must lie between 1 and 259"),
        ({"top": 1.5}, WrongType, "top must be a whole number"),
        ({"text": ""}, InvalidArgument, "text must hold at least one byte"),
        ({"context": 1}, InvalidArgument, "context must lie between 2 and 400"),
    ],
)
def test_what_cannot_be_read_is_refused(tiny, given, kind, words) -> None:
    with pytest.raises(kind, match=words):
        logit_lens(**{"text": "abc", "model": tiny, **given})


def test_a_model_without_layers_is_refused() -> None:
    with pytest.raises(WrongType, match="n-gram, LSTM and remote models show no layers"):
        logit_lens("abc", load("bigram", train="abcabc"))


def test_damaged_weights_are_named(llama_folder) -> None:
    model = load(llama_folder)
    model.layers[1].down[0, 0] = float("nan")
    with pytest.raises(ModelError, match="got NaN"):
        logit_lens("abc", model)


def test_figures_refuse_what_they_cannot_draw(tiny) -> None:
    found = logit_lens("the theory", tiny)
    with pytest.raises(UnknownName, match="quantity must be one of"):
        found.figure("loss")
    with pytest.raises(InvalidArgument, match="first must lie between"):
        found.figure(first=99)
    with pytest.raises(InvalidArgument, match="n_tokens must be at least 1"):
        found.figure(n_tokens=0)
