"""`InformationMap`: what a scan found out, as a value to ask, print and save."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.core.files import write_text
from infoscope.core.result import Estimate
from infoscope.tables.columns import Column
from infoscope.tables.matrix import MutualInformation, close_names

__all__ = ["InformationMap", "Ranked", "Redundant"]


@dataclass(frozen=True, slots=True)
class Ranked:
    """One column's place in a ranking against a target.

    `estimate` is the corrected mutual information with the target, `p_value` that of independence,
    `q_value` the same by Benjamini & Hochberg over all pairs of the map, and `fraction` the share
    of the target's entropy that the column explains (0 for a constant target).
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
            "p_value": _json_number(self.p_value),
            "q_value": _json_number(self.q_value),
            "fraction": _json_number(self.fraction),
        }


@dataclass(frozen=True, slots=True)
class Redundant:
    """`column` is nearly decided by `given`: the pair's normalised mutual information."""

    column: str
    given: str
    normalized: float
    estimate: Estimate


@dataclass(frozen=True, eq=False)
class InformationMap:
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
    """

    source: str
    n_rows: int
    columns: tuple[Column, ...]
    entropies: Mapping[str, Estimate]
    mutual_information: MutualInformation
    target: str | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "entropies", MappingProxyType(dict(self.entropies)))

    def __reduce__(self) -> tuple[Any, ...]:  # a mapping proxy cannot be pickled
        return (InformationMap, (
            self.source, self.n_rows, self.columns, dict(self.entropies), self.mutual_information,
            self.target, self.notes,
        ))  # fmt: skip

    def __repr__(self) -> str:
        mapped, target = len(self.entropies), f", target={self.target!r}" if self.target else ""
        size = f"{self.n_rows} rows, {mapped} of {len(self.columns)} columns mapped"
        return f"InformationMap({self.source!r}, {size}{target})"

    def ranking(self, target: str | None = None) -> list[Ranked]:
        """Return the other columns by their corrected mutual information with `target`, best first.

        Parameters
        ----------
        target : str, optional
            Name of a mapped column; by default the one given to `scan`.

        Raises
        ------
        InvalidArgument
            If there is no target here and none was given to `scan`.
        UnknownName
            If no mapped column has this name.
        """
        target = self.target if target is None else target
        if target is None:
            raise InvalidArgument(sentence(
                "InformationMap.ranking", "target", "name a column", "None",
                "Pass target here or to scan.",
            ))  # fmt: skip
        mi = self.mutual_information
        if target not in mi.columns:
            raise UnknownName(self._unknown(target))
        t = mi.columns.index(target)
        ranked: list[Ranked] = []
        for j, name in enumerate(mi.columns):
            if j == t:
                continue
            whole = float(mi.entropy[t, j])
            fraction = float(mi.corrected[t, j]) / whole if whole else 0.0
            ranked.append(Ranked(
                name, mi.pair(target, name), float(mi.p_value[t, j]), float(mi.q_value[t, j]),
                fraction,
            ))  # fmt: skip
        return sorted(ranked, key=_best_first)

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
        for field in (
            "n", "plugin", "expected", "corrected", "stderr", "low", "high", "p_value", "q_value",
            "normalized", "unreliable",
        ):  # fmt: skip
            data[field] = getattr(mi, field)[i, j]
        table = pa.table(data)
        return table.append_column("unit", pa.array([mi.unit] * len(i), pa.string()))

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`; NaN becomes None."""
        return {
            "source": self.source,
            "n_rows": self.n_rows,
            "target": self.target,
            "columns": [column.to_dict() for column in self.columns],
            "entropies": {name: value.to_dict() for name, value in self.entropies.items()},
            "mutual_information": self.mutual_information.to_dict(),
            "ranking": [r.to_dict() for r in self.ranking()] if self.target else None,
            "notes": list(self.notes),
        }

    def save_json(self, path: str | Path) -> Path:
        """Write `to_dict` as JSON, all or nothing, and return the path."""
        text = json.dumps(self.to_dict(), ensure_ascii=False, indent=1, allow_nan=False)
        return write_text(path, text + "\n", function="InformationMap.save_json")

    def save_html(self, path: str | Path) -> Path:
        """Write the report as one self-contained page, all or nothing, and return the path."""
        from infoscope.tables.report import table_report

        return write_text(path, table_report(self), function="InformationMap.save_html")

    def _unknown(self, target: str) -> str:
        """Return the sentence about a target that is not in the map."""
        for column in self.columns:
            if column.name == target:
                return sentence(
                    "InformationMap.ranking", "target", "be a mapped column",
                    f"{target!r} ({column.note})",
                )  # fmt: skip
        names = self.mutual_information.columns
        return sentence(
            "InformationMap.ranking", "target", "name a column of the table", repr(target),
            close_names(target, names),
        )  # fmt: skip


def _best_first(ranked: Ranked) -> tuple[bool, float, str]:
    """Order by value, unknown values last, names last of all."""
    value = float(ranked.estimate)
    return math.isnan(value), 0.0 if math.isnan(value) else -value, ranked.column


def _json_number(value: float) -> float | None:
    return value if math.isfinite(value) else None
