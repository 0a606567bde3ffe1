"""What adds and what subtracts: the area under a curve in two colours around its zero line."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures.figure import Figure
from infoscope.figures.frame import Axis, Frame, cut_outside, finite_runs, padded
from infoscope.figures.lettering import text_width
from infoscope.figures.marks import Mark, Path, Text
from infoscope.figures.scales import format_number

__all__ = ["signed_area"]


def signed_area(
    x: ArrayLike,
    values: ArrayLike,
    *,
    title: str,
    x_label: str,
    y_label: str,
    total: str = "",
    positive: str = "adds",
    negative: str = "subtracts",
    y_range: tuple[float, float] | None = None,
    margins: tuple[float, float] = (0.0, 0.0),
    description: str = "",
    width: float = 880,
    height: float = 220,
) -> Figure:
    """Draw an integrand: what lies above zero in one colour, what lies below in another.

    Parameters
    ----------
    x : array, shape (n,)
        Positions, finite and ascending; at least two.
    values : array, shape (n,)
        The integrand, such as p log(p/q); NaN or infinite values interrupt it.
    title : str
        What the picture shows.
    x_label, y_label : str
        Axis names with their units.
    total : str
        The whole integral in words ("KL = 0.42 bits"), written at the right end of the heading.
    positive, negative : str
        What the two colours are called.
    y_range : (low, high), optional
        Ends of the vertical axis (which always shows 0); fix it while something is dragged.
    margins : (left, right)
        Room to keep at the sides, at least, so that panels below one another line up.
    description : str
        For screen readers; the two areas are stated when it is empty.
    width, height : float
        Size of the canvas in pixels.

    Returns
    -------
    Figure
        With `data` columns x_label and y_label.

    Raises
    ------
    InvalidArgument
        If the shapes differ, x does not ascend or no value is finite.

    Notes
    -----
    Colours are split exactly where the curve, straight between points, crosses zero.

    Examples
    --------
    >>> figure = signed_area([0, 1, 2], [1.0, -1.0, 1.0], title="t", x_label="x", y_label="nats")
    >>> figure.description
    'nats over x: 0.500 adds, 0.500 subtracts, together 0.'
    """
    xs, ys = (np.asarray(v, dtype=np.float64) for v in (x, values))
    if xs.shape != ys.shape or xs.ndim != 1 or xs.size < 2 or not np.all(np.diff(xs) > 0):
        raise InvalidArgument(
            sentence("signed_area", "x and values", "be at least two pairs, x ascending",
                     f"shapes {xs.shape} and {ys.shape}")
        )  # fmt: skip
    low, high = padded([ys], y_range, function="signed_area", argument="values", from_zero=True)
    low, high = min(low, 0.0), max(high, 0.0)
    room = max(14.0, margins[1])
    frame = Frame(
        Axis(xs[0], xs[-1], n=max(2, int((width - 80) / 110))), Axis(low, high, n=4), width,
        height, right_room=room, left_room=margins[0], top=30.0,
    )  # fmt: skip
    marks: list[Mark] = frame.axes(x_label, "")
    fine_x, fine_y = _with_roots(xs, ys)
    zero = frame.y(0.0)
    inside = cut_outside(fine_x, fine_y, low, high) if y_range is not None else (fine_x, fine_y)
    for run_x, run_y in finite_runs(*inside):
        for sign, role in ((1, "gain"), (-1, "loss")):
            half = [y if y * sign > 0 else 0.0 for y in run_y]
            if any(half):
                area = (*frame.outline(run_x, half), (frame.x(run_x[-1]), zero))
                marks.append(Path((*area, (frame.x(run_x[0]), zero)), role, closed=True))
        marks.append(Path(frame.outline(run_x, run_y), "whisker"))
    marks.append(Path(((frame.left, zero), (frame.right, zero)), "axis"))
    marks += _heading(y_label, positive, negative, total, frame.right)
    gain, loss = _areas(fine_x, fine_y)
    about = description or (
        f"{y_label} over {x_label}: {format_number(gain)} {positive}, {format_number(loss)} "
        f"{negative}, together {format_number(gain - loss)}."
    )
    data = {x_label: xs.tolist(), y_label: ys.tolist()}
    return Figure(title, about, data, marks, width, height)


def _heading(y_label: str, positive: str, negative: str, total: str, right: float) -> list[Mark]:
    """The axis name, what the colours are called, and the total at the right end."""
    marks: list[Mark] = [Text(0, 14, y_label, "label", tip=y_label)]
    x = text_width(y_label, 12) + 16
    for word, role in ((positive, "gain"), (negative, "loss")):
        marks.append(Path(((x, 5), (x + 10, 5), (x + 10, 15), (x, 15)), role, closed=True))
        marks.append(Text(x + 15, 14, word, "note"))
        x += 27 + text_width(word, 11)
    if total:
        marks.append(Text(right, 14, total, "total", "end"))
    return marks


def _with_roots(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add the points where the curve crosses zero between two of its own."""
    at = np.flatnonzero(y[1:] * y[:-1] < 0)
    at = at[np.isfinite(y[at]) & np.isfinite(y[at + 1])]
    root = x[at] - y[at] * (x[at + 1] - x[at]) / (y[at + 1] - y[at])
    return np.insert(x, at + 1, root), np.insert(y, at + 1, 0.0)


def _areas(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """The area above zero and the area below, by the trapezoids that are drawn."""
    slices = np.diff(x) * (y[1:] + y[:-1]) / 2
    slices = slices[np.isfinite(slices)]
    return float(slices[slices > 0].sum()), float(-slices[slices < 0].sum())
