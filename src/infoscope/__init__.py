"""Information theory for machine learning: measure it exactly, estimate it, see it, train with it.

The exact measures are here; the pillars (`infoscope.language`, `infoscope.tables`, ...) load when
they are first named, so that `import infoscope` stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from infoscope.core.errors import InfoscopeError, InfoscopeWarning
from infoscope.core.logits import Logits
from infoscope.core.result import Estimate, Interval
from infoscope.core.units import bits, bits_per_byte, nats, perplexity_from_loss
from infoscope.measures import (
    conditional_entropy,
    cross_entropy,
    entropy,
    jensen_shannon_divergence,
    kl_divergence,
    mutual_information,
    perplexity,
    surprisal,
)

if TYPE_CHECKING:
    from types import ModuleType

    from infoscope import figures, language, measures, tables

__version__ = "0.1.0"

__all__ = [
    "Estimate",
    "InfoscopeError",
    "InfoscopeWarning",
    "Interval",
    "Logits",
    "bits",
    "bits_per_byte",
    "conditional_entropy",
    "cross_entropy",
    "entropy",
    "jensen_shannon_divergence",
    "kl_divergence",
    "mutual_information",
    "nats",
    "perplexity",
    "perplexity_from_loss",
    "surprisal",
]

_PILLARS = ("figures", "language", "measures", "tables")


def __getattr__(name: str) -> ModuleType:
    if name in _PILLARS:
        return importlib.import_module(f"infoscope.{name}")
    raise AttributeError(f"module 'infoscope' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_PILLARS])
