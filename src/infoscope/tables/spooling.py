"""Take batches that can be read only once: keep them in memory, or in a file when they are many."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from infoscope.core.errors import DataError, sentence

__all__ = ["Spooled", "TemporaryFolder", "spool"]

_IN_MEMORY = 2**27  # bytes of Arrow data
_ROWS_TOGETHER = 2**18  # rows of a row group, so that dictionaries pay


class TemporaryFolder:
    """A new folder that goes with all it holds when this object is dropped."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="infoscope-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


class Spooled:
    """What was read: a table, or the Parquet file that holds it until this object is dropped."""

    def __init__(self, table: pa.Table | None, folder: TemporaryFolder | None) -> None:
        self.table = table
        self._folder = folder

    @property
    def path(self) -> Path:
        """The file, where there is one."""
        assert self._folder is not None
        return self._folder.path / "table.parquet"


def spool(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> Spooled:
    """Read all batches; beyond 128 MB they go to a temporary file.

    Raises
    ------
    DataError
        If the temporary folder has no room for them.
    """
    kept: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        kept.append(batch)
        size += batch.nbytes
        if size > _IN_MEMORY:
            return _to_file(schema, kept, batches)
    return Spooled(pa.Table.from_batches(kept, schema), None)


def _to_file(
    schema: pa.Schema, kept: list[pa.RecordBatch], batches: Iterator[pa.RecordBatch]
) -> Spooled:
    """Write what was kept and all that follows, a row group at a time."""
    found = Spooled(None, TemporaryFolder())
    # names may repeat, and Parquet readers go by name
    stand_ins = pa.schema([pa.field(str(i), field.type) for i, field in enumerate(schema)])
    try:
        with pq.ParquetWriter(found.path, stand_ins, compression="lz4") as writer:
            waiting, rows = kept, sum(batch.num_rows for batch in kept)
            for batch in batches:
                waiting.append(batch)
                rows += batch.num_rows
                if rows >= _ROWS_TOGETHER:
                    writer.write_table(_renamed(waiting, schema, stand_ins), _ROWS_TOGETHER)
                    waiting, rows = [], 0
            if waiting:
                writer.write_table(_renamed(waiting, schema, stand_ins), _ROWS_TOGETHER)
    except OSError as error:
        raise DataError(sentence(
            "scan", "source", "fit in the temporary folder while it is read",
            f"an error ({error.strerror or error})", "Set TMPDIR to a folder with more room.",
        )) from None  # fmt: skip
    return found


def _renamed(batches: list[pa.RecordBatch], schema: pa.Schema, names: pa.Schema) -> pa.Table:
    return pa.Table.from_batches(batches, schema).rename_columns(names.names)
