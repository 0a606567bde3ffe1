"""The same marks on matplotlib: same colours, same places, texts untouched."""

import numpy as np
import pytest
from matplotlib.figure import Figure as Canvas

from infoscope.core.errors import InvalidArgument
from infoscope.figures import Figure, bar_chart, heat_map, line_chart
from infoscope.figures.marks import Circle, Rect, Text
from infoscope.figures.matplotlib_axes import draw, image
from infoscope.figures.palette import COLOURS, RAMPS, ink_on
from infoscope.figures.scales import linear_bands


def bars():
    return bar_chart(["a $x$", "b"], [1.0, 0.5], low=[0.8, 0.4], high=[1.2, 0.6], title="T",
                     x_label="bits")  # fmt: skip


def pixels(ax):
    canvas = ax.get_figure(root=True).canvas
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def rgb(colour):
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


@pytest.mark.parametrize("theme, side", [("light", 0), ("dark", 1)])
def test_a_bar_is_painted_where_the_mark_says(theme, side):
    figure = bars()
    seen = pixels(draw(figure, theme=theme))
    assert seen.shape[:2] == (round(figure.height), round(figure.width))
    bar = next(m for m in figure.marks if isinstance(m, Rect))
    x, y = int(bar.x + bar.width / 3), int(bar.y + 3)
    assert seen[y, x].tolist() == rgb(COLOURS["accent"][side])
    assert seen[1, 1].tolist() == rgb(COLOURS["paper"][side])


def test_texts_are_the_same_and_dollars_are_no_formulas():
    figure = bars()
    ax = draw(figure)
    assert [t.get_text() for t in ax.texts] == [m.text for m in figure.marks if isinstance(m, Text)]
    assert not any(text.get_parse_math() for text in ax.texts)


def test_cells_have_the_colours_of_their_levels():
    names = [str(i) for i in range(50)]
    values = np.arange(2500.0).reshape(50, 50)
    figure = heat_map(values, names, names, title="T", unit="bits", quantity="q")
    (picture,) = draw(figure).images
    shown = np.asarray(picture.get_array())
    assert shown.shape == (50, 50, 3)
    bands = linear_bands(2499.0)
    for i, j in [(0, 0), (20, 30), (49, 49)]:
        assert shown[i, j].tolist() == rgb(RAMPS["information"][0][bands.level(values[i, j])])


def test_numbers_in_cells_take_the_readable_ink():
    figure = heat_map([[0.1, 8.0]], ["r"], ["a", "b"], title="T", unit="bits", quantity="q")
    inks = {t.get_text(): t.get_color() for t in draw(figure).texts}
    assert inks["8.00"] == ink_on(RAMPS["information"][0][8])


def test_missing_cells_dashes_bands_dots_and_round_corners_are_drawn():
    draw(heat_map(np.full((600, 3), np.nan), ["r"] * 600, ["c"] * 3, title="T", unit="bits",
                  quantity="q"))  # fmt: skip
    ax = draw(line_chart([0, 1, 2], {"y": [1, 2, 3]}, bands={"y": ([0, 1, 2], [2, 3, 4])},
                         references={"m": 2}, title="T", x_label="x", y_label="y"))  # fmt: skip
    assert len(ax.patches) == 1
    assert any(line.is_dashed() for line in ax.lines)
    marks = [Circle(5, 5, 2, "dot"), Rect(1, 1, 5, 5, "bar", radius=2)]
    assert len(draw(Figure("t", "d", {}, marks, 10, 10)).patches) == 2


def test_given_axes_are_used_and_texts_shrink_with_them():
    figure = bars()
    small = Canvas(figsize=(3, 2)).add_subplot()
    assert draw(figure, small) is small
    whole = draw(figure)
    assert small.texts[0].get_fontsize() < whole.texts[0].get_fontsize()


def test_png_and_pdf_are_the_same_every_time(tmp_path):
    assert image(bars(), "png") == image(bars(), "png")
    assert image(bars(), "pdf") == image(bars(), "pdf")
    assert bars().save(tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert bars().save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert len(bars().draw().patches) == 2


def test_unknown_theme():
    with pytest.raises(InvalidArgument, match="draw: theme must be 'light' or 'dark'"):
        draw(bars(), theme="sepia")
