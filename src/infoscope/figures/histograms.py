"""How many fall where: counts or densities of samples in bins, with a curve to compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures.figure import Figure
from infoscope.figures.frame import Axis, Frame, cut_outside, finite_runs, marker_room
from infoscope.figures.marks import Path, Rect
from infoscope.figures.scales import format_number, format_percent

__all__ = ["histogram"]

MOST_BINS = 200


def histogram(
    samples: ArrayLike,
    *,
    title: str,
    x_label: str,
    bins: int | ArrayLike | None = None,
    density: bool = False,
    curve: tuple[ArrayLike, ArrayLike] | None = None,
    curve_name: str = "expected",
    markers: Mapping[str, float] | None = None,
    y_label: str = "",
    y_range: tuple[float, float] | None = None,
    description: str = "",
    width: float = 560,
    height: float = 300,
) -> Figure:
    """Draw how many samples fall into each bin of equal or given width.

    Parameters
    ----------
    samples : array, any shape
        Finite numbers, at least one.
    title : str
        What the picture shows.
    x_label : str
        Name of the numbers with their unit.
    bins : int or array, optional
        Number of bins (1 to 200) or their ascending edges, which must hold every sample. By
        default as many as the interquartile range asks for (Freedman and Diaconis), 5 to 60.
    density : bool
        Heights are densities (areas sum to 1) instead of counts.
    curve : (x, y), optional
        A line on the same axes, such as the exact density.
    curve_name : str
        Its name in the data.
    markers : mapping of str to float, optional
        Name -> position of a dashed vertical line.
    y_label : str
        "samples" or "density" when empty.
    y_range : (low, high), optional
        Ends of the vertical axis, which starts at 0 by default.
    description : str
        For screen readers; the fullest bin is named when it is empty.
    width, height : float
        Size of the canvas in pixels.

    Returns
    -------
    Figure
        With `data` columns "from", "to", "samples" and, when `density`, "density".

    Raises
    ------
    InvalidArgument
        If there is no sample, one is not finite, or the bins do not hold all.

    Examples
    --------
    >>> histogram([0.0, 1.0, 1.0], title="t", x_label="x", bins=[0, 0.5, 1]).data["samples"]
    (1, 2)
    """
    numbers = np.asarray(samples, dtype=np.float64).ravel()
    if not numbers.size or not np.all(np.isfinite(numbers)):
        got = "none" if not numbers.size else f"{int(np.sum(~np.isfinite(numbers)))} that are not"
        raise InvalidArgument(sentence("histogram", "samples", "be finite numbers", got))
    edges = _edges(numbers, bins)
    counts = np.histogram(numbers, edges)[0]
    shares = counts / numbers.size
    heights = shares / np.diff(edges) if density else counts.astype(np.float64)
    line = None if curve is None else _line(curve)
    most = max(float(heights.max()), 0.0 if line is None else float(line[1].max()))
    low, high = (0.0, 1.06 * most or 1.0) if y_range is None else (float(y) for y in y_range)
    if not low < high:
        raise InvalidArgument(sentence("histogram", "y_range", "be ascending", (low, high)))
    axis = Axis(edges[0], edges[-1], n=max(2, int(width / 100)))
    named = y_label or ("density" if density else "samples")
    top = 30 + marker_room(markers)
    frame = Frame(axis, Axis(low, high), width, height, right_room=10, top=top)
    marks = frame.axes(x_label, named)
    floor = frame.bottom
    xs = frame.x.places(edges.tolist())
    for i, tall in enumerate(heights.tolist()):
        if counts[i]:
            top = frame.y(min(max(tall, low), high))
            tip = (
                f"{format_number(edges[i])} to {format_number(edges[i + 1])}: "
                f"{counts[i]:,} ({format_percent(shares[i])})"
            )
            gap = 1.0 if xs[i + 1] - xs[i] > 5 else 0.0
            marks.append(Rect(xs[i], top, xs[i + 1] - xs[i] - gap, floor - top, "bar", tip))
    marks += frame.markers(markers or {})
    if line is not None:
        inside = (line[0] >= edges[0]) & (line[0] <= edges[-1])
        cut = cut_outside(line[0][inside], line[1][inside], low, high)
        marks += [Path(frame.outline(*run), "line-2") for run in finite_runs(*cut)]
    data: dict[str, Sequence[object]] = {
        "from": edges[:-1].tolist(), "to": edges[1:].tolist(), "samples": counts.tolist(),
    }  # fmt: skip
    if density:
        data["density"] = heights.tolist()
    if line is not None:
        middles = (edges[1:] + edges[:-1]) / 2
        data[f"{curve_name}, at the middle"] = np.interp(middles, *line).tolist()
    i = int(np.argmax(heights))
    about = description or (
        f"{numbers.size:,} samples of {x_label} in {len(counts)} bins from "
        f"{format_number(edges[0])} to {format_number(edges[-1])}; most "
        f"({format_percent(shares[i])}) between "
        f"{format_number(edges[i])} and {format_number(edges[i + 1])}."
    )
    return Figure(title, about, data, marks, width, height)


def _edges(numbers: np.ndarray, bins: int | ArrayLike | None) -> np.ndarray:
    low, high = float(numbers.min()), float(numbers.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    if bins is None:
        quarter, three = np.quantile(numbers, [0.25, 0.75])
        step = 2.0 * float(three - quarter) / numbers.size ** (1 / 3)
        bins = int(np.clip((high - low) / step, 5, 60)) if step > 0 else 20
    given = np.asarray(bins)
    if given.ndim == 0:
        if not 1 <= int(given) <= MOST_BINS:
            raise InvalidArgument(
                sentence("histogram", "bins", f"be 1 to {MOST_BINS}, or edges", int(given))
            )
        return np.linspace(low, high, int(given) + 1)
    edges = given.astype(np.float64)
    ascending = edges.ndim == 1 and edges.size > 1 and bool(np.all(np.diff(edges) > 0))
    if not (ascending and np.all(np.isfinite(edges)) and edges.size <= MOST_BINS + 1):
        raise InvalidArgument(
            sentence("histogram", "bins", f"be 2 to {MOST_BINS + 1} ascending edges", edges.shape)
        )
    if numbers.min() < edges[0] or numbers.max() > edges[-1]:
        n = int(np.sum((numbers < edges[0]) | (numbers > edges[-1])))
        raise InvalidArgument(sentence("histogram", "bins", "hold every sample", f"{n} outside"))
    return edges


def _line(curve: tuple[ArrayLike, ArrayLike]) -> tuple[np.ndarray, np.ndarray]:
    x, y = (np.asarray(part, dtype=np.float64) for part in curve)
    if x.shape != y.shape or x.ndim != 1 or x.size < 2 or not np.all(np.diff(x) > 0):
        raise InvalidArgument(
            sentence("histogram", "curve", "be two arrays of one length, x ascending",
                     f"shapes {x.shape} and {y.shape}")
        )  # fmt: skip
    if not np.all(np.isfinite(y)):
        raise InvalidArgument(sentence("histogram", "curve", "be finite", "infinite or NaN"))
    return x, y
