"""Estimates beside the truth: a row for each method, with its interval or with many repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from infoscope.figures import Figure
from infoscope.figures.marks import Circle, Dots, Mark, Path, Text
from infoscope.figures.scales import format_number, ticks

__all__ = ["Row", "estimate_rows"]

ROW = 40.0


@dataclass(frozen=True, slots=True)
class Row:
    """One method: its value, the ends of its interval, or the values of many repeats."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    repeats: tuple[float, ...] = ()
    note: str = ""


def estimate_rows(
    rows: Sequence[Row],
    truth: float,
    *,
    title: str,
    description: str,
    x_label: str,
    width: float,
    x_range: tuple[float, float] | None = None,
) -> Figure:
    """Draw a dot and a whisker for each row, small dots for repeats, and a line for the truth.

    Parameters
    ----------
    rows : sequence of Row
        From top to bottom; colours follow the order.
    truth : float
        What all of them estimate, in the unit of the axis.
    title, description, x_label : str
        Texts of the figure; the axis with its unit.
    width : float
        Width of the picture in pixels.
    x_range : (low, high), optional
        What the axis must hold at least; it grows where the numbers need more.

    Returns
    -------
    Figure
        With `data` columns method, value, low, high.
    """
    seen = [truth, 0.0]
    for row in rows:
        seen += [row.value, *row.repeats, *(end for end in (row.low, row.high) if end is not None)]
    low, high = min(*seen, *(x_range or ())), max(*seen, *(x_range or ()))
    pad = 0.04 * (high - low) or 0.1
    low, high = low - pad, high + pad
    wide = width > 500  # then names and numbers stand beside the rows, else above them
    left, right, head = (228.0, width - 156.0, 34.0) if wide else (4.0, width - 10.0, 34.0)
    tall = 34.0 if wide else ROW
    foot = head + tall * len(rows) + 4

    def px(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    marks: list[Mark] = []
    at = [v for v in ticks(low, high, max(3, int(width / 110))) if low <= v <= high]
    for value in at:
        marks.append(Path(((px(value), head), (px(value), foot)), "grid"))
        marks.append(Text(px(value), foot + 17, format_number(value, at), "tick", "middle"))
    cuts = [(head + tall * i + 20, head + tall * (i + 1)) for i in range(len(rows))]
    for start, stop in [(head - 6, foot)] if wide else cuts:  # it must not cross the names
        marks.append(Path(((px(truth), start), (px(truth), stop)), "reference"))
    anchor = "end" if px(truth) > width / 2 else "start"
    shift = -4 if anchor == "end" else 4
    marks.append(Text(px(truth) + shift, head - 12, f"truth {truth:.3f}", "total", anchor))
    for i, row in enumerate(rows):
        y = head + tall * i + (20 if wide else 30)
        level = y + 4 if wide else y - 13
        hue = i % 4 + 1
        tip = f"{row.name}: {row.value:.4g}" + (f" ({row.note})" if row.note else "")
        marks.append(Text(4, level, row.name, f"name-{hue}", tip=tip))
        marks.append(Text(width - 6, level, _written(row), "note", "end", tip=tip))
        if row.repeats:
            shake = np.linspace(-5.0, 5.0, 5)
            points = tuple(
                (px(value), y + float(shake[(3 * j) % 5])) for j, value in enumerate(row.repeats)
            )
            marks.append(Dots(points, 2.2, f"points-{hue}"))
        if row.low is not None and row.high is not None:
            a, b = px(row.low), px(row.high)
            marks.append(Path(((a, y), (b, y)), f"line-{hue}", tip=tip))
            marks += [Path(((end, y - 5), (end, y + 5)), f"line-{hue}") for end in (a, b)]
        if row.repeats:
            marks.append(Path(((px(row.value), y - 9), (px(row.value), y + 9)), "trail", tip=tip))
        else:
            marks.append(Circle(px(row.value), y, 4.5, f"grip-{hue}", tip))
        if not wide and i:
            marks.append(Path(((4, y - 28), (width - 6, y - 28)), "grid"))
    marks.append(Path(((left, foot), (right, foot)), "axis"))
    marks.append(Text((left + right) / 2, foot + 36, x_label, "label", "middle"))
    data: dict[str, Sequence[object]] = {
        "method": ["truth", *(row.name for row in rows)],
        x_label: [truth, *(row.value for row in rows)],
        "low": [None, *(row.low for row in rows)], "high": [None, *(row.high for row in rows)],
    }  # fmt: skip
    return Figure(title, description, data, marks, width, foot + 44)


def _written(row: Row) -> str:
    if row.note:
        return row.note
    if row.low is None or row.high is None:
        return f"{row.value:.3f}".replace("-", "−")
    return f"{row.value:.3f}  [{row.low:.3f}, {row.high:.3f}]".replace("-", "−")
