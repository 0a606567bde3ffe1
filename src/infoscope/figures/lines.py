"""Curves over an axis: values with bands around them, reference lines across, points to drag."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures.figure import Figure
from infoscope.figures.frame import (
    Axis,
    Frame,
    Grip,
    apart,
    cut_outside,
    finite_runs,
    marker_room,
    padded,
)
from infoscope.figures.lettering import shorten, text_width
from infoscope.figures.marks import Circle, Mark, Path, Rect, Text
from infoscope.figures.scales import format_number

__all__ = ["line_chart"]

MAX_LINES = 4
BOLD = 1.12  # how much wider the names of curves are for being bold


def line_chart(
    x: ArrayLike,
    lines: Mapping[str, ArrayLike],
    *,
    title: str,
    x_label: str,
    y_label: str,
    bands: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    references: Mapping[str, float] | None = None,
    markers: Mapping[str, float] | None = None,
    dots: Mapping[str, tuple[float, float]] | None = None,
    ghosts: Mapping[str, ArrayLike] | None = None,
    filled: Sequence[str] = (),
    name_at: Literal["end", "peak"] = "end",
    margins: tuple[float, float] = (0.0, 0.0),
    handles: Sequence[Grip] = (),
    log_x: bool = False,
    log_y: bool = False,
    y_range: tuple[float, float] | None = None,
    from_zero: bool = False,
    description: str = "",
    width: float = 880,
    height: float = 320,
) -> Figure:
    """Draw up to four curves over a shared axis, each named at its right end.

    Parameters
    ----------
    x : array, shape (n,)
        Positions, finite and ascending; at least two. Above 0 with `log_x`.
    lines : mapping of str to array, shape (n,)
        Name -> heights. Where a height is NaN or infinite (or not above 0 with `log_y`) the curve
        is interrupted.
    title : str
        What the picture shows.
    x_label, y_label : str
        Axis names with their units ("bits per byte").
    bands : mapping of str to (low, high), optional
        Shaded range around the line of that name, two arrays of shape (n,); or, around the
        reference of that name, two numbers.
    references : mapping of str to float, optional
        Name -> height of a dashed line across the whole chart.
    markers : mapping of str to float, optional
        Name -> position of a dashed vertical line, named above the chart.
    dots : mapping of str to (x, y), optional
        Name -> a marked point with its name beside it.
    ghosts : mapping of str to array, optional
        Name of a line -> its former heights, drawn as a hairline.
    filled : sequence of str
        Names of lines whose area down to the bottom (or to 0) is tinted, for densities.
    name_at : {"end", "peak"}
        Where the names of the curves stand: at their right ends, or over their highest points
        (for densities, which all end at 0).
    margins : (left, right)
        Room to keep at the sides, at least, so that panels below one another line up.
    handles : sequence of Grip
        Points that can be dragged, in the numbers of the axes.
    log_x, log_y : bool
        Whether equal factors take equal room.
    y_range : (low, high), optional
        Ends of the vertical axis; by default they follow from the values. While something is
        dragged a fixed range keeps the picture still.
    from_zero : bool
        Whether the vertical axis must contain 0.
    description : str
        For screen readers; the ends and the range are described when it is empty.
    width, height : float
        Size of the canvas in pixels.

    Returns
    -------
    Figure
        With `data` columns x_label, each line, and the ends of each band.

    Raises
    ------
    InvalidArgument
        If shapes differ, x does not ascend, there is no finite value, a name is none of a line, or
        there are too many lines.

    Notes
    -----
    Cost is linear in n; more points than pixels are drawn as they are, so thin long series first.
    What lies outside `y_range` is not drawn: the curve leaves the picture at the edge.

    Examples
    --------
    >>> figure = line_chart([0, 1, 2], {"rate": [2.0, 1.5, 1.4]}, title="Rate",
    ...                     x_label="bytes", y_label="bits per byte")
    >>> figure.data["rate"]
    (2.0, 1.5, 1.4)
    """
    xs = np.asarray(x, dtype=np.float64)
    _check_positions(xs, log_x)
    curves = {name: _column(values, xs, name) for name, values in lines.items()}
    former = {name: _column(values, xs, name) for name, values in (ghosts or {}).items()}
    ranges = {
        name: (_column(low, xs, name), _column(high, xs, name))
        for name, (low, high) in (bands or {}).items()
        if name in curves
    }
    references = {name: float(value) for name, value in (references or {}).items()}
    around = {k: ends for k, ends in (bands or {}).items() if k in references and k not in curves}
    strips = {name: (_number(low), _number(high)) for name, (low, high) in around.items()}
    _check_names(curves, bands or {}, references, strips, [*former, *filled])
    seen = [*curves.values(), *former.values(), *(end for pair in ranges.values() for end in pair)]
    level = [*references.values(), *(end for ends in strips.values() for end in ends)]
    level += [y for _, y in (dots or {}).values()]
    seen.append(np.array([*level, *([0.0] if from_zero else [])]))
    low, high = padded(seen, y_range, function="line_chart", argument="lines", log=log_y)
    beside = [*(curves if name_at == "end" else ()), *references]
    side = min(max((text_width(n, 12) * BOLD for n in beside), default=0.0), 0.26 * width)
    n_steps = max(2, int((width - side - 60) / 110))
    frame = Frame(
        Axis(xs[0], xs[-1], log=log_x, n=n_steps), Axis(low, high, log=log_y), width, height,
        right_room=max(side + 14, margins[1]), left_room=margins[0], top=30 + marker_room(markers),
    )  # fmt: skip

    marks: list[Mark] = frame.axes(x_label, y_label)
    for bottom, top in strips.values():
        y = frame.y(top)
        tall = frame.y(bottom) - y
        marks.append(Rect(frame.left, y, frame.right - frame.left, tall, "band-reference"))
    rows = dict(zip(curves, range(1, MAX_LINES + 1), strict=False))
    for name, (below, above) in ranges.items():
        for x_run, a, b in finite_runs(xs, below, above):
            outline = frame.outline(x_run, a) + frame.outline(x_run, b)[::-1]
            marks.append(Path(outline, f"band-{rows[name]}", closed=True))
    floor = frame.y(min(max(0.0, low), high)) if not log_y else frame.bottom

    def stretches(values: np.ndarray) -> list[tuple[tuple[float, float], ...]]:
        x, y = (xs, values) if y_range is None else cut_outside(xs, values, low, high)
        runs = finite_runs(x, y, positive=log_y)
        return [frame.outline(*run) for run in runs]

    drawn = {name: stretches(values) for name, values in curves.items()}
    for name in filled:
        for line in drawn[name]:
            area = (*line, (line[-1][0], floor), (line[0][0], floor))
            marks.append(Path(area, f"band-{rows[name]}", closed=True))
    marks += [
        Path(((frame.left, y), (frame.right, y)), "reference")
        for y in frame.y.places(references.values())
    ]
    marks += frame.markers(markers or {})
    for name, values in former.items():
        marks += [Path(line, f"ghost-{rows[name]}") for line in stretches(values)]
    for name in reversed(drawn):  # the first on top
        marks += [Path(line, f"line-{rows[name]}") for line in drawn[name]]
    marks += _dots(frame, dots or {})
    marks += frame.grips(handles)
    if name_at == "peak":
        marks += _peaks(frame, drawn, rows)
        marks += _names(frame, side, {}, rows, references)
    else:
        last = {name: parts[-1][-1][1] for name, parts in drawn.items() if parts}
        marks += _names(frame, side, last, rows, references)

    data: dict[str, Sequence[object]] = {x_label: xs.tolist()}
    for name, values in curves.items():
        data[name] = values.tolist()
        if name in ranges:
            data[f"{name}, low"], data[f"{name}, high"] = (end.tolist() for end in ranges[name])
    for name, value in references.items():
        data[name] = [value] * len(xs)
        if name in strips:
            data[f"{name}, low"], data[f"{name}, high"] = ([end] * len(xs) for end in strips[name])
    about = description or _describe(curves, x_label, y_label, 0.0 if log_y else 1 / 2000)
    return Figure(title, about, data, marks, width, height)


def _dots(frame: Frame, dots: Mapping[str, tuple[float, float]]) -> list[Mark]:
    """Marked points, each named on the side where there is room."""
    marks: list[Mark] = []
    for name, (x, y) in dots.items():
        px, py = frame.x(x), frame.y(y)
        late = px + 10 + text_width(name, 11) > frame.right
        marks.append(Circle(px, py, 4.5, "dot", f"{name}: {format_number(y)}"))
        marks.append(
            Text(px + (-9 if late else 9), py - 7, name, "note", "end" if late else "start")
        )
    return marks


def _peaks(
    frame: Frame,
    drawn: Mapping[str, list[tuple[tuple[float, float], ...]]],
    rows: Mapping[str, int],
) -> list[Mark]:
    """Names over the highest points, pushed up where two would touch."""
    placed: list[tuple[float, float, float]] = []
    marks: list[Mark] = []
    for name, lines in drawn.items():
        if not lines:
            continue
        x, y = min((point for line in lines for point in line), key=lambda point: point[1])
        half = text_width(name, 12) * BOLD / 2
        x = min(max(x, frame.left + half), frame.right - half)
        y -= 12
        while any(abs(x - a) < half + b and abs(y - c) < 15 for a, b, c in placed):
            y -= 15
        placed.append((x, half, y))
        marks.append(Text(x, max(y, 12.0), name, f"name-{rows[name]}", "middle"))
    return marks


def _names(
    frame: Frame, side: float, ends: Mapping[str, float], rows: Mapping[str, int],
    references: Mapping[str, float],
) -> list[Mark]:  # fmt: skip
    """Names at the right edge, moved apart where they would touch."""
    wanted = [(y, name, f"name-{rows[name]}") for name, y in ends.items()]
    wanted += [(frame.y(value), name, "note") for name, value in references.items()]
    wanted.sort()
    places = apart([y for y, _, _ in wanted], 15.0, frame.top, frame.bottom)
    return [
        Text(frame.right + 8, y + 4, shorten(name, (side + 1) / BOLD, 12), role, tip=name)
        for y, (_, name, role) in zip(places, wanted, strict=True)
    ]


def _column(values: ArrayLike, x: np.ndarray, name: str) -> np.ndarray:
    column = np.asarray(values, dtype=np.float64)
    if column.shape != x.shape or x.ndim != 1:
        raise InvalidArgument(
            sentence("line_chart", f"{name!r}", "have the one-dimensional shape of x",
                     f"{column.shape} beside {x.shape}")
        )  # fmt: skip
    return column


def _number(value: ArrayLike) -> float:
    number = np.asarray(value, dtype=np.float64)
    if number.ndim:
        raise InvalidArgument(
            sentence("line_chart", "bands", "be two numbers around a reference",
                     f"an array of shape {number.shape}")
        )  # fmt: skip
    return float(number)


def _check_positions(x: np.ndarray, log: bool) -> None:
    if x.size < 2 or not np.all(np.isfinite(x)) or not np.all(np.diff(x) > 0):
        raise InvalidArgument(
            sentence("line_chart", "x", "be at least two finite ascending numbers",
                     f"{x.size} numbers" if x.size < 2 else "another order, a repeat or NaN")
        )  # fmt: skip
    if log and x[0] <= 0:
        raise InvalidArgument(sentence("line_chart", "x", "be above 0 with log_x", float(x[0])))


def _check_names(
    curves: Mapping[str, np.ndarray],
    bands: Mapping[str, object],
    references: Mapping[str, float],
    strips: Mapping[str, tuple[float, float]],
    of_lines: Sequence[str],
) -> None:
    if not 1 <= len(curves) <= MAX_LINES:
        raise InvalidArgument(
            sentence("line_chart", "lines", f"be 1 to {MAX_LINES} curves", len(curves),
                     "Draw several charts.")
        )  # fmt: skip
    for name in bands:
        if name not in curves and name not in references:
            known = [*curves, *references]
            raise InvalidArgument(
                sentence("line_chart", "bands", f"name lines among {known}", repr(name))
            )
    for name in of_lines:
        if name not in curves:
            raise InvalidArgument(
                sentence("line_chart", "ghosts and filled", f"name lines among {[*curves]}",
                         repr(name))
            )  # fmt: skip
    for name, value in references.items():
        if not all(map(math.isfinite, (value, *strips.get(name, ())))):
            raise InvalidArgument(
                sentence("line_chart", "references", "be finite", f"{value} for {name!r}")
            )


def _describe(curves: Mapping[str, np.ndarray], x_label: str, y_label: str, nothing: float) -> str:
    """Say in words how each curve goes; what is below `nothing` of the largest is called 0."""
    largest = max(float(np.abs(v[np.isfinite(v)]).max(initial=0.0)) for v in curves.values())

    def said(value: float) -> str:
        return format_number(value if abs(value) >= nothing * largest else 0.0)

    parts: list[str] = []
    for name, values in curves.items():
        finite = values[np.isfinite(values)]
        if not finite.size:
            continue
        steps = np.diff(finite)
        first, last, low, high = map(
            said, map(float, (finite[0], finite[-1], finite.min(), finite.max()))
        )
        if low == high:
            parts.append(f"{name} stays at {last}")
        elif (steps >= 0).all() or (steps <= 0).all():
            parts.append(f"{name} {'rises' if steps.sum() > 0 else 'falls'} from {first} to {last}")
        else:
            parts.append(f"{name} lies between {low} and {high} and ends at {last}")
    return f"{y_label} over {x_label}: {'; '.join(parts)}."
