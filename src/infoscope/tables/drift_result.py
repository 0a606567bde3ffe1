"""`DriftReport` and `ColumnDrift`: what changed between two tables, largest change first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from infoscope.core.result import Estimate
from infoscope.core.saving import SavedAsJson, SavedAsPage, plain_values
from infoscope.core.showing import Shown
from infoscope.tables.selection_interactions import Interaction

__all__ = ["ColumnDrift", "DriftReport"]


@dataclass(frozen=True, slots=True)
class ColumnDrift(Shown):
    """What changed in one column.

    Parameters
    ----------
    column : str
        Its name.
    kind : str
        "numeric", "categorical" or "date" in the reference; "empty" or "nested" if unread.
    jensen_shannon : Estimate
        Corrected Jensen-Shannon divergence with weights 1/2, in nats: 0 if nothing drifted, log 2
        (1 bit) if the two samples share no value.
    kl_divergence : Estimate
        Corrected D(current || reference), half a count added to each level.
    stability : Estimate
        Corrected population stability index (PSI), half a count added to each level; diagnostics
        hold the plain index ("plugin") and what it stays below in 95 % of cases without drift
        ("limit"), which depends on rows and levels as the customary 0.1 and 0.25 do not.
    p_value, q_value : float
        Of no drift, from the law of the Jensen-Shannon divergence under fixed margins; alone, and
        by Benjamini & Hochberg over all columns.
    missing_reference, missing_current : float
        Shares of empty rows.
    missing_p_value, missing_q_value : float
        Of no change in those shares (all tables enumerated).
    labels : tuple of str
        The levels, or the bins of the reference.
    reference, current : tuple of int
        Counts of the levels.
    new, vanished : tuple of (str, int)
        Levels that occur only now, or only before, with their counts; not for bins.
    change : str
        How the type differs, or "".
    compared : bool
        Whether values were compared, or gaps alone; `notes` say why not.
    notes : tuple of str
        What a careful reader must know.
    """

    column: str
    kind: str
    jensen_shannon: Estimate
    kl_divergence: Estimate
    stability: Estimate
    p_value: float
    q_value: float
    missing_reference: float
    missing_current: float
    missing_p_value: float
    missing_q_value: float
    labels: tuple[str, ...]
    reference: tuple[int, ...]
    current: tuple[int, ...]
    new: tuple[tuple[str, int], ...] = ()
    vanished: tuple[tuple[str, int], ...] = ()
    change: str = ""
    compared: bool = True
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`; infinities and NaN become strings."""
        result: dict[str, Any] = {
            "column": self.column, "kind": self.kind, "compared": self.compared,
            "change": self.change,
        }  # fmt: skip
        for name in ("jensen_shannon", "kl_divergence", "stability"):
            result[name] = getattr(self, name).to_dict()
        for name in (
            "p_value", "q_value", "missing_reference", "missing_current", "missing_p_value",
            "missing_q_value",
        ):  # fmt: skip
            result[name] = plain_values(getattr(self, name))
        for name in ("labels", "reference", "current", "notes"):
            result[name] = list(getattr(self, name))
        for name in ("new", "vanished"):
            result[name] = [[label, count] for label, count in getattr(self, name)]
        return result


@dataclass(frozen=True, eq=False)
class DriftReport(SavedAsPage, SavedAsJson, Shown):
    """What `infoscope.tables.drift` found, in nats; columns by effect, largest first.

    Parameters
    ----------
    reference, current : str
        What was read.
    n_reference, n_current : int
        Rows of each.
    columns : tuple of ColumnDrift
        Every column that both have; largest corrected Jensen-Shannon divergence first.
    pairs : tuple of Interaction
        Pairs of columns that tell the two tables apart together better than one by one: what
        changed is how they go together. Most synergy first.
    lost, added : tuple of str
        Columns that only the reference has, or only the current table.
    level : float
        A column drifted if its q-value is at most this.
    notes : tuple of str
        What a careful reader must know.
    """

    json_indent: ClassVar[int | None] = 1

    reference: str
    current: str
    n_reference: int
    n_current: int
    columns: tuple[ColumnDrift, ...]
    pairs: tuple[Interaction, ...]
    lost: tuple[str, ...]
    added: tuple[str, ...]
    level: float
    notes: tuple[str, ...] = ()

    @property
    def drifted(self) -> tuple[ColumnDrift, ...]:
        """Columns whose values drifted: q-value at most `level`."""
        return tuple(each for each in self.columns if each.q_value <= self.level)

    @property
    def drifted_pairs(self) -> tuple[Interaction, ...]:
        """Pairs whose dependence changed: q-value at most `level` and synergy clear of zero."""
        return tuple(
            pair for pair in self.pairs
            if pair.q_value <= self.level
            and pair.synergy.interval is not None
            and pair.synergy.interval.low > 0
        )  # fmt: skip

    def __getitem__(self, name: str) -> ColumnDrift:
        for each in self.columns:
            if each.column == name:
                return each
        raise KeyError(name)

    def __len__(self) -> int:
        return len(self.columns)

    def __iter__(self) -> Iterator[ColumnDrift]:
        return iter(self.columns)

    def __repr__(self) -> str:
        return (
            f"DriftReport({self.reference!r} to {self.current!r}: {len(self.drifted)} of "
            f"{len(self.columns)} columns drifted)"
        )

    def to_frame(self) -> pa.Table:
        """Return one row a column as an Arrow table (``.to_pandas()``, ``polars.from_arrow``)."""
        data: dict[str, Any] = {
            "column": [each.column for each in self.columns],
            "kind": [each.kind for each in self.columns],
        }
        for short, name in (
            ("js", "jensen_shannon"),
            ("kl", "kl_divergence"),
            ("psi", "stability"),
        ):
            values: list[Estimate] = [getattr(each, name) for each in self.columns]
            data[short] = [float(value) for value in values]
            data[f"{short}_low"] = [v.interval.low if v.interval else None for v in values]
            data[f"{short}_high"] = [v.interval.high if v.interval else None for v in values]
        data["psi_plugin"] = [float(c.stability.diagnostics["plugin"]) for c in self.columns]
        data["psi_limit"] = [float(c.stability.diagnostics["limit"]) for c in self.columns]
        for name in (
            "p_value", "q_value", "missing_reference", "missing_current", "missing_p_value",
            "missing_q_value", "change", "compared",
        ):  # fmt: skip
            data[name] = [getattr(each, name) for each in self.columns]
        for name in ("new", "vanished"):
            data[name] = [[label for label, _ in getattr(each, name)] for each in self.columns]
        data["unit"] = ["nats"] * len(self.columns)
        return pa.table(data)

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`; infinities and NaN become strings."""
        return {
            "reference": self.reference,
            "current": self.current,
            "n_reference": self.n_reference,
            "n_current": self.n_current,
            "unit": "nats",
            "level": self.level,
            "drifted": [each.column for each in self.drifted],
            "lost": list(self.lost),
            "added": list(self.added),
            "columns": [each.to_dict() for each in self.columns],
            "pairs": [pair.to_dict() for pair in self.pairs],
            "notes": list(self.notes),
        }

    def _card_body_(self) -> str:
        from infoscope.tables.report_drift import drift_card

        return drift_card(self)

    def to_html(self) -> str:
        """Return the report as one self-contained page."""
        from infoscope.tables.report_drift import drift_page

        return drift_page(self)
