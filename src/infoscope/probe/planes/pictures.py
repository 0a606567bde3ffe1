"""Draw the information plane: a path for each layer, coloured by epoch, in one frame of scales."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures import Figure
from infoscope.figures.lettering import shorten
from infoscope.figures.marks import Circle, Mark, Path, Rect, Text
from infoscope.figures.scales import format_number, ticks
from infoscope.probe.planes.trajectory import PlanePoint, PlaneTrajectory

__all__ = ["plane_figure", "plane_frames"]

WIDTH, HEIGHT = 760.0, 470.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 560.0, 40.0, 392.0
_FIRST, _LAST = 2, 8  # steps of the ramp that stand out from the paper


def plane_figure(
    trajectory: PlaneTrajectory, noise: str | None = None, *, until: float | None = None
) -> Figure:
    """Draw one noise model's plane up to the epoch `until`; the frame spans H(X) and I(X;Y).

    Points at infinity or without a value have no place in it, and a line says how many they are.
    """
    noise = _chosen(trajectory, noise)
    all_points = trajectory.of(noise=noise)
    whole = replace(all_points, points=[p for p in all_points.points if _has_place(p)])
    epochs = all_points.epochs
    last = epochs[-1] if until is None else max(e for e in epochs if e <= until or e == epochs[0])
    shown = [point for point in whole.points if point.epoch <= last]
    scale = _Scale(whole)
    marks = scale.axes(whole)
    levels = _levels(epochs)
    names: list[tuple[float, float, str]] = []
    for layer in whole.layers:
        path = sorted((p for p in shown if p.layer == layer), key=lambda p: p.epoch)
        if not path:
            continue
        spots = [scale.spot(point) for point in path]
        if len(spots) > 1:
            marks.append(Path(tuple(spots), "axis"))
        marks += scale.bracket(path[-1])
        for point, (x, y) in zip(path, spots, strict=True):
            radius = 5.5 if point.epoch == last else 3.2
            marks.append(Circle(x, y, radius, f"information-{levels[point.epoch]}", _tip(point)))
        names.append((spots[-1][1], spots[-1][0], layer))
    marks += _names(names)
    marks += _legend(epochs)
    at = f", epoch {format_number(last)}" if len(epochs) > 1 else ""
    outside = len(all_points) - len(whole)
    about = (
        f"Noise model: {noise}. Right is more of the input, up is more of the label"
        f"{'; colour is the epoch' if len(epochs) > 1 else ''}."
        f"{f' Without a place here, as infinite or undefined: {outside}.' if outside else ''}"
    )
    return Figure(f"Information plane{at}", about, _data(shown, whole.unit), marks, WIDTH, HEIGHT)


def plane_frames(trajectory: PlaneTrajectory, noise: str | None = None) -> list[Figure]:
    """Draw one figure for each epoch, the path so far in it."""
    noise = _chosen(trajectory, noise)
    epochs = trajectory.of(noise=noise).epochs
    return [plane_figure(trajectory, noise, until=epoch) for epoch in epochs]


def _has_place(point: PlanePoint) -> bool:
    return math.isfinite(point.of_input.value) and math.isfinite(point.of_label.value)


def _span(amounts: list[float], room: float) -> tuple[float, float]:
    """Return the lowest amount, 0 at most, and a little more than the highest."""
    finite = [amount for amount in amounts if math.isfinite(amount)]
    return min([0.0, *finite]), room * max([0.0, *finite]) or 1.0


class _Scale:
    """Where amounts fall on the canvas: 0 to H(X) across, 0 to I(X;Y) upward."""

    def __init__(self, trajectory: PlaneTrajectory) -> None:
        across = [trajectory.input_entropy, *(p.of_input.value for p in trajectory.points)]
        upward = [trajectory.total, *(p.of_label.value for p in trajectory.points)]
        self.low_x, self.width = _span(across, 1.02)
        self.low_y, self.height = _span(upward, 1.06)

    def x(self, value: float) -> float:
        return _LEFT + (value - self.low_x) / (self.width - self.low_x) * (_RIGHT - _LEFT)

    def y(self, value: float) -> float:
        return _BOTTOM - (value - self.low_y) / (self.height - self.low_y) * (_BOTTOM - _TOP)

    def spot(self, point: PlanePoint) -> tuple[float, float]:
        return self.x(point.of_input.value), self.y(point.of_label.value)

    def bracket(self, point: PlanePoint) -> list[Mark]:
        """Proven ends, where a point is the middle of a bracket; errors are smaller than a dot."""
        across, upward = point.of_input.interval, point.of_label.interval
        if across is None or upward is None or across.level < 1:
            return []
        if not all(
            math.isfinite(end) for each in (across, upward) for end in (each.low, each.high)
        ):
            return []
        x, y = self.spot(point)
        return [
            Path(((self.x(across.low), y), (self.x(across.high), y)), "whisker"),
            Path(((x, self.y(upward.low)), (x, self.y(upward.high))), "whisker"),
        ]

    def axes(self, trajectory: PlaneTrajectory) -> list[Mark]:
        unit = trajectory.unit
        marks: list[Mark] = [Text(0, 14, f"I(T;Y), {unit}", "label")]
        across, upward = ticks(self.low_x, self.width, 6), ticks(self.low_y, self.height, 5)
        for value in upward:
            y = self.y(value)
            marks.append(Path(((_LEFT, y), (_RIGHT, y)), "grid"))
            marks.append(Text(_LEFT - 8, y + 4, format_number(value, upward), "tick", "end"))
        for value in across:
            x = self.x(value)
            marks.append(Path(((x, _TOP), (x, _BOTTOM)), "grid"))
            marks.append(Text(x, _BOTTOM + 17, format_number(value, across), "tick", "middle"))
        marks.append(Path(((_LEFT, _BOTTOM), (_RIGHT, _BOTTOM)), "axis"))
        marks.append(Path(((_LEFT, _TOP), (_LEFT, _BOTTOM)), "axis"))
        middle = (_LEFT + _RIGHT) / 2
        marks.append(Text(middle, _BOTTOM + 37, f"I(X;T), {unit}", "label", "middle"))
        if math.isfinite(trajectory.total):
            top = self.y(trajectory.total)
            marks.append(Path(((_LEFT, top), (_RIGHT, top)), "reference"))
            marks.append(Text(_LEFT + 6, top - 5, "I(X;Y)", "note"))
        if math.isfinite(trajectory.input_entropy):
            right = self.x(trajectory.input_entropy)
            marks.append(Path(((right, _TOP), (right, _BOTTOM)), "reference"))
            marks.append(Text(right, _TOP - 6, "H(X)", "note", "middle"))
        return marks


def _names(ends: Sequence[tuple[float, float, str]]) -> list[Mark]:
    """Names of the layers in the right margin, each led to its last point."""
    ordered = sorted(ends, key=lambda end: (round(end[0]), -end[1]))
    gap = min(17.0, (_BOTTOM - _TOP) / max(len(ordered), 1))
    places = [y for y, _, _ in ordered]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + gap)
    limit = _BOTTOM
    for i in range(len(places) - 1, -1, -1):
        places[i] = max(min(places[i], limit), _TOP)
        limit = places[i] - gap
    marks: list[Mark] = []
    for place, (y, x, name) in zip(places, ordered, strict=True):
        marks.append(Path(((x, y), (_RIGHT + 10, place), (_RIGHT + 22, place)), "grid"))
        text = shorten(name, WIDTH - _RIGHT - 32, 12)
        marks.append(Text(_RIGHT + 27, place + 4, text, "label", tip=f"layer {name}"))
    return marks


def _levels(epochs: Sequence[float]) -> dict[float, int]:
    n = len(epochs)
    span = _LAST - _FIRST
    return {e: _LAST if n < 2 else _FIRST + round(span * i / (n - 1)) for i, e in enumerate(epochs)}


def _legend(epochs: Sequence[float]) -> list[Mark]:
    if len(epochs) < 2:
        return []
    y, step = HEIGHT - 16, 22.0
    marks: list[Mark] = [Text(_LEFT, y, "epoch", "note")]
    x = _LEFT + 48
    marks.append(Text(x, y, format_number(epochs[0]), "note", "end"))
    for level in range(_FIRST, _LAST + 1):
        marks.append(Rect(x + 8, y - 9, step, 10, f"information-{level}"))
        x += step
    marks.append(Text(x + 14, y, format_number(epochs[-1]), "note"))
    marks.append(Text(x + 66, y, "steps are equal numbers of records, not of epochs", "note"))
    return marks


def _tip(point: PlanePoint) -> str:
    epoch = format_number(point.epoch)
    return (
        f"layer {point.layer}, epoch {epoch}\n"
        f"I(X;T) {point.of_input.short()}\nI(T;Y) {point.of_label.short()}"
    )


def _data(points: Sequence[PlanePoint], unit: str) -> dict[str, list[object]]:
    return {
        "layer": [point.layer for point in points],
        "epoch": [point.epoch for point in points],
        f"I(X;T), {unit}": [point.of_input.value for point in points],
        f"I(T;Y), {unit}": [point.of_label.value for point in points],
    }


def _chosen(trajectory: PlaneTrajectory, noise: str | None) -> str:
    known = list(trajectory.noises)
    if not known:
        raise InvalidArgument(
            sentence("PlaneTrajectory.figure", "trajectory", "hold a point", "none",
                     "Call record(epoch) while training.")
        )  # fmt: skip
    if noise is None and len(known) > 1:
        raise InvalidArgument(
            sentence("PlaneTrajectory.figure", "noise", f"be one of {known}", "None",
                     "Each noise model has a plane of its own.")
        )  # fmt: skip
    chosen = known[0] if noise is None else noise
    return trajectory.of(noise=chosen).noises[0]
