"""What a picture is made of: a handful of frozen values that any renderer can draw.

Coordinates are pixels from the top left corner; a role says what a mark is for, never its colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Cells", "Circle", "Dots", "Drag", "Handle", "Mark", "Path", "Rect", "Text"]

Points: TypeAlias = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Drag:
    """Which inputs of the form around a picture a mark moves, and how far for each pixel.

    `x` and `y` name the input that a movement to the right and down changes ("" for none);
    `per_pixel_x` and `per_pixel_y` are input units for one pixel of the picture, with their sign:
    a bar that grows upwards has a negative `per_pixel_y`.
    """

    x: str = ""
    y: str = ""
    per_pixel_x: float = 0.0
    per_pixel_y: float = 0.0


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle; `tip` is what a pointer resting on it is told."""

    x: float
    y: float
    width: float
    height: float
    role: str
    tip: str = ""
    radius: float = 0.0
    drag: Drag | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """Straight lines through points; closed, it is an area."""

    points: Points
    role: str
    closed: bool = False
    tip: str = ""
    drag: Drag | None = None


@dataclass(frozen=True, slots=True)
class Circle:
    """A dot."""

    x: float
    y: float
    radius: float
    role: str
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Dots:
    """Many dots of one kind in one mark, for clouds too large for one circle each."""

    points: Points
    radius: float
    role: str


@dataclass(frozen=True, slots=True)
class Handle:
    """A dot to drag: it moves the inputs `drag_x` and `drag_y` of the form around the picture.

    `per_pixel_x` and `per_pixel_y` as in `Drag`; `label` is what a pointer resting on it is told.
    """

    x: float
    y: float
    drag_x: str = ""
    drag_y: str = ""
    per_pixel_x: float = 0.0
    per_pixel_y: float = 0.0
    label: str = ""
    role: str = "grip"
    radius: float = 6.0


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `y` is its baseline, `angle` turns it clockwise around (x, y)."""

    x: float
    y: float
    text: str
    role: str
    anchor: Literal["start", "middle", "end"] = "start"
    angle: float = 0.0
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Cells:
    """A grid of coloured cells in one mark, for grids too large for one rectangle each.

    `levels` holds one row of ramp steps per line of the grid: -1 is missing (hatched), -2 is blank,
    -3 is not drawn.
    """

    x: float
    y: float
    width: float
    height: float
    ramp: str
    levels: tuple[tuple[int, ...], ...]


Mark: TypeAlias = Rect | Path | Circle | Text | Cells | Handle | Dots
