"""What a linear probe misses and what is lost: exclusive or, invertible maps, merged inputs."""

import math
from typing import Any

import numpy as np
import pytest

from infoscope.core.errors import InvalidArgument, WrongType
from infoscope.probe.data_processing import data_processing_check, population_linear_information

XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
LABEL = [0, 1, 1, 0]
HIDDEN = np.maximum(XOR @ [[1, 1], [1, 1]] - [0, 1], 0)


def test_exclusive_or_is_all_there_and_not_linear_until_the_hidden_layer() -> None:
    """ln 2 throughout; a linear probe reads exactly 0 of it, then all of it."""
    found = data_processing_check({"x": XOR, "hidden": HIDDEN, "one": HIDDEN @ [1, -2]}, LABEL)
    x, hidden, one = found.layers
    assert [row.information.value for row in found.layers] == pytest.approx([math.log(2)] * 3)
    assert x.linear.value == pytest.approx(0.0, abs=1e-12)
    assert x.missed == pytest.approx(math.log(2))
    assert hidden.linear.value == pytest.approx(math.log(2), abs=1e-6)
    assert one.linear.value == pytest.approx(math.log(2), abs=1e-6)
    assert [row.lost for row in found.layers] == pytest.approx([0.0] * 3, abs=1e-12)
    assert [row.one_to_one for row in found.layers] == [True, False, False]
    assert found.total == pytest.approx(math.log(2))


def test_invertible_maps_lose_nothing_whatever_a_linear_probe_reads() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (64, 6))
    y = (x[:, 0] + x[:, 1] * x[:, 2]) % 2
    turned = x @ rng.standard_normal((6, 6)) + 5
    layers = {"x": x, "turned": turned, "bent": np.sinh(turned), "code": x @ 2.0 ** np.arange(6)}
    found = data_processing_check(layers, y, unit="bits")
    assert [row.lost for row in found.layers] == pytest.approx([0.0] * 4, abs=1e-12)
    assert all(row.one_to_one for row in found.layers)
    linear = [row.linear.value for row in found.layers]
    assert linear[1] == pytest.approx(linear[0], abs=1e-6)  # affine: the same probes
    assert linear[3] < linear[0] - 0.01  # one number that names the input, hard to read
    for row in found.layers:
        assert 0 <= row.linear.value <= row.information.value + 1e-9


def test_what_is_merged_is_lost_and_never_comes_back() -> None:
    found = data_processing_check({"x": XOR, "first": XOR[:, :1], "again": XOR[:, :1] * 3}, LABEL)
    assert [row.information.value for row in found.layers[1:]] == pytest.approx([0, 0], abs=1e-12)
    assert [row.lost for row in found.layers[1:]] == pytest.approx([math.log(2)] * 2)


def test_the_probe_of_a_population_by_hand() -> None:
    """One binary feature: a linear probe reads all of I(T;Y), for any masses."""
    joint = np.array([[0.3, 0.1], [0.2, 0.4]])
    p = joint / joint.sum()
    truth = sum(v * math.log(v / (p.sum(1)[i] * p.sum(0)[j])) for (i, j), v in np.ndenumerate(p))
    found = population_linear_information(np.array([[-3.0], [8.0]]), joint)
    assert found == pytest.approx(truth, abs=1e-9)
    assert population_linear_information(np.ones((2, 1)), joint) == pytest.approx(0, abs=1e-12)


def test_a_sample_gives_a_bracket_and_says_so() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((600, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)  # no linear probe sees it
    found = data_processing_check({"x": x, "product": x[:, :1] * x[:, 1:]}, y, unit="bits")
    assert not found.finite
    assert "sample" in found.notes[0]
    first, product = found.layers
    assert first.linear.value < 0.1 < 0.7 < product.linear.value
    for row in found.layers:
        ends = row.information.interval
        assert ends is not None
        assert ends.low <= row.information.value <= ends.high == pytest.approx(found.label_entropy)


def test_files_and_figure() -> None:
    found = data_processing_check({"x": XOR, "hidden": HIDDEN}, LABEL, unit="bits")
    assert found.to_dict()["layers"][1]["layer"] == "hidden"
    assert found.to_frame()["information"].tolist() == pytest.approx([1.0, 1.0])
    picture = found.figure()
    assert picture.data["what is there"] == pytest.approx((1.0, 1.0))
    assert "1 hidden" in picture.description


@pytest.mark.parametrize(
    "layers, y, options, error, message",
    [
        (XOR, LABEL, {}, WrongType, "map names to activations; got ndarray"),
        ({}, LABEL, {}, InvalidArgument, "hold at least one layer"),
        ({"x": XOR, "h": HIDDEN[:3]}, LABEL, {}, InvalidArgument, "layers['h'] must have 4 rows"),
        ({"x": XOR * math.nan}, LABEL, {}, InvalidArgument, "finite"),
        ({"x": XOR}, [1, 1, 1, 1], {}, InvalidArgument, "one label"),
        ({"x": XOR}, LABEL, {"inputs": "some"}, InvalidArgument, "'some'"),
        ({"x": XOR}, LABEL, {"inputs": "sample", "weights": [0.25] * 4}, InvalidArgument, "left"),
        ({"x": XOR[:1]}, [0], {}, InvalidArgument, "one row"),
    ],
    ids=range(8),
)
def test_refusals(layers: Any, y: Any, options: Any, error: Any, message: str) -> None:
    with pytest.raises(error) as seen:
        data_processing_check(layers, y, **options)
    assert message in str(seen.value)
