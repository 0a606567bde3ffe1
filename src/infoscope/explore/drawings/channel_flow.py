"""A channel as streams from letters sent to letters that arrive, as wide as they are probable."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from infoscope.figures import Figure
from infoscope.figures.marks import Mark, Path, Rect, Text

__all__ = ["channel_flow"]

STEPS = 16
COLOURS = 4


def channel_flow(
    p: np.ndarray,
    W: np.ndarray,
    sent: Sequence[str],
    arrives: Sequence[str],
    *,
    title: str,
    description: str,
    width: float,
    height: float = 250,
) -> Figure:
    """Draw p(x) W(y|x) as bands between a stack of letters sent and a stack of letters received.

    Letters that are never sent have no stream; only their names stand there, in grey.
    """
    head, foot, bar = 30.0, height - 8.0, 12.0
    left, right = 34.0, width - 62.0
    joint = p[:, None] * W
    q = joint.sum(axis=0)
    tops = _stack(p, head, foot)
    ends = _stack(q, head, foot)
    scale_left, scale_right = _scale(p, head, foot), _scale(q, head, foot)
    marks: list[Mark] = [
        Text(left - 26, 14, "sent", "label"), Text(width - 8, 14, "arrives", "label", "end"),
    ]  # fmt: skip
    landed = list(ends)
    for i, name in enumerate(sent):
        start = tops[i]
        for j, other in enumerate(arrives):
            if joint[i, j] == 0:
                continue
            a, b = joint[i, j] * scale_left, joint[i, j] * scale_right
            tip = f"{name} sent, {other} arrives: {W[i, j]:.4g} of the time"
            outline = _ribbon(left + bar, right, start, start + a, landed[j], landed[j] + b)
            marks.append(Path(outline, f"band-{i % COLOURS + 1}", closed=True, tip=tip))
            start += a
            landed[j] += b
    for i, name in enumerate(sent):
        tall = float(p[i]) * scale_left
        tip = f"{name} is sent {p[i]:.4g} of the time"
        if tall > 0:
            marks.append(Rect(left, tops[i], bar, tall, f"bar-{i % COLOURS + 1}", tip, 2.0))
        marks.append(Text(left - 8, tops[i] + tall / 2 + 4, name, "label" if tall else "tick",
                          "end", tip=tip))  # fmt: skip
    for j, name in enumerate(arrives):
        tall = float(q[j]) * scale_right
        tip = f"{name} arrives {q[j]:.4g} of the time"
        if tall > 0:
            marks.append(Rect(right, ends[j], bar, tall, "bar-muted", tip, 2.0))
        marks.append(Text(right + bar + 8, ends[j] + tall / 2 + 4, name, "label" if tall else
                          "tick", tip=tip))  # fmt: skip
    data: dict[str, Sequence[object]] = {"sent": list(sent), "how often": p.tolist()}
    data |= {f"arrives as {name}": W[:, j].tolist() for j, name in enumerate(arrives)}
    return Figure(title, description, data, marks, width, height)


def _gap(n: int) -> float:
    return min(16.0, 70.0 / n)


def _scale(masses: np.ndarray, head: float, foot: float) -> float:
    return foot - head - _gap(masses.size) * (masses.size - 1)


def _stack(masses: np.ndarray, head: float, foot: float) -> list[float]:
    """Return the upper edge of each letter, one below the other with a gap."""
    tall = masses * _scale(masses, head, foot) + _gap(masses.size)
    return (head + np.concatenate([[0.0], np.cumsum(tall)[:-1]])).tolist()


def _ribbon(
    x0: float, x1: float, a0: float, b0: float, a1: float, b1: float
) -> tuple[tuple[float, float], ...]:
    """Return the outline of a band that leaves and lands level."""
    t = np.linspace(0.0, 1.0, STEPS + 1)
    ease = t * t * (3 - 2 * t)
    x = x0 + (x1 - x0) * t
    upper = zip(x.tolist(), (a0 + (a1 - a0) * ease).tolist(), strict=True)
    lower = zip(x.tolist(), (b0 + (b1 - b0) * ease).tolist(), strict=True)
    return (*upper, *tuple(lower)[::-1])
