"""Curves over an axis: values with bands around them and reference lines across."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import ArrayLike

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures.figure import Figure
from infoscope.figures.lettering import shorten, text_width
from infoscope.figures.marks import Mark, Path, Rect, Text
from infoscope.figures.scales import format_number, ticks

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
    from_zero: bool = False,
    description: str = "",
    width: float = 880,
    height: float = 320,
) -> Figure:
    """Draw up to four curves over a shared axis, each named at its right end.

    Parameters
    ----------
    x : array, shape (n,)
        Positions, finite and ascending; at least two.
    lines : mapping of str to array, shape (n,)
        Name -> heights. Where a height is NaN or infinite the curve is interrupted.
    title : str
        What the picture shows.
    x_label, y_label : str
        Axis names with their units ("bits per byte").
    bands : mapping of str to (low, high), optional
        Shaded range around the line of that name, two arrays of shape (n,); or, around the
        reference of that name, two numbers.
    references : mapping of str to float, optional
        Name -> height of a dashed line across the whole chart.
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
        If shapes differ, x does not ascend, there is no finite value, or too many lines.

    Notes
    -----
    Cost is linear in n; more points than pixels are drawn as they are, so thin long series first.

    Examples
    --------
    >>> figure = line_chart([0, 1, 2], {"rate": [2.0, 1.5, 1.4]}, title="Rate",
    ...                     x_label="bytes", y_label="bits per byte")
    >>> figure.data["rate"]
    (2.0, 1.5, 1.4)
    """
    xs = np.asarray(x, dtype=np.float64)
    _check_positions(xs)
    curves = {name: _column(values, xs, name) for name, values in lines.items()}
    ranges = {
        name: (_column(low, xs, name), _column(high, xs, name))
        for name, (low, high) in (bands or {}).items()
        if name in curves
    }
    references = {name: float(value) for name, value in (references or {}).items()}
    around = {k: ends for k, ends in (bands or {}).items() if k in references and k not in curves}
    strips = {name: (_number(low), _number(high)) for name, (low, high) in around.items()}
    _check_names(curves, bands or {}, references, strips)
    seen = [*curves.values(), *(end for pair in ranges.values() for end in pair)]
    level = [*references.values(), *(end for ends in strips.values() for end in ends)]
    seen.append(np.array([*level, *([0.0] if from_zero else [])]))
    finite = np.concatenate([values[np.isfinite(values)] for values in seen])
    if not finite.size:
        raise InvalidArgument(sentence("line_chart", "lines", "hold a finite value", "none"))
    low, high = float(finite.min()), float(finite.max())
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    bottom = 0.0 if low >= 0 and low - margin < 0 else low - margin
    frame = _Frame(xs[0], xs[-1], bottom, high + margin, width, height, [*curves, *references])

    marks: list[Mark] = frame.axes(x_label, y_label)
    marks += [frame.strip(*ends) for ends in strips.values()]
    for i, name in enumerate(curves, 1):
        if name in ranges:
            marks += [frame.area(x, low, high, i) for x, low, high in _runs(xs, *ranges[name])]
    for value in references.values():
        y = frame.y(value)
        marks.append(Path(((frame.left, y), (frame.right, y)), "reference"))
    for i, values in reversed([*enumerate(curves.values(), 1)]):  # the first on top
        for points, heights in _runs(xs, values):
            outline = tuple(zip(map(frame.x, points), map(frame.y, heights), strict=True))
            marks.append(Path(outline, f"line-{i}"))
    marks += frame.names(curves, references)

    data: dict[str, Sequence[object]] = {x_label: xs.tolist()}
    for name, values in curves.items():
        data[name] = values.tolist()
        if name in ranges:
            data[f"{name}, low"], data[f"{name}, high"] = (end.tolist() for end in ranges[name])
    for name, value in references.items():
        data[name] = [value] * len(xs)
        if name in strips:
            data[f"{name}, low"], data[f"{name}, high"] = ([end] * len(xs) for end in strips[name])
    about = description or _describe(curves, x_label, y_label)
    return Figure(title, about, data, marks, width, height)


class _Frame:
    """Where numbers fall on the canvas, and the axes that say so."""

    def __init__(
        self, x0: float, x1: float, y0: float, y1: float, width: float, height: float,
        names: list[str],
    ) -> None:  # fmt: skip
        self.x0, self.x1, self.y0, self.y1 = float(x0), float(x1), y0, y1
        self.y_ticks = ticks(y0, y1, 5)
        self.y_texts = [format_number(v, self.y_ticks) for v in self.y_ticks]
        side = max((text_width(name, 12) * BOLD for name in names), default=0.0)
        self.side = min(side, 0.26 * width)
        half = max(text_width(format_number(end), 11) for end in (x0, x1)) / 2 + 8
        self.left = max(max(text_width(t, 11) for t in self.y_texts) + 12, half)
        self.right = width - max(self.side + 14, half)
        self.top, self.bottom = 30.0, height - 44
        self.width = width

    def x(self, value: float) -> float:
        return self.left + (value - self.x0) / (self.x1 - self.x0) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.bottom - (value - self.y0) / (self.y1 - self.y0) * (self.bottom - self.top)

    def axes(self, x_label: str, y_label: str) -> list[Mark]:
        marks: list[Mark] = [Text(0, 14, shorten(y_label, self.width, 12), "label", tip=y_label)]
        for value, text in zip(self.y_ticks, self.y_texts, strict=True):
            y = self.y(value)
            marks.append(Path(((self.left, y), (self.right, y)), "grid"))
            marks.append(Text(self.left - 8, y + 4, text, "tick", "end"))
        x_ticks = ticks(self.x0, self.x1, max(2, int((self.right - self.left) / 110)))
        marks.append(Path(((self.left, self.bottom), (self.right, self.bottom)), "axis"))
        for value in x_ticks:
            x = self.x(value)
            marks.append(Path(((x, self.bottom), (x, self.bottom + 4)), "axis"))
            marks.append(Text(x, self.bottom + 17, format_number(value, x_ticks), "tick", "middle"))
        middle = (self.left + self.right) / 2
        text = shorten(x_label, self.right - self.left, 12)
        marks.append(Text(middle, self.bottom + 37, text, "label", "middle", tip=x_label))
        return marks

    def area(self, x: np.ndarray, low: np.ndarray, high: np.ndarray, i: int) -> Path:
        there = [(self.x(a), self.y(b)) for a, b in zip(x, high, strict=True)]
        back = [(self.x(a), self.y(b)) for a, b in zip(x, low, strict=True)]
        return Path(tuple(there + back[::-1]), f"band-{i}", closed=True)

    def strip(self, low: float, high: float) -> Rect:
        top = self.y(high)
        return Rect(self.left, top, self.right - self.left, self.y(low) - top, "band-reference")

    def names(
        self, curves: Mapping[str, np.ndarray], references: Mapping[str, float]
    ) -> list[Mark]:
        """Names at the right edge, moved apart where they would touch."""
        wanted: list[tuple[float, str, str]] = []
        for i, (name, values) in enumerate(curves.items(), 1):
            ends = values[np.isfinite(values)]
            if ends.size:
                wanted.append((self.y(float(ends[-1])), name, f"name-{i}"))
        wanted += [(self.y(value), name, "note") for name, value in references.items()]
        wanted.sort()
        places = _apart([y for y, _, _ in wanted], 15.0, self.top, self.bottom)
        return [
            Text(self.right + 8, y + 4, shorten(name, (self.side + 1) / BOLD, 12), role, tip=name)
            for y, (_, name, role) in zip(places, wanted, strict=True)
        ]


def _apart(places: list[float], gap: float, top: float, bottom: float) -> list[float]:
    """Move sorted places as little as needed to lie `gap` apart, within [top, bottom]."""
    moved = list(places)
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + gap)
    limit = bottom
    for i in range(len(moved) - 1, -1, -1):
        moved[i] = max(min(moved[i], limit), top)
        limit = moved[i] - gap
    return moved


def _runs(x: np.ndarray, *columns: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    """Split at gaps: stretches of at least two points where every column is finite."""
    whole = np.all([np.isfinite(column) for column in columns], axis=0)
    stretches = []
    for finite, members in groupby(range(len(x)), key=lambda i: bool(whole[i])):
        index = list(members)
        if finite and len(index) > 1:
            stretches.append((x[index], *(column[index] for column in columns)))
    return stretches


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


def _check_positions(x: np.ndarray) -> None:
    if x.size < 2 or not np.all(np.isfinite(x)) or not np.all(np.diff(x) > 0):
        raise InvalidArgument(
            sentence("line_chart", "x", "be at least two finite ascending numbers",
                     f"{x.size} numbers" if x.size < 2 else "another order, a repeat or NaN")
        )  # fmt: skip


def _check_names(
    curves: Mapping[str, np.ndarray],
    bands: Mapping[str, object],
    references: Mapping[str, float],
    strips: Mapping[str, tuple[float, float]],
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
    for name, value in references.items():
        if not all(map(math.isfinite, (value, *strips.get(name, ())))):
            raise InvalidArgument(
                sentence("line_chart", "references", "be finite", f"{value} for {name!r}")
            )


def _describe(curves: Mapping[str, np.ndarray], x_label: str, y_label: str) -> str:
    parts: list[str] = []
    for name, values in curves.items():
        finite = values[np.isfinite(values)]
        if finite.size:
            low, high, last = (
                format_number(float(v)) for v in (finite.min(), finite.max(), finite[-1])
            )
            parts.append(f"{name} lies between {low} and {high} and ends at {last}")
    return f"{y_label} over {x_label}: {'; '.join(parts)}."
