"""Compare `scan` with loops over scikit-learn and pandas: CPU seconds, alternately, one process.

The peers get the integer codes that `scan` made, so they are spared reading and binning; `scan` is
timed from the frame, with its reading, binning, corrections, intervals and p-values. Peers run on a
sample of the pairs when there are many, and the sample's cost is scaled up: `pairs_run` says so.

    python benchmarks/tables/scan.py            # both sizes, about three minutes
    python benchmarks/tables/scan.py --quick    # the Adult-sized table only
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib.metadata
import itertools
import os
import platform
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import mutual_info_score

from infoscope.tables import scan
from infoscope.tables.encoding import Request, encode
from infoscope.tables.sources import open_source

RESULTS = Path(__file__).parents[1] / "results" / "tables_scan.csv"
SIZES = {"adult-sized": (32_561, 15), "large": (200_000, 40)}
MOST_PAIRS = 60  # pairs that a peer computes; the rest is extrapolated


def table(n: int, c: int, seed: int = 0) -> pd.DataFrame:
    """Make a table like Adult: two thirds categories with Zipf counts, one third numbers, nulls."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=n)
    columns: dict[str, object] = {}
    for k in range(c):
        if k % 3 == 2:
            values = 0.5 * hidden + rng.normal(size=n)
            columns[f"number_{k}"] = np.round(np.exp(values), 2) if k % 2 else values
        else:
            levels = (2, 7, 16, 41)[k // 3 % 4]
            share = 1.0 / np.arange(1, levels + 1)
            codes = rng.choice(levels, n, p=share / share.sum())
            codes = np.where(rng.random(n) < 0.3, (hidden > 0) * (levels - 1), codes)
            names = np.array([f"level {i}" for i in range(levels)], dtype=object)[codes]
            if k % 5 == 0:
                names[rng.random(n) < 0.05] = None
            columns[f"category_{k}"] = names
    return pd.DataFrame(columns)


def cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def codes_of(frame: pd.DataFrame) -> list[np.ndarray]:
    source = open_source(frame)
    encoded = [encode(name, source.column(i), Request()) for i, name in enumerate(source.names)]
    return [e.codes for e in encoded if e.codes is not None]


def with_sklearn(codes: list[np.ndarray], pairs: list[tuple[int, int]]) -> None:
    for i, j in pairs:
        both = (codes[i] > 0) & (codes[j] > 0)
        mutual_info_score(codes[i][both], codes[j][both])


def with_crosstab(codes: list[np.ndarray], pairs: list[tuple[int, int]]) -> None:
    for i, j in pairs:
        both = (codes[i] > 0) & (codes[j] > 0)
        counts = pd.crosstab(codes[i][both], codes[j][both]).to_numpy()
        p = counts / counts.sum()
        outer = p.sum(1, keepdims=True) * p.sum(0, keepdims=True)
        (p[p > 0] * np.log(p[p > 0] / outer[p > 0])).sum()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    scan(table(500, 6))  # compile
    rows: list[dict[str, object]] = []
    for name, (n, c) in list(SIZES.items())[: 1 if options.quick else 2]:
        frame = table(n, c)
        codes = codes_of(frame)
        pairs = list(itertools.combinations(range(len(codes)), 2))
        few = pairs[:: max(len(pairs) // MOST_PAIRS, 1)]
        scale = len(pairs) / len(few)
        took: dict[str, list[float]] = {"infoscope": [], "scikit-learn": [], "pandas": []}
        for _ in range(options.repeats):
            took["infoscope"].append(cpu(partial(scan, frame)))
            for tool, loop in (("scikit-learn", with_sklearn), ("pandas", with_crosstab)):
                took[tool].append(cpu(partial(loop, codes, few)) * scale)
        ours = statistics.median(took["infoscope"])
        for tool, seconds in took.items():
            middle = statistics.median(seconds)
            rows.append({
                "table": name, "rows": n, "columns": c, "pairs": len(pairs), "tool": tool,
                "does": "read, bin, MI, correction, interval, p" if tool == "infoscope" else "MI",
                "pairs_run": len(pairs) if tool == "infoscope" else len(few),
                "cpu_seconds": round(middle, 3), "fastest": round(min(seconds), 3),
                "slowest": round(max(seconds), 3), "times_infoscope": round(middle / ours, 2),
            })  # fmt: skip
            print(f"{name:12} {tool:13} {middle:8.2f} CPU s   {middle / ours:6.1f} x")
    stamp = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "versions": "; ".join(
            f"{package} {importlib.metadata.version(package)}"
            for package in ("infoscope", "numpy", "numba", "scikit-learn", "pandas")
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
