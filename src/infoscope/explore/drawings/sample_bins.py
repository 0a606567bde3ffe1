"""Samples as dots that pile up in the bin of their outcome, beside how many are expected."""

from __future__ import annotations

import math
from collections.abc import Sequence

from infoscope.figures import Figure
from infoscope.figures.marks import Dots, Mark, Path, Text

__all__ = ["sample_bins"]


def sample_bins(
    p: Sequence[float],
    counts: Sequence[int],
    labels: Sequence[str],
    *,
    room_for: int,
    width: float,
    height: float = 260,
    falling: Sequence[tuple[int, float]] = (),
) -> Figure:
    """Draw one dot for each sample, and a dashed line where p says that the pile will end.

    Parameters
    ----------
    p : sequence of float, length k
        Probabilities.
    counts : sequence of int, length k
        Samples of each outcome so far.
    labels : sequence of str, length k
        Names of the outcomes.
    room_for : int
        Number of samples that the bins must hold at the end; fixes the size of the dots.
    width, height : float
        Size of the picture in pixels.
    falling : sequence of (outcome, share of the way down)
        Samples that are still in the air, not in `counts`.

    Returns
    -------
    Figure
        With `data` columns outcome, samples, expected.
    """
    k, n = len(p), sum(counts)
    left, right, head, foot = 6.0, width - 6.0, 34.0, height - 42.0
    pitch = (right - left) / k
    bin_width = min(pitch * 0.8, 150.0)
    most = max(max(p) * room_for * 1.1, *counts, 1)
    size = min(math.sqrt(bin_width * (foot - head) / most), 13.0)
    across = max(1, int(bin_width / size))
    while math.ceil(most / across) * size > foot - head:
        size *= 0.97
        across = max(1, int(bin_width / size))
    radius = max(size * 0.42, 0.45)
    marks: list[Mark] = []
    dots: list[tuple[float, float]] = []
    for i, count in enumerate(counts):
        middle = left + pitch * (i + 0.5)
        start = middle - across * size / 2
        dots += [
            (start + (at % across + 0.5) * size, foot - (at // across + 0.5) * size)
            for at in range(count)
        ]
        edge = across * size / 2 + 4
        walls = ((middle - edge, head), (middle - edge, foot), (middle + edge, foot))
        marks.append(Path((*walls, (middle + edge, head)), "axis"))
        level = foot - p[i] * n / across * size
        ends = ((middle - edge, level), (middle + edge, level))
        marks.append(Path(ends, "reference", tip=f"{labels[i]}: {p[i] * n:.4g} expected"))
        marks.append(Text(middle, foot + 17, labels[i], "label", "middle"))
        share = f"{count:,} of {n:,}" if pitch > 90 else f"{count:,}"
        marks.append(Text(middle, foot + 34, share, "note", "middle"))
    marks.append(Dots(tuple(dots), radius, "points-1"))
    if falling:
        air = tuple(
            (left + pitch * (i + 0.5), head - 18 + share * (foot - head)) for i, share in falling
        )
        marks.append(Dots(air, max(radius, 3.0), "points-2"))
    marks.append(Text(0, 12, "each dot is a sample; dashed: where p says the pile ends", "label"))
    data = {"outcome": list(labels), "samples": list(counts), "expected": [m * n for m in p]}
    about = f"{n:,} samples: " + ", ".join(
        f"{label} {count:,}" for label, count in zip(labels, counts, strict=True)
    )
    return Figure("Samples fall into bins", about + ".", data, marks, width, height)
