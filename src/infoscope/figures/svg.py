"""Marks -> SVG text: classes instead of colours, no script, no ids, the same bytes every time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, groupby

from infoscope.figures.marks import Cells, Circle, Dots, Drag, Handle, Mark, Path, Rect, Text
from infoscope.figures.markup import esc

__all__ = ["render_svg"]

LONG = 16


def render_svg(
    marks: Sequence[Mark],
    width: float,
    height: float,
    *,
    title: str,
    description: str,
    style: str = "",
) -> str:
    """Return one ``<svg>`` element; with `style` it is complete as a file of its own.

    A screen reader is given `title` as the name and `description` as the description of one image.

    Examples
    --------
    >>> render_svg([], 10, 5, title="a & b", description="nothing")[-50:]
    '<title>a &amp; b</title><desc>nothing</desc></svg>'
    """
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="isc isc-svg" role="img" '
        f'viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}" height="{_n(height)}">'
        f"<title>{esc(title)}</title><desc>{esc(description)}</desc>"
    )
    sheet = f"<style>{style}</style>" if style else ""
    return head + sheet + "".join(_draw(mark) for mark in marks) + "</svg>"


def _draw(mark: Mark) -> str:
    if isinstance(mark, Cells):
        return _cells(mark)
    if isinstance(mark, Text):
        return _text(mark)
    if isinstance(mark, Handle):
        return _handle(mark)
    if isinstance(mark, Dots):
        places = "M%.1f,%.1fh0" * len(mark.points) % tuple(chain.from_iterable(mark.points))
        wide = f'stroke-width="{_n(2 * mark.radius)}"'
        return f'<path class="{_classes(mark.role)}" {wide} d="{places}"/>'
    classes = _classes(mark.role)
    hold = ""
    if isinstance(mark, Rect):
        classes, hold = _held(classes, mark.drag)
        radius = f' rx="{_n(mark.radius)}"' if mark.radius else ""
        name, rest = "rect", (
            f'x="{_n(mark.x)}" y="{_n(mark.y)}" width="{_n(mark.width)}" '
            f'height="{_n(mark.height)}"{radius}'
        )  # fmt: skip
    elif isinstance(mark, Circle):
        name, rest = "circle", f'cx="{_n(mark.x)}" cy="{_n(mark.y)}" r="{_n(mark.radius)}"'
    else:
        classes, hold = _held(classes, mark.drag)
        name, rest = "path", f'd="{_outline(mark)}"'
    start = f'<{name} class="{classes}" {rest}{hold}'
    return f"{start}><title>{esc(mark.tip)}</title></{name}>" if mark.tip else f"{start}/>"


def _handle(mark: Handle) -> str:
    """A dot inside a clear disc that a finger can hit."""
    drag = Drag(mark.drag_x, mark.drag_y, mark.per_pixel_x, mark.per_pixel_y)
    classes, hold = _held("", drag)
    place = f'cx="{_n(mark.x)}" cy="{_n(mark.y)}"'
    tip = f"<title>{esc(mark.label)}</title>" if mark.label else ""
    return (
        f'<g class="{classes}"{hold}>{tip}<circle class="isc-hit" {place} r="18"/>'
        f'<circle class="{_classes(mark.role)}" {place} r="{_n(mark.radius)}"/></g>'
    )


def _held(classes: str, drag: Drag | None) -> tuple[str, str]:
    """Classes and attributes of a mark that can be dragged, for a script without mathematics."""
    if drag is None or not (drag.x or drag.y):
        return classes, ""
    hold = "".join(
        f' data-drag-{axis}="{esc(name)}" data-scale-{axis}="{per_pixel:.10g}"'
        for axis, name, per_pixel in (
            ("x", drag.x, drag.per_pixel_x), ("y", drag.y, drag.per_pixel_y)
        )
        if name
    )  # fmt: skip
    ways = ("x" if drag.x else "") + ("y" if drag.y else "")
    return f"{classes} isc-handle isc-handle-{ways}".strip(), hold


def _classes(role: str) -> str:
    return " ".join(f"isc-{word}" for word in role.split())


def _outline(mark: Path) -> str:
    if len(mark.points) > LONG:  # a tenth of a pixel, written in one call: curves follow a pointer
        points = ("%.1f,%.1f " * len(mark.points))[:-1] % tuple(chain.from_iterable(mark.points))
    else:
        points = " ".join([f"{_n(x)},{_n(y)}" for x, y in mark.points])
    return f"M{points}Z" if mark.closed else f"M{points}"


def _text(mark: Text) -> str:
    anchor = "" if mark.anchor == "start" else f' text-anchor="{mark.anchor}"'
    turn = f' transform="rotate({_n(mark.angle)} {_n(mark.x)} {_n(mark.y)})"' if mark.angle else ""
    tip = f"<title>{esc(mark.tip)}</title>" if mark.tip else ""
    place = f'x="{_n(mark.x)}" y="{_n(mark.y)}"'
    return f'<text class="{_classes(mark.role)}" {place}{anchor}{turn}>{tip}{esc(mark.text)}</text>'


@lru_cache(64)
def _cells(grid: Cells) -> str:
    """One path per level, in units of cells; equal neighbours in a row are drawn as one run.

    Kept, as a field often stays while a mark upon it is dragged.
    """
    runs: dict[int, list[str]] = {}
    strokes: list[str] = []
    for row, levels in enumerate(grid.levels):
        column = 0
        for level, members in groupby(levels):
            n = sum(1 for _ in members)
            if level > -3:
                runs.setdefault(level, []).append(f"M{column} {row}.5h{n}")
            if level == -1:
                strokes += [_slash(grid, column + i, row) for i in range(n)]
            column += n
    parts: list[str] = []
    for level in sorted(runs):
        role = f"{grid.ramp}-{level}" if level >= 0 else "blank"
        parts.append(f'<path class="isc-{role} isc-run" d="{"".join(runs[level])}"/>')
    place = f"translate({_n(grid.x)} {_n(grid.y)}) scale({grid.width:.5g} {grid.height:.5g})"
    parts = [f'<g transform="{place}">{"".join(parts)}</g>']
    if strokes:
        parts.append(f'<path class="isc-hatch" d="{"".join(strokes)}"/>')
    return "".join(parts)


def _slash(grid: Cells, column: int, row: int) -> str:
    x, y = grid.x + column * grid.width, grid.y + (row + 1) * grid.height
    return f"M{_n(x)} {_n(y)}l{_n(grid.width)} {_n(-grid.height)}"


def _n(value: float) -> str:
    """Two decimals are finer than a screen; shorter text loads faster."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
