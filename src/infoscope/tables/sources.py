"""Open whatever holds a table, file, folder, frame or stream, and hand out its columns."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import narwhals as nw
import pyarrow as pa
import pyarrow.dataset

from infoscope.core.errors import DataError, InvalidArgument, NotFound, WrongType, sentence
from infoscope.tables.chunks import ColumnChunks
from infoscope.tables.delimited import read_delimited
from infoscope.tables.file_sets import files_of, is_pattern, join_files
from infoscope.tables.parquet_files import ParquetColumns
from infoscope.tables.source_columns import Source, from_arrow, repeated_names, unique_names
from infoscope.tables.speaking import speaking_as
from infoscope.tables.spooling import Spooled, TemporaryFolder, spool

__all__ = ["Source", "open_source", "unique_names"]


def open_source(
    source: Any,
    *,
    delimiter: str | None = None,
    header: bool = True,
    names: Sequence[str] | None = None,
    encoding: str = "utf-8",
    function: str = "scan",
) -> Source:
    """Open a path, a folder, a glob, "-" (standard input), a frame, a relation or a mapping.

    Streams (a `RecordBatchReader`, an Arrow dataset, a DuckDB relation, a lazy polars frame, an
    Ibis table) are read once; what does not fit in 128 MB waits in a temporary file. Errors speak
    in the name of `function`.

    Raises
    ------
    NotFound
        If the path does not exist.
    DataError
        If the file cannot be read as a table.
    WrongType
        If `source` is none of these.
    """
    with speaking_as(function):
        return _open(source, delimiter, header, names, encoding)


def _open(
    source: Any, delimiter: str | None, header: bool, names: Sequence[str] | None, encoding: str
) -> Source:
    """Open whatever it is."""
    if isinstance(source, (str, Path)):
        return _open_path(Path(source), delimiter, header, names, encoding)
    if names is not None or delimiter is not None or not header:
        raise InvalidArgument(sentence(
            "scan", "delimiter, header and names", "go with a CSV file",
            f"a source of type {type(source).__name__}", "Rename the columns of the frame itself.",
        ))  # fmt: skip
    label = f"{type(source).__module__.partition('.')[0].lstrip('_')}.{type(source).__name__}"
    if isinstance(source, pa.RecordBatch):
        source = pa.Table.from_batches([source])
    if isinstance(source, pa.Table):
        return from_arrow(source, label)
    if isinstance(source, Mapping):
        return _from_mapping(cast("Mapping[Any, Any]", source))
    if nw.dependencies.is_pandas_dataframe(source):
        return _from_pandas(source, label)
    if nw.dependencies.is_polars_lazyframe(source) and hasattr(source, "collect_batches"):
        return _from_lazy(source, label)
    if isinstance(source, pyarrow.dataset.Dataset):
        source = cast("Any", source).scanner().to_reader()
    if hasattr(source, "__arrow_c_stream__"):
        reader = pa.RecordBatchReader.from_stream(source)
        return _from_spooled(spool(reader.schema, iter(reader)), reader.schema.names, label)
    try:
        frame = nw.from_native(source)
    except TypeError:
        raise WrongType(sentence(
            "scan", "source", "be a path, a data frame, an Arrow table or a dict of columns",
            type(source).__name__,
        )) from None  # fmt: skip
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect("pyarrow")
    return from_arrow(frame.to_arrow(), label)


def _open_path(
    path: Path, delimiter: str | None, header: bool, names: Sequence[str] | None, encoding: str
) -> Source:
    """Open a file by what is in it, not by what it is called."""

    def opened(file: Path) -> Source:
        return _open_file(file, delimiter, header, names, encoding)

    if str(path) == "-":
        return _open_standard_input(opened)
    if path.is_dir() or (not path.exists() and is_pattern(path)):
        return join_files(path, files_of(path), opened)
    if not path.exists():
        raise NotFound(sentence("scan", "source", "exist", f"'{path}'", "Check the path."))
    if not path.is_file():
        raise DataError(sentence(
            "scan", "source", "be a file that can be read more than once",
            f"'{path}', a pipe or a device", "Send it to standard input and scan '-'.",
        ))  # fmt: skip
    return opened(path)


def _open_file(
    path: Path, delimiter: str | None, header: bool, names: Sequence[str] | None, encoding: str
) -> Source:
    """Open one file by its first bytes."""
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
    except OSError as error:
        raise DataError(
            sentence("scan", "source", "be readable", f"'{path}' ({error.strerror})")
        ) from None
    if start[:4] == b"PAR1" or path.suffix in (".parquet", ".pq"):
        return _from_parquet(ParquetColumns(path), path.name)
    if start[:6] == b"ARROW1":
        return _open_arrow_file(path)
    if start[:4] == b"\xff\xff\xff\xff":
        return _open_arrow_stream(path)
    spooled, columns, notes = read_delimited(
        path, delimiter=delimiter, header=header, names=names, encoding=encoding
    )
    return _from_spooled(spooled, columns, path.name, notes)


def _open_standard_input(opened: Callable[[Path], Source]) -> Source:
    """Keep what comes on standard input in a file, since each column is read on its own."""
    folder = TemporaryFolder()
    path = folder.path / "standard input"
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    source = opened(path)
    return replace(source, chunks=lambda i, _folder=folder: source.chunks(i))


def _from_parquet(file: ParquetColumns, label: str) -> Source:
    """Wrap a Parquet file; each column is read when it is asked for, and then let go."""
    names, notes = unique_names(file.names)
    return Source(label, names, file.n_rows, file.column, notes, repeated_names(file.names))


def _from_spooled(
    spooled: Spooled, columns: Sequence[str], label: str, notes: tuple[str, ...] = ()
) -> Source:
    """Wrap what was read once, under the names of its columns."""
    if spooled.table is not None:
        return from_arrow(spooled.table.rename_columns(list(columns)), label, notes)
    file = ParquetColumns(spooled.path, spooled)
    names, renamed = unique_names(columns)
    return Source(label, names, file.n_rows, file.column, notes + renamed, repeated_names(columns))


def _from_lazy(frame: Any, label: str) -> Source:
    """Collect a lazy polars frame batch by batch."""
    schema: pa.Schema = frame.collect_schema().to_frame().to_arrow().schema

    def batches() -> Iterator[pa.RecordBatch]:
        for part in frame.collect_batches(maintain_order=True):
            yield from part.to_arrow().cast(schema).to_batches()

    return _from_spooled(spool(schema, batches()), schema.names, label)


def _open_arrow_file(path: Path) -> Source:
    """Open an Arrow IPC (Feather) file by memory map."""
    try:
        table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    except (pa.ArrowException, OSError) as error:
        raise DataError(sentence(
            "scan", "source", "be a readable Arrow file", f"'{path}' ({error})"
        )) from None  # fmt: skip
    return from_arrow(table, path.name)


def _open_arrow_stream(path: Path) -> Source:
    """Open an Arrow IPC stream."""
    try:
        with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as reader:
            return _from_spooled(spool(reader.schema, iter(reader)), reader.schema.names, path.name)
    except (pa.ArrowException, OSError) as error:
        raise DataError(sentence(
            "scan", "source", "be a readable Arrow stream", f"'{path}' ({error})"
        )) from None  # fmt: skip


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
    return Source("dict", names, n_rows, lambda i: ColumnChunks.of(arrays[i]), (*notes, *renamed))


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
        label,
        names,
        len(frame),
        lambda i: ColumnChunks.of(arrays[i]),
        (*notes, *renamed),
        repeated_names(given),
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
