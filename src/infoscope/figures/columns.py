"""Vertical bars that can be dragged: distributions, their former state and their targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures.figure import Figure
from infoscope.figures.frame import Axis, padded
from infoscope.figures.lettering import shorten, text_width
from infoscope.figures.marks import Drag, Mark, Path, Rect, Text
from infoscope.figures.scales import format_number

__all__ = ["arrow", "column_chart"]

MAX_SERIES = 4
WIDEST = 84.0  # of a bar, in pixels


def column_chart(
    labels: Sequence[str],
    columns: Mapping[str, ArrayLike],
    *,
    title: str,
    y_label: str,
    drag: Mapping[str, Sequence[str]] | None = None,
    drag_rate: float = 1.0,
    ghosts: Mapping[str, ArrayLike] | None = None,
    arrows: Mapping[str, ArrayLike] | None = None,
    references: Mapping[str, float] | None = None,
    texts: Mapping[str, Sequence[str]] | None = None,
    muted: Sequence[bool] | None = None,
    y_range: tuple[float, float] | None = None,
    description: str = "",
    width: float = 560,
    height: float = 300,
) -> Figure:
    """Draw up to four vertical bars per label, side by side, from zero.

    Parameters
    ----------
    labels : sequence of str, length n
        Names under the bars, from left to right; long ones are cut, the whole is in the tip.
    columns : mapping of str to array, shape (n,)
        Name -> heights in the unit that `y_label` names; NaN draws no bar.
    title : str
        What the picture shows.
    y_label : str
        Name of the axis with its unit.
    drag : mapping of str to sequence of str, optional
        Name of a series -> for each bar the form input that dragging it up and down moves; "" for
        none. The whole slot of the bar can be grabbed, so that a bar of height 0 can be raised.
    drag_rate : float
        Units of the input for one unit of the axis.
    ghosts : mapping of str to array, optional
        Name of a series -> former heights, drawn as hairlines.
    arrows : mapping of str to array, optional
        Name of a series -> heights that arrows point to from the tops of the bars (where a step
        against the gradient would move them); NaN for none.
    references : mapping of str to float, optional
        Name -> height of a dashed line across the chart, named above it.
    texts : mapping of str to sequence of str, optional
        What is written over the bars of a series; the values when not given and there is room.
    muted : sequence of bool, optional
        Labels whose bars are grey.
    y_range : (low, high), optional
        Ends of the axis; by default what the values need. Fix it while something is dragged.
    description : str
        For screen readers; the largest bars are named when it is empty.
    width, height : float
        Size of the canvas in pixels.

    Returns
    -------
    Figure
        With `data` columns "name" and each series.

    Raises
    ------
    InvalidArgument
        If lengths differ, a value is infinite, nothing is given, or a name is of no series.

    Examples
    --------
    >>> figure = column_chart(["a", "b"], {"p": [0.5, 0.25]}, title="p", y_label="probability",
    ...                       drag={"p": ["w0", "w1"]}, y_range=(0, 1))
    >>> figure.data["p"], figure.svg.count("data-drag-y")
    ((0.5, 0.25), 2)
    """
    names = [str(label) for label in labels]
    series = {k: _numbers(v, names, k) for k, v in columns.items()}
    former = {k: _numbers(v, names, k) for k, v in (ghosts or {}).items()}
    aims = {k: _numbers(v, names, k) for k, v in (arrows or {}).items()}
    lines = {name: float(height) for name, height in (references or {}).items()}
    _check(names, series, {"drag": drag, "ghosts": former, "arrows": aims, "texts": texts}, muted)
    seen = [*series.values(), *former.values(), *aims.values(), np.array([*lines.values(), 0.0])]
    low, high = padded(seen, y_range, function="column_chart", argument="y", from_zero=True)
    if y_range is None and not any(np.any(v < 0) for v in seen):
        low = 0.0
    axis = Axis(low, high, n=5)
    many = len(series) > 1
    top = 30.0 + (20.0 if many or lines else 0.0)
    left = max(text_width(t, 11) for t in axis.texts) + 12
    right = width - 8
    slot = (right - left) / len(names)
    upright = all(text_width(name, 12) <= slot - 4 for name in names)
    foot = 26.0 if upright else min(max(text_width(name, 11) for name in names), 90.0) + 14
    bottom = height - foot
    axis.span(bottom, top)
    zero = axis(min(max(0.0, low), high))

    marks: list[Mark] = [Text(0, 14, shorten(y_label, width, 12), "label", tip=y_label)]
    for y, text in zip(axis.places(axis.ticks), axis.texts, strict=True):
        marks.append(Path(((left, y), (right, y)), "grid"))
        marks.append(Text(left - 8, y + 4, text, "tick", "end"))
    bar = min(slot * (0.78 if many else 0.68) / len(series), WIDEST)
    first = (slot - bar * len(series)) / 2
    handles: list[Mark] = []
    for k, (kind, heights) in enumerate(series.items()):
        written = (texts or {}).get(kind) or _written(heights, bar, many, kind in aims)
        past, aim = former.get(kind), aims.get(kind)
        inputs = (drag or {}).get(kind)
        role = f"bar-{k + 1}"
        for i, value in enumerate(heights.tolist()):
            x = left + slot * i + first + bar * k
            tip = f"{names[i]}: {kind} {format_number(value)}"
            y = zero
            if value == value:
                y = axis(min(max(value, low), high))
                shade = "bar-muted" if muted is not None and muted[i] else role
                gap = 1.0 if many else 0.0
                marks.append(Rect(x, min(y, zero), bar - gap, abs(y - zero), shade, tip))
                if written[i]:
                    over = y - 6 if value >= 0 else y + 14
                    marks.append(Text(x + bar / 2, over, written[i], "note", "middle"))
            if past is not None and past[i] == past[i]:
                then = axis(float(past[i]))
                marks.append(Path(((x - 4, then), (x + bar + 4, then)), "ghost"))
            if aim is not None and aim[i] == aim[i]:
                marks += arrow(x + bar / 2, y, x + bar / 2, axis(float(aim[i])))
            if inputs is not None and inputs[i]:
                hold = Drag(y=inputs[i], per_pixel_y=drag_rate * axis.per_pixel)
                middle, half = x + bar / 2, min(9.0, bar / 4)
                below = y + 5 if y <= zero else y - 5
                marks.append(Path(((middle - half, below), (middle + half, below)), "grab"))
                wide = slot if not many else bar
                start = left + slot * i if not many else x
                handles.append(Rect(start, top - 12, wide, bottom - top + 12, "hit", tip, 0, hold))
    marks.append(Path(((left, zero), (right, zero)), "axis"))
    for i, name in enumerate(names):
        middle = left + slot * (i + 0.5)
        if upright:
            marks.append(Text(middle, bottom + 18, name, "label", "middle"))
        else:
            text = shorten(name, foot - 14, 11)
            marks.append(Text(middle + 4, bottom + 10, text, "tick", "end", -90, tip=name))
    marks += _legend(list(series) if many else [], lines, axis, left, right)
    marks += handles

    data: dict[str, Sequence[object]] = {"name": names}
    data |= {kind: heights.tolist() for kind, heights in series.items()}
    about = description or _describe(names, series, y_label)
    return Figure(title, about, data, marks, width, height)


def arrow(x0: float, y0: float, x1: float, y1: float, *, head: float = 7.0) -> list[Mark]:
    """Return an arrow from one place on the canvas to another; nothing when it is too short."""
    dx, dy = x1 - x0, y1 - y0
    length = float(np.hypot(dx, dy))
    if length < 2.0:
        return []
    ux, uy = dx / length, dy / length
    size = min(head, length)
    bx, by = x1 - ux * size, y1 - uy * size
    wing = 0.55 * size
    tip = ((x1, y1), (bx - uy * wing, by + ux * wing), (bx + uy * wing, by - ux * wing))
    shaft: list[Mark] = []
    if length > head:
        line = (x0, y0), (bx, by)
        shaft = [Path(line, "halo"), Path(line, "arrow")]
    return [*shaft, Path(tip, "arrow-head", closed=True)]


def _legend(
    series: list[str], lines: Mapping[str, float], axis: Axis, left: float, right: float
) -> list[Mark]:
    """Keys of the series, then of the dashed lines, in one row above the bars."""
    marks: list[Mark] = []
    x, y = left, 34.0
    for k, name in enumerate(series, 1):
        text = shorten(name, (right - left) / (len(series) + len(lines)) - 24, 12)
        marks.append(Rect(x, y - 9, 10, 10, f"bar-{k}"))
        marks.append(Text(x + 15, y, text, "label", tip=name))
        x += 30 + text_width(text, 12)
    for name, height in lines.items():
        marks.append(Path(((left, axis(height)), (right, axis(height))), "reference"))
        marks.append(Path(((x, y - 4), (x + 16, y - 4)), "reference"))
        marks.append(Text(x + 21, y, name, "note"))
        x += 38 + text_width(name, 11)
    return marks


def _written(heights: np.ndarray, bar: float, many: bool, crossed: bool) -> list[str]:
    """Write the values over the bars when every one has room and no arrow crosses them."""
    texts = [_short(value) for value in heights.tolist()]
    roomy = not crossed and all(
        text_width(text, 11) <= bar * (1.0 if many else 1.4) for text in texts
    )
    return texts if roomy else [""] * len(texts)


def _short(value: float) -> str:
    if value != value:
        return "n/a"
    size = abs(value)
    if 0 < size < 0.0005:
        return "<0.001" if value > 0 else "−0.000"
    if size >= 1000:
        return format_number(value)
    decimals = 3 if size < 1 else 2
    return f"{value:.{decimals}f}".replace("-", "−")


def _numbers(values: ArrayLike, names: list[str], kind: str) -> np.ndarray:
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.shape != (len(names),) or not names:
        raise InvalidArgument(
            sentence("column_chart", f"{kind!r}", "hold one number for each label, at least one",
                     f"shape {numbers.shape} for {len(names)} labels")
        )  # fmt: skip
    if np.any(np.isinf(numbers)):
        where = names[int(np.argmax(np.isinf(numbers)))]
        raise InvalidArgument(
            sentence("column_chart", f"{kind!r}", "be finite (or NaN for none)",
                     f"an infinity at {where!r}")
        )  # fmt: skip
    return numbers


def _check(
    names: list[str],
    series: Mapping[str, np.ndarray],
    extras: Mapping[str, Mapping[str, Sequence[object] | np.ndarray] | None],
    muted: Sequence[bool] | None,
) -> None:
    if not 1 <= len(series) <= MAX_SERIES:
        raise InvalidArgument(
            sentence("column_chart", "columns", f"hold 1 to {MAX_SERIES} series", len(series),
                     "Draw several charts.")
        )  # fmt: skip
    for argument, given in extras.items():
        for kind, entries in (given or {}).items():
            if kind not in series:
                raise InvalidArgument(
                    sentence("column_chart", argument, f"name series among {[*series]}", repr(kind))
                )
            if len(entries) != len(names):
                raise InvalidArgument(
                    sentence("column_chart", argument, f"have one entry for each of {len(names)} "
                             "labels", len(entries))
                )  # fmt: skip
    if muted is not None and len(muted) != len(names):
        raise InvalidArgument(
            sentence("column_chart", "muted", f"have one entry for each of {len(names)} labels",
                     len(muted))
        )  # fmt: skip


def _describe(names: list[str], series: Mapping[str, np.ndarray], y_label: str) -> str:
    parts: list[str] = []
    for kind, heights in series.items():
        order = sorted((-v, i) for i, v in enumerate(heights.tolist()) if v == v)
        best = ", ".join(f"{names[i]} ({format_number(-v)})" for v, i in order[:3])
        parts.append(f"{kind}, largest: {best or 'none'}")
    return f"{len(names)} labels: {y_label}. {'; '.join(parts)}."
