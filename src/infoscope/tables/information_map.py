"""`InformationMap`: what a scan found out, as a value to ask, print and save."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from infoscope.core.errors import DataError, InvalidArgument, UnknownName, sentence
from infoscope.core.result import Estimate
from infoscope.core.saving import SavedAsJson, SavedAsPage, plain_values
from infoscope.core.showing import Shown
from infoscope.tables.arguments import close_names
from infoscope.tables.columns import Column
from infoscope.tables.conditional_ranking import Found, rank_by_gaps, rank_given
from infoscope.tables.matrix import MutualInformation
from infoscope.tables.matrix_association import Association, associate
from infoscope.tables.remote_table import RemoteCodes

__all__ = ["InformationMap", "Ranked", "Redundant"]


@dataclass(frozen=True, slots=True)
class Ranked(Shown):
    """One column's place in a ranking against a target.

    `estimate` is the corrected mutual information with the target, `p_value` that of independence,
    `q_value` the same by Benjamini & Hochberg over all pairs of the map, and `fraction` the share
    of the target's entropy that the column explains (0 for a constant target; 1 - exp(-2 I) for a
    target of numbers that was measured by neighbours, which has no entropy to share).
    """

    column: str
    estimate: Estimate
    p_value: float
    q_value: float
    fraction: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "column": self.column,
            "estimate": self.estimate.to_dict(),
            "p_value": plain_values(self.p_value),
            "q_value": plain_values(self.q_value),
            "fraction": plain_values(self.fraction),
        }


#: Share of the target's entropy above which a single column is suspected of giving it away.
LEAKAGE = 0.95


@dataclass(frozen=True, slots=True)
class Redundant(Shown):
    """`column` is nearly decided by `given`: the pair's normalised mutual information."""

    column: str
    given: str
    normalized: float
    estimate: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`; infinities and NaN become strings."""
        return {
            "column": self.column,
            "given": self.given,
            "normalized": plain_values(self.normalized),
            "estimate": self.estimate.to_dict(),
        }


@dataclass(frozen=True, eq=False)
class InformationMap(SavedAsPage, SavedAsJson, Shown):
    """Entropies of columns and mutual information between them, as `infoscope.tables.scan` returns.

    Parameters
    ----------
    source : str
        What was scanned: a file name, or the type of the frame.
    n_rows : int
        Rows read.
    columns : tuple of Column
        Every column of the source, also those left out of the map (``mapped`` is False).
    entropies : mapping of str to Estimate
        Plug-in entropy of each mapped column over its non-null rows, in nats.
    mutual_information : MutualInformation
        The map, in nats; its ``columns`` are the mapped ones, in the order of the source.
    target : str or None
        The column asked about.
    notes : tuple of str
        What a careful reader must know: markers read as null, columns left out, and the like.
    codes : sequence of arrays, optional
        Codes of the mapped columns, for questions that pairs do not answer; for a table on an
        engine, what asks it again (left behind when the map is pickled).
    """

    json_indent: ClassVar[int | None] = 1

    source: str
    n_rows: int
    columns: tuple[Column, ...]
    entropies: Mapping[str, Estimate]
    mutual_information: MutualInformation
    target: str | None = None
    notes: tuple[str, ...] = ()
    codes: Sequence[NDArray[Any]] | RemoteCodes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "entropies", MappingProxyType(dict(self.entropies)))

    def __reduce__(self) -> tuple[Any, ...]:  # a mapping proxy cannot be pickled
        codes = None  # a table on an engine stays there
        if self.codes is not None and not isinstance(self.codes, RemoteCodes):
            codes = [np.asarray(column) for column in self.codes]
        return (InformationMap, (
            self.source, self.n_rows, self.columns, dict(self.entropies), self.mutual_information,
            self.target, self.notes, codes,
        ))  # fmt: skip

    def __repr__(self) -> str:
        mapped, target = len(self.entropies), f", target={self.target!r}" if self.target else ""
        size = f"{self.n_rows} rows, {mapped} of {len(self.columns)} columns mapped"
        return f"InformationMap({self.source!r}, {size}{target})"

    def ranking(self, target: str | None = None, *, given: Sequence[str] = ()) -> list[Ranked]:
        """Return the other columns by their corrected mutual information with `target`, best first.

        I(X; target), or I(X; target | given) with all given columns together.

        Parameters
        ----------
        target : str, optional
            Name of a mapped column; by default the one given to `scan`.
        given : sequence of str
            Columns that are known already. The fraction is then that of H(target | given), and
            q-values are over this ranking alone.

        Raises
        ------
        InvalidArgument
            If there is no target here and none was given to `scan`, or it is among `given`.
        UnknownName
            If no mapped column has one of these names.
        DataError
            If `given` is asked of a map that has no codes.
        """
        t = self._target(target, "ranking")
        mi = self.mutual_information
        if len(given):
            given = [given] if isinstance(given, str) else list(given)
            known = [self._column(name, "ranking", "given") for name in given]
            if t in known:
                raise InvalidArgument(sentence(
                    "InformationMap.ranking", "given", "leave the target out", repr(mi.columns[t])
                ))  # fmt: skip
            codes, levels = self._codes("ranking")
            return self._ranked(rank_given(codes, levels, t, known, level=mi.level))
        ranked: list[Ranked] = []
        for j, name in enumerate(mi.columns):
            if j == t:
                continue
            whole = float(mi.entropy[t, j])
            fraction = float(mi.corrected[t, j]) / whole if whole else 0.0
            if math.isinf(whole):
                fraction = float(mi.normalized[t, j])
            ranked.append(Ranked(
                name, mi.pair(mi.columns[t], name), float(mi.p_value[t, j]),
                float(mi.q_value[t, j]), fraction,
            ))  # fmt: skip
        return sorted(ranked, key=_best_first)

    def missingness(self, target: str | None = None) -> list[Ranked]:
        """Return what being null tells about `target`, for every column with gaps, best first.

        I([X is null]; target), over all rows in which the target is present.

        Parameters
        ----------
        target : str, optional
            Name of a mapped column; by default the one given to `scan`.

        Raises
        ------
        InvalidArgument, UnknownName, DataError
            As `ranking` does.
        """
        t = self._target(target, "missingness")
        codes, levels = self._codes("missingness")
        return self._ranked(rank_by_gaps(codes, levels, t, level=self.mutual_information.level))

    def leakage(self, target: str | None = None, threshold: float = LEAKAGE) -> list[Ranked]:
        """Return columns that nearly decide `target` alone: check that they are known before it is.

        (I - E0) / (H(target) - E0) at least `threshold`, with q below 0.01

        Parameters
        ----------
        target : str, optional
            Name of a mapped column; by default the one given to `scan`.
        threshold : float
            In (0, 1].

        Raises
        ------
        InvalidArgument, UnknownName
            As `ranking` does.
        """
        if not 0.0 < threshold <= 1.0:
            raise InvalidArgument(sentence(
                "InformationMap.leakage", "threshold", "lie in (0, 1]", threshold
            ))  # fmt: skip
        t, mi = self._target(target, "leakage"), self.mutual_information
        found: list[Ranked] = []
        for each in self.ranking(mi.columns[t]):
            j = mi.columns.index(each.column)
            room = float(mi.entropy[t, j] - mi.expected[t, j])
            sure = each.q_value < 0.01 and room > 0
            enough = float(each.estimate) >= threshold * room - 1e-12
            if math.isinf(room):
                enough = each.fraction >= threshold - 1e-12
            if sure and enough:
                found.append(each)
        return found

    def association(self, first: str, second: str) -> Association:
        """Return Cramér's V, Theil's U, Cressie-Read and normalised values of one pair.

        Parameters
        ----------
        first, second : str
            Names of mapped columns.

        Raises
        ------
        UnknownName
            If no mapped column has one of these names.
        DataError
            If the map has no codes.
        """
        i, j = (self._column(name, "association", "column") for name in (first, second))
        codes, levels = self._codes("association")
        if isinstance(codes, RemoteCodes):
            (tables,) = codes.backend.pair_tables(np.array([[i, j]]))
            left, right, counts = tables.left, tables.right, tables.counts
        else:
            width = levels[j] + 1
            keys = codes[i].astype(np.int64) * width + codes[j]
            filled, counts = np.unique(keys, return_counts=True)
            left, right = np.divmod(filled, width)
        use = (left > 0) & (right > 0)
        _, rows = np.unique(left[use], return_inverse=True)
        _, columns = np.unique(right[use], return_inverse=True)
        shape = rows.max(initial=-1) + 1, columns.max(initial=-1) + 1
        table = np.zeros(shape, np.int64)
        table[rows, columns] = counts[use]
        return associate((first, second), table, self.mutual_information.pair(first, second))

    def order(self) -> list[str]:
        """Return the columns so that those which share much stand together.

        Average linkage on 1 - normalised mutual information; ties and order of the source decide
        nothing else. Columns that share nothing with any other keep the order of the source.
        """
        return [self.mutual_information.columns[i] for i in self.mutual_information.order()]

    def redundant(self, threshold: float = 0.9) -> list[Redundant]:
        """Return pairs whose normalised mutual information is at least `threshold`, highest first.

        1 means that the column with the smaller entropy is a function of the other. Unreliable
        pairs (E0 above 0.3 nats) are judged too; their estimate says so.

        Parameters
        ----------
        threshold : float
            In (0, 1].
        """
        if not 0.0 < threshold <= 1.0:
            raise InvalidArgument(sentence(
                "InformationMap.redundant", "threshold", "lie in (0, 1]", threshold
            ))  # fmt: skip
        mi = self.mutual_information
        normalized = mi.normalized
        found: list[Redundant] = []
        for i, j in np.argwhere(np.triu(normalized >= threshold - 1e-12, k=1)).tolist():
            less, more = (i, j) if mi.entropy[i, j] <= mi.entropy[j, i] else (j, i)
            names = mi.columns[less], mi.columns[more]
            found.append(Redundant(*names, float(normalized[i, j]), mi.pair(*names)))
        return sorted(found, key=lambda pair: (-pair.normalized, pair.column, pair.given))

    def to_frame(self) -> pa.Table:
        """Return one row a pair as an Arrow table (``.to_pandas()``, ``polars.from_arrow``)."""
        mi = self.mutual_information
        i, j = np.triu_indices(len(mi.columns), k=1)
        names = np.asarray(mi.columns, dtype=object)
        data: dict[str, Any] = {"column": names[i].tolist(), "other": names[j].tolist()}
        for name in (
            "n", "plugin", "expected", "corrected", "stderr", "low", "high", "p_value", "q_value",
            "normalized", "unreliable",
        ):  # fmt: skip
            data[name] = getattr(mi, name)[i, j]
        table = pa.table(data)
        return table.append_column("unit", pa.array([mi.unit] * len(i), pa.string()))

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`; infinities and NaN become strings."""
        return {
            "source": self.source,
            "n_rows": self.n_rows,
            "target": self.target,
            "columns": [column.to_dict() for column in self.columns],
            "entropies": {name: value.to_dict() for name, value in self.entropies.items()},
            "mutual_information": self.mutual_information.to_dict(),
            "ranking": [r.to_dict() for r in self.ranking()] if self.target else None,
            "leakage": [r.column for r in self.leakage()] if self.target else None,
            "missingness": (
                [r.to_dict() for r in self.missingness()]
                if self.target and self.codes is not None
                else None
            ),
            "redundant": [pair.to_dict() for pair in self.redundant()],
            "order": self.order(),
            "notes": list(self.notes),
        }

    def _card_body_(self) -> str:
        from infoscope.tables.report import table_card

        return table_card(self)

    def to_html(self) -> str:
        """Return the report as one self-contained page."""
        from infoscope.tables.report import table_report

        return table_report(self)

    def _ranked(self, found: Sequence[Found]) -> list[Ranked]:
        names = self.mutual_information.columns
        ranked = [
            Ranked(names[f.column], f.estimate, f.p_value, f.q_value, f.fraction) for f in found
        ]
        return sorted(ranked, key=_best_first)

    def _codes(self, function: str) -> tuple[Sequence[NDArray[Any]] | RemoteCodes, list[int]]:
        """Return the codes of the mapped columns and their levels."""
        if self.codes is None:
            raise DataError(sentence(
                f"InformationMap.{function}", "the map", "have its codes",
                "one without", "Scan the source again.",
            ))  # fmt: skip
        return self.codes, [column.n_levels for column in self.columns if column.mapped]

    def _target(self, target: str | None, function: str) -> int:
        """Return the number of the target among the mapped columns."""
        target = self.target if target is None else target
        if target is None:
            raise InvalidArgument(sentence(
                f"InformationMap.{function}", "target", "name a column", "None",
                "Pass target here or to scan.",
            ))  # fmt: skip
        return self._column(target, function, "target")

    def _column(self, name: str, function: str, argument: str) -> int:
        """Return the number of a mapped column, or raise `UnknownName` with what it is instead."""
        names = self.mutual_information.columns
        if name in names:
            return names.index(name)
        for column in self.columns:
            if column.name == name:
                raise UnknownName(sentence(
                    f"InformationMap.{function}", argument, "be a mapped column",
                    f"{name!r} ({column.note})",
                ))  # fmt: skip
        raise UnknownName(sentence(
            f"InformationMap.{function}", argument, "name a column of the table", repr(name),
            close_names(name, names),
        ))  # fmt: skip


def _best_first(ranked: Ranked) -> tuple[bool, float, str]:
    """Order by value, unknown values last, names last of all."""
    value = float(ranked.estimate)
    return math.isnan(value), 0.0 if math.isnan(value) else -value, ranked.column
