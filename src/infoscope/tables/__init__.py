"""Floor 3: tables of any size; count pairs of columns, and read information from the counts."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from infoscope.core.extras import require

if TYPE_CHECKING:
    from infoscope.tables.columns import Column
    from infoscope.tables.information_map import InformationMap, Ranked, Redundant
    from infoscope.tables.matrix import MutualInformation
    from infoscope.tables.scanning import scan

__all__ = ["Column", "InformationMap", "MutualInformation", "Ranked", "Redundant", "scan"]

_HOMES = {
    "Column": "columns",
    "InformationMap": "information_map",
    "MutualInformation": "matrix",
    "Ranked": "information_map",
    "Redundant": "information_map",
    "scan": "scanning",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for module in ("pyarrow", "numba"):
        require(module, extra="tables", purpose="scanning a table")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
