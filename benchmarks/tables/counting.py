"""Count all pairs of a tall and a wide table: CPU seconds and memory, beside Arrow and DuckDB.

Every measurement runs in a process of its own, one after the other in turn, so that memory is that
of one method. `scan` is the whole of it: reading, binning, counting, corrections, intervals,
p-values. The bar: at most twice an Arrow scan of the same file, at most half of DuckDB with one
GROUP BY a pair; 5 s of counting and 9 s in all for the wide table. Growth is measured on slices.

    python benchmarks/tables/make_tables.py FOLDER
    python benchmarks/tables/counting.py FOLDER [--repeats 2]
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RESULTS = Path(__file__).parents[1] / "results" / "tables_counting.csv"


def arrow(path: str) -> dict[str, float]:
    """Decode every column once."""
    import pyarrow.parquet as pq

    for _ in pq.ParquetFile(path).iter_batches(2**18, use_threads=False):
        pass
    return {}


def duckdb(path: str) -> dict[str, float]:
    """Bin the floats, keep codes in a temporary table, and count with one GROUP BY a pair."""
    import itertools

    import duckdb

    connection = duckdb.connect()
    connection.sql("SET threads = 1")
    connection.sql("SET memory_limit = '4GB'")
    names = connection.sql(f"SELECT * FROM '{path}' LIMIT 0").columns
    parts = []
    for name in names:
        if name.startswith("number"):
            points = [k / 32 for k in range(1, 32)]
            query = f"SELECT quantile_cont({name}, {points}) FROM '{path}'"
            edges = connection.sql(query).fetchall()[0][0]
            cases = " + ".join(f"({name} >= {edge!r})::UTINYINT" for edge in edges)
            parts.append(f"({cases})::UTINYINT AS {name}")
        else:
            parts.append(name)
    connection.sql(f"CREATE TEMP TABLE codes AS SELECT {', '.join(parts)} FROM '{path}'")
    for name in names:
        if not name.startswith("number"):  # words become codes, as in every other method
            connection.sql(f"CREATE TYPE {name}_t AS ENUM (SELECT DISTINCT {name} FROM codes "
                           f"WHERE {name} IS NOT NULL)")  # fmt: skip
            connection.sql(f"ALTER TABLE codes ALTER {name} TYPE {name}_t")
    for one, two in itertools.combinations(names, 2):
        connection.sql(f"SELECT {one}, {two}, count(*) FROM codes GROUP BY ALL").fetchnumpy()
    return {}


def scan(path: str, threads: int = 1) -> dict[str, float]:
    from infoscope.tables import scan as scan_table

    scan_table(path, threads=threads, progress=False)
    return {}


def scan_two_threads(path: str) -> dict[str, float]:
    return scan(path, 2)


def steps(path: str) -> dict[str, float]:
    """Split the scan: reading into codes, counting, statistics."""
    from infoscope.tables.contingency import statistics_of
    from infoscope.tables.counts import all_pairs
    from infoscope.tables.encoded_table import encode_table
    from infoscope.tables.sources import open_source

    start = time.process_time()
    table = encode_table(open_source(path), threads=1, progress=False)
    read = time.process_time()
    backend = table.backend(1)
    pairs = all_pairs(len(table.mapped))
    batches = list(backend.pair_tables(pairs))
    counted = time.process_time()
    for batch in batches:
        statistics_of(batch, backend.levels, level=0.95, seed=0, n_tests=len(pairs))
    done = time.process_time()
    return {"read": read - start, "count": counted - read, "statistics": done - counted}


METHODS = {f.__name__: f for f in (arrow, duckdb, scan, scan_two_threads, steps)}


def one(method: str, path: str) -> None:
    """Run one method in this process and print what it took, imports and compiling apart."""
    if method in ("scan", "scan_two_threads", "steps"):
        import numpy as np

        from infoscope.tables import scan as scan_table

        rng = np.random.default_rng(0)
        few = {f"c{k}": rng.integers(0, 3, 20_000).astype(str) for k in range(12)}
        few |= {"x": rng.normal(size=20_000), "y": rng.normal(size=20_000)}
        scan_table(few, progress=False, kinds=dict.fromkeys(list(few)[:12], "categorical"))
    elif method == "arrow":
        import pyarrow.parquet  # noqa: F401
    else:
        import duckdb  # noqa: F401
    start, wall = time.process_time(), time.perf_counter()
    found = METHODS[method](path)
    found |= {
        "cpu_seconds": time.process_time() - start,
        "wall_seconds": time.perf_counter() - wall,
        "rss_mb": peak_memory(),
    }
    print(json.dumps(found))


def peak_memory() -> float:
    """Return the most memory this process held, in MB (getrusage would tell of its parent too)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def measure(method: str, path: Path) -> dict[str, float]:
    command = [sys.executable, __file__, str(path.parent), "--one", method, str(path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


def slices(folder: Path, scratch: Path) -> list[tuple[str, Path, list[str]]]:
    """Return the tables to measure: the two, and slices of them for growth."""
    import pyarrow.parquet as pq

    jobs = [
        ("wide", folder / "wide.parquet", ["steps", "scan"]),
        ("tall", folder / "tall.parquet", ["arrow", "scan", "steps", "duckdb", "scan_two_threads"]),
    ]
    wide = pq.read_table(folder / "wide.parquet")
    for c in (75, 150):
        path = scratch / f"wide_{c}.parquet"
        pq.write_table(wide.select(range(c)), path)
        jobs.append((f"wide, {c} columns", path, ["steps"]))
    for n in (25_000, 100_000):
        path = scratch / f"wide_rows_{n}.parquet"
        pq.write_table(wide.slice(0, n), path)
        jobs.append((f"wide, {n} rows", path, ["steps"]))
    return jobs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--one", nargs=2, metavar=("METHOD", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(*options.one)
        return
    import pyarrow.parquet as pq

    stamp = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, busy",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "versions": "; ".join(
            f"{package} {importlib.metadata.version(package)}"
            for package in ("infoscope", "numpy", "numba", "pyarrow", "duckdb")
        ),
    }
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, path, methods in slices(options.folder, Path(scratch)):
            shape = pq.ParquetFile(path).metadata
            took: dict[str, list[dict[str, float]]] = {method: [] for method in methods}
            for _ in range(options.repeats):
                for method in methods:
                    took[method].append(measure(method, path))
                    print(name, method, took[method][-1], flush=True)
            for method, runs in took.items():
                keys = ("cpu_seconds", "wall_seconds", "rss_mb", "read", "count", "statistics")
                middle = {
                    key: round(statistics.median(run[key] for run in runs), 2)
                    if key in runs[0] else ""
                    for key in keys
                }  # fmt: skip
                c = shape.num_columns
                rows.append({
                    "table": name, "rows": shape.num_rows, "columns": c, "pairs": c * (c - 1) // 2,
                    "method": method, "runs": len(runs), **middle,
                })  # fmt: skip
                print(rows[-1], flush=True)
            write(rows, stamp)
    print(f"written: {RESULTS}")


def write(rows: list[dict[str, object]], stamp: dict[str, str]) -> None:
    """Write what there is so far: a busy machine may need an hour for all."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    with RESULTS.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*rows[0], *stamp])
        writer.writeheader()
        writer.writerows(row | stamp for row in rows)


if __name__ == "__main__":
    main()
