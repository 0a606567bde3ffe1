"""Line coverage of the pillars that must be above 95 %: run their tests, write one table.

    python tools/coverage_table.py                  all (a quarter of an hour)
    python tools/coverage_table.py measures codes   some pillars
    python tools/coverage_table.py --data FILE ...  tabulate data that `coverage run` left

A tracer sees nothing of a loop while it runs compiled: `tests/*/test_plain_loops.py` run the loops
in plain Python too, and compare. The result is benchmarks/results/coverage.csv. Needs `coverage`.
"""

# ruff: noqa: T201  what runs on a terminal talks to it

from __future__ import annotations

import argparse
import csv
import datetime as dt
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import coverage

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "infoscope"
RESULTS = ROOT / "benchmarks" / "results" / "coverage.csv"
#: pillar -> its modules, as patterns under src/infoscope
PILLARS = {
    "core": ["core/*.py"],
    "measures": ["measures/**/*.py"],
    "estimate": ["estimate/**/*.py"],
    "codes": ["codes/**/*.py"],
    "channels": ["channels/*.py"],
    "tables": [
        f"tables/{name}.py"
        for name in ("chunks", "conditional", "conditional_counts", "conditional_loops",
                     "contingency", "counting_loops", "counting_plan", "counting_tasks", "counts",
                     "local_counts", "row_loops")
    ],
}  # fmt: skip


def trace(pillar: str, data: Path) -> None:
    """Run the tests of a pillar and its doctests."""
    subprocess.run(
        [sys.executable, "-m", "coverage", "run", "--append", f"--data-file={data}",
         f"--source={SOURCE}", "-m", "pytest", "-q", "-p", "no:cacheprovider",
         "-m", "not heavy and not browser", f"tests/{pillar}", f"src/infoscope/{pillar}"],
        cwd=ROOT, check=True,
    )  # fmt: skip


def tabulate(pillars: list[str], data: list[Path]) -> None:
    """Write a row for each pillar and for each of its modules, and print the pillars."""
    told = coverage.Coverage(data_file=None, config_file=False, source=[str(SOURCE)])
    told.combine([str(path) for path in data], keep=True)
    versions = f"python {platform.python_version()}, coverage {version('coverage')}"
    head = [dt.date.today().isoformat(), versions]
    rows: list[list[object]] = []
    for pillar in pillars:
        paths = sorted({path for pattern in PILLARS[pillar] for path in SOURCE.glob(pattern)})
        sums = [0, 0]
        for path in paths:
            _, lines, _, missed, _ = told.analysis2(str(path))
            counts = len(lines), len(missed)
            sums = [a + b for a, b in zip(sums, counts, strict=True)]
            rows.append([*head, pillar, path.relative_to(SOURCE).as_posix(), *_row(*counts)])
        rows.append([*head, pillar, "all", *_row(*sums)])
        print(pillar, *_row(*sums))
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["date", "versions", "pillar", "module", "statements", "missed", "share"])
        writer.writerows(rows)


def _row(n: int, missed: int) -> list[object]:
    return [n, missed, f"{1 - missed / n:.4f}" if n else "1.0000"]


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("pillars", nargs="*", metavar="pillar", help=", ".join(PILLARS))
    parser.add_argument("--data", type=Path, nargs="+", help="tabulate these and run nothing")
    given = parser.parse_args()
    pillars = given.pillars or list(PILLARS)
    if given.data:
        tabulate(pillars, given.data)
        return
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        for pillar in pillars:
            trace(pillar, data)
        tabulate(pillars, [data])


if __name__ == "__main__":
    main()
