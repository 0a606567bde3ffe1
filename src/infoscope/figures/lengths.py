"""Width = probability, height = length, area = cost: code lengths as blocks beside the ideal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures.figure import Figure
from infoscope.figures.frame import Axis
from infoscope.figures.lettering import shorten, text_width
from infoscope.figures.marks import Mark, Path, Rect, Text
from infoscope.figures.scales import format_number

__all__ = ["length_areas"]


def length_areas(
    labels: Sequence[str],
    shares: ArrayLike,
    lengths: ArrayLike,
    *,
    title: str,
    unit: str = "bits",
    step: ArrayLike | None = None,
    block_name: str = "codewords",
    step_name: str = "surprisal",
    notes: Sequence[str] | None = None,
    most: float | None = None,
    description: str = "",
    width: float = 812,
    height: float = 368,
) -> Figure:
    """Draw each symbol as a block as wide as its probability and as high as its codeword is long.

    Parameters
    ----------
    labels : sequence of str, length n
        Symbols, from left to right.
    shares : array, shape (n,)
        Their probabilities; at least 0, of sum 1 (a symbol of share 0 takes no room).
    lengths : array, shape (n,)
        Heights of the blocks; infinity reaches the top and says ∞.
    title : str
        What the picture shows.
    unit : str
        Unit of the lengths ("bits", "digits of 3").
    step : array, shape (n,), optional
        Other lengths, drawn as a stepped line over the blocks: usually the surprisal.
    block_name, step_name : str
        What blocks and line are called; their areas (expected lengths) are written beside.
    notes : sequence of str, optional
        One more fact for the tip of each block, such as the codeword.
    most : float, optional
        Top of the axis; fix it while something is dragged.
    description : str
        For screen readers; both areas when it is empty.
    width, height : float
        Size of the canvas in pixels.

    Returns
    -------
    Figure
        With `data` columns symbol, probability and the lengths.

    Raises
    ------
    InvalidArgument
        If lengths differ, a share or length is negative or NaN, or the shares do not sum to 1.

    Examples
    --------
    >>> figure = length_areas(["a", "b"], [0.5, 0.5], [1, 1], title="t")
    >>> figure.description
    'codewords: 1 bits on average.'
    """
    names = [str(label) for label in labels]
    share = _column(shares, names, "shares")
    blocks = _column(lengths, names, "lengths")
    line = None if step is None else _column(step, names, "step")
    if not abs(float(share.sum()) - 1.0) < 1e-6:
        raise InvalidArgument(
            sentence("length_areas", "shares", "sum to 1", format_number(float(share.sum())))
        )
    drawn = share > 0
    tall = np.concatenate([v[drawn] for v in (blocks, line) if v is not None])
    tall = tall[np.isfinite(tall)]
    top_value = max(float(tall.max(initial=0.0)), 1.0) if most is None else float(most)
    axis = Axis(0.0, top_value, n=6)
    left, right, top, bottom = 52.0, width - 12.0, 22.0, height - 46.0
    axis.span(bottom, top)
    across = Axis(0.0, 1.0)
    across.span(left, right)

    marks: list[Mark] = []
    for y, text in zip(axis.places(axis.ticks), axis.texts, strict=True):
        marks.append(Path(((left, y), (right, y)), "grid"))
        marks.append(Text(left - 8, y + 4, text, "tick", "end"))
    ends = np.minimum(np.cumsum(share), 1.0).tolist()
    outline: list[tuple[float, float]] = []
    start = left
    for i, name in enumerate(names):
        if not drawn[i]:
            continue
        end = across(ends[i])
        tip = f"{name}: probability {share[i]:.4g}, {block_name} {_amount(blocks[i])} {unit}"
        if line is not None:
            tip += f", {step_name} {_amount(line[i])} {unit}"
            y = axis(min(float(line[i]), top_value))
            outline += [(start, y), (end, y)]
        if notes is not None and notes[i]:
            tip += f", {notes[i]}"
        gap = min(1.0, 0.1 * (end - start))
        y = axis(min(float(blocks[i]), top_value))
        marks.append(Rect(start, y, end - start - gap, bottom - y, "block", tip))
        if end - start > 22 and blocks[i]:
            text = shorten(name, end - start - 6, 12)
            marks.append(Text((start + end) / 2, bottom - 8, text, "label", "middle", tip=tip))
        if blocks[i] == np.inf:
            marks.append(Text((start + end) / 2, top + 16, "∞", "label", "middle", tip=tip))
        start = end
    if line is not None:
        marks.append(Path(tuple(outline), "line-2"))
    marks.append(Path(((left, bottom), (right, bottom)), "axis"))
    marks += [
        Text(across(value), bottom + 16, f"{value:g}", "tick", "middle")
        for value in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    marks.append(Text((left + right) / 2, bottom + 36, "probability", "label", "middle"))
    marks.append(Text(0, 12, unit, "label"))
    areas = [_area(share, blocks, drawn)]
    legend = f"blocks: {block_name}, area {_amount(areas[0])} {unit}"
    marks.append(Text(right, 12, legend, "name-1", "end"))
    about = f"{block_name}: {_amount(areas[0])} {unit} on average"
    data: dict[str, Sequence[object]] = {
        "symbol": names, "probability": share.tolist(), f"{block_name}, {unit}": blocks.tolist(),
    }  # fmt: skip
    if line is not None:
        areas.append(_area(share, line, drawn))
        under = f"line: {step_name}, area {_amount(areas[1])}"
        marks.append(Text(right - text_width(legend, 12) - 12, 12, under, "name-2", "end"))
        about += f"; {step_name}: {_amount(areas[1])}"
        data[f"{step_name}, {unit}"] = line.tolist()
    return Figure(title, description or f"{about}.", data, marks, width, height)


def _area(share: np.ndarray, lengths: np.ndarray, drawn: np.ndarray) -> float:
    return float(share[drawn] @ lengths[drawn])


def _amount(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else "∞"


def _column(values: ArrayLike, names: list[str], argument: str) -> np.ndarray:
    column = np.asarray(values, dtype=np.float64)
    if column.shape != (len(names),) or not names:
        raise InvalidArgument(
            sentence("length_areas", argument, "hold one number for each label, at least one",
                     f"shape {column.shape} for {len(names)} labels")
        )  # fmt: skip
    if not np.all(column >= 0):
        where = names[int(np.argmin(column >= 0))]
        raise InvalidArgument(
            sentence("length_areas", argument, "be at least 0", f"less, or NaN, at {where!r}")
        )
    return column
