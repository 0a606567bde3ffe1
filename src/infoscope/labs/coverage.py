"""Which lab, explorer page or test answers for each system, exercise, correction and value."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal, TypeAlias

from infoscope.labs.lab import Lab, all_labs

__all__ = ["Place", "Row", "coverage", "coverage_markdown", "page_of", "rows_of"]

Where: TypeAlias = Literal["lab", "explorer", "test"]

_GROUPS = {
    "S": "Systems",
    "X": "Exercises",
    "C": "Corrections of common errors",
    "T": "Values",
}
_HEADING = re.compile(r"^#{1,3} +(.+)$", flags=re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands: a cell of a lab, a page of the explorer, or a test.

    `name` is the slug of the lab or page, or the path of the test; `line` is that of a lab's cell.
    """

    kind: Where
    name: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One thing owed: its code ("S1", "T3.Ex6"), what it is, and where it stands."""

    code: str
    what: str
    places: tuple[Place, ...]


def coverage() -> tuple[Row, ...]:
    """Return every row with its places, in order; a row without any is not done."""
    text = files("infoscope.labs").joinpath("coverage.toml").read_text(encoding="utf-8")
    return rows_of(text, all_labs())


def rows_of(text: str, labs: Sequence[Lab]) -> tuple[Row, ...]:
    """Return the rows of a list in TOML, with the places that it and the labs name.

    Raises
    ------
    ValueError
        If a lab or the list of places names a row that does not exist, or a place is none.
    """
    table = tomllib.loads(text)
    places: dict[str, list[Place]] = {
        f"{group}{number}": [] for group in _GROUPS for number in table[group]
    }
    for lab in labs:
        for cell in lab.cells:
            for code in cell.covers:
                _list(places, code, lab.path.name).append(Place("lab", lab.slug, cell.line))
    for code, more in table["places"].items():
        _list(places, code, "coverage.toml").extend(_place(each) for each in more)
    return tuple(
        Row(f"{group}{number}", what, tuple(places[f"{group}{number}"]))
        for group in _GROUPS
        for number, what in table[group].items()
    )


def _list(places: dict[str, list[Place]], code: str, who: str) -> list[Place]:
    if code not in places:
        raise ValueError(f"coverage: {who} claims the unknown row {code!r}")
    return places[code]


def _place(text: str) -> Place:
    kind, _, name = text.partition(": ")
    if kind not in ("explorer", "test") or not name:
        raise ValueError(
            f"coverage: a place must be 'explorer: SLUG' or 'test: PATH', got {text!r}"
        )
    return Place(kind, name)  # type: ignore[arg-type]


def coverage_markdown() -> str:
    """Return the table as a page of the documentation; the same for the same labs."""
    return page_of(coverage(), all_labs())


def page_of(rows: Sequence[Row], labs: Sequence[Lab]) -> str:
    """Return rows as Markdown.

    Labs are linked as the site's pages, `labs/NN_slug.md`, with the heading that a cell stands
    under rather than its line, so that the page changes only when something moves.
    """
    by_slug = {lab.slug: lab for lab in labs}
    lines = ["# What is covered where", ""]
    lines += ["Every system, exercise, correction and value that the library owes a learner, and"]
    lines += [
        "where it stands: the section of a lab, a page of `infoscope explore`, a test. Of tests"
    ]
    lines += [
        "“codes: prefix codes” is the file `tests/codes/test_prefix_codes.py`, and “codes” its"
    ]
    lines += ["folder. Made by `infoscope labs coverage > docs/coverage.md`; a test compares.", ""]
    for group, title in _GROUPS.items():
        lines += [
            f"## {title}",
            "",
            "| | what | labs | explorer | tests |",
            "|---|---|---|---|---|",
        ]
        for row in rows:
            if row.code[0] == group:
                pages = ", ".join(each.name for each in row.places if each.kind == "explorer")
                tests = ", ".join(_test(each.name) for each in row.places if each.kind == "test")
                cells = (row.code, row.what, _in_labs(row, by_slug), pages, tests)
                lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def _test(path: str) -> str:
    """Return the path of a test in words.

    >>> _test("tests/codes/test_prefix_codes.py")
    'codes: prefix codes'
    """
    *folders, name = path.removeprefix("tests/").removesuffix(".py").split("/")
    return ": ".join([*folders, name.removeprefix("test_").replace("_", " ")])


def _in_labs(row: Row, by_slug: Mapping[str, Lab]) -> str:
    sections: dict[str, list[str]] = {}
    for place in row.places:
        if place.kind == "lab":
            lab = by_slug[place.name]
            link = f"[{lab.number} {lab.slug.replace('_', ' ')}](labs/{lab.name}.md)"
            heading = _heading(lab, place.line)
            sections.setdefault(link, []).append("" if heading == lab.title else heading)
    return ", ".join(_with_headings(link, found) for link, found in sections.items())


def _with_headings(link: str, headings: list[str]) -> str:
    named = [heading.replace("|", "\\|") for heading in dict.fromkeys(headings) if heading]
    return f"{link} ({'; '.join(named)})" if named else link


def _heading(lab: Lab, line: int) -> str:
    """Return the heading under which a line stands: that of its own cell, or the last before it."""
    heading = lab.title
    for cell in lab.cells:
        if cell.line > line:
            break
        if cell.kind in ("text", "exercise"):
            heads = _HEADING.findall(cell.source)
            heading = (heads[0] if cell.line == line else heads[-1]) if heads else heading
    return heading
