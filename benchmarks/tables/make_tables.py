"""Write the two synthetic tables that the counting benchmarks read, as Parquet.

`tall`: 10 million rows, 12 columns of words with 2 to 1000 levels and 8 of floats, 5% null.
`wide`: 200,000 rows, 300 columns of eight sorts: 2 to 20 levels, and floats to be binned.
Neighbouring columns depend on each other, so that no method can profit from empty tables.

    python benchmarks/tables/make_tables.py FOLDER [--rows 10000000]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

WORD_LEVELS = (2, 3, 5, 8, 12, 20, 40, 75, 150, 300, 600, 1000)
SMALL_LEVELS = (2, 3, 4, 5, 8, 12, 20)
CHUNK = 1_000_000


def tall_batch(n: int, seed: int) -> pa.Table:
    """Return `n` rows of the tall table; every word column leans on one hidden number."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=n)
    columns: dict[str, pa.Array] = {}
    for k in WORD_LEVELS:
        share = 1.0 / np.arange(1, k + 1)
        edges = np.cumsum(share / share.sum())
        noisy = np.where(rng.random(n) < 0.2, 0.5 + 0.1 * hidden, rng.random(n))
        codes = np.minimum(np.searchsorted(edges, noisy), k - 1).astype(np.int32)
        names = pa.array([f"level {i:04d}" for i in range(k)])
        word = pa.DictionaryArray.from_arrays(pa.array(codes, mask=rng.random(n) < 0.05), names)
        columns[f"word_{k}"] = word.cast(pa.string())
    for k in range(8):
        values = 0.2 * k * hidden + rng.normal(size=n)
        columns[f"number_{k}"] = pa.array(values, mask=rng.random(n) < 0.05)
    return pa.table(columns)


def write_tall(path: Path, n_rows: int) -> None:
    """Write the tall table, a million rows a row group, zstd."""
    writer = None
    for start in range(0, n_rows, CHUNK):
        table = tall_batch(min(CHUNK, n_rows - start), start // CHUNK)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=CHUNK)
    if writer is not None:
        writer.close()


def write_wide(path: Path, n_rows: int = 200_000, n_columns: int = 300) -> None:
    """Write the wide table: seven sorts of whole numbers as words, and one of floats."""
    rng = np.random.default_rng(7)
    hidden = rng.random(n_rows)
    columns: dict[str, pa.Array] = {}
    for c in range(n_columns):
        kind = c % (len(SMALL_LEVELS) + 1)
        mask = rng.random(n_rows) < 0.05 if c % 3 == 0 else None
        mixed = np.where(rng.random(n_rows) < 0.1, hidden, rng.random(n_rows))
        if kind == len(SMALL_LEVELS):
            columns[f"number_{c}"] = pa.array(mixed, mask=mask)
            continue
        k = SMALL_LEVELS[kind]
        codes = (mixed * k).astype(np.int32)
        names = pa.array([f"v{i}" for i in range(k)])
        word = pa.DictionaryArray.from_arrays(pa.array(codes, mask=mask), names)
        columns[f"word_{c}"] = word.cast(pa.string())
    pq.write_table(pa.table(columns), path, compression="zstd")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=10_000_000, help="of the tall table")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    write_wide(options.folder / "wide.parquet")
    write_tall(options.folder / "tall.parquet", options.rows)


if __name__ == "__main__":
    main()
