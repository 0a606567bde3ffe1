"""Line coverage of the pillars that must be above 95 %: run their tests, write one table.

    python tools/coverage_table.py                  all (an hour of one idle core)
    python tools/coverage_table.py measures codes   some pillars
    python tools/coverage_table.py --data FILE ...  tabulate data that `coverage run` left

A tracer sees nothing of a loop while it runs compiled, so the tests of loops run once more in plain
Python (NUMBA_DISABLE_JIT=1), where that takes seconds. Loops written in the compiler's own terms
cannot run that way: `share_without_compiled` leaves out the bodies of compiled functions that were
never traced. The result is benchmarks/results/coverage.csv. Needs `coverage`.
"""

# ruff: noqa: T201  what runs on a terminal talks to it

from __future__ import annotations

import argparse
import ast
import csv
import datetime as dt
import os
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
#: Tests of compiled loops that are quick in plain Python.
UNCOMPILED = {
    "measures": ["tests/measures/test_counting.py"],
    "codes": ["tests/codes/test_prefix_codes.py", "tests/codes/test_integer_codes.py",
              "tests/codes/test_plain_loops.py"],
    "estimate": ["tests/estimate/test_plain_loops.py"],
    "tables": ["tests/tables/test_counts.py", "tests/tables/test_contingency.py",
               "tests/tables/test_conditional.py"],
}  # fmt: skip
COMPILERS = {"njit", "compiled", "intrinsic", "overload", "guvectorize", "vectorize"}


def trace(pillar: str, data: Path) -> None:
    """Run the tests of a pillar and its doctests, then those of its loops without a compiler."""
    runs = [([f"tests/{pillar}", f"src/infoscope/{pillar}"], os.environ)]
    plain = [path for path in UNCOMPILED.get(pillar, []) if (ROOT / path).exists()]
    if plain:
        runs.append((plain, {**os.environ, "NUMBA_DISABLE_JIT": "1"}))
    for tests, environment in runs:
        subprocess.run(
            [sys.executable, "-m", "coverage", "run", "--append", f"--data-file={data}",
             f"--source={SOURCE}", "-m", "pytest", "-q", "-p", "no:cacheprovider",
             "-m", "not heavy and not browser", *tests],
            cwd=ROOT, env=environment, check=True,
        )  # fmt: skip


def compiled_lines(path: Path) -> set[int]:
    """Return the lines inside functions that a compiler takes over."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            words = {word for mark in node.decorator_list for word in _words(mark)}
            if words & COMPILERS:
                found |= set(range(node.body[0].lineno, (node.end_lineno or 0) + 1))
    return found


def _words(node: ast.AST) -> set[str]:
    names = (getattr(x, "id", getattr(x, "attr", "")) for x in ast.walk(node))
    return {name for name in names if name}


def tabulate(pillars: list[str], data: list[Path]) -> None:
    """Write a row for each pillar and for each of its modules, and print the pillars."""
    told = coverage.Coverage(data_file=None, config_file=False, source=[str(SOURCE)])
    told.combine([str(path) for path in data], keep=True)
    versions = f"python {platform.python_version()}, coverage {version('coverage')}"
    head = [dt.date.today().isoformat(), versions]
    rows: list[list[object]] = []
    for pillar in pillars:
        paths = sorted({path for pattern in PILLARS[pillar] for path in SOURCE.glob(pattern)})
        sums = [0, 0, 0, 0]
        for path in paths:
            _, lines, _, missed, _ = told.analysis2(str(path))
            hidden = compiled_lines(path) & set(missed)
            counts = [len(lines), len(missed), len(lines) - len(hidden), len(missed) - len(hidden)]
            sums = [a + b for a, b in zip(sums, counts, strict=True)]
            rows.append([*head, pillar, path.relative_to(SOURCE).as_posix(), *_shares(*counts)])
        rows.append([*head, pillar, "all", *_shares(*sums)])
        print(pillar, *_shares(*sums))
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["date", "versions", "pillar", "module", "statements", "missed", "share",
                         "share_without_compiled"])  # fmt: skip
        writer.writerows(rows)


def _shares(n: int, missed: int, plain: int, plain_missed: int) -> list[object]:
    shares = (
        f"{1 - b / a:.4f}" if a else "1.0000" for a, b in ((n, missed), (plain, plain_missed))
    )
    return [n, missed, *shares]


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
