"""`drift`: what changed between a reference table and a current one, column by column."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import DataError, UnknownName, sentence
from infoscope.core.progress import Progress
from infoscope.core.result import Estimate, Interval
from infoscope.estimate.independence import benjamini_hochberg
from infoscope.estimate.many_tables import FIELDS, pair_statistics
from infoscope.tables.arguments import check_kinds, check_open_share, close_names, seed_of
from infoscope.tables.conditional_counts import CodedTable
from infoscope.tables.drift_columns import Twins, read_twins
from infoscope.tables.drift_result import ColumnDrift, DriftReport
from infoscope.tables.drift_statistics import Divergence, divergences
from infoscope.tables.matrix import UNRELIABLE
from infoscope.tables.reading import NULL_MARKERS
from infoscope.tables.remote_open import is_remote
from infoscope.tables.selection_input import Bins
from infoscope.tables.selection_interactions import Interaction, search_pairs
from infoscope.tables.sources import Source, open_source

if TYPE_CHECKING:  # the engine needs Ibis
    from infoscope.tables.remote_engine import RemoteEngine

__all__ = ["drift"]

_MOST_COLUMNS_IN_PAIRS = 40


def drift(
    reference: str | Path | Any,
    current: str | Path | Any,
    *,
    columns: Collection[str] | None = None,
    pairs: bool | None = None,
    level: float = 0.05,
    bins: Bins = None,
    kinds: Mapping[str, str] | None = None,
    null_markers: Collection[str] = NULL_MARKERS,
    delimiter: str | None = None,
    header: bool = True,
    names: Sequence[str] | None = None,
    encoding: str = "utf-8",
    interval: float = 0.95,
    rng: int | np.random.Generator | None = None,
    progress: bool | None = None,
) -> DriftReport:
    """Compare the columns of two tables, and how the columns go together in each.

    JS = H((p + q)/2) - H(p)/2 - H(q)/2;  KL = sum q log(q/p);  PSI = sum (q - p) log(q/p)

    Parameters
    ----------
    reference, current : path, data frame, Arrow table, Ibis table or dict of columns
        As `scan` takes them, tables on an engine included (one or both); p is the reference's law,
        q the current one's.
    columns : collection of str, optional
        Compare only these; by default all that both tables have.
    pairs : bool, optional
        Look for pairs of columns whose dependence changed; by default with at most 40 columns.
    level : float
        False discovery rate at which a column is said to have drifted, in (0, 1).
    bins : int, or mapping of column name to int or edges, optional
        Equal-frequency bins of the reference's numbers; n^(1/3), between 5 and 32, by default.
        They are frozen: the current values are cut at the same edges, those beyond the ends go to
        the outermost bins, with a note.
    kinds : mapping of column name to kind, optional
        "categorical" reads numbers as names; "identifier" and "text" leave a column out.
    null_markers, delimiter, header, names, encoding
        As `scan` takes them, for both tables.
    interval : float
        Coverage of the intervals, in (0, 1).
    rng : int, Generator or None
        Decides the random tables behind the few Monte Carlo p-values; None means 0.
    progress : bool, optional
        Show a progress bar; by default only in a terminal.

    Returns
    -------
    DriftReport
        In nats; columns by effect, largest first. New and vanished categories, changed types, and
        columns that only one table has are named.

    Raises
    ------
    DataError
        If a source cannot be read or has no rows, or the two have no column in common.
    UnknownName
        If `columns`, `kinds` or `bins` name a column that is not in both.
    InvalidArgument
        If an option has a value that cannot be used.

    Notes
    -----
    The values are corrected by what they would be on average if nothing had drifted, so that few
    rows or many levels do not look like drift; p-values are exact for two levels, and otherwise
    come from the law of the statistic given the pooled counts. A p-value says whether, the
    divergence says how much: with many rows a harmless change is significant. Cost: one pass over
    the rows for each column, and one for each pair.

    Source
    ------
    Lin (1991), IEEE Transactions on Information Theory 37, for the Jensen-Shannon divergence;
    Benjamini & Hochberg (1995), JRSS B 57.

    Examples
    --------
    >>> before = {"sky": ["blue", "grey"] * 50}
    >>> after = {"sky": ["blue", "grey", "grey", "green"] * 25}
    >>> found = drift(before, after)
    >>> found["sky"].new, found["sky"].q_value < 0.01
    ((('green', 25),), True)
    """
    _check(level, interval, kinds)
    seed = seed_of(rng, "drift")
    options: dict[str, Any] = {
        "delimiter": delimiter, "header": header, "names": names, "encoding": encoding,
    }  # fmt: skip
    before: Source | RemoteEngine
    now: Source | RemoteEngine
    remote = is_remote(reference) or is_remote(current)
    if remote:
        from infoscope.tables import remote_drift

        before, now = (remote_drift.open_either(each, **options) for each in (reference, current))
        facts = [before.facts(), now.facts()]
        said = ((), ())
    else:
        before, now = (
            open_source(each, function="drift", **options) for each in (reference, current)
        )
        facts, said = [], (before.notes, now.notes)
    for argument, table in (("reference", before), ("current", now)):
        if not table.n_rows:
            raise DataError(sentence("drift", argument, "have rows", f"none in {table.label!r}"))
    shared = _shared(before.names, now.names, columns, bins, kinds)
    notes = [f"reference: {note}" for note in said[0]]
    notes += [f"current: {note}" for note in said[1]]
    found: list[ColumnDrift] = []
    twins: dict[str, Any] = {}
    both_tables: tuple[Any, dict[str, int]] | None = None
    if remote:
        from infoscope.tables import remote_drift

        twins, both, place_of = remote_drift.read_remote_twins(
            cast("Any", (before, now)), facts, shared, kinds=kinds, bins=bins,
            markers=null_markers,
        )  # fmt: skip
        both_tables = both, place_of
    with Progress(len(shared), "comparing", "columns", show=progress) as bar:
        for place, name in enumerate(shared):
            if isinstance(before, Source) and isinstance(now, Source):
                asked = bins.get(name) if isinstance(bins, Mapping) else bins
                twins[name] = read_twins(
                    name, before.column(before.names.index(name)),
                    now.column(now.names.index(name)), kind=(kinds or {}).get(name),
                    markers=null_markers,
                    bins=asked if asked is None or isinstance(asked, int) else tuple(asked),
                )  # fmt: skip
            found.append(_compare(name, twins[name], interval, level, seed + 3 * place))
            bar.advance()
    q = benjamini_hochberg(np.array([each.p_value for each in found]))
    gaps = benjamini_hochberg(np.array([each.missing_p_value for each in found]))
    found = [
        _with(each, q_value=float(one), missing_q_value=float(two))
        for each, one, two in zip(found, q, gaps, strict=True)
    ]
    joint: list[Interaction] = []
    apart = [name for name in shared if _usable(twins[name])]
    if pairs or (pairs is None and 2 <= len(apart) <= _MOST_COLUMNS_IN_PAIRS):
        joint = (
            _pairs(apart, twins, before.n_rows, now.n_rows, interval, seed, progress)
            if both_tables is None
            else _remote_pairs(apart, *both_tables, interval, seed, progress)
        )
    elif pairs is None and len(apart) > 2:
        notes.append(
            f"{len(apart)} columns: pairs were not compared (more than {_MOST_COLUMNS_IN_PAIRS}); "
            "pass pairs=True to do so"
        )
    found.sort(key=_largest_first)
    notes += [each.came_back() for each in (before, now) if not isinstance(each, Source)]
    notes += [f"{each.column}: {note}" for each in found for note in each.notes]
    return DriftReport(
        before.label, now.label, before.n_rows, now.n_rows, tuple(found), tuple(joint),
        tuple(name for name in before.names if name not in now.names),
        tuple(name for name in now.names if name not in before.names), level, tuple(notes),
    )  # fmt: skip


def _compare(name: str, twins: Twins, coverage: float, level: float, seed: int) -> ColumnDrift:
    """Compare one column."""
    one, two = twins.counts()
    notes = list(twins.notes)
    if twins.left_out:
        notes.append(twins.left_out)
    used = not twins.left_out
    if used and not (one[1:].any() and two[1:].any()):
        used = False
        notes.append("nothing but nulls in one of the tables: only its gaps are compared")
    if used:
        got = divergences(one[1:], two[1:], coverage=coverage, level=level, seed=seed)
    else:
        got = {key: Divergence(*[math.nan] * 8) for key in ("js", "kl", "psi")}
    n1, n2 = int(one[1:].sum()), int(two[1:].sum())
    if used and got["js"].expected > UNRELIABLE:
        notes.append(
            "unreliable: two samples of one law would differ by "
            f"{got['js'].expected:.2f} nats on average (too many levels for the rows)"
        )
    new: list[tuple[str, int]] = []
    vanished: list[tuple[str, int]] = []
    if used and not twins.is_binned:
        for label, a, b in zip(twins.labels, one[1:].tolist(), two[1:].tolist(), strict=True):
            if b and not a:
                new.append((label, b))
            elif a and not b:
                vanished.append((label, a))
    elif used and twins.labels[-1] == "not a number" and two[-1]:
        new.append((twins.labels[-1], int(two[-1])))
    new.sort(key=lambda each: -each[1])
    vanished.sort(key=lambda each: -each[1])
    return ColumnDrift(
        name, twins.kind,
        _estimate("Jensen-Shannon divergence", got["js"], coverage, n1 + n2),
        _estimate("KL divergence of current from reference", got["kl"], coverage, n1 + n2),
        _estimate("population stability index", got["psi"], coverage, n1 + n2),
        got["js"].p_value, math.nan, float(one[0] / max(one.sum(), 1)),
        float(two[0] / max(two.sum(), 1)), _gap_p(one, two), math.nan,
        twins.labels if used else (), tuple(one[1:].tolist()) if used else (),
        tuple(two[1:].tolist()) if used else (), tuple(new), tuple(vanished), twins.change, used,
        tuple(notes),
    )  # fmt: skip


def _estimate(quantity: str, got: Divergence, coverage: float, n: int) -> Estimate:
    known = not math.isnan(got.plugin)
    return Estimate(
        quantity, got.corrected, "nats", stderr=got.stderr if known else None,
        interval=Interval(got.low, got.high, coverage, "score, fixed margins") if known else None,
        method="plugin minus its mean without drift", n=n,
        diagnostics={
            "plugin": got.plugin, "expected": got.expected, "p_value": got.p_value,
            "limit": got.limit,
        },
    )  # fmt: skip


def _gap_p(one: NDArray[np.int64], two: NDArray[np.int64]) -> float:
    """Return the p-value of equal shares of gaps, by enumeration; 1 where there is none."""
    cells = np.array([one[0], one[1:].sum(), two[0], two[1:].sum()], np.int64)
    filled = np.flatnonzero(cells)
    out = np.zeros((1, len(FIELDS)))
    pair_statistics(
        np.array([0, filled.size]), filled // 2 + 1, filled % 2 + 1, cells[filled],
        np.array([[2, 2]]), out,
    )  # fmt: skip
    p = float(out[0, FIELDS.index("enumerated_p")])
    return 1.0 if math.isnan(p) else p


def _usable(twins: Twins) -> bool:
    """Say whether a column can take part in pairs."""
    if twins.left_out:
        return False
    one, two = twins.counts()
    return bool(one[1:].any() and two[1:].any() and ((one + two)[1:] > 0).sum() > 1)


def _pairs(
    names: Sequence[str], twins: Mapping[str, Twins], n1: int, n2: int, coverage: float, seed: int,
    progress: bool | None,
) -> list[Interaction]:  # fmt: skip
    """Return the synergy of every pair of columns about which table a row comes from."""
    codes: list[NDArray[np.integer]] = [
        np.concatenate([twins[name].reference, twins[name].current]) for name in names
    ]
    side = np.concatenate([np.full(n1, 1, np.int32), np.full(n2, 2, np.int32)])
    table = CodedTable([*codes, side], [*(len(twins[name].labels) for name in names), 2])
    which = list(range(len(names)))
    return search_pairs(
        table, names, len(names), which, level=coverage, seed=seed, progress=progress
    )


def _remote_pairs(
    names: Sequence[str], table: Any, place: Mapping[str, int], coverage: float, seed: int,
    progress: bool | None,
) -> list[Interaction]:  # fmt: skip
    """Return the same for tables on an engine."""
    which = [place[name] for name in names]
    every = list(place)
    return search_pairs(table, every, len(every), which, level=coverage, seed=seed,
                        progress=progress)  # fmt: skip


def _with(each: ColumnDrift, **changes: float) -> ColumnDrift:
    from dataclasses import replace

    return replace(each, **changes)


def _largest_first(each: ColumnDrift) -> tuple[bool, bool, float]:
    value = float(each.jensen_shannon)
    unknown = math.isnan(value)
    return unknown, not each.change, 0.0 if unknown else -value


def _shared(
    before: Sequence[str], now: Sequence[str], columns: Collection[str] | None, bins: Bins,
    kinds: Mapping[str, str] | None,
) -> list[str]:  # fmt: skip
    """Return the columns of both tables, in the order of the reference."""
    both = [name for name in before if name in now]
    asked = {
        "columns": list(columns or []), "kinds": list(kinds or {}),
        "bins": list(bins) if isinstance(bins, Mapping) else [],
    }  # fmt: skip
    for argument, wanted in asked.items():
        for name in wanted:
            if name not in both:
                raise UnknownName(sentence(
                    "drift", argument, "name columns of both tables", repr(name),
                    close_names(name, tuple(both)),
                ))  # fmt: skip
    if not both:
        raise DataError(sentence(
            "drift", "current", "share a column with the reference",
            f"{', '.join(map(repr, now[:5]))} against {', '.join(map(repr, before[:5]))}",
        ))  # fmt: skip
    return both if columns is None else [name for name in both if name in set(columns)]


def _check(level: float, interval: float, kinds: Mapping[str, str] | None) -> None:
    check_open_share("level", level, "drift")
    check_open_share("interval", interval, "drift")
    check_kinds(kinds, "drift")
