"""Every other kind of picture: geometry that can be checked by hand, both renderers, errors."""

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from infoscope.core.errors import InvalidArgument, UnknownName
from infoscope.figures import (
    Grip,
    TextHeatStream,
    code_tree,
    column_chart,
    figure_row,
    heat_map,
    histogram,
    landscape,
    length_areas,
    line_chart,
    scatter_plot,
    signed_area,
    small_multiples,
    text_heat_map,
    venn_of_three,
    venn_of_two,
)
from infoscope.figures.marks import Cells, Circle, Dots, Handle, Path, Rect, Text
from infoscope.figures.scales import balanced_bands, log_ticks

HOSTILE = '<script>alert(1)</script>"&\x00'
XOR = {"100": 0, "010": 0, "001": 0, "110": 1, "101": 1, "011": 1, "111": -1}


def marks(figure, kind, role=""):
    return [m for m in figure.marks if isinstance(m, kind) and m.role.startswith(role)]


def columns(**more):
    return column_chart(["a", "b"], {"p": [0.5, 0.25]}, **(
        {"title": "T", "y_label": "p", "y_range": (0, 1)} | more))  # fmt: skip


def plane(**more):
    x = np.linspace(-1, 1, 21)
    settings = {"title": "T", "x_label": "x", "y_label": "y", "quantity": "q", "unit": "nats"}
    return landscape(x, x, x[:, None] ** 2 + x**2, **(settings | more))


KINDS = {
    "columns": columns(drag={"p": ["w0", "w1"]}, ghosts={"p": [0.4, 0.3]},
                       arrows={"p": [1.0, math.nan]}, references={"r": 0.1}),
    "groups": column_chart([HOSTILE, "b" * 80], {"p": [1, -2], HOSTILE: [math.nan, 3]},
                           title=HOSTILE, y_label=HOSTILE),
    "histogram": histogram(np.arange(20.0) ** 2, title="T", x_label=HOSTILE, density=True,
                           curve=([0, 400], [0.001, 0.002]), markers={"mean": 123.5}),
    "scatter": scatter_plot([1, 2, 3], [1, 4, 9], title="T", x_label="x", y_label="x",
                            groups=[HOSTILE, "b", "b"], diagonal=True, curve=([1, 3], [1, 9])),
    "density": scatter_plot(*np.random.default_rng(0).normal(size=(2, 3000)), title="T",
                            x_label="x", y_label="y"),
    "signed": signed_area([0, 1, 2], [1, -1, 1], title="T", x_label="x", y_label="n", total="1"),
    "lengths": length_areas(["a", HOSTILE, "none"], [0.75, 0.25, 0], [1, math.inf, 3],
                            step=[0.4, 2, 9], title="T", notes=["x", "y", "z"]),
    "tree": code_tree([HOSTILE, "b", "c"], ["0", "10", "11"], [0.5, 0.25, 0.25], title="T"),
    "two": venn_of_two(["X", HOSTILE], 0.5, 0.25, 0.0, title="T"),
    "three": venn_of_three(["X", "Y", HOSTILE], XOR, title="T"),
    "landscape": plane(path=[(0.5, 0.5), (0, 0)], dots={HOSTILE: (0, 0)},
                       handles=[Grip(0.5, 0.5, "m", "s")]),
    "balance": heat_map([[0.9, -0.9], [0.0, math.nan]], ["a", "b"], ["c", "d"], title="T",
                        unit="bits", quantity="PMI", ramp="balance", drag=[["x", ""], ["", "y"]]),
    "log": line_chart([1, 10, 100], {"e": [1, 0.1, 0.01]}, log_x=True, log_y=True, title="T",
                      x_label="n", y_label="e", markers={"here": 10, "near": 11},
                      dots={"d": (10, 0.1)}, ghosts={"e": [2, 1, 0.5]}),
}  # fmt: skip
KINDS["panels"] = small_multiples([KINDS["columns"], KINDS["scatter"], KINDS["tree"]], title="T")


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_sound_markup_with_words_and_numbers_for_screen_readers(kind):
    figure = KINDS[kind]
    for html in (figure.svg, figure.to_html()):
        root = ET.fromstring(html)
        assert not [e for e in root.iter() if e.tag.endswith("script")]
    svg = ET.fromstring(figure.svg)
    assert svg.attrib["role"] == "img"
    assert next(e.text for e in svg if e.tag.endswith(("title", "desc")))
    assert figure.description
    assert len({len(cells) for cells in figure.data.values()}) == 1
    assert "nan" not in "".join(e.attrib.get("d", "") for e in svg.iter())


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_drawn_by_matplotlib_too(kind):
    figure = KINDS[kind]
    ax = figure.draw()
    assert [t.get_text() for t in ax.texts] == [m.text for m in marks(figure, Text)]


def test_columns_are_as_high_as_their_values_and_drag_by_the_axis():
    figure = columns(drag={"p": ["w0", "w1"]}, drag_rate=2.0)
    a, b = marks(figure, Rect, "bar")
    assert a.height == pytest.approx(2 * b.height)
    first, _ = marks(figure, Rect, "hit")
    assert first.drag.y == "w0"
    assert first.drag.per_pixel_y == pytest.approx(-2.0 * 0.5 / a.height)


def test_a_handle_moves_its_point_as_fast_as_the_pointer():
    grips = [Grip(0, 0, "m", "s"), Grip(10, 1, "m", "s", rate_x=3)]
    words = {"title": "T", "x_label": "x", "y_label": "y"}
    figure = line_chart([0, 10], {"y": [0, 1]}, y_range=(0, 1), handles=grips, **words)
    low, high = marks(figure, Handle)
    assert low.per_pixel_x * (high.x - low.x) == pytest.approx(10.0)
    assert low.per_pixel_y * (high.y - low.y) == pytest.approx(1.0)
    assert high.per_pixel_x == pytest.approx(3 * low.per_pixel_x)


def test_curves_leave_the_picture_at_its_edge():
    figure = line_chart([0, 1, 2], {"y": [0, 4, 0]}, title="T", x_label="x", y_label="y",
                        y_range=(0, 2))  # fmt: skip
    up, down = marks(figure, Path, "line-1")
    assert up.points[-1][1] == down.points[0][1] == min(y for _, y in up.points)
    axis = next(m for m in marks(figure, Path, "axis") if m.points[0][1] == m.points[1][1])
    left, right = axis.points[0][0], axis.points[1][0]
    assert up.points[-1][0] == pytest.approx(left + (right - left) / 4)


def test_signed_areas_are_split_where_the_curve_crosses_zero():
    figure = signed_area([0, 1], [1, -2], title="T", x_label="x", y_label="n")
    # the line 1 - 3x crosses at 1/3: areas 1/6 above and 2/3 below
    assert figure.description == "n over x: 0.167 adds, 0.667 subtracts, together −0.500."
    gain, loss = (marks(figure, Path, role)[0] for role in ("gain", "loss"))
    zero = max(y for _, y in gain.points)
    assert min(y for _, y in loss.points) == pytest.approx(zero)


def test_blocks_have_the_area_of_probability_times_length():
    figure = length_areas(["a", "b"], [0.75, 0.25], [1, 3], title="T")
    a, b = marks(figure, Rect, "block")
    assert (a.width + 1) / (b.width + 1) == pytest.approx(3.0)
    assert b.height == pytest.approx(3 * a.height)
    assert "1.5 bits" in figure.description


def lens(r1, r2, d):
    """Area two discs share, by summing thin vertical strips."""
    x = np.linspace(-r1, r1, 200001)
    other = r2**2 - (x - d) ** 2
    half = np.minimum(np.sqrt(r1**2 - x**2), np.sqrt(np.where(other > 0, other, 0.0)))
    return 2 * np.trapezoid(half, x)


@pytest.mark.parametrize("only_x, both, only_y", [(1, 0.5, 0.5), (0.1, 1, 0.4), (2, 0.05, 0.3)])
def test_circles_and_their_overlap_are_to_scale(only_x, both, only_y):
    one, two = marks(venn_of_two("XY", only_x, both, only_y, title="T"), Circle, "set-")
    unit = math.pi * one.radius**2 / (only_x + both)
    assert math.pi * two.radius**2 == pytest.approx(unit * (only_y + both))
    assert lens(one.radius, two.radius, two.x - one.x) == pytest.approx(unit * both, rel=1e-4)


def test_independent_circles_touch_and_a_function_lies_inside():
    one, two = marks(venn_of_two("XY", 1, 0, 1, title="T"), Circle, "set-")
    assert two.x - one.x == pytest.approx(one.radius + two.radius, abs=1e-4)
    one, two = marks(venn_of_two("XY", 1, 1, 0, title="T"), Circle, "set-")
    assert two.x - one.x + two.radius == pytest.approx(one.radius, abs=0.02)


def test_a_circle_does_not_speak_of_rounding():
    figure = venn_of_two("XY", 1, 2.9e-17, 1, title="T")  # what 0 becomes in a sum of logarithms
    assert figure.description == "H(X|Y) = 1, I(X;Y) = 0, H(Y|X) = 1 bits."
    assert list(figure.data["bits"]) == [1, 2.9e-17, 1]


def test_a_negative_centre_is_said_in_words():
    figure = venn_of_three("XYZ", XOR, title="T")
    assert "centre is negative" in figure.description
    assert any("negative" in m.text for m in marks(figure, Text))
    assert len(marks(figure, Text, "amount-negative")) == 1


def test_many_dots_become_cells_that_hold_all_of_them():
    few = scatter_plot(*np.random.default_rng(1).normal(size=(2, 2000)), title="T", x_label="x",
                       y_label="y")  # fmt: skip
    assert [len(m.points) for m in marks(few, Dots)] == [2000]
    assert not any(isinstance(m, Cells) for m in few.marks)
    assert any(isinstance(m, Cells) for m in KINDS["density"].marks)


def test_the_smallest_amount_of_a_landscape_has_the_lightest_colour():
    (grid,) = [m for m in plane().marks if isinstance(m, Cells)]
    rows, columns = len(grid.levels), len(grid.levels[0])
    assert grid.levels[rows // 2][columns // 2] == 0
    assert grid.levels[0][0] == grid.levels[-1][-1] == 8


def test_scales_of_both_signs_are_symmetric():
    edges = balanced_bands(3.7).edges
    assert [-e for e in reversed(edges)] == list(edges)
    assert balanced_bands(3.7).level(0.0) == 4
    assert balanced_bands(0.9).level(0.9) == 8
    assert balanced_bands(0.9).level(-0.9) == 0


@pytest.mark.parametrize("low, high", [(1e-9, 1e9), (0.3, 40.0), (5.0, 7.0), (1.0, 1e3)])
def test_logarithmic_ticks_lie_inside_and_are_few(low, high):
    found = log_ticks(low, high)
    assert 2 <= len(found) <= 9
    assert all(low <= t <= high for t in found)


def test_a_stream_gives_the_spans_of_the_whole_text():
    text = "naïve € 🙂 end"
    cut = [text.encode()[i : i + 1] for i in range(len(text.encode()))]
    values = [float(i % 7) for i in range(len(cut))]
    edges = [1, 2, 3, 4, 5, 6, 7, 8]
    stream = TextHeatStream(unit="bits", edges=edges)
    pieces = [stream.add(cut[i : i + 3], values[i : i + 3]) for i in range(0, len(cut), 3)]
    whole = text_heat_map(cut, values, unit="bits", edges=edges)
    assert "".join(pieces) + stream.finish() in whole
    assert stream.legend in whole


def test_half_a_character_at_the_end_of_a_stream_is_not_lost():
    stream = TextHeatStream(unit="bits")
    assert stream.add([b"\xe2\x82"], [1.0]) == ""
    assert r"\xe2\x82" in stream.finish()


def test_rows_hold_whole_figures():
    assert figure_row([KINDS["two"], KINDS["tree"]]).count("<svg") == 2


@pytest.mark.parametrize("call, message", [
    (lambda: columns(drag={"q": ["a", "b"]}), "column_chart: drag must name series"),
    (lambda: columns(ghosts={"p": [1.0]}), "'p' must hold one number for each label"),
    (lambda: column_chart(["a"], {"p": [math.inf]}, title="T", y_label="y"), "must be finite"),
    (lambda: histogram([], title="T", x_label="x"), "samples must be finite numbers"),
    (lambda: histogram([1, 5], bins=[0, 2], title="T", x_label="x"), "hold every sample; got 1"),
    (lambda: scatter_plot([1], [1, 2], title="T", x_label="x", y_label="y"), "of one length"),
    (lambda: length_areas(["a"], [0.5], [1], title="T"), "shares must sum to 1"),
    (lambda: code_tree(["a", "b"], ["0", "01"], [0.5, 0.5], title="T"), "not begin one another"),
    (lambda: venn_of_two("XY", -0.1, 0, 0, title="T"), r"H\(X\|Y\) must be finite and at least 0"),
    (lambda: venn_of_three("XYZ", {}, title="T"), "name exactly 100, 010"),
    (lambda: line_chart([0, 1], {"a": [1, 2]}, log_x=True, title="T", x_label="x", y_label="y"),
     "x must be above 0"),
    (lambda: small_multiples([], title="T"), "at least one each"),
    (lambda: landscape([0, 1, 3], [0, 1], np.zeros((2, 3)), title="T", x_label="x", y_label="y",
                       quantity="q", unit="b"), "x must be at least two evenly spaced"),
    (lambda: TextHeatStream(unit="bits", edges=[1, 2]), "edges must be 8 ascending"),
])  # fmt: skip
def test_errors_name_the_argument(call, message):
    with pytest.raises(InvalidArgument, match=message):
        call()


def test_unknown_palettes_are_refused():
    with pytest.raises(UnknownName, match="ramp must be one of"):
        plane(ramp="rainbow")


def test_figures_are_the_same_every_time():
    assert columns().svg == columns().svg
