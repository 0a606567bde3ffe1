"""Mutation testing: plant one small fault in the code, run its tests, see whether any test fails.

    python tools/mutation.py                            measures: every mutant (hours)
    python tools/mutation.py --sample 600 --seed 1      a random sample, spread over all modules
    python tools/mutation.py src/infoscope/channels     another package, tested by tests/channels
    python tools/mutation.py --only splits              the modules whose names hold a word

No file is changed: a fault is planted in memory, in a process of its own, forked from one that has
imported what the tests need. First all tests of the package and its doctests run once, to see which
lines each executes; then every mutant meets the tests that execute its lines, quickest first. It
is killed when one fails, or when they take five times as long as they should. Survivors are
printed. Those in `mutation_equivalent.toml` beside this file cannot be killed, for the reason given
there; they count among the survivors, and the table has a second rate without them.

The result is benchmarks/results/mutation_<package>.csv. Needs Linux or macOS, and `coverage`.
"""

# ruff: noqa: T201  what runs on a terminal talks to it

from __future__ import annotations

import argparse
import contextlib
import csv
import datetime as dt
import gc
import importlib
import importlib.machinery
import math
import os
import pickle
import platform
import random
import resource
import runpy
import shutil
import signal
import sys
import tempfile
import time
import tomllib
import warnings
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mutants import Mutant, mutants_of, planted

ROOT = Path(__file__).parents[1]
HEADER = [
    "machine", "date", "versions", "seed", "module", "mutants", "tried", "killed", "timed_out",
    "survived", "equivalent", "killed_share", "low", "high", "killed_share_without_equivalent",
]  # fmt: skip
#: What tests import besides the library: loaded once, before the forks.
PEERS = ("scipy.stats", "scipy.integrate", "scipy.optimize", "torch", "array_api_compat.torch",
         "jax", "jax.numpy", "numba", "hypothesis", "mpmath", "sklearn",
         "_pytest.doctest")  # fmt: skip
#: Below every other package, which they do not import: loaded before the forks too.
BELOW = ("infoscope.core.distribution", "infoscope.core.result", "infoscope.core.skewed_law",
         "infoscope.figures")  # fmt: skip
PYTEST = ["-q", "--tb=no", "--no-header", "--assert=plain", "-p", "no:cacheprovider"]
GRACE = 15.0  # seconds, for the imports of a child


@dataclass
class TestMap:
    """What each test costs (CPU seconds), which lines it executes, and those that fail anyway."""

    seconds: dict[str, float] = field(default_factory=dict)
    by_line: dict[tuple[str, int], set[str]] = field(default_factory=lambda: defaultdict(set))
    failing: set[str] = field(default_factory=set)


class Watcher:
    """A pytest plugin that fills a `TestMap`."""

    def __init__(self, package: Path) -> None:
        import coverage

        self.map = TestMap()
        self.tracer = coverage.Coverage(data_file=None, config_file=False, source=[str(package)])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note which test runs."""
        self.tracer.switch_context(nodeid)
        self.start = time.process_time()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note what fails."""
        if report.failed:
            self.map.failing.add(report.nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Note what the test cost."""
        self.map.seconds[nodeid] = time.process_time() - self.start
        self.tracer.switch_context("")

    def finished(self) -> TestMap:
        """Stop, and return what was seen."""
        self.tracer.stop()
        data = self.tracer.get_data()
        for file in data.measured_files():
            for line, tests in data.contexts_by_lineno(file).items():
                self.map.by_line[file, line] |= {test for test in tests if test}
        return self.map


class Chosen:
    """A pytest plugin that runs the given tests alone, in their order, and shrinks no example."""

    def __init__(self, tests: list[str]) -> None:
        self.place = {test: i for i, test in enumerate(tests)}

    def pytest_sessionstart(self) -> None:
        """Let hypothesis stop at the first failure as it is."""
        from hypothesis import Phase, settings

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutation", settings.get_profile("dev"), phases=phases)
        settings.load_profile("mutation")

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Keep the given tests."""
        items[:] = sorted(
            (item for item in items if item.nodeid in self.place),
            key=lambda item: self.place[item.nodeid],
        )


def preload(package: Path) -> None:
    """Import what no mutant of the package can change, and forget the rest of the library."""
    below = () if package.name in ("core", "figures") else BELOW
    for name in [*PEERS, *below]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for name in [name for name in sys.modules if name.split(".")[0] == "infoscope"]:
        if name.split(".")[1:2] not in (["core"], ["figures"]):
            del sys.modules[name]


def run_pytest(arguments: list[str], plugin: object) -> int:
    """Run pytest in this process with one more plugin; return its exit code."""
    import pytest

    return int(pytest.main([*PYTEST, *arguments], plugins=[plugin]))


def watch(package: Path, tests: Path) -> TestMap:
    """Run all tests once in a child; return what it saw."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "map"
        child = os.fork()
        if child == 0:
            watcher = Watcher(package)
            watcher.tracer.start()
            run_pytest(["-m", "not heavy and not browser", str(tests), str(package)], watcher)
            kept.write_bytes(pickle.dumps(watcher.finished()))
            os._exit(0)
        os.waitpid(child, 0)
        return pickle.loads(kept.read_bytes())


def tests_of(mutant: Mutant, seen: TestMap) -> list[str]:
    """Return the tests that execute the mutant's lines, quickest first.

    What runs on import concerns the tests of its function or module. A compiled loop is executed
    where no tracer looks: its tests are those that import its module.
    """
    file = str(mutant.path)

    def over(lines: tuple[int, int]) -> set[str]:
        return set().union(*(seen.by_line[file, i] for i in range(lines[0], lines[1] + 1)))

    whole = (1, len(mutant.path.read_text(encoding="utf-8").splitlines()))
    found = over(mutant.lines)
    if len(found) < 2:  # at most the test that happened to import the module first
        found = over(mutant.function or whole) or over(whole)
    if is_compiled(mutant.path):
        for other in mutant.path.parent.glob("*.py"):
            text = other.read_text(encoding="utf-8")
            if mutant.module in text:
                for number, row in enumerate(text.splitlines(), start=1):
                    if "import_module(" in row:
                        found |= seen.by_line[str(other), number]
    return sorted(found - seen.failing, key=lambda test: (seen.seconds[test], test))


def is_compiled(path: Path) -> bool:
    """Say whether a file holds loops for numba."""
    return "import numba" in path.read_text(encoding="utf-8")


def try_mutant(mutant: Mutant, tests: list[str], cache: Path) -> None:
    """In a child: import the mutant in place of its module, run the tests, exit."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    os.dup2(1, 2)
    code = compile(planted(mutant), str(mutant.path), "exec")
    loader: Any = importlib.machinery.SourceFileLoader
    original = loader.get_code

    def get_code(self: Any, name: str | None = None) -> Any:
        return code if self.path == str(mutant.path) else original(self, name)

    loader.get_code = get_code
    if is_compiled(mutant.path):  # loops compiled from the sound source must not be fetched
        import numba

        numba.config.CACHE_DIR = str(cache)  # type: ignore[attr-defined]
    files = sorted({test.partition("::")[0] for test in tests})
    os._exit(run_pytest(["-x", *files], Chosen(tests)))


def try_all(mutants: list[Mutant], seen: TestMap, jobs: int) -> dict[Mutant, str]:
    """Return for each mutant: killed, timed_out, or survived."""
    outcomes: dict[Mutant, str] = {}
    running: dict[int, tuple[Mutant, float, Path]] = {}
    waiting = list(reversed(mutants))
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            tests = tests_of(mutant, seen)
            if not tests:
                outcomes[mutant] = "survived"
                continue
            limit = GRACE * (4 if is_compiled(mutant.path) else 1)
            limit += 5 * sum(seen.seconds[test] for test in tests)
            cache = Path(tempfile.mkdtemp(prefix="mutation-"))
            child = os.fork()
            if child == 0:
                with contextlib.suppress(ValueError):
                    resource.setrlimit(resource.RLIMIT_CPU, (int(limit), int(limit) + 5))
                try_mutant(mutant, tests, cache)
            running[child] = mutant, time.monotonic() + 8 * limit, cache
        child, status = os.waitpid(-1, os.WNOHANG)
        if child:
            mutant, _deadline, cache = running.pop(child)
            shutil.rmtree(cache, ignore_errors=True)
            outcomes[mutant] = outcome = judged(status)
            print(f"{len(outcomes)}/{len(mutants)} {outcome:9} {where(mutant)}", flush=True)
        else:
            for late in [pid for pid, (_, end, _) in running.items() if time.monotonic() > end]:
                os.killpg(late, signal.SIGKILL)
            time.sleep(0.02)
    return outcomes


def judged(status: int) -> str:
    """Say what the end of a child means."""
    if os.WIFSIGNALED(status):
        return "timed_out" if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else "killed"
    code = os.WEXITSTATUS(status)
    return "survived" if code in (0, 5) else "killed"


def where(mutant: Mutant) -> str:
    """Name a mutant."""
    return f"{mutant.module}:{mutant.lines[0]}: {mutant.change}"


def sampled(mutants: list[Mutant], n: int, seed: int) -> list[Mutant]:
    """Return n mutants (or a few more): of each module its share of the whole, at least one."""
    chosen: list[Mutant] = []
    for module in sorted({mutant.module for mutant in mutants}):
        group = [mutant for mutant in mutants if mutant.module == module]
        size = math.ceil(n * len(group) / len(mutants))
        chosen += random.Random(f"{seed} {module}").sample(group, min(size, len(group)))
    return chosen


def equivalents() -> set[tuple[str, str, str]]:
    """Return the mutants that are known to change nothing."""
    text = Path(__file__).with_name("mutation_equivalent.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text).get("mutant", [])
    return {(entry["module"], entry["code"], entry["change"]) for entry in entries}


def score_interval(hits: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's score interval of a share at 95 %."""
    centre = (hits + z * z / 2) / (n + z * z)
    reach = z / (n + z * z) * math.sqrt(hits * (n - hits) / n + z * z / 4)
    return centre - reach, centre + reach


def report(mutants: list[Mutant], outcomes: dict[Mutant, str], seed: str, target: Path) -> None:
    """Write the table; print the survivors and the last row."""
    proven = equivalents()
    same = {m for m in outcomes if (m.module, m.code, m.change) in proven}
    versions = [f"{name} {version(name)}" for name in ("infoscope", "numpy", "coverage")]
    head = [f"{platform.machine()}, {os.cpu_count()} cores", dt.date.today().isoformat(),
            ", ".join([f"python {platform.python_version()}", *versions]), seed]  # fmt: skip
    rows: list[list[object]] = []
    for module in [*sorted({mutant.module for mutant in outcomes}), "all"]:
        group = {m: o for m, o in outcomes.items() if module in (m.module, "all")}
        count, n = Counter(group.values()), len(group)
        killed = n - count["survived"]
        lost = sum(m in same and o == "survived" for m, o in group.items())
        low, high = score_interval(killed, n)
        possible = sum(module in (m.module, "all") for m in mutants)
        rows.append([*head, module, possible, n, killed, count["timed_out"], count["survived"],
                     lost, f"{killed / n:.4f}", f"{low:.4f}", f"{high:.4f}",
                     f"{killed / (n - lost):.4f}" if n > lost else ""])  # fmt: skip
    with target.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([HEADER, *rows])
    print(*(f"{'equivalent' if m in same else 'survivor'} {where(m)}\n    {m.code}"
            for m, o in outcomes.items() if o == "survived"), sep="\n")  # fmt: skip
    print(dict(zip(HEADER[3:], rows[-1][3:], strict=True)))


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("package", nargs="?", type=Path, default=Path("src/infoscope/measures"))
    parser.add_argument("--sample", type=int, help="how many mutants; all of them if not given")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--only", default="", help="a part of the names of modules")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--map", type=Path, help="keep what the tests execute in this file")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    os.chdir(ROOT)
    warnings.simplefilter("ignore")  # of forks beside threads: none has started yet
    os.environ |= {
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    package = given.package.resolve()
    inside = package.relative_to(ROOT / "src")
    tests = ROOT / "tests" / Path(*inside.parts[1:])
    for conftest in (ROOT / "tests" / "conftest.py", tests / "conftest.py"):
        if conftest.exists():
            runpy.run_path(str(conftest))  # it sets what must stand before JAX is imported
    preload(package)
    if given.map and given.map.exists():
        seen: TestMap = pickle.loads(given.map.read_bytes())
    else:
        seen = watch(package, tests)
        if given.map:
            given.map.write_bytes(pickle.dumps(seen))
    print(f"{len(seen.seconds)} tests; failing without any fault, left out: {seen.failing or 0}")
    mutants = [
        mutant
        for path in sorted(package.rglob("*.py"))
        for mutant in mutants_of(path, path.relative_to(package).with_suffix("").as_posix())
        if given.only in mutant.module
    ]
    gc.freeze()  # a collection in a child would copy every page
    chosen = sampled(mutants, given.sample, given.seed) if given.sample else mutants
    outcomes = try_all(chosen, seen, given.jobs)
    seed = str(given.seed) if given.sample else ""
    target = ROOT / "benchmarks" / "results" / f"mutation_{package.name}.csv"
    report(mutants, outcomes, seed, given.output or target)


if __name__ == "__main__":
    main()
