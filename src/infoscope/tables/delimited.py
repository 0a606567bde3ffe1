"""Read delimited text (CSV, TSV, packed or not) as text columns, or say which line is wrong.

Every field is read as text and typed later, column by column: guessing types while reading fails on
the first late surprise, and could not say which markers of null were met.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv as pacsv

from infoscope.core.errors import DataError, InvalidArgument, sentence
from infoscope.tables.reading import NULL_MARKERS
from infoscope.tables.spooling import Spooled, spool

__all__ = ["read_delimited"]

pc: Any = pyarrow.compute  # its functions are made at run time

_COMMA_NUMBER = re.compile(r"\s*[-+]?\d+(,\d+)?\s*", re.ASCII)
_CANDIDATES = (",", ";", "\t", "|")
_LOOK_AT = 2**16  # bytes looked at to recognise text and delimiter
_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2"}
_BLOCK = 2**24  # bytes parsed together; no row may be longer
_MOST_RAGGED = 0.05  # share of rows with a wrong number of fields above which the file is wrong
_BINARY = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"SQLite f": "an SQLite database",
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
}


def read_delimited(
    path: Path,
    *,
    delimiter: str | None = None,
    header: bool = True,
    names: Sequence[str] | None = None,
    encoding: str = "utf-8",
) -> tuple[Spooled, list[str], tuple[str, ...]]:
    """Return the file as text columns, their names, and notes on what was found out.

    Rows with a wrong number of fields are left out with a note if they are few.

    Raises
    ------
    DataError
        If the file is empty, binary, not in `encoding`, or more than one row in twenty has a wrong
        number of fields.
    InvalidArgument
        If `names` does not have one name a column, or `delimiter` is not one character.
    """
    if delimiter is not None and (
        len(delimiter) != 1 or delimiter in '\0\r\n"' or not delimiter.isascii()
    ):
        raise InvalidArgument(sentence(
            "scan", "delimiter", "be one character of ASCII, and no line end or quote",
            repr(delimiter),
        ))  # fmt: skip
    try:  # "hex", "idna" and their like cannot, nor "punycode" a piece at a time, as Arrow reads
        b"-\xff".decode(encoding, "replace")
        codecs.getincrementaldecoder(encoding)().decode(pa.py_buffer("-".encode(encoding)))
    except (LookupError, ValueError, TypeError, AttributeError):
        raise InvalidArgument(
            sentence("scan", "encoding", "be one that Python knows", repr(encoding))
        ) from None
    head = _head(path, encoding)
    notes: list[str] = []
    if delimiter is None:
        delimiter = _sniff(head.decode(encoding, errors="replace"), path)
        if delimiter not in (",", "\t"):
            notes.append(f"fields are separated by {delimiter!r}")
    first, n_blank = _first_row(_first_lines(head, encoding), delimiter, path)
    columns = [field.strip() for field in first]
    if not header:
        columns = [f"column_{i + 1}" for i in range(len(first))]
    elif any(_is_number(field) for field in columns):
        some = next(field for field in columns if _is_number(field))
        notes.append(
            f"the first line was read as column names although it holds the number {some!r}: "
            "if it is data, pass header=False (--no-header)"
        )
    if names is not None:
        if len(names) != len(columns):
            raise InvalidArgument(sentence(
                "scan", "names", f"have one name for each of {len(columns)} columns",
                f"{len(names)} names",
            ))  # fmt: skip
        columns = [str(name) for name in names]
    ragged: list[Any] = []
    with _told(path, delimiter, encoding, header), _stream(path) as stream:
        reader = _reader(stream, columns, delimiter, n_blank, header, encoding, ragged)
        seen = _Seen(columns if delimiter == ";" else [])
        spooled = spool(reader.schema, seen.watch(reader))
    if seen.last is None:
        if ragged:
            _check_widths(path, delimiter, encoding)
        raise _no_rows(path)
    if any("\n" in value for value in seen.last.values()) or any("\n" in r.text for r in ragged):
        _check_quotes(path, delimiter, encoding)
    if ragged:
        if len(ragged) > _MOST_RAGGED * (seen.n_rows + len(ragged)):
            _check_widths(path, delimiter, encoding)
        notes.append(
            f"{len(ragged)} row{'s' if len(ragged) > 1 else ''} without {_fields(len(columns))} "
            f"left out; the first, of {_fields(ragged[0].actual_columns)}, "
            f"reads {ragged[0].text[:60]!r}"
        )
    if seen.pointed:
        notes.append(f"decimal commas read as points: {', '.join(seen.pointed)}")
    if len(columns) == 1:
        notes.append("one column only: if there should be more, pass delimiter= (--delimiter)")
    return spooled, columns, tuple(notes)


def _reader(
    stream: pa.NativeFile,
    columns: Sequence[str],
    delimiter: str,
    n_blank: int,
    header: bool,
    encoding: str,
    ragged: list[Any],
) -> pacsv.CSVStreamingReader:
    """Return batches of text columns; rows of a wrong width go to `ragged`."""

    def left_out(row: Any) -> str:
        ragged.append(row)
        return "skip"

    # read under stand-in names: real ones may repeat
    stand_ins = [str(i) for i in range(len(columns))]
    return pacsv.open_csv(
        stream,
        pacsv.ReadOptions(
            column_names=stand_ins, skip_rows=n_blank, block_size=_BLOCK,
            skip_rows_after_names=1 if header else 0, encoding=encoding,
        ),
        pacsv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, invalid_row_handler=left_out
        ),
        pacsv.ConvertOptions(
            column_types=dict.fromkeys(stand_ins, pa.large_string()),
            null_values=[], strings_can_be_null=False,
        ),
    )  # fmt: skip


class _Seen:
    """What passes by while batches are read: rows, the last row, columns with decimal commas."""

    def __init__(self, may_have_commas: Sequence[str]) -> None:
        self.n_rows = 0
        self.last: dict[str, str] | None = None
        self.pointed: list[str] = []
        self._may = list(may_have_commas)
        self._which: list[int] | None = None

    def watch(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the batches, decimal commas turned into points."""
        for batch in batches:
            if not batch.num_rows:
                continue
            self.n_rows += batch.num_rows
            self.last = batch.slice(batch.num_rows - 1).to_pylist()[0]
            if self._which is None:
                self._which = [i for i in range(len(self._may)) if _has_commas(batch.column(i))]
                self.pointed = [self._may[i] for i in self._which]
            for i in self._which:
                points = pc.replace_substring(batch.column(i), ",", ".")
                batch = batch.set_column(i, batch.schema.field(i).name, points)
            yield batch


def _no_rows(path: Path) -> DataError:
    return DataError(
        sentence("scan", "source", "have rows of data", f"only a header line in '{path}'")
    )


@contextmanager
def _stream(path: Path) -> Iterator[pa.NativeFile]:
    """Open the file for Arrow, unpacking gzip whatever the file is called."""
    compression = _packed(path)
    if str(path).isprintable():
        with pa.input_stream(str(path), compression=compression) as stream:
            yield stream
    else:  # a name that Arrow may not be able to spell
        with path.open("rb") as file, pa.input_stream(file, compression=compression) as stream:
            yield stream


@contextmanager
def _told(path: Path, delimiter: str, encoding: str, header: bool) -> Iterator[None]:
    """Turn what Arrow says about a bad file into a sentence that names the line."""
    try:
        with _quiet():
            yield
    except (pa.ArrowException, OSError, UnicodeError) as error:
        if _check_widths(path, delimiter, encoding) == 1 and header:
            raise _no_rows(path) from None
        reason = str(error).splitlines()[0].rstrip(".")
        raise DataError(
            sentence("scan", "source", "be readable delimited text", f"'{path}' ({reason})")
        ) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back the traceback that Arrow prints for a ragged row that is no text, before it stops.

    It decodes the row before it hands it over; the exception has nowhere to go but stderr.
    """
    tell = sys.unraisablehook

    def hook(said: Any) -> None:
        if not isinstance(said.exc_value, UnicodeDecodeError):
            tell(said)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = tell


def _lines(path: Path, encoding: str) -> Iterator[str]:
    """Yield the decoded lines of the file, split at line feeds only, as the reader does."""
    if _is_wide(encoding):
        with io.TextIOWrapper(_unpacked(path), encoding=encoding, newline="\n") as text:
            yield from text
    else:
        with _unpacked(path) as stream:  # line by line, so that a bad byte has a line
            for line in stream:
                yield line.decode(encoding)


def _is_wide(encoding: str) -> bool:
    """Say whether one character takes several bytes, zero among them."""
    return codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))


def _check_widths(path: Path, delimiter: str, encoding: str) -> int:
    """Raise at the first line that is not text or has a wrong number of fields; count the rows."""
    reader = csv.reader(_lines(path, encoding), delimiter=delimiter)
    expected, start, n_rows = 0, 1, 0
    try:
        for fields in reader:
            n_rows += bool(fields)
            expected = expected or len(fields)
            if fields and len(fields) != expected:
                if "\n" in fields[-1]:
                    _check_quotes(path, delimiter, encoding)
                raise DataError(sentence(
                    "scan", "source", f"have {_fields(expected)} in every row, as in its first",
                    f"{_fields(len(fields))} in line {start} of '{path}'",
                    "Mend the line (a delimiter inside a value needs quotes).",
                ))  # fmt: skip
            start = reader.line_num + 1
    except UnicodeDecodeError as error:
        raise DataError(sentence(
            "scan", "source", f"be {encoding} text",
            f"byte 0x{error.object[error.start]:02x} in line {reader.line_num + 1} of '{path}'",
            "Pass its encoding, for example encoding='latin-1' (--encoding latin-1).",
        )) from None  # fmt: skip
    except UnicodeError as error:  # UTF-16 without its mark
        raise DataError(sentence(
            "scan", "source", f"be {encoding} text", f"'{path}' ({error})",
            "Name the order of its bytes, for example encoding='utf-16-le'.",
        )) from None  # fmt: skip
    except csv.Error:
        pass
    return n_rows


def _fields(n: int) -> str:
    return f"{n} field{'' if n == 1 else 's'}"


def _check_quotes(path: Path, delimiter: str, encoding: str) -> None:
    """Raise if a quote in the last row of the file never closes."""
    reader = csv.reader(_lines(path, encoding), delimiter=delimiter, strict=True)
    start = 1
    try:
        for _ in reader:
            start = reader.line_num + 1
    except csv.Error:
        raise DataError(sentence(
            "scan", "source", "close every quote",
            f"a quote in the row that begins in line {start} of '{path}' and never ends",
        )) from None  # fmt: skip


def _has_commas(array: pa.Array) -> bool:
    """Say whether a column holds nothing but numbers with decimal commas."""
    look = [v for v in array.slice(0, 500).to_pylist() if v.strip() not in NULL_MARKERS]
    return any("," in value for value in look) and all(map(_COMMA_NUMBER.fullmatch, look))


def _packed(path: Path) -> str | None:
    """Return how the file is compressed, by its first bytes."""
    with path.open("rb") as stream:
        start = stream.read(4)
    return next((name for magic, name in _PACKED.items() if start.startswith(magic)), None)


def _unpacked(path: Path) -> Any:
    """Open the file as bytes, unpacked."""
    how = _packed(path)
    if how == "gzip":
        return gzip.open(path, "rb")
    if how is None:
        return path.open("rb")
    return io.BufferedReader(cast("Any", pa.CompressedInputStream(pa.OSFile(str(path)), how)))


def _head(path: Path, encoding: str) -> bytes:
    """Return the first bytes of the (unpacked) file; raise if they are no text."""
    try:
        with _unpacked(path) as stream:
            head = stream.read(_LOOK_AT)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            sentence("scan", "source", "be readable", f"'{path}' ({error})", "Is it complete?")
        ) from None
    if not head.strip():
        raise DataError(sentence("scan", "source", "hold a table", f"the empty file '{path}'"))
    kind = next((what for magic, what in _BINARY.items() if head.startswith(magic)), "")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) and not _is_wide(encoding):
        raise DataError(sentence(
            "scan", "source", f"be {encoding} text", f"UTF-16 text: '{path}'",
            "Pass encoding='utf-16' (--encoding utf-16).",
        ))  # fmt: skip
    if kind or (b"\0" in head and not _is_wide(encoding)):
        raise DataError(sentence(
            "scan", "source", "be CSV text, Parquet or Arrow",
            f"{kind or 'a binary file'}: '{path}'", "Export the table as CSV or Parquet.",
        ))  # fmt: skip
    return head


def _first_lines(head: bytes, encoding: str) -> str:
    """Return the head as text, without a byte order mark and without a line cut in two."""
    text = head.decode(encoding, errors="replace").removeprefix("\ufeff")
    whole = len(head) < _LOOK_AT
    return text if whole else text[: text.rfind("\n") + 1] or text


def _first_row(text: str, delimiter: str, path: Path) -> tuple[list[str], int]:
    """Return the fields of the first line that is not blank, and how many blank ones go before."""
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        for n_blank, fields in enumerate(reader):
            if fields:
                return fields, n_blank
    except csv.Error as error:
        raise DataError(sentence(
            "scan", "source", "begin with a line of column names or values",
            f"'{path}', whose first line cannot be read ({error})",
        )) from None  # fmt: skip
    return [], 0


def _sniff(text: str, path: Path) -> str:
    """Return the candidate that cuts most lines into equally many fields, and into most."""
    lines = text.removeprefix("\ufeff").splitlines()[:50]
    best, best_score = ("\t" if ".tsv" in path.suffixes else ","), (0.0, 0)
    for candidate in _CANDIDATES:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=candidate) if row]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        alike = sum(width == widths[0] for width in widths) / len(widths)
        score = (round(alike, 1), widths[0])
        if score > best_score:
            best, best_score = candidate, score
    return best


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
