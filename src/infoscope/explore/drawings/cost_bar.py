"""One bar: a cost split into the part nobody can save and the part that is wasted."""

from __future__ import annotations

from collections.abc import Sequence

from infoscope.figures import Figure
from infoscope.figures.lettering import text_width
from infoscope.figures.marks import Mark, Path, Rect, Text
from infoscope.figures.scales import format_number, ticks

__all__ = ["cost_bar"]

TOPS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


def cost_bar(
    parts: Sequence[tuple[str, float]],
    *,
    title: str,
    description: str,
    x_label: str,
    width: float,
) -> Figure:
    """Draw up to four amounts end to end from zero; each is named above its part.

    Parameters
    ----------
    parts : sequence of (name, amount)
        Amounts of at least 0, finite.
    title, description, x_label : str
        Texts of the figure; the axis with its unit.
    width : float
        Width of the picture in pixels.

    Returns
    -------
    Figure
        With `data` columns part and amount.
    """
    total = sum(amount for _, amount in parts)
    top = next((end for end in TOPS if total <= end), total)
    left, right, head, tall = 10.0, width - 14.0, 34.0, 30.0
    per_unit = (right - left) / top
    foot = head + tall
    marks: list[Mark] = []
    at = ticks(0.0, top, max(3, int(width / 110)))
    for value in at:
        x = left + value * per_unit
        marks.append(Path(((x, head - 4), (x, foot + 4)), "grid"))
        marks.append(Text(x, foot + 18, format_number(value, at), "tick", "middle"))
    x, free = left, left
    for i, (name, amount) in enumerate(parts, 1):
        words = f"{name} = {amount:.4f}"
        long = amount * per_unit
        marks.append(Rect(x, head, long, tall, f"bar-{i}", words))
        start = min(max(x, free), right - text_width(words, 12) * 1.12)
        marks.append(Text(start, head - 10, words, f"name-{i}"))
        free = start + text_width(words, 12) * 1.12 + 18
        x += long
    marks.append(Path(((left, head - 4), (left, foot + 4)), "axis"))
    marks.append(Text((left + right) / 2, foot + 38, x_label, "label", "middle"))
    data = {"part": [name for name, _ in parts], x_label: [amount for _, amount in parts]}
    return Figure(title, description, data, marks, width, foot + 46)
