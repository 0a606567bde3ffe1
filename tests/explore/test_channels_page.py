"""The page on capacity against hand-derived capacities and its own definition."""

import math
from typing import Any

import numpy as np
import pytest

import infoscope as isc
from infoscope.explore.page import NARROW, WIDE
from infoscope.explore.pages import channels as page
from infoscope.figures import Figure
from infoscope.figures.marks import Handle

START: Any = page.PAGE.defaults()


def numbers(**values: Any) -> dict[str, float]:
    return page.numbers(**(START | values))


def h2(p: float) -> float:
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def test_the_named_channels() -> None:
    """1 - h2(e), 1 - e, and log2(5/4) for the Z-channel at one half."""
    assert numbers(eps=0.11)["capacity"] == pytest.approx(1 - h2(0.11), rel=1e-12)
    assert numbers(kind="erasure", eps=0.3)["capacity"] == pytest.approx(0.7, rel=1e-12)
    z = numbers(kind="z", eps=0.5, share=0.6)
    assert z["capacity"] == pytest.approx(math.log2(5 / 4), rel=1e-12)
    assert z["best_share"] == pytest.approx(0.6, rel=1e-12)
    assert z["mine"] == pytest.approx(z["capacity"], rel=1e-12)
    assert numbers(eps=0.5)["capacity"] == 0.0


def test_a_noisy_keyboard_sends_one_bit() -> None:
    """Four keys, each typing itself or its neighbour: log2(4) - 1."""
    found = numbers(kind="own", W=page.NOISY_KEYS, share=0.25)
    assert found["capacity"] == pytest.approx(1.0, abs=1e-9)
    assert 0 <= found["gap"] < 1e-9


def test_a_letter_of_noise_is_not_sent() -> None:
    """The middle row is the mean of the others, so the channel is a symmetric one of error 0.1."""
    values = START | {"kind": "own", "W": page.IDLE}
    assert page.numbers(**values)["capacity"] == pytest.approx(1 - h2(0.1), abs=1e-9)
    assert "never sends x2" in page.notice(**values)


@pytest.mark.parametrize("share", [0.0, 0.2, 1 / 3, 0.9, 1.0])
def test_no_input_tells_more_than_the_capacity(share: float) -> None:
    found = numbers(kind="own", W=page.THREE, share=share)
    assert -1e-12 <= found["mine"] <= found["capacity"] + found["gap"] + 1e-12
    if share in (0.0, 1.0):
        assert found["mine"] < found["capacity"]


def test_the_curve_of_inputs_is_mutual_information() -> None:
    best, W = np.array([0.4, 0.4, 0.2]), np.array(page.THREE)
    for share in (0.0, 0.3, 1.0):
        x = page.own_input(best, share)
        assert x.sum() == pytest.approx(1.0)
        expected = float(isc.mutual_information(x[:, None] * W, unit="bits"))
        assert page._told(x, W) == pytest.approx(expected, abs=1e-12)
    alone = page.own_input(np.array([1.0, 0.0, 0.0]), 0.5)
    assert alone.tolist() == [0.5, 0.25, 0.25]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_points_stand_on_their_curves_and_move_their_sliders(width: int) -> None:
    values: dict[str, Any] = START | {"eps": 0.2, "share": 0.3}
    patch = page.view(**values, width=width)
    found = page.numbers(**values)
    for slot, name, height in (("curve", "eps", "capacity"), ("share", "share", "mine")):
        figure = patch[slot]
        assert isinstance(figure, Figure)
        (grip,) = (mark for mark in figure.marks if isinstance(mark, Handle))
        assert grip.drag_x == name
        assert 0 < grip.x < width
        data: Any = list(figure.data.values())
        assert np.interp(values[name], data[0], data[1]) == pytest.approx(found[height], abs=1e-9)


def test_touching_the_matrix_shows_it() -> None:
    assert page.settle(dict(START), "W", False)["kind"] == "own"
    assert page.settle(dict(START), "eps", False)["kind"] == "symmetric"


def test_rows_that_do_not_sum_to_one_are_refused_in_a_sentence() -> None:
    with pytest.raises(isc.InfoscopeError, match="sum to 1"):
        numbers(kind="own", W=((0.5, 0.4), (0.5, 0.5)))
