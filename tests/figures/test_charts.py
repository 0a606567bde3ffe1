"""Charts draw what they were given: geometry, data tables, gaps, and errors that name the cause."""

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from infoscope.core.errors import InvalidArgument, UnknownName
from infoscope.figures import Figure, bar_chart, heat_map, line_chart
from infoscope.figures.marks import Cells, Drag, Handle, Path, Rect, Text

SVG = "{http://www.w3.org/2000/svg}"


def line(**more):
    settings = {"title": "T", "x_label": "bytes", "y_label": "bits per byte"} | more
    x = settings.pop("x", [0.0, 1.0, 2.0, 3.0])
    lines = settings.pop("lines", {"rate": [4.0, 2.0, 3.0, 1.0]})
    return line_chart(x, lines, **settings)


def bars(values, **more):
    names = [f"n{i}" for i in range(len(values))]
    return bar_chart(names, values, **({"title": "T", "x_label": "bits"} | more))


def grid(matrix, **more):
    matrix = np.asarray(matrix, dtype=float)
    rows, columns = [f"r{i}" for i in range(len(matrix))], [f"c{i}" for i in range(len(matrix[0]))]
    settings = {"title": "T", "unit": "bits", "quantity": "q"} | more
    return heat_map(matrix, rows, columns, **settings)


FIGURES = {
    "line": line(bands={"rate": ([3, 1, 2, 0], [5, 3, 4, 2])}, references={"mean <b>": 2.5}),
    "bars": bars([1.0, -0.5, math.nan], low=[0.5, -1, math.nan], high=[2, 0, math.nan]),
    "grid": grid([[0.1, math.nan], [3.0, 0.0]]),
    "large grid": grid(np.arange(50 * 50).reshape(50, 50)),
}


@pytest.mark.parametrize("name", FIGURES)
def test_svg_is_well_formed_named_described_and_inert(name):
    figure = FIGURES[name]
    root = ET.fromstring(figure.svg)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == figure.title
    assert root[1].tag == f"{SVG}desc"
    assert root[1].text == figure.description
    assert root.get("viewBox") == f"0 0 {figure.width:g} {round(figure.height, 2):g}"
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "style", "g", "rect", "path", "circle", "text"}
    for element in root.iter():
        assert not any(key in ("id", "href", "fill", "stroke", "style") for key in element.attrib)
        assert not any(key.startswith("on") for key in element.attrib)


@pytest.mark.parametrize("name", FIGURES)
def test_every_class_has_a_rule(name):
    root = ET.fromstring(FIGURES[name].svg)
    css = root.find(f"{SVG}style").text
    for element in root.iter():
        for word in (element.get("class") or "").split():
            assert f".{word}{{" in css or word == "isc", word


def test_same_input_same_bytes():
    assert line().svg == line().svg
    assert grid([[1.0, 2.0]]).to_html() == grid([[1.0, 2.0]]).to_html()


def test_line_passes_through_its_points():
    path = next(m for m in line(from_zero=True).marks if isinstance(m, Path) and m.role == "line-1")
    xs, ys = zip(*path.points, strict=True)
    assert np.allclose(np.diff(xs), xs[1] - xs[0])
    heights = np.array([4.0, 2.0, 3.0, 1.0])
    slope, _ = np.polyfit(heights, ys, 1)
    assert slope < 0
    assert np.allclose(np.diff(ys), slope * np.diff(heights))


def test_line_breaks_at_values_that_are_no_number():
    values = [1.0, 2.0, math.nan, 3.0, 4.0, math.inf, 5.0]
    figure = line(x=range(7), lines={"a": values})
    paths = [m for m in figure.marks if isinstance(m, Path) and m.role == "line-1"]
    assert [len(path.points) for path in paths] == [2, 2]
    assert figure.data["a"][5] == math.inf


def test_a_reference_can_have_a_strip():
    figure = line(references={"mean": 2.0}, bands={"mean": (1.0, 4.0)}, from_zero=True)
    (strip,) = [m for m in figure.marks if isinstance(m, Rect)]
    dashed = next(m for m in figure.marks if isinstance(m, Path) and m.role == "reference")
    assert dashed.points[0][1] - strip.y == pytest.approx(strip.height * 2 / 3)
    assert figure.data["mean, high"] == (4.0,) * 4


def test_line_data_equals_the_input():
    data = FIGURES["line"].data
    assert data["bytes"] == (0.0, 1.0, 2.0, 3.0)
    assert data["rate"] == (4.0, 2.0, 3.0, 1.0)
    assert data["rate, low"] == (3.0, 1.0, 2.0, 0.0)
    assert data["rate, high"] == (5.0, 3.0, 4.0, 2.0)
    assert data["mean <b>"] == (2.5,) * 4


@pytest.mark.parametrize(
    "more, words",
    [
        ({"x": [0.0]}, "at least two"),
        ({"x": [0, 2, 1, 3]}, "ascending"),
        ({"x": [0, 1, math.nan, 3]}, "ascending"),
        ({"lines": {}}, "1 to 4 curves"),
        ({"lines": {"a": [1.0]}}, "shape of x"),
        ({"lines": {"a": [math.nan] * 4}}, "finite value"),
        ({"bands": {"other": ([1] * 4, [2] * 4)}}, "name lines among"),
        ({"references": {"m": math.inf}}, "be finite"),
        ({"references": {"m": 1.0}, "bands": {"m": (math.nan, 2.0)}}, "be finite"),
        ({"references": {"m": 1.0}, "bands": {"m": ([1] * 4, [2] * 4)}}, "two numbers"),
    ],
)
def test_line_errors(more, words):
    with pytest.raises(InvalidArgument, match=words):
        line(**more)


def test_bars_are_as_long_as_their_values():
    figure = bars([2.0, 1.0, -0.5, 0.0])
    widths = [m.width for m in figure.marks if isinstance(m, Rect)]
    lefts = [m.x for m in figure.marks if isinstance(m, Rect)]
    assert widths[0] == pytest.approx(2 * widths[1])
    assert widths[2] == pytest.approx(widths[1] / 2)
    assert widths[3] == 0.0
    assert lefts[2] + widths[2] == pytest.approx(lefts[0])


def test_bars_whiskers_span_the_interval_and_nan_has_none():
    figure = FIGURES["bars"]
    whiskers = [m for m in figure.marks if isinstance(m, Path) and m.role == "whisker" and m.tip]
    bar = next(m for m in figure.marks if isinstance(m, Rect))
    assert len(whiskers) == 2
    (x0, _), (x1, _) = whiskers[0].points
    assert x0 - bar.x == pytest.approx(bar.width / 2)
    assert x1 - bar.x == pytest.approx(bar.width * 2)
    assert any(isinstance(m, Text) and m.text == "n/a" for m in figure.marks)
    assert figure.data["low"][:2] == (0.5, -1.0)


def test_a_note_may_take_the_room_that_its_bar_leaves() -> None:
    note = "a note longer than a third of the canvas, which the short bar has room for"
    short = bars([1.0, 9.0], texts=[note, "9"], width=700)
    long = bars([1.0, 9.0], texts=["1", note], width=700)
    assert any(isinstance(m, Text) and m.text == note for m in short.marks)
    assert not any(isinstance(m, Text) and m.text == note for m in long.marks)


def test_muted_bars_take_the_grey_role():
    roles = [m.role for m in bars([1, 2], muted=[False, True]).marks if isinstance(m, Rect)]
    assert roles == ["bar", "bar-muted"]


@pytest.mark.parametrize(
    "values, more, words",
    [
        ([], {}, "at least one"),
        ([math.inf], {}, "be finite"),
        ([1.0], {"low": [0.0]}, "come together"),
        ([1.0], {"low": [2.0], "high": [1.0]}, "at or below high"),
        ([1.0], {"texts": []}, "one entry"),
        ([1.0], {"muted": [True, False]}, "one entry"),
    ],
)
def test_bar_errors(values, more, words):
    with pytest.raises(InvalidArgument, match=words):
        bars(values, **more)


def test_cells_take_the_step_of_their_value_and_tell_it():
    figure = grid([[0.0, 1.0, 7.99, 8.0]])
    cells = [m for m in figure.marks if isinstance(m, Rect) and "×" in m.tip]
    assert [m.role for m in cells] == [f"information-{k}" for k in (0, 1, 7, 8)]
    assert cells[3].tip == "r0 × c3: 8 (q, bits)"


def test_missing_cells_are_hatched_and_named():
    figure = FIGURES["grid"]
    assert any(isinstance(m, Rect) and m.tip == "r0 × c1: missing" for m in figure.marks)
    assert any(isinstance(m, Path) and m.role == "hatch" for m in figure.marks)
    assert any(isinstance(m, Text) and m.text == "missing" for m in figure.marks)


def test_hatching_stays_inside_its_cell():
    figure = grid([[math.nan]])
    cell = next(m for m in figure.marks if isinstance(m, Rect))
    inside = [
        m for m in figure.marks if isinstance(m, Path) and m.points[0][1] < cell.y + cell.height
    ]
    for mark in inside:
        for x, y in mark.points:
            assert cell.x - 1e-9 <= x <= cell.x + cell.width + 1e-9
            assert cell.y - 1e-9 <= y <= cell.y + cell.height + 1e-9


def test_the_diagonal_can_be_left_out_of_the_scale():
    figure = grid([[100.0, 0.5], [0.5, 100.0]], skip_diagonal=True)
    roles = [m.role for m in figure.marks if isinstance(m, Rect) and m.tip]
    assert roles.count("blank") == 2
    assert {"information-0", "blank"}.isdisjoint(set(roles) - {"blank"})


def test_a_large_grid_is_drawn_in_runs_that_cover_every_cell():
    figure = grid(np.arange(60 * 50).reshape(60, 50), scale="log")
    (cells,) = [m for m in figure.marks if isinstance(m, Cells)]
    assert np.shape(cells.levels) == (60, 50)
    group = ET.fromstring(figure.svg).find(f"{SVG}g")
    covered = np.zeros((60, 50), int)
    for path in group:
        for run in path.get("d")[1:].split("M"):
            start, n = run.split("h")
            column, row = start.split()
            covered[int(float(row)), int(column) : int(column) + int(n)] += 1
    assert (covered == 1).all()


def test_a_map_of_three_hundred_columns_stays_below_a_megabyte():
    noise = 10 ** np.random.default_rng(0).uniform(-3, 1, (300, 300))
    assert len(grid(noise, scale="log").svg) < 1_000_000


def test_twin_names_keep_their_own_column_in_the_data():
    figure = heat_map([[1.0, 2.0]], ["r"], ["a", "a"], title="T", unit="bits", quantity="q")
    assert figure.data == {"row": ("r",), "a": (1.0,), "a (2)": (2.0,)}


@pytest.mark.parametrize(
    "matrix, more, error",
    [
        ([[]], {}, InvalidArgument),
        ([[1.0]], {"scale": "cubic"}, UnknownName),
        ([[1.0]], {"ramp": "rainbow"}, UnknownName),
    ],
)
def test_grid_errors(matrix, more, error):
    with pytest.raises(error, match="heat_map: "):
        grid(matrix, **more)


def test_names_are_escaped_everywhere():
    evil = '<script>alert("1")</script>'
    figure = bar_chart([evil], [1.0], title=evil, x_label=evil)
    html = figure.to_html()
    assert "<script" not in html + figure.svg
    ET.fromstring(figure.svg)
    assert "&lt;script&gt;" in html


def test_bars_name_the_inputs_they_move_and_how_far_for_a_pixel():
    figure = bar_chart(["a", "b"], [0.0, 1.0], title="T", x_label="x", drag=["w0", ""])
    (held,) = [m for m in figure.marks if isinstance(m, Rect) and m.drag]
    bar = next(m for m in figure.marks if isinstance(m, Rect) and m.width and m.role == "bar"
               and m.y > held.y + 20)  # fmt: skip
    assert held.drag == Drag(x="w0", per_pixel_x=pytest.approx(1.0 / bar.width))
    svg = figure.svg
    assert svg.count("data-drag-x=") == 1
    assert 'class="isc-hit isc-handle isc-handle-x"' in svg
    assert 'data-drag-x="w0"' in svg
    assert f'data-scale-x="{held.drag.per_pixel_x:.10g}"' in svg


def test_a_handle_moves_two_inputs_and_escapes_their_names():
    svg = Figure("t", "d", {}, [Handle(5, 6, 'm"', "s", 0.5, -0.25, "<b>")], 10, 10).svg
    assert 'class="isc-handle isc-handle-xy"' in svg
    assert 'data-drag-x="m&quot;" data-scale-x="0.5" data-drag-y="s" data-scale-y="-0.25"' in svg
    assert "<title>&lt;b&gt;</title>" in svg
    ET.fromstring(svg)


def test_a_line_chart_says_in_words_how_its_lines_go() -> None:
    curves = {"up": [0.0, 1.0, 2.0], "down": [2.0, 1.0, 1e-9], "flat": [1.0, 1.0, 1.0],
              "bump": [0.0, 2.0, 1.0]}  # fmt: skip
    chart = line_chart([0, 1, 2], curves, title="t", x_label="x", y_label="y")
    assert chart.description == (
        "y over x: up rises from 0 to 2; down falls from 2 to 0; flat stays at 1; "
        "bump lies between 0 and 2 and ends at 1."
    )
