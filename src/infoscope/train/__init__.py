"""Floor 3: losses, penalties, variational objectives and monitors for training with torch.

Names are loaded when first used, so that each brings only what it needs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from infoscope.core.extras import require

if TYPE_CHECKING:
    from infoscope.train.accumulators import ExactSum
    from infoscope.train.collapse_alarm import Alarm, CollapseAlarm
    from infoscope.train.contrastive import Contrast, info_nce, nt_xent
    from infoscope.train.controllers import AdaptiveKL, EntropyTarget
    from infoscope.train.divergence_losses import (
        distillation_loss,
        generalized_js_loss,
        js_loss,
        kl_loss,
        renyi_loss,
    )
    from infoscope.train.fused_linear import linear_cross_entropy
    from infoscope.train.label_losses import (
        binary_cross_entropy_loss,
        cross_entropy_loss,
        focal_loss,
    )
    from infoscope.train.live_line import LiveLine
    from infoscope.train.monitor import Monitor
    from infoscope.train.monitor_values import MonitorRecord, MonitorValues
    from infoscope.train.penalties import (
        PENALTIES,
        PenaltyFacts,
        kl_penalty,
        penalty_facts,
        sequence_kl,
    )
    from infoscope.train.policies import (
        best_of_n_kl,
        best_of_n_win_rate,
        over_optimization,
        tilted_policy,
    )
    from infoscope.train.preference_losses import dpo_loss, ipo_loss
    from infoscope.train.run_report import save_run_report
    from infoscope.train.statistics import TokenStatistics, token_statistics
    from infoscope.train.trust_regions import PolicyStep, policy_step, ppo_clip_loss
    from infoscope.train.variational import (
        Elbo,
        PosteriorReport,
        RateSplit,
        elbo,
        free_bits,
        gaussian_rate,
        iwae_bound,
        posterior_report,
        rate_split,
    )

__all__ = [
    "PENALTIES",
    "AdaptiveKL",
    "Alarm",
    "CollapseAlarm",
    "Contrast",
    "Elbo",
    "EntropyTarget",
    "ExactSum",
    "LiveLine",
    "Monitor",
    "MonitorRecord",
    "MonitorValues",
    "PenaltyFacts",
    "PolicyStep",
    "PosteriorReport",
    "RateSplit",
    "TokenStatistics",
    "best_of_n_kl",
    "best_of_n_win_rate",
    "binary_cross_entropy_loss",
    "cross_entropy_loss",
    "distillation_loss",
    "dpo_loss",
    "elbo",
    "focal_loss",
    "free_bits",
    "gaussian_rate",
    "generalized_js_loss",
    "info_nce",
    "ipo_loss",
    "iwae_bound",
    "js_loss",
    "kl_loss",
    "kl_penalty",
    "linear_cross_entropy",
    "nt_xent",
    "over_optimization",
    "penalty_facts",
    "policy_step",
    "posterior_report",
    "ppo_clip_loss",
    "rate_split",
    "renyi_loss",
    "save_run_report",
    "sequence_kl",
    "tilted_policy",
    "token_statistics",
]

_HOMES = {
    "accumulators": ("ExactSum",),
    "collapse_alarm": (
        "Alarm",
        "CollapseAlarm",
    ),
    "live_line": ("LiveLine",),
    "monitor": ("Monitor",),
    "monitor_values": (
        "MonitorRecord",
        "MonitorValues",
    ),
    "run_report": ("save_run_report",),
    "variational": (
        "Elbo",
        "PosteriorReport",
        "RateSplit",
        "elbo",
        "free_bits",
        "gaussian_rate",
        "iwae_bound",
        "posterior_report",
        "rate_split",
    ),
    "contrastive": ("Contrast", "info_nce", "nt_xent"),
    "controllers": ("AdaptiveKL", "EntropyTarget"),
    "divergence_losses": (
        "distillation_loss",
        "generalized_js_loss",
        "js_loss",
        "kl_loss",
        "renyi_loss",
    ),
    "fused_linear": ("linear_cross_entropy",),
    "label_losses": ("binary_cross_entropy_loss", "cross_entropy_loss", "focal_loss"),
    "penalties": ("PENALTIES", "PenaltyFacts", "kl_penalty", "penalty_facts", "sequence_kl"),
    "policies": ("best_of_n_kl", "best_of_n_win_rate", "over_optimization", "tilted_policy"),
    "preference_losses": ("dpo_loss", "ipo_loss"),
    "statistics": ("TokenStatistics", "token_statistics"),
    "trust_regions": ("PolicyStep", "policy_step", "ppo_clip_loss"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    require("torch", extra="train", purpose="training")
    value = getattr(importlib.import_module(f"infoscope.train.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
