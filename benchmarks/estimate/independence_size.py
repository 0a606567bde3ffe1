"""How often the independence test rejects independent data at the 5 % level.

Writes benchmarks/results/estimate_independence_size.csv: one line for each kind of data; a line is
written when it is finished, and the others stay.

    python benchmarks/estimate/independence_size.py 1000                  # all, some 20 minutes
    python benchmarks/estimate/independence_size.py 1000 "zero-inflated"  # one
"""

from __future__ import annotations

import csv
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import scipy

from infoscope.estimate import independence_test

RESULTS = Path(__file__).parents[1] / "results" / "estimate_independence_size.csv"
Pair = tuple[np.ndarray, np.ndarray]


def zipf(rng: np.random.Generator, n: int, levels: int) -> np.ndarray:
    p = 1.0 / np.arange(1, levels + 1)
    return rng.choice(levels, n, p=p / p.sum())


LAWS: dict[str, tuple[int, Callable[[np.random.Generator, int], Pair], dict[str, bool]]] = {
    "Gaussian": (200, lambda r, n: (r.normal(size=n), r.normal(size=n)), {}),
    "Cauchy": (200, lambda r, n: (r.standard_cauchy(n), r.standard_cauchy(n)), {}),
    "tied (one decimal)": (
        200, lambda r, n: (r.normal(size=n).round(1), r.normal(size=n).round(1)), {},
    ),
    "zero-inflated": (
        200,
        lambda r, n: (np.maximum(r.normal(size=n), 0), np.maximum(r.normal(size=n), 0)),
        {},
    ),
    "labels 5 x 5": (200, lambda r, n: (r.integers(0, 5, n), r.integers(0, 5, n)), {}),
    "skewed 100 x 100": (
        1000,
        lambda r, n: (zipf(r, n, 100), zipf(r, n, 100)),
        {"discrete_x": True, "discrete_y": True},
    ),
    "two skewed coins": (100, lambda r, n: (r.random(n) < 0.1, r.random(n) < 0.1), {}),
    "label and number": (200, lambda r, n: (zipf(r, n, 4), r.normal(size=n)), {}),
    "vectors 2 + 2": (200, lambda r, n: (r.normal(size=(n, 2)), r.normal(size=(n, 2))), {}),
}  # fmt: skip


FIELDS = (
    "law", "n", "tests", "how", "rejected_at_0.05", "rejected_at_0.01",
    "standard_error_at_0.05", "mean_draws", "date", "machine", "versions",
)  # fmt: skip


def main() -> None:
    tests = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    versions = (
        f"numpy {np.__version__}, scipy {scipy.__version__}, Python {platform.python_version()}"
    )
    for name in sys.argv[2:] or LAWS:
        n, draw, flags = LAWS[name]
        rng = np.random.default_rng(12345)
        results = [independence_test(*draw(rng, n), rng=i, **flags) for i in range(tests)]
        p = np.array([result.p_value for result in results])
        rate = float((p <= 0.05).mean())
        error = (0.05 * 0.95 / tests) ** 0.5
        write([
            name, n, tests, results[0].how, round(rate, 4), round(float((p <= 0.01).mean()), 4),
            round(error, 4), round(float(np.mean([r.n_permutations for r in results])), 1),
            f"{datetime.now(UTC):%Y-%m-%d}", f"{platform.machine()}, 2 cores shared", versions,
        ])  # fmt: skip


def write(line: list[object]) -> None:
    """Put one line in its place in the file."""
    lines: dict[str, list[object]] = {}
    if RESULTS.exists():
        with RESULTS.open(newline="") as file:
            lines = {row[0]: list(row) for row in list(csv.reader(file))[1:]}
    lines[str(line[0])] = line
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        writer.writerows(lines[name] for name in LAWS if name in lines)


if __name__ == "__main__":
    main()
