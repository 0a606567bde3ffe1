"""Floor 4: what a representation knows: probes, information planes, insides of language models.

Names are loaded when first used, so that each brings only what it needs: linear probes of saved
activations run without torch.
"""

from __future__ import annotations

import importlib
from typing import Any

from infoscope.core.extras import require

__all__ = [
    "AttentionEntropy",
    "HardExample",
    "LayerReport",
    "LogitLens",
    "VInformation",
    "alignment",
    "attention_entropy",
    "cka",
    "effective_rank",
    "gram_entropy",
    "layer_report",
    "logit_lens",
    "matrix_entropy",
    "matrix_mutual_information",
    "uniformity",
    "v_information",
]

#: module -> the public names it holds; those of `_WITH_TORCH` need the extra "train"
_HOMES: dict[str, tuple[str, ...]] = {
    "probes.layers": (
        "layer_report",
        "LayerReport",
    ),
    "probes.v_result": (
        "VInformation",
        "HardExample",
    ),
    "probes.information": ("v_information",),
    "language_models.attention_result": ("AttentionEntropy",),
    "language_models.attention_reading": ("attention_entropy",),
    "language_models.lens_result": ("LogitLens",),
    "language_models.lens_reading": ("logit_lens",),
    "representations.renyi": (
        "gram_entropy",
        "matrix_entropy",
        "matrix_mutual_information",
    ),
    "representations.geometry": (
        "alignment",
        "effective_rank",
        "uniformity",
    ),
    "representations.kernel_alignment": ("cka",),
}
_WITH_TORCH: tuple[str, ...] = (
    "language_models.lens_reading",
    "language_models.attention_reading",
)
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if home in _WITH_TORCH:
        require("torch", extra="train", purpose=f"probe.{name}")
    value = getattr(importlib.import_module(f"infoscope.probe.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
