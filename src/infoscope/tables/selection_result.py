"""`Selection` and `Pick`: which columns were chosen, in order, and how each earned its place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from infoscope.core.result import Estimate
from infoscope.core.saving import SavedAsJson, SavedAsPage, plain_values
from infoscope.core.showing import Shown

__all__ = ["Pick", "Selection"]


@dataclass(frozen=True, slots=True)
class Pick(Shown):
    """One chosen column.

    Parameters
    ----------
    column : str
        Its name.
    score : float
        What the method ranked it by when it was chosen, in nats (a plain ratio for the quotient
        form of mRMR).
    relevance : Estimate
        Corrected mutual information with the target, alone.
    redundancy : float
        What the method took off the relevance, in nats: mean information with the columns chosen
        before (mRMR), or the part of the relevance that they already tell (JMI, CMIM, cmi). It is
        negative where the columns tell more together than apart.
    p_value : float
        Of independence from the target.
    conditional_p_value : float
        Largest p-value of independence from the target given one of the columns chosen before, and
        at least `p_value`. Large where the column may only repeat what another one says.
    fraction : float
        Share of the target's entropy that the column tells, alone.
    """

    column: str
    score: float
    relevance: Estimate
    redundancy: float
    p_value: float
    conditional_p_value: float
    fraction: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`; infinities and NaN become strings."""
        return {
            "column": self.column,
            "score": plain_values(self.score),
            "relevance": self.relevance.to_dict(),
            "redundancy": plain_values(self.redundancy),
            "p_value": plain_values(self.p_value),
            "conditional_p_value": plain_values(self.conditional_p_value),
            "fraction": plain_values(self.fraction),
        }


@dataclass(frozen=True, eq=False)
class Selection(SavedAsPage, SavedAsJson, Shown):
    """The columns that `infoscope.tables.select` chose, best first, in nats.

    Parameters
    ----------
    source : str
        What was read: a file name, or the type of the frame.
    n_rows : int
        Rows read.
    target : str
        The column that is to be told.
    entropy : float
        Entropy of the target, in nats: what there is to tell.
    method : str
        "jmi", "mrmr", "mrmr (quotient)", "cmim", "cmi" or "mim".
    picks : tuple of Pick
        The chosen columns, in the order in which they were chosen.
    ranking : tuple of Pick
        All candidates by relevance alone; scores are the relevance.
    n_candidates : int
        Columns that could have been chosen.
    stop_level : float or None
        Level of the tests that a column had to pass; None if k alone decided.
    n_tables : int
        Tables counted beyond one for each candidate: what the laziness of the search left to do.
    notes : tuple of str
        What a careful reader must know.

    Examples
    --------
    >>> from infoscope.tables import select
    >>> table = {"rain": ["yes", "no"] * 40, "wet": ["yes", "no"] * 40, "coin": list("hhtt") * 20}
    >>> chosen = select(table, "wet", 1)
    >>> chosen.columns, round(chosen.picks[0].fraction, 2)
    (('rain',), 1.0)
    """

    json_indent: ClassVar[int | None] = 1

    source: str
    n_rows: int
    target: str
    entropy: float
    method: str
    picks: tuple[Pick, ...]
    ranking: tuple[Pick, ...]
    n_candidates: int
    stop_level: float | None
    n_tables: int
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the chosen columns, in order."""
        return tuple(pick.column for pick in self.picks)

    def __len__(self) -> int:
        return len(self.picks)

    def __iter__(self) -> Iterator[Pick]:
        return iter(self.picks)

    def __repr__(self) -> str:
        names = ", ".join(self.columns[:8]) + (", ..." if len(self.picks) > 8 else "")
        return f"Selection({self.target!r} by {self.method}: {names})"

    def to_frame(self) -> pa.Table:
        """Return one row a pick as an Arrow table (``.to_pandas()``, ``polars.from_arrow``)."""
        ends = [pick.relevance.interval for pick in self.picks]
        return pa.table({
            "place": list(range(1, len(self.picks) + 1)),
            "column": list(self.columns),
            "score": [pick.score for pick in self.picks],
            "relevance": [float(pick.relevance) for pick in self.picks],
            "low": [end.low if end else math.nan for end in ends],
            "high": [end.high if end else math.nan for end in ends],
            "redundancy": [pick.redundancy for pick in self.picks],
            "p_value": [pick.p_value for pick in self.picks],
            "conditional_p_value": [pick.conditional_p_value for pick in self.picks],
            "fraction": [pick.fraction for pick in self.picks],
            "unit": ["nats"] * len(self.picks),
        })  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`; infinities and NaN become strings."""
        return {
            "source": self.source,
            "n_rows": self.n_rows,
            "target": self.target,
            "entropy": plain_values(self.entropy),
            "unit": "nats",
            "method": self.method,
            "stop_level": self.stop_level,
            "n_candidates": self.n_candidates,
            "n_tables": self.n_tables,
            "columns": list(self.columns),
            "picks": [pick.to_dict() for pick in self.picks],
            "ranking": [pick.to_dict() for pick in self.ranking],
            "notes": list(self.notes),
        }

    def _card_body_(self) -> str:
        from infoscope.tables.report_selection import selection_card

        return selection_card(self)

    def to_html(self) -> str:
        """Return the report as one self-contained page."""
        from infoscope.tables.report_selection import selection_report

        return selection_report(self)
