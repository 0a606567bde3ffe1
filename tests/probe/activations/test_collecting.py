"""Activations are what the modules put out, row by row, wherever they are kept."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from infoscope.core.errors import DataError, InvalidArgument, NotFound, UnknownName, WrongType
from infoscope.probe import collect_activations, load_activations


class Reader(nn.Module):
    """Embeds tokens, mixes them, and puts out a tuple."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, 4)
        self.mix = nn.Linear(4, 3)
        self.unused = nn.Linear(2, 2)

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> tuple[Tensor]:
        del attention_mask
        return (self.mix(torch.relu(self.mix.weight.new_ones(1) * self.embed(input_ids))),)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Dropout(0.5), nn.Linear(5, 2))


def test_rows_are_the_modules_outputs_in_evaluation_mode_and_nothing_is_left_behind() -> None:
    net, x = network().train(), torch.randn(11, 3, generator=torch.Generator().manual_seed(1))
    net[0].eval()  # an odd mixture of modes must come back as it was
    found = collect_activations(net, x, batch_size=4)
    assert list(found) == ["0", "1", "2", "3"]
    with torch.no_grad():
        hidden = torch.relu(net[0](x))
        assert np.allclose(found["1"], hidden.numpy(), atol=1e-6)
        assert np.allclose(found["3"], net[3](hidden).numpy(), atol=1e-6)  # without dropout
    assert found.examples["3"].tolist() == list(range(11))
    assert net.training
    assert not net[0].training
    assert not any(module._forward_hooks for module in net.modules())


def test_arrays_patterns_and_the_whole_model() -> None:
    net, x = network(), np.zeros((4, 3), np.float32)
    assert list(collect_activations(net, x, ["3", "0"])) == ["0", "3"]  # in the model's order
    assert list(collect_activations(net, x, "[01]")) == ["0", "1"]
    assert collect_activations(net, x, "")["model"].shape == (4, 2)
    wide = collect_activations(net, x, "0", dtype="float16")["0"]
    assert wide.dtype == np.float16


def test_positions_of_sequences_with_and_without_padding() -> None:
    torch.manual_seed(0)
    net = Reader()
    ids = torch.arange(12).reshape(3, 4) % 10
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0], [0, 1, 1, 1]])
    batch = {"input_ids": ids, "attention_mask": mask}
    whole = collect_activations(net, ids, "embed")
    assert whole["embed"].shape == (12, 4)
    kept = collect_activations(net, batch, "embed", batch_size=2)
    assert kept.examples["embed"].tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 2]
    assert kept.positions["embed"].tolist() == [0, 1, 2, 3, 0, 1, 1, 2, 3]
    table = net.embed.weight.detach().numpy()
    assert np.array_equal(kept["embed"], table[ids.numpy()[mask.numpy() == 1]])
    last = collect_activations(net, batch, "embed", positions="last")
    assert last.positions["embed"].tolist() == [3, 1, 3]
    first = collect_activations(net, batch, "embed", positions=0)
    assert first.positions["embed"].tolist() == [0, 0, 1]  # the first that is not padding
    mean = collect_activations(net, batch, "embed", positions="mean")["embed"]
    assert np.allclose(mean[1], table[ids[1, :2].numpy()].mean(0), atol=1e-6)
    flat = collect_activations(net, ids, "embed", positions="flatten")["embed"]
    assert flat.shape == (3, 16)
    with pytest.raises(InvalidArgument, match="lie within 4 positions; got 4"):
        collect_activations(net, ids, "embed", positions=4)


def test_pixels_are_positions() -> None:
    net = nn.Conv2d(1, 3, 2)
    x = torch.randn(2, 1, 4, 5)
    with torch.no_grad():
        out = net(x)  # (2, 3, 3, 4)
    assert collect_activations(net, x)["model"].shape == (2 * 12, 3)
    mean = collect_activations(net, x, positions="mean")["model"]
    assert np.allclose(mean, out.mean((2, 3)).numpy(), atol=1e-6)
    flat = collect_activations(net, x, positions="flatten")["model"]
    assert np.allclose(flat, out.flatten(1).numpy(), atol=1e-6)


def test_batches_of_a_loader_and_calls_of_ones_own() -> None:
    net, x = network(), torch.randn(10, 3)
    pairs = torch.utils.data.TensorDataset(x, torch.zeros(10))
    loader = torch.utils.data.DataLoader(pairs, batch_size=4)
    found = collect_activations(net, loader, "3", call=lambda model, batch: model(batch[0]))
    assert np.allclose(found["3"], collect_activations(net, x, "3")["3"], atol=1e-6)


def test_a_module_that_runs_twice_gives_two_layers() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.step = nn.Linear(2, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.step(self.step(x))

    assert list(collect_activations(Twice(), torch.zeros(3, 2))) == ["step", "step (2)"]


def test_files_are_mapped_and_hold_the_same(tmp_path: Path) -> None:
    net, x = network(), torch.randn(50, 3)
    here = collect_activations(net, x, batch_size=7)
    there = collect_activations(net, x, batch_size=7, folder=tmp_path / "kept")
    assert isinstance(there["1"], np.memmap)
    again = load_activations(tmp_path / "kept")
    for name in here:
        assert np.array_equal(here[name], there[name])
        assert np.array_equal(here[name], again[name])
        assert np.array_equal(again.examples[name], here.examples[name])
    with pytest.raises(InvalidArgument, match="folder must be new or empty"):
        collect_activations(net, x, folder=tmp_path / "kept")
    saved = load_activations(here.save(tmp_path / "later"))
    assert np.array_equal(saved["3"], here["3"])


def test_a_run_that_fails_leaves_neither_hooks_nor_files(tmp_path: Path) -> None:
    net = network()
    batches = [torch.zeros(2, 3), torch.zeros(2, 9)]
    with pytest.raises(RuntimeError):
        collect_activations(net, iter(batches), folder=tmp_path / "half")
    assert not list((tmp_path / "half").iterdir())
    assert not any(module._forward_hooks for module in net.modules())


def test_bad_calls_say_what_to_do() -> None:
    net, x = network(), torch.zeros(4, 3)
    with pytest.raises(UnknownName, match=r"fit names of modules; got 'layer\.0'"):
        collect_activations(net, x, "layer.0")
    with pytest.raises(WrongType, match=r"model must be a torch\.nn\.Module"):
        collect_activations("smollm2", x)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="'unused', which did not"):
        collect_activations(Reader(), torch.zeros(1, 2, dtype=torch.int64), "unused")
    with pytest.raises(UnknownName, match="positions must be"):
        collect_activations(net, x, positions="first")  # type: ignore[arg-type]
    with pytest.raises(WrongType, match="inputs must be a tensor"):
        collect_activations(net, 3)


def test_saved_files_of_other_makers(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    rows = torch.randn(4, 3)
    save_file({"layer.10": rows + 1, "layer.2": rows}, tmp_path / "a.safetensors")
    found = load_activations(tmp_path / "a.safetensors")
    assert list(found) == ["layer.2", "layer.10"]
    assert np.array_equal(found["layer.2"], rows.numpy())
    save_file({"half": rows.bfloat16()}, tmp_path / "b.safetensors")
    half = load_activations(tmp_path / "b.safetensors")["half"]
    assert np.array_equal(half, rows.bfloat16().float().numpy())
    np.save(tmp_path / "stack.npy", np.zeros((2, 5, 3)))
    assert list(load_activations(tmp_path / "stack.npy")) == ["layer 0", "layer 1"]
    np.savez(tmp_path / "z.npz", b=np.zeros((5, 1)), a=np.ones((5, 1)))
    assert list(load_activations(tmp_path / "z.npz")) == ["b", "a"]
    (tmp_path / "broken.npy").write_bytes(b"nothing")
    (tmp_path / "broken.safetensors").write_bytes(b"nothing")
    for name in ("broken.npy", "broken.safetensors"):
        with pytest.raises(DataError, match="load_activations: path must be"):
            load_activations(tmp_path / name)
    with pytest.raises(NotFound):
        load_activations(tmp_path / "absent.npy")
