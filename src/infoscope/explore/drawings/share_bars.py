"""Upright bars of probabilities that can be dragged, each with what it means for surprise."""

from __future__ import annotations

import math
from collections.abc import Sequence

from infoscope.figures import Figure
from infoscope.figures.marks import Drag, Mark, Path, Rect, Text
from infoscope.figures.scales import format_number, ticks

__all__ = ["share_bars"]


def share_bars(
    p: Sequence[float],
    labels: Sequence[str],
    *,
    width: float,
    height: float = 300,
    drag: str = "",
    top: float = 1.0,
    title: str = "How likely each outcome is",
    second: Sequence[float] | None = None,
    second_name: str = "",
) -> Figure:
    """Draw a bar for each outcome, its probability above and its surprisal below.

    Parameters
    ----------
    p : sequence of float, length n
        Probabilities.
    labels : sequence of str, length n
        Names of the outcomes.
    width, height : float
        Size of the picture in pixels.
    drag : str
        Name of the control whose sliders "<name>.<i>" the bars move; "" for none.
    top : float
        Upper end of the axis.
    title : str
        Title of the figure.
    second, second_name : sequence of float and str, optional
        Another distribution, drawn as a step across each bar, and its name.

    Returns
    -------
    Figure
        With surprisals in bits among its data.
    """
    left, right, head, foot = 36.0, width - 6.0, 40.0, height - 44.0
    n = len(p)
    pitch = (right - left) / n
    bar = min(pitch * 0.68, 96.0)

    def y(value: float) -> float:
        return foot - value / top * (foot - head)

    marks: list[Mark] = [Text(0, 12, "probability", "label")]
    at = ticks(0, top, 4)
    for value in at:
        marks.append(Path(((left, y(value)), (right, y(value))), "axis" if value == 0 else "grid"))
        marks.append(Text(left - 8, y(value) + 4, format_number(value, at), "tick", "end"))
    even = y(1 / n)
    surprisals = [-math.log2(mass) if mass > 0 else math.inf for mass in p]
    for i, mass in enumerate(p):
        middle = left + pitch * (i + 0.5)
        height_of = foot - y(min(mass, top))
        tip = f"{labels[i]}: probability {mass:.4g}, surprisal {surprisals[i]:.4g} bits"
        marks.append(Rect(middle - bar / 2, foot - height_of, bar, height_of, "bar", tip, 3.0))
        marks.append(Text(middle, foot - height_of - 8, _short(mass), "label", "middle"))
        marks.append(Text(middle, foot + 17, labels[i], "label", "middle"))
        bits = "∞ bits" if math.isinf(surprisals[i]) else f"{abs(surprisals[i]):.2f} bits"
        if pitch > 44:
            marks.append(Text(middle, foot + 34, bits, "note", "middle"))
        if second is not None and i < len(second):
            level = y(min(second[i], top))
            ends = ((middle - bar / 2 - 5, level), (middle + bar / 2 + 5, level))
            marks.append(Path(ends, "line-2", tip=f"{second_name}: {second[i]:.4g}"))
    marks.append(Path(((left, even), (right, even)), "reference", tip=f"all equal: {1 / n:.4g}"))
    if drag:
        for i in range(n):
            hold = Drag(y=f"{drag}.{i}", per_pixel_y=-top / (foot - head))
            tip = f"Drag {labels[i]} up or down"
            marks.append(Rect(left + pitch * i, head - 18, pitch, foot - head + 22, "hit", tip,
                              drag=hold))  # fmt: skip
    data: dict[str, Sequence[object]] = {
        "outcome": list(labels), "probability": list(p), "surprisal, bits": surprisals,
    }  # fmt: skip
    if second is not None:
        data[second_name or "second"] = list(second)
    most = max(range(n), key=lambda i: p[i])
    about = f"{n} outcomes; the likeliest is {labels[most]} with {p[most]:.3g}."
    if drag:
        about += " Drag a bar: the others share what is left. Dashed: all equal."
    return Figure(title, about, data, marks, width, height)


def _short(mass: float) -> str:
    return f"{mass:.3f}".rstrip("0").rstrip(".") if mass >= 0.0005 or mass == 0 else f"{mass:.1g}"
