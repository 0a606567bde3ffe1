"""How commands write: aligned tables for people, JSON for machines, notes on stderr."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import infoscope
from infoscope.core.errors import InvalidArgument, NotFound, sentence
from infoscope.core.files import write_text

__all__ = ["check_writable", "grid", "made_by", "note", "say", "width", "write_json"]


def say(text: str = "") -> None:
    """Write one line of the result."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """Write one line beside the result, to stderr."""
    sys.stderr.write(f"{text}\n")


def width() -> int:
    """Return how many characters a line may have."""
    return max(60, min(shutil.get_terminal_size((100, 24)).columns, 140))


def grid(rows: Sequence[Sequence[str]], *, align: str, indent: int = 2) -> list[str]:
    """Lay out `rows` in columns; `align` has one of "<" or ">" for each column.

    >>> grid([["a", "1.5"], ["long", "10.0"]], align="<>")
    ['  a      1.5', '  long  10.0']
    """
    if not rows:
        return []
    widths = [max(len(row[i]) for row in rows) for i in range(len(align))]
    lines: list[str] = []
    for row in rows:
        cells = [f"{cell:{side}{w}}" for cell, side, w in zip(row, align, widths, strict=True)]
        lines.append(" " * indent + "  ".join(cells).rstrip())
    return lines


def check_writable(path: str | None, option: str) -> None:
    """Refuse an output path that cannot be written, before any long work is done for it."""
    if path is None or path == "-":
        return
    target = Path(path)
    if target.is_dir():
        raise InvalidArgument(sentence("infoscope", option, "name a file", f"the folder {path}"))
    folder = target.parent
    if not folder.is_dir():
        raise NotFound(
            sentence(
                "infoscope", option, "lie in a folder that exists", str(folder), "Create it first."
            )
        )


def made_by() -> str:
    """Return the line under a report that says what made it, and when."""
    today = dt.date.today().isoformat()
    return f"Made by infoscope {infoscope.__version__} on {today}."


def write_json(payload: dict[str, Any], path: str) -> None:
    """Write `payload` as JSON to `path` ("-" is stdout); a file appears whole or not at all."""
    text = json.dumps(payload, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    if path == "-":
        sys.stdout.write(text)
        return
    write_text(path, text, function="infoscope")
    note(f"wrote {path}")
