"""The strip of colours that states the steps of a scale."""

from __future__ import annotations

from infoscope.figures.marks import Mark, Rect, Text
from infoscope.figures.palette import N_LEVELS
from infoscope.figures.scales import Bands

__all__ = ["draw_ramp"]


def draw_ramp(
    bands: Bands, ramp: str, what: str, x: float, y: float, *, step: float = 46.0
) -> list[Mark]:
    """Draw one box for each step, its boundaries below, and `what` it measures above (at y).

    >>> from infoscope.figures.scales import linear_bands
    >>> len(draw_ramp(linear_bands(8.0), "information", "bits", 0, 0))
    18
    """
    marks: list[Mark] = [Text(x, y + 4, what, "label", tip=what)]
    marks += [Rect(x + step * k, y + 14, step, 12, f"{ramp}-{k}") for k in range(N_LEVELS)]
    marks += [
        Text(x + step * i, y + 40, label, "tick", "middle")
        for i, label in enumerate(bands.labels, 1)
    ]
    return marks
