"""Read documents one after the other from texts, files and folders: plain, JSONL or Parquet."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from infoscope.core.errors import DataError, NotFound, WrongType, sentence
from infoscope.core.extras import require
from infoscope.language.arguments import utf8_bytes

__all__ = ["Document", "DocumentSource", "as_document", "documents_of", "files_of"]

_JSON_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_PARQUET = (".parquet", ".pq")


@dataclass(frozen=True, slots=True)
class Document:
    """A text and what it is called."""

    name: str
    text: bytes


DocumentSource: TypeAlias = str | Path | Iterable[Any]


def documents_of(source: DocumentSource, *, column: str = "text") -> Iterator[Document]:
    """Yield the documents behind `source`, in a fixed order and one at a time.

    Parameters
    ----------
    source : str, Path or iterable
        A path: a JSONL file (``.jsonl``, ``.ndjson``, also ``.gz``), each line a document; a
        Parquet file, each row a document; any other file, itself a document; a folder, all of its
        files in order of their paths (hidden ones left out). Or several: paths as `Path`, texts as
        str or bytes, pairs (name, text), `Document`.
    column : str
        The field of a JSONL line or the column of a Parquet file that holds the text.

    Yields
    ------
    Document
        Named after its file, and the line or row (from 1) where a file holds several.

    Raises
    ------
    NotFound
        If a path does not exist.
    DataError
        If a file cannot be read as what its name says; the sentence names the line.
    WrongType
        If an item is none of the above.

    Examples
    --------
    >>> [each.name for each in documents_of(["one", ("second", "two")])]
    ['text 1', 'second']
    """
    if isinstance(source, str | Path):
        for path in files_of(source):
            yield from _from_file(path, column)
        return
    if isinstance(source, bytes | bytearray) or not isinstance(source, Iterable):
        raise WrongType(
            sentence(
                "documents_of", "source", "be a path or an iterable of documents",
                type(source).__name__, "For a single text, pass [text].",
            )
        )  # fmt: skip
    for number, item in enumerate(source, 1):
        if isinstance(item, Path):
            yield from documents_of(item, column=column)
        else:
            yield as_document(item, number)


def as_document(item: Any, number: int) -> Document:
    """Return one item of an iterable as a document."""
    name, text = f"text {number}", item
    if isinstance(item, Document):
        return item
    if isinstance(item, tuple) and len(item) == 2:
        name, text = str(item[0]), item[1]
    if isinstance(text, str | bytes | bytearray):
        return Document(name, utf8_bytes(text, "documents_of", name))
    wanted = "be a str, bytes, (name, text), Path or Document"
    raise WrongType(sentence("documents_of", f"item {number}", wanted, type(text).__name__))


def files_of(source: str | Path) -> list[Path]:
    """Return the files behind a path: itself, or all of a folder's in order of their paths."""
    path = Path(source).expanduser()
    if path.is_dir():
        inner = sorted(each for each in path.rglob("*") if each.is_file())
        files = [
            each for each in inner
            if not any(part.startswith(".") for part in each.relative_to(path).parts)
        ]  # fmt: skip
        if not files:
            raise DataError(
                sentence("documents_of", "source", "hold files", f"the empty folder {str(path)!r}")
            )
        return files
    if not path.exists():
        raise NotFound(
            sentence(
                "documents_of", "source", "be a path that exists", repr(str(source)),
                "For a text itself, pass [text].",
            )
        )  # fmt: skip
    return [path]


def _from_file(path: Path, column: str) -> Iterator[Document]:
    name = path.name.lower()
    if name.endswith(_JSON_LINES):
        yield from _from_json_lines(path, column)
    elif name.endswith(_PARQUET):
        require("pyarrow", extra="tables", purpose="reading Parquet")
        from infoscope.language.documents_parquet import parquet_texts

        for row, text in enumerate(parquet_texts(path, column), 1):
            yield _field(path, f"row {row}", column, text)
    else:
        try:
            yield Document(str(path), path.read_bytes())
        except OSError as error:
            raise _unreadable(path, error.strerror or str(error)) from error


def _from_json_lines(path: Path, column: str) -> Iterator[Document]:
    number = 0
    try:
        with gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _from_line(path, number, line, column)
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        raise _unreadable(path, f"{error} after line {number}") from error


def _from_line(path: Path, number: int, line: bytes, column: str) -> Document:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:  # includes bytes that are not UTF-8
        raise _unreadable(path, f"line {number} is no JSON: {error}") from None
    if not isinstance(value, dict) or column not in value:
        has = (
            f"the fields {', '.join(map(repr, value))}" if isinstance(value, dict) else "no object"
        )
        raise DataError(
            sentence(
                "documents_of", f"line {number} of {str(path)!r}", f"have the field {column!r}",
                has, "Name the field that holds the text with column.",
            )
        )  # fmt: skip
    return _field(path, f"line {number}", column, value[column])


def _field(path: Path, place: str, column: str, text: Any) -> Document:
    if not isinstance(text, str | bytes):
        wanted = f"hold a text in {column!r}"
        got = "null" if text is None else type(text).__name__
        raise DataError(sentence("documents_of", f"{place} of {str(path)!r}", wanted, got))
    name = f"{path}:{place.rpartition(' ')[2]}"
    if isinstance(text, bytes):
        return Document(name, text)
    try:
        return Document(name, text.encode("utf-8"))
    except UnicodeEncodeError as error:
        got = f"half a surrogate pair at index {error.start}"
        wanted = "be text that UTF-8 can hold"
        raise DataError(
            sentence("documents_of", f"{place} of {str(path)!r}", wanted, got)
        ) from None


def _unreadable(path: Path, why: str) -> DataError:
    return DataError(
        sentence("documents_of", "source", "be readable", f"{str(path)!r} ({why.rstrip('.')})")
    )
