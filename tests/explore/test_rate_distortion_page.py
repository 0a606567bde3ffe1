"""The page on rate and distortion against closed forms and the shape of the curve."""

import math
from typing import Any

import numpy as np
import pytest

import infoscope as isc
from infoscope.explore.page import NARROW, WIDE
from infoscope.explore.pages import rate_distortion as page
from infoscope.figures.marks import Handle

START: Any = page.PAGE.defaults()


def h2(p: float) -> float:
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def test_closed_forms() -> None:
    assert page.numbers(**START)["rate"] == pytest.approx(1 - h2(0.11), rel=1e-12)
    quarter = page.numbers(**(START | {"kind": "gaussian", "variance": 2.0, "level": 0.25}))
    assert quarter["rate"] == pytest.approx(1.0, rel=1e-12)
    assert quarter["target"] == 0.5
    assert page.numbers(**(START | {"level": 1.0}))["rate"] == 0.0


def test_letters_alike_under_hamming() -> None:
    """m equal letters: log2 m - h2(D) - D log2(m - 1); ends at (m - 1) / m."""
    values: dict[str, Any] = START | {"kind": "own", "p": (1 / 3,) * 3, "level": 0.3}
    found = page.numbers(**values)
    assert found["target"] == pytest.approx(0.2)
    assert found["rate"] == pytest.approx(math.log2(3) - h2(0.2) - 0.2, abs=2e-6)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_curve_of_an_own_source_is_convex_and_holds_the_point(width: int) -> None:
    values = START | {"kind": "own", "level": 0.3}
    figure = page.view(**values, width=width)["curve"]
    found = page.numbers(**values)
    x, rates = (np.array(figure.data[name]) for name in ("mean distortion", "rate"))
    slopes = np.diff(rates) / np.diff(x)
    assert np.all(slopes < 1e-6)
    assert np.all(np.diff(slopes[x[:-1] > 0.01]) > -1e-3)
    assert rates[0] == pytest.approx(float(isc.entropy(values["p"], unit="bits")), abs=1e-5)
    assert rates[-1] == 0.0
    assert np.interp(found["target"], x, rates) == pytest.approx(found["rate"], abs=0.01)
    (grip,) = (mark for mark in figure.marks if isinstance(mark, Handle))
    assert grip.drag_x == "level"
    assert grip.x < width


def test_new_letters_get_a_matrix_and_a_wrong_one_a_sentence() -> None:
    values: dict[str, Any] = START | {"p": (0.25, 0.25, 0.25, 0.25)}
    settled = page.settle(values, "p.add", False)
    assert settled["kind"] == "own"
    assert settled["d"] == tuple(tuple(float(i != j) for j in range(4)) for i in range(4))
    with pytest.raises(isc.InfoscopeError, match="a row for each of the 4"):
        page.view(**(START | values | {"kind": "own"}), width=WIDE)
