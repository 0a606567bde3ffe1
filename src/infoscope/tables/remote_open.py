"""Open a table that an engine holds, and read it into frozen codes without its rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from infoscope.core.errors import DataError, InvalidArgument, sentence
from infoscope.core.extras import is_installed, require
from infoscope.core.progress import Progress
from infoscope.tables.bins import BINNING_RULES
from infoscope.tables.encoded_table import (
    Bins,
    check_binned,
    check_bins,
    check_names,
    checked_notes,
)
from infoscope.tables.encoding import Request
from infoscope.tables.reading import NULL_MARKERS

__all__ = ["check_file_options", "encode_remote", "is_remote", "open_remote"]

#: Rows of a DuckDB relation beyond which it is counted in place, not read column by column.
LARGE_RELATION = 2**25


def is_remote(source: Any) -> bool:
    """Say whether `source` is to be counted by the engine that holds it.

    Ibis tables and Spark data frames always are, DuckDB relations if they are large (and Ibis is
    there to write the queries).

    >>> is_remote({"a": [1, 2]})
    False
    """
    home, name = type(source).__module__, type(source).__name__
    if home.startswith("ibis.") and name == "Table":
        return True
    if home.startswith("pyspark.sql.") and name == "DataFrame":
        return True
    if name == "DuckDBPyRelation" and is_installed("ibis"):
        return int(source.aggregate("count(*)").fetchall()[0][0]) > LARGE_RELATION
    return False


def open_remote(source: Any, *, plan: str | None = None) -> Any:
    """Return the `RemoteEngine` that counts a table where its rows are.

    Parameters
    ----------
    source : ibis Table, Spark DataFrame or DuckDB relation
        The rows.
    plan : {"kernel", "unnest", "group_by"}, optional
        By default a kernel beside the rows on Spark and DuckDB, else one group-by over exploded
        pairs.

    Raises
    ------
    MissingExtra
        If Ibis is not installed.
    DataError
        If the engine does not answer.
    """
    require("ibis", extra="spark", purpose="counting a table on an engine")
    from infoscope.tables import remote_backends

    return remote_backends.engine_for(source, plan)


def encode_remote(
    source: Any,
    *,
    function: str = "scan",
    target: str | None = None,
    bins: Bins = None,
    binning: str = "equal_frequency",
    kinds: Mapping[str, str] | None = None,
    null_markers: Collection[str] = NULL_MARKERS,
    plan: str | None = None,
    progress: bool | None = None,
) -> Any:
    """Read a table on an engine into an `EncodedRemote`: frozen bins and labels, and a backend.

    Raises
    ------
    DataError
        If there are fewer than two rows or no column to map, or the engine does not answer.
    UnknownName, InvalidArgument
        If a name, kind, rule or bin cannot be used.
    """
    earlier = not isinstance(bins, (int, Mapping, type(None)))
    bins = check_bins(bins, binning)
    if binning != BINNING_RULES[0]:
        raise InvalidArgument(sentence(
            function, "binning", "be 'equal_frequency' for a table on an engine", repr(binning),
            "Pass edges of your own as bins={name: edges}.",
        ))  # fmt: skip
    engine = open_remote(source, plan=plan)
    from infoscope.tables.remote_reading import read_columns
    from infoscope.tables.remote_table import EncodedRemote, RemoteBackend, read_bins

    names = engine.names
    if earlier:
        bins = {name: bins[name] for name in names if name in bins}
    check_names(names, target, bins, kinds, ())
    requests = [
        Request((kinds or {}).get(name), read_bins(bins, name), null_markers, name == target)
        for name in names
    ]
    with Progress(None, "reading", "columns", show=progress) as bar:
        read = read_columns(engine, requests)
        bar.advance(len(read))
    if engine.n_rows < 2:
        raise DataError(sentence(
            function, "source", "have at least two rows", f"{engine.n_rows} in '{engine.label}'"
        ))  # fmt: skip
    columns = tuple(each.column for each in read)
    for column in columns:
        check_binned(column, bins)
    notes = checked_notes(engine.label, engine.n_rows, columns, (), target)
    where = [i for i, each in enumerate(read) if each.coding is not None]
    codings = [each.coding for each in read if each.coding is not None]
    backend = RemoteBackend(engine, codings, where)
    return EncodedRemote(engine.label, engine.n_rows, columns, notes, backend)


def check_file_options(function: str, source: Any, *given: bool) -> None:
    """Raise if options that go with a CSV file were given for a table on an engine."""
    if any(given):
        raise InvalidArgument(sentence(
            function, "delimiter, header and names", "go with a CSV file",
            f"a source of type {type(source).__name__}", "Rename the columns in the query itself.",
        ))  # fmt: skip
