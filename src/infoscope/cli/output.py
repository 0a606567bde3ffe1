"""How commands write: aligned tables for people, JSON for machines, notes on stderr."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import infoscope
from infoscope.core.errors import InvalidArgument, NotFound, NotWritable, sentence
from infoscope.core.files import write_text

__all__ = [
    "check_outputs", "deliver", "grid", "made_by", "note", "plural", "say", "visible",
    "write_json",
]  # fmt: skip

_REORDERING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def say(text: str = "") -> None:
    """Write one line of the result."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """Write one line beside the result, to stderr."""
    sys.stderr.write(f"{text}\n")


def visible(text: str) -> str:
    r"""Spell what a terminal would obey instead of show: control characters, changes of direction.

    >>> visible("one\nline, \x1b[31mno colour")
    'one\\nline, \\x1b[31mno colour'
    """
    return "".join(
        char.encode("unicode_escape").decode("ascii") if _is_command(char) else char
        for char in text
    )


def _is_command(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in _REORDERING


def _n_cells(text: str) -> int:
    """Count the cells of a terminal that `text` takes: two for wide characters, none for marks."""
    return sum(
        0 if unicodedata.category(char) in ("Mn", "Me", "Cf")
        else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )  # fmt: skip


def plural(n: int, word: str) -> str:
    """Return the count with its noun.

    >>> plural(1, "byte"), plural(1200, "row")
    ('1 byte', '1,200 rows')
    """
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def grid(rows: Sequence[Sequence[str]], *, align: str, indent: int = 2) -> list[str]:
    """Lay out `rows` in columns; `align` has one of "<" or ">" for each column.

    >>> grid([["a", "1.5"], ["long", "10.0"]], align="<>")
    ['  a      1.5', '  long  10.0']
    """
    if not rows:
        return []
    shown = [[visible(cell) for cell in row] for row in rows]
    widths = [max(_n_cells(row[i]) for row in shown) for i in range(len(align))]
    lines: list[str] = []
    for row in shown:
        cells: list[str] = []
        for cell, side, width in zip(row, align, widths, strict=True):
            gap = " " * (width - _n_cells(cell))
            cells.append(cell + gap if side == "<" else gap + cell)
        lines.append((" " * indent + "  ".join(cells)).rstrip())
    return lines


def check_outputs(args: argparse.Namespace, command: str, inputs: Sequence[str] = ()) -> None:
    """Refuse output paths that cannot be written, before any long work is done for them.

    Refused are folders, files of folders that are not there or may not be written, the same file
    for two outputs, and a file that is also read.
    """
    function = f"infoscope {command}"
    taken = {_place(name): f"the input {name!r}" for name in inputs if name != "-"}
    for option in ("html", "json"):
        path = getattr(args, option, None)
        if path is None or (path == "-" and option == "json"):
            continue
        if path in ("", "-"):
            advice = "Only --json writes to stdout." if path else ""
            raise InvalidArgument(
                sentence(function, f"--{option}", "name a file", repr(path), advice)
            )
        _check_writable(function, f"--{option}", path)
        place = _place(path)
        if place in taken and (place.is_file() or not place.exists()):
            raise InvalidArgument(sentence(
                function, f"--{option}", "name a file of its own", f"{path!r}, which is also "
                f"{taken[place]}", "Choose another name.",
            ))  # fmt: skip
        taken[place] = f"--{option}"


def _place(path: str) -> Path:
    return Path(path).resolve()


def _check_writable(function: str, option: str, path: str) -> None:
    target = Path(path)
    if target.is_dir():
        raise InvalidArgument(sentence(function, option, "name a file", f"the folder {path!r}"))
    folder = target.resolve().parent
    if not folder.is_dir():
        raise NotFound(sentence(
            function, option, "lie in a folder that exists", repr(path),
            f"Create {str(target.parent)!r} first.",
        ))  # fmt: skip
    if target.exists() and not target.is_file():
        return  # a device or a pipe
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise NotWritable(sentence(
            function, option, "be writable", f"{path!r} ({error.strerror})",
            "Choose another place, or mend its permissions or space.",
        )) from error  # fmt: skip


def made_by() -> str:
    """Return the line under a report that says what made it, and when."""
    today = dt.date.today().isoformat()
    return f"Made by infoscope {infoscope.__version__} on {today}."


def deliver(
    args: argparse.Namespace,
    lines: Iterable[str],
    payload: Callable[[], dict[str, Any]],
    save_page: Callable[[str], object] | None = None,
) -> int:
    """End a command: print the lines unless JSON takes their place, write what was asked for.

    `payload` makes what ``--json`` writes, `save_page` writes the page of ``--html`` to a path;
    neither is called without need. Returns the exit code 0.
    """
    if args.json != "-":
        say("\n".join(lines))
    if args.json:
        write_json(payload(), args.json)
    if save_page is not None and args.html:
        save_page(args.html)
        note(f"wrote {args.html}")
    return 0


def write_json(payload: dict[str, Any], path: str) -> None:
    """Write `payload` as JSON to `path` ("-" is stdout); a file appears whole or not at all."""
    plain = path == "-" and not (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(payload, ensure_ascii=plain, indent=2, allow_nan=False) + "\n"
    if path == "-":
        sys.stdout.write(text)
        return
    write_text(path, text, function="infoscope")
    note(f"wrote {path}")
