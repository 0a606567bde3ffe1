"""For tests: checks that every estimation method must pass, and Hypothesis strategies.

The strategies need hypothesis, the checks do not: the former are loaded when first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from infoscope.testing.method_checks import (
    Case,
    check_estimator_method,
    estimator_cases,
    estimator_checks,
)

if TYPE_CHECKING:
    from infoscope.testing.strategies import (
        channels,
        distributions,
        joint_tables,
        logits,
        orders,
        pairs,
    )

__all__ = [
    "Case",
    "channels",
    "check_estimator_method",
    "distributions",
    "estimator_cases",
    "estimator_checks",
    "joint_tables",
    "logits",
    "orders",
    "pairs",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(importlib.import_module("infoscope.testing.strategies"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
