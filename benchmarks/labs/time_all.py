"""How long all labs take, in quick mode (what the tests run) or in full (trainings done again).

    python benchmarks/labs/time_all.py            # quick, about a minute
    python benchmarks/labs/time_all.py --full     # ten minutes; fails where a record is missed

One process runs them all, as `infoscope labs run all` does. Renews the rows of the chosen mode in
benchmarks/results/labs_time.csv: a lab each, and "all".
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib.metadata
import os
import platform
import sys
import time
from pathlib import Path

from infoscope.labs import all_labs
from infoscope.labs.running import run_lab

OUT = Path(__file__).parents[1] / "results" / "labs_time.csv"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    mode = "full" if parser.parse_args().full else "quick"
    stamp = {
        "load": round(os.getloadavg()[0], 1),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "versions": "; ".join(
            f"{name} {importlib.metadata.version(name)}" for name in ("infoscope", "numpy", "torch")
        ),
    }
    rows: list[dict[str, object]] = []

    def add(lab: str, clock: float, cpu: float, failed: int) -> None:
        seconds, cpu = time.perf_counter() - clock, time.process_time() - cpu
        row = {"mode": mode, "lab": lab, "seconds": round(seconds, 1), "cpu_seconds": round(cpu, 1)}
        rows.append(row | {"failed_cells": failed} | stamp)
        print(f"{lab}: {seconds:.1f} s, {cpu:.1f} CPU s" + (", FAILED" if failed else ""))

    began, failed = (time.perf_counter(), time.process_time()), 0
    for lab in all_labs():
        start = (time.perf_counter(), time.process_time())
        done = run_lab(lab, chosen=mode)
        failed += len(done.errors)
        add(lab.slug, *start, len(done.errors))
    add("all", *began, failed)
    if OUT.exists():
        with OUT.open(encoding="utf-8", newline="") as file:
            rows[:0] = (dict(row) for row in csv.DictReader(file) if row["mode"] != mode)
    with OUT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[-1]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
