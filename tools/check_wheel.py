"""Build wheel and sdist, install them into empty environments, and try what each extra brings.

    python tools/check_wheel.py                       every extra alone, then all of them
    python tools/check_wheel.py --extras core tables  some of them ("core": no extra)
    python tools/check_wheel.py --lowest              with the oldest versions that pyproject allows
    python tools/check_wheel.py --python python3.13   under another Python
    python tools/check_wheel.py --cuda                torch as any index has it (gigabytes)
    python tools/check_wheel.py --tests core tables   the sdist's own tests against the wheel
    python tools/check_wheel.py --demo                `infoscope demo`, and the line it asks for
    python tools/check_wheel.py --types               pyright and mypy on a user's script
    python tools/check_wheel.py --contents            what is inside the archives, nothing installed

Needs a package index that pip can reach, or PIP_NO_INDEX=1 and PIP_FIND_LINKS=FOLDER. Each
environment is made anew in a temporary folder and removed; results go to
benchmarks/results/packaging.csv, in the place of earlier ones of the same kind. What a user would
try first is in tools/wheel_tries, one file for each extra. A CUDA build of torch (gigabytes) is
fetched only with `--cuda`: without it, an environment that has no other is recorded as not tested,
and `--lowest` keeps torch as constraints.txt has it. Exit code 1 if anything failed.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive_contents import complaints

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "packaging.csv"
TRIES = Path(__file__).parent / "wheel_tries"
FIELDS = (
    "date", "python", "extra", "archive", "versions", "what", "result", "why", "install_seconds",
    "seconds", "megabytes", "cores",
)  # fmt: skip
#: extra -> the files of TRIES that use it
EXTRAS = {
    "core": ("core",), "fast": ("fast",), "plot": ("plot",), "codes": ("codes",),
    "tables": ("tables",), "duckdb": ("tables", "duckdb"), "language": ("language", "huggingface"),
    "train": ("train",), "sklearn": ("sklearn",), "explore": ("explore",), "labs": ("labs",),
    "shell": ("shell",),
}  # fmt: skip
#: extras that several commands ask for; with another alone they do what they do without any
COMMANDS_NEED = {"core", "tables", "language"}
#: extra -> folders of tests; files that import what is not installed are left out
TESTS = {
    "core": ("core", "measures", "codes", "figures", "channels", "known"),
    "fast": ("estimate", "codes"),
    "tables": ("tables",),
    "language": ("language",),
    "sklearn": ("calibrate",),
}
TEST_TOOLS = ("pytest", "pytest-randomly", "hypothesis", "mpmath")
#: No version of these exists, so that pip refuses a torch that needs them before it fetches them.
NO_CUDA = ("nvidia-cudnn-cu12==0", "nvidia-cudnn-cu13==0", "triton==0")
FAILS_ON_WARNINGS = """
import runpy, sys, warnings
for kind in (DeprecationWarning, PendingDeprecationWarning, FutureWarning):
    warnings.filterwarnings("error", category=kind, module=r"infoscope(\\.|$)")
runpy.run_path(sys.argv[1], run_name="__main__")
"""


class NotTested(Exception):
    """What was asked for cannot be had here."""


@dataclass(frozen=True)
class Run:
    """One environment: what is installed in it, under which Python, at which versions."""

    python: str
    extra: str
    archive: Path
    lowest: bool
    cuda: bool = False
    what: str = "tries"


def run(*words: object, **more: object) -> subprocess.CompletedProcess[str]:
    """Run a command; its output is kept for the case that it fails."""
    return subprocess.run([str(w) for w in words], text=True, capture_output=True, **more)  # type: ignore[call-overload]


def build(python: str, into: Path) -> Path:
    """Make wheel and sdist by the build back end in environments of its own; return the folder."""
    tool = into / "tool"
    run(python, "-m", "venv", tool, check=True)
    pip = [tool / "bin" / "python", "-m", "pip", "-q", "--disable-pip-version-check"]
    run(*pip, "install", "build", check=True)
    made = run(tool / "bin" / "python", "-m", "build", "--outdir", into, ROOT)
    if made.returncode:
        raise SystemExit(made.stdout[-2000:] + made.stderr[-2000:])
    return into


def floors() -> dict[str, str]:
    """Return the lowest version that pyproject.toml allows, by package, of all tried extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *(x for name in EXTRAS for x in extras.get(name, ()))]
    found = (re.match(r"([\w.-]+)(?:\[[^]]*\])?>=([\w.]+)$", line) for line in lines)
    return {each[1]: each[2] for each in found if each}


def constraints(*, lowest: bool, cuda: bool) -> list[str]:
    """Return what pip must keep to. Without CUDA, torch stays at its CPU build."""
    pinned = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    if lowest:
        torch = [line for line in pinned if line.startswith("torch==")]
        pinned = [f"{name}=={low}" for name, low in floors().items() if cuda or name != "torch"]
        pinned += [] if cuda else torch
    return [*pinned, *([] if cuda else NO_CUDA)]


@contextmanager
def environment(python: str) -> Iterator[Path]:
    """Give the Python of an empty environment in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        run(python, "-m", "venv", Path(folder) / "venv", check=True)
        yield Path(folder) / "venv" / "bin" / "python"


def install(own: Path, wanted: list[str], *, lowest: bool = False, cuda: bool = False) -> int:
    """Install into an environment; return the seconds, or tell why it cannot be."""
    pins = own.parents[2] / "constraints.txt"
    pins.write_text("\n".join(constraints(lowest=lowest, cuda=cuda)) + "\n", encoding="utf-8")
    pip = [own, "-m", "pip", "-q", "--disable-pip-version-check"]
    if not cuda and any(re.search(r"\[.*(language|train|all)", each) for each in wanted):
        refuse_cuda(own)
    start = time.monotonic()
    done = run(*pip, "install", "--no-compile", "-c", pins, *wanted)
    if done.returncode and re.search(r"nvidia-cudnn|triton", done.stderr):
        raise NotTested("torch: only a CUDA build is offered for this Python, and none is fetched")
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "ERROR" in line]
        raise RuntimeError(" ".join(errors)[:300] or done.stderr[-300:])
    return round(time.monotonic() - start)


def refuse_cuda(own: Path) -> None:
    """Stop before 500 MB of torch are fetched that turn out to be a build for CUDA."""
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        return
    torch = next(
        line for line in constraints(lowest=False, cuda=False) if line.startswith("torch==")
    )
    offered = run(own, "-m", "pip", "--disable-pip-version-check", "index", "versions", "torch")
    if f"{torch.partition('==')[2]}+cpu" not in re.split(r"[,\s()]+", offered.stdout):
        raise NotTested(f"no CPU build of {torch} for this Python is offered here, CUDA only")


def user(place: Path, own: Path) -> Mapping[str, str]:
    """Return the environment of a user who has activated this one; the model cache is empty."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "INFOSCOPE"))}
    path = f"{own.parent}{os.pathsep}{os.environ['PATH']}"
    return kept | {"PATH": path, "INFOSCOPE_CACHE": str(place / "cache"), "PIP_QUIET": "1"}


def tries(own: Path, task: Run, place: Path) -> str:
    """Run the tries of an extra as a user would; return what was seen."""
    extras = [*EXTRAS] if task.extra == "all" else task.extra.split(",")
    names = [name for extra in extras for name in EXTRAS[extra]]
    every = ("names", "commands") if {*extras} & COMMANDS_NEED else ("names",)
    for name in dict.fromkeys((*every, *names)):
        script = TRIES / f"{name}.py"
        words = [own, "-c", FAILS_ON_WARNINGS, script, *extras]
        done = run(*words, cwd=place, env=user(place, own))
        if done.returncode:
            raise RuntimeError(f"{name}: {last_words(done)}")
        if name in ("names", "commands"):
            sys.stderr.write(f"  {task.extra}: {done.stdout}")
    if task.extra == "all":
        done = run("infoscope", "doctor", env=user(place, own), cwd=place)
        if "to get it\n" not in done.stdout or "models install" not in done.stdout:
            raise RuntimeError(f"doctor: {done.stdout}")
        missing = re.findall(r"infoscope\[(\w+)\]'", done.stdout.partition("  model ")[0])
        if {*missing} - {"spark", "ray"}:
            raise RuntimeError(f"doctor misses {missing} of all")
    return ""


def tests(own: Path, task: Run, place: Path) -> str:
    """Run the tests of the unpacked sdist, those whose imports are there, against the wheel."""
    sdist = next(task.archive.parent.glob("*.tar.gz"))
    shutil.unpack_archive(sdist, place, filter="data")
    tree = next(place.glob("infoscope-*"))
    shutil.rmtree(tree / "src")  # what is tested is what was installed
    install(own, [*TEST_TOOLS], lowest=False)
    check = (
        "import ast, sys, pathlib\nfrom importlib.util import find_spec\n"
        "for name in sys.argv[1:]:\n"
        "  for file in sorted(pathlib.Path('tests', name).rglob('test_*.py')):\n"
        "    need = set()\n"
        "    for node in ast.walk(ast.parse(file.read_text('utf-8'))):\n"
        "      if isinstance(node, ast.Import): need |= {a.name for a in node.names}\n"
        "      elif isinstance(node, ast.ImportFrom) and node.module: need.add(node.module)\n"
        "    if all(find_spec(n.partition('.')[0]) for n in need): print(file)\n"
    )
    files = run(own, "-c", check, *TESTS[task.extra], cwd=tree, check=True).stdout.split()
    quiet = ["-q", "-p", "no:cacheprovider", "-m", "not heavy and not browser", "--maxfail=20"]
    if task.lowest:  # old releases warn of one another
        quiet += ["-W", "default"]
    done = run(own, "-m", "pytest", *quiet, *files, cwd=tree, env=user(place, own))
    told = (done.stdout.strip().splitlines() or [last_words(done)])[-1]
    if done.returncode:
        sys.stderr.write(done.stdout[-6000:])
        raise RuntimeError(f"{len(files)} files: {told}")
    return f"{len(files)} files: {told}"


def demo(own: Path, _: Run, place: Path) -> str:
    """Take the line that `infoscope demo` prints, run it as it is, and see the demo succeed."""
    pins = own.parents[2] / "constraints.txt"
    here = {**user(place, own), "PIP_CONSTRAINT": str(pins), "PIP_NO_COMPILE": "1"}
    shells = [shell for shell in ("bash", "zsh") if shutil.which(shell)]
    asked = run(shells[-1], "-c", "infoscope demo", env=here, cwd=place)
    line = re.search(r"\. Run: (.+)\n$", asked.stderr)
    if asked.returncode != 1 or line is None or asked.stderr.count("\n") != 1:
        raise RuntimeError(f"demo asked: {asked.stderr!r} ({asked.returncode})")
    for shell in shells:  # each reads the line as the same words
        words = run(
            shell, "-c", f"printf '%s|' {line[1].partition('&&')[0]}", cwd=place, check=True
        )
        if words.stdout != "pip|install|infoscope[language,tables]|":
            raise RuntimeError(f"{shell} reads {words.stdout!r}")
    done = run(shells[-1], "-c", line[1], env=here, cwd=place)
    if done.returncode:
        raise RuntimeError(f"the line failed: {last_words(done)}")
    made = run("bash", "-c", "infoscope demo", env=here, cwd=place)
    page = place / "infoscope-report.html"
    if made.returncode or not page.is_file() or "<svg" not in page.read_text("utf-8"):
        raise RuntimeError(f"demo failed after its line: {last_words(made)}")
    return f"asked for: {line[1]}; report {page.stat().st_size / 1e3:.0f} kB"


def types(own: Path, _: Run, place: Path) -> str:
    """Let pyright and mypy read a user's script beside the installed wheel."""
    install(own, ["pyright", "mypy"])
    script = shutil.copy(TRIES / "types_of_user.py", place)
    told = []
    for checker, *words in (
        ("pyright", "--pythonpath", own, script), ("mypy", "--strict", script),
    ):  # fmt: skip
        done = run(own, "-m", checker, *words, cwd=place, env=user(place, own))
        if done.returncode:
            raise RuntimeError(f"{checker}: {done.stdout[-600:]} {done.stderr[-200:]}")
        told.append(f"{checker}: {done.stdout.strip().splitlines()[-1]}")
    done = run(own, script, cwd=place, env=user(place, own))
    if done.returncode:
        raise RuntimeError(last_words(done))
    return "; ".join(told)


def last_words(done: subprocess.CompletedProcess[str]) -> str:
    """Return the end of what a failed command said."""
    return " | ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-3:])[-400:]


def attempt(task: Run) -> dict[str, object]:
    """Install one extra into an empty environment and try it; return a row for the record."""
    row: dict[str, object] = {
        "extra": task.extra, "archive": task.archive.suffix[1:], "what": task.what,
        "versions": "lowest" if task.lowest else "newest", "why": "", "result": "passed",
    }  # fmt: skip
    with environment(task.python) as own:
        place = own.parents[2] / "user's place"  # a path that careless quoting breaks
        place.mkdir()
        asked = f"{task.archive}[{task.extra}]" if task.extra != "core" else str(task.archive)
        start = time.monotonic()
        try:
            row["install_seconds"] = install(own, [asked], lowest=task.lowest, cuda=task.cuda)
            size = sum(f.stat().st_size for f in own.parents[1].rglob("*") if f.is_file())
            row["megabytes"] = round(size / 1e6)
            row["why"] = WHATS[task.what](own, task, place)
            if re.search("language|train|all", task.extra):
                row["why"] += torch_of(own, task)
        except NotTested as why:
            row |= {"result": "not tested", "why": str(why)}
        except RuntimeError as why:
            row |= {"result": "failed", "why": str(why)}
        row["why"] = " ".join(str(row["why"]).split())
        row["seconds"] = round(time.monotonic() - start)
    return row


def torch_of(own: Path, task: Run) -> str:
    """Return what is to be known of the torch in an environment."""
    if not task.cuda:
        told = " torch not at its floor: no CPU build of it is offered here"
        return told if task.lowest else ""
    asked = run(own, "-c", "import torch; print(torch.__version__)", check=True)
    return f" torch {asked.stdout.strip()}, on the CPU"


WHATS = {"tries": tries, "tests": tests, "demo": demo, "types": types}


def keep(rows: list[dict[str, object]]) -> None:
    """Write rows to the record, in the place of earlier ones of the same kind."""
    with (Path(tempfile.gettempdir()) / "check_wheel.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs at a time may write
        _keep(rows)


def _keep(rows: list[dict[str, object]]) -> None:
    kinds = ("python", "extra", "archive", "versions", "what")
    kept = {}
    if RESULTS.exists():
        with RESULTS.open(newline="", encoding="utf-8") as file:
            kept = {tuple(row[k] for k in kinds): row for row in csv.DictReader(file)}
    kept |= {tuple(str(row[k]) for k in kinds): row for row in rows}
    order = [*EXTRAS, "all"].index
    with RESULTS.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            kept[key]
            for key in sorted(
                kept, key=lambda k: (k[4], k[0], k[3], order(k[1].partition(",")[0]), k[2])
            )
        )


def main() -> int:
    """Try what was asked for; print and keep one line each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = ["sdist", *EXTRAS, "all"]  # "sdist": without extras, from the sdist
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--extras", nargs="*", help="names, or several joined by commas")
    parser.add_argument("--lowest", action="store_true")
    parser.add_argument("--tests", nargs="*", choices=[*TESTS])
    parser.add_argument("--cuda", action="store_true")
    for option in ("demo", "types", "contents"):
        parser.add_argument(f"--{option}", action="store_true")
    parser.add_argument("--archives", type=Path, help="folder of a wheel and an sdist made earlier")
    args = parser.parse_args()
    others = args.demo or args.types or args.contents or args.tests is not None
    extras = names if args.extras is None and not others else args.extras or []
    if unknown := {part for extra in extras for part in extra.split(",")} - {*names}:
        parser.error(f"--extras: unknown: {', '.join(sorted(unknown))}")
    version = run(args.python, "-c", "import platform; print(platform.python_version())")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        made = args.archives or build(args.python, Path(folder))
        wheel, sdist = next(made.glob("*.whl")), next(made.glob("*.tar.gz"))
        for archive in (wheel, sdist):
            sys.stdout.write(f"{archive.name}: {archive.stat().st_size:,} bytes\n")
        wrong = complaints(wheel, sdist, ROOT)
        sys.stdout.write("".join(f"  {each}\n" for each in wrong))
        base = {
            "python": args.python, "archive": wheel, "lowest": args.lowest, "cuda": args.cuda,
        }  # fmt: skip
        todo = [
            Run(extra="core", **base | {"archive": sdist})
            if extra == "sdist"
            else Run(extra=extra, **base)
            for extra in extras
        ]
        todo += [Run(extra=extra, what="tests", **base) for extra in args.tests or ()]
        todo += [Run(extra="core", what=w, **base) for w in ("demo", "types") if vars(args)[w]]
        for task in todo:
            row = attempt(task) | {
                "python": version.stdout.strip(), "cores": os.cpu_count(),
                "date": dt.datetime.now(dt.UTC).date().isoformat(),
            }  # fmt: skip
            failed |= row["result"] == "failed"
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()
            keep([row])
    return 1 if failed or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
