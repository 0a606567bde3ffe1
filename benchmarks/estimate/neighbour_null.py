"""The law of the KSG statistic on normal scores when two untied columns are independent.

It depends on n and k alone, since the pairing of ranks is then a uniform random permutation. Writes
benchmarks/results/estimate_neighbour_null.csv: moments and upper points, with the points of the
fitted Pearson III law beside them. `infoscope.estimate.neighbour_null` holds the moments.
"""

from __future__ import annotations

import csv
import platform
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import scipy
from scipy.stats import pearson3

from infoscope.estimate.registry import find_method
from infoscope.estimate.variables import variable_of

RESULTS = Path(__file__).parents[1] / "results" / "estimate_neighbour_null.csv"
DRAWS = {50: 8000, 100: 8000, 200: 8000, 500: 6000, 1000: 5000, 2000: 4000, 5000: 2500, 20000: 1000}


def main() -> None:
    ksg = find_method("mutual_information", "ksg", function="benchmark")
    versions = (
        f"numpy {np.__version__}, scipy {scipy.__version__}, Python {platform.python_version()}"
    )
    lines = []
    for k in (10,):
        for n, draws in DRAWS.items():
            rng = np.random.default_rng(n + k)
            x = variable_of("x", "continuous", np.arange(float(n))[:, None], None)
            values = np.empty(draws)
            for i in range(draws):
                y = variable_of(
                    "y", "continuous", rng.permutation(float(n) + np.arange(n))[:, None], None
                )
                values[i] = ksg.run(x, y, rng=rng, **{**ksg.spec.options, "k": k}).nats
            mean, sd = values.mean(), values.std()
            skew = ((values - mean) ** 3).mean() / sd**3
            law = pearson3(skew, mean, sd)
            lines.append([
                k, n, draws, round(mean, 6), round(sd * n**0.5, 5), round(skew, 4),
                *(round(float((values >= law.isf(p)).mean()), 5) for p in (0.1, 0.05, 0.01, 0.001)),
                f"{datetime.now(UTC):%Y-%m-%d}", f"{platform.machine()}, 2 cores shared", versions,
            ])  # fmt: skip
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([
            "k", "n", "draws", "mean_nats", "sd_root_n", "skewness", "share_beyond_0.1",
            "share_beyond_0.05", "share_beyond_0.01", "share_beyond_0.001", "date", "machine",
            "versions",
        ])  # fmt: skip
        writer.writerows(lines)


if __name__ == "__main__":
    main()
