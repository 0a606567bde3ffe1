"""Marks -> a matplotlib Axes, for papers: the same picture with the same colours (extra `plot`)."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Circle as CirclePatch
from matplotlib.patches import FancyBboxPatch, Polygon, Rectangle

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures.marks import Cells, Circle, Dots, Handle, Mark, Path, Rect, Text
from infoscope.figures.palette import COLOURS, RAMPS, ROLES, ink_on

if TYPE_CHECKING:
    from infoscope.figures.figure import Figure

__all__ = ["draw", "image"]

DOTS_PER_INCH = 96.0
Theme = Literal["light", "dark"]


def draw(figure: Figure, ax: Axes | None = None, *, theme: Theme = "light") -> Axes:
    """Draw a figure's marks on matplotlib axes, in the pixel coordinates of the figure.

    Parameters
    ----------
    figure : Figure
        Any picture of this library.
    ax : Axes, optional
        Where to draw: its limits, aspect and frame are set, and texts are scaled to its present
        size. By default new axes that fill a canvas of the figure's own size.
    theme : {"light", "dark"}
        Which of the two palettes.

    Returns
    -------
    Axes
        ``ax.figure.savefig("figure.pdf")`` writes it.

    Raises
    ------
    InvalidArgument
        If `theme` is neither.

    Examples
    --------
    >>> from infoscope.figures import bar_chart
    >>> ax = draw(bar_chart(["a", "b"], [0.5, 0.2], title="Ranking", x_label="bits"))
    >>> len(ax.patches)
    2
    """
    if theme not in ("light", "dark"):
        raise InvalidArgument(sentence("draw", "theme", "be 'light' or 'dark'", repr(theme)))
    dark = theme == "dark"
    if ax is None:
        size = figure.width / DOTS_PER_INCH, figure.height / DOTS_PER_INCH
        canvas = Canvas(figsize=size, dpi=DOTS_PER_INCH, facecolor=COLOURS["paper"][dark])
        FigureCanvasAgg(canvas)
        ax = canvas.add_axes((0.0, 0.0, 1.0, 1.0))
    ax.set_xlim(0, figure.width)
    ax.set_ylim(figure.height, 0)
    ax.set_aspect("equal")
    ax.set_axis_off()
    root = ax.get_figure(root=True)
    if root is None:
        raise InvalidArgument(sentence("draw", "ax", "belong to a figure", "axes without one"))
    box = ax.get_window_extent()
    points = min(box.width / figure.width, box.height / figure.height) * 72 / root.dpi
    pen = _Pen(ax, dark, points)
    for order, mark in enumerate(figure.marks):
        pen.add(mark, order)
    return ax


def image(figure: Figure, kind: Literal["png", "pdf"], *, scale: float = 2.0) -> bytes:
    """Return the picture as the bytes of a .png (`scale` times its size) or .pdf file.

    >>> from infoscope.figures import bar_chart
    >>> image(bar_chart(["a"], [1.0], title="t", x_label="bits"), "png")[1:4]
    b'PNG'
    """
    canvas = draw(figure).get_figure(root=True)
    assert canvas is not None
    stream = BytesIO()
    dated = {"CreationDate": None} if kind == "pdf" else {"Software": None}
    canvas.savefig(stream, format=kind, dpi=DOTS_PER_INCH * scale, metadata=dated)
    return stream.getvalue()


class _Pen:
    """Draws one mark after the other, each above the one before."""

    def __init__(self, ax: Axes, dark: bool, points: float) -> None:
        self.ax, self.dark, self.points = ax, dark, points

    def add(self, mark: Mark, order: int) -> None:
        if isinstance(mark, Cells):
            self._cells(mark, order)
            return
        if isinstance(mark, Handle):
            mark = Circle(mark.x, mark.y, mark.radius, mark.role)
        style = self._style(mark.role)
        fill, stroke = style.get("fill"), style.get("stroke")
        common: dict[str, Any] = {"zorder": 2 + order, "clip_on": False}
        line = {"lw": float(style.get("stroke-width", 1)) * self.points, "color": stroke}
        if isinstance(mark, Dots):
            wide = 2 * mark.radius * self.points
            self.ax.plot(
                *zip(*mark.points, strict=True), ls="", marker="o", ms=wide, mew=0, color=stroke,
                alpha=float(style.get("opacity", 1)), **common,
            ) if mark.points else None  # fmt: skip
        elif isinstance(mark, Text):
            self.ax.text(
                mark.x, mark.y, mark.text, color=fill, rotation=-mark.angle, parse_math=False,
                ha={"start": "left", "middle": "center", "end": "right"}[mark.anchor],
                va="baseline", rotation_mode="anchor", family="DejaVu Sans",
                fontsize=float(style.get("font-size", 12)) * self.points,
                fontweight="bold" if "font-weight" in style else "normal", **common,
            )  # fmt: skip
        elif isinstance(mark, Path) and not mark.closed:
            dashes = style.get("stroke-dasharray")
            look = (0, tuple(float(d) * self.points for d in dashes.split())) if dashes else "-"
            xs, ys = zip(*mark.points, strict=True)
            faint = float(style.get("opacity", 1))
            self.ax.plot(xs, ys, ls=look, solid_joinstyle="round", alpha=faint, **line, **common)
        else:
            self.ax.add_patch(_shape(mark, {
                "facecolor": fill or "none", "edgecolor": stroke or "none",
                "linewidth": line["lw"] if stroke else 0.0,
                "alpha": float(style.get("opacity", 1)), **common,
            }))  # fmt: skip

    def _style(self, role: str) -> dict[str, str]:
        """Settings of all words of a role, with colours looked up; ramp steps are fills."""
        style: dict[str, str] = {}
        for word in role.split():
            for key, value in ROLES.get(word, {}).items():
                style[key] = COLOURS[value][self.dark] if key in ("fill", "stroke") else value
            ramp, _, level = word.removeprefix("on-").rpartition("-")
            if ramp in RAMPS:
                colour = RAMPS[ramp][self.dark][int(level)]
                style["fill"] = ink_on(colour) if word.startswith("on-") else colour
        return style

    def _cells(self, grid: Cells, order: int) -> None:
        levels = np.asarray(grid.levels)
        steps = [*RAMPS[grid.ramp][self.dark], COLOURS[ROLES["blank"]["fill"]][self.dark]]
        colours = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in steps], np.uint8)
        shown = colours[np.where(levels < 0, len(steps) - 1, levels)]
        if np.any(levels == -3):
            shown = np.dstack([shown, np.where(levels == -3, 0, 255).astype(np.uint8)])
        n_rows, n_columns = levels.shape
        right, bottom = grid.x + grid.width * n_columns, grid.y + grid.height * n_rows
        limits = self.ax.get_xlim(), self.ax.get_ylim()
        self.ax.imshow(
            shown, interpolation="nearest",
            extent=(grid.x, right, bottom, grid.y), aspect="equal", zorder=2 + order,
        )  # fmt: skip
        self.ax.set_xlim(limits[0])
        self.ax.set_ylim(limits[1])
        cell = np.array([grid.width, grid.height])
        corners = np.add(np.argwhere(levels == -1)[:, ::-1], (0, 1)) * cell
        starts = np.add(corners, (grid.x, grid.y))
        style = self._style("hatch")
        self.ax.add_collection(LineCollection(
            list(np.stack([starts, starts + cell * (1, -1)], axis=1)),
            colors=style["stroke"], zorder=2 + order,
            linewidths=float(style["stroke-width"]) * self.points,
        ))  # fmt: skip


def _shape(mark: Rect | Circle | Path, look: dict[str, Any]) -> Any:
    if isinstance(mark, Circle):
        return CirclePatch((mark.x, mark.y), mark.radius, **look)
    if isinstance(mark, Path):
        return Polygon(mark.points, closed=True, **look)
    if mark.radius:
        round_off = f"round,pad=0,rounding_size={mark.radius}"
        return FancyBboxPatch(
            (mark.x, mark.y), mark.width, mark.height, boxstyle=round_off, mutation_aspect=1, **look
        )
    return Rectangle((mark.x, mark.y), mark.width, mark.height, **look)
