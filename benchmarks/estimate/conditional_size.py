"""How often the conditional independence test rejects: under independence given z, and dependence.

Writes benchmarks/results/estimate_conditional_size.csv: one line for each law, as it is finished.

    python benchmarks/estimate/conditional_size.py 200                    # all
    python benchmarks/estimate/conditional_size.py 100 "linear, z weak"   # one
"""

from __future__ import annotations

import csv
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import scipy

from infoscope.estimate import conditional_independence_test

RESULTS = Path(__file__).parents[1] / "results" / "estimate_conditional_size.csv"
Triple = tuple[np.ndarray, np.ndarray, np.ndarray]
Rng = np.random.Generator
FIELDS = (
    "law", "independent_given_z", "n", "tests", "how", "rejected_at_0.05", "rejected_at_0.01",
    "binomial_error", "mean_draws", "date", "machine", "versions",
)  # fmt: skip


def labels(r: Rng, n: int, levels: int, strata: int, flip: float = 1.0) -> Triple:
    z = r.integers(0, strata, n)
    x = np.where(r.random(n) < 0.5, z % levels, r.integers(0, levels, n))
    y = np.where(r.random(n) < 0.5, z % levels, r.integers(0, levels, n))
    return x, np.where(r.random(n) < flip, y, x), np.char.add("level ", z.astype(str))


def linear(r: Rng, n: int, columns: int, strength: float, direct: float = 0.0) -> Triple:
    z = r.normal(size=(n, columns))
    x = strength * z[:, 0] + r.normal(size=n)
    return x, strength * z[:, 0] + direct * x + r.normal(size=n), z


def curved(r: Rng, n: int) -> Triple:
    z = r.standard_t(3, n)
    return np.sin(2 * z) + 0.5 * r.normal(size=n), z**2 + r.standard_t(2, n), z


def numbers_by_label(r: Rng, n: int) -> Triple:
    z = r.integers(0, 4, n)
    return z + r.normal(size=n), r.normal(size=n) - z, z


LAWS: dict[str, tuple[bool, int, Callable[[Rng, int], Triple]]] = {
    "labels 3 x 3 in 4 levels": (True, 400, lambda r, n: labels(r, n, 3, 4)),
    "labels 2 x 2 in 20 levels, sparse": (True, 60, lambda r, n: labels(r, n, 2, 20)),
    "labels 3 x 3 in 4 levels, 30 % copied": (False, 400, lambda r, n: labels(r, n, 3, 4, 0.7)),
    "numbers, label given": (True, 200, numbers_by_label),
    "linear, z weak": (True, 200, lambda r, n: linear(r, n, 1, 0.5)),
    "linear, z strong": (True, 200, lambda r, n: linear(r, n, 1, 2.0)),
    "curved, heavy tails": (True, 200, curved),
    "linear, z of 3 columns": (True, 200, lambda r, n: linear(r, n, 3, 1.0)),
    "linear, direct 0.5": (False, 200, lambda r, n: linear(r, n, 1, 0.5, 0.5)),
    "linear, z of 3 columns, direct 0.5": (False, 200, lambda r, n: linear(r, n, 3, 1.0, 0.5)),
}


def main() -> None:
    tests = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    versions = (
        f"numpy {np.__version__}, scipy {scipy.__version__}, Python {platform.python_version()}"
    )
    for name in sys.argv[2:] or LAWS:
        independent, n, draw = LAWS[name]
        rng = np.random.default_rng(2718)
        results = [
            conditional_independence_test(*draw(rng, n), rng=i, n_permutations=99, stop_after=10)
            for i in range(tests)
        ]
        p = np.array([result.p_value for result in results])
        rate = float((p <= 0.05).mean())
        write([
            name, independent, n, tests, results[0].how, round(rate, 4),
            round(float((p <= 0.01).mean()), 4), round((rate * (1 - rate) / tests) ** 0.5, 4),
            round(float(np.mean([r.n_permutations for r in results])), 1),
            f"{datetime.now(UTC):%Y-%m-%d}", f"{platform.machine()}, 2 cores shared", versions,
        ])  # fmt: skip


def write(line: list[object]) -> None:
    """Put one line in its place in the file; the others stay."""
    lines: dict[str, list[object]] = {}
    if RESULTS.exists():
        with RESULTS.open(newline="") as file:
            lines = {row[0]: list(row) for row in list(csv.reader(file))[1:]}
    lines[str(line[0])] = line
    with RESULTS.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        writer.writerows(lines[name] for name in LAWS if name in lines)


if __name__ == "__main__":
    main()
