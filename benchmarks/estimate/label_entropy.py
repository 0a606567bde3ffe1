"""Error and coverage of the entropy methods for labels, over known distributions.

Writes benchmarks/results/estimate_label_entropy.csv: one line a distribution, sample size and
method, with bias, root mean square error and coverage of the nominal 95 % interval.
"""

from __future__ import annotations

import csv
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import scipy

from infoscope.estimate import entropy
from infoscope.estimate.registry import known_methods

RESULTS = Path(__file__).parents[1] / "results" / "estimate_label_entropy.csv"
SIZES = (20, 50, 200, 1000, 5000)


def laws() -> dict[str, np.ndarray]:
    """Return the distributions: even, graded, heavy-tailed and lumpy ones."""
    rng = np.random.default_rng(1)

    def zipf(k: int, power: float) -> np.ndarray:
        p = np.arange(1.0, k + 1) ** -power
        return p / p.sum()

    lumpy = np.append(np.full(1, 0.5), np.full(500, 0.001))
    return {
        "coin 0.5": np.array([0.5, 0.5]),
        "coin 0.02": np.array([0.02, 0.98]),
        "uniform 10": np.full(10, 0.1),
        "uniform 100": np.full(100, 0.01),
        "uniform 1000": np.full(1000, 0.001),
        "zipf 1, 30": zipf(30, 1.0),
        "zipf 1, 1000": zipf(1000, 1.0),
        "zipf 1.5, 10000": zipf(10000, 1.5),
        "geometric 0.2": 0.2 * 0.8 ** np.arange(150) / (0.2 * 0.8 ** np.arange(150)).sum(),
        "Dirichlet 0.1, 200": rng.dirichlet(np.full(200, 0.1)),
        "Dirichlet 1, 200": rng.dirichlet(np.full(200, 1.0)),
        "half certain, 500 rare": lumpy,
    }


def main() -> None:
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    versions = (
        f"numpy {np.__version__}, scipy {scipy.__version__}, Python {platform.python_version()}"
    )
    head = ["law", "truth", "n", "method", "draws", "bias", "rmse", "coverage", "mean_stderr",
            "unit", "date", "machine", "versions"]  # fmt: skip
    lines = []
    for name, p in laws().items():
        seen = p[p > 0]
        truth = -float(seen @ np.log(seen))
        for n in SIZES:
            rng = np.random.default_rng(n)
            samples = [rng.choice(p.size, n, p=p) for _ in range(draws)]
            for method in (*known_methods("entropy"), "auto"):
                try:
                    got = [entropy(x, method=method, discrete=True) for x in samples]
                except ValueError:
                    continue  # a method for numbers
                values = np.array([e.value for e in got])
                inside = [
                    e.interval is not None and e.interval.low <= truth <= e.interval.high
                    for e in got
                ]
                stderr = np.mean([e.stderr or 0.0 for e in got])
                error = values - truth
                lines.append([
                    name, round(truth, 5), n, method, draws, round(error.mean(), 4),
                    round(float(np.sqrt((error**2).mean())), 4), round(float(np.mean(inside)), 3),
                    round(float(stderr), 4), "nats", f"{datetime.now(UTC):%Y-%m-%d}",
                    f"{platform.machine()}, 2 cores shared", versions,
                ])  # fmt: skip
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(lines)


if __name__ == "__main__":
    main()
