"""`EncodedTable`: a table as integer codes, which is all that statistics ever see of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import pyarrow as pa
from numpy.typing import NDArray

from infoscope.core.errors import DataError, InvalidArgument, UnknownName, sentence
from infoscope.core.progress import Progress
from infoscope.tables.arguments import check_columns, check_kinds
from infoscope.tables.bins import BINNING_RULES
from infoscope.tables.columns import Column
from infoscope.tables.encoding import Encoded, Request, encode_or_leave_out
from infoscope.tables.local_counts import LocalBackend, usable_threads
from infoscope.tables.reading import NULL_MARKERS
from infoscope.tables.source_columns import Source

__all__ = [
    "Bins",
    "EncodedTable",
    "check_binned",
    "check_bins",
    "check_names",
    "checked_notes",
    "encode_table",
]

#: A number of bins for all columns; numbers or edges by column name; an earlier map, for its edges.
Bins: TypeAlias = Any

_SIDE_BY_SIDE = 2**22  # rows above which columns are read one after the other, to save memory


@dataclass(frozen=True, eq=False)
class EncodedTable:
    """A table as codes.

    Parameters
    ----------
    label : str
        What was read.
    n_rows : int
        Its rows.
    columns : tuple of Column
        All of its columns, also those out of the map.
    codes : sequence of integer arrays
        Codes (n,) of the mapped columns, in their order; 0 is null.
    notes : tuple of str
        What was found out while reading, and what was left out and why.
    """

    label: str
    n_rows: int
    columns: tuple[Column, ...]
    codes: Sequence[NDArray[Any]]
    notes: tuple[str, ...]

    @property
    def mapped(self) -> tuple[Column, ...]:
        """The columns that have codes."""
        return tuple(column for column in self.columns if column.mapped)

    def backend(self, threads: int | None = None) -> LocalBackend:
        """Return what counts the mapped columns."""
        return LocalBackend(self.codes, [c.n_levels for c in self.mapped], threads=threads)


def check_bins(bins: Bins, binning: str) -> Bins:
    """Return `bins` as a number, a mapping or None; an earlier map becomes its edges.

    Raises
    ------
    InvalidArgument
        If a number is below 2, or there is no such rule.
    """
    if binning not in BINNING_RULES:
        rules = ", ".join(BINNING_RULES)
        raise UnknownName(sentence("scan", "binning", f"be one of {rules}", repr(binning)))
    if _is_map(bins):
        return {c.name: c.edges for c in bins.columns if c.edges is not None}
    asked = list(bins.values()) if isinstance(bins, Mapping) else [bins]
    for value in asked:
        if isinstance(value, (bool, str)) or (isinstance(value, int) and value < 2):
            raise InvalidArgument(sentence("scan", "bins", "be at least 2", repr(value)))
    return bins


def _is_map(bins: Bins) -> bool:
    return hasattr(bins, "columns") and hasattr(bins, "mutual_information")


def encode_table(
    source: Source,
    *,
    target: str | None = None,
    bins: Bins = None,
    binning: str = "equal_frequency",
    kinds: Mapping[str, str] | None = None,
    null_markers: Collection[str] = NULL_MARKERS,
    like: Mapping[str, Column] | None = None,
    threads: int | None = None,
    progress: bool | None = None,
) -> EncodedTable:
    """Read every column of a source into codes.

    Parameters
    ----------
    source : Source
        What `open_source` returned.
    target : str, optional
        A column that is never taken for an identifier.
    bins, binning, kinds, null_markers
        As in `scan`.
    like : mapping of column name to Column, optional
        Columns of an earlier table whose edges and labels are to be used again.
    threads, progress
        As in `scan`.

    Raises
    ------
    DataError
        If there are fewer than two rows or no column to map.
    UnknownName, InvalidArgument
        If a name, kind or bin cannot be used.
    """
    earlier = _is_map(bins)
    bins = check_bins(bins, binning)
    if earlier:
        bins = {name: bins[name] for name in source.names if name in bins}
    check_names(source.names, target, bins, kinds, source.repeated)
    if source.n_rows < 2:
        raise DataError(sentence(
            "scan", "source", "have at least two rows", f"{source.n_rows} in '{source.label}'"
        ))  # fmt: skip

    def one(i: int) -> Encoded:
        name = source.names[i]
        asked = bins.get(name) if isinstance(bins, Mapping) else bins
        request = Request(
            (kinds or {}).get(name),
            asked if asked is None or isinstance(asked, int) else tuple(asked),
            null_markers, name == target, binning, (like or {}).get(name), narrow=True,
        )  # fmt: skip
        encoded = encode_or_leave_out(name, source.chunks(i), request)
        check_binned(encoded.column, bins)
        pa.default_memory_pool().release_unused()
        bar.advance()
        return encoded

    workers = usable_threads(threads) if source.n_rows <= _SIDE_BY_SIDE else 1
    with Progress(len(source.names), "reading", "columns", show=progress) as bar:
        if workers == 1 or source.n_rows < 10_000:
            encoded = [one(i) for i in range(len(source.names))]
        else:
            with ThreadPoolExecutor(workers) as pool:
                encoded = list(pool.map(one, range(len(source.names))))
    columns = tuple(each.column for each in encoded)
    notes = checked_notes(source.label, source.n_rows, columns, source.notes, target)
    codes = [each.codes for each in encoded if each.codes is not None]
    return EncodedTable(source.label, source.n_rows, columns, codes, notes)


def checked_notes(
    label: str, n_rows: int, columns: Sequence[Column], notes: Sequence[str], target: str | None
) -> tuple[str, ...]:
    """Return all notes on a table that was read, and check that there is something to map.

    Raises
    ------
    DataError
        If no column can be mapped, or the target cannot.
    """
    said = list(notes)
    said += [f"{column.name}: {column.note}" for column in columns if column.note]
    mapped = [column for column in columns if column.mapped]
    binned = [f"{column.name} ({column.n_levels})" for column in mapped if column.edges]
    if binned:
        said.append(f"counted in bins (edges in the columns): {', '.join(binned)}")
    gaps = [f"{column.name} {column.n_missing}" for column in mapped if column.n_missing]
    if gaps:
        said.append(
            f"missing, of {n_rows} rows: {', '.join(gaps)}; each pair is counted on the "
            "rows in which both columns are present"
        )
    if not mapped:
        raise DataError(sentence(
            "scan", "source", "have a column that can be mapped", f"none in '{label}'",
            "; ".join(said),
        ))  # fmt: skip
    if target is not None and target not in [column.name for column in mapped]:
        note = next(column.note for column in columns if column.name == target)
        raise DataError(sentence("scan", "target", "be a column to map", f"{target!r} ({note})"))
    return tuple(said)


def check_binned(column: Column, bins: Bins) -> None:
    """Raise if bins were asked for by name and the column has no numbers to cut."""
    words = column.kind not in ("numeric", "ordinal", "date") and column.edges is None
    if isinstance(bins, Mapping) and column.name in bins and words:
        raise InvalidArgument(sentence(
            "scan", f"bins[{column.name!r}]", "go with a column of numbers or dates",
            f"a column read as {column.kind}",
        ))  # fmt: skip


def check_names(
    names: tuple[str, ...],
    target: str | None,
    bins: Bins,
    kinds: Mapping[str, str] | None,
    repeated: Collection[str],
) -> None:
    """Check that every kind exists, and every column spoken of exists, once."""
    check_kinds(kinds, "scan")
    asked = {"target": [] if target is None else [target], "kinds": list(kinds or {})}
    asked["bins"] = list(bins) if isinstance(bins, Mapping) else []
    check_columns(asked, names, repeated, "scan")
