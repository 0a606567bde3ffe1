"""The floors of the house, drawn from the table that the architecture tests check."""

import ast
import importlib
import inspect
import re
from pathlib import Path

from infoscope.figures import Figure, Html, table
from infoscope.figures.marks import Mark, Rect, Text

TABLE = Path(__file__).parents[2] / "tests" / "architecture" / "test_floors.py"
NAMES = (
    "no quantity",
    "pictures, exact measures",
    "codes, limits, samples",
    "texts, tables, torch",
    "representations",
    "labs, pages",
    "command line",
)


def _floors() -> dict[str, int]:
    for node in ast.parse(TABLE.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FLOORS":
            return dict(ast.literal_eval(node.value))
    raise LookupError(f"no table FLOORS in {TABLE}")


def floors() -> Figure:
    """Draw each floor as a row of rooms."""
    house = _floors()
    width, room, tall, gap = 720.0, 104.0, 42.0, 10.0
    marks: list[Mark] = []
    top = max(house.values())
    for floor in range(top, -1, -1):
        y = 8.0 + (top - floor) * (tall + gap)
        rooms = [name for name, at in house.items() if at == floor]
        marks.append(Text(26, y + tall / 2 + 5, str(floor), "label", "end"))
        for i, name in enumerate(rooms):
            x = 40.0 + i * (room + gap)
            marks.append(Rect(x, y, room, tall, f"band-{floor % 4 + 1}", _head(name), 6.0))
            marks.append(Text(x + room / 2, y + tall / 2 + 4, name, "label", "middle"))
        if len(rooms) < 4:
            x = 40.0 + len(rooms) * (room + gap) + 6
            marks.append(Text(x, y + tall / 2 + 4, NAMES[floor], "note"))
    height = 8.0 + (top + 1) * (tall + gap)
    return Figure(
        "Floors",
        "Each folder may import from the floors below it, and from no other.",
        {"folder": list(house), "floor": list(house.values())},
        marks,
        width,
        height,
    )


def _head(folder: str) -> str:
    said = inspect.getdoc(importlib.import_module(f"infoscope.{folder}")) or ""
    first = re.sub(r"^Floor \d: ", "", said.split("\n\n")[0].replace("\n", " "))
    return (first[:1].upper() + first[1:]).replace("`", "")


def folders() -> Html:
    """Return what lives in each folder, in the words of its own first line."""
    house = _floors()
    names = sorted(house, key=lambda name: (-house[name], name))
    made = table(
        {
            "folder": [Html(f"<code>{name}</code>") for name in names],
            "floor": [house[name] for name in names],
            "what lives there": [_head(name) for name in names],
        }
    )
    return Html(f'<div class="isc isc-scroll">{made}</div>')
