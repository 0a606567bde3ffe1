"""Read a Parquet file one column at a time, words as dictionaries."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from infoscope.core.errors import DataError, sentence
from infoscope.tables.chunks import ColumnChunks

__all__ = ["ParquetColumns"]

_ROWS = 2**18


class ParquetColumns:
    """The columns of one Parquet file: `names` as in the file, `n_rows`, and `column(i)`.

    Only one column, and of it one piece of 262,144 rows, need be in memory. `owner` is kept alive
    with the columns (a temporary folder, say).
    """

    def __init__(self, path: Path, owner: Any = None) -> None:
        self._path, self._owner = path, owner
        self._local = threading.local()
        try:
            file = pq.ParquetFile(path)
            self._schema = file.schema_arrow
            self._metadata = file.metadata
        except (pa.ArrowException, OSError, UnicodeError) as error:
            raise self._unreadable(error) from None
        self.names = tuple(self._schema.names)
        self.n_rows: int = self._metadata.num_rows
        self._repeats = len(set(self.names)) < len(self.names)

    def column(self, i: int) -> ColumnChunks:
        """Return column i, which raises what Arrow says if its pages are damaged."""
        return ColumnChunks(self._schema.field(i).type, self.n_rows, lambda: self._read(i))

    def _read(self, i: int) -> Iterator[pa.Array]:
        field = self._schema.field(i)
        if self._repeats:  # names no longer say which column is meant
            yield from pq.ParquetFile(self._path, metadata=self._metadata).read().column(i).chunks
            return
        for batch in self._file().iter_batches(_ROWS, columns=[field.name], use_threads=False):
            yield batch.column(0)

    def _file(self) -> pq.ParquetFile:
        """Return this thread's reader: one reader must not serve two threads at once."""
        if not hasattr(self._local, "file"):
            words = [
                field.name for field in self._schema
                if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
            ]  # fmt: skip
            self._local.file = pq.ParquetFile(
                self._path, metadata=self._metadata, read_dictionary=words, pre_buffer=False
            )
        return self._local.file

    def _unreadable(self, error: Exception) -> DataError:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        return DataError(sentence(
            "scan", "source", "be a readable Parquet file", f"'{self._path}' ({reason})",
            "Write the file again, or convert it to CSV.",
        ))  # fmt: skip
