"""Speed of the exact measures against NumPy and SciPy, timed in turns within one process.

Run with one thread: OMP_NUM_THREADS=1 python benchmarks/speed/measures.py. Writes
benchmarks/results/speed_measures.csv: CPU seconds (the best of the rounds, which is what a busy
machine disturbs least), the ratio to the reference of its group, and the bar set for it.
"""

from __future__ import annotations

import csv
import datetime as dt
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
import scipy
import scipy.stats

import infoscope
from infoscope.measures import rows
from infoscope.measures.counting import count_integers

RESULTS = Path(__file__).parents[1] / "results" / "speed_measures.csv"
ROUNDS = 5


def machine() -> str:
    model = platform.processor() or platform.machine()
    if sys.platform == "linux":
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((x.partition(":")[2].strip() for x in lines if "model name" in x), model)
    return model


def without_numba(call: Callable[[], object]) -> Callable[[], object]:
    """Run `call` as on a machine that has no numba."""

    def run() -> object:
        kept = rows.WARM, rows.COLD
        rows.WARM = rows.COLD = sys.maxsize
        try:
            return call()
        finally:
            rows.WARM, rows.COLD = kept

    return run


def in_turns(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    best = dict.fromkeys(calls, float("inf"))
    for round_ in range(ROUNDS + 1):
        for name, call in calls.items():
            start = time.process_time()
            call()
            if round_:  # the first round compiles and warms up
                best[name] = min(best[name], time.process_time() - start)
    return best


def entropy_of_sample(x: np.ndarray) -> object:
    counts = count_integers(x)[1]
    return infoscope.entropy(counts / counts.sum())


def groups() -> dict[str, dict[str, Callable[[], object]]]:
    rng = np.random.default_rng(0)
    p = rng.random((20_000, 5_000), dtype=np.float32) + np.float32(1e-4)
    p /= p.sum(axis=1, keepdims=True)
    q = np.ascontiguousarray(p[::-1])
    doubles = p[:10_000].astype(np.float64)
    doubles /= doubles.sum(axis=1, keepdims=True)
    narrow = rng.integers(0, 1000, 10_000_000)

    exact = scipy.stats.entropy(p[:500].astype(np.float64), axis=1)
    error = float(np.max(np.abs(np.asarray(infoscope.entropy(p[:500])) / exact - 1)))
    print(f"largest relative error of float32 row entropies: {error:.2g}")
    assert error < 1e-6

    return {
        "row entropies (20000, 5000) float32": {
            "np.sum": lambda: np.sum(p),
            "infoscope": lambda: infoscope.entropy(p),
            "infoscope without numba": without_numba(lambda: infoscope.entropy(p)),
            "scipy.stats.entropy": lambda: scipy.stats.entropy(p, axis=1),
        },
        "row entropies (10000, 5000) float64": {
            "np.sum": lambda: np.sum(doubles),
            "infoscope": lambda: infoscope.entropy(doubles),
            "infoscope without numba": without_numba(lambda: infoscope.entropy(doubles)),
            "scipy.stats.entropy": lambda: scipy.stats.entropy(doubles, axis=1),
        },
        "row cross-entropies (20000, 5000) float32": {
            "np.sum": lambda: np.sum(p),
            "infoscope": lambda: infoscope.cross_entropy(p, q),
            "infoscope without numba": without_numba(lambda: infoscope.cross_entropy(p, q)),
            "-(p * np.log(q)).sum(1)": lambda: -(p * np.log(q)).sum(axis=1),
        },
        "row KL divergences (20000, 5000) float32": {
            "np.sum": lambda: np.sum(p),
            "infoscope": lambda: infoscope.kl_divergence(p, q),
            "infoscope without numba": without_numba(lambda: infoscope.kl_divergence(p, q)),
            "scipy.stats.entropy": lambda: scipy.stats.entropy(p, q, axis=1),
        },
        "plug-in entropy of 1e7 integers below 1000": {
            "np.unique": lambda: np.unique(narrow, return_counts=True),
            "infoscope": lambda: entropy_of_sample(narrow),
            "infoscope without numba": without_numba(lambda: entropy_of_sample(narrow)),
            "np.bincount": lambda: np.bincount(narrow),
            "np.sum": lambda: np.sum(narrow),
        },
    }


def main() -> None:
    head = {
        "machine": machine(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "versions": f"infoscope {infoscope.__version__}, numpy {np.__version__}, "
        f"scipy {scipy.__version__}, numba {numba.__version__}",
    }
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*head, "task", "candidate", "cpu_seconds", "ratio_to_reference"])
        for task, calls in groups().items():
            seconds = in_turns(calls)
            reference = next(iter(seconds.values()))
            for name, value in seconds.items():
                ratio = value / reference
                print(f"{task:45} {name:28} {value:9.4f} s {ratio:8.3f}")
                writer.writerow([*head.values(), task, name, f"{value:.5f}", f"{ratio:.4f}"])


if __name__ == "__main__":
    main()
