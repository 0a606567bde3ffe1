"""Check the p-values and intervals of `scan` on independent columns: rejections and coverage.

Both columns have the same kind of margin, drawn anew each time (Zipf exponent 0, 1 or 2, or one
level with 95% of the rows). An honest test rejects 5% at 5%; the plain chi-square test of G, which
most tools use, stands beside it. Monte Carlo error of a share p is sqrt(p (1 - p) / replicates).

    python benchmarks/tables/null_size.py    # about a minute
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib.metadata
import os
import platform
from pathlib import Path

import numpy as np
from scipy.stats import chi2

from infoscope.tables.contingency import statistics_of
from infoscope.tables.local_counts import LocalBackend

RESULTS = Path(__file__).parents[1] / "results" / "tables_null_size.csv"
CELLS = [
    (n, k, margin)
    for n in (50, 200, 1000, 10_000)
    for k in (2, 5, 10, 30)
    for margin in ("uniform", "zipf1", "zipf2", "dominant")
    if n >= 5 * k
]


def shares(k: int, margin: str) -> np.ndarray:
    if margin == "dominant":
        return np.r_[0.95, np.full(k - 1, 0.05 / (k - 1))]
    exponent = {"uniform": 0, "zipf1": 1, "zipf2": 2}[margin]
    p = 1.0 / np.arange(1, k + 1) ** exponent
    return p / p.sum()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=1000)
    r = parser.parse_args().replicates
    rows: list[dict[str, object]] = []
    for seed, (n, k, margin) in enumerate(CELLS):
        rng = np.random.default_rng(seed)
        codes = rng.choice(k, (2 * r, n), p=shares(k, margin)).astype(np.int32) + 1
        backend = LocalBackend(list(codes), [k] * (2 * r))
        pairs = np.arange(2 * r).reshape(r, 2)
        parts = [
            statistics_of(tables, backend.levels, level=0.95, seed=seed, n_tests=1)
            for tables in backend.pair_tables(pairs)
        ]
        got = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("p_value", "p_rule", "plugin", "corrected", "low", "high")
        }
        used = np.array([[len(np.unique(codes[i])), len(np.unique(codes[j]))] for i, j in pairs])
        freedom = np.maximum((used - 1).prod(axis=1), 1)
        plain = chi2.sf(2 * n * got["plugin"], freedom)
        rules = np.bincount(got["p_rule"], minlength=4) / r
        rows.append({
            "rows": n, "levels": k, "margin": margin, "replicates": r,
            "size_05": (got["p_value"] <= 0.05).mean(), "size_01": (got["p_value"] <= 0.01).mean(),
            "chi_square_size_05": (plain <= 0.05).mean(),
            "coverage_95": ((got["low"] <= 0) & (got["high"] >= 0)).mean(),
            "mean_plugin": round(float(got["plugin"].mean()), 6),
            "mean_corrected": round(float(got["corrected"].mean()), 6),
            "enumerated": rules[1], "fixed_margins": rules[2], "random_tables": rules[3],
        })  # fmt: skip
        print(*rows[-1].values(), sep="\t")
    stamp = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "versions": "; ".join(
            f"{package} {importlib.metadata.version(package)}" for package in ("infoscope", "numpy")
        ),
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    with RESULTS.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*rows[0], *stamp])
        writer.writeheader()
        writer.writerows(row | stamp for row in rows)
    print(f"written: {RESULTS}")


if __name__ == "__main__":
    main()
