"""A field over a plane in coloured steps, with points on it that can be dragged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from infoscope.figures import Figure
from infoscope.figures.marks import Cells, Handle, Mark, Path, Rect, Text
from infoscope.figures.scales import Bands, format_number, ticks

__all__ = ["Axis", "Spot", "plane"]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of the plane: its name with unit, and its ends."""

    label: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Spot:
    """A point on the plane; with `drag_x` or `drag_y` it moves those inputs.

    `rate_x` and `rate_y` are input units for one unit of the axis.
    """

    x: float
    y: float
    label: str
    drag_x: str = ""
    drag_y: str = ""
    rate_x: float = 1.0
    rate_y: float = 1.0
    open: bool = False


def plane(
    field: np.ndarray,
    x: Axis,
    y: Axis,
    edges: Sequence[float],
    spots: Sequence[Spot],
    *,
    title: str,
    description: str,
    quantity: str,
    width: float,
    height: float = 320,
    ramp: str = "information",
) -> Figure:
    """Draw `field` (rows from the low end of y upwards) in the steps of `edges`, and the spots.

    Points outside the plane are drawn at its edge, hollow, and their tip says so.
    """
    left, right, head, foot = 40.0, width - 8.0, 24.0, height - 78.0
    n_rows, n_columns = field.shape
    bands = Bands(edges)
    levels = bands.levels(field[::-1])
    marks: list[Mark] = [
        Cells(left, head, (right - left) / n_columns, (foot - head) / n_rows, ramp, levels)
    ]

    def px(value: float) -> float:
        return left + (value - x.low) / (x.high - x.low) * (right - left)

    def py(value: float) -> float:
        return foot - (value - y.low) / (y.high - y.low) * (foot - head)

    at = ticks(x.low, x.high, max(3, int((right - left) / 90)))
    for value in at:
        marks.append(Path(((px(value), foot), (px(value), foot + 4)), "axis"))
        marks.append(Text(px(value), foot + 16, format_number(value, at), "tick", "middle"))
    at = ticks(y.low, y.high, 5)
    for value in at:
        marks.append(Path(((left - 4, py(value)), (left, py(value))), "axis"))
        marks.append(Text(left - 8, py(value) + 4, format_number(value, at), "tick", "end"))
    marks.append(Text(0, 12, y.label, "label"))
    marks.append(Text((left + right) / 2, foot + 33, x.label, "label", "middle"))

    step = min(46.0, (right - left) / len(edges))
    for i, _ in enumerate([*edges, 0]):
        marks.append(Rect(left + step * i, height - 32, step, 10, f"{ramp}-{i}"))
    for i, edge in enumerate(edges, 1):
        place = left + step * i
        marks.append(Text(place, height - 9, format_number(edge), "tick", "middle"))
    marks.append(Text(right, height - 9, quantity, "note", "end")
                 if width > 500 else Text(right, 12, quantity, "note", "end"))  # fmt: skip

    for spot in spots:
        a = min(max(spot.x, x.low), x.high)
        b = min(max(spot.y, y.low), y.high)
        tip = spot.label if (a, b) == (spot.x, spot.y) else f"{spot.label} (outside the picture)"
        if spot.drag_x or spot.drag_y:
            per_x = (x.high - x.low) / (right - left) * spot.rate_x
            per_y = -(y.high - y.low) / (foot - head) * spot.rate_y
            marks.append(Handle(px(a), py(b), spot.drag_x, spot.drag_y, per_x, per_y, tip))
        else:
            arm = 6.0
            for dx, dy in ((arm, arm), (arm, -arm)):
                ends = ((px(a) - dx, py(b) - dy), (px(a) + dx, py(b) + dy))
                marks.append(Path(ends, "whisker", tip=tip))
    data = {"point": [s.label for s in spots], x.label: [s.x for s in spots],
            y.label: [s.y for s in spots]}  # fmt: skip
    return Figure(title, description, data, marks, width, height)
