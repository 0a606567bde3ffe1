"""Where numbers fall on the canvas: axes (linear or logarithmic), reference lines, grips, runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures.lettering import shorten, text_width
from infoscope.figures.marks import Handle, Mark, Path, Text
from infoscope.figures.scales import format_number, format_short, log_ticks, ticks

__all__ = [
    "Axis",
    "Frame",
    "Grip",
    "apart",
    "cut_outside",
    "finite_runs",
    "marker_room",
    "padded",
]


@dataclass(frozen=True, slots=True)
class Grip:
    """A point of a chart that can be dragged, in the numbers of its axes.

    `drag_x` and `drag_y` name the inputs of the form that it moves ("" for none); `rate_x` and
    `rate_y` say how many units the input changes for one unit of the axis (for one factor of e on
    a logarithmic axis).
    """

    x: float
    y: float
    drag_x: str = ""
    drag_y: str = ""
    rate_x: float = 1.0
    rate_y: float = 1.0
    label: str = ""
    curve: int = 1


class Axis:
    """One direction: the numbers at its ends, the pixels they fall on, and round numbers between.

    Parameters
    ----------
    low, high : float
        Numbers at the two ends, low < high; above 0 on a logarithmic axis.
    log : bool
        Equal factors take equal room.
    n : int
        About how many steps between round numbers.
    """

    __slots__ = ("_slope", "_start", "high", "log", "low", "texts", "ticks")

    def __init__(self, low: float, high: float, *, log: bool = False, n: int = 5) -> None:
        self.low, self.high, self.log = float(low), float(high), log
        self.ticks = log_ticks(low, high, n) if log else ticks(low, high, n)
        self.texts = [
            format_short(value) if log else format_number(value, self.ticks) for value in self.ticks
        ]
        self._start, self._slope = 0.0, 1.0

    def span(self, start: float, stop: float) -> None:
        """Let `low` fall on pixel `start` and `high` on pixel `stop`."""
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        self._slope = (stop - start) / (high - low)
        self._start = start - low * self._slope

    def __call__(self, value: float) -> float:
        """Return the pixel of `value`."""
        return self._start + self._slope * (math.log(value) if self.log else value)

    def places(self, values: Iterable[float]) -> list[float]:
        """Return the pixels of many values."""
        start, slope = self._start, self._slope
        if self.log:
            return [start + slope * math.log(value) for value in values]
        return [start + slope * value for value in values]

    @property
    def per_pixel(self) -> float:
        """Units of the axis (of its natural logarithm when `log`) for a pixel right or down."""
        return 1.0 / self._slope


class Frame:
    """The rectangle of a chart between its axes."""

    def __init__(
        self,
        x: Axis,
        y: Axis,
        width: float,
        height: float,
        *,
        right_room: float = 0.0,
        left_room: float = 0.0,
        top: float = 30.0,
        bottom: float = 44.0,
    ) -> None:
        half = max((text_width(text, 11) for text in (x.texts[:1] + x.texts[-1:])), default=0) / 2
        self.x, self.y, self.width = x, y, width
        left = max((text_width(t, 11) for t in y.texts), default=0) + 12
        self.left = max(left, half + 8, left_room)
        self.right = width - max(right_room, half + 8)
        self.top, self.bottom = top, height - bottom
        x.span(self.left, self.right)
        y.span(self.bottom, self.top)

    def axes(self, x_label: str, y_label: str) -> list[Mark]:
        """Draw the ground: horizontal lines, the two scales and their names."""
        left, right, bottom = self.left, self.right, self.bottom
        marks: list[Mark] = []
        if y_label:
            marks.append(Text(0, 14, shorten(y_label, self.width, 12), "label", tip=y_label))
        for y, text in zip(self.y.places(self.y.ticks), self.y.texts, strict=True):
            marks.append(Path(((left, y), (right, y)), "grid"))
            marks.append(Text(left - 8, y + 4, text, "tick", "end"))
        marks.append(Path(((left, bottom), (right, bottom)), "axis"))
        marks += self.x_scale(bottom)
        if x_label:
            text = shorten(x_label, right - left, 12)
            middle = (left + right) / 2
            marks.append(Text(middle, bottom + 37, text, "label", "middle", tip=x_label))
        return marks

    def x_scale(self, y: float) -> list[Mark]:
        """Draw the small strokes and numbers of the horizontal axis at height `y`."""
        marks: list[Mark] = []
        for x, text in zip(self.x.places(self.x.ticks), self.x.texts, strict=True):
            marks.append(Path(((x, y), (x, y + 4)), "axis"))
            marks.append(Text(x, y + 17, text, "tick", "middle"))
        return marks

    def markers(self, markers: Mapping[str, float]) -> list[Mark]:
        """Draw vertical reference lines with their names above them, in rows that do not touch."""
        marks: list[Mark] = []
        for name, (middle, row) in self._marker_rows(markers).items():
            x, level = self.x(markers[name]), self.top - 6 - 14 * row
            marks.append(Path(((x, level + 3), (x, self.bottom)), "reference"))
            text = shorten(name, self.right - self.left, 11)
            marks.append(Text(middle, level, text, "note", "middle", tip=name))
        return marks

    def _marker_rows(self, markers: Mapping[str, float]) -> dict[str, tuple[float, int]]:
        ends: list[float] = []
        found: dict[str, tuple[float, int]] = {}
        for name in sorted(markers, key=lambda k: markers[k]):
            half = min(text_width(name, 11), self.right - self.left) / 2
            middle = min(max(self.x(markers[name]), self.left + half), self.right - half)
            row = next((i for i, end in enumerate(ends) if middle - half > end + 6), len(ends))
            ends[row : row + 1] = [middle + half]
            found[name] = middle, row
        return found

    def grips(self, grips: Sequence[Grip]) -> list[Mark]:
        """Draw the points that can be dragged."""
        return [
            Handle(
                self.x(grip.x), self.y(grip.y), grip.drag_x, grip.drag_y,
                grip.rate_x * self.x.per_pixel, grip.rate_y * self.y.per_pixel,
                grip.label, f"grip-{grip.curve}",
            )
            for grip in grips
        ]  # fmt: skip

    def outline(self, x: Iterable[float], y: Iterable[float]) -> tuple[tuple[float, float], ...]:
        """Return the pixels of a curve."""
        return tuple(zip(self.x.places(x), self.y.places(y), strict=True))


def marker_room(markers: Mapping[str, float] | None) -> float:
    """Return the height that names above a chart may need: one row for each that could collide."""
    return 14.0 * min(len(markers or ()), 3)


def padded(
    values: Sequence[np.ndarray],
    wanted: tuple[float, float] | None,
    *,
    function: str,
    argument: str,
    log: bool = False,
    from_zero: bool = False,
) -> tuple[float, float]:
    """Return the ends of an axis: `wanted`, or what the finite values need and a little more."""
    if wanted is not None:
        low, high = map(float, wanted)
        if not (math.isfinite(low) and math.isfinite(high) and low < high and (low > 0 or not log)):
            need = "be two finite ascending numbers" + (" above 0" if log else "")
            raise InvalidArgument(sentence(function, f"{argument}_range", need, tuple(wanted)))
        return low, high
    finite = np.concatenate([v[np.isfinite(v) & ((v > 0) | (not log))] for v in values])
    if not finite.size:
        what = "a finite value above 0" if log else "a finite value"
        raise InvalidArgument(sentence(function, argument, f"hold {what}", "none"))
    low, high = float(finite.min()), float(finite.max())
    if log:
        factor = (high / low) ** 0.06 if high > low else 2.0
        return low / factor, high * factor
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return (0.0 if low >= 0 and low - margin < 0 else low - margin), high + margin


def apart(places: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """Move sorted places as little as needed to lie `gap` apart, within [top, bottom]."""
    moved = list(places)
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + gap)
    limit = bottom
    for i in range(len(moved) - 1, -1, -1):
        moved[i] = max(min(moved[i], limit), top)
        limit = moved[i] - gap
    return moved


def finite_runs(
    x: np.ndarray, *columns: np.ndarray, positive: bool = False
) -> list[tuple[list[float], ...]]:
    """Split at gaps: stretches of at least two points where every column is finite (above 0)."""
    whole = np.isfinite(columns[0])
    for column in columns[1:]:
        whole &= np.isfinite(column)
    if positive:
        for column in columns:
            whole &= column > 0
    if whole.all():
        return [(x.tolist(), *(column.tolist() for column in columns))] if len(x) > 1 else []
    stretches: list[tuple[list[float], ...]] = []
    for kept, members in groupby(range(len(x)), key=whole.tolist().__getitem__):
        index = list(members)
        if kept and len(index) > 1:
            part = slice(index[0], index[-1] + 1)
            stretches.append((x[part].tolist(), *(column[part].tolist() for column in columns)))
    return stretches


def cut_outside(
    x: np.ndarray, y: np.ndarray, low: float, high: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return a curve with points where it crosses `low` and `high`, and NaN beyond them.

    >>> cut_outside(np.array([0.0, 1.0]), np.array([0.0, 4.0]), -1.0, 2.0)
    (array([0. , 0.5, 1. ]), array([ 0.,  2., nan]))
    """
    for edge in (low, high):
        beyond = y > edge if edge == high else y < edge
        crossing = np.flatnonzero((beyond[1:] != beyond[:-1]) & np.isfinite(y[1:] + y[:-1]))
        if crossing.size:
            share = (edge - y[crossing]) / (y[crossing + 1] - y[crossing])
            at = x[crossing] + share * (x[crossing + 1] - x[crossing])
            x, y = np.insert(x, crossing + 1, at), np.insert(y, crossing + 1, edge)
    return x, np.where((y < low) | (y > high), np.nan, y)
