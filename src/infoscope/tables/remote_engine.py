"""`RemoteEngine`: an Ibis table that answers with counts, by portable expressions alone.

Plans with more speed (`remote_kernels.py`) replace its questions one by one; nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.common.exceptions
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from infoscope.core.errors import DataError, sentence
from infoscope.tables.remote_kernel import Coding, ordered_keys, values_of_keys

__all__ = [
    "Answer",
    "ColumnFacts",
    "Cuts",
    "RemoteEngine",
    "first_line",
    "kind_of",
    "merge",
    "size_in_words",
    "unanswered",
]

Integers = NDArray[np.int64]
Answer = tuple[Integers, Integers]  # keys or codes, and how often each occurs

_COLUMNS_TOGETHER = 40  # summarised in one query
_UNIONS = 20  # group-bys in one query: more of them made engines slower, not faster
_UNNESTED = 200  # tuples exploded in one query
_FEW_CUTS = 512  # written as CASE; whole numbers with more come back as they are


@dataclass(frozen=True)
class ColumnFacts:
    """What one query tells about a column; `low` and `high` are ordered keys."""

    name: str
    type: str
    kind: str  # "words", "i", "f", "M" (instants), "b" (yes or no) or "" (nothing to count)
    present: int = 0
    nans: int = 0
    infinite: int = 0
    fractions: int = 0
    low: int = 0
    high: int = 0
    distinct: int = 0  # about

    @property
    def numbers(self) -> str:
        """The kind of its keys."""
        return "i" if self.kind == "b" else self.kind


@dataclass(frozen=True)
class Cuts:
    """Order statistics at some ranks: values there, rows below, rows up to, the next value up."""

    values: Integers
    first: Integers
    after: Integers
    following: Integers
    exact: bool = True


class RemoteEngine:
    """A table that an engine holds; `jobs` and `bytes_back` say what was asked of it.

    Parameters
    ----------
    table : ibis Table
        The rows.
    label : str
        What to call it.
    plan : str
        "unnest" (all tuples of a job in one group-by) or "group_by" (a group-by each, 20 a job).
    fetch : callable, optional
        Runs an expression and returns an Arrow table; by default the table's own backend does.
    failures : tuple of exception classes
        What the engine raises when it cannot answer.
    """

    def __init__(
        self,
        table: Any,
        label: str,
        *,
        plan: str = "unnest",
        fetch: Callable[[Any], pa.Table] | None = None,
        failures: tuple[type[Exception], ...] = (),
    ) -> None:
        self.table = table
        self.label = label
        self.plan = plan
        self.names: tuple[str, ...] = tuple(table.columns)
        self.n_rows = 0
        self.jobs = 0
        self.bytes_back = 0
        self.failures = (ibis.common.exceptions.IbisError, *failures)
        self._fetch = fetch or (lambda expression: expression.to_pyarrow())

    def how(self) -> str:
        """Say in a few words how tables are counted."""
        return "one group-by over exploded pairs" if self.plan == "unnest" else "group-bys"

    def came_back(self) -> str:
        """Say how often the engine was asked, and how much came back."""
        return (
            f"'{self.label}' was counted where it is, by {self.how()}: {self.jobs} jobs, "
            f"{size_in_words(self.bytes_back)} came back"
        )

    def facts(self) -> list[ColumnFacts]:
        """Return what a few aggregates tell about each column, and set `n_rows`."""
        found: list[ColumnFacts] = []
        for start in range(0, max(len(self.names), 1), _COLUMNS_TOGETHER):
            some = self.names[start : start + _COLUMNS_TOGETHER]
            asked: dict[str, Any] = {"n": self.table.count()}
            for i, name in enumerate(some):
                asked |= {f"{key}{i}": value for key, value in self._aggregates(name).items()}
            row = self.ask(self.table.aggregate(**asked))
            self.n_rows = int(row["n"][0].as_py())
            found += [self._one(name, row, i) for i, name in enumerate(some)]
        return found

    def distinct(self, columns: Sequence[int]) -> list[int]:
        """Return exactly how many distinct values columns have."""
        asked = {f"d{i}": self._clean(self.names[c]).nunique() for i, c in enumerate(columns)}
        row = self.ask(self.table.aggregate(**asked))
        return [int(row[f"d{i}"][0].as_py()) for i in range(len(columns))]

    def beyond(self, c: int, low: Any, high: Any, kind: str) -> int:
        """Return how many values of a column lie below `low` or above `high` (as values)."""
        x = self._clean(self.names[c])
        outside = (x < _literal(low, kind)) | (x > _literal(high, kind))
        row = self.ask(self.table.aggregate(n=outside.sum()))
        return int(row["n"][0].as_py() or 0)

    def number_counts(self, columns: Mapping[int, ColumnFacts]) -> dict[int, Answer]:
        """Return the distinct values of columns as ordered keys, ascending, and their rows."""
        found: dict[int, Answer] = {}
        for c, facts in columns.items():
            rows = self.ask(self._grouped(self._clean(facts.name)))
            keys, present = ordered_keys(_array(rows["v"]), facts.numbers)
            counts = _array(rows["n"]).to_numpy(zero_copy_only=False).astype(np.int64)[present]
            found[c] = merge(keys, counts)
        return found

    def word_counts(self, columns: Sequence[int]) -> dict[int, tuple[list[str], Integers]]:
        """Return the distinct texts of columns, and their rows."""
        found: dict[int, tuple[list[str], Integers]] = {}
        for c in columns:
            rows = self.ask(self._grouped(self.table[self.names[c]].cast("string")))
            rows = rows.filter(rows["v"].is_valid())
            found[c] = (
                rows["v"].to_pylist(),
                _array(rows["n"]).to_numpy(zero_copy_only=False).astype(np.int64),
            )
        return found

    def orders(
        self, ranks: Mapping[int, Integers], facts: Sequence[ColumnFacts]
    ) -> dict[int, Cuts]:
        """Return the values at `ranks` (0 for the smallest) of columns.

        The engine's own quantiles say where to look; counts around them make the ranks exact.
        """
        return {c: self._order(wanted, facts[c]) for c, wanted in ranks.items()}

    def cells(self, codings: Mapping[int, Coding], parts: Sequence[Sequence[int]]) -> list[Answer]:
        """Return the non-empty cells of the tables of column tuples, keys as mixed-radix codes."""
        found: list[Answer] = []
        size = _UNNESTED if self.plan == "unnest" else _UNIONS
        for start in range(0, len(parts), size):
            found += self._cells(codings, parts[start : start + size])
        return found

    def ask(self, expression: Any) -> pa.Table:
        """Run an expression, count what comes back, and say clearly if the engine cannot."""
        return self.answered(lambda: self._fetch(expression))

    def answered(self, question: Callable[[], pa.Table]) -> pa.Table:
        """Run a question; an engine's failure becomes one sentence."""
        self.jobs += 1
        try:
            rows = question()
        except self.failures as error:
            raise unanswered(self.label, error) from error
        self.bytes_back += rows.nbytes
        return rows

    def _clean(self, name: str) -> Any:
        """Return a column with NaN as null."""
        x = self.table[name]
        return x.isnan().ifelse(ibis.null(), x) if x.type().is_floating() else x

    def _grouped(self, values: Any) -> Any:
        coded = self.table.select(v=values)
        return coded.group_by("v").aggregate(n=coded.count())

    def _aggregates(self, name: str) -> dict[str, Any]:
        column, kind = self.table[name], kind_of(self.table[name].type())
        if not kind:
            return {"p": column.count()}
        if kind == "words":
            return {"p": column.count(), "d": column.approx_nunique()}
        x = self._clean(name)
        if kind == "b":
            x = x.cast("int64")
        asked = {"p": x.count(), "l": x.min(), "h": x.max(), "d": x.approx_nunique()}
        if kind == "f" and column.type().is_floating():
            big = ibis.literal("inf").cast("float64")
            asked["a"] = column.isnan().sum()
            asked["i"] = ((x == big) | (x == -big)).sum()
            asked["f"] = (x % 1.0 != 0.0).sum()
        elif kind == "f":
            asked["f"] = (x.cast("float64") % 1.0 != 0.0).sum()
        return asked

    def _one(self, name: str, row: pa.Table, i: int) -> ColumnFacts:
        """Read the aggregates of one column."""
        typ = self.table[name].type()
        kind = kind_of(typ)

        def number(key: str) -> int:
            return int(row[key + str(i)][0].as_py() or 0) if key + str(i) in row.schema.names else 0

        present = number("p")
        low = high = 0
        if present and kind not in ("", "words"):
            numbers = "i" if kind == "b" else kind
            low, high = (int(ordered_keys(_array(row[f"{key}{i}"]), numbers)[0][0]) for key in "lh")
        return ColumnFacts(
            name, str(typ), kind, present, number("a"), number("i"), number("f"), low, high,
            number("d"),
        )  # fmt: skip

    def _order(self, ranks: Integers, facts: ColumnFacts) -> Cuts:
        """Find order statistics of one column by the engine's quantiles and counts around them."""
        x, kind = self._clean(facts.name), facts.numbers
        shares = (ranks / max(facts.present - 1, 1)).tolist()
        as_number = x.cast("timestamp").epoch_seconds() if kind == "M" else x
        as_number = as_number.cast("float64")
        row = self.ask(self.table.aggregate(
            **{f"q{i}": as_number.quantile(share) for i, share in enumerate(shares)}
        ))  # fmt: skip
        near = np.array([row[f"q{i}"][0].as_py() for i in range(len(shares))], np.float64)
        if kind in "iM":
            values = np.floor(near * (1e6 if kind == "M" else 1.0)).astype(np.int64)
        else:
            values = ordered_keys(pa.array(near), "f")[0]
        low, high = facts.low, facts.high
        for _ in range(4):  # quantiles interpolate: step to the value that has the rank
            asked: dict[str, Any] = {}
            for i, value in enumerate(values_of_keys(values, kind).tolist()):
                at = _literal(value, kind)
                asked |= {
                    f"b{i}": (x < at).sum(), f"u{i}": (x <= at).sum(),
                    f"l{i}": x.max(where=x < at), f"g{i}": x.min(where=x > at),
                }  # fmt: skip
            row = self.ask(self.table.aggregate(**asked))
            first, after = (
                np.array([int(row[f"{key}{i}"][0].as_py()) for i in range(len(ranks))])
                for key in "bu"
            )
            below, above = (
                np.array([_key(row[f"{key}{i}"], kind, end) for i in range(len(ranks))])
                for key, end in (("l", low), ("g", high))
            )
            wrong = (ranks < first) | (ranks >= after)
            if not wrong.any():
                return Cuts(values, first, after, above)
            values = np.where(ranks < first, below, np.where(ranks >= after, above, values))
        return Cuts(values, first, after, above, exact=False)

    def _cells(self, codings: Mapping[int, Coding], parts: Sequence[Sequence[int]]) -> list[Answer]:
        """Count some tuples in one query."""
        used = sorted({c for part in parts for c in part})
        coded = self.table.select(**{f"c{c}": self._coded(c, codings[c]) for c in used})
        width = max(len(part) for part in parts)
        if self.plan == "unnest":
            entries = [
                ibis.struct({
                    "part": ibis.literal(t, "int32"),
                    **{f"v{k}": coded[f"c{part[k]}"] if k < len(part) else ibis.null("string")
                       for k in range(width)},
                })
                for t, part in enumerate(parts)
            ]  # fmt: skip
            rows = coded.select(cell=ibis.array(entries).unnest())
            rows = rows.select(**{key: rows.cell[key] for key in _fields(width)})
            query = rows.group_by(_fields(width)).aggregate(n=rows.count())
        else:
            each: list[Any] = []
            for t, part in enumerate(parts):
                some = coded.select(**{f"v{k}": coded[f"c{c}"] for k, c in enumerate(part)})
                some = some.group_by(list(some.columns)).aggregate(n=some.count())
                each.append(some.select(
                    part=ibis.literal(t, "int32"), n=some.n,
                    **{f"v{k}": some[f"v{k}"] if k < len(part) else ibis.null("string")
                       for k in range(width)},
                ))  # fmt: skip
            query = ibis.union(*each, distinct=False) if len(each) > 1 else each[0]
        return self._read(self.ask(query), codings, parts)

    def _coded(self, c: int, coding: Coding) -> Any:
        """Return what stands for a value in the query, as text: itself, or its code."""
        x = self._clean(self.names[c])
        if coding.cuts is None or (coding.kind == "i" and coding.cuts.size > _FEW_CUTS):
            return x.cast("int64").cast("string") if coding.words is None else x.cast("string")
        if not coding.cuts.size:
            return x.isnull().ifelse(ibis.null(), "1").cast("string")
        if coding.kind == "M":
            x = x.cast("timestamp")
        ends = values_of_keys(coding.cuts, coding.kind).tolist()
        branches = [(x < _literal(end, coding.kind), str(k + 1)) for k, end in enumerate(ends)]
        return ibis.cases((x.isnull(), ibis.null("string")), *branches, else_=str(len(ends) + 1))

    def _read(
        self, rows: pa.Table, codings: Mapping[int, Coding], parts: Sequence[Sequence[int]]
    ) -> list[Answer]:
        """Turn the answer's texts into codes, table by table."""
        owner = _array(rows["part"]).to_numpy(zero_copy_only=False)
        counts = _array(rows["n"]).to_numpy(zero_copy_only=False).astype(np.int64)
        width = len(rows.schema.names) - 2
        texts = [_array(rows[f"v{k}"]).dictionary_encode() for k in range(width)]
        words = [text.dictionary.to_pylist() for text in texts]
        places = [text.indices.fill_null(-1).to_numpy(zero_copy_only=False) for text in texts]
        found: list[Answer] = []
        for t, part in enumerate(parts):
            mine = np.flatnonzero(owner == t)
            keys = np.zeros(mine.size, np.int64)
            for k, c in enumerate(part):
                lookup = np.array([*(self._code(word, codings[c]) for word in words[k]), 0])
                keys = keys * (codings[c].levels + 1) + lookup[places[k][mine]]
            found.append(merge(keys, counts[mine]))
        return found

    def _code(self, word: str, coding: Coding) -> int:
        """Return the code of a text in the answer."""
        if coding.words is not None:
            return coding.words.get(word, 0)
        assert coding.cuts is not None
        if coding.kind == "i" and coding.cuts.size > _FEW_CUTS:
            return int(np.searchsorted(coding.cuts, int(word), side="right")) + 1
        return int(word) if word.isdigit() else 0


def merge(keys: Integers, counts: Integers) -> Answer:
    """Add up the counts of equal keys; keys come out ascending.

    >>> keys, counts = merge(np.array([3, 1, 3]), np.array([1, 1, 5]))
    >>> keys.tolist(), counts.tolist()
    ([1, 3], [1, 6])
    """
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], counts[order]
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: keys.size])
    return keys[starts], np.add.reduceat(counts, starts) if starts.size else counts[:0]


def unanswered(label: str, error: BaseException) -> DataError:
    """Return the error that says in one sentence why an engine did not answer."""
    return DataError(sentence(
        "scan", "source", "be a table that its engine can read",
        f"'{label}' ({first_line(error)})",
        "Check that the session is alive and the query runs by itself.",
    ))  # fmt: skip


def size_in_words(n_bytes: float) -> str:
    """Return a number of bytes with its unit.

    >>> size_in_words(1234)
    '1.2 kB'
    """
    for unit in ("bytes", "kB"):
        if n_bytes < 1000:
            return f"{n_bytes:.0f} {unit}" if unit == "bytes" else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.1f} MB"


def kind_of(typ: Any) -> str:
    """Return how values of an Ibis type are read, or "" if they are not."""
    if typ.is_string():
        return "words"
    if typ.is_boolean():
        return "b"
    if typ.is_integer():
        return "f" if str(typ).startswith("uint64") else "i"
    if typ.is_floating() or typ.is_decimal():
        return "f"
    return "M" if typ.is_date() or typ.is_timestamp() else ""


def first_line(error: BaseException) -> str:
    """Return the first line of an engine's complaint, without its full stop."""
    lines = [line.strip(" :") for line in str(error).splitlines() if line.strip(" :")]
    lines = [line for line in lines if not line.startswith("An error occurred while calling")]
    return (lines or [type(error).__name__])[0][:300].rstrip(".")


def _fields(width: int) -> list[str]:
    return ["part", *(f"v{k}" for k in range(width))]


def _array(column: pa.ChunkedArray) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _key(cell: pa.ChunkedArray, kind: str, otherwise: int) -> int:
    keys, _ = ordered_keys(_array(cell), kind)
    return int(keys[0]) if keys.size else otherwise


def _literal(value: Any, kind: str) -> Any:
    """Write a value so that every engine reads the same bits: as text, cast there."""
    if kind == "i":
        return ibis.literal(int(value), "int64")
    if kind == "f":
        return ibis.literal(repr(float(value))).cast("float64")
    return ibis.literal(str(np.datetime64(value, "us")).replace("T", " ")).cast("timestamp")
