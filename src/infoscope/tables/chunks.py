"""`ColumnChunks`: one column of a source, read piece by piece and as often as needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa

__all__ = ["ColumnChunks"]


@dataclass(frozen=True, slots=True)
class ColumnChunks:
    """A column that need never be in memory as a whole.

    `read` starts again at the first row each time and yields Arrow arrays of `type`; words may come
    as dictionaries of `type`, which spares their decoding.
    """

    type: pa.DataType
    n_rows: int
    read: Callable[[], Iterator[pa.Array]]

    @classmethod
    def of(cls, array: pa.ChunkedArray) -> ColumnChunks:
        """Wrap a column that is in memory.

        >>> column = ColumnChunks.of(pa.chunked_array([[1, 2], [3]]))
        >>> [len(part) for part in column.read()], column.n_rows
        ([2, 1], 3)
        """
        return cls(array.type, len(array), lambda: iter(array.chunks))
