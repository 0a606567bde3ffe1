"""Build wheel and sdist, install them into empty environments, and try what each extra brings.

    python tools/check_wheel.py                       every extra alone, then all of them
    python tools/check_wheel.py --extras core tables  some of them ("core": no extra)
    python tools/check_wheel.py --lowest              with the oldest versions that pyproject allows
    python tools/check_wheel.py --python python3.13   under another Python

Needs a package index that pip can reach. Each environment is made anew in a temporary folder and
removed; results are appended to benchmarks/results/packaging.csv. Exit code 1 if anything failed.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "packaging.csv"

#: extra -> what a user would try first, as Python; each ends without an error or is broken
TRIES = {
    "core": """
        assert infoscope.entropy([0.5, 0.25, 0.25], unit="bits") == 1.5
        found = infoscope.estimate.mutual_information(x, 0.8 * x + 0.6 * z)
        assert found.interval.low < 0.511 < found.interval.high
        assert main(["doctor"]) == 0 and main(["labs", "list"]) == 0
        """,
    "fast": """
        import numba
        assert abs(infoscope.estimate.entropy(x).value - 1.4189) < 0.15
        """,
    "plot": """
        from infoscope.figures import line_chart
        figure = line_chart([0, 1], {"a": [1.0, 2.0]}, title="t", x_label="x", y_label="y")
        figure.save("figure.png")
        """,
    "codes": """
        from infoscope.codes import ans
        symbols = np.array([0, 2, 1, 0, 0])
        blob = ans.encode(symbols, [0.6, 0.2, 0.2])
        assert ans.decode(blob, [0.6, 0.2, 0.2], 5).tolist() == symbols.tolist()
        """,
    "tables": """
        from infoscope.data import path_of
        assert main(["table", str(path_of("penguins.csv")), "--target", "species"]) == 0
        """,
    "duckdb": """
        import duckdb
        from infoscope.data import path_of
        from infoscope.tables import scan
        table = duckdb.connect().read_csv(str(path_of("penguins.csv")))
        assert scan(table, target="species").ranking("species")
        """,
    "language": """
        from infoscope.language import score
        assert score("The cat sat on the mat.", "smollm2").bits_per_byte.value > 0
        """,
    "train": """
        import torch
        from infoscope.train import cross_entropy_loss
        logits = torch.zeros(2, 3, requires_grad=True)
        cross_entropy_loss(logits, torch.tensor([0, 2])).backward()
        """,
    "sklearn": """
        from sklearn.feature_selection import SelectKBest
        from infoscope.estimate import mutual_information_score_func
        chosen = SelectKBest(mutual_information_score_func, k=1)
        assert chosen.fit(np.c_[z, x], x > 0).get_support().tolist() == [False, True]
        """,
    "explore": """
        from infoscope.explore.application import create_app
        from infoscope.explore.registry import all_pages, find_page
        from infoscope.explore.rendering import whole_page
        from infoscope.explore.controls import Sent
        create_app()
        assert "<svg" in whole_page(find_page("entropy"), Sent({}), narrow=False)
        """,
    "labs": """
        assert main(["labs", "export", "surprisal", "mine.ipynb"]) == 0
        """,
    "shell": """
        assert main(["completion", "bash"]) == 0
        """,
}
START = """
import numpy as np
import infoscope
from infoscope.cli.main import main
rng = np.random.default_rng(0)
x, z = rng.normal(size=(2, 1000))
"""


def run(*words: object, **more: object) -> subprocess.CompletedProcess[str]:
    """Run a command; its output is kept for the case that it fails."""
    return subprocess.run([str(w) for w in words], text=True, capture_output=True, **more)  # type: ignore[call-overload]


def build(python: str, into: Path) -> tuple[Path, Path]:
    """Return the wheel and the sdist, made by the build back end in environments of its own."""
    tool = into / "tool"
    run(python, "-m", "venv", tool, check=True)
    pip = [tool / "bin" / "python", "-m", "pip", "-q", "--disable-pip-version-check"]
    run(*pip, "install", "build", check=True)
    made = run(tool / "bin" / "python", "-m", "build", "--outdir", into, ROOT)
    if made.returncode:
        raise SystemExit(made.stdout[-2000:] + made.stderr[-2000:])
    return next(into.glob("*.whl")), next(into.glob("*.tar.gz"))


def oldest() -> list[str]:
    """Return a pin for each package at the lowest version that pyproject.toml allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *(x for name in TRIES for x in extras.get(name, ()))]
    pins = set()
    for line in lines:
        name, _, version = line.partition(">=")
        if version and not name.startswith("infoscope"):
            pins.add(
                f"{re.sub(r'[[].*', '', name)}~={version}.0"
                if version.count(".") < 2
                else f"{name}=={version}"
            )
    return sorted(pins)


def attempt(python: str, archive: Path, extra: str, pins: Path) -> dict[str, object]:
    """Install `archive` with one extra into an empty environment and try it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        run(python, "-m", "venv", place / "venv", check=True)
        own = place / "venv" / "bin" / "python"
        asked = str(archive) if extra == "core" else f"{archive}[{extra}]"
        start = time.monotonic()
        pip = run(
            own, "-m", "pip", "-q", "--disable-pip-version-check", "install", "-c", pins, asked
        )
        took = time.monotonic() - start
        text, code = pip.stderr, pip.returncode
        if not code:
            tried = [*TRIES] if extra == "all" else ["core", extra] if extra != "core" else ["core"]
            for name in tried:
                script = START + "\n".join(part[8:] for part in TRIES[name].splitlines())
                done = run(
                    own, "-W", "error::DeprecationWarning:infoscope", "-c", script, cwd=place
                )
                text, code = done.stderr, code or done.returncode
                if done.returncode:
                    break
        size = sum(f.stat().st_size for f in (place / "venv").rglob("*") if f.is_file())
        return {
            "extra": extra, "archive": archive.suffix[1:], "works": not code,
            "install_seconds": round(took), "megabytes": round(size / 1e6),
            "why": "" if not code else (text.strip().splitlines() or ["?"])[-1][:200],
        }  # fmt: skip


def main() -> int:
    """Try what was asked for; print and keep one line each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--extras", nargs="+", default=[*TRIES, "all"], choices=[*TRIES, "all"])
    parser.add_argument("--lowest", action="store_true")
    args = parser.parse_args()
    version = run(
        args.python, "-c", "import platform; print(platform.python_version())"
    ).stdout.strip()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        wheel, sdist = build(args.python, Path(folder))
        pins = ROOT / "constraints.txt"
        if args.lowest:
            pins = Path(folder) / "oldest.txt"
            pins.write_text("\n".join(oldest()) + "\n", encoding="utf-8")
        tasks = [(wheel, extra) for extra in args.extras]
        if "core" in args.extras:
            tasks.insert(0, (sdist, "core"))
        for archive, extra in tasks:
            row = attempt(args.python, archive, extra, pins) | {
                "versions": "lowest" if args.lowest else "constraints.txt", "python": version,
                "date": dt.datetime.now(dt.UTC).date().isoformat(), "cores": os.cpu_count(),
            }  # fmt: skip
            rows.append(row)
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()
    fresh = not RESULTS.exists()
    with RESULTS.open("a", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        if fresh:
            writer.writeheader()
        writer.writerows(rows)
    return 0 if all(row["works"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
