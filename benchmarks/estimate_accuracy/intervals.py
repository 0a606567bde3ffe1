"""Share of nominal 95 % intervals that hold the truth, task by task, with and without a warning.

An estimate counts as warned if its notes say that the value is extrapolated, too low, or a lower
bound. Monte Carlo error of a share p over r repeats is sqrt(p (1 - p) / r).

    python benchmarks/estimate_accuracy/intervals.py --repeats 40      # about 10 minutes
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from tasks import RESULTS, write

from infoscope.estimate import mutual_information
from infoscope.known import Task, find_task

NAMES = (
    "1v1-normal-0.75",
    "student-identity-1-1-1",
    "1v1-X-0.9",
    "1v1-additive-0.1",
    "clayton-2.0",
    "multinormal-dense-5-5-0.5",
    "multinormal-sparse-3-3-2-2.0",
    "spiral-multinormal-sparse-3-3-2-2.0",
    "multinormal-sparse-25-25-2-2.0",
    "student-identity-3-3-2",
    "student-identity-5-5-3",
    "mult-sparse-w-inliers-5-5-2-2.0-0.2",
    "3v1-concentric_gaussians-3",
    "clayton-2.0-hidden-4-4",
    "rotated-cube-multinormal-sparse-3-3-2-2.0",
    "uniform-noise-3-3-0.5",
    "circles-2-2-3.0",
    "product-2-1-0.5",
    "independent-5-5",
    "linear-8-8-2-1.0",
)
WARNINGS = ("trust it less", "still too low", "fine structure")


def run_task(task: Task, index: int, repeats: int, n: int) -> dict[str, object]:
    values, stderrs, hits, warned = [], [], [], []
    for repeat in range(repeats):
        x, y = task.sample(n, np.random.default_rng([77, repeat, index]))
        estimate = mutual_information(x, y)
        values.append(estimate.value)
        stderrs.append(estimate.stderr)
        low, high = estimate.interval.low, estimate.interval.high  # type: ignore[union-attr]
        hits.append(low <= task.mutual_information <= high)
        warned.append(any(word in note for note in estimate.notes for word in WARNINGS))
    quiet = [hit for hit, loud in zip(hits, warned, strict=True) if not loud]
    return {
        "group": task.group, "task": task.name, "dims": "{}+{}".format(*task.dims), "n": n,
        "repeats": repeats, "truth": round(task.mutual_information, 4),
        "bias": round(float(np.mean(values)) - task.mutual_information, 4),
        "sd": round(float(np.std(values, ddof=1)), 4),
        "mean_stderr": round(float(np.mean(np.asarray(stderrs, dtype=float))), 4),
        "coverage_95": round(float(np.mean(hits)), 3), "warned": round(float(np.mean(warned)), 3),
        "coverage_95_not_warned": round(float(np.mean(quiet)), 3) if quiet else "",
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--n", type=int, default=500)
    parser.add_argument("--name", default="estimate_coverage")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    path: Path = RESULTS / f"{options.name}.csv"
    for index, name in enumerate(NAMES):
        rows.append(run_task(find_task(name), index, options.repeats, options.n))
        write(path, rows)
        print(*rows[-1].values(), sep="\t", flush=True)


if __name__ == "__main__":
    main()
