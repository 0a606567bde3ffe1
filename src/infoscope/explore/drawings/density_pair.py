"""Two densities above, and below them on its own axis the signed integrand of a divergence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from infoscope.figures import Figure
from infoscope.figures.marks import Handle, Mark, Path, Text
from infoscope.figures.scales import format_number, ticks

__all__ = ["Curve", "density_pair"]

DENSITY_TOPS = (0.5, 0.8, 1.5, 3.0)
INTEGRAND_TOPS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 100.0)


@dataclass(frozen=True, slots=True)
class Curve:
    """A density to draw; with `mean` and `width` names its peak and its flank can be dragged."""

    name: str
    heights: np.ndarray
    mean: float = 0.0
    sd: float = 1.0
    drag_mean: str = ""
    drag_sd: str = ""


def density_pair(
    x: np.ndarray,
    curves: Sequence[Curve],
    integrand: np.ndarray,
    *,
    integrand_name: str,
    title: str,
    description: str,
    width: float,
    height: float = 430,
) -> Figure:
    """Draw the curves with a soft filling, and the integrand: gains filled in one colour, losses
    in another; the area above zero minus the area below is the divergence.
    """
    left, right, head = 40.0, width - 8.0, 26.0
    split = height * 0.60
    low_foot = height - 26.0

    def px(value: float) -> float:
        return left + (value - x[0]) / (x[-1] - x[0]) * (right - left)

    per_x = float(x[-1] - x[0]) / (right - left)
    most = max(float(curve.heights.max()) for curve in curves)
    top = next((t for t in DENSITY_TOPS if most <= 0.97 * t), most * 1.1)

    def py(value: float) -> float:
        return split - 16 - min(value, top) / top * (split - 16 - head)

    reach = float(np.abs(integrand[np.isfinite(integrand)]).max(initial=0.0))
    span = next((t for t in INTEGRAND_TOPS if reach <= t), INTEGRAND_TOPS[-1])
    down = max(0.3, min(1.0, float(-integrand.min()) / span))
    middle = split + 26 + (low_foot - split - 26) * (1 / (1 + down))

    def pz(value: float) -> float:
        scale = (middle - split - 26) / span
        return min(max(middle - value * scale, split + 22), low_foot)

    marks: list[Mark] = [Text(0, 12, "density", "label")]
    at = ticks(float(x[0]), float(x[-1]), max(4, int((right - left) / 90)))
    for value in at:
        ends = ((px(value), head), (px(value), low_foot))
        marks.append(Path(ends, "grid"))
        marks.append(Text(px(value), height - 8, format_number(value, at), "tick", "middle"))
    heights = ticks(0.0, top, 4)
    marks += [Text(left - 8, py(v) + 4, format_number(v, heights), "tick", "end") for v in heights]
    marks.append(Path(((left, py(0)), (right, py(0))), "axis"))
    xs = [px(value) for value in x.tolist()]
    for i, curve in enumerate(curves, 1):
        outline = list(zip(xs, map(py, curve.heights.tolist()), strict=True))
        closed = [(xs[0], py(0)), *outline, (xs[-1], py(0))]
        marks.append(Path(tuple(closed), f"band-{i}", closed=True))
        marks.append(Path(tuple(outline), f"line-{i}"))
    marks.append(Text(0, split + 12, integrand_name, "label"))
    levels = [v for v in ticks(-down * span, span, 4) if split + 26 <= pz(v) + 1 <= low_foot + 1]
    marks += [Text(left - 8, pz(v) + 4, format_number(v, levels), "tick", "end") for v in levels]
    shown = integrand.tolist()
    zero = pz(0.0)
    for sign, role in ((1, "band-2"), (-1, "band-4")):
        part = [(a, pz(max(v * sign, 0.0) * sign)) for a, v in zip(xs, shown, strict=True)]
        marks.append(Path(((xs[0], zero), *part, (xs[-1], zero)), role, closed=True))
    marks.append(Path(tuple((a, pz(v)) for a, v in zip(xs, shown, strict=True)), "whisker"))
    marks.append(Path(((left, zero), (right, zero)), "axis"))
    for i, curve in enumerate(curves, 1):
        inside = x[0] <= curve.mean <= x[-1]
        if curve.drag_mean and inside:
            peak = float(np.interp(curve.mean, x, curve.heights))
            marks.append(Text(px(curve.mean) + 11, py(peak) - 8, curve.name, f"name-{i}"))
            marks.append(Handle(px(curve.mean), py(peak), drag_x=curve.drag_mean,
                                per_pixel_x=per_x, label=f"Drag the mean of {curve.name}",
                                role=f"grip-{i}"))  # fmt: skip
        flank = curve.mean + curve.sd
        if curve.drag_sd and flank < x[-1]:
            level = float(np.interp(flank, x, curve.heights))
            marks.append(Handle(px(flank), py(level), drag_x=curve.drag_sd, per_pixel_x=per_x,
                                label=f"Drag the width of {curve.name}", role=f"grip-{i}",
                                radius=4.5))  # fmt: skip
    data: dict[str, Sequence[object]] = {"x": x.tolist()}
    for curve in curves:
        data[curve.name] = curve.heights.tolist()
    data[integrand_name] = integrand.tolist()
    return Figure(title, description, data, marks, width, height)
