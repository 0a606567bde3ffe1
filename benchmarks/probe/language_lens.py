"""What the logit lens and attention entropies cost, against scoring the same text and a plain read.

CPU seconds of one process, one thread, in turns; memory is the peak of a process of its own.
"""

import csv
import datetime as dt
import importlib.metadata
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from infoscope.language import load, score
from infoscope.probe import attention_entropy, logit_lens

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "tests" / "data" / "language" / "alice30k.txt").read_bytes()[3000:5400]
RESULT = ROOT / "benchmarks" / "results" / "probe_language_lens.csv"
KINDS = {
    "score": lambda text, model: score(text, model, top=3),
    "logit_lens, all 31": logit_lens,
    "logit_lens, every 5th": lambda text, model: logit_lens(text, model, layers=range(0, 31, 5)),
    "attention_entropy": attention_entropy,
}


def peak(kind: str) -> float:
    """Return the peak memory in MB of a process that does nothing else."""
    done = subprocess.run(
        [sys.executable, __file__, kind], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def main() -> None:
    model = load("smollm2")
    if len(sys.argv) > 1:
        KINDS[sys.argv[1]](TEXT, model)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
        return
    score(TEXT[:300], model)
    spent: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(2):
        for kind, run in KINDS.items():
            begin = time.process_time()
            run(TEXT, model)
            spent[kind].append(time.process_time() - begin)
    n = len(model.encode(TEXT).ids)
    plain = min(spent["score"])
    rows = [
        {"what": kind, "tokens": n, "cpu_s": round(min(times), 2),
         "times_the_scorer": round(min(times) / plain, 2), "peak_mb": round(peak(kind)),
         "date": dt.date.today().isoformat(),
         "machine": platform.processor() or platform.machine(),
         "python": platform.python_version(), "torch": importlib.metadata.version("torch"),
         "numpy": np.__version__}
        for kind, times in spent.items()
    ]  # fmt: skip
    with RESULT.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print(row)


if __name__ == "__main__":
    main()
