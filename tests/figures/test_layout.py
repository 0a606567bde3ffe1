"""No two labels touch, and none leaves the canvas, measured with a real font (DejaVu Sans)."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.font_manager import FontProperties, findfont, get_font

from infoscope.figures import bar_chart, heat_map, line_chart
from infoscope.figures.lettering import shorten, text_width
from infoscope.figures.marks import Text
from infoscope.figures.palette import ROLES


@cache
def _face(bold):
    return get_font(
        findfont(FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal"))
    )


def real_width(text, size, bold=False):
    face = _face(bold)
    face.set_size(size, 72)
    face.set_text(text, 0.0)
    return face.get_width_height()[0] / 64


def box(mark):
    settings = {k: v for role in mark.role.split() for k, v in ROLES.get(role, {}).items()}
    size = float(settings["font-size"])
    width = real_width(mark.text, size, "font-weight" in settings)
    start = {"start": 0.0, "middle": -width / 2, "end": -width}[mark.anchor]
    corners = [(start, -0.74 * size), (start + width, 0.2 * size)]
    angle = math.radians(mark.angle)
    turned = [
        (x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle))
        for x, y in corners
    ]
    xs, ys = zip(*turned, strict=True)
    return mark.x + min(xs), mark.y + min(ys), mark.x + max(xs), mark.y + max(ys)


def check(figure):
    texts = [mark for mark in figure.marks if isinstance(mark, Text) and mark.text]
    boxes = [box(mark) for mark in texts]
    for mark, (x0, y0, x1, y1) in zip(texts, boxes, strict=True):
        assert -1 <= x0 <= x1 <= figure.width + 1, mark
        assert -1 <= y0 <= y1 <= figure.height + 1, mark
    for i, a in enumerate(boxes):
        for j in range(i):
            b = boxes[j]
            apart = a[2] <= b[0] + 0.5 or b[2] <= a[0] + 0.5
            apart = apart or a[3] <= b[1] + 0.5 or b[3] <= a[1] + 0.5
            assert apart, (texts[i], texts[j])


NAMES = ["a", "flipper_length_mm", "Ünïcode", "WWWWMMMM", "x" * 90, "two words", "N", "12345678.9"]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x17E, exclude_categories=["C"])))
def test_the_estimate_is_an_upper_bound_for_a_wide_face(text):
    assert text_width(text, 12) >= 0.97 * real_width(text, 12) - 1


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1), st.floats(20, 300))
def test_shortened_text_fits(text, width):
    short = shorten(text, width, 12)
    assert short == text or "…" in short
    assert text_width(short, 12) <= max(width, text_width(text[0] + "…", 12))


def test_shortened_text_keeps_both_ends():
    assert shorten("long_name_of_column_17", 100, 12).startswith("long")
    assert shorten("long_name_of_column_17", 100, 12).endswith("17")


@pytest.mark.parametrize("n_columns", [1, 2, 5, 8, 15, 40, 100, 300])
@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_heat_map_labels(n_columns, long, scale):
    rng = np.random.default_rng(n_columns)
    names = [NAMES[i % 8] if long else f"c{i}" for i in range(n_columns)]
    matrix = 10 ** rng.uniform(-4, 1.2, (n_columns, n_columns))
    matrix[0, 0] = np.nan
    check(heat_map(matrix, names, names, title="t", unit="bits", quantity="q", scale=scale))


@pytest.mark.parametrize("n_rows, n_columns", [(1, 40), (40, 1), (3, 300), (300, 3)])
def test_heat_map_labels_of_oblong_grids(n_rows, n_columns):
    grid = np.ones((n_rows, n_columns))
    rows = [f"row number {i}" for i in range(n_rows)]
    columns = [f"column number {i}" for i in range(n_columns)]
    check(heat_map(grid, rows, columns, title="t", unit="bits", quantity="q"))


@pytest.mark.parametrize("top", [3e-4, 0.7, 1.0, 12345.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_bar_labels(top, sign):
    values = sign * top * np.linspace(1, 0.01, len(NAMES))
    texts = [f"{v:.3g} bits, 12 % of H" for v in values]
    check(bar_chart(NAMES, values, title="t", x_label="mutual information, bits",
                    low=values - top / 9, high=values + top / 9, texts=texts))  # fmt: skip


def test_bar_labels_with_a_long_axis_name():
    check(bar_chart(["a"], [1.0], title="t", x_label="very long axis name " * 20, width=400))


@pytest.mark.parametrize("top", [1e-3, 1.7, 9.99e5])
@pytest.mark.parametrize("n", [1, 2, 4])
def test_line_labels_even_when_curves_end_together(top, n):
    x = np.linspace(0, 30_000, 50)
    lines = {f"{NAMES[i]} {i}": np.full(50, top * (1 + 0.001 * i)) for i in range(n)}
    check(line_chart(x, lines, title="t", x_label="bytes", y_label="bits per byte " * 12,
                     references={"mean": top, "another": top}))  # fmt: skip


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e8])
def test_line_ticks_at_any_scale(scale):
    x = np.linspace(0, 1, 9) * scale
    check(line_chart(x, {"y": x - 0.4 * scale}, title="t", x_label="x", y_label="y"))
