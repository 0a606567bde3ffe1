"""Code lengths as areas: width is probability, height is length, area is what a symbol costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from infoscope.figures import Figure
from infoscope.figures.marks import Mark, Path, Rect, Text
from infoscope.figures.scales import format_number, ticks

__all__ = ["code_areas"]

TALLEST = 14.0
ROLES = ("line-2", "line-3", "line-4")


def code_areas(
    p: Sequence[float],
    ideal: Sequence[float],
    codes: Mapping[str, Sequence[float]],
    labels: Sequence[str],
    *,
    width: float,
    height: float = 250,
    title: str = "What each symbol costs",
) -> Figure:
    """Draw a box for each symbol, and the lengths of up to three codes as steps above them.

    Parameters
    ----------
    p : sequence of float, length n
        Probabilities: widths of the boxes.
    ideal : sequence of float, length n
        Ideal lengths in bits: heights of the boxes; infinite where p is 0.
    codes : mapping of str to sequence of float
        Name -> length of each symbol's word in bits.
    labels : sequence of str, length n
        Names of the symbols.
    width, height : float
        Size of the picture in pixels.
    title : str
        Its title.

    Returns
    -------
    Figure
        The area of the filled boxes is the entropy of p when `ideal` is -log2 p.
    """
    seen = [
        length for lengths in (ideal, *codes.values())
        for length, mass in zip(lengths, p, strict=True)
        if mass > 0 and math.isfinite(length)
    ]  # fmt: skip
    top = min(max(math.ceil(max(seen, default=1.0) + 0.3), 4), TALLEST)
    left, right, head, foot = 34.0, width - 8.0, 24.0, height - 40.0

    def x(share: float) -> float:
        return left + share * (right - left)

    def y(length: float) -> float:
        return foot - min(length, top) / top * (foot - head)

    marks: list[Mark] = [Text(0, 12, "length of the word, bits", "label")]
    for value in ticks(0, top, 4):
        marks.append(Path(((left, y(value)), (right, y(value))), "axis" if value == 0 else "grid"))
        marks.append(Text(left - 8, y(value) + 4, format_number(value), "tick", "end"))
    edges = [0.0]
    for mass in p:
        edges.append(edges[-1] + mass)
    for i, (mass, length) in enumerate(zip(p, ideal, strict=True)):
        if mass <= 0:
            continue
        a, b = x(edges[i]), x(edges[i + 1])
        cost = f"{mass:.4g} × {length:.4g} = {mass * length:.4g} bits"
        role = f"band-{1 if i % 2 == 0 else 3}"
        marks.append(Rect(a, y(length), b - a, foot - y(length), role, f"{labels[i]}: {cost}"))
        if b - a > 16:
            marks.append(Text((a + b) / 2, foot + 15, labels[i], "label", "middle"))
        if b - a > 62 and foot - y(length) > 20:
            area = f"{mass * length:.3f}"
            marks.append(Text((a + b) / 2, (foot + y(length)) / 2 + 4, area, "note", "middle"))
    names: list[Mark] = []
    at = left
    for role, (name, lengths) in zip(ROLES, codes.items(), strict=False):
        steps = _steps(edges, lengths, p)
        marks.append(Path(tuple((x(a), y(b)) for a, b in steps), role))
        names.append(Path(((at, height - 9), (at + 18, height - 9)), role))
        names.append(Text(at + 24, height - 5, name, "note"))
        at += 24 + 6.2 * len(name) + 22
    data: dict[str, Sequence[object]] = {
        "symbol": list(labels), "probability": list(p), "ideal length, bits": list(ideal),
        **{f"{name}, bits": list(lengths) for name, lengths in codes.items()},
    }  # fmt: skip
    total = math.fsum(a * b for a, b in zip(p, ideal, strict=True) if a > 0)
    about = "Width is probability, height is length: the filled area is the mean length, "
    return Figure(title, f"{about}{total:.4g} bits.", data, marks + names, width, height)


def _steps(
    edges: Sequence[float], lengths: Sequence[float], p: Sequence[float]
) -> list[tuple[float, float]]:
    """Return the steps of a code over the symbols that have width."""
    steps: list[tuple[float, float]] = []
    for i, (mass, length) in enumerate(zip(p, lengths, strict=True)):
        if mass > 0:
            steps += [(edges[i], length), (edges[i + 1], length)]
    return steps
