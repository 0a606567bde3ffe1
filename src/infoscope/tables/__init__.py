"""Floor 3: tables of any size; count pairs of columns, and read information from the counts."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from infoscope.core.extras import require

if TYPE_CHECKING:
    from infoscope.tables.columns import Column
    from infoscope.tables.decision_tree import DecisionTree, Split, best_splits, grow_tree
    from infoscope.tables.drift_result import ColumnDrift, DriftReport
    from infoscope.tables.drifting import drift
    from infoscope.tables.information_map import InformationMap, Ranked, Redundant
    from infoscope.tables.matrix import MutualInformation
    from infoscope.tables.scanning import scan
    from infoscope.tables.selection import select
    from infoscope.tables.selection_interactions import Interaction, interactions
    from infoscope.tables.selection_result import Pick, Selection
    from infoscope.tables.selector import InformationSelector

__all__ = [
    "Column",
    "ColumnDrift",
    "DecisionTree",
    "DriftReport",
    "InformationMap",
    "InformationSelector",
    "Interaction",
    "MutualInformation",
    "Pick",
    "Ranked",
    "Redundant",
    "Selection",
    "Split",
    "best_splits",
    "drift",
    "grow_tree",
    "interactions",
    "scan",
    "select",
]

_HOMES = {
    "Column": "columns",
    "ColumnDrift": "drift_result",
    "DecisionTree": "decision_tree",
    "DriftReport": "drift_result",
    "InformationMap": "information_map",
    "InformationSelector": "selector",
    "Interaction": "selection_interactions",
    "MutualInformation": "matrix",
    "Pick": "selection_result",
    "Ranked": "information_map",
    "Redundant": "information_map",
    "Selection": "selection_result",
    "Split": "decision_tree",
    "best_splits": "decision_tree",
    "drift": "drifting",
    "grow_tree": "decision_tree",
    "interactions": "selection_interactions",
    "scan": "scanning",
    "select": "selection",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for module in ("pyarrow", "numba"):
        require(module, extra="tables", purpose="scanning a table")
    if name == "InformationSelector":
        require("sklearn", extra="sklearn", purpose="InformationSelector")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
