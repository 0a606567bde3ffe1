"""Horizontal bars: rankings with error bars, and histograms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures.figure import Figure
from infoscope.figures.lettering import shorten, text_width
from infoscope.figures.marks import Drag, Mark, Path, Rect, Text
from infoscope.figures.scales import format_number, ticks

__all__ = ["bar_chart"]

ROW = 26.0


def bar_chart(
    labels: Sequence[str],
    values: ArrayLike,
    *,
    title: str,
    x_label: str,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    texts: Sequence[str] | None = None,
    muted: Sequence[bool] | None = None,
    drag: Sequence[str] | None = None,
    label_name: str = "name",
    description: str = "",
    width: float = 880,
) -> Figure:
    """Draw one horizontal bar per label, from zero, with whiskers for its interval.

    Parameters
    ----------
    labels : sequence of str, length n
        Names, drawn from top to bottom in this order; long ones are cut, the whole is in the tip.
    values : array, shape (n,)
        Lengths in the unit that `x_label` names; NaN draws no bar and says "n/a". Never clipped:
        a negative value reaches left of zero.
    title : str
        What the picture shows.
    x_label : str
        Name of the axis with its unit ("mutual information with species, bits").
    low, high : array, shape (n,), optional
        Ends of the whiskers; NaN for none. Both or neither.
    texts : sequence of str, optional
        What is written after each bar; the value when not given.
    muted : sequence of bool, optional
        Bars to draw in grey.
    drag : sequence of str, optional
        For each bar the name of the form input that dragging it sideways moves; "" for none. The
        input has the units of the axis.
    label_name : str
        Heading of the labels in the data table.
    description : str
        For screen readers; the largest bars are named when it is empty.
    width : float
        Width of the canvas in pixels; the height follows from n.

    Returns
    -------
    Figure
        With `data` columns label_name, x_label, and "low", "high" when given.

    Raises
    ------
    InvalidArgument
        If lengths differ, a value is infinite, nothing is given, or low lies above high.

    Examples
    --------
    >>> figure = bar_chart(["a", "b"], [0.5, 0.2], title="Ranking", x_label="bits")
    >>> figure.data["bits"]
    (0.5, 0.2)
    """
    names = [str(label) for label in labels]
    lengths = _numbers(values, names, "values")
    ends = None
    if (low is None) != (high is None):
        raise InvalidArgument(sentence("bar_chart", "low and high", "come together", "one of them"))
    if low is not None and high is not None:
        ends = (_numbers(low, names, "low"), _numbers(high, names, "high"))
        if np.any(ends[0] > ends[1]):
            raise InvalidArgument(
                sentence("bar_chart", "low", "lie at or below high",
                         f"more at {names[int(np.argmax(ends[0] > ends[1]))]!r}")
            )  # fmt: skip
    for argument, given in (("texts", texts), ("muted", muted), ("drag", drag)):
        if given is not None and len(given) != len(names):
            raise InvalidArgument(
                sentence("bar_chart", argument, f"have one entry for each of {len(names)} labels",
                         len(given))
            )  # fmt: skip
    written = list(texts) if texts is not None else [format_number(float(v)) for v in lengths]
    grey = list(muted) if muted is not None else [False] * len(names)

    left = min(max(text_width(name, 12) for name in names), 0.3 * width) + 10
    room = min(max(text_width(text, 11) for text in written), 0.32 * width) + 14
    seen = np.concatenate([lengths, *(ends or ()), [0.0]])
    seen = seen[~np.isnan(seen)]
    least, most = float(seen.min()), float(seen.max())
    if most == least:
        most = least + 1.0
    right, top = width - room, 8.0
    bottom = top + ROW * len(names) + 4

    def place(value: float) -> float:
        return left + (value - least) / (most - least) * (right - left)

    marks: list[Mark] = []
    at = ticks(least, most, max(2, int((right - left) / 90)))
    for value in at:
        x = place(value)
        marks.append(Path(((x, top), (x, bottom)), "axis" if value == 0 else "grid"))
        marks.append(Text(x, bottom + 15, format_number(value, at), "tick", "middle"))
    for i, name in enumerate(names):
        y = top + ROW * i + ROW / 2 + 2
        marks.append(Text(left - 8, y + 4, shorten(name, left - 10, 12), "label", "end", tip=name))
        value, reach = float(lengths[i]), place(0.0)
        tip = f"{name}: {written[i]}"
        if not np.isnan(value):
            x = place(value)
            role = "bar-muted" if grey[i] else "bar"
            marks.append(Rect(min(x, place(0.0)), y - 8, abs(x - place(0.0)), 16, role, tip))
            reach = max(x, reach)
        if ends is not None and not (np.isnan(ends[0][i]) or np.isnan(ends[1][i])):
            a, b = place(float(ends[0][i])), place(float(ends[1][i]))
            marks.append(Path(((a, y), (b, y)), "whisker", tip=tip))
            marks += [Path(((end, y - 4), (end, y + 4)), "whisker") for end in (a, b)]
            reach = max(reach, b)
        marks.append(
            Text(reach + 7, y + 4, shorten(written[i], width - reach - 11, 11), "note", tip=tip)
        )
        if drag is not None and drag[i]:
            hold = Drag(x=drag[i], per_pixel_x=(most - least) / (right - left))
            marks.append(Rect(left, y - 13, right - left, ROW, "hit", tip, drag=hold))
    label = shorten(x_label, width, 12)
    span = text_width(label, 12)
    middle = min(max((left + right) / 2, span / 2), width - span / 2)
    marks.append(Text(middle, bottom + 36, label, "label", "middle", tip=x_label))

    data: dict[str, Sequence[object]] = {label_name: names, x_label: lengths.tolist()}
    if ends is not None:
        data["low"], data["high"] = ends[0].tolist(), ends[1].tolist()
    about = description or _describe(names, lengths, written, x_label)
    return Figure(title, about, data, marks, width, bottom + 46)


def _numbers(values: ArrayLike, names: list[str], argument: str) -> np.ndarray:
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.shape != (len(names),) or not names:
        raise InvalidArgument(
            sentence("bar_chart", argument, "hold one number for each label, at least one",
                     f"shape {numbers.shape} for {len(names)} labels")
        )  # fmt: skip
    if np.any(np.isinf(numbers)):
        raise InvalidArgument(
            sentence("bar_chart", argument, "be finite (or NaN for none)",
                     f"an infinity at {names[int(np.argmax(np.isinf(numbers)))]!r}")
        )  # fmt: skip
    return numbers


def _describe(names: list[str], values: np.ndarray, texts: list[str], x_label: str) -> str:
    order = [i for i in np.argsort(-values, kind="stable").tolist() if not np.isnan(values[i])]
    largest = ", ".join(f"{names[i]} ({texts[i]})" for i in order[:3])
    return f"{len(names)} bars: {x_label}. Largest: {largest or 'none'}."
