"""Pairs of numbers as dots, as cells of density when they are many, with a curve through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures.figure import Figure
from infoscope.figures.frame import Axis, Frame, Grip, cut_outside, finite_runs, marker_room, padded
from infoscope.figures.lettering import text_width
from infoscope.figures.marks import Cells, Dots, Mark, Path, Text
from infoscope.figures.scales import format_number, log_bands

__all__ = ["scatter_plot"]

#: Beyond this many, dots hide each other: density cells tell more.
MAX_DOTS = 2000
NOTHING = -3


def scatter_plot(
    x: ArrayLike,
    y: ArrayLike,
    *,
    title: str,
    x_label: str,
    y_label: str,
    groups: Sequence[str] | None = None,
    curve: tuple[ArrayLike, ArrayLike] | None = None,
    curve_name: str = "curve",
    diagonal: bool = False,
    markers: Mapping[str, float] | None = None,
    handles: Sequence[Grip] = (),
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    log_x: bool = False,
    log_y: bool = False,
    description: str = "",
    width: float = 460,
    height: float = 400,
) -> Figure:
    """Draw one dot for each pair; more than 2,000 pairs as cells coloured by how many they hold.

    Parameters
    ----------
    x, y : array, shape (n,)
        Positions; a pair with a NaN is left out and counted in the description.
    title : str
        What the picture shows.
    x_label, y_label : str
        Axis names with their units.
    groups : sequence of str, length n, optional
        Up to four kinds of dots, coloured in order of appearance (not for density cells).
    curve : (x, y), optional
        A line over the dots.
    curve_name : str
        What the line is, for the description.
    diagonal : bool
        Draw the dashed line where x = y.
    markers : mapping of str to float, optional
        Name -> position of a dashed vertical line.
    handles : sequence of Grip
        Points that can be dragged.
    x_range, y_range : (low, high), optional
        Ends of the axes; by default what the numbers need. Pairs outside are not drawn.
    log_x, log_y : bool
        Whether equal factors take equal room.
    description : str
        For screen readers; numbers, ranges and the linear correlation when it is empty.
    width, height : float
        Size of the canvas in pixels.

    Returns
    -------
    Figure
        With `data` columns x_label and y_label.

    Raises
    ------
    InvalidArgument
        If the shapes differ, or no pair is finite, or there are more than four groups.

    Examples
    --------
    >>> figure = scatter_plot([1, 2], [3, 5], title="t", x_label="x", y_label="y")
    >>> figure.data["y"], figure.svg.count("h0")
    ((3.0, 5.0), 2)
    """
    xs, ys = (np.asarray(v, dtype=np.float64) for v in (x, y))
    if xs.shape != ys.shape or xs.ndim != 1:
        raise InvalidArgument(
            sentence("scatter_plot", "x and y", "be one-dimensional and of one length",
                     f"shapes {xs.shape} and {ys.shape}")
        )  # fmt: skip
    if groups is not None and len(groups) != len(xs):
        raise InvalidArgument(
            sentence("scatter_plot", "groups", f"have one entry for each of {len(xs)} pairs",
                     len(groups))
        )  # fmt: skip
    kinds = list(dict.fromkeys(groups or []))
    if len(kinds) > 4:
        raise InvalidArgument(sentence("scatter_plot", "groups", "name at most 4", len(kinds)))
    whole = np.isfinite(xs) & np.isfinite(ys)
    whole &= ((xs > 0) | (not log_x)) & ((ys > 0) | (not log_y))
    line = None if curve is None else tuple(np.asarray(v, dtype=np.float64) for v in curve)
    seen = [[xs[whole]], [ys[whole]]]
    if line is not None:
        seen[1].append(line[1])
    x0, x1 = padded(seen[0], x_range, function="scatter_plot", argument="x", log=log_x)
    y0, y1 = padded(seen[1], y_range, function="scatter_plot", argument="y", log=log_y)
    frame = Frame(
        Axis(x0, x1, log=log_x, n=max(2, int(width / 90))), Axis(y0, y1, log=log_y),
        width, height, right_room=14, top=30 + marker_room(markers) + (20 if kinds else 0),
    )  # fmt: skip
    inside = whole & (xs >= x0) & (xs <= x1) & (ys >= y0) & (ys <= y1)
    marks = frame.axes(x_label, y_label)
    if int(inside.sum()) > MAX_DOTS:
        marks.append(_density(frame, xs[inside], ys[inside]))
    else:
        marks += _dots(frame, xs, ys, inside, groups, kinds)
    if diagonal:
        ends = np.array([max(x0, y0), min(x1, y1)])
        marks.append(Path(frame.outline(ends, ends), "reference"))
    if line is not None:
        within = (line[0] >= x0) & (line[0] <= x1)
        cut = cut_outside(line[0][within], line[1][within], y0, y1)
        marks += [Path(frame.outline(*run), "line-2") for run in finite_runs(*cut)]
    marks += frame.markers(markers or {})
    marks += frame.grips(handles)
    data: dict[str, Sequence[object]] = {}
    if groups is not None:
        data["group"] = list(groups)
    data[x_label] = xs.tolist()
    data[y_label if y_label != x_label else f"{y_label} (y)"] = ys.tolist()
    about = description or _describe(xs[whole], ys[whole], len(xs), x_label, y_label)
    if line is not None and not description:
        about += f" Line: {curve_name}."
    return Figure(title, about, data, marks, width, height)


def _dots(
    frame: Frame, xs: np.ndarray, ys: np.ndarray, inside: np.ndarray,
    groups: Sequence[str] | None, kinds: list[str],
) -> list[Mark]:  # fmt: skip
    radius = 2.6 if int(inside.sum()) <= 400 else 1.9
    if groups is None:
        return [Dots(frame.outline(xs[inside], ys[inside]), radius, "points-1")]
    marks: list[Mark] = []
    of = np.array(groups, dtype=object)
    at = frame.left
    for k, kind in enumerate(kinds, 1):
        own = inside & (of == kind)
        marks.append(Dots(frame.outline(xs[own], ys[own]), radius, f"points-{k}"))
        marks.append(Text(at, 34, kind, f"name-{k}"))
        at += text_width(kind, 12) * 1.12 + 16
    return marks


def _density(frame: Frame, xs: np.ndarray, ys: np.ndarray) -> Cells:
    """Cells of about six pixels, coloured in steps of how many dots they hold."""
    n_x = max(8, int((frame.right - frame.left) / 6))
    n_y = max(8, int((frame.bottom - frame.top) / 6))
    px, py = (np.array(axis.places(v.tolist())) for axis, v in ((frame.x, xs), (frame.y, ys)))
    box = ((frame.top, frame.bottom), (frame.left, frame.right))
    counts = np.histogram2d(py, px, bins=(n_y, n_x), range=box)[0]
    bands = log_bands(float(counts.max()))
    levels = tuple(tuple(bands.level(n) if n else NOTHING for n in row) for row in counts.tolist())
    cell = (frame.right - frame.left) / n_x, (frame.bottom - frame.top) / n_y
    return Cells(frame.left, frame.top, *cell, "information", levels)


def _describe(x: np.ndarray, y: np.ndarray, n: int, x_label: str, y_label: str) -> str:
    parts = [f"{len(x):,} pairs of {x_label} and {y_label}."]
    if len(x) < n:
        parts.append(f"{n - len(x):,} without a place are left out.")
    if len(x) > 2 and x.std() and y.std():
        parts.append(
            f"Their linear correlation is {format_number(float(np.corrcoef(x, y)[0, 1]))}."
        )
    return " ".join(parts)
