"""The page on mutual information against values derived by hand."""

import math
from typing import Any

import numpy as np
import pytest

from infoscope.core.errors import InvalidArgument
from infoscope.explore.controls import Sent
from infoscope.explore.drawings.joint_squares import joint_squares
from infoscope.explore.exchange import computed, read
from infoscope.explore.page import WIDE
from infoscope.explore.pages import mutual_information as page
from infoscope.figures.marks import Rect

CELLS = page.PAGE.by_name["p"]


def preset(label: str) -> Any:
    (found,) = (one for one in page.PAGE.presets if one.label == label)
    return found.values["p"]


def test_the_textbook_table() -> None:
    """[[.4, .05], [.05, .5]]: 0.5245848605319354 bits, not the 0.5004 often printed."""
    found = page.numbers(p=(0.4, 0.05, 0.05, 0.5))
    assert found["mutual_information"] == pytest.approx(0.5245848605319354, rel=1e-13)
    assert found["h_x"] == pytest.approx(-0.45 * math.log2(0.45) - 0.55 * math.log2(0.55))
    for left, right in (
        (found["h_x"] + found["h_y"] - found["h_xy"], found["mutual_information"]),
        (found["h_x"] - found["h_x_given_y"], found["mutual_information"]),
        (found["h_y"] - found["h_y_given_x"], found["mutual_information"]),
    ):
        assert left == pytest.approx(right, abs=1e-14)


@pytest.mark.parametrize(
    "label, h_x, h_y, shared",
    [
        ("Copy", 1.0, 1.0, 1.0),
        ("Parity of 1 to 4", 2.0, 1.0, 1.0),
        ("XOR, one input", 1.0, 1.0, 0.0),
        ("XOR, both inputs", 2.0, 1.0, 1.0),
    ],
)
def test_tables_whose_answer_is_plain(label: str, h_x: float, h_y: float, shared: float) -> None:
    found = page.numbers(p=preset(label))
    assert (found["h_x"], found["h_y"]) == (h_x, h_y)
    assert found["mutual_information"] == pytest.approx(shared, abs=1e-15)


def test_a_function_of_x_tells_the_entropy_of_y() -> None:
    p = preset("Three to two")
    found = page.numbers(p=p)
    assert found["mutual_information"] == pytest.approx(found["h_y"], abs=1e-14)
    assert found["h_x"] > found["h_y"] + 0.1
    assert "I = H(Y)" in page.notice(p=p)
    assert page.numbers(p=preset("Independent"))["mutual_information"] == pytest.approx(
        0, abs=1e-15
    )
    assert page.notice(p=preset("Independent")).startswith("Independent")


def test_pointwise_parts_add_up() -> None:
    p = preset("Nearly a line")
    data = page.view(p=p, width=WIDE, held=False)["joint"].data
    total = sum(
        a * math.log2(a / b) for a, b in zip(data["p(x,y)"], data["p(x)·p(y)"], strict=True)
    )
    mean = sum(a * b for a, b in zip(data["p(x,y)"], data["PMI, bits"], strict=True))
    assert total == pytest.approx(page.numbers(p=p)["mutual_information"], abs=1e-14)
    assert mean == pytest.approx(total, abs=1e-14)
    assert page.pointwise((0.5, 0.0, 0.0, 0.5))[0, 1] == -math.inf
    assert np.isnan(page.pointwise((0.5, 0.5, 0.0, 0.0))[1]).all()


def test_areas_are_probabilities() -> None:
    p = (0.4, 0.1, 0.2, 0.3)
    figure = joint_squares(
        page.as_table(p), page.pointwise(p), ["a", "b"], ["c", "d"], width=WIDE, top=0.5
    )
    tips = ("a, c", "a, d", "b, c", "b, d")
    squares = [m for m in figure.marks if isinstance(m, Rect) and m.tip.startswith(tips)]
    areas = np.array([m.width * m.height for m in squares])
    assert areas / areas.sum() == pytest.approx(p)


def test_the_number_of_cells_says_the_shape() -> None:
    values = read(page.PAGE, Sent({"p": "1, 2 | 3, 4 | 5, 6"})).values
    assert values["shape"] == "3x2"
    assert values["p"] == pytest.approx(np.arange(1, 7) / 21)
    assert computed(page.PAGE, values)["joint"].data["X"] == ("x1", "x1", "x2", "x2", "x3", "x3")
    wider = read(
        page.PAGE, Sent({"p": "0.4, 0.1, 0.1, 0.4", "shape": "3x3"}, "shape", "3x3")
    ).values
    assert len(wider["p"]) == 9
    assert sum(wider["p"]) == pytest.approx(1.0)
    table = page.as_table(wider["p"])
    assert table[0, 0] > table[0, 1] > 0
    back = read(page.PAGE, Sent({"p": "0.4, 0.1, 0.1, 0.4, 0, 0", "shape": "2x2"}, "shape", "2x2"))
    assert back.values["p"] == (0.4, 0.1, 0.1, 0.4)
    with pytest.raises(InvalidArgument, match="4, 6, 8 or 9"):
        CELLS.read(Sent({"p": "1, 2, 3, 4, 5"}))


def test_every_cell_has_a_name_of_its_own() -> None:
    body = CELLS.body((1 / 6,) * 6)
    for cell in ("x1 y1", "x2 y1", "x3 y2"):
        assert f'aria-label="Joint p(x, y): {cell}, slider"' in body
    assert ">A<" not in body
