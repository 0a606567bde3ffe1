"""Every bar of `bars.toml` beside what was measured; writes docs/bars.md.

    python benchmarks/bars.py            # write the page anew from benchmarks/results
    python benchmarks/bars.py --check    # say what is not met; exit 1 if the page is out of date

Values are read from the tables, never typed: a bar names its table, the rows and the column, or the
test that fails when it is missed. A bar that is not met must say why.
"""

from __future__ import annotations

import argparse
import ast
import csv
import math
import re
import statistics
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "Bar",
    "existing_tests",
    "figure",
    "is_met",
    "measured",
    "number",
    "page",
    "read_bars",
    "select",
]

HERE = Path(__file__).parent
RESULTS = HERE / "results"
BARS = HERE / "bars.toml"
PAGE = HERE.parent / "docs" / "bars.md"
TESTS = HERE.parent / "tests"
PICKS = {"largest": max, "smallest": min, "median": statistics.median, "count": len}
FIXED = "\u00a0"  # a space at which no line is broken
COMPARISON = re.compile(r"(<=|>=|<|>) *(\S+)")


HEAD = """\
# Bars

Before each part was built, a bar was set for it. Here stand all that have a number, what was
measured, and why some were not met. Made by `python benchmarks/bars.py` from the tables under
`benchmarks/results` (each with machine, date and versions: see [measurements](measurements.md)).
Where no figure stands, a test fails when the bar is missed.
"""


class BadBar(ValueError):
    """A bar that cannot be read or answered as it stands."""


@dataclass(frozen=True)
class Bar:
    """One promise: what was asked, and where the answer stands."""

    pillar: str
    bar: str
    at_most: float | None = None
    at_least: float | None = None
    unit: str = ""
    table: str = ""
    rows: dict[str, str] | None = None
    value: str = ""
    over: dict[str, str] | None = None
    divided_by: str = ""
    pick: str = ""
    test: str | list[str] = ""
    by_hand: str = ""
    pending: str = ""
    remark: str = ""
    why: str = ""
    figures: dict[str, dict] | None = None

    def __post_init__(self) -> None:
        evidence = [bool(self.table), bool(self.by_hand), bool(self.pending)]
        if sum(evidence) + bool(self.test and not self.table) != 1:
            raise BadBar(f"{self.bar!r} needs a table, a test, by_hand or pending")
        if self.table and ((self.at_most is None and self.at_least is None) or not self.value):
            raise BadBar(f"{self.bar!r} needs a value, and at_most or at_least")
        if self.pick and self.pick not in PICKS:
            raise BadBar(f"{self.bar!r}: pick must be one of {', '.join(PICKS)}")

    @property
    def tests(self) -> list[str]:
        """The tests that answer, if any."""
        return [self.test] if isinstance(self.test, str) and self.test else list(self.test)

    @property
    def asked(self) -> str:
        """What was asked, for people."""
        parts = [f"≥{FIXED}{number(self.at_least)}"] if self.at_least is not None else []
        parts += [f"≤{FIXED}{number(self.at_most)}"] if self.at_most is not None else []
        return self.with_unit(" and ".join(parts)) if parts else "holds"

    def with_unit(self, text: str) -> str:
        """Add the unit, on the same line if it is short."""
        between = FIXED if len(self.unit) < 6 else " "
        return f"{text}{between}{self.unit}" if self.unit else text


def number(x: float) -> str:
    """Write a number with the digits that matter."""
    if x == 0 or not math.isfinite(x):
        return f"{x:g}"
    if abs(x) >= 1000:
        return f"{x:,.0f}"
    if abs(x) < 1e-3:
        return f"{x:.1e}".replace("e-0", "e-").replace(".0e", "e")
    return f"{x:.7g}" if 0.99 < x < 1.01 else f"{x:.3g}"  # close to 1 the difference counts


def read_bars(path: Path = BARS) -> list[Bar]:
    """Return the bars in the order of the file."""
    return [Bar(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8"))["bar"]]


def read_table(path: Path) -> tuple[dict[str, str], ...]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


def _fits(text: str, wanted: str) -> bool:
    """Compare a cell with a text, alternatives a|b, stars, or a comparison like '>= 20'."""
    comparison = COMPARISON.fullmatch(wanted)
    if comparison:
        sign, limit = comparison[1], float(comparison[2])
        if not text:
            return False
        x = float(text)
        return {"<": x < limit, ">": x > limit, "<=": x <= limit, ">=": x >= limit}[sign]
    patterns = (re.escape(one).replace(r"\*", ".*") for one in wanted.split("|"))
    return any(re.fullmatch(pattern, text) for pattern in patterns)


def select(rows: tuple[dict[str, str], ...], wanted: dict[str, str]) -> list[dict[str, str]]:
    """Return the rows in which every named column fits."""
    return [row for row in rows if all(_fits(row[key], text) for key, text in wanted.items())]


def measured(bar: Bar, results: Path = RESULTS) -> float:
    """Return what the table says; exactly one row must be selected unless `pick` chooses."""
    rows = read_table(results / f"{bar.table}.csv")
    wanted = bar.rows or {}
    found = select(rows, wanted)
    if not found or (len(found) > 1 and not bar.pick):
        raise BadBar(f"{bar.bar!r}: {len(found)} rows of {bar.table} fit {wanted}")
    values = [_value(bar, row) for row in found]
    value = PICKS[bar.pick](values) if bar.pick else values[0]
    if bar.over is None:
        return value
    others = select(rows, wanted | bar.over)
    if len(others) != 1:
        raise BadBar(f"{bar.bar!r}: {len(others)} rows of {bar.table} fit {wanted | bar.over}")
    return value / _value(bar, others[0])


def _value(bar: Bar, row: dict[str, str]) -> float:
    try:
        value = float(row[bar.value])
        return value / float(row[bar.divided_by]) if bar.divided_by else value
    except (KeyError, ValueError) as error:
        raise BadBar(f"{bar.bar!r}: {bar.table} has no number there ({error})") from error


def figure(name: str, about: dict, results: Path = RESULTS) -> str:
    """Return one number of a sentence, read like a bar and written by its `form`."""
    rest = {key: value for key, value in about.items() if key != "form"}
    return format(measured(Bar("", name, at_least=0.0, **rest), results), about["form"])


def is_met(bar: Bar, value: float) -> bool:
    """Say whether a value keeps the promise."""
    above = bar.at_least is None or value >= bar.at_least
    return above and (bar.at_most is None or value <= bar.at_most)


def existing_tests(bar: Bar, tests: Path = TESTS) -> list[str]:
    """Return the names of the bar's tests that exist; a file alone stands for all it holds."""
    found = []
    for name in bar.tests:
        file, _, function = name.partition("::")
        path = tests / file
        tree = ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.Module([], [])
        names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        if function in names or (not function and any(one.startswith("test_") for one in names)):
            found.append(name)
    return found


def page(bars: list[Bar], results: Path = RESULTS) -> str:
    """Return the page: a table for each pillar."""
    lines = [HEAD]
    counts = {"yes": 0, "**no**": 0, "not yet measured": 0}
    body: list[str] = []
    missed: list[str] = []
    for pillar in dict.fromkeys(bar.pillar for bar in bars):
        body += [
            f"## {pillar}",
            "",
            "| bar | asked | measured | met | remark, and where it stands |",
        ]
        body += ["|---|---|---|---|---|"]
        for bar in (one for one in bars if one.pillar == pillar):
            shown, met, evidence = _answer(bar, results)
            counts[met] += 1
            if met == "**no**":
                missed.append(f"- {pillar}: {bar.bar}")
            why = bar.why if met == "**no**" else ""
            named = {
                name: figure(name, {"table": bar.table, "rows": bar.rows or {}} | about, results)
                for name, about in (bar.figures or {}).items()
            }
            told = [part.format(**named) for part in (bar.remark, why, bar.pending) if part]
            cells = (bar.bar, bar.asked, shown, met, "; ".join([*told, *evidence]))
            body.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
        body.append("")
    total = sum(counts.values())
    told = f"Of {total} bars, {counts['yes']} are met and {counts['**no**']} are not"
    left = counts["not yet measured"]
    lines += [told + (f"; {left} wait for a measurement" if left else "")]
    lines[-1] += ":" if missed else "."
    lines += ["", *missed, "", *_made_at(results)]
    lines += body
    lines += [":::{container} next", "Next: all [measurements](measurements.md).", ":::", ""]
    return "\n".join(lines)


def _made_at(results: Path) -> list[str]:
    """Say from which commits the tables are, as `bench.py` kept it."""
    path = results / "runs.csv"
    if not path.exists():
        return []
    scripts: dict[str, list[str]] = {}
    for row in read_table(path):
        scripts.setdefault(row["commit"], []).append(f"`{row['script']}`")
    first, *others = sorted(scripts, key=lambda commit: -len(scripts[commit]))
    told = f"The tables of {len(scripts[first])} scripts were made at commit `{first}`"
    told += "".join(f"; those of {', '.join(scripts[one])} at `{one}`" for one in others)
    return [f"{told} (`runs.csv`).", ""]


def _spoken(test: str) -> str:
    """Return the name of a test as the sentence that it is."""
    file, _, function = test.partition("::")
    return function.removeprefix("test_").replace("_", " ") or f"all of {Path(file).name}"


def _answer(bar: Bar, results: Path) -> tuple[str, str, list[str]]:
    """Return what is shown, whether it is met, and where it stands."""
    evidence = [f"`{bar.table}.csv`"] if bar.table else []
    evidence += [f"test: *{_spoken(test)}*" for test in bar.tests]
    if bar.pending:
        return "–", "not yet measured", []
    if bar.by_hand:
        return "by hand", "yes", [bar.by_hand]
    if not bar.table:
        return "–", "yes", evidence
    value = measured(bar, results)
    met = is_met(bar, value)
    if not met and not bar.why:
        raise BadBar(f"{bar.bar!r} is not met ({value:g}) and does not say why")
    return bar.with_unit(number(value)), "yes" if met else "**no**", evidence


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare, and leave the page alone")
    args = parser.parse_args()
    bars = read_bars()
    for bar in bars:
        missing = sorted(set(bar.tests) - set(existing_tests(bar)))
        if missing:
            raise BadBar(f"{bar.bar!r}: no such test: {', '.join(missing)}")
        if bar.table and not is_met(bar, value := measured(bar)):
            print(f"not met: {bar.bar}: {number(value)} (asked {bar.asked})")
    text = page(bars)
    if not args.check:
        PAGE.write_text(text, encoding="utf-8")
        print(f"{PAGE.relative_to(HERE.parent)}: {len(bars)} bars")
        return 0
    same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
    if not same:
        print(f"{PAGE.name} is out of date: run `python benchmarks/bars.py`", file=sys.stderr)
    return int(not same)


if __name__ == "__main__":
    sys.exit(main())
