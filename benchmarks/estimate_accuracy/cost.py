"""CPU seconds and memory of `corrected_ksg`, beside a plain KSG by SciPy's tree in the same run.

python benchmarks/estimate_accuracy/cost.py       # about two minutes
"""

from __future__ import annotations

import os
import time
import tracemalloc

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import digamma
from tasks import RESULTS, write

from infoscope.estimate import mutual_information
from infoscope.known import find_task

CASES = (
    ("multinormal-sparse-5-5-2-2.0", 1000),
    ("multinormal-sparse-25-25-2-2.0", 1000),
    ("multinormal-sparse-3-3-2-2.0", 5000),
    ("multinormal-sparse-25-25-2-2.0", 5000),
)


def tree_ksg(x: np.ndarray, y: np.ndarray, k: int = 3) -> float:
    joint = np.hstack([x, y])
    radius = cKDTree(joint).query(joint, k + 1, p=np.inf)[0][:, k]
    inside = np.nextafter(radius, 0.0)
    counts = [
        cKDTree(side).query_ball_point(side, inside, p=np.inf, return_length=True)
        for side in (x, y)
    ]
    return float(digamma(k) + digamma(len(x)) - sum(digamma(c).mean() for c in counts))


def cpu(function: object, x: np.ndarray, y: np.ndarray) -> float:
    start = time.process_time()
    function(x, y)  # type: ignore[operator]
    return time.process_time() - start


def ours(x: np.ndarray, y: np.ndarray) -> float:
    return mutual_information(x, y, method="corrected_ksg").value


def main() -> None:
    for n in (300, 2100):  # compile
        ours(*find_task("student-identity-2-2-1").sample(n, 0))
    rows: list[dict[str, object]] = []
    for name, n in CASES:
        x, y = find_task(name).sample(n, 0)
        pairs = [(cpu(ours, x, y), cpu(tree_ksg, x, y)) for _ in range(3 if n < 2000 else 2)]
        tracemalloc.start()
        ours(x, y)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        rows.append({
            "task": name, "n": n, "corrected_ksg_cpu_s": round(min(a for a, _ in pairs), 2),
            "plain_ksg_by_scipy_cpu_s": round(min(b for _, b in pairs), 2),
            "ratio": round(float(np.median([a / b for a, b in pairs])), 2),
            "peak_megabytes": round(peak / 1e6, 1),
        })  # fmt: skip
        write(RESULTS / "estimate_accuracy_cost.csv", rows)
        print(*rows[-1].values(), sep="\t", flush=True)


if __name__ == "__main__":
    main()
