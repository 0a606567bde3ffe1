"""Draw a reliability diagram: observed frequency over forecast, and how many cases stand where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from infoscope.figures import Figure
from infoscope.figures.marks import Circle, Mark, Path, Rect, Text

__all__ = ["draw_reliability"]

TOP, STRIP, RIGHT, LARGEST = 30.0, 58.0, 14.0, 430.0
LEFT = 40.0
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)

Columns = Mapping[str, Sequence[float]]


def draw_reliability(
    bins: Columns,
    *,
    title: str,
    description: str,
    width: float,
    x_label: str,
    before: Columns | None = None,
) -> Figure:
    """Return the diagram of columns n_cases, forecast, observed, low, high, band_low, band_high.

    `before` holds forecast and observed of other forecasts of the same cases, drawn as a hairline.
    """
    side = min(width - LEFT - RIGHT, LARGEST)
    left = max(LEFT, (width - side) / 2)

    def x(value: float) -> float:
        return left + value * side

    def y(value: float) -> float:
        return TOP + (1.0 - value) * side

    marks: list[Mark] = [Text(max(left - 34, 0.0), 14, "happened, share of cases", "label")]
    for tick in TICKS:
        marks.append(Path(((x(0), y(tick)), (x(1), y(tick))), "grid"))
        marks.append(Path(((x(tick), y(0)), (x(tick), y(1))), "grid"))
        marks.append(Text(x(0) - 8, y(tick) + 4, f"{tick:.1f}", "tick", "end"))
    forecast = bins["forecast"]
    if len(forecast) > 1:
        up = [(x(p), y(v)) for p, v in zip(forecast, bins["band_high"], strict=True)]
        down = [(x(p), y(v)) for p, v in zip(forecast, bins["band_low"], strict=True)]
        band = tuple(up + down[::-1])
        marks.append(Path(band, "band-1", closed=True, tip="where right forecasts would fall"))
    marks.append(Path(((x(0), y(0)), (x(1), y(1))), "reference", tip="right on average"))
    if before is not None:
        line = zip(before["forecast"], before["observed"], strict=True)
        marks.append(Path(tuple((x(p), y(o)) for p, o in line), "ghost-1", tip="before"))
    rows = list(
        zip(forecast, bins["observed"], bins["low"], bins["high"], bins["n_cases"], strict=True)
    )
    if len(rows) > 1:
        marks.append(Path(tuple((x(p), y(o)) for p, o, *_ in rows), "line-1"))
    for p, o, low, high, count in rows:
        tip = f"said {p:.3f}, happened {o:.3f} ({low:.3f} to {high:.3f}), {count:,} cases"
        marks.append(Path(((x(p), y(low)), (x(p), y(high))), "whisker", tip=tip))
        marks.append(Circle(x(p), y(o), 4.5, "dot", tip))
    foot = TOP + side + STRIP
    most = max(bins["n_cases"])
    for p, *_, count in rows:
        tall = (STRIP - 16) * count / most
        marks.append(Rect(x(p) - 3, foot - tall, 6, tall, "bar-muted", f"{count:,} cases", 1.5))
    marks.append(Path(((x(0), foot), (x(1), foot)), "axis"))
    marks += [Text(x(tick), foot + 17, f"{tick:.1f}", "tick", "middle") for tick in TICKS]
    marks.append(Text(x(0.5), foot + 37, x_label, "label", "middle"))
    data = {name.replace("_", " "): list(column) for name, column in bins.items()}
    return Figure(title, description, data, marks, width, foot + 46)
