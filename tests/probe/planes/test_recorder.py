"""The recorder: exact or refused without noise, no trace left in the model, files and pictures."""

import json
import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from infoscope.core.errors import DataError, InvalidArgument, NotFound, UnknownName, WrongType
from infoscope.probe.planes.bins import Binning
from infoscope.probe.planes.neighbours import NearestNeighbours
from infoscope.probe.planes.noise_models import GaussianNoise, PairwiseBounds
from infoscope.probe.planes.recorder import (
    InformationPlane,
    information_plane,
    recording_epochs,
)
from infoscope.probe.planes.trajectory import PlaneTrajectory, load_trajectory

BITS = torch.tensor([[(i >> j) & 1 for j in range(6)] for i in range(64)], dtype=torch.float32)
PARITY = BITS.sum(1).long() % 2


def network(seed: int = 0, *, wide: int = 8) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, wide), nn.Tanh(), nn.Dropout(0.5), nn.Linear(wide, 2))


def test_without_noise_each_layer_holds_exactly_the_entropy_of_the_input() -> None:
    found = information_plane(network(), (BITS, PARITY), noise=None, unit="bits")
    assert found.layers == ("1", "3")
    assert (found.input_entropy, found.label_entropy, found.total) == (6.0, 1.0, 1.0)
    for point in found.points:
        assert (point.of_input.value, point.of_label.value) == (6.0, 1.0)
        assert point.of_input.stderr == 0.0


def test_a_layer_that_merges_inputs_loses_exactly_what_it_merges() -> None:
    """The sum of 6 bits is binomial; its parity keeps the whole label."""
    model = nn.Sequential(nn.Linear(6, 1, bias=False), nn.ReLU())
    with torch.no_grad():
        model[0].weight.fill_(1.0)  # type: ignore[union-attr]
    found = information_plane(model, (BITS, PARITY), noise=None, unit="bits").points[0]
    share = np.array([math.comb(6, k) for k in range(7)]) / 64
    assert found.of_input.value == pytest.approx(-float(share @ np.log2(share)), abs=1e-12)
    assert found.of_label.value == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("noise", [None, [GaussianNoise(0.1), None]], ids=["none", "beside"])
def test_measured_inputs_without_a_noise_model_are_refused_in_one_sentence(noise: Any) -> None:
    x = torch.randn(20, 6, generator=torch.Generator().manual_seed(0))
    y = [0, 1] * 10
    with pytest.raises(InvalidArgument) as seen:
        information_plane(network(), (x, y), noise=noise)
    text = str(seen.value)
    assert text.startswith("information_plane: noise must be a noise model where inputs are a samp")
    assert "infinite" in text
    assert "\n" not in text
    exact = information_plane(network(), (x, y), noise=None, inputs="finite")
    assert exact.points[0].of_input.value == pytest.approx(math.log(20))
    noisy = information_plane(network(), (x, y), noise=GaussianNoise(0.1))
    assert "sample" in noisy.notes[0]


def test_several_noise_models_side_by_side() -> None:
    models = [None, GaussianNoise(0.3), PairwiseBounds(0.3), Binning(n_bins=30, low=-1, high=1)]
    found = information_plane(network(wide=3), (BITS, PARITY), noise=models, layers=["1"])
    exact, noisy, bounds, bins = (found.of(noise=name).points[0] for name in found.noises)
    ends = bounds.of_input.interval
    assert ends is not None
    assert ends.level == 1.0
    slack = 4 * (noisy.of_input.stderr or 0)
    assert ends.low - slack <= noisy.of_input.value <= ends.high + slack
    assert max(noisy.of_input.value, bins.of_input.value) <= exact.of_input.value + slack
    assert noisy.noise == "Gaussian noise, std 0.3"
    again = information_plane(network(wide=3), (BITS, PARITY), noise=models, layers=["1"])
    assert again == found


def test_the_model_is_left_as_it_was() -> None:
    model = nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 4), nn.ReLU(), nn.Dropout(0.5))
    model[3].eval()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    state = torch.get_rng_state()
    plane = InformationPlane(model, (BITS, PARITY), noise=GaussianNoise(0.5, n_draws=64))
    plane.record(0)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert [m.training for m in model] == [True, True, True, False]
    assert not any(m._forward_hooks for m in model.modules())


def test_only_chosen_epochs_are_recorded_and_each_once() -> None:
    plane = InformationPlane(network(), (BITS, PARITY), noise=None, epochs=[0, 2, 5])
    assert [plane.record(epoch) for epoch in range(4)] == [True, False, True, False]
    with pytest.raises(InvalidArgument, match="recorded once; got 2"):
        plane.record(2)
    assert plane.trajectory.epochs == (0, 2)


@pytest.mark.parametrize("last, n", [(1, 2), (50, 10), (1000, 40), (3, 40)])
def test_recording_epochs_hold_both_ends(last: int, n: int) -> None:
    found = recording_epochs(last, n)
    assert (found[0], found[-1]) == (0, last)
    assert list(found) == sorted(set(found))
    assert len(found) <= n


def test_data_may_come_in_batches_and_labels_as_names_or_probabilities() -> None:
    whole = information_plane(network(), (BITS, PARITY), noise=None)
    loader = DataLoader(TensorDataset(BITS, PARITY), batch_size=10)
    assert information_plane(network(), loader, noise=None) == whole
    assert information_plane(network(), TensorDataset(BITS, PARITY), noise=None) == whole
    names = ["odd" if p else "even" for p in PARITY]
    assert information_plane(network(), (BITS.numpy(), names), noise=None) == whole
    rows = np.eye(2)[PARITY]
    assert information_plane(network(), (BITS, rows), noise=None) == whole
    noisy = 0.9 * rows + 0.1 * rows[:, ::-1]  # the label through a channel that flips one in ten
    point = information_plane(network(), (BITS, noisy), noise=None, unit="bits").points[0]
    kept = 1 + 0.1 * math.log2(0.1) + 0.9 * math.log2(0.9)
    assert point.of_label.value == pytest.approx(kept, abs=1e-12)


def test_repeated_rows_and_masses_are_the_same() -> None:
    twice = torch.cat([BITS, BITS[:32]])
    labels = torch.cat([PARITY, PARITY[:32]])
    mass = np.where(np.arange(64) < 32, 2.0, 1.0) / 96
    one = information_plane(network(), (twice, labels), noise=GaussianNoise(0.2)).points
    other = information_plane(
        network(), (BITS, PARITY), noise=GaussianNoise(0.2), weights=mass
    ).points
    for a, b in zip(one, other, strict=True):
        assert a.of_input.value == pytest.approx(b.of_input.value, abs=1e-9)
        assert a.of_label.value == pytest.approx(b.of_label.value, abs=1e-9)


@pytest.fixture
def path() -> PlaneTrajectory:
    model = network(wide=3)
    noise = [Binning(width=0.5), PairwiseBounds(0.4)]
    plane = InformationPlane(model, (BITS, PARITY), noise=noise, layers=["1", "3"], unit="bits")
    for epoch in range(4):
        plane.record(epoch)
        with torch.no_grad():
            for weights in model.parameters():
                weights.mul_(1.5)
    return plane.trajectory


def test_points_at_infinity_are_counted_beside_the_plane(path: PlaneTrajectory) -> None:
    first, *others = path.points
    away = replace(first, of_input=replace(first.of_input, value=math.inf))
    endless = replace(path, points=[away, *others], input_entropy=math.inf)
    figure = endless.figure(first.noise)
    assert "Without a place here, as infinite or undefined: 1." in figure.description
    assert "Without a place" not in path.figure(first.noise).description
    words = " ".join(ET.fromstring(figure.svg).itertext())
    assert "H(X)" not in words
    assert "I(X;Y)" in words
    assert not re.search(r"\b(inf|nan)\b", figure.svg)


def test_a_trajectory_goes_to_files_and_back(path: PlaneTrajectory, tmp_path: Path) -> None:
    assert load_trajectory(path.save_json(tmp_path / "t.json")) == path
    assert json.loads((tmp_path / "t.json").read_text())["unit"] == "bits"
    frame = path.to_frame()
    assert len(frame) == len(path) == 4 * 2 * 2
    assert frame["of_input"].tolist() == [p.of_input.value for p in path.points]
    bounds = frame[frame["noise"].str.startswith("pairwise")]
    assert (bounds["of_input_low"] <= bounds["of_input"]).all()
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(DataError, match="saved by save_json"):
        load_trajectory(tmp_path / "bad.json")
    with pytest.raises(NotFound):
        load_trajectory(tmp_path / "none.json")


def test_figures_and_frames_show_every_point_on_one_scale(path: PlaneTrajectory) -> None:
    noise = path.noises[0]
    whole = path.figure(noise)
    assert len(whole.data["layer"]) == 8
    frames = path.frames(noise)
    assert [len(frame.data["layer"]) for frame in frames] == [2, 4, 6, 8]
    grids = {re.sub(r"<circle.*", "", f.svg.split("</style>")[1])[:600] for f in frames}
    assert len(grids) == 1  # the axes stand still
    assert frames[-1].svg == whole.svg
    with pytest.raises(InvalidArgument, match="noise must be one of"):
        path.figure()
    with pytest.raises(UnknownName, match="'none'"):
        path.figure("none")


def test_the_page_needs_nothing_but_itself(path: PlaneTrajectory, tmp_path: Path) -> None:
    text = path.save_html(tmp_path / "plane.html", title="A <plane>").read_text("utf-8")
    assert "<script" not in text
    assert not re.search(r"(?:src|href)=.?https?:", text)
    assert text.count('type="radio"') == 2 * 4
    assert text.count(" checked>") == 2
    assert "A &lt;plane&gt;" in text


def test_compression_is_the_fall_from_the_largest_value(path: PlaneTrajectory) -> None:
    noise = path.noises[0]
    values = [p.of_input.value for p in path.of(layer="1", noise=noise).points]
    assert path.compression("1", noise) == max(values) - values[-1] >= 0


def broken(value: float) -> nn.Module:
    model = nn.Sequential(nn.Linear(6, 2), nn.Tanh())
    with torch.no_grad():
        model[0].bias[1] = value  # type: ignore[union-attr, index]
    return model


X = torch.arange(12.0).reshape(4, 3)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: information_plane(network(), (BITS, PARITY[:5]), noise=None), InvalidArgument,
         "5 beside 64"),
        (lambda: information_plane(network(), (BITS, [1] * 64), noise=None), InvalidArgument,
         "one label"),
        (lambda: information_plane(network(), (BITS * 0, PARITY), noise=None), InvalidArgument,
         "all equal"),
        (lambda: information_plane(network(), (BITS[:1], [0]), noise=None), InvalidArgument,
         "one row"),
        (lambda: information_plane(network(), (BITS * math.nan, PARITY), noise=None),
         InvalidArgument, "x must be finite; got nan at (0, 0)"),
        (lambda: information_plane(broken(math.nan), (BITS, PARITY), noise=None), InvalidArgument,
         "nan in layer '1' at (0, 1)"),
        (lambda: information_plane(network(), (BITS, np.linspace(0, 1, 64)), noise=None),
         InvalidArgument, "Cut a measured target"),
        (lambda: information_plane(network(), (BITS, PARITY), noise=None, layers=["9"]),
         UnknownName, "'9'"),
        (lambda: information_plane(network(), (BITS, PARITY), noise=None, layers=[]),
         InvalidArgument, "name a layer"),
        (lambda: information_plane(network(), BITS, noise=None), WrongType, "pair"),
        (lambda: information_plane(network(), (BITS, None), noise=None), WrongType, "None in it"),
        (lambda: information_plane(lambda x: x, (BITS, PARITY), noise=None),  # type: ignore[arg-type]
         WrongType, "torch.nn.Module; got function"),
        (lambda: information_plane(network(), (BITS, PARITY), noise="0.1"),  # type: ignore[arg-type]
         WrongType, "GaussianNoise(0.1)"),
        (lambda: information_plane(network(), (BITS, PARITY), noise=[None, None]), InvalidArgument,
         "different models"),
        (lambda: information_plane(network(), (BITS, PARITY), noise=NearestNeighbours(0.1),
                                   layers=["3"]), InvalidArgument, "measured inputs"),
        (lambda: information_plane(network(), (BITS, PARITY), noise=None, inputs="all"),
         InvalidArgument, "'all'"),
        (lambda: information_plane(network(), (BITS, PARITY), noise=None, weights=np.ones(64)),
         InvalidArgument, "sum to 1"),
        (lambda: recording_epochs(0), InvalidArgument, "at least 1"),
        (lambda: InformationPlane(network(), (BITS, PARITY), noise=None).trajectory.figure(),
         InvalidArgument, "hold a point"),
    ],
    ids=range(19),
)  # fmt: skip
def test_refusals(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error) as seen:
        call()
    assert message in str(seen.value)
