"""An amount over a plane of two numbers, with marked points and the path of a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.figures.figure import Figure
from infoscope.figures.frame import Axis, Frame, Grip
from infoscope.figures.lettering import shorten
from infoscope.figures.marks import Cells, Circle, Mark, Path, Text
from infoscope.figures.palette import DIVERGING, RAMPS
from infoscope.figures.ramp_legend import draw_ramp
from infoscope.figures.scales import balanced_bands, format_number, linear_bands, log_bands

__all__ = ["landscape"]

CELL = 3.0  # pixels: fine enough that the edges of the steps are smooth


def landscape(
    x: ArrayLike,
    y: ArrayLike,
    amounts: ArrayLike,
    *,
    title: str,
    x_label: str,
    y_label: str,
    quantity: str,
    unit: str,
    scale: Literal["linear", "log"] = "log",
    ramp: str = "information",
    top: float | None = None,
    dots: Mapping[str, tuple[float, float]] | None = None,
    path: Sequence[tuple[float, float]] = (),
    handles: Sequence[Grip] = (),
    description: str = "",
    width: float = 520,
    height: float = 420,
) -> Figure:
    """Draw amounts on an even grid as coloured steps, whose edges are contour lines.

    Parameters
    ----------
    x, y : array, shapes (c,) and (r,)
        Positions, evenly spaced and ascending; at least two each.
    amounts : array, shape (r, c)
        amounts[i, j] belongs to y[i] and x[j]; infinity is the top colour, NaN is hatched.
    title : str
        What the picture shows.
    x_label, y_label : str
        Axis names with their units.
    quantity, unit : str
        What the amounts are, and in what unit.
    scale : {"linear", "log"}
        Equal steps, or steps 1, 2, 5, 10, ... that show the valley and the heights.
    ramp : str
        Name of a palette; "balance" for amounts of both signs (always in equal steps around 0).
    top : float, optional
        Amount that the steps reach to; by default the largest finite one, and with "log" what
        85 % of the plane lies below, so that the valley is seen.
    dots : mapping of str to (x, y), optional
        Name -> a marked point.
    path : sequence of (x, y)
        A line through the plane: the steps of a search.
    handles : sequence of Grip
        Points that can be dragged.
    description : str
        For screen readers; the smallest amount and its place when it is empty.
    width, height : float
        Size of the canvas in pixels.

    Returns
    -------
    Figure
        With `data` columns x_label, y_label and the amount.

    Raises
    ------
    InvalidArgument
        If shapes disagree or positions are not even.
    UnknownName
        If `ramp` or `scale` is none.

    Examples
    --------
    >>> figure = landscape([0, 1], [0, 1], [[0, 1], [1, 2]], title="t", x_label="x", y_label="y",
    ...                    quantity="q", unit="bits")
    >>> figure.description
    'q in bits over x and y. Smallest: 0 at 0 and 0.'
    """
    xs, ys = _even(x, "x"), _even(y, "y")
    grid = np.asarray(amounts, dtype=np.float64)
    if grid.shape != (ys.size, xs.size):
        raise InvalidArgument(
            sentence("landscape", "amounts", f"have the shape {(ys.size, xs.size)} of y and x",
                     grid.shape)
        )  # fmt: skip
    if ramp not in RAMPS:
        raise UnknownName(sentence("landscape", "ramp", f"be one of {list(RAMPS)}", repr(ramp)))
    if scale not in ("linear", "log"):
        raise UnknownName(sentence("landscape", "scale", "be 'linear' or 'log'", repr(scale)))
    finite = grid[np.isfinite(grid)]
    share = 0.85 if scale == "log" and ramp not in DIVERGING else 1.0
    size = float(np.quantile(np.abs(finite), share)) if finite.size else 1.0
    most = size if top is None else float(top)
    make = balanced_bands if ramp in DIVERGING else log_bands if scale == "log" else linear_bands
    bands = make(most)
    frame = Frame(
        Axis(xs[0], xs[-1], n=max(2, int(width / 100))), Axis(ys[0], ys[-1]),
        width, height, right_room=14, bottom=100,
    )  # fmt: skip
    left, bottom = frame.left, frame.bottom
    n_x, n_y = (max(2, round(s / CELL)) for s in (frame.right - left, bottom - frame.top))
    fine = _finer(grid, n_y, n_x)
    wide, tall = (frame.right - left) / n_x, (bottom - frame.top) / n_y
    levels = np.searchsorted(np.array(bands.edges), fine, side="right")
    levels[np.isnan(fine)] = -1
    rows = tuple(map(tuple, levels[::-1].tolist()))
    marks: list[Mark] = [Cells(left, frame.top, wide, tall, ramp, rows)]
    marks.append(Text(0, 14, shorten(y_label, width, 12), "label", tip=y_label))
    for v, text in zip(frame.y.places(frame.y.ticks), frame.y.texts, strict=True):
        marks.append(Path(((left - 4, v), (left, v)), "axis"))
        marks.append(Text(left - 8, v + 4, text, "tick", "end"))
    marks.append(Path(((left, bottom), (frame.right, bottom)), "axis"))
    marks += frame.x_scale(bottom)
    middle = (left + frame.right) / 2
    marks.append(Text(middle, bottom + 37, shorten(x_label, width, 12), "label", "middle"))
    if len(path) > 1:
        marks.append(Path(frame.outline(*zip(*path, strict=True)), "halo"))
        marks.append(Path(frame.outline(*zip(*path, strict=True)), "trail"))
    for name, (a, b) in (dots or {}).items():
        px, py = frame.x(a), frame.y(b)
        marks.append(Circle(px, py, 5.5, "pin", name))
        late = px > (left + frame.right) / 2
        marks.append(
            Text(px + (-10 if late else 10), py + 4, name, "pin-name", "end" if late else "start")
        )
    marks += frame.grips(handles)
    marks += draw_ramp(bands, ramp, f"{quantity}, {unit}", 8, bottom + 56, step=(width - 24) / 9)
    data: dict[str, Sequence[object]] = {
        x_label: np.tile(xs, ys.size).tolist(),
        y_label: np.repeat(ys, xs.size).tolist(),
        f"{quantity}, {unit}": grid.ravel().tolist(),
    }
    about = description or f"{quantity} in {unit} over {x_label} and {y_label}."
    if finite.size and not description:
        i, j = np.unravel_index(int(np.argmin(np.where(np.isnan(grid), np.inf, grid))), grid.shape)
        about += (
            f" Smallest: {format_number(float(grid[i, j]))} at {format_number(float(xs[j]))} and "
            f"{format_number(float(ys[i]))}."
        )
    return Figure(title, about, data, marks, width, height)


def _finer(grid: np.ndarray, n_rows: int, n_columns: int) -> np.ndarray:
    """Read the grid, straight between its points, at the middles of n_rows by n_columns cells.

    Beside an infinity or a NaN the nearest point is read.
    """
    r, c = grid.shape
    row = np.clip((np.arange(n_rows) + 0.5) / n_rows * (r - 1), 0, r - 1)
    column = np.clip((np.arange(n_columns) + 0.5) / n_columns * (c - 1), 0, c - 1)
    i, j = np.minimum(row.astype(int), r - 2), np.minimum(column.astype(int), c - 2)
    a, b = (row - i)[:, None], (column - j)[None, :]
    with np.errstate(invalid="ignore"):
        upper = grid[i][:, j] * (1 - b) + grid[i][:, j + 1] * b
        lower = grid[i + 1][:, j] * (1 - b) + grid[i + 1][:, j + 1] * b
        fine = upper * (1 - a) + lower * a
    if np.all(np.isfinite(grid)):
        return fine
    nearest = grid[np.rint(row).astype(int)][:, np.rint(column).astype(int)]
    return np.where(np.isfinite(fine), fine, nearest)


def _even(values: ArrayLike, argument: str) -> np.ndarray:
    numbers = np.asarray(values, dtype=np.float64)
    steps = np.diff(numbers)
    if numbers.ndim != 1 or numbers.size < 2 or not np.allclose(steps, steps[0]) or steps[0] <= 0:
        raise InvalidArgument(
            sentence("landscape", argument, "be at least two evenly spaced ascending numbers",
                     f"shape {numbers.shape}")
        )  # fmt: skip
    return numbers
