"""Several pictures as one: panels in a grid, or a row of figures that wraps on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures.figure import Figure
from infoscope.figures.lettering import shorten
from infoscope.figures.marks import Cells, Circle, Dots, Handle, Mark, Path, Rect, Text
from infoscope.figures.markup import Html

__all__ = ["figure_row", "moved", "small_multiples"]

HEAD = 26.0


def small_multiples(
    figures: Sequence[Figure],
    *,
    title: str,
    columns: int = 2,
    headings: bool = True,
    description: str = "",
    gap: float = 28.0,
) -> Figure:
    """Put pictures side by side in one picture, row by row, each under its own title.

    Parameters
    ----------
    figures : sequence of Figure
        At least one.
    title : str
        What they show together.
    columns : int
        Pictures in a row; 1 stacks them.
    headings : bool
        Whether each panel has its title above it.
    description : str
        For screen readers; the panels' own descriptions when it is empty.
    gap : float
        Pixels between panels.

    Returns
    -------
    Figure
        With `data` columns of all panels, each named after its panel; short ones end with gaps.

    Raises
    ------
    InvalidArgument
        If there is no figure or no column.

    Examples
    --------
    >>> from infoscope.figures.marks import Rect
    >>> one = Figure("A", "One.", {"x": [1]}, [Rect(0, 0, 5, 5, "bar")], 10, 10)
    >>> other = Figure("B", "One.", {"x": [1]}, one.marks, 10, 10)
    >>> both = small_multiples([one, other], title="Two", gap=4)
    >>> both.width, both.data["B: x"], [m.x for m in both.marks if isinstance(m, Rect)]
    (24, (1,), [0.0, 14.0])
    """
    if not figures or columns < 1:
        raise InvalidArgument(
            sentence("small_multiples", "figures and columns", "be at least one each",
                     f"{len(figures)} and {columns}")
        )  # fmt: skip
    rows = [figures[i : i + columns] for i in range(0, len(figures), columns)]
    widths = [max(f.width for f in column) for column in _turned(rows)]
    marks: list[Mark] = []
    y = 0.0
    for row in rows:
        x = 0.0
        for figure, wide in zip(row, widths, strict=False):
            if headings:
                text = shorten(figure.title, wide / 1.12, 13)
                marks.append(Text(x, y + 14, text, "panel", tip=figure.title))
            marks += [moved(mark, x, y + (HEAD if headings else 0.0)) for mark in figure.marks]
            x += wide + gap
        y += max(f.height for f in row) + (HEAD if headings else 0.0) + gap
    about = description or " ".join(f"{f.title}: {f.description}" for f in figures)
    pairs = [(f"{f.title}: {k}", cells) for f in figures for k, cells in f.data.items()]
    names: dict[str, int] = {}
    heads: list[str] = []
    for name, _ in pairs:
        names[name] = names.get(name, 0) + 1
        heads.append(name if names[name] == 1 else f"{name} ({names[name]})")
    filled = list(zip_longest(*(cells for _, cells in pairs)))
    data = {head: [row[i] for row in filled] for i, head in enumerate(heads)}
    return Figure(title, about, data, marks, sum(widths) + gap * (len(widths) - 1), y - gap)


def _turned(rows: Sequence[Sequence[Figure]]) -> list[list[Figure]]:
    return [[f for f in column if f is not None] for column in zip_longest(*rows)]


def figure_row(figures: Sequence[Figure], *, caption: bool = True, data: bool = True) -> Html:
    """Return figures as a row that breaks where the screen is narrow, each a figure of its own.

    >>> one = Figure("A", "One.", {}, [], 10, 10)
    >>> figure_row([one, one]).count("<figure")
    2
    """
    inner = "".join(figure.to_html(caption=caption, data=data) for figure in figures)
    return Html(f'<div class="isc-row">{inner}</div>')


def moved(mark: Mark, dx: float, dy: float) -> Mark:
    """Return a mark shifted right by `dx` and down by `dy`."""
    if isinstance(mark, (Path, Dots)):
        return replace(mark, points=tuple((x + dx, y + dy) for x, y in mark.points))
    assert isinstance(mark, (Rect, Circle, Text, Cells, Handle))
    return replace(mark, x=mark.x + dx, y=mark.y + dy)
