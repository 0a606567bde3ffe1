"""From counts of values to a column: kind, bins and codes, decided as for rows on this machine.

The local reader sees every row, an engine tells how often each value occurs: the rules are the
same, with rows as weights. Values that are too many to come back are known by order statistics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from infoscope.tables.bins import default_bins
from infoscope.tables.columns import Column, Kind
from infoscope.tables.encoding import (
    _MOST_LABELS,
    Request,
    _are_ids,
    _given_edges,
    _shown,
    _texts,
    kind_of_words,
)
from infoscope.tables.reading import MOST_LEVELS, Numbers, read_levels, read_text
from infoscope.tables.remote_engine import Answer, ColumnFacts, Cuts, RemoteEngine, merge
from infoscope.tables.remote_kernel import Coding, ordered_keys, values_of_keys

__all__ = [
    "Known",
    "Read",
    "Told",
    "cut_keys",
    "number_edges",
    "read_columns",
    "tell",
    "weighted_edges",
    "words_as_values",
]

Integers = NDArray[np.int64]

_FEW_VALUES = 4096  # distinct numbers that come back as they are


@dataclass(frozen=True, eq=False)
class Read:
    """A column as an engine tells of it: its description, how to code it, rows by code."""

    column: Column
    coding: Coding | None


@dataclass(eq=False)
class Known:
    """What came back about one column of numbers."""

    name: str
    kind: str  # "i", "f" or "M"
    rows: int
    present: int
    low: int
    high: int
    whole: bool
    values: Answer | None  # keys and rows, if they are few
    distinct: int  # exact where `values` is there, or where all are different
    notes: list[str]
    cuts: Cuts | None = None
    boolean: bool = False
    beyond: int | None = None


@dataclass(frozen=True, eq=False)
class Told:
    """What came back about all columns: facts, numbers, and distinct texts with their rows."""

    facts: Sequence[ColumnFacts]
    numbers: Mapping[int, Known]
    texts: Mapping[int, tuple[list[str], Integers]]


def tell(engine: RemoteEngine, requests: Sequence[Request], facts: Sequence[ColumnFacts]) -> Told:
    """Ask an engine for the distinct values of columns, or for order statistics of many numbers.

    Texts come back if there are up to 2^20 of them, numbers up to 4,096.
    """
    n = engine.n_rows
    asked = dict(enumerate(requests))
    words = [
        c for c, f in enumerate(facts)
        if f.kind == "words" and f.present and asked[c].kind not in ("identifier", "text")
        and (f.distinct <= 1.1 * MOST_LEVELS or asked[c].kind or asked[c].is_target)
    ]  # fmt: skip
    counted = {
        c: f for c, f in enumerate(facts)
        if f.kind not in ("", "words") and f.present and _comes_back(f, asked[c])
    }  # fmt: skip
    numbers = engine.number_counts(counted)
    texts = engine.word_counts(words)
    known = {
        c: _known(f, n, numbers.get(c)) for c, f in enumerate(facts)
        if f.kind not in ("", "words") and f.present
    }  # fmt: skip
    _settle_ids(engine, known, asked)
    ranks = {
        c: _ranks(each, asked[c]) for c, each in known.items()
        if each.values is None and not isinstance(asked[c].bins, tuple)
        and asked[c].kind not in ("identifier", "text") and not _is_id(each, asked[c])
    }  # fmt: skip
    for c, cuts in engine.orders(ranks, facts).items():
        known[c].cuts = cuts
    return Told(facts, known, texts)


def read_columns(engine: RemoteEngine, requests: Sequence[Request]) -> list[Read]:
    """Describe every column of an engine's table, and freeze its bins or labels."""
    told = tell(engine, requests, engine.facts())
    n, facts, known, texts = engine.n_rows, told.facts, told.numbers, told.texts
    asked = dict(enumerate(requests))
    found: list[Read] = []
    for c, f in enumerate(facts):
        request = asked[c]
        if f.kind == "":
            note = "nothing but nulls" if not f.present else f"values of type {f.type}"
            kind: Kind = "empty" if not f.present else "nested"
            tail = "left out of the map" if not f.present else "left out"
            found.append(_out(f.name, kind, 0, n - f.present, f"{note}: {tail}"))
        elif not f.present:
            notes = [f"{f.nans} NaN read as null"] if f.nans else []
            note = "nothing but nulls: left out of the map"
            found.append(_out(f.name, "empty", 0, n, *notes, note))
        elif c in known:
            found.append(_read_numbers(known[c], request, engine, c))
        elif c in texts:
            found.append(_read_words(f.name, n, *texts[c], request))
        elif request.kind in ("identifier", "text"):
            what = "free text" if request.kind == "text" else "looks like an identifier"
            note = f"{what} (about {f.distinct} distinct values in {f.present} rows)"
            missing = n - f.present
            found.append(
                _out(f.name, request.kind, f.distinct, missing, f"{note}: left out of the map")
            )
        else:
            note = f"more than {MOST_LEVELS} distinct values: left out of the map"
            found.append(_out(f.name, "identifier", f.distinct, n - f.present, note))
    return found


def _comes_back(facts: ColumnFacts, request: Request) -> bool:
    """Say whether a column of numbers has few enough distinct values to be told in full."""
    wanted = request.bins if isinstance(request.bins, int) else 0
    most = max(_FEW_VALUES, 2 * wanted)
    if request.kind in ("categorical", "ordinal", "boolean"):
        most = MOST_LEVELS
    return facts.kind == "b" or facts.distinct <= most


def _known(facts: ColumnFacts, n: int, values: Answer | None) -> Known:
    notes = [f"{facts.nans} NaN read as null"] if facts.nans else []
    kind = facts.numbers
    if facts.infinite:
        notes.append(f"{facts.infinite} infinite values kept as the most extreme ones")
    whole = kind == "i"
    if kind == "f" and not facts.infinite and not facts.fractions:
        ends = values_of_keys(np.array([facts.low, facts.high]), "f")
        whole = bool(np.abs(ends).max() < 2**53)
    distinct = facts.distinct if values is None else values[0].size
    return Known(
        facts.name, kind, n, facts.present, facts.low, facts.high, whole, values, distinct, notes,
        boolean=facts.kind == "b",
    )  # fmt: skip


def _settle_ids(engine: RemoteEngine, known: dict[int, Known], asked: dict[int, Request]) -> None:
    """Ask for exact distinct counts where a column of whole numbers may count the rows."""
    unsure = [
        c for c, each in known.items()
        if each.values is None and each.whole and asked[c].kind is None and not asked[c].is_target
        and each.distinct > 0.8 * each.present
        and _are_ids(each.name, _ends(each), each.present, each.present)
    ]  # fmt: skip
    for c, exact in zip(unsure, engine.distinct(unsure) if unsure else [], strict=True):
        known[c].distinct = exact


def _ends(each: Known) -> NDArray[np.generic]:
    ends = values_of_keys(np.array([each.low, each.high]), each.kind)
    return ends.astype(np.int64) if each.whole else ends


def _is_id(each: Known, request: Request) -> bool:
    if request.kind is not None or not each.whole or request.is_target:
        return False
    return _are_ids(each.name, _ends(each), each.distinct, each.present)


def _ranks(each: Known, request: Request) -> Integers:
    """Return the ranks (from 0) of the values that could become edges."""
    k = request.bins if isinstance(request.bins, int) else default_bins(each.present)
    wanted = np.arange(1, k) * each.present / k
    return np.minimum(np.rint(wanted).astype(np.int64), each.present - 1)


def number_edges(
    low: int, high: int, n: int, k: int, values: Answer | None, cuts: Cuts | None
) -> Integers:
    """Return the keys of the edges of at most `k` bins of nearly equal counts.

    By the same rule as `bins.equal_frequency_edges`: runs of equal values never split.
    """
    wanted = np.arange(1, k) * n / k
    if values is not None:
        return weighted_edges(*values, k)
    assert cuts is not None
    later = (cuts.after - wanted < wanted - cuts.first) | (cuts.first == 0)
    starts = np.where(later, cuts.after, cuts.first)
    edge = np.where(later, cuts.following, cuts.values)
    keep = (starts > 0) & (starts < n)
    return np.concatenate([[low], np.unique(edge[keep]), [high]])


def cut_keys(edges: NDArray[Any], kind: str, *, up: bool = True) -> Integers:
    """Return edges as ordered keys of a column's kind; whole numbers reach 2.5 at 3.

    >>> cut_keys(np.array([1.0, 2.5]), "i").tolist()
    [1, 3]
    """
    if kind == "i" and edges.dtype.kind == "f":
        whole = np.ceil(edges) if up else np.floor(edges)
        inside = np.clip(whole, -(2.0**63), 2.0**63 - 1024)
        return inside.astype(np.int64)
    if kind == "f" and edges.dtype.kind != "f":
        edges = edges.astype(np.float64)
    return ordered_keys(pa.array(edges), kind)[0]


def weighted_edges(keys: Integers, counts: Integers, k: int) -> Integers:
    """Return the edges of at most `k` bins of values that occur `counts` times.

    >>> weighted_edges(np.array([1, 2, 3, 4, 5]), np.array([4, 1, 1, 1, 1]), 4).tolist()
    [1, 2, 4, 5]
    """
    ends = np.cumsum(counts)
    n = int(ends[-1])
    wanted = np.arange(1, k) * n / k
    ranks = np.minimum(np.rint(wanted).astype(np.int64), n - 1)
    at = np.searchsorted(ends, ranks, side="right")
    following = np.append(keys, keys[-1])[at + 1]
    cuts = Cuts(keys[at], (ends - counts)[at], ends[at], following)
    return number_edges(int(keys[0]), int(keys[-1]), n, k, None, cuts)


def _read_numbers(each: Known, request: Request, engine: RemoteEngine, c: int) -> Read:
    """Give numbers or dates their kind, bins and coding: the rules of the local reader."""
    notes, n, missing = list(each.notes), each.present, each.rows - each.present
    if each.boolean and request.kind is None:
        request = replace(request, kind="boolean")
    wanted = request.bins if isinstance(request.bins, int) else default_bins(n)
    few = each.values is not None and each.distinct <= wanted
    date = each.kind == "M"
    kind: Kind = "date" if date else "ordinal" if each.whole and few else "numeric"
    ends = _ends(each)
    if each.whole and each.distinct == 2 and ends[0] == 0 and ends[1] == 1:
        kind = "boolean"
    if request.kind is not None:
        kind = cast(Kind, request.kind)
    elif _is_id(each, request):
        kind = "identifier"
    if kind in ("identifier", "text"):
        note = f"looks like an identifier ({each.distinct} distinct values in {n} rows)"
        return _out(each.name, kind, each.distinct, missing, *notes, f"{note}: left out of the map")
    dtype = np.dtype("datetime64[us]" if date else "int64" if each.whole else "float64")
    given = isinstance(request.bins, tuple)
    if (kind not in ("numeric", "date") or few) and not given:
        if each.values is None:
            note = f"about {each.distinct} distinct values, more than {MOST_LEVELS}"
            return _out(each.name, kind, each.distinct, missing, *notes, f"{note}: left out")
        keys = each.values[0]
        distinct = values_of_keys(keys, each.kind).astype(dtype)
        notes += ["constant"] if keys.size == 1 else []
        labels = tuple(_texts(distinct)) if keys.size <= _MOST_LABELS else None
        column = Column(each.name, kind, keys.size, missing, None, "; ".join(notes), labels=labels)
        return Read(column, Coding(keys.size, each.kind, keys[1:]))
    if given:
        edges = _given_edges(each.name, cast("tuple[float | str, ...]", request.bins), dtype)
        keys = cut_keys(edges, each.kind)
        beyond = _beyond(each, keys, edges, engine, c)
        if beyond:
            notes.append(f"{beyond} values beyond the given edges counted in the outermost bins")
    else:
        keys = number_edges(each.low, each.high, n, wanted, each.values, each.cuts)
        edges = values_of_keys(keys, each.kind).astype(dtype)
        if each.cuts is not None and not each.cuts.exact:
            notes.append("edges from the engine's approximate quantiles")
    column = Column(each.name, kind, keys.size - 1, missing, _shown(edges), "; ".join(notes))
    return Read(column, Coding(keys.size - 1, each.kind, keys[1:-1]))


def _beyond(each: Known, keys: Integers, edges: NDArray[Any], engine: RemoteEngine, c: int) -> int:
    """Count values outside of given edges."""
    if each.values is not None:
        values, counts = each.values
        last = cut_keys(edges[-1:], each.kind, up=False)[0]
        return int(counts[(values < keys[0]) | (values > last)].sum())
    if each.low >= keys[0] and each.high < keys[-1]:
        return 0
    kind = "f" if edges.dtype.kind == "f" else each.kind
    return engine.beyond(c, edges[0], edges[-1], kind)


def words_as_values(
    texts: list[str], counts: Integers, request: Request
) -> tuple[Any, Integers, list[str]]:
    """Read distinct texts as numbers, dates or levels; say which texts were read as null.

    Returned are `Numbers` or `Levels` over the texts, the rows of each text, and notes.
    """
    column = pa.chunked_array([pa.array(texts, pa.large_string())])
    if request.kind == "categorical":
        read: Any = read_levels(column, request.markers)
    else:
        read = read_text(column, request.markers)
    markers = set(request.markers)
    marked: dict[str, int] = {}
    for text, count in zip(texts, counts.tolist(), strict=True):
        if text.strip() in markers:
            marked[text.strip()] = marked.get(text.strip(), 0) + count
    notes = [note for note in read.notes if not note.startswith("read as null")]
    if marked:
        each = ", ".join(
            f"{'blank' if not word else repr(word)} ({count}×)"
            for word, count in sorted(marked.items())
        )
        notes.insert(0, f"read as null: {each}")
    return read, counts, notes


def _read_words(name: str, n: int, texts: list[str], counts: Integers, request: Request) -> Read:
    """Give a column of texts its kind and coding, from its distinct texts."""
    read, counts, notes = words_as_values(texts, counts, request)
    if isinstance(read, Numbers):
        return _read_parsed(name, n, texts, counts, read, request, notes)
    codes = read.codes.astype(np.int64)
    present = int(counts[codes > 0].sum())
    missing, k = n - present, len(read.labels)
    if k == 0:
        return _out(name, "empty", 0, missing, *notes, "nothing but nulls: left out of the map")
    kind = kind_of_words(name, read.labels, present, request)
    if kind in ("identifier", "text"):
        what = "free text" if kind == "text" else "looks like an identifier"
        note = f"{what} ({k} distinct values in {present} rows): left out of the map"
        return _out(name, kind, k, missing, *notes, note)
    notes += ["constant"] if k == 1 else []
    labels = tuple(read.labels) if k <= _MOST_LABELS else None
    column = Column(name, kind, k, missing, None, "; ".join(notes), labels=labels)
    return Read(column, Coding(k, words=dict(zip(texts, codes.tolist(), strict=True))))


def _read_parsed(
    name: str, n: int, texts: list[str], counts: Integers, read: Numbers, request: Request,
    notes: list[str],
) -> Read:  # fmt: skip
    """Give texts that are numbers or dates their bins; the coding goes by text all the same."""
    kind = read.values.dtype.kind
    keys, _ = ordered_keys(pa.array(read.values), kind)
    rows = counts[read.present]
    values = merge(keys, rows)
    present = int(rows.sum())
    known = Known(
        name, kind, n, present, int(values[0][0]), int(values[0][-1]), kind == "i", values,
        values[0].size, [note for note in notes if "infinite" not in note],
    )  # fmt: skip
    if kind == "f":
        endless = int(rows[np.isinf(cast(Any, read.values))].sum())
        if endless:
            known.notes.append(f"{endless} infinite values kept as the most extreme ones")
    found = _read_numbers(known, request, cast(Any, None), 0)
    if found.coding is None:
        return found
    assert found.coding.cuts is not None
    codes = np.zeros(len(texts), np.int64)
    codes[read.present] = np.searchsorted(found.coding.cuts, keys, side="right") + 1
    coding = Coding(found.coding.levels, words=dict(zip(texts, codes.tolist(), strict=True)))
    return Read(found.column, coding)


def _out(name: str, kind: Kind, levels: int, missing: int, *notes: str) -> Read:
    """Describe a column that takes no part in the map."""
    return Read(Column(name, kind, levels, missing, None, "; ".join(notes), mapped=False), None)
