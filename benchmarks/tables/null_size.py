"""Check the p-values and intervals of `scan` on independent columns: rejections and coverage.

Margins are drawn anew for each table, and the table at random given them, which is how two
independent columns fall. Kinds of margins: Zipf with exponent 0, 1 or 2, one level with 95% of the
rows ("dominant"), half of the levels once each ("singles"). An honest test rejects 5% at 5%; the
plain chi-square test of G, which most tools use, stands beside it. Monte Carlo error of a share p
is sqrt(p (1 - p) / replicates). A size below 0.03 is honest too where a table has few atoms.

    python benchmarks/tables/null_size.py                  # about ten minutes
    python benchmarks/tables/null_size.py --shape 2 2      # the other lines stay
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
from scipy.stats import chi2, random_table

from infoscope.tables.contingency import statistics_of
from infoscope.tables.counts import PairTables

RESULTS = Path(__file__).parents[1] / "results" / "tables_null_size.csv"
SHAPES = ((2, 2), (5, 5), (10, 10), (2, 50), (30, 30), (100, 100), (1000, 10))
MARGINS = ("uniform", "zipf1", "zipf2", "dominant", "singles")
ROWS = (50, 200, 1000, 10_000, 100_000, 1_000_000)
CELLS = [
    (n, r, c, margin)
    for n in ROWS
    for r, c in SHAPES
    for margin in MARGINS
    if n >= max(r, c) and not (margin == "singles" and n < 2 * max(r, c))
]


def totals(n: int, k: int, margin: str, rng: np.random.Generator) -> np.ndarray:
    """Draw the totals of one column's levels; levels that do not occur are dropped."""
    if margin == "singles":
        single = k // 2
        rest = rng.multinomial(n - single, np.full(k - single, 1 / (k - single)))
        return np.concatenate([rest[rest > 0], np.ones(single, np.int64)])
    if margin == "dominant":
        p = np.r_[0.95, np.full(k - 1, 0.05 / (k - 1))]
    else:
        p = 1.0 / np.arange(1, k + 1) ** {"uniform": 0, "zipf1": 1, "zipf2": 2}[margin]
    counts = rng.multinomial(n, p / p.sum())
    return counts[counts > 0]


def pair_tables(tables: list[np.ndarray]) -> tuple[PairTables, np.ndarray]:
    """Lay dense tables end to end, each with two columns of its own."""
    parts = [np.nonzero(table) for table in tables]
    offsets = np.concatenate([[0], np.cumsum([left.size for left, _ in parts])])
    m = len(tables)
    levels = np.array([side for table in tables for side in table.shape], np.int64)
    return PairTables(
        np.arange(2 * m).reshape(m, 2), offsets,
        np.concatenate([left for left, _ in parts]).astype(np.int64) + 1,
        np.concatenate([right for _, right in parts]).astype(np.int64) + 1,
        np.concatenate([t[p] for t, p in zip(tables, parts, strict=True)]).astype(np.int64),
    ), levels  # fmt: skip


def replicates(most: int, n: int, r: int, c: int) -> int:
    """Fewer where one table takes long to draw."""
    return int(min(most, max(200, 4e5 / np.sqrt(n) / np.sqrt(r * c) * 5)))


def measure(cell: tuple[int, int, int, str], seed: int, times: int) -> dict[str, object]:
    """Return the rejections and coverage of one shape."""
    n, r, c, margin = cell
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(times):
        a, b = totals(n, r, margin, rng), totals(n, c, margin, rng)
        if min(a.size, b.size) == 1:  # the only table; scipy's generator fails here
            drawn.append(np.outer(a, b) // n)
        else:
            drawn.append(random_table(a, b).rvs(random_state=rng).reshape(a.size, b.size))
    tables, levels = pair_tables([np.asarray(table) for table in drawn])
    got = statistics_of(tables, levels, level=0.95, seed=seed, n_tests=1)
    shape = np.array([table.shape for table in drawn])
    freedom = np.maximum((shape - 1).prod(axis=1), 1)
    plain = chi2.sf(2 * n * got.plugin, freedom)
    rules = np.bincount(got.p_rule, minlength=4) / times
    return {
        "rows": n, "levels": r, "other_levels": c, "margin": margin, "replicates": times,
        "size_05": round(float((got.p_value <= 0.05).mean()), 4),
        "size_01": round(float((got.p_value <= 0.01).mean()), 4),
        "chi_square_size_05": round(float((plain <= 0.05).mean()), 4),
        "coverage_95": round(float(((got.low <= 0) & (got.high >= 0)).mean()), 4),
        "mean_plugin": round(float(got.plugin.mean()), 6),
        "mean_corrected": round(float(got.corrected.mean()), 6),
        "enumerated": rules[1], "fixed_margins": rules[2], "random_tables": rules[3],
        "drawn": "once",
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--shape", type=int, nargs=2, help="levels: measure these tables alone")
    options = parser.parse_args()
    most, kept = options.replicates, stored() if options.shape else {}
    rows: list[dict[str, object]] = []
    for seed, cell in enumerate(CELLS):
        if options.shape and list(cell[1:3]) != options.shape:
            continue
        row = measure(cell, seed, replicates(most, *cell[:3]))
        if row["size_05"] > 0.07:  # chance or fact? draw other tables, more of them
            row = measure(cell, seed + 10_000, 1000) | {"drawn": "again"}
        rows.append(row)
        print(*row.values(), sep="\t", flush=True)
    size = np.array([row["size_05"] for row in rows])
    error = np.sqrt(0.05 * 0.95 / np.array([row["replicates"] for row in rows]))
    print(f"{len(size)} shapes: {((size >= 0.03) & (size <= 0.07)).sum()} within 0.03 to 0.07, "
          f"{(size > 0.07).sum()} above ({(size > 0.07 + 2 * error).sum()} by 2 errors), "
          f"{(size < 0.03).sum()} below; largest {size.max()}")  # fmt: skip
    kept |= {key_of(row): row | stamp() for row in rows}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    with RESULTS.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*rows[0], *stamp()])
        writer.writeheader()
        writer.writerows(kept[key] for key in (tuple(map(str, cell)) for cell in CELLS))
    print(f"written: {RESULTS}")


def key_of(row: dict[str, object]) -> tuple[str, ...]:
    """Return what names a line of the table."""
    return tuple(str(row[name]) for name in ("rows", "levels", "other_levels", "margin"))


def stored() -> dict[tuple[str, ...], dict[str, object]]:
    """Return the lines of the table as it is."""
    with RESULTS.open(encoding="utf-8", newline="") as stream:
        return {key_of(row): row for row in map(dict, csv.DictReader(stream))}


def stamp() -> dict[str, object]:
    """Return where, when and with which versions a line was measured."""
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "versions": "; ".join(
            f"{package} {importlib.metadata.version(package)}"
            for package in ("infoscope", "numpy", "scipy")
        ),
    }


if __name__ == "__main__":
    main()
