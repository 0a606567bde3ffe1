"""`methods(quantity)`: what methods there are, for what data, at what cost, from what source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import overload

from infoscope.core.errors import UnknownName, sentence
from infoscope.core.plugins import near_match
from infoscope.estimate.method import Spec
from infoscope.estimate.registry import QUANTITIES, find_method, known_methods

__all__ = ["MethodTable", "methods"]


@dataclass(frozen=True, slots=True)
class MethodTable(Sequence[Spec]):
    """The methods of one quantity: a sequence of their specs that prints as a table."""

    quantity: str
    specs: tuple[Spec, ...]

    def __len__(self) -> int:
        return len(self.specs)

    @overload
    def __getitem__(self, index: int) -> Spec: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Spec, ...]: ...
    def __getitem__(self, index: int | slice) -> Spec | tuple[Spec, ...]:
        return self.specs[index]

    def __iter__(self) -> Iterator[Spec]:
        return iter(self.specs)

    def rows(self) -> list[dict[str, str]]:
        """Return one dictionary of plain strings a method."""
        return [
            {
                "method": spec.name,
                "data": "; ".join(sorted({_data(kinds) for kinds in spec.kinds}))
                if len(spec.kinds) < 4
                else "any",
                "options": ", ".join(f"{key}={value}" for key, value in spec.options.items()),
                "assumes": spec.assumes,
                "bias": spec.bias,
                "cost": spec.cost,
                "source": spec.source,
            }
            for spec in self.specs
        ]

    def __str__(self) -> str:
        shown = ("method", "data", "options", "cost")
        rows = self.rows()
        width = {key: max(len(key), *(len(row[key]) for row in rows)) for key in shown}
        lines = ["  ".join(key.ljust(width[key]) for key in shown)]
        lines += ["  ".join(row[key].ljust(width[key]) for key in shown) for row in rows]
        return "\n".join(line.rstrip() for line in lines)

    def _repr_html_(self) -> str:
        rows = self.rows()
        head = "".join(f"<th>{escape(key)}</th>" for key in rows[0])
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row.values()) + "</tr>"
            for row in rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def methods(quantity: str) -> MethodTable:
    """Table of the methods for `quantity`: data they take, assumptions, bias, cost and source.

    Parameters
    ----------
    quantity : str
        "entropy", "mutual_information", "conditional_mutual_information", "kl_divergence",
        "jensen_shannon_divergence", "cross_entropy" or "entropy_rate".

    Returns
    -------
    MethodTable
        A sequence of `Spec`; printed, a table.

    Raises
    ------
    UnknownName
        If no quantity has this name.

    Notes
    -----
    Other packages' methods (entry points of the group ``infoscope.estimators``) are listed too.

    Source
    ------
    Each method names its own.

    Examples
    --------
    >>> [spec.name for spec in methods("entropy_rate")]
    ['block', 'context_tree', 'lempel_ziv']
    """
    if quantity not in QUANTITIES:
        raise UnknownName(
            sentence(
                "methods",
                "quantity",
                f"be one of {', '.join(QUANTITIES)}",
                repr(quantity),
                near_match(str(quantity), QUANTITIES),
            )
        )
    found = (
        find_method(quantity, name, function="methods").spec for name in known_methods(quantity)
    )
    return MethodTable(quantity, tuple(found))


def _data(kinds: tuple[str, ...]) -> str:
    return kinds[0] if len(set(kinds)) == 1 else " and ".join(sorted(kinds))
