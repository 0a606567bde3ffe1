"""Floor 4: what a representation knows: probes, information planes, insides of language models.

Names are loaded when first used, so that each brings only what it needs: linear probes of saved
activations run without torch.
"""

from __future__ import annotations

import importlib
from typing import Any

from infoscope.core.extras import require

__all__ = [
    "Activations",
    "AttentionEntropy",
    "CodeBlock",
    "ControlTask",
    "HardExample",
    "LabelCode",
    "LanguageActivations",
    "LayerReport",
    "LogitLens",
    "PointwiseVInformation",
    "VInformation",
    "alignment",
    "attention_entropy",
    "cka",
    "collect_activations",
    "control_task",
    "effective_rank",
    "gram_entropy",
    "language_activations",
    "layer_report",
    "load_activations",
    "logit_lens",
    "matrix_entropy",
    "matrix_mutual_information",
    "mdl_probe",
    "pointwise_from_predictions",
    "pointwise_v_information",
    "uniformity",
    "v_information",
]

#: module -> the public names it holds; those of `_WITH_TORCH` need the extra "train"
_HOMES: dict[str, tuple[str, ...]] = {
    "activations.language": (
        "language_activations",
        "LanguageActivations",
    ),
    "activations.collecting": ("collect_activations",),
    "activations.stored": (
        "Activations",
        "load_activations",
    ),
    "probes.code_lengths": (
        "mdl_probe",
        "LabelCode",
        "CodeBlock",
    ),
    "probes.controls": (
        "control_task",
        "ControlTask",
    ),
    "probes.pointwise": (
        "pointwise_v_information",
        "PointwiseVInformation",
        "pointwise_from_predictions",
    ),
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
    "activations.collecting",
    "activations.language",
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
