"""Read a table into codes in memory, ready for selection: one target, the candidates beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import DataError, InvalidArgument, UnknownName, sentence
from infoscope.core.progress import Progress
from infoscope.tables.arguments import check_columns, check_kinds, close_names
from infoscope.tables.columns import Column
from infoscope.tables.conditional_counts import CodedTable
from infoscope.tables.encoding import Request, encode_or_leave_out
from infoscope.tables.reading import NULL_MARKERS
from infoscope.tables.remote_open import check_file_options, encode_remote, is_remote
from infoscope.tables.remote_table import RemoteCodes
from infoscope.tables.sources import open_source
from infoscope.tables.speaking import speaking_as

__all__ = ["Bins", "CodedSource", "read_coded"]

Bins = int | Mapping[str, int | Sequence[float] | Sequence[str]] | None


@dataclass(frozen=True, eq=False)
class CodedSource:
    """A table as codes: `columns` are those with codes, `left_out` the others, with their notes."""

    label: str
    columns: tuple[Column, ...]
    left_out: tuple[Column, ...]
    table: CodedTable | RemoteCodes
    notes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns with codes."""
        return tuple(column.name for column in self.columns)

    def index(self, name: str, function: str, argument: str) -> int:
        """Return the number of a column, or raise `UnknownName` or `DataError` saying why not."""
        for i, column in enumerate(self.columns):
            if column.name == name:
                return i
        for column in self.left_out:
            if column.name == name:
                raise DataError(sentence(
                    function, argument, "be a column with levels to count",
                    f"{name!r} ({column.note})",
                    f"Pass kinds={{{name!r}: 'categorical'}} (--kind {name}=categorical) if it is.",
                ))  # fmt: skip
        raise UnknownName(sentence(
            function, argument, "name a column of the table", repr(name),
            close_names(name, self.names),
        ))  # fmt: skip


def read_coded(
    source: str | Path | Any,
    *,
    function: str,
    target: str | None,
    bins: Bins = None,
    kinds: Mapping[str, str] | None = None,
    missing: str = "pairwise",
    null_markers: Collection[str] = NULL_MARKERS,
    delimiter: str | None = None,
    header: bool = True,
    names: Sequence[str] | None = None,
    encoding: str = "utf-8",
    progress: bool | None = None,
) -> CodedSource:
    """Read all columns; with ``missing="level"`` null is a level of its own, except in the target.

    Raises
    ------
    DataError
        If there are fewer than two rows, or the target has no levels to count.
    UnknownName
        If a name or kind does not exist.
    InvalidArgument
        If an option has a value that cannot be used.
    """
    if missing not in ("pairwise", "level"):
        raise UnknownName(sentence(function, "missing", "be 'pairwise' or 'level'", repr(missing)))
    check_kinds(kinds, function)
    if is_remote(source):
        check_file_options(function, source, names is not None, delimiter is not None, not header)
        return _read_remote(
            source, function, target, bins=bins, kinds=kinds, missing=missing,
            null_markers=null_markers, progress=progress,
        )  # fmt: skip
    opened = open_source(
        source, delimiter=delimiter, header=header, names=names, encoding=encoding,
        function=function,
    )  # fmt: skip
    asked = {"target": [] if target is None else [target], "kinds": list(kinds or {})}
    asked["bins"] = list(bins) if isinstance(bins, Mapping) else []
    check_columns(asked, opened.names, opened.repeated, function)
    if opened.n_rows < 2:
        raise DataError(sentence(
            function, "source", "have at least two rows", f"{opened.n_rows} in '{opened.label}'"
        ))  # fmt: skip
    columns: list[Column] = []
    left_out: list[Column] = []
    codes: list[NDArray[np.integer]] = []
    levels: list[int] = []
    notes = list(opened.notes)
    with Progress(len(opened.names), "reading", "columns", show=progress) as bar:
        for i, name in enumerate(opened.names):
            wanted_bins = bins.get(name) if isinstance(bins, Mapping) else bins
            if wanted_bins is not None and not isinstance(wanted_bins, int):
                wanted_bins = tuple(wanted_bins)
            _check_bins(wanted_bins, name, function)
            kind = (kinds or {}).get(name)
            request = Request(kind, wanted_bins, null_markers, name == target, narrow=True)
            with speaking_as(function):
                encoded = encode_or_leave_out(name, opened.chunks(i), request)
            column = encoded.column
            if column.note:
                notes.append(f"{name}: {column.note}")
            if encoded.codes is None:
                left_out.append(column)
            else:
                null_level = missing == "level" and column.n_missing > 0 and name != target
                columns.append(column)
                codes.append(encoded.codes.astype(np.int32) + 1 if null_level else encoded.codes)
                levels.append(column.n_levels + null_level)
            bar.advance()
    notes += _gap_notes(columns, opened.n_rows, missing)
    return CodedSource(
        opened.label, tuple(columns), tuple(left_out), CodedTable(codes, levels), tuple(notes)
    )


def _read_remote(
    source: Any, function: str, target: str | None, *, bins: Bins,
    kinds: Mapping[str, str] | None, missing: str, null_markers: Collection[str],
    progress: bool | None,
) -> CodedSource:  # fmt: skip
    """Read the columns of a table on an engine, without its rows."""
    table = encode_remote(
        source, function=function, bins=bins, kinds=kinds, null_markers=null_markers,
        progress=progress, target=target,
    )  # fmt: skip
    columns = table.mapped
    left_out = tuple(column for column in table.columns if not column.mapped)
    gaps = [
        c for c, column in enumerate(columns)
        if missing == "level" and column.n_missing and column.name != target
    ]  # fmt: skip
    notes = [f"{column.name}: {column.note}" for column in table.columns if column.note]
    notes += _gap_notes(columns, table.n_rows, missing)
    codes = RemoteCodes(table.counts, gaps)
    return CodedSource(table.label, columns, left_out, codes, tuple(notes))


def _gap_notes(columns: Sequence[Column], n_rows: int, missing: str) -> list[str]:
    """Say how many values are missing, and what was done about it."""
    gaps = [f"{column.name} {column.n_missing}" for column in columns if column.n_missing]
    if not gaps:
        return []
    how = (
        "counted as a level of their own, except in the target"
        if missing == "level"
        else "left out wherever a column with gaps is counted"
    )
    return [f"missing, of {n_rows} rows: {', '.join(gaps)}; {how}"]


def _check_bins(bins: object, name: str, function: str) -> None:
    if isinstance(bins, bool) or (isinstance(bins, int) and bins < 2):
        raise InvalidArgument(sentence(function, "bins", "be at least 2", f"{bins} for {name!r}"))
