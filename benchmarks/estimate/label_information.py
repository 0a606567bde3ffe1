"""Error and coverage of the methods for information between labels, over known joint tables.

Writes benchmarks/results/estimate_label_information.csv: one line a table, sample size and method.
"""

from __future__ import annotations

import csv
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import scipy

import infoscope
from infoscope.estimate import mutual_information

RESULTS = Path(__file__).parents[1] / "results" / "estimate_label_information.csv"
METHODS = ("auto", "plugin", "miller_madow", "grassberger", "chao_shen", "jackknife", "nsb")


def joint(levels: int, power: float, strength: float) -> np.ndarray:
    """Return a table with Zipf margins, a mixture of independence and of equality."""
    p = np.arange(1.0, levels + 1) ** -power
    p /= p.sum()
    return (1 - strength) * np.outer(p, p) + strength * np.diag(p)


def main() -> None:
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    versions = (
        f"numpy {np.__version__}, scipy {scipy.__version__}, Python {platform.python_version()}"
    )
    lines = []
    for levels, power in ((3, 0.0), (10, 0.0), (10, 1.0), (40, 1.0)):
        for strength in (0.0, 0.2, 0.6):
            table = joint(levels, power, strength)
            truth = float(infoscope.mutual_information(table))
            for n in (100, 500, 3000):
                rng = np.random.default_rng(n + levels)
                samples = [rng.choice(levels * levels, n, p=table.ravel()) for _ in range(draws)]
                for method in METHODS:
                    got = [
                        mutual_information(
                            cells // levels, cells % levels, method=method,
                            discrete_x=True, discrete_y=True,
                        )
                        for cells in samples
                    ]  # fmt: skip
                    error = np.array([e.value for e in got]) - truth
                    inside = [
                        e.interval is not None
                        and e.interval.low <= truth + 1e-12
                        and e.interval.high >= truth
                        for e in got
                    ]
                    lines.append([
                        levels, power, strength, round(truth, 5), n, method, draws,
                        round(float(error.mean()), 4), round(float((error**2).mean() ** 0.5), 4),
                        round(float(np.mean(inside)), 3),
                        round(float(np.mean([e.diagnostics.get("expected_at_independence", 0.0)
                                             for e in got])), 3),
                        "nats", f"{datetime.now(UTC):%Y-%m-%d}",
                        f"{platform.machine()}, 2 cores shared", versions,
                    ])  # fmt: skip
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([
            "levels", "zipf_power", "strength", "truth", "n", "method", "draws", "bias", "rmse",
            "coverage", "mean_correction", "unit", "date", "machine", "versions",
        ])  # fmt: skip
        writer.writerows(lines)


if __name__ == "__main__":
    main()
