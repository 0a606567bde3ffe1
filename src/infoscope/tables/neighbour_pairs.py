"""Measure pairs with a column of numbers by nearest neighbours instead of by their bins."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.core.progress import Progress
from infoscope.core.result import Estimate
from infoscope.estimate import benjamini_hochberg, independence_test, mutual_information
from infoscope.estimate.threads import in_order
from infoscope.tables.chunks import ColumnChunks
from infoscope.tables.columns import Column
from infoscope.tables.contingency import P_RULES
from infoscope.tables.matrix import MutualInformation
from infoscope.tables.reading import Numbers, read_numbers, read_text
from infoscope.tables.source_columns import Source

__all__ = ["MOST_ROWS", "NUMERIC", "check_numeric", "measure_by_neighbours"]

#: How pairs with a column of numbers can be measured.
NUMERIC = ("bins", "knn")
#: Rows up to which neighbours are searched: a pair costs about 10 microseconds a row, 30 with ties.
MOST_ROWS = 50_000

_FEWEST_ROWS = 50  # the law of the neighbours' statistic was simulated from here on
_BY_LAW = P_RULES.index("nearest neighbours: simulated law of untied columns")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Pair:
    """What neighbours say about one pair; without `estimate`, `why` they say nothing."""

    at: tuple[int, int]
    estimate: Estimate | None
    p_value: float | None = None
    why: str = ""


def check_numeric(numeric: str, n_rows: int) -> None:
    """Raise unless `numeric` is one of `NUMERIC`, and affordable.

    Raises
    ------
    UnknownName
        If there is no such way.
    InvalidArgument
        If the rows are too many for neighbours.
    """
    if numeric not in NUMERIC:
        raise UnknownName(sentence(
            "scan", "numeric", f"be one of {', '.join(NUMERIC)}", repr(numeric)
        ))  # fmt: skip
    if numeric == "knn" and n_rows > MOST_ROWS:
        raise InvalidArgument(sentence(
            "scan", "numeric", f"be 'bins' above {MOST_ROWS} rows", f"'knn' for {n_rows} rows",
            "Scan a random sample of the rows, or leave it at 'bins': with so many rows they "
            "lose little.",
        ))  # fmt: skip


def measure_by_neighbours(
    matrix: MutualInformation,
    source: Source,
    mapped: Sequence[Column],
    codes: Sequence[NDArray[Any]],
    *,
    markers: Collection[str],
    seed: int,
    threads: int = 1,
    progress: bool | None = None,
) -> tuple[MutualInformation, tuple[str, ...]]:
    """Return the map with every pair that holds a binned column measured anew, and notes.

    Two columns of numbers go to `estimate.mutual_information` as measurements (method "auto"), one
    of numbers and one of labels to its method "ross", or "mixed" if numbers repeat: rounded to two
    decimals, 1000 normal numbers independent of two labels get 0.17 nats from the first, 0.00 from
    the second. The p-value is that of `estimate.independence_test` for two untied columns of at
    least 50 rows, else that of the bins.

    Parameters
    ----------
    matrix : MutualInformation
        The map in nats, by counts.
    source : Source
        Where the numbers are read from again.
    mapped : sequence of Column
        Columns of the map.
    codes : sequence of integer arrays
        Their codes (n,), 0 = null.
    markers : collection of str
        Texts read as null.
    seed : int
        Seed of the half-samples behind standard errors.
    threads : int
        Pairs worked on at once; no number depends on it.
    progress : bool, optional
        Show a progress bar.
    """
    numbers: dict[int, Floats] = {}
    infinite: list[str] = []
    for c, column in enumerate(mapped):
        if column.edges is None:
            continue
        values = _numbers(source.chunks(source.names.index(column.name)), markers)
        if values is None or np.isinf(values).any():
            infinite.append(column.name)
        else:
            numbers[c] = values
    jobs = [
        at for at in combinations(range(len(mapped)), 2) if at[0] in numbers or at[1] in numbers
    ]

    def one(at: tuple[int, int]) -> _Pair:
        return _measured(at, numbers, codes, seed, matrix.level)

    arrays = {
        name: np.array(getattr(matrix, name))
        for name in (
            "plugin", "corrected", "stderr", "low", "high", "p_value", "expected", "entropy", "rule"
        )
    }  # fmt: skip
    used: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    by_law = 0
    with Progress(len(jobs), "measuring", "pairs", show=progress) as bar:
        for pair in in_order(one, iter(jobs), threads):
            bar.advance()
            if pair.estimate is None:
                failed[pair.why] += 1
                continue
            used[pair.estimate.method] += 1
            by_law += pair.p_value is not None
            _put(arrays, pair, numbers)
    upper = np.triu_indices(len(mapped), k=1)
    q = np.full_like(arrays["p_value"], np.nan)
    q[upper] = benjamini_hochberg(arrays["p_value"][upper])
    q.T[upper] = q[upper]
    notes: list[str] = []
    if used:
        ways = ", ".join(f"{name} {count}" for name, count in sorted(used.items()))
        notes.append(
            f"pairs with a column of numbers were measured by nearest neighbours ({ways}), not in "
            f"bins; p-values: {by_law} by the simulated law of untied columns (an extrapolation "
            f"below 0.001), {sum(used.values()) - by_law} by the bins"
        )
    for why, count in failed.items():
        notes.append(f"{count} {'pair' if count == 1 else 'pairs'} left in bins: {why}")
    if infinite:
        notes.append(f"left in bins, since they hold infinite values: {', '.join(infinite)}")
    return replace(matrix, q_value=q, **arrays), tuple(notes)


def _numbers(column: ColumnChunks, markers: Collection[str]) -> Floats | None:
    """Return the numbers of a column, NaN for null; None if it holds none."""
    kind = column.type
    words = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    read = read_text(column, markers) if words else read_numbers(column)
    if not isinstance(read, Numbers):
        return None
    values = read.values
    out = np.full(read.present.size, np.nan)
    if values.dtype.kind == "M":  # from the first one on: a double cannot tell two late dates apart
        out[read.present] = (values - values.min()).astype(np.int64)
    else:
        out[read.present] = values
    return out


def _measured(
    at: tuple[int, int], numbers: dict[int, Floats], codes: Sequence[NDArray[Any]], seed: int,
    level: float,
) -> _Pair:  # fmt: skip
    """Measure one pair on the rows in which both are present."""
    i, j = at if at[0] in numbers else at[::-1]
    x, both = numbers[i], j in numbers
    other = numbers[j] if both else np.asarray(codes[j])
    keep = ~np.isnan(x) & (~np.isnan(other) if both else other > 0)
    x, y = x[keep], other[keep].astype(np.float64 if both else np.int64)
    untied = _untied(x)
    method = "auto" if both else "ross" if untied else "mixed"  # ties lift ross far above 0
    try:
        found = mutual_information(
            x, y, method=method, discrete_x=False, discrete_y=not both,
            interval=level, rng=seed,
        )  # fmt: skip
        if not (both and x.size >= _FEWEST_ROWS and untied and _untied(y)):
            return _Pair(at, found)
        test = independence_test(
            x, y, method="ksg", null="table", discrete_x=False, discrete_y=False, rng=seed
        )
        return _Pair(at, found, test.p_value)
    except InvalidArgument as error:
        return _Pair(at, None, why=str(error))


def _untied(values: NDArray[Any]) -> bool:
    return np.unique(values).size == values.size


def _put(arrays: dict[str, NDArray[Any]], pair: _Pair, numbers: dict[int, Floats]) -> None:
    """Write one pair into the square arrays; numbers have no entropy to share: it is infinite."""
    found = pair.estimate
    if found is None:
        return
    i, j = pair.at
    value = float(found)
    fresh = {
        "plugin": value, "corrected": value, "expected": 0.0,
        "stderr": math.nan if found.stderr is None else found.stderr,
        "low": math.nan if found.interval is None else found.interval.low,
        "high": math.nan if found.interval is None else found.interval.high,
    }  # fmt: skip
    if pair.p_value is not None:
        fresh |= {"p_value": pair.p_value, "rule": _BY_LAW}
    for name, entry in fresh.items():
        arrays[name][i, j] = arrays[name][j, i] = entry
    for one, other in ((i, j), (j, i)):
        if one in numbers:
            arrays["entropy"][one, other] = math.inf
