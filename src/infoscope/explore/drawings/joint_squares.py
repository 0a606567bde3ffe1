"""A joint table as squares: area is probability, dashed is independence, colour is their ratio."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from infoscope.figures import Figure
from infoscope.figures.marks import Drag, Mark, Path, Rect, Text
from infoscope.figures.scales import Bands

__all__ = ["PMI_EDGES", "joint_squares"]

#: Steps of colour, in bits on either side of none.
PMI_EDGES = (-2.0, -1.0, -0.5, -0.1, 0.1, 0.5, 1.0, 2.0)


def joint_squares(
    joint: np.ndarray,
    pmi: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    width: float,
    drag: str = "",
    top: float = 1.0,
) -> Figure:
    """Draw a square for each cell, its margins beside and below, and a legend of the colours.

    Parameters
    ----------
    joint : array, shape (r, c)
        Probabilities.
    pmi : array, shape (r, c)
        log2 p(x,y) / (p(x) p(y)), -inf where p is 0, NaN where a margin is.
    rows, columns : sequence of str
        Names of the values of X and Y.
    width : float
        Width of the picture in pixels.
    drag : str
        Name of the control whose sliders "<name>.<i>" (row by row) the cells move; "" for none.
    top : float
        Probability whose square fills a cell.

    Returns
    -------
    Figure
        With one row of data for each cell.
    """
    n_rows, n_columns = joint.shape
    left, head, beside = 42.0, 30.0, 86.0 if width > 500 else 62.0
    cell = min((width - left - beside - 6) / n_columns, 176.0 if n_rows < 3 else 132.0)
    left += max(0.0, (width - left - beside - 6 - cell * n_columns) / 2)
    tall = min(cell, 118.0) if n_rows > 3 else cell
    right, foot = left + cell * n_columns, head + tall * n_rows
    side = min(cell, tall) - 26
    bands = Bands(PMI_EDGES)
    px, py = joint.sum(axis=1), joint.sum(axis=0)
    marks: list[Mark] = []
    hits: list[Mark] = []
    for j, name in enumerate(columns):
        marks.append(Text(left + cell * (j + 0.5), head - 10, name, "name-2", "middle"))
    for i, name in enumerate(rows):
        marks.append(Text(left - 10, head + tall * (i + 0.5) + 4, name, "name-1", "end"))
        for j in range(n_columns):
            x, y = left + cell * (j + 0.5), head + tall * (i + 0.5) - 5
            mass, even = float(joint[i, j]), float(px[i] * py[j])
            corner = (x - cell / 2, y - tall / 2 + 5)
            edges = (
                (corner[0], corner[1]),
                (corner[0] + cell, corner[1]),
                (corner[0] + cell, corner[1] + tall),
                (corner[0], corner[1] + tall),
            )
            marks.append(Path(edges, "grid", closed=False))
            ratio = float(pmi[i, j])
            shade = "blank" if math.isnan(ratio) else f"balance-{bands.level(ratio)}"
            tip = (
                f"{name}, {columns[j]}: p = {mass:.4g}, independent {even:.4g}, "
                f"PMI {_bits(ratio)} bits"
            )
            edge = side * math.sqrt(min(mass / top, 1.0))
            marks.append(Rect(x - edge / 2, y - edge / 2, edge, edge, shade, tip, 2.0))
            half = side * math.sqrt(min(even / top, 1.0)) / 2
            square = ((x - half, y - half), (x + half, y - half), (x + half, y + half),
                      (x - half, y + half), (x - half, y - half))  # fmt: skip
            marks.append(Path(square, "reference", tip=tip))
            words = f"{_mass(mass)} · {_bits(ratio)}" if cell > 84 else _mass(mass)
            marks.append(Text(x, corner[1] + tall - 6, words, "note", "middle", tip=tip))
            if drag:
                hold = Drag(y=f"{drag}.{i * n_columns + j}", per_pixel_y=-top / (1.6 * tall))
                hits.append(Rect(*corner, cell, tall, "hit", f"Drag up or down. {tip}", drag=hold))
    marks.append(Path(((left, head), (left, foot), (right, foot)), "axis"))
    room = beside - 8
    for i, mass in enumerate(px.tolist()):
        y = head + tall * (i + 0.5)
        marks.append(Rect(right + 8, y - 9, room * mass, 18, "bar-1", f"{rows[i]}: {mass:.4g}", 2))
        marks.append(Text(right + 8, y + 24, _mass(mass), "note"))
    for j, mass in enumerate(py.tolist()):
        x = left + cell * (j + 0.5)
        marks.append(Rect(x - 9, foot + 8, 18, 56 * mass, "bar-2", f"{columns[j]}: {mass:.4g}", 2))
        marks.append(Text(x + 14, foot + 20, _mass(mass), "note"))
    marks.append(Text(right + 8, head - 10, "p(x)", "name-1"))
    marks.append(Text(left - 10, foot + 20, "p(y)", "name-2", "end"))
    low = foot + 84
    step = min(44.0, (width - 16) / 9)
    start = max(8.0, (width - 9 * step) / 2)
    marks.append(Text(start, low, "pointwise information log2 p(x,y) / p(x)p(y), bits"
                      if width > 400 else "pointwise information, bits", "label"))  # fmt: skip
    marks += [Rect(start + step * k, low + 9, step, 12, f"balance-{k}") for k in range(9)]
    marks += [
        Text(start + step * k, low + 35, f"{edge:g}".replace("-", "−"), "tick", "middle")
        for k, edge in enumerate(PMI_EDGES, 1)
    ]
    cells = [(i, j) for i in range(n_rows) for j in range(n_columns)]
    data: dict[str, Sequence[object]] = {
        "X": [rows[i] for i, _ in cells], "Y": [columns[j] for _, j in cells],
        "p(x,y)": [float(joint[at]) for at in cells],
        "p(x)·p(y)": [float(px[i] * py[j]) for i, j in cells],
        "PMI, bits": [float(pmi[at]) for at in cells],
    }  # fmt: skip
    about = (
        "The area of a square is the probability of its cell, the dashed square what it would be "
        "if X and Y were independent."
    )
    if drag:
        about += " Drag a cell up or down: the others share what is left."
    return Figure("The joint table", about, data, [*marks, *hits], width, low + 44)


def _mass(mass: float) -> str:
    return f"{mass:.3f}".rstrip("0").rstrip(".") if mass >= 0.0005 or mass == 0 else f"{mass:.1g}"


def _bits(value: float) -> str:
    if math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return "−∞"
    return f"{value + 0.0:+.2f}".replace("-", "−") if abs(value) >= 0.005 else "0"
