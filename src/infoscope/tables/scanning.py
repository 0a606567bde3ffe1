"""`scan`: from a file or frame to its information map."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.progress import Progress
from infoscope.core.result import Estimate, Interval
from infoscope.estimate import benjamini_hochberg
from infoscope.tables.arguments import check_open_share, seed_of
from infoscope.tables.columns import Column
from infoscope.tables.contingency import PairStatistics, statistics_of
from infoscope.tables.counts import CountingBackend, all_pairs
from infoscope.tables.encoded_table import Bins, EncodedTable, check_bins, encode_table
from infoscope.tables.information_map import InformationMap
from infoscope.tables.local_counts import usable_threads
from infoscope.tables.matrix import MutualInformation
from infoscope.tables.neighbour_pairs import check_numeric, measure_by_neighbours
from infoscope.tables.reading import NULL_MARKERS
from infoscope.tables.remote_open import check_file_options, encode_remote, is_remote
from infoscope.tables.remote_table import EncodedRemote, RemoteBackend
from infoscope.tables.source_columns import Source
from infoscope.tables.sources import open_source

__all__ = ["scan"]


def scan(
    source: str | Path | Any,
    *,
    target: str | None = None,
    bins: Bins = None,
    binning: str = "equal_frequency",
    numeric: str = "bins",
    kinds: Mapping[str, str] | None = None,
    null_markers: Collection[str] = NULL_MARKERS,
    delimiter: str | None = None,
    header: bool = True,
    names: Sequence[str] | None = None,
    encoding: str = "utf-8",
    interval: float = 0.95,
    rng: int | np.random.Generator | None = None,
    threads: int | None = None,
    progress: bool | None = None,
) -> InformationMap:
    """Map which columns of a table carry information about which: I(X; Y) = H(X) - H(X|Y).

    Parameters
    ----------
    source : path, data frame, Arrow table or stream, relation, or dict of columns
        A CSV or TSV file (plain, gzip, zstd or bzip2), a Parquet or Arrow file, a folder (names
        like ``year=2024`` become columns) or glob of such files, "-" for standard input; a pandas
        frame, a polars frame (lazy or not), an Arrow table, dataset or `RecordBatchReader`, a
        DuckDB relation, an Ibis table or a Spark data frame. The last two (and relations of more
        than 2^25 rows) are counted by the engine that holds them: no row comes back.
    target : str, optional
        The column to rank the others against.
    bins : int, mapping of column name to int or edges, or InformationMap, optional
        Bins of numeric columns; n^(1/3), between 5 and 32, by default. Columns with no more
        distinct values than that are used as they are. Edges are used as given; those of an
        earlier map are used again.
    binning : str
        The rule for edges: "equal_frequency" (exact quantiles, equal values stay together),
        "equal_width", "k_means" or "bayesian_blocks" (finds its own number, `bins` at most).
    numeric : {"bins", "knn"}
        "knn" measures pairs of two binned columns by nearest neighbours as
        `estimate.mutual_information` does, and pairs of one with labels by its method "ross"
        ("mixed" if numbers repeat), up to 50,000 rows: nothing is lost to bins. p-values come from
        the neighbours' law where two columns have no ties, else from the bins.
    kinds : mapping of column name to kind, optional
        Overrides what was found out: "categorical", "ordinal", "numeric", "boolean", "date",
        "identifier", "text". Identifiers and free text stay out of the map.
    null_markers : collection of str
        Texts read as null; the notes say which ones were met.
    delimiter, header, names, encoding
        How to read a CSV file: a delimiter (found out by default), whether the first line holds
        names, names to use, and the text encoding.
    interval : float
        Coverage of the intervals, in (0, 1).
    rng : int, Generator or None
        Decides the random tables behind the few Monte Carlo p-values; None means 0, so that a scan
        repeats exactly.
    threads : int, optional
        Threads that read and count; by default as many as the process may use. No number depends
        on it.
    progress : bool, optional
        Show a progress bar; by default only in a terminal.

    Returns
    -------
    InformationMap
        In nats. Each pair is measured on the rows in which both columns are present, with plug-in
        and corrected value, standard error, interval and p-value. A constant column has entropy
        exactly 0 and mutual information 0 with p = 1.

    Raises
    ------
    NotFound
        If the path does not exist.
    DataError
        If the source is empty or unreadable, has fewer than two rows or no column to map, or if
        more than one row in twenty of a CSV file has a wrong number of fields.
    UnknownName
        If `target`, or a key of `kinds` or `bins`, names no column, or a kind does not exist.
    InvalidArgument
        If an option has a value that cannot be used.

    Notes
    -----
    The corrected value is the plug-in value minus its exact expectation under fixed margins; the
    p-value comes from the law of G = 2 n I under the same margins, which holds its size where the
    chi-square approximation does not (many levels, rare levels). Cost: one pass over the rows for
    each pair, then one over the distinct pairs of totals. Binning loses part of a strong dependence
    between numeric columns: 9% of it at ten bins and correlation 0.5. Neighbours lose none, at
    about 10 microseconds a row and pair (30 with ties). Not for weighted rows.

    Source
    ------
    Vinh, Epps & Bailey (2010), JMLR 11, for the expectation; Besag & Clifford (1991), Biometrika
    78, for the stopped Monte Carlo test; Benjamini & Hochberg (1995), JRSS B 57.

    Examples
    --------
    >>> table = {"rain": ["yes", "no"] * 20, "wet": ["yes", "no"] * 20, "coin": list("hhtt") * 10}
    >>> found = scan(table, target="wet")
    >>> [(r.column, round(r.estimate.diagnostics["plugin"], 4)) for r in found.ranking()]
    [('rain', 0.6931), ('coin', 0.0)]
    """
    check_open_share("interval", interval, "scan")
    seed = seed_of(rng, "scan")
    check_bins(bins, binning)
    check_numeric(numeric, 0)
    table: EncodedTable | EncodedRemote
    opened: Source | None = None
    if is_remote(source):
        check_file_options("scan", source, names is not None, delimiter is not None, not header)
        if numeric == "knn":
            raise InvalidArgument(sentence(
                "scan", "numeric", "be 'bins' for a table on an engine", "'knn'",
                "Fetch a sample of the rows into a data frame and scan that.",
            ))  # fmt: skip
        table = encode_remote(
            source, target=target, bins=bins, binning=binning, kinds=kinds,
            null_markers=null_markers, progress=progress,
        )  # fmt: skip
    else:
        opened = open_source(
            source, delimiter=delimiter, header=header, names=names, encoding=encoding
        )
        check_numeric(numeric, opened.n_rows)
        table = encode_table(
            opened, target=target, bins=bins, binning=binning, kinds=kinds,
            null_markers=null_markers, threads=threads, progress=progress,
        )  # fmt: skip
    notes, mapped = list(table.notes), table.mapped
    backend = table.backend(threads)
    matrix = _measure(backend, mapped, interval, seed, usable_threads(threads), progress)
    if numeric == "knn" and opened is not None and isinstance(table, EncodedTable):
        matrix, said = measure_by_neighbours(
            matrix, opened, mapped, table.codes, markers=null_markers, seed=seed,
            threads=usable_threads(threads), progress=progress,
        )  # fmt: skip
        notes += said
    unsure = int(np.triu(matrix.unreliable, k=1).sum())
    if unsure:
        are = "1 pair is" if unsure == 1 else f"{unsure} pairs are"
        notes.append(f"{are} unreliable: too many levels for the rows (E0 above 0.3 nats)")
    apart = int(np.triu(matrix.n == 0, k=1).sum())
    if apart:
        are = "1 pair is" if apart == 1 else f"{apart} pairs are"
        notes.append(f"{are} never present in the same row: nothing to measure (NaN)")
    entropies = {
        column.name: _entropy(counts, column, interval)
        for column, counts in zip(mapped, backend.level_counts(), strict=True)
    }
    if isinstance(backend, RemoteBackend):
        notes += backend.notes()
    return InformationMap(
        table.label, table.n_rows, table.columns, entropies, matrix, target, tuple(notes),
        table.codes,
    )  # fmt: skip


def _measure(
    backend: CountingBackend,
    mapped: Sequence[Column],
    level: float,
    seed: int,
    threads: int,
    progress: bool | None,
) -> MutualInformation:
    """Count all pairs and lay their statistics out as square arrays."""
    c = len(mapped)
    pairs = all_pairs(c)
    levels = backend.levels
    parts: list[PairStatistics] = []
    waiting: deque[Future[PairStatistics]] = deque()
    with (
        Progress(len(pairs), "counting", "pairs", show=progress) as bar,
        ThreadPoolExecutor(threads) as pool,
    ):
        for tables in backend.pair_tables(pairs):
            waiting.append(pool.submit(
                statistics_of, tables, levels, level=level, seed=seed, n_tests=len(pairs)
            ))  # fmt: skip
            while len(waiting) > 2 * threads:  # keep only a few batches in memory
                parts.append(waiting.popleft().result())
                bar.advance(parts[-1].n.size)
        parts += [done.result() for done in waiting]
    i, j = pairs.T
    present = np.array([backend.n_rows - column.n_missing for column in mapped], np.int64)

    def square(field: str, diagonal: Any, *, flat: NDArray[Any] | None = None) -> NDArray[Any]:
        if flat is None:
            flat = np.concatenate([getattr(part, field) for part in parts] or [np.zeros(0)])
        full = np.zeros((c, c), dtype=flat.dtype)
        full[i, j] = full[j, i] = flat
        np.fill_diagonal(full, diagonal)
        return full

    own = np.array([_plugin_entropy(counts) for counts in backend.level_counts()])
    p = np.concatenate([part.p_value for part in parts] or [np.zeros(0)])
    entropy = square("left_entropy", own)
    entropy[j, i] = np.concatenate([part.right_entropy for part in parts] or [np.zeros(0)])
    return MutualInformation(
        tuple(column.name for column in mapped), "nats",
        plugin=square("plugin", own), corrected=square("corrected", own),
        stderr=square("stderr", np.nan), low=square("low", np.nan), high=square("high", np.nan),
        p_value=square("", np.nan, flat=p), q_value=square("", np.nan, flat=benjamini_hochberg(p)),
        expected=square("expected", 0.0), n=square("n", present).astype(np.int64),
        entropy=entropy, rule=square("p_rule", 0).astype(np.int8), level=level,
    )  # fmt: skip


def _plugin_entropy(counts: NDArray[np.int64]) -> float:
    """Return the entropy of the non-null counts, in nats."""
    seen = counts[1:][counts[1:] > 0]
    n = seen.sum()
    return float(math.log(n) - (seen * np.log(seen)).sum() / n) if seen.size > 1 else 0.0


def _entropy(counts: NDArray[np.int64], column: Column, level: float) -> Estimate:
    """Return the plug-in entropy of one column with its error bar."""
    from scipy.special import ndtri

    seen = counts[1:][counts[1:] > 0]
    n = int(seen.sum())
    value = _plugin_entropy(counts)
    shares = seen / n
    first = float((shares * (np.log(shares) + value) ** 2).sum()) / n
    second = (seen.size - 1) / (2.0 * n**2)  # all that is left where the levels are equally likely
    stderr = math.sqrt(first + second)
    reach = float(ndtri(0.5 + level / 2.0)) * stderr
    bias = (seen.size - 1) / (2.0 * n)
    notes: list[str] = []
    if column.edges is not None:
        notes.append(f"entropy of the column in {column.n_levels} bins")
    if bias > max(stderr, 0.01 * value):
        notes.append(f"too low by about {bias:.2g} nats: many levels for the rows (Miller 1955)")
    return Estimate(
        "entropy", value, "nats", stderr=stderr, method="plugin", n=n,
        interval=Interval(value - reach, value + reach, level, "delta method, second order"),
        settings={"levels": seen.size}, diagnostics={"miller_madow": value + bias},
        notes=tuple(notes),
    )  # fmt: skip
