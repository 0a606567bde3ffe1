"""Peak memory and time of one call of `auto` on vectors, each in a process of its own.

Writes benchmarks/results/estimate_memory.csv: the process's peak above what it had after a small
call of the same kind (compilers, models and work areas loaded), and that peak by row.

    python benchmarks/estimate_accuracy/memory.py
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from tasks import RESULTS, write

SIZES = (10_000, 25_000, 50_000, 100_000)
DIMENSIONS = (3, 25)


def measure(d: int, n: int) -> dict[str, object]:
    """Return the peak of this process, in megabytes above a call with 5000 rows."""
    from infoscope.estimate import mutual_information

    rng = np.random.default_rng(0)

    def call(rows: int) -> float:
        x = rng.normal(size=(rows, d))
        start = time.process_time()
        mutual_information(x, x[:, ::-1] + rng.normal(size=(rows, d)))
        return time.process_time() - start

    call(5000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = call(n)
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024.0
    return {
        "columns": f"{d} + {d}", "n": n, "cpu_seconds": round(seconds, 1),
        "input_mb": round(2 * n * d * 8 / 2**20, 1), "peak_above_5000_rows_mb": round(peak, 1),
        "bytes_a_row": round(peak * 2**20 / n),
    }  # fmt: skip


def main() -> None:
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(measure(*map(int, sys.argv[1:]))))
        return
    rows: list[dict[str, object]] = []
    for d in DIMENSIONS:
        for n in SIZES:
            command = [sys.executable, __file__, str(d), str(n)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rows.append(json.loads(done.stdout))
            print(*rows[-1].values(), sep="\t", flush=True)
            write(RESULTS / "estimate_memory.csv", rows)


if __name__ == "__main__":
    main()
