"""Read many files as one table: a glob, or a folder whose names may say `key=value`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pyarrow as pa

from infoscope.core.errors import DataError, NotFound, sentence
from infoscope.tables.chunks import ColumnChunks
from infoscope.tables.source_columns import Source, repeated_names

__all__ = ["files_of", "is_pattern", "join_files"]

_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


def is_pattern(path: Path) -> bool:
    """Say whether a path that does not exist asks for several files.

    >>> is_pattern(Path("data/2024-*.parquet"))
    True
    """
    return any(sign in str(path) for sign in "*?[")


def files_of(path: Path) -> list[Path]:
    """Return the files that a folder or pattern stands for, sorted; hidden ones are no data.

    Raises
    ------
    NotFound
        If there is none.
    """
    if path.is_dir():
        found, inside = path.rglob("*"), path
    else:
        fixed = list(takewhile(lambda part: not is_pattern(Path(part)), path.parts))
        inside = Path(*fixed)
        found = inside.glob(str(Path(*path.parts[len(fixed) :])))
    files = sorted(
        file for file in found
        if file.is_file() and not any(
            part.startswith((".", "_")) for part in file.relative_to(inside).parts
        )
    )  # fmt: skip
    if not files:
        what = "hold files" if path.is_dir() else "match files"
        raise NotFound(sentence("scan", "source", what, f"none for '{path}'", "Check the path."))
    return files


def join_files(path: Path, files: Sequence[Path], opened: Callable[[Path], Source]) -> Source:
    """Return the rows of all files under each other; columns are matched by name.

    A file that cannot be read is left out with a note; a column that a file lacks is null there.

    Raises
    ------
    DataError
        If no file can be read, or a name repeats within a file.
    """
    parts: list[tuple[Source, dict[str, str | None]]] = []
    notes: list[str] = []
    first_error: DataError | None = None
    for file in files:
        try:
            source = opened(file)
        except DataError as error:
            first_error = first_error or error
            notes.append(f"left out a file that cannot be read: {error}")
            continue
        if source.repeated:
            raise DataError(sentence(
                "scan", "source", "name each column once where files are joined",
                f"{sorted(source.repeated)[0]!r} twice in '{file}'",
            ))  # fmt: skip
        parts.append((source, _keys(file, path)))
        notes += [f"{file.name}: {note}" for note in source.notes]
    if not parts:
        raise first_error or DataError(sentence("scan", "source", "hold a table", f"'{path}'"))
    names = list(dict.fromkeys(name for source, _ in parts for name in source.names))
    keys = list(dict.fromkeys(key for _, keys in parts for key in keys if key not in names))
    n_rows = sum(source.n_rows for source, _ in parts)
    for name in names:
        lacking = sum(source.n_rows for source, _ in parts if name not in source.names)
        if lacking:
            notes.append(f"{name}: null in {lacking} rows of files that lack the column")

    def chunks(i: int) -> ColumnChunks:
        if i >= len(names):
            return _key_column(parts, keys[i - len(names)], n_rows)
        return _joined(parts, names[i], n_rows)

    unique = tuple(names + keys)
    short = list(dict.fromkeys(notes[:50]))
    if len(notes) > 50:
        short.append(f"and {len(notes) - 50} more notes on single files")
    label = f"{path} ({len(parts)} file{'s' if len(parts) > 1 else ''})"
    return Source(label, unique, n_rows, chunks, tuple(short), repeated_names(unique))


def _keys(file: Path, folder: Path) -> dict[str, str | None]:
    """Return what the folders between say as key=value."""
    parts = file.parent.parts
    between = parts[len(folder.parts) :] if folder.is_dir() else parts
    pairs = [part.split("=", 1) for part in between if "=" in part]
    return {key: None if value == _NO_VALUE else unquote(value) for key, value in pairs}


def _key_column(
    parts: Sequence[tuple[Source, dict[str, str | None]]], key: str, n_rows: int
) -> ColumnChunks:
    """Return the column that folder names make."""

    def read() -> Iterator[pa.Array]:
        for source, keys in parts:
            value = keys.get(key)
            words = pa.array([] if value is None else [value], pa.string())
            for start in range(0, source.n_rows, 2**18):
                n = min(2**18, source.n_rows - start)
                indices = pa.array(np.zeros(n, np.int32), mask=np.full(n, value is None))
                yield pa.DictionaryArray.from_arrays(indices, words)

    return ColumnChunks(pa.string(), n_rows, read)


def _joined(
    parts: Sequence[tuple[Source, dict[str, str | None]]], name: str, n_rows: int
) -> ColumnChunks:
    """Return the column `name` of all files, in the type that holds them all, else as text."""
    columns = [
        source.chunks(source.names.index(name)) if name in source.names else None
        for source, _ in parts
    ]
    kinds = list(dict.fromkeys(c.type for c in columns if c and not pa.types.is_null(c.type)))
    kind = kinds[0] if kinds else pa.null()
    if len(kinds) > 1:
        kind = _common(kinds)

    def read() -> Iterator[pa.Array]:
        for (source, _), column in zip(parts, columns, strict=True):
            if column is None:
                yield pa.nulls(source.n_rows, kind)
                continue
            for chunk in column.read():
                words = pa.types.is_dictionary(chunk.type) and not pa.types.is_dictionary(kind)
                if words and column.type == kind:
                    yield chunk
                else:
                    plain = chunk.dictionary_decode() if words else chunk
                    yield plain if plain.type == kind else plain.cast(kind)

    return ColumnChunks(kind, n_rows, read)


def _common(kinds: Sequence[pa.DataType]) -> pa.DataType:
    """Return a type that values of all `kinds` can be cast to."""
    try:
        schemas = [pa.schema([pa.field("x", kind)]) for kind in kinds]
        return pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.large_string()
