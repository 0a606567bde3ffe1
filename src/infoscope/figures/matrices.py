"""Heat maps: a matrix as coloured cells, readable from five columns to several hundred."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.figures.figure import Figure
from infoscope.figures.lettering import shorten, text_width
from infoscope.figures.marks import Cells, Drag, Mark, Path, Rect, Text
from infoscope.figures.palette import DIVERGING, N_LEVELS, RAMPS
from infoscope.figures.ramp_legend import draw_ramp
from infoscope.figures.scales import Bands, balanced_bands, format_number, linear_bands, log_bands

__all__ = ["heat_map"]

#: Up to this many cells each is a mark of its own, with a tip; beyond, they are drawn in runs.
MAX_SINGLE_CELLS = 1700
MISSING, BLANK = -1, -2


def heat_map(
    matrix: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str,
    unit: str,
    quantity: str,
    scale: Literal["linear", "log"] = "linear",
    ramp: str = "information",
    top: float | None = None,
    drag: Sequence[Sequence[str]] | None = None,
    drag_rate: float = 0.01,
    skip_diagonal: bool = False,
    description: str = "",
    width: float = 880,
) -> Figure:
    """Draw a matrix as a grid of cells coloured in steps, with a legend that states the steps.

    Parameters
    ----------
    matrix : array, shape (r, c)
        Amounts; NaN is drawn hatched and named "missing". Values below the first step (negative
        ones too) share the lightest colour; the written numbers stay as they are.
    rows, columns : sequence of str, lengths r and c
        Names; long ones are cut (the whole is in the tip), and thinned when they would touch.
    title : str
        What the picture shows.
    unit : str
        Unit of the amounts ("bits").
    quantity : str
        What the amounts are ("mutual information"), for legend and tips.
    scale : {"linear", "log"}
        Equal steps from 0, or steps 1, 2, 5, 10, ... for amounts that spread over decades.
    ramp : str
        Name of a palette: "information", "surprise", or "balance" for amounts of both signs
        (always in equal steps around 0, which is neutral).
    top : float, optional
        Amount that the steps reach to; the largest by default. Fix it while something is dragged.
    drag : r sequences of c str, optional
        For each cell the name of the form input that dragging it up and down moves; "" for none.
    drag_rate : float
        Units of the input for one pixel upwards.
    skip_diagonal : bool
        Leave the cells where row and column are the same neutral: they hold something else.
    description : str
        For screen readers; size and largest cell are described when it is empty.
    width : float
        Width of the canvas in pixels; the height follows from the shape.

    Returns
    -------
    Figure
        With `data`: the row names, then one column per column of the matrix.

    Raises
    ------
    InvalidArgument
        If shapes and names disagree or the matrix is empty.
    UnknownName
        If `ramp` or `scale` is none.

    Notes
    -----
    Up to about 1,700 cells each cell answers a resting pointer with names and value; larger maps
    are drawn as runs of equal colour (300 x 300 stays below 1 MB).

    Examples
    --------
    >>> figure = heat_map([[0.1, 0.9]], ["a"], ["x", "y"], title="Map", unit="bits", quantity="MI")
    >>> figure.data["y"]
    (0.9,)
    """
    grid = np.asarray(matrix, dtype=np.float64)
    names, heads = [str(name) for name in rows], [str(name) for name in columns]
    _check(grid, names, heads, scale, ramp)
    diagonal = np.eye(*grid.shape, dtype=bool) if skip_diagonal else np.zeros(grid.shape, bool)
    shown = grid[~diagonal & np.isfinite(grid)]
    size = np.abs(shown) if ramp in DIVERGING else shown
    most = float(top) if top is not None else float(size.max()) if size.size else 1.0
    make = balanced_bands if ramp in DIVERGING else log_bands if scale == "log" else linear_bands
    bands = make(most)

    plan = _Plan(names, heads, width)
    marks = plan.names()
    levels = [
        tuple(BLANK if diagonal[i, j] else bands.level(grid[i, j]) for j in range(len(heads)))
        for i in range(len(names))
    ]
    if grid.size <= MAX_SINGLE_CELLS:
        marks += plan.cells(grid, levels, ramp, f"{quantity}, {unit}")
    else:
        marks.append(Cells(plan.left, plan.top, plan.cell_w, plan.cell_h, ramp, tuple(levels)))
    if drag is not None:
        marks += plan.handles(drag, drag_rate)
    some_missing = any(MISSING in row for row in levels)
    room = max(width, plan.right)
    legend, far, height = _legend(
        bands, ramp, f"{quantity}, {unit}", plan.bottom + 24, some_missing, room
    )
    data: dict[str, Sequence[object]] = {"row": names}
    for j, head in enumerate(_distinct(["row", *heads])[1:]):
        data[head] = grid[:, j].tolist()
    about = description or _describe(grid, diagonal, names, heads, f"{quantity} in {unit}")
    across = max(plan.right, far, min(width, 420))
    return Figure(title, about, data, marks + legend, across, height)


class _Plan:
    """Sizes of cells and margins, and which names there is room for."""

    def __init__(self, rows: list[str], columns: list[str], width: float) -> None:
        self.rows, self.columns = rows, columns
        longest = max(text_width(name, 12) for name in rows)
        self.left = min(longest, 0.24 * width) + 10
        self.cell_w = min(72.0, (width - self.left - 8) / len(columns))
        self.upright = all(text_width(name, 12) <= self.cell_w - 6 for name in columns)
        self.size = 12.0 if self.cell_w >= 16 or self.upright else 10.5
        tallest = max(text_width(name, self.size) for name in columns)
        self.head = 14.0 if self.upright else min(tallest, 130.0)
        self.top = self.head + 12
        self.cell_h = min(max(self.cell_w, 9.0 if len(rows) <= 60 else 0.0), 34.0)
        self.right = self.left + self.cell_w * len(columns) + 8
        self.bottom = self.top + self.cell_h * len(rows)

    def names(self) -> list[Mark]:
        marks: list[Mark] = []
        role = "label" if self.size == 12 else "tick"
        every = max(1, math.ceil(13 / self.cell_w)) if not self.upright else 1
        for j, name in enumerate(self.columns):
            x = self.left + self.cell_w * (j + 0.5)
            if self.upright:
                marks.append(Text(x, self.top - 7, name, role, "middle"))
            elif j % every == 0:
                text = shorten(name, self.head, self.size)
                marks.append(Text(x + 4, self.top - 7, text, role, "start", -90, tip=name))
        every = max(1, math.ceil(13 / self.cell_h))
        role = "label" if self.cell_h >= 13 else "tick"
        for i, name in enumerate(self.rows):
            if i % every == 0:
                y = self.top + self.cell_h * (i + 0.5) + 4
                text = shorten(name, self.left - 10, 12)
                marks.append(Text(self.left - 7, y, text, role, "end", tip=name))
        return marks

    def cells(
        self, grid: np.ndarray, levels: Sequence[Sequence[int]], ramp: str, what: str
    ) -> list[Mark]:
        marks: list[Mark] = []
        gap = 1.0 if self.cell_w >= 10 else 0.0
        w, h = self.cell_w - gap, self.cell_h - gap
        texts = [[_written(float(v)) for v in row] for row in grid]
        roomy = self.cell_h >= 15 and all(
            text_width(t, 10.5) <= self.cell_w - 3
            for i, row in enumerate(texts) for j, t in enumerate(row) if levels[i][j] >= 0
        )  # fmt: skip
        for i, row in enumerate(self.rows):
            for j, column in enumerate(self.columns):
                x, y = self.left + self.cell_w * j, self.top + self.cell_h * i
                level = levels[i][j]
                pair = f"{row} × {column}: "
                if level == BLANK:
                    marks.append(Rect(x, y, w, h, "blank", f"{row}: not drawn"))
                elif level == MISSING:
                    marks += [Rect(x, y, w, h, "blank", pair + "missing"), *_hatch(x, y, w, h)]
                else:
                    tip = f"{pair}{format_number(float(grid[i, j]))} ({what})"
                    marks.append(Rect(x, y, w, h, f"{ramp}-{level}", tip))
                    if roomy:
                        middle, base = x + w / 2, y + h / 2 + 3.7
                        on = f"cell on-{ramp}-{level}"
                        marks.append(Text(middle, base, texts[i][j], on, "middle", tip=tip))
        return marks

    def handles(self, drag: Sequence[Sequence[str]], rate: float) -> list[Mark]:
        """Clear cells on top that can be dragged up and down."""
        if [len(row) for row in drag] != [len(self.columns)] * len(self.rows):
            raise InvalidArgument(
                sentence("heat_map", "drag", "have one name for each cell",
                         f"rows of {[len(row) for row in drag]}")
            )  # fmt: skip
        return [
            Rect(
                self.left + self.cell_w * j, self.top + self.cell_h * i, self.cell_w, self.cell_h,
                "hit", f"{self.rows[i]} × {self.columns[j]}", 0, Drag(y=name, per_pixel_y=-rate),
            )
            for i, row in enumerate(drag) for j, name in enumerate(row) if name
        ]  # fmt: skip


def _hatch(x: float, y: float, w: float, h: float) -> list[Mark]:
    """Diagonals across a cell, about six pixels apart, cut at its edges."""
    lines: list[Mark] = []
    n = max(2, round((w + h) / 7))
    for k in range(1, n):
        c = (w + h) * k / n
        a, b = min(c, w), min(c, h)
        lines.append(Path(((x + a, y + c - a), (x + c - b, y + b)), "hatch"))
    return lines


def _legend(
    bands: Bands, ramp: str, what: str, y: float, missing: bool, room: float
) -> tuple[list[Mark], float, float]:
    """Return the steps, how far they reach and where they end; narrower where there is no room."""
    step = min(46.0, (room - 24) / N_LEVELS)
    marks = draw_ramp(bands, ramp, what, 8, y, step=step)
    far = 24 + step * N_LEVELS
    if not missing:
        return marks, far, y + 48
    beside = far + 90 <= room
    x, top = (far, y + 14) if beside else (8.0, y + 56)
    marks += [Rect(x, top, 18, 12, "blank"), *_hatch(x, top, 18, 12)]
    marks.append(Text(x + 24, top + 10, "missing", "tick"))
    return marks, far + 90 if beside else far, y + 48 if beside else y + 78


def _written(value: float) -> str:
    """Two significant digits are what a cell has room for, and three decimals at most."""
    if value == 0 or abs(value) < 0.0005:
        return "0"
    if abs(value) < 0.01:
        return f"{value:.3f}".replace("-", "−")
    return f"{value:.2f}".replace("-", "−") if abs(value) < 10 else format_number(round(value, 1))


def _distinct(names: Sequence[str]) -> list[str]:
    """Name twins apart, so that no column of the data table hides another."""
    taken: set[str] = set()
    result: list[str] = []
    for name in names:
        fresh, n = name, 2
        while fresh in taken:
            fresh, n = f"{name} ({n})", n + 1
        taken.add(fresh)
        result.append(fresh)
    return result


def _check(grid: np.ndarray, rows: list[str], columns: list[str], scale: str, ramp: str) -> None:
    if grid.shape != (len(rows), len(columns)) or not grid.size:
        raise InvalidArgument(
            sentence("heat_map", "matrix", "have one row and column for each name, at least one",
                     f"shape {grid.shape} for {len(rows)} rows and {len(columns)} columns")
        )  # fmt: skip
    if scale not in ("linear", "log"):
        raise UnknownName(sentence("heat_map", "scale", "be 'linear' or 'log'", repr(scale)))
    if ramp not in RAMPS:
        raise UnknownName(sentence("heat_map", "ramp", f"be one of {list(RAMPS)}", repr(ramp)))


def _describe(
    grid: np.ndarray, skipped: np.ndarray, rows: list[str], columns: list[str], what: str
) -> str:
    size = f"{what} of {len(rows)} rows and {len(columns)} columns."
    open_cells = np.where(skipped | np.isnan(grid), -np.inf, grid)
    i, j = np.unravel_index(int(np.argmax(open_cells)), grid.shape)
    if open_cells[i, j] == -np.inf:
        return f"{size} No cell holds a number."
    return f"{size} Largest: {format_number(float(grid[i, j]))} at {rows[i]} and {columns[j]}."
