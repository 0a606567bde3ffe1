"""Read the texts of a Parquet file, a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from infoscope.core.errors import DataError, sentence

__all__ = ["parquet_texts"]

_BATCH = 256


def parquet_texts(path: Path, column: str) -> Iterator[Any]:
    """Yield the values of one column: str, bytes, or None for null."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        got = f"{str(path)!r} ({str(error).splitlines()[0].rstrip('.')})"
        raise DataError(sentence("documents_of", "source", "be a Parquet file", got)) from None
    with file:
        if column not in file.schema_arrow.names:
            names = ", ".join(map(repr, file.schema_arrow.names))
            raise DataError(
                sentence(
                    "documents_of", repr(str(path)), f"have the column {column!r}", names,
                    "Name the column that holds the text with column.",
                )
            )  # fmt: skip
        try:
            for batch in file.iter_batches(_BATCH, columns=[column]):
                yield from batch.column(0).to_pylist()
        except (pa.ArrowInvalid, OSError) as error:
            got = f"{str(path)!r} ({str(error).splitlines()[0].rstrip('.')})"
            raise DataError(sentence("documents_of", "source", "be readable", got)) from None
