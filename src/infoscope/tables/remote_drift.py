"""Two tables of which one at least is on an engine, as drift sees them: counts by common codes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from infoscope.core.extras import require
from infoscope.tables.bins import default_bins
from infoscope.tables.counts import PairTables
from infoscope.tables.drift_columns import _FEWEST_IDS, _bin_labels, _given, _text
from infoscope.tables.encoding import Request
from infoscope.tables.reading import Levels
from infoscope.tables.remote_engine import ColumnFacts, RemoteEngine, merge
from infoscope.tables.remote_kernel import Coding, ordered_keys, values_of_keys
from infoscope.tables.remote_open import is_remote, open_remote
from infoscope.tables.remote_reading import (
    Known,
    Told,
    cut_keys,
    number_edges,
    tell,
    words_as_values,
)
from infoscope.tables.remote_table import RemoteBackend, RemoteCodes, read_bins
from infoscope.tables.sources import open_source

__all__ = ["RemoteTwins", "TwoTables", "open_either", "read_remote_twins"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RemoteTwins:
    """One column in both tables, as `drift_columns.Twins` has it, by counts and without rows."""

    kind: str
    labels: tuple[str, ...]
    both: tuple[Integers, Integers]
    change: str = ""
    left_out: str = ""
    notes: tuple[str, ...] = ()
    is_binned: bool = False

    def counts(self) -> tuple[Integers, Integers]:
        """Return how often each code occurs in either table, null first."""
        return self.both


@dataclass(frozen=True, eq=False)
class _Plan:
    """A column before it is counted: labels, and how either table codes it."""

    kind: str
    labels: tuple[str, ...]
    codings: tuple[Coding, Coding] | None
    change: str = ""
    left_out: str = ""
    notes: tuple[str, ...] = ()
    is_binned: bool = False


@dataclass(frozen=True, eq=False)
class _Side:
    """One column of one table: words with codes, or numbers (with `keys` if written as text)."""

    words: Levels | None
    numbers: Known | None
    texts: list[str]
    present: NDArray[np.bool_] | None
    keys: Integers | None  # of each text that is a number
    rows: Integers
    notes: list[str]

    @property
    def word(self) -> str:
        """What to call its type."""
        if self.numbers is None:
            return "categorical"
        return "date" if self.numbers.kind == "M" else "numeric"


class TwoTables:
    """What the search for drifting pairs asks of codes: both tables, with their side as a column.

    The side has the number after the last column, and codes 1 (reference) and 2 (current).
    """

    def __init__(self, one: RemoteCodes, two: RemoteCodes) -> None:
        self._sides = one, two
        self.levels = np.append(one.levels, 2)

    def announce(self, requests: Sequence[tuple[Sequence[int], int, int]]) -> None:
        """Say what `against` will be asked, so that a job answers several."""
        for side in self._sides:
            side.announce([(which, given, None) for which, given, _ in requests])

    def crossed(self, given: Sequence[int], last: int) -> tuple[int, int]:
        """Return the column to count against, crossed with the side, and its levels."""
        assert last == len(self.levels) - 1
        return given[0], int(self.levels[given[0]])

    def against(self, which: Sequence[int] | Integers, fixed: int, levels: int) -> PairTables:
        """Return the tables of columns `which` by `fixed`, crossed with the side."""
        del levels
        width = int(self.levels[fixed])
        found = [side.against(which, side.column(fixed), width) for side in self._sides]
        table = np.concatenate([
            np.repeat(np.arange(len(each.pairs)), np.diff(each.offsets)) for each in found
        ])  # fmt: skip
        order = np.argsort(table, kind="stable")
        left = np.concatenate([each.left for each in found])[order]
        counts = np.concatenate([each.counts for each in found])[order]
        right = np.concatenate([each.right * 3 + k + 1 for k, each in enumerate(found)])[order]
        ends = found[0].offsets + found[1].offsets
        return PairTables(found[0].pairs, ends, left, right, counts)


def open_either(source: Any, **options: Any) -> RemoteEngine:
    """Return the engine of a table; a table on this machine goes to DuckDB in this process."""
    if is_remote(source):
        return open_remote(source)
    require("duckdb", extra="duckdb", purpose="comparing a table here with one on an engine")
    import ibis

    opened = open_source(source, **options)
    rows = pa.table([opened.column(i) for i in range(len(opened.names))], list(opened.names))
    engine = open_remote(ibis.memtable(rows))
    engine.label = opened.label
    return engine


def read_remote_twins(
    engines: Sequence[RemoteEngine], facts: Sequence[Sequence[ColumnFacts]], names: Sequence[str],
    *, kinds: Mapping[str, str] | None, bins: Any, markers: Collection[str],
) -> tuple[dict[str, RemoteTwins], TwoTables, dict[str, int]]:  # fmt: skip
    """Read columns of two tables alike; also return them together, with each column's number."""
    told: list[Told] = []
    for k, engine in enumerate(engines):
        asked = [
            Request(
                (kinds or {}).get(name), read_bins(bins, name) if k == 0 else 2, markers,
                is_target=True,
            ) if name in names else Request("identifier")
            for name in engine.names
        ]  # fmt: skip
        told.append(tell(engine, asked, facts[k]))
    plans: dict[str, _Plan] = {}
    for name in names:
        at = [engine.names.index(name) for engine in engines]
        plans[name] = _plan(
            name, [one.facts[c] for one, c in zip(told, at, strict=True)],
            [_side(one, c, engine.n_rows, kinds, markers)
             for one, c, engine in zip(told, at, engines, strict=True)],
            (kinds or {}).get(name), read_bins(bins, name), engines, at,
        )  # fmt: skip
    coded = [name for name in names if plans[name].codings is not None]
    backends = [
        RemoteBackend(
            engine,
            [cast("tuple[Coding, Coding]", plans[name].codings)[k] for name in coded],
            [engine.names.index(name) for name in coded],
        )
        for k, engine in enumerate(engines)
    ]
    totals = [backend.level_counts() for backend in backends]
    found: dict[str, RemoteTwins] = {}
    for name in names:
        plan = plans[name]
        if plan.codings is None:
            present = [
                one[engine.names.index(name)].present + one[engine.names.index(name)].nans
                for one, engine in zip(facts, engines, strict=True)
            ]
            one, two = (
                np.array([engine.n_rows - there, there], np.int64)
                for engine, there in zip(engines, present, strict=True)
            )
        else:
            one, two = (total[coded.index(name)] for total in totals)
        found[name] = RemoteTwins(
            plan.kind, plan.labels, (one, two), plan.change, plan.left_out, plan.notes,
            plan.is_binned,
        )  # fmt: skip
    tables = TwoTables(RemoteCodes(backends[0]), RemoteCodes(backends[1]))
    return found, tables, {name: i for i, name in enumerate(coded)}


def _side(
    told: Told, c: int, n: int, kinds: Mapping[str, str] | None, markers: Collection[str]
) -> _Side | None:
    """Return what one table tells of a column, or None if there is nothing to compare."""
    if c in told.numbers:
        known = told.numbers[c]
        return _Side(None, known, [], None, None, np.zeros(0, np.int64), list(known.notes))
    if c not in told.texts:
        return None
    texts, counts = told.texts[c]
    request = Request((kinds or {}).get(told.facts[c].name), None, markers)
    read, counts, notes = words_as_values(texts, counts, request)
    if isinstance(read, Levels):
        if not read.labels:
            return None
        return _Side(read, None, texts, None, None, counts, notes)
    kind = read.values.dtype.kind
    keys, _ = ordered_keys(pa.array(read.values), kind)
    if not keys.size:
        return None
    values = merge(keys, counts[read.present])
    known = Known(
        told.facts[c].name, kind, n, int(values[1].sum()), int(values[0][0]), int(values[0][-1]),
        kind == "i", values, values[0].size, [],
    )  # fmt: skip
    return _Side(None, known, texts, read.present, keys, counts, notes)


def _plan(
    name: str, facts: Sequence[ColumnFacts], sides: Sequence[_Side | None], kind: str | None,
    bins: Any, engines: Sequence[RemoteEngine], at: Sequence[int],
) -> _Plan:  # fmt: skip
    """Decide how a column is compared, by the rules of `drift_columns.read_twins`."""
    value = ("a value",)
    if kind in ("identifier", "text"):
        return _Plan(kind, value, None, "", f"read as {kind}: only its gaps are compared")
    one, two = sides
    if one is None or two is None:
        k = 0 if one is None else 1
        why = "values of type " + facts[k].type if facts[k].present else "nothing but nulls"
        if facts[k].kind == "words" and facts[k].present:
            why = f"about {facts[k].distinct} distinct values"
        side = ("in the reference", "in the current table")[k]
        change = ""
        if (one is None) != (two is None):
            change = f"{_named(one, facts[0])} in the reference, {_named(two, facts[1])} now"
        left_out = f"{why} {side}: only its gaps are compared"
        return _Plan(_named(one, facts[0]), value, None, change, left_out)
    notes = [f"reference: {note}" for note in one.notes]
    notes += [f"current: {note}" for note in two.notes]
    if one.word != two.word:
        change = f"{one.word} in the reference, {two.word} now"
        left_out = "another type than before: only its gaps are compared"
        return _Plan(one.word, value, None, change, left_out, tuple(notes))
    if one.words is not None and two.words is not None:
        return _plan_words(one, two, notes)
    return _plan_numbers(name, one, two, bins, notes, engines[1], at[1])


def _plan_words(one: _Side, two: _Side, notes: list[str]) -> _Plan:
    """Put both columns on the levels of the reference, new ones after them."""
    old, new = cast(Levels, one.words), cast(Levels, two.words)
    place = {label: i + 1 for i, label in enumerate(old.labels)}
    labels = [*old.labels, *(label for label in new.labels if label not in place)]
    place = {label: i + 1 for i, label in enumerate(labels)}
    codings: list[Coding] = []
    for side, read in ((one, old), (two, new)):
        lookup = [0, *(place[label] for label in read.labels)]
        words = {text: lookup[code] for text, code in zip(side.texts, read.codes, strict=True)}
        codings.append(Coding(len(labels), words=words))
    present = int(one.rows[old.codes > 0].sum())
    left_out = ""
    if present >= _FEWEST_IDS and len(old.labels) > present / 2:
        left_out = (
            f"{len(old.labels)} distinct values in {present} rows: compared as nothing but its gaps"
        )
    both = codings[0], codings[1]
    return _Plan("categorical", tuple(labels), both, "", left_out, tuple(notes))


def _plan_numbers(
    name: str, one: _Side, two: _Side, bins: Any, notes: list[str], engine: RemoteEngine, c: int
) -> _Plan:
    """Cut both columns where the reference has its bins."""
    old, new = cast(Known, one.numbers), cast(Known, two.numbers)
    date, whole = old.kind == "M", old.whole and new.whole
    dtype = np.dtype("datetime64[us]" if date else "int64" if whole else "float64")
    n, values = old.present, None if old.values is None else _plain(old.values[0], old.kind, dtype)
    ends = _plain(np.array([old.low, old.high]), old.kind, dtype)
    left_out = ""
    if whole and n >= _FEWEST_IDS and old.distinct == n and float(ends[1]) - float(ends[0]) < 2 * n:
        left_out = f"counts the rows ({n} distinct whole numbers): compared by its gaps only"
    wanted = bins if isinstance(bins, int) else default_bins(n)
    now = None if new.values is None else _plain(new.values[0], new.kind, dtype)
    few = values is not None and values.size <= wanted and not isinstance(bins, tuple)
    extra = None if now is None or values is None else np.setdiff1d(now, values)
    is_binned = not (few and extra is not None and extra.size <= wanted)
    if not is_binned:
        assert values is not None
        assert extra is not None
        every = np.sort(np.concatenate([values, extra]))
        labels = [_text(value, date) for value in every]
        cuts = every[1:]
    else:
        if isinstance(bins, tuple):
            edges = _given(name, bins, dtype)
        elif few and values is not None:
            edges = np.append(values, values[-1])
        else:
            keys = number_edges(old.low, old.high, n, wanted, old.values, old.cuts)
            edges = _plain(keys, old.kind, dtype)
        labels = _bin_labels(edges, whole=whole, date=date)
        cuts = edges[1:-1]
        beyond = _beyond(new, ends, engine, c)
        if beyond:
            notes.append(
                f"{beyond} of the current values lie beyond the reference's range "
                f"({_text(ends[0], date)} to {_text(ends[1], date)})"
            )
    codings = [_coding(side, cuts, len(labels)) for side in (one, two)]
    return _Plan(
        "date" if date else "numeric", tuple(labels), (codings[0], codings[1]), "", left_out,
        tuple(notes), is_binned,
    )  # fmt: skip


def _coding(side: _Side, cuts: NDArray[Any], levels: int) -> Coding:
    """Return how one table codes a column of numbers, which may be written as text."""
    kind = cast(Known, side.numbers).kind
    keys = cut_keys(cuts, kind) if cuts.size else np.zeros(0, np.int64)
    if side.keys is None or side.present is None:
        return Coding(levels, kind, keys)
    codes = np.zeros(len(side.texts), np.int64)
    codes[side.present] = np.searchsorted(keys, side.keys, side="right") + 1
    return Coding(levels, words=dict(zip(side.texts, codes.tolist(), strict=True)))


def _beyond(new: Known, ends: NDArray[Any], engine: RemoteEngine, c: int) -> int:
    """Count current values outside of the reference's range."""
    low = cut_keys(ends[:1], new.kind)[0]
    high = cut_keys(ends[1:], new.kind, up=False)[0]
    if new.low >= low and new.high <= high:
        return 0
    if new.values is not None:
        keys, counts = new.values
        return int(counts[(keys < low) | (keys > high)].sum())
    kind = "f" if ends.dtype.kind == "f" else new.kind
    return engine.beyond(c, ends[0], ends[1], kind)


def _plain(keys: Integers, kind: str, dtype: np.dtype[Any]) -> NDArray[Any]:
    return values_of_keys(keys, kind).astype(dtype)


def _named(side: _Side | None, facts: ColumnFacts) -> str:
    if side is not None:
        return side.word
    return "nested" if facts.present else "empty"
