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
    Joint,
    MaximumEntropy,
    alpha_divergence,
    chi_squared_divergence,
    conditional_entropy,
    conditional_mutual_information,
    cross_entropy,
    dual_total_correlation,
    entropy,
    f_divergence,
    gain_ratio,
    gaussian_entropy,
    gaussian_kl,
    gaussian_mutual_information,
    hellinger_distance,
    information_gain,
    interaction_information,
    jeffreys_divergence,
    jensen_shannon_divergence,
    joint_entropy,
    kl_divergence,
    maximum_entropy,
    mutual_information,
    normalized_mutual_information,
    o_information,
    perplexity,
    pointwise_mutual_information,
    push,
    renyi_divergence,
    renyi_entropy,
    surprisal,
    total_correlation,
    total_variation,
    tsallis_entropy,
    variation_of_information,
)

if TYPE_CHECKING:
    from types import ModuleType

    from infoscope import calibrate as calibrate
    from infoscope import channels as channels
    from infoscope import codes as codes
    from infoscope import estimate as estimate
    from infoscope import explore as explore
    from infoscope import figures as figures
    from infoscope import known as known
    from infoscope import labs as labs
    from infoscope import language as language
    from infoscope import measures as measures
    from infoscope import probe as probe
    from infoscope import tables as tables
    from infoscope import train as train

__version__ = "0.1.0"

__all__ = [
    "Estimate",
    "InfoscopeError",
    "InfoscopeWarning",
    "Interval",
    "Joint",
    "Logits",
    "MaximumEntropy",
    "alpha_divergence",
    "bits",
    "bits_per_byte",
    "chi_squared_divergence",
    "conditional_entropy",
    "conditional_mutual_information",
    "cross_entropy",
    "dual_total_correlation",
    "entropy",
    "f_divergence",
    "gain_ratio",
    "gaussian_entropy",
    "gaussian_kl",
    "gaussian_mutual_information",
    "hellinger_distance",
    "information_gain",
    "interaction_information",
    "jeffreys_divergence",
    "jensen_shannon_divergence",
    "joint_entropy",
    "kl_divergence",
    "maximum_entropy",
    "mutual_information",
    "nats",
    "normalized_mutual_information",
    "o_information",
    "perplexity",
    "perplexity_from_loss",
    "pointwise_mutual_information",
    "push",
    "renyi_divergence",
    "renyi_entropy",
    "surprisal",
    "total_correlation",
    "total_variation",
    "tsallis_entropy",
    "variation_of_information",
]

_PILLARS = (
    "calibrate", "channels", "codes", "estimate", "explore", "figures", "known", "labs", "language",
    "measures", "probe", "tables", "train",
)  # fmt: skip


def __getattr__(name: str) -> ModuleType:
    if name in _PILLARS:
        return importlib.import_module(f"infoscope.{name}")
    raise AttributeError(f"module 'infoscope' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_PILLARS])
