"""Draw a reliability diagram: observed frequency over forecast, and how many cases stand where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from infoscope.figures import Figure
from infoscope.figures.marks import Circle, Mark, Path, Rect, Text

__all__ = ["draw_reliability"]

LEFT, TOP, SIDE, STRIP, RIGHT = 58.0, 30.0, 380.0, 64.0, 24.0
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def draw_reliability(
    bins: Mapping[str, Sequence[float]], *, title: str, n: int, level: float
) -> Figure:
    """Return the diagram of columns n_cases, forecast, observed, low, high, band_low, band_high."""

    def x(value: float) -> float:
        return LEFT + value * SIDE

    def y(value: float) -> float:
        return TOP + (1.0 - value) * SIDE

    marks: list[Mark] = []
    for tick in TICKS:
        marks.append(Path(((x(0), y(tick)), (x(1), y(tick))), "grid"))
        marks.append(Path(((x(tick), y(0)), (x(tick), y(1))), "grid"))
        marks.append(Text(x(0) - 8, y(tick) + 4, f"{tick:.1f}", "tick", "end"))
    forecast = bins["forecast"]
    if len(forecast) > 1:
        up = [(x(p), y(v)) for p, v in zip(forecast, bins["band_high"], strict=True)]
        down = [(x(p), y(v)) for p, v in zip(forecast, bins["band_low"], strict=True)]
        marks.append(Path(tuple(up + down[::-1]), "band-1", closed=True))
    marks.append(Path(((x(0), y(0)), (x(1), y(1))), "reference"))
    rows = list(
        zip(forecast, bins["observed"], bins["low"], bins["high"], bins["n_cases"], strict=True)
    )
    marks.append(Path(tuple((x(p), y(o)) for p, o, *_ in rows), "line-1"))
    for p, o, low, high, count in rows:
        tip = f"forecast {p:.3f}, observed {o:.3f} ({low:.3f}–{high:.3f}), {count:,} cases"
        marks.append(Path(((x(p), y(low)), (x(p), y(high))), "whisker", tip=tip))
        marks.append(Circle(x(p), y(o), 4.0, "dot", tip))
    foot = TOP + SIDE + STRIP
    most = max(bins["n_cases"])
    for p, *_, count in rows:
        tall = (STRIP - 14) * count / most
        marks.append(Rect(x(p) - 2, foot - tall, 4, tall, "bar-muted", f"{count:,} cases"))
    marks.append(Path(((x(0), foot), (x(1), foot)), "axis"))
    marks += [Text(x(tick), foot + 17, f"{tick:.1f}", "tick", "middle") for tick in TICKS]
    marks.append(Text(0, 14, "observed frequency", "label"))
    marks.append(Text(x(0.5), foot + 37, "forecast probability", "label", "middle"))
    outside = sum(
        not low <= o <= high
        for o, low, high in zip(bins["observed"], bins["band_low"], bins["band_high"], strict=True)
    )
    about = (
        f"Dots: observed frequency over mean forecast of {n:,} cases in {len(rows)} bins, with "
        f"{100 * level:g}% intervals. Shaded: where dots of right forecasts would fall; {outside} "
        "lie outside. Bars below: cases in each bin."
    )
    data = {name: list(column) for name, column in bins.items()}
    return Figure(title, about, data, marks, LEFT + SIDE + RIGHT, foot + 48)
