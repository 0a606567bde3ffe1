"""Run benchmarks beside the committed tables, and say what moved.

    python benchmarks/drift.py                      # those of about a minute
    python benchmarks/drift.py speed codes/textbook # those whose path begins so
    python benchmarks/drift.py --all --data FOLDER  # everything, hours
    python benchmarks/drift.py --compare FOLDER     # run nothing: compare a folder of tables

The scripts run from a copy of this folder, so that the committed tables stay as they are. A ratio
or an error that moved by more than `scripts.toml` allows is shown; the exit code is 1 if a bar that
was met no longer is, or a script failed. Times drift on a busy machine: repeat alone what looks
wrong.
"""

from __future__ import annotations

import argparse
import math
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bars import BadBar, Bar, is_met, measured, number, read_bars, read_table
from bench import HERE, Script, chosen, duration, lacking, read_scripts, run

__all__ = ["Change", "changes", "copied", "lost_bars"]

QUICK_MINUTES = 1.25
SKIPPED = shutil.ignore_patterns("__pycache__")


@dataclass(frozen=True)
class Change:
    """A number that moved, or a row that came or went."""

    table: str
    row: str
    column: str
    old: str
    new: str
    change: str


def changes(script: Script, old: Path, new: Path) -> list[Change]:
    """Compare the tables of one script in two folders of results."""
    found: list[Change] = []
    for name in script.tables:
        before, after = (_by_key(folder / f"{name}.csv", script.key) for folder in (old, new))
        gone = before.keys() - after.keys() if after else ()
        found += [Change(name, key, "", "there", "gone", "") for key in gone]
        for key, row in after.items():
            if key not in before:
                found.append(Change(name, key, "", "", "new", ""))
                continue
            for column, limit in script.relative.items():
                found += _moved(name, key, column, before[key], row, limit, relative=True)
            for column, limit in script.absolute.items():
                found += _moved(name, key, column, before[key], row, limit, relative=False)
    return sorted(found, key=lambda one: (one.table, one.row, one.column))


def _by_key(path: Path, key: list[str]) -> dict[str, dict[str, str]]:
    """Return rows by what names them; of equal names the last one counts."""
    rows = read_table(path) if path.exists() else ()
    return {", ".join(row[name] for name in key if row.get(name)): row for row in rows}


def _moved(
    table: str, row: str, column: str, before: dict[str, str], after: dict[str, str],
    limit: float, *, relative: bool,
) -> list[Change]:  # fmt: skip
    old, new = (_number(cells.get(column, "")) for cells in (before, after))
    if old is None or new is None or column not in before:
        return []
    if (math.isnan(old) and math.isnan(new)) or old == new:
        return []
    if abs(new - old) <= (limit * abs(old) if relative else limit):  # never so with a NaN
        return []
    said = f"{(new - old) / old:+.1%}" if relative and old else f"{new - old:+.3g}"
    return [Change(table, row, column, number(old), number(new), said)]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def lost_bars(bars: list[Bar], tables: set[str], old: Path, new: Path) -> list[str]:
    """Return the bars on these tables that are met in the old results and not in the new."""
    lost = []
    for bar in bars:
        if bar.table in tables and is_met(bar, before := measured(bar, old)):
            try:
                after = measured(bar, new)
            except BadBar:  # a peer that is not installed here: its rows are told as gone
                continue
            if not is_met(bar, after):
                told = f"{number(before)} is now {number(after)}"
                lost.append(f"{bar.pillar}: {bar.bar}: {told} (asked {bar.asked})")
    return lost


def copied(home: Path, repository: Path = HERE.parent) -> Path:
    """Lay a copy of the benchmarks into a folder, beside links to the rest of the repository."""
    for path in repository.iterdir():
        if path.name != "benchmarks" and not path.name.startswith("."):
            (home / path.name).symlink_to(path)
    return Path(shutil.copytree(HERE, home / "benchmarks", ignore=SKIPPED))


def report(found: list[Change], lost: list[str]) -> None:
    """Print what moved as a table, and the bars that were lost."""
    if found:
        rows = [("table", "row", "column", "old", "new", "change")]
        rows += [(c.table, c.row, c.column, c.old, c.new, c.change) for c in found]
        widths = [min(64, max(len(row[i]) for row in rows)) for i in range(6)]
        for row in rows:
            cells = zip(row, widths, strict=True)
            print("  ".join(f"{cell[:width]:{width}}" for cell, width in cells).rstrip())
    else:
        print("nothing moved by more than is allowed")
    for line in lost:
        print(f"LOST  {line}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="how the path begins")
    parser.add_argument("--all", action="store_true", help="long ones too")
    parser.add_argument("--data", nargs="+", type=Path, default=[], metavar="FOLDER")
    parser.add_argument("--compare", type=Path, metavar="FOLDER", help="tables made elsewhere")
    args = parser.parse_args()
    every = args.all or args.names or args.compare
    wanted = chosen(read_scripts(), args.names, None if every else QUICK_MINUTES)
    old, found, failed = HERE / "results", [], 0
    ran: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        home = None if args.compare else copied(Path(folder))
        new = args.compare or Path(folder) / "benchmarks" / "results"
        for i, script in enumerate(wanted, 1):
            if home is not None:
                why_not = lacking(script, args.data)
                about = (
                    f"left out, {why_not}" if why_not else f"about {duration(script.cpu_minutes)}"
                )
                print(f"[{i}/{len(wanted)}] {script.name}: {about}", flush=True)
                if why_not:
                    continue
                took = run(script, args.data, home)
                print(f"    {'FAILED' if took.code else 'done'} in {took}", flush=True)
                failed += bool(took.code)
            elif not any((new / f"{name}.csv").exists() for name in script.tables):
                continue
            found += changes(script, old, new)
            ran |= set(script.tables)
        report(found, lost := lost_bars(read_bars(), ran, old, new))
    return int(bool(lost or failed))


if __name__ == "__main__":
    sys.exit(main())
