"""Which lab, explorer page or test answers for each system, exercise, correction and value."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from infoscope.labs.lab import all_labs

__all__ = ["Row", "coverage", "coverage_markdown"]

_GROUPS = {
    "S": "Systems",
    "X": "Exercises",
    "C": "Corrections of common errors",
    "T": "Values",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing owed: its code ("S1", "T3.Ex6"), what it is, and where it stands."""

    code: str
    what: str
    places: tuple[str, ...]


def coverage() -> tuple[Row, ...]:
    """Return every row with its places, in order; a row without any is not done.

    Raises
    ------
    ValueError
        If a lab claims a row that does not exist.
    """
    text = files("infoscope.labs").joinpath("coverage.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    places: dict[str, list[str]] = {
        f"{group}{number}": [] for group in _GROUPS for number in table[group]
    }
    for lab in all_labs():
        for cell in lab.cells:
            for code in cell.covers:
                if code not in places:
                    raise ValueError(f"coverage: {lab.path.name} claims the unknown row {code!r}")
                places[code].append(f"lab: {lab.slug}, line {cell.line}")
    for code, more in table["places"].items():
        places[code] += more
    return tuple(
        Row(f"{group}{number}", what, tuple(places[f"{group}{number}"]))
        for group in _GROUPS
        for number, what in table[group].items()
    )


def coverage_markdown() -> str:
    """Return the table as a page of the documentation; the same for the same labs."""
    lines = ["# What is covered where", ""]
    lines += ["Made by `infoscope labs coverage`; a test compares this page with the labs.", ""]
    rows = coverage()
    for group, title in _GROUPS.items():
        lines += [f"## {title}", "", "| | what | where |", "|---|---|---|"]
        lines += [
            f"| {row.code} | {row.what} | {'; '.join(row.places) or '—'} |"
            for row in rows
            if row.code[0] == group
        ]
        lines.append("")
    return "\n".join(lines)
