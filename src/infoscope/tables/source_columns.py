"""`Source`: any table as named columns that can be read one at a time, again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from infoscope.tables.chunks import ColumnChunks

__all__ = ["Source", "from_arrow", "repeated_names", "unique_names"]


@dataclass(frozen=True, slots=True)
class Source:
    """A table that can be read one column at a time.

    `chunks` returns column i piece by piece; `notes` say what was done to make it readable;
    `repeated` are names that several columns had, so that they name none.
    """

    label: str
    names: tuple[str, ...]
    n_rows: int
    chunks: Callable[[int], ColumnChunks]
    notes: tuple[str, ...] = ()
    repeated: frozenset[str] = frozenset()

    def column(self, i: int) -> pa.ChunkedArray:
        """Return column i as a whole."""
        column = self.chunks(i)
        parts: list[pa.Array] = []
        for part in column.read():
            words = pa.types.is_dictionary(part.type) and not pa.types.is_dictionary(column.type)
            plain = part.dictionary_decode() if words else part
            parts.append(plain if plain.type == column.type else plain.cast(column.type))
        return pa.chunked_array(parts, column.type)


def from_arrow(table: pa.Table, label: str, notes: tuple[str, ...] = ()) -> Source:
    """Wrap an Arrow table.

    >>> from_arrow(pa.table({"a": [1, 2], "": [3, 4]}), "mine").names
    ('a', 'column_2')
    """
    names, renamed = unique_names(table.column_names)
    return Source(
        label, names, table.num_rows, lambda i: ColumnChunks.of(table.column(i)),
        notes + renamed, repeated_names(table.column_names),
    )  # fmt: skip


def repeated_names(names: Sequence[str]) -> frozenset[str]:
    """Return the names that occur more than once."""
    return frozenset(name for name, count in Counter(names).items() if count > 1)


def unique_names(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names without repeats or blanks, and a note for each that had to change.

    >>> unique_names(["a", "a"])
    (('a', 'a (2)'), ("column 2 repeats the name 'a': called 'a (2)' here",))
    """
    taken = set(names)
    seen: set[str] = set()
    result: list[str] = []
    notes: list[str] = []
    for i, name in enumerate(names):
        new, k = name if name else f"column_{i + 1}", 2
        while new in seen or (new != name and new in taken):
            new, k = f"{name or f'column_{i + 1}'} ({k})", k + 1
        if new != name:
            why = "has no name" if not name else f"repeats the name {name!r}"
            notes.append(f"column {i + 1} {why}: called {new!r} here")
        seen.add(new)
        result.append(new)
    return tuple(result), tuple(notes)
