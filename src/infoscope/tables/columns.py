"""`Column`: what a scan found out about one column, and the kinds a column can be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

__all__ = ["KINDS", "Column", "Kind"]

Kind: TypeAlias = Literal[
    "categorical", "ordinal", "numeric", "boolean", "date", "identifier", "text", "empty", "nested"
]

#: Every kind, and the order in which messages list them.
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Column:
    """One column as the scan read it.

    Parameters
    ----------
    name : str
        The name in the source; made unique where the source repeats one.
    kind : str
        One of "categorical", "ordinal", "numeric", "boolean", "date", "identifier", "text", "empty"
        (nothing but nulls) and "nested" (lists, structs, bytes, or what cannot be read at all).
    n_levels : int
        Distinct non-null values, after binning where `edges` is given.
    n_missing : int
        Rows in which the column is null; all of them where it cannot be read.
    edges : tuple or None
        Ends of the bins, smallest value first, largest last: bin i holds edges[i] <= x <
        edges[i+1], the last one its upper end too. ISO text for dates. None if values were used as
        they are. ``scan(..., bins={name: edges})`` uses them again.
    note : str
        What a careful reader must know, or "".
    mapped : bool
        Whether the column takes part in the map of pairs; if not, `note` says why.
    labels : tuple of str or None
        The values behind codes 1, 2, ... where they were used as they are and are at most 65,536;
        None for binned columns and those out of the map.

    Examples
    --------
    >>> Column("age", "numeric", 3, 0, edges=(17.0, 29.0, 44.0, 90.0)).n_levels
    3
    """

    name: str
    kind: Kind
    n_levels: int
    n_missing: int
    edges: tuple[float, ...] | tuple[str, ...] | None = None
    note: str = ""
    mapped: bool = True
    labels: tuple[str, ...] | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`; infinite edges become strings."""
        finite = float("inf")
        edges = self.edges and [
            edge if isinstance(edge, str) or abs(edge) < finite else str(edge)
            for edge in self.edges
        ]
        return {
            "name": self.name,
            "kind": self.kind,
            "n_levels": self.n_levels,
            "n_missing": self.n_missing,
            "edges": edges,
            "note": self.note,
            "mapped": self.mapped,
        }
