"""Read a table that came from a browser: what it may hold, and its map one row at a time.

Loaded only where a table is scanned. Nothing here unpacks or unpickles: packed files are refused by
their first bytes, whatever they are called.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from infoscope.core.errors import DataError, sentence
from infoscope.core.units import from_nats
from infoscope.tables.contingency import statistics_of
from infoscope.tables.encoded_table import encode_table
from infoscope.tables.information_map import InformationMap
from infoscope.tables.scanning import scan
from infoscope.tables.selection import select
from infoscope.tables.selection_result import Selection
from infoscope.tables.sources import open_source

__all__ = ["MAX_CELLS", "MAX_COLUMNS", "MAX_DECODED", "MAX_ROWS", "Encoded", "check"]

MAX_COLUMNS = 300
MAX_ROWS = 2_000_000
MAX_CELLS = 5_000_000
#: Bytes of a Parquet file after unpacking, as its own metadata and dictionaries state them.
MAX_DECODED = 200_000_000

#: first bytes of what is not taken here
PACKED = {
    b"\x1f\x8b": "a gzip file", b"BZh": "a bzip2 file", b"\x28\xb5\x2f\xfd": "a zstd file",
    b"PK\x03\x04": "a zip archive", b"\xfd7zXZ": "an xz file", b"ARROW1": "an Arrow file",
    b"\xff\xff\xff\xff": "an Arrow stream", b"\x80": "a pickle", b"\x93NUMPY": "a NumPy file",
    b"\x89HDF": "an HDF5 file", b"\xd0\xcf\x11\xe0": "an old Excel file",
}  # fmt: skip
ADVICE = "Larger tables: infoscope table FILE."


def check(path: Path, name: str) -> None:
    """Refuse what a browser should not send: packed files, too many cells, Parquet that swells."""
    with path.open("rb") as stream:
        head = stream.read(1 << 16)
    if not head:
        raise _refusal("hold a table", f"{name!r}, which is empty")
    for magic, kind in PACKED.items():
        if head.startswith(magic):
            raise _refusal("be plain CSV or Parquet", f"{name!r}, {kind}", "Unpack it first.")
    if head.startswith(b"PAR1"):
        _check_parquet(path, name)
        return
    if path.suffix.lower() in (".parquet", ".pq"):
        raise _refusal("be what its name says", f"{name!r}, which is no Parquet file")
    line = head.partition(b"\n")[0]
    n_columns = 1 + max(line.count(mark) for mark in (b",", b";", b"\t", b"|"))
    if n_columns > MAX_COLUMNS:
        raise _refusal(f"have at most {MAX_COLUMNS} columns", f"about {n_columns:,}", ADVICE)


def _check_parquet(path: Path, name: str) -> None:
    """Read the metadata only: rows, columns, and bytes once unpacked."""
    try:
        found: Any = pq.read_metadata(path)
    except (pa.ArrowException, OSError, UnicodeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise _refusal("be a readable Parquet file", f"{name!r} ({reason[:120]})") from None
    n_columns, n_rows = found.num_columns, found.num_rows
    _check_cells(n_rows, n_columns)
    parts = [found.row_group(i).column(j)
             for i in range(found.num_row_groups) for j in range(n_columns)]  # fmt: skip
    n_values = sum(part.num_values for part in parts)  # lists hold more than one to a row
    if n_values > max(MAX_CELLS, n_rows * n_columns):
        raise _refusal(f"hold at most {MAX_CELLS:,} values", f"{n_values:,} in lists", ADVICE)
    decoded = sum(part.total_uncompressed_size for part in parts)
    if decoded > MAX_DECODED:
        raise _refusal(
            f"have at most {MAX_DECODED / 1e6:.0f} MB once unpacked",
            f"{decoded / 1e6:,.0f} MB in a file of {path.stat().st_size / 1e6:.1f} MB", ADVICE,
        )  # fmt: skip


def _check_cells(n_rows: int, n_columns: int) -> None:
    if n_columns > MAX_COLUMNS:
        raise _refusal(f"have at most {MAX_COLUMNS} columns", f"{n_columns:,}", ADVICE)
    if n_rows > MAX_ROWS:
        raise _refusal(f"have at most {MAX_ROWS:,} rows", f"{n_rows:,}", ADVICE)
    if n_rows * n_columns > MAX_CELLS:
        got = f"{n_rows:,} rows of {n_columns:,} columns"
        raise _refusal(f"have at most {MAX_CELLS:,} cells", got, ADVICE)


def _refusal(requirement: str, got: str, advice: str = "") -> DataError:
    return DataError(sentence("Table", "the file", requirement, got, advice))


class Encoded:
    """A table read once into codes: kinds at once, the map row by row, then the whole scan.

    Attributes
    ----------
    mapped : tuple of str
        Columns that take part in the map.
    kinds : list
        For each column what `table_map.kinds` draws.
    """

    def __init__(self, path: Path, label: str) -> None:
        source = open_source(path)
        _check_cells(source.n_rows, len(source.names))
        self._path, self._label = path, label
        self._table = encode_table(source, threads=1, progress=False)
        self.mapped = tuple(column.name for column in self._table.mapped)
        self.kinds = [
            [c.name, c.kind, c.n_levels, c.n_missing, c.mapped, c.edges is not None, c.note]
            for c in self._table.columns
        ]

    def rows(self) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """Yield the number of columns measured against all others, and the matrix so far, bits."""
        backend = self._table.backend(1)
        c = len(self.mapped)
        matrix = np.full((c, c), np.nan)
        for i in range(c - 1):
            pairs = np.array([[i, j] for j in range(i + 1, c)], dtype=np.int64)
            found = [
                statistics_of(tables, backend.levels, level=0.95, seed=0, n_tests=c * (c - 1) // 2)
                for tables in backend.pair_tables(pairs)
            ]
            values = from_nats(np.concatenate([each.corrected for each in found]), "bits")
            matrix[i, i + 1 :] = matrix[i + 1 :, i] = values
            yield i + 1, matrix.copy()

    def scan(self, target: str | None) -> InformationMap:
        """Return the whole map, as `infoscope.tables.scan` makes it."""
        from dataclasses import replace

        return replace(
            scan(self._path, target=target, threads=1, progress=False), source=self._label
        )

    def select(self, target: str, k: int, method: Any) -> Selection:
        """Return the columns that `infoscope.tables.select` chooses."""
        return select(self._path, target, k, method=method, progress=False)
