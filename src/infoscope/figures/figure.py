"""`Figure`: a picture with its title, its description and the numbers it was drawn from."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.extras import require
from infoscope.core.files import write_bytes, write_text
from infoscope.figures.blocks import table
from infoscope.figures.marks import Mark
from infoscope.figures.markup import Html, esc
from infoscope.figures.style import figure_style, standalone_style
from infoscope.figures.svg import render_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Figure"]

#: More cells than this are no table that anybody reads; they stay in `Figure.data`.
MAX_TABLE_CELLS = 3000


@dataclass(frozen=True, slots=True)
class Figure:
    """A finished picture: marks on a canvas, and the words and numbers behind them.

    Parameters
    ----------
    title : str
        What the picture shows, in a few words.
    description : str
        The same for someone who cannot see it: what is on the axes and what stands out.
    data : mapping of str to sequence
        The numbers drawn: heading with unit -> cells, all of one length.
    marks : sequence of Mark
        What is drawn, back to front.
    width, height : float
        Size of the canvas in pixels; the picture scales with the page.

    Examples
    --------
    >>> from infoscope.figures.marks import Rect
    >>> figure = Figure("A bar", "One bar.", {"bits": [1.0]}, (Rect(0, 0, 50, 10, "bar"),), 60, 20)
    >>> figure.svg.startswith("<svg"), figure.data["bits"]
    (True, (1.0,))
    """

    title: str
    description: str
    data: Mapping[str, Sequence[object]]
    marks: Sequence[Mark] = field(repr=False)
    width: float
    height: float

    def __post_init__(self) -> None:
        data = {name: tuple(cells) for name, cells in self.data.items()}
        object.__setattr__(self, "data", MappingProxyType(data))
        object.__setattr__(self, "marks", tuple(self.marks))

    @property
    def svg(self) -> str:
        """The picture as SVG text, complete with its own light and dark colours."""
        return self._draw(standalone_style())

    def to_html(self, *, caption: bool = True, data: bool = True) -> Html:
        """Return a ``<figure>``: caption, picture and a folded table of the data.

        The colours come from `stylesheet()`, once for a whole page. A table of more than 3,000
        cells is left out, and the page says so.

        Parameters
        ----------
        caption : bool
            Whether title and description are printed above the picture.
        data : bool
            Whether the folded table follows.

        Returns
        -------
        Html
            A fragment for `page` or any page that has the stylesheet.
        """
        head = ""
        if caption:
            about = f"<span>{esc(self.description)}</span>" if self.description else ""
            head = f"<figcaption>{esc(self.title)}{about}</figcaption>"
        picture = (
            f'<div class="isc-scroll" tabindex="0" role="group" aria-label="{esc(self.title)}">'
            f"{self._draw()}</div>"
        )
        rest = self._data_table() if data and self.data else ""
        return Html(f'<figure class="isc isc-figure">{head}{picture}{rest}</figure>')

    def save(self, path: str | FilePath) -> FilePath:
        """Write the picture to `path` and return the path.

        The name decides: .svg, .html (with caption and data), or .png and .pdf (extra `plot`).

        Raises
        ------
        InvalidArgument
            If the name ends in none of these, or the file cannot be written.
        NotFound
            If the folder does not exist.
        MissingExtra
            If matplotlib is needed and not there.
        """
        path = FilePath(path)
        kind = path.suffix.lower()
        if kind == ".svg":
            text = f'<?xml version="1.0" encoding="UTF-8"?>\n{self.svg}\n'
        elif kind in (".html", ".htm"):
            text = (
                f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
                f"<title>{esc(self.title)}</title><style>{figure_style()}</style></head>"
                f'<body class="isc" style="background:var(--isc-paper)">{self.to_html()}</body>'
                "</html>\n"
            )
        elif kind in (".png", ".pdf"):
            content = _matplotlib("saving a .png or .pdf").image(self, kind[1:])
            return write_bytes(path, content, function="Figure.save")
        else:
            raise InvalidArgument(
                sentence("Figure.save", "path", "end in .svg, .html, .png or .pdf", repr(str(path)))
            )
        return write_text(path, text, function="Figure.save")

    def draw(self, ax: Axes | None = None) -> Axes:
        """Draw the picture on matplotlib axes (new ones by default) and return them.

        Raises
        ------
        MissingExtra
            If matplotlib is not installed (extra `plot`).
        """
        return _matplotlib("drawing on axes").draw(self, ax)

    def _draw(self, style: str = "") -> str:
        return render_svg(
            self.marks,
            self.width,
            self.height,
            title=self.title,
            description=self.description,
            style=style,
        )

    def _data_table(self) -> str:
        n_rows = len(next(iter(self.data.values())))
        n_cells = n_rows * len(self.data)
        if n_cells > MAX_TABLE_CELLS:
            return (
                f'<p class="isc-data">The data ({n_rows:,} rows × {len(self.data):,} columns) are '
                f"not printed here.</p>"
            )
        body = table(self.data, caption=self.title)
        rows = "1 row" if n_rows == 1 else f"{n_rows:,} rows"
        return f'<details class="isc-data"><summary>Data ({rows})</summary>{body}</details>'

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        return f"<style>{figure_style()}</style>{self.to_html()}"


def _matplotlib(purpose: str) -> Any:
    require("matplotlib", extra="plot", purpose=purpose)
    return importlib.import_module("infoscope.figures.matplotlib_axes")
