"""How often the tests of independence reject at the 5 % level: of independent data, and of others.

Writes benchmarks/results/estimate_independence_size.csv (two variables) and
benchmarks/results/estimate_conditional_size.csv (given a third): one line for each law, written
when it is finished; the others stay.

    python benchmarks/estimate/independence_size.py 1000                  # all, an hour
    python benchmarks/estimate/independence_size.py 1000 "zero-inflated"  # one
"""

from __future__ import annotations

import csv
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import scipy

from infoscope.estimate import (
    IndependenceTest,
    conditional_independence_test,
    independence_test,
)

RESULTS = Path(__file__).parents[1] / "results"
Rng = np.random.Generator
Columns = tuple[np.ndarray, ...]
FIELDS = (
    "law", "independent", "n", "tests", "how", "rejected_at_0.05", "rejected_at_0.01",
    "binomial_error", "mean_draws", "date", "machine", "versions",
)  # fmt: skip


@dataclass(frozen=True)
class Law:
    """Two columns, or three: x, y and what is given."""

    n: int
    draw: Callable[[Rng, int], Columns]
    independent: bool = True
    discrete: dict[str, bool] = field(default_factory=dict)

    def test(self, columns: Columns, seed: int) -> IndependenceTest:
        if len(columns) == 2:
            return independence_test(*columns, rng=seed, **self.discrete)
        # 10 of 99 draws decide at 5 % and at 1 % as 20 of 999 do, in a tenth of the time
        return conditional_independence_test(
            *columns, rng=seed, n_permutations=99, stop_after=10, **self.discrete
        )


def zipf(rng: Rng, n: int, levels: int) -> np.ndarray:
    p = 1.0 / np.arange(1, levels + 1)
    return rng.choice(levels, n, p=p / p.sum())


def labels(r: Rng, n: int, levels: int, strata: int, flip: float = 1.0) -> Columns:
    z = r.integers(0, strata, n)
    x = np.where(r.random(n) < 0.5, z % levels, r.integers(0, levels, n))
    y = np.where(r.random(n) < 0.5, z % levels, r.integers(0, levels, n))
    return x, np.where(r.random(n) < flip, y, x), np.char.add("level ", z.astype(str))


def linear(r: Rng, n: int, columns: int, strength: float, direct: float = 0.0) -> Columns:
    z = r.normal(size=(n, columns))
    x = strength * z[:, 0] + r.normal(size=n)
    return x, strength * z[:, 0] + direct * x + r.normal(size=n), z


def curved(r: Rng, n: int) -> Columns:
    z = r.standard_t(3, n)
    return np.sin(2 * z) + 0.5 * r.normal(size=n), z**2 + r.standard_t(2, n), z


def bent(r: Rng, n: int, columns: int) -> Columns:
    z = r.normal(size=(n, columns))
    trend = np.sin(2 * z[:, 0]) + z[:, 1] ** 2
    return trend + 0.5 * r.normal(size=n), trend + 0.5 * r.normal(size=n), z


def numbers_by_label(r: Rng, n: int) -> Columns:
    z = r.integers(0, 4, n)
    return z + r.normal(size=n), r.normal(size=n) - z, z


TWO: dict[str, Law] = {
    "Gaussian": Law(200, lambda r, n: (r.normal(size=n), r.normal(size=n))),
    "Cauchy": Law(200, lambda r, n: (r.standard_cauchy(n), r.standard_cauchy(n))),
    "tied (one decimal)": Law(
        200, lambda r, n: (r.normal(size=n).round(1), r.normal(size=n).round(1))
    ),
    "zero-inflated": Law(
        200, lambda r, n: (np.maximum(r.normal(size=n), 0), np.maximum(r.normal(size=n), 0))
    ),
    "labels 5 x 5": Law(200, lambda r, n: (r.integers(0, 5, n), r.integers(0, 5, n))),
    "skewed 100 x 100": Law(
        1000, lambda r, n: (zipf(r, n, 100), zipf(r, n, 100)),
        discrete={"discrete_x": True, "discrete_y": True},
    ),
    "two skewed coins": Law(100, lambda r, n: (r.random(n) < 0.1, r.random(n) < 0.1)),
    "label and number": Law(200, lambda r, n: (zipf(r, n, 4), r.normal(size=n))),
    "vectors 2 + 2": Law(200, lambda r, n: (r.normal(size=(n, 2)), r.normal(size=(n, 2)))),
}  # fmt: skip

GIVEN: dict[str, Law] = {
    "labels 3 x 3 in 4 levels": Law(400, lambda r, n: labels(r, n, 3, 4)),
    "labels 2 x 2 in 20 levels, sparse": Law(60, lambda r, n: labels(r, n, 2, 20)),
    "labels 3 x 3 in 4 levels, 30 % copied": Law(400, lambda r, n: labels(r, n, 3, 4, 0.7), False),
    "numbers, label given": Law(200, numbers_by_label),
    "linear, z weak": Law(200, lambda r, n: linear(r, n, 1, 0.5)),
    "linear, z strong": Law(200, lambda r, n: linear(r, n, 1, 2.0)),
    "linear, z all but all": Law(200, lambda r, n: linear(r, n, 1, 10.0)),
    "curved, heavy tails": Law(200, curved),
    "linear, z of 3 columns": Law(200, lambda r, n: linear(r, n, 3, 1.0)),
    "linear, z of 6 columns": Law(200, lambda r, n: linear(r, n, 6, 2.0)),
    "curved, z of 2 columns": Law(200, lambda r, n: bent(r, n, 2)),
    "curved, z of 4 columns": Law(200, lambda r, n: bent(r, n, 4)),
    "linear, direct 0.5": Law(200, lambda r, n: linear(r, n, 1, 0.5, 0.5), False),
    "linear, z of 3 columns, direct 0.5": Law(200, lambda r, n: linear(r, n, 3, 1.0, 0.5), False),
}


def main() -> None:
    tests = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for laws, name in ((TWO, "estimate_independence_size"), (GIVEN, "estimate_conditional_size")):
        for law in [one for one in laws if one in sys.argv[2:] or len(sys.argv) < 3]:
            write(RESULTS / f"{name}.csv", [*laws], measure(law, laws[law], tests))


def measure(name: str, law: Law, tests: int) -> list[object]:
    """Return one line of the table."""
    rng = np.random.default_rng(12345)
    results = [law.test(law.draw(rng, law.n), seed) for seed in range(tests)]
    p = np.array([result.p_value for result in results])
    rate = float((p <= 0.05).mean())
    versions = (
        f"numpy {np.__version__}, scipy {scipy.__version__}, Python {platform.python_version()}"
    )
    return [
        name, law.independent, law.n, tests, results[0].how, round(rate, 4),
        round(float((p <= 0.01).mean()), 4), round((rate * (1 - rate) / tests) ** 0.5, 4),
        round(float(np.mean([r.n_permutations for r in results])), 1),
        f"{datetime.now(UTC):%Y-%m-%d}", f"{platform.machine()}, 2 cores shared", versions,
    ]  # fmt: skip


def write(path: Path, order: list[str], line: list[object]) -> None:
    """Put one line in its place in the file."""
    lines: dict[str, list[object]] = {}
    if path.exists():
        with path.open(newline="") as file:
            read = list(csv.reader(file))
        lines = {row[0]: list(row) for row in read[1:]} if tuple(read[0]) == FIELDS else {}
    lines[str(line[0])] = line
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        writer.writerows(lines[name] for name in order if name in lines)


if __name__ == "__main__":
    main()
