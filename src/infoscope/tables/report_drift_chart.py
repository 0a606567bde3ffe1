"""Two distributions of one column side by side: shares of its levels before and now."""

from __future__ import annotations

from collections.abc import Sequence

from infoscope.figures.figure import Figure
from infoscope.figures.lettering import shorten, text_width
from infoscope.figures.marks import Mark, Path, Rect, Text
from infoscope.figures.scales import format_percent, ticks

__all__ = ["side_by_side"]

MOST_LEVELS = 32
_HEIGHT = 120.0  # of the tallest bar


def side_by_side(
    labels: Sequence[str],
    before: Sequence[float],
    now: Sequence[float],
    *,
    title: str,
    ordered: bool,
    width: float = 880,
) -> Figure:
    """Draw two bars a level: its share before (grey) and now (coloured).

    Parameters
    ----------
    labels : sequence of str, length k
        Levels or bins.
    before, now : sequence of float, length k
        Shares, each summing to 1.
    title : str
        What the picture shows.
    ordered : bool
        Keep the order (bins); otherwise the most frequent levels come first. Of more than 32, those
        that changed most are drawn.
    width : float
        Width of the canvas in pixels.
    """
    rows = list(zip(labels, before, now, strict=True))
    told = ""
    if len(rows) > MOST_LEVELS:
        places = sorted(range(len(rows)), key=lambda i: -abs(rows[i][1] - rows[i][2]))
        told = f"the {MOST_LEVELS} that changed most, of {len(rows):,}"
        rows = [rows[i] for i in sorted(places[:MOST_LEVELS])]
    if not ordered:
        rows.sort(key=lambda row: -(row[1] + row[2]))
    most = max(max(a, b) for _, a, b in rows) or 1.0
    at = [value for value in ticks(0.0, most, 3) if value <= most]
    texts = [format_percent(value) for value in at]
    left = max(text_width(text, 11) for text in texts) + 12
    slot = min((width - left - 8) / len(rows), 96.0)
    right = left + slot * len(rows)
    upright = all(text_width(row[0], 11) <= slot - 4 for row in rows)
    longest = max(text_width(row[0], 10.5) for row in rows)
    foot = 20.0 if upright else min(longest, 96.0) + 12
    top = 26.0
    bottom = top + _HEIGHT

    def y(share: float) -> float:
        return bottom - share / most * _HEIGHT

    marks: list[Mark] = []
    for value, text in zip(at, texts, strict=True):
        marks.append(Path(((left, y(value)), (right, y(value))), "axis" if not value else "grid"))
        marks.append(Text(left - 8, y(value) + 4, text, "tick", "end"))
    x = left
    for word, role in (("before", "bar-muted"), ("now", "bar")):
        marks.append(Rect(x, 4, 11, 11, role))
        marks.append(Text(x + 16, 14, word, "label"))
        x += 30 + text_width(word, 12)
    if told:
        marks.append(Text(x, 14, told, "note"))
    bar = min(slot * 0.4, 26.0)
    for i, (label, a, b) in enumerate(rows):
        middle = left + slot * (i + 0.5)
        tip = f"{label}: {format_percent(a)} before, {format_percent(b)} now"
        marks.append(Rect(middle - bar, y(a), bar, bottom - y(a), "bar-muted", tip))
        marks.append(Rect(middle, y(b), bar, bottom - y(b), "bar", tip))
        if upright:
            marks.append(Text(middle, bottom + 15, label, "tick", "middle", tip=tip))
        elif slot >= 13 or i % 2 == 0:
            cut = shorten(label, foot - 12, 10.5)
            marks.append(Text(middle + 4, bottom + 8, cut, "tick", "end", -90, tip=tip))
    changes = sorted(rows, key=lambda row: -abs(row[2] - row[1]))[:3]
    words = "; ".join(f"{n}: {format_percent(a)} to {format_percent(b)}" for n, a, b in changes)
    return Figure(
        title, f"Shares of {len(rows)} levels before and now. Largest changes: {words}.",
        dict(zip(("level", "before", "now"), zip(*rows, strict=True), strict=True)),
        marks, max(right + 8, 300.0), bottom + foot,
    )  # fmt: skip
