"""Exact and numerical information measures of parametric families (scipy.stats, torch).

Importing this package imports neither scipy.stats nor torch: a family of theirs can only be met
where they are imported already.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infoscope.measures.families.dispatch import (
        Numerical,
        cross_entropy_of,
        entropy_of,
        js_of,
        kl_of,
        quadrature,
    )
    from infoscope.measures.families.mixture_bounds import Bounds, mixture_entropy_bounds

__all__ = [
    "Bounds",
    "Numerical",
    "cross_entropy_of",
    "entropy_of",
    "is_family",
    "js_of",
    "kl_of",
    "mixture_entropy_bounds",
    "quadrature",
]

_HOMES = {
    **dict.fromkeys(
        ("Numerical", "cross_entropy_of", "entropy_of", "js_of", "kl_of", "quadrature"), "dispatch"
    ),
    **dict.fromkeys(("Bounds", "mixture_entropy_bounds"), "mixture_bounds"),
}


def is_family(x: object) -> bool:
    """Say whether `x` is a distribution object of scipy.stats or torch, rather than an array.

    >>> is_family([0.5, 0.5])
    False
    >>> import scipy.stats
    >>> is_family(scipy.stats.norm(0, 1))
    True
    """
    if "scipy.stats" in sys.modules:
        for kind in type(x).__mro__:
            if kind.__module__.startswith("scipy.stats.") and kind is not object:
                return not isinstance(x, tuple)  # scipy's results are tuples
    distributions: Any = sys.modules.get("torch.distributions")
    return distributions is not None and isinstance(x, distributions.Distribution)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
