"""Run the benchmarks one after the other, and say what was left out and why.

    python benchmarks/bench.py                        # all that can run here, hours
    python benchmarks/bench.py speed channels         # those whose path begins so
    python benchmarks/bench.py --at-most 1            # those of about a minute
    python benchmarks/bench.py --list                 # what there is, and how long it takes
    python benchmarks/bench.py --data FOLDER          # where alice29.txt and the like are

Each runs in a process of its own with one thread, and writes its tables under benchmarks/results;
`runs.csv` there keeps the commit, the day and the time of the last run of each. `--write-readme`
renews the tables of benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib.util
import math
import os
import re
import resource
import shlex
import subprocess
import sys
import sysconfig
import tempfile
import time
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path

__all__ = [
    "Script", "Took", "chosen", "commit", "lacking", "read_scripts", "readme", "record", "run",
    "written_into",
]  # fmt: skip

HERE = Path(__file__).parent
SCRIPTS = HERE / "scripts.toml"
RUNS = HERE / "results" / "runs.csv"
README = HERE / "README.md"
BEGIN = "<!-- made by `python benchmarks/bench.py --write-readme` from scripts.toml -->"
END = "<!-- until here -->"
#: Seconds to which a duration is rounded up, so that two runs mostly say the same.
STEPS = (5, 10, 20, 30, *(60 * minutes for minutes in (1, 2, 3, 5, 10, 20, 30, 45, 60)))
PLACE = re.compile(r"\{(data|data-folder|data-all|stdlib):([^}]*)\}|\{(work|repository)\}")


@dataclass(frozen=True)
class Script:
    """One benchmark: how it is called, what it writes, and how its tables are compared."""

    path: str
    pillar: str
    tables: list[str]
    shows: str
    needs: list[str]
    key: list[str]
    cpu_minutes: float | None = None
    arguments: list[str] = field(default_factory=list)
    before: str = ""
    install: str = ""
    peers: str = ""
    appends: bool = False
    relative: dict[str, float] = field(default_factory=dict)
    absolute: dict[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Path and options, as a person would type them."""
        options = [one for one in self.arguments if "{" not in one]
        return " ".join([self.path, *options]) if len(options) == len(self.arguments) else self.path


@dataclass(frozen=True)
class Took:
    """How a run ended, and what it cost."""

    code: int
    seconds: float
    cpu_seconds: float

    def __str__(self) -> str:
        return f"{self.seconds:.0f} s, {self.cpu_seconds:.0f} CPU s"


class NoSuchData(LookupError):
    """A file that a script reads is not where it was looked for."""


def read_scripts(path: Path = SCRIPTS, runs: Path = RUNS) -> list[Script]:
    """Return the benchmarks in the order of the file, each with the time that its last run took."""
    scripts = [Script(**one) for one in tomllib.loads(path.read_text(encoding="utf-8"))["script"]]
    took = {row["script"]: float(row["cpu_seconds"]) / 60 for row in _last_runs(runs)}
    return [replace(s, cpu_minutes=s.cpu_minutes or took.get(s.name)) for s in scripts]


def _last_runs(path: Path) -> list[dict[str, object]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def chosen(scripts: list[Script], names: list[str], at_most: float | None = None) -> list[Script]:
    """Return the scripts whose path begins with one of the names, and that take no longer."""
    for name in names:
        if not any(script.path.startswith(name) for script in scripts):
            raise SystemExit(f"no benchmark begins with {name!r}: see `bench.py --list`")
    wanted = [s for s in scripts if not names or s.path.startswith(tuple(names))]
    if at_most is None:
        return wanted
    return [s for s in wanted if s.cpu_minutes is not None and s.cpu_minutes <= at_most]


def lacking(script: Script, folders: list[Path]) -> str:
    """Return why a script cannot run here, or nothing."""
    gone = [name for name in script.needs if importlib.util.find_spec(name) is None]
    if gone:
        return f"needs {', '.join(gone)}: {script.install or 'pip install -e .[dev]'}"
    try:
        _filled(script, folders, Path())
    except NoSuchData as error:
        return str(error)
    return ""


def _filled(script: Script, folders: list[Path], work: Path) -> list[str]:
    """Return the arguments with every place filled in."""
    found: list[str] = []
    for argument in script.arguments:
        whole = PLACE.fullmatch(argument)
        if whole and whole[1] == "data-all":
            folder = _look_for(whole[2], folders)
            found += [str(path) for path in sorted(folder.iterdir()) if path.is_file()]
        else:
            found.append(PLACE.sub(lambda place: _fill(place, folders, work), argument))
    return found


def _fill(place: re.Match[str], folders: list[Path], work: Path) -> str:
    kind, name, plain = place.groups()
    if plain:
        return str(work if plain == "work" else HERE.parent)
    if kind == "stdlib":
        return str(Path(sysconfig.get_path("stdlib")) / name)
    path = _look_for(name, folders)
    return str(path.parent if kind == "data-folder" else path)


def _look_for(name: str, folders: list[Path]) -> Path:
    for folder in folders:
        for path in sorted(folder.rglob(name)):
            return path
    raise NoSuchData(f"needs {name}: name a folder that holds it by --data")


def written_into(script: Script, results: Path) -> list[Path]:
    """Return the files that the script writes, under a folder of results."""
    return [results / f"{name}.csv" for name in script.tables]


def run(script: Script, folders: list[Path], home: Path = HERE) -> Took:
    """Run one script of the benchmarks under `home`."""
    environment = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
    started, used = time.perf_counter(), _cpu_of_children()
    if script.appends:
        for path in written_into(script, home / "results"):
            path.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as work:
        arguments = _filled(script, folders, Path(work))
        for path in filter(None, (script.before, script.path)):
            command = [sys.executable, str(home / path), *arguments]
            done = subprocess.run(command, env=environment | os.environ, check=False)
            if done.returncode:
                break
    seconds, cpu = time.perf_counter() - started, _cpu_of_children() - used
    return Took(done.returncode, seconds, cpu)


def _cpu_of_children() -> float:
    times = resource.getrusage(resource.RUSAGE_CHILDREN)
    return times.ru_utime + times.ru_stime


def commit(root: Path = HERE.parent) -> str:
    """Return the commit that is measured, and whether anything but tables differs from it."""
    said = [
        subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=False
        )
        for words in (
            ["rev-parse", "--short=10", "HEAD"],
            ["status", "--porcelain", "--", "src", "benchmarks", ":!benchmarks/results"],
        )
    ]
    if any(one.returncode for one in said):
        return "not under git"
    return said[0].stdout.strip() + (" and changes" if said[1].stdout.strip() else "")


def record(script: Script, took: Took, what: str, path: Path = RUNS) -> None:
    """Keep what was run last of this script: one line each, in the order of scripts.toml."""
    rows = {str(row["script"]): row for row in _last_runs(path)}
    rows[script.name] = {
        "script": script.name, "commit": what, "date": dt.date.today().isoformat(),
        "seconds": round(took.seconds), "cpu_seconds": round(took.cpu_seconds),
        "exit_code": took.code,
    }  # fmt: skip
    order = [one.name for one in read_scripts() if one.name in rows]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[script.name]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[name] for name in order)


def duration(minutes: float | None) -> str:
    """Say about how long, rounded up to a step."""
    if minutes is None:
        return "not run yet"
    step = next((step for step in STEPS if 60 * minutes <= step), 60 * math.ceil(minutes))
    return f"{step} s" if step < 60 else f"{step // 60} min"


def readme(scripts: list[Script]) -> str:
    """Return the part of README.md that lists the scripts, by pillar."""
    lines = [BEGIN, ""]
    for pillar in dict.fromkeys(script.pillar for script in scripts):
        lines += [
            f"## {pillar}",
            "",
            "| script | table | what it shows | about |",
            "|---|---|---|---|",
        ]
        for one in (script for script in scripts if script.pillar == pillar):
            tables = ", ".join(f"`{name}.csv`" for name in one.tables)
            more = f"; more rows with {one.peers}" if one.peers else ""
            data = sorted({place[2] for text in one.arguments for place in PLACE.finditer(text)
                           if place[1] and place[1] != "stdlib"})  # fmt: skip
            more += f"; reads {', '.join(data)}" if data else ""
            more += f"; needs {one.install}" if one.install else ""
            lines.append(
                f"| `{one.name}` | {tables} | {one.shows}{more} | {duration(one.cpu_minutes)} |"
            )
        lines.append("")
    return "\n".join([*lines, END])


def write_readme(scripts: list[Script]) -> str:
    """Return README.md with its tables renewed."""
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    return before + readme(scripts) + rest.partition(END)[2]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="how the path begins: all if none")
    parser.add_argument("--at-most", type=float, metavar="MINUTES", help="leave longer ones out")
    parser.add_argument("--data", nargs="+", type=Path, default=[], metavar="FOLDER")
    parser.add_argument("--list", action="store_true", help="show them, and run none")
    parser.add_argument("--write-readme", action="store_true", help="renew README.md, and run none")
    args = parser.parse_args()
    scripts = read_scripts()
    if args.write_readme:
        README.write_text(write_readme(scripts), encoding="utf-8")
        return 0
    wanted = chosen(scripts, args.names, args.at_most)
    failed: list[str] = []
    what = commit()
    for i, script in enumerate(wanted, 1):
        why_not = lacking(script, args.data)
        told = f"[{i}/{len(wanted)}] {script.name}, about {duration(script.cpu_minutes)}"
        print(told + (f": left out, {why_not}" if why_not else ""), flush=True)
        if why_not or args.list:
            continue
        took = run(script, args.data)
        record(script, took, what)
        print(f"    {'FAILED' if took.code else 'done'} in {took}", flush=True)
        if took.code:
            failed.append(script.name)
    if failed:
        print("failed: " + "; ".join(map(shlex.quote, failed)), file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
