"""The page on mutual information: a joint table to drag, its circles, its pointwise parts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import infoscope as isc
from infoscope.explore.controls import Choice
from infoscope.explore.drawings.joint_squares import joint_squares
from infoscope.explore.page import Page, Patch, Preset, Slot
from infoscope.explore.shares import Shares, rounded_shares
from infoscope.figures import Figure, Tile, esc, stat_tiles, table, venn_of_two

__all__ = [
    "PAGE", "SHAPES", "CellShares", "as_table", "code", "notice", "numbers", "picture",
    "pointwise", "settle", "view",
]  # fmt: skip

#: number of cells -> rows (values of X) and columns (values of Y)
SHAPES = {4: (2, 2), 6: (3, 2), 8: (4, 2), 9: (3, 3)}


@dataclass(frozen=True, kw_only=True)
class CellShares(Shares):
    """The cells of a joint table, row by row; how many there are says which table it is."""

    min_n: int = 4
    max_n: int = 9
    resizable: bool = False

    def parse(self, text: str) -> tuple[float, ...]:
        """Return the cells; bars and slashes may part the rows."""
        cells = super().parse(text.replace("|", ",").replace("],", ",").replace("[", " "))
        if len(cells) not in SHAPES:
            raise self.refuse(
                "hold 4, 6, 8 or 9 numbers", f"{len(cells)} of them",
                "Write the table row by row: 2 × 2, 3 × 2, 4 × 2 or 3 × 3.",
            )  # fmt: skip
        return cells

    def body(self, value: Sequence[float]) -> str:
        """Return the rows, each named by its cell."""
        _, n_columns = SHAPES[len(value)]
        html = super().body(value)
        for i in range(len(value)):
            letter, cell = self.label_of(i), f"x{i // n_columns + 1} y{i % n_columns + 1}"
            html = html.replace(f'aria-hidden="true">{esc(letter)}<', f'aria-hidden="true">{cell}<')
            whole = f"{self.label}: "
            html = html.replace(f'"{whole}{letter}"', f'"{whole}{cell}"')
            html = html.replace(f'"{whole}{letter}, slider"', f'"{whole}{cell}, slider"')
        return html.replace("(probabilities or counts)", "row by row (probabilities or counts)")


def as_table(p: tuple[float, ...]) -> np.ndarray:
    """Return the cells as a table, X in rows."""
    return np.array(p).reshape(SHAPES[len(p)])


def pointwise(p: tuple[float, ...]) -> np.ndarray:
    """Return log2 p(x,y) / (p(x) p(y)) of each cell; NaN where a margin is 0."""
    joint = as_table(p)
    alive = np.ix_(joint.sum(axis=1) > 0, joint.sum(axis=0) > 0)
    found = np.full(joint.shape, np.nan)
    found[alive] = isc.pointwise_mutual_information(joint[alive], unit="bits")
    return found


def numbers(*, p: tuple[float, ...]) -> dict[str, float]:
    """Return what the page measures, in bits."""
    joint = as_table(p)
    return {
        "h_x": float(isc.entropy(joint.sum(axis=1), unit="bits")),
        "h_y": float(isc.entropy(joint.sum(axis=0), unit="bits")),
        "h_xy": float(isc.joint_entropy(joint, unit="bits")),
        "h_x_given_y": float(isc.conditional_entropy(joint, given=1, unit="bits")),
        "h_y_given_x": float(isc.conditional_entropy(joint, given=0, unit="bits")),
        "mutual_information": float(isc.mutual_information(joint, unit="bits")),
    }


def view(*, p: tuple[float, ...], width: int, held: bool) -> Patch:
    """Return the table as squares, the circles, the numbers, and the sum cell by cell."""
    found = numbers(p=p)
    joint, pmi = as_table(p), pointwise(p)
    rows, columns = ([f"{name}{i + 1}" for i in range(n)]
                     for name, n in zip("xy", joint.shape, strict=True))  # fmt: skip
    scale = max(math.log2(n) for n in joint.shape)
    return {
        "joint": joint_squares(
            joint, pmi, rows, columns, width=width, drag="p",
            top=1.0 if held or max(p) > 0.5 else 0.5,
        ),
        "tiles": stat_tiles(_tiles(found)),
        "venn": venn_of_two(
            ["X", "Y"], max(found["h_x_given_y"], 0.0), max(found["mutual_information"], 0.0),
            max(found["h_y_given_x"], 0.0), title="What they share, to scale", scale=scale,
            width=width, height=290,
        ),
        "cells": table(_cells(joint, pmi, rows, columns)),
    }  # fmt: skip


def _tiles(found: dict[str, float]) -> list[Tile]:
    def tile(label: str, name: str, note: str) -> Tile:
        return Tile(label, f"{found[name] + 0.0:.4f}", "bits", note)

    shared = found["mutual_information"]
    least = min(found["h_x"], found["h_y"])
    part = f"{100 * shared / least:.1f} % of the smaller entropy" if least > 0 else "nothing varies"
    return [
        tile("I(X;Y)", "mutual_information", part),
        tile("H(X)", "h_x", f"{found['h_x_given_y'] + 0.0:.4f} left when Y is known"),
        tile("H(Y)", "h_y", f"{found['h_y_given_x'] + 0.0:.4f} left when X is known"),
        tile("H(X,Y)", "h_xy", "H(X) + H(Y) − I(X;Y)"),
    ]


def _cells(
    joint: np.ndarray, pmi: np.ndarray, rows: list[str], columns: list[str]
) -> dict[str, list[object]]:
    even = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    parts = np.multiply(joint, pmi, where=joint > 0, out=np.zeros(joint.shape))
    return {
        "x": [row for row in rows for _ in columns], "y": [*columns] * len(rows),
        "p(x,y)": [*joint.ravel().tolist()], "p(x)·p(y)": [*even.ravel().tolist()],
        "PMI, bits": [*pmi.ravel().tolist()], "p·PMI, bits": [*parts.ravel().tolist()],
    }  # fmt: skip


def notice(*, p: tuple[float, ...]) -> str:
    """Return the sentence that goes with these numbers."""
    found = numbers(p=p)
    shared, h_x, h_y = found["mutual_information"], found["h_x"], found["h_y"]
    if min(h_x, h_y) < 1e-12:
        return "One of the two never varies: there is nothing to learn about it, and I is 0."
    if shared < 5e-7:
        return (
            "Independent: every square fills its dashed one, the circles only touch, and knowing "
            "one says nothing about the other."
        )
    if found["h_y_given_x"] < 1e-9 and found["h_x_given_y"] < 1e-9:
        return f"Each determines the other: the circles are one, I = H(X) = H(Y) = {h_x:.3f} bits."
    if found["h_y_given_x"] < 1e-9:
        return (
            f"Y is a function of X, so I = H(Y) = {h_y:.3f} bits, not H(X) = {h_x:.3f}: Y cannot "
            "tell more than there is in Y."
        )
    if found["h_x_given_y"] < 1e-9:
        return (
            f"X is a function of Y, so I = H(X) = {h_x:.3f} bits, not H(Y) = {h_y:.3f}: the small "
            "circle lies inside the large one."
        )
    parts = as_table(p) * np.where(as_table(p) > 0, pointwise(p), 0.0)
    losses = -float(parts[parts < 0].sum())
    return (
        f"Cells that occur more often than by chance give {shared + losses:.3f} bits, rarer ones "
        f"take {losses:.3f} back; a single cell may be negative, the mean {shared:.3f} never is."
    )


def code(*, p: tuple[float, ...]) -> str:
    """Return the calls that make these numbers."""
    return (
        "import numpy as np\n\nimport infoscope as isc\n\n"
        f"joint = np.array({as_table(p).tolist()!r})  # X in rows, Y in columns\n"
        'mutual_information = isc.mutual_information(joint, unit="bits")\n'
        'h_x = isc.entropy(joint.sum(axis=1), unit="bits")\n'
        'h_y = isc.entropy(joint.sum(axis=0), unit="bits")\n'
        'h_xy = isc.joint_entropy(joint, unit="bits")\n'
        'h_x_given_y = isc.conditional_entropy(joint, given=1, unit="bits")\n'
        'h_y_given_x = isc.conditional_entropy(joint, given=0, unit="bits")\n\n'
        "print(mutual_information, h_x, h_y)"
    )


def settle(values: dict[str, Any], moved: str, held: bool) -> dict[str, Any]:
    """Give the table another shape: what overlaps stays; else the cells say which shape it is."""
    del held
    p = values["p"]
    if moved == "shape":
        wanted = tuple(int(side) for side in values["shape"].split("x"))
        old, new = as_table(p), np.zeros(wanted)
        r, c = min(old.shape[0], wanted[0]), min(old.shape[1], wanted[1])
        new[:r, :c] = old[:r, :c]
        if not new.sum():
            new[:] = 1.0
        for axis, kept in ((0, r), (1, c)):  # a new row or column starts with an even share
            for i in range(kept, wanted[axis]):
                share = new.sum() / kept / new.shape[1 - axis]
                new[(i, slice(None)) if axis == 0 else (slice(None), i)] = share
        p = rounded_shares((new / new.sum()).ravel().tolist())
    sides = SHAPES[len(p)]
    return values | {"p": p, "shape": f"{sides[0]}x{sides[1]}"}


def picture() -> Figure:
    """Return two circles for the home page."""
    figure = venn_of_two(["X", "Y"], 0.6, 0.5, 0.8, title="Two entropies that overlap", width=240,
                         height=190)  # fmt: skip
    marks = [m for m in figure.marks if getattr(m, "role", "").startswith(("set", "line"))]
    return Figure(figure.title, "", {}, marks, 240, 172)


PAGE = Page(
    slug="mutual-information",
    title="Mutual information",
    group="Dependence",
    order=10,
    about="Drag the cells of a joint table: how much does knowing one variable say about the "
    "other?",
    controls=(
        CellShares(name="p", label="Joint p(x, y)", default=(0.4, 0.05, 0.05, 0.5)),
        Choice(name="shape", label="Values of X × values of Y", default="2x2",
               options={"2x2": "2 × 2", "3x2": "3 × 2", "4x2": "4 × 2", "3x3": "3 × 3"}),
    ),
    slots=(
        Slot("joint"), Slot("tiles"), Slot("venn"),
        Slot("cells", "The sum, cell by cell", "below"),
    ),
    view=view, settle=settle, notice=notice, numbers=numbers, code=code, picture=picture,
    presets=(
        Preset("A textbook table", {}),
        Preset("Independent", {"p": (0.42, 0.28, 0.18, 0.12)}),
        Preset("Copy", {"p": (0.5, 0.0, 0.0, 0.5)}),
        Preset("Parity of 1 to 4", {"p": (0.0, 0.25, 0.25, 0.0, 0.0, 0.25, 0.25, 0.0),
                                    "shape": "4x2"}, "Y is a function of X: I = H(Y), not H(X)"),
        Preset("Three to two", {"p": (0.3, 0.0, 0.3, 0.0, 0.0, 0.4), "shape": "3x2"},
               "Another function of X"),
        Preset("XOR, one input", {"p": (0.25, 0.25, 0.25, 0.25)},
               "X is one input of XOR, Y its output: alone it says nothing"),
        Preset("XOR, both inputs", {"p": (0.25, 0.0, 0.0, 0.25, 0.0, 0.25, 0.25, 0.0),
                                             "shape": "4x2"}, "X is the pair: now it says all"),
        Preset("Nearly a line", {"p": (0.28, 0.04, 0.01, 0.04, 0.26, 0.04, 0.01, 0.04, 0.28),
                                 "shape": "3x3"}),
    ),
    explain=r"""
**Mutual information** is what knowing one variable takes from the uncertainty about the other, in
either direction: $$I(X;Y) = H(X) - H(X\,|\,Y) = H(Y) - H(Y\,|\,X) = H(X) + H(Y) - H(X,Y) .$$
It is the divergence of the table from what it would be if both were independent, and so never
negative: $I = D\big(p(x,y)\,\|\,p(x)\,p(y)\big)$, and 0 only for independence.

**Pointwise.** It is the mean of $\log_2 \frac{p(x,y)}{p(x)\,p(y)}$ over the cells. The colours show
this logarithm: blue where a pair occurs more often than chance, orange where less, $-\infty$ where
never.

**A function.** If $Y$ is a function of $X$, then $H(Y|X) = 0$ and $I = H(Y)$. It equals $H(X)$ only
if $X$ is a function of $Y$ as well.

**Exclusive or.** One of two fair bits says nothing about their exclusive or, both together say
everything: $I(X_1;Y) = 0$ and $I(X_1,X_2;Y) = 1$ bit. Information about a third can live in a pair
and in neither part.
""",
)  # fmt: skip
