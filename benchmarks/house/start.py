"""What a newcomer waits for: the import, the help, the model's second load, the second demo.

Run: OMP_NUM_THREADS=1 python benchmarks/house/start.py [rounds]. Needs the built-in model. Each
measurement is a process of its own; the median over rounds counts (the demo is run twice, and its
second run counts). Writes benchmarks/results/house_start.csv.
"""

from __future__ import annotations

import csv
import datetime as dt
import importlib.metadata
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OUT = Path(__file__).parents[1] / "results" / "house_start.csv"
COUNT = "import sys, infoscope; print(len(sys.modules))"
LOAD = """
import time
import torch, transformers, safetensors, tokenizers
from infoscope.language import load
before = time.process_time()
load("smollm2")
print(time.process_time() - before)
"""


def told(code: str) -> float:
    """Return the number that a fresh Python prints last."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def spent(*arguments: str, folder: str = ".") -> tuple[float, float]:
    """Return seconds by the clock and CPU seconds of one command of ours."""
    command = [sys.executable, "-m", "infoscope", *arguments]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, capture_output=True, check=True)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    row: dict[str, dict[str, object]] = {}
    row["modules loaded by import infoscope"] = {"count": int(told(COUNT))}
    helps = [spent("--help") for _ in range(rounds)]
    row["infoscope --help"] = {
        "seconds": round(statistics.median(one for one, _ in helps), 3),
        "cpu_seconds": round(statistics.median(cpu for _, cpu in helps), 3),
    }
    told(LOAD)  # the first load may write the cache
    loads = [told(LOAD) for _ in range(rounds)]
    row["second load of smollm2"] = {"cpu_seconds": round(statistics.median(loads), 3)}
    with tempfile.TemporaryDirectory() as folder:
        spent("demo", folder=folder)
        seconds, cpu = spent("demo", folder=folder)
    row["second infoscope demo"] = {"seconds": round(seconds, 1), "cpu_seconds": round(cpu, 1)}
    stamp = {
        "load": round(os.getloadavg()[0], 1),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "versions": "; ".join(
            f"{name} {importlib.metadata.version(name)}" for name in ("infoscope", "numpy", "torch")
        ),
    }
    with OUT.open("w", newline="", encoding="utf-8") as file:
        columns = ["what", "count", "seconds", "cpu_seconds", *stamp]
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        for what, found in row.items():
            writer.writerow({"what": what} | found | stamp)
            print(what, found)


if __name__ == "__main__":
    main()
