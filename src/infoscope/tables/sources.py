"""Open whatever holds a table, file or frame, and hand out its columns as Arrow arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import narwhals as nw
import pyarrow as pa
import pyarrow.parquet as pq

from infoscope.core.errors import DataError, InvalidArgument, NotFound, WrongType, sentence
from infoscope.tables.delimited import read_delimited

__all__ = ["Source", "open_source", "unique_names"]


@dataclass(frozen=True, slots=True)
class Source:
    """A table that can be read one column at a time.

    `column` returns column i as an Arrow array; `notes` say what was done to make it readable;
    `repeated` are names that several columns had, so that they name none.
    """

    label: str
    names: tuple[str, ...]
    n_rows: int
    column: Callable[[int], pa.ChunkedArray]
    notes: tuple[str, ...] = ()
    repeated: frozenset[str] = frozenset()


def open_source(
    source: Any,
    *,
    delimiter: str | None = None,
    header: bool = True,
    names: Sequence[str] | None = None,
    encoding: str = "utf-8",
) -> Source:
    """Open a path, an Arrow table, a data frame or a mapping of columns.

    Raises
    ------
    NotFound
        If the path does not exist.
    DataError
        If the file cannot be read as a table.
    WrongType
        If `source` is none of these.
    """
    if isinstance(source, (str, Path)):
        return _open_path(Path(source), delimiter, header, names, encoding)
    if names is not None or delimiter is not None or not header:
        raise InvalidArgument(sentence(
            "scan", "delimiter, header and names", "go with a CSV file",
            f"a source of type {type(source).__name__}", "Rename the columns of the frame itself.",
        ))  # fmt: skip
    label = f"{type(source).__module__.partition('.')[0]}.{type(source).__name__}"
    if isinstance(source, pa.RecordBatch):
        source = pa.Table.from_batches([source])
    if isinstance(source, pa.Table):
        return _from_arrow(source, label, ())
    if isinstance(source, Mapping):
        return _from_mapping(cast("Mapping[Any, Any]", source))
    if nw.dependencies.is_pandas_dataframe(source):
        return _from_pandas(source, label)
    try:
        frame = nw.from_native(source)
    except TypeError:
        raise WrongType(sentence(
            "scan", "source", "be a path, a data frame, an Arrow table or a dict of columns",
            type(source).__name__,
        )) from None  # fmt: skip
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect("pyarrow")
    return _from_arrow(frame.to_arrow(), label, ())


def _open_path(
    path: Path, delimiter: str | None, header: bool, names: Sequence[str] | None, encoding: str
) -> Source:
    """Open a file by what is in it, not by what it is called."""
    if str(path) == "-":
        raise DataError(sentence(
            "scan", "source", "be a file", "'-', standard input", "Save it to a file first."
        ))  # fmt: skip
    if path.is_dir():
        raise DataError(sentence(
            "scan", "source", "be one file", f"the folder '{path}'", "Name a file in it."
        ))  # fmt: skip
    if not path.exists():
        raise NotFound(sentence("scan", "source", "exist", f"'{path}'", "Check the path."))
    if not path.is_file():
        raise DataError(sentence(
            "scan", "source", "be a file that can be read more than once",
            f"'{path}', a pipe or a device", "Save it to a file first.",
        ))  # fmt: skip
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
    except OSError as error:
        raise DataError(
            sentence("scan", "source", "be readable", f"'{path}' ({error.strerror})")
        ) from None
    if start[:4] == b"PAR1" or path.suffix in (".parquet", ".pq"):
        return _open_parquet(path)
    if start[:6] == b"ARROW1":
        return _open_arrow_file(path)
    table, notes = read_delimited(
        path, delimiter=delimiter, header=header, names=names, encoding=encoding
    )
    return _from_arrow(table, path.name, notes)


def _open_parquet(path: Path) -> Source:
    """Open a Parquet file; each column is read when it is asked for, and then let go."""

    def unreadable(error: Exception) -> DataError:
        reason = str(error).splitlines()[0].rstrip(".")
        return DataError(sentence(
            "scan", "source", "be a readable Parquet file", f"'{path}' ({reason})",
            "Write the file again, or convert it to CSV.",
        ))  # fmt: skip

    try:
        file = pq.ParquetFile(path)
        fields = list(file.schema_arrow.names)
    except (pa.ArrowException, OSError, UnicodeError) as error:
        raise unreadable(error) from None
    names, notes = unique_names(fields)
    whole = file.read() if _repeated(fields) else None  # names no longer say which column is meant

    def column(i: int) -> pa.ChunkedArray:
        if whole is not None:
            return whole.column(i)
        try:
            return file.read(columns=[fields[i]]).column(0)
        except (pa.ArrowException, OSError) as error:
            raise unreadable(error) from None

    return Source(path.name, names, file.metadata.num_rows, column, notes, _repeated(fields))


def _open_arrow_file(path: Path) -> Source:
    """Open an Arrow IPC (Feather) file by memory map."""
    try:
        table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    except (pa.ArrowException, OSError) as error:
        raise DataError(sentence(
            "scan", "source", "be a readable Arrow file", f"'{path}' ({error})"
        )) from None  # fmt: skip
    return _from_arrow(table, path.name, ())


def _from_arrow(table: pa.Table, label: str, notes: tuple[str, ...]) -> Source:
    """Wrap an Arrow table."""
    names, renamed = unique_names(table.column_names)
    repeated = _repeated(table.column_names)
    return Source(label, names, table.num_rows, table.column, notes + renamed, repeated)


def _from_mapping(columns: Mapping[Any, Any]) -> Source:
    """Read a mapping of name to values; the columns must be equally long."""
    arrays: list[pa.ChunkedArray] = []
    notes: list[str] = []
    for name, values in columns.items():
        array, note = _arrow_column(values, str(name))
        arrays.append(array)
        notes += note
    lengths = {len(array) for array in arrays}
    if len(lengths) > 1:
        raise DataError(sentence(
            "scan", "source", "have columns of one length", f"lengths {sorted(lengths)}"
        ))  # fmt: skip
    names, renamed = unique_names([str(name) for name in columns])
    n_rows = lengths.pop() if lengths else 0
    return Source("dict", names, n_rows, arrays.__getitem__, (*notes, *renamed))


def _from_pandas(frame: Any, label: str) -> Source:
    """Read a pandas frame column by column, so that one odd column does not stop the others."""
    arrays: list[pa.ChunkedArray] = []
    notes: list[str] = []
    for i, name in enumerate(frame.columns):
        array, note = _arrow_column(frame.iloc[:, i], str(name))
        arrays.append(array)
        notes += note
    given = [str(name) for name in frame.columns]
    names, renamed = unique_names(given)
    return Source(
        label, names, len(frame), arrays.__getitem__, (*notes, *renamed), _repeated(given)
    )


def _arrow_column(values: Any, name: str) -> tuple[pa.ChunkedArray, list[str]]:
    """Convert one column to Arrow; values of several types are read as their text, with a note."""
    try:
        array = pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        texts = [
            None if value is None or value != value else str(value)
            for value in cast("Sequence[Any]", values)
        ]
        kinds = sorted({type(v).__name__ for v in cast("Sequence[Any]", values) if v is not None})
        note = f"'{name}' mixes types ({', '.join(kinds[:4])}): read as text"
        return pa.chunked_array([pa.array(texts, pa.large_string())]), [note]
    return (array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])), []


def _repeated(names: Sequence[str]) -> frozenset[str]:
    return frozenset(name for name, count in Counter(names).items() if count > 1)


def unique_names(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names without repeats or blanks, and a note for each that had to change."""
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
