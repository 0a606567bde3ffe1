"""Floor 4: what a representation knows: probes, information planes, insides of language models.

Names are loaded when first used, so that each brings only what it needs: linear probes of saved
activations run without torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from infoscope.core.extras import require

if TYPE_CHECKING:
    from infoscope.probe.activations.collecting import collect_activations
    from infoscope.probe.activations.language import LanguageActivations, language_activations
    from infoscope.probe.activations.stored import Activations, load_activations
    from infoscope.probe.data_processing import (
        DataProcessing,
        ProcessedLayer,
        data_processing_check,
    )
    from infoscope.probe.knowledge.comparing import knows
    from infoscope.probe.knowledge.knowledge_result import Knowledge
    from infoscope.probe.knowledge.statements import Statement, factual_statements
    from infoscope.probe.language_models.annotated_text import (
        AnnotatedSentence,
        AnnotatedWord,
        read_conllu,
    )
    from infoscope.probe.language_models.attention_reading import attention_entropy
    from infoscope.probe.language_models.attention_result import AttentionEntropy
    from infoscope.probe.language_models.lens_reading import logit_lens
    from infoscope.probe.language_models.lens_result import LogitLens
    from infoscope.probe.language_models.states_of_texts import TextStates, text_states
    from infoscope.probe.language_models.states_of_words import WordStates, word_states
    from infoscope.probe.planes.bins import Binning
    from infoscope.probe.planes.mixture_bounds import EntropyBounds, mixture_entropy_bounds
    from infoscope.probe.planes.neighbours import NearestNeighbours
    from infoscope.probe.planes.noise_models import GaussianNoise, NoiseModel, PairwiseBounds
    from infoscope.probe.planes.recorder import (
        InformationPlane,
        information_plane,
        recording_epochs,
    )
    from infoscope.probe.planes.trajectory import PlanePoint, PlaneTrajectory, load_trajectory
    from infoscope.probe.planes.twelve_bits import (
        TwelveBits,
        TwelveBitsRun,
        twelve_bit_experiment,
        twelve_bit_problem,
    )
    from infoscope.probe.probes.code_lengths import CodeBlock, LabelCode, mdl_probe
    from infoscope.probe.probes.controls import ControlTask, control_task
    from infoscope.probe.probes.information import v_information
    from infoscope.probe.probes.layers import LayerReport, layer_report
    from infoscope.probe.probes.pointwise import (
        PointwiseVInformation,
        pointwise_from_predictions,
        pointwise_v_information,
    )
    from infoscope.probe.probes.v_result import HardExample, VInformation
    from infoscope.probe.representations.geometry import alignment, effective_rank, uniformity
    from infoscope.probe.representations.kernel_alignment import cka
    from infoscope.probe.representations.renyi import (
        gram_entropy,
        matrix_entropy,
        matrix_mutual_information,
    )

__all__ = [
    "Activations",
    "AnnotatedSentence",
    "AnnotatedWord",
    "AttentionEntropy",
    "Binning",
    "CodeBlock",
    "ControlTask",
    "DataProcessing",
    "EntropyBounds",
    "GaussianNoise",
    "HardExample",
    "InformationPlane",
    "Knowledge",
    "LabelCode",
    "LanguageActivations",
    "LayerReport",
    "LogitLens",
    "NearestNeighbours",
    "NoiseModel",
    "PairwiseBounds",
    "PlanePoint",
    "PlaneTrajectory",
    "PointwiseVInformation",
    "ProcessedLayer",
    "Statement",
    "TextStates",
    "TwelveBits",
    "TwelveBitsRun",
    "VInformation",
    "WordStates",
    "alignment",
    "attention_entropy",
    "cka",
    "collect_activations",
    "control_task",
    "data_processing_check",
    "effective_rank",
    "factual_statements",
    "gram_entropy",
    "information_plane",
    "knows",
    "language_activations",
    "layer_report",
    "load_activations",
    "load_trajectory",
    "logit_lens",
    "matrix_entropy",
    "matrix_mutual_information",
    "mdl_probe",
    "mixture_entropy_bounds",
    "pointwise_from_predictions",
    "pointwise_v_information",
    "read_conllu",
    "recording_epochs",
    "text_states",
    "twelve_bit_experiment",
    "twelve_bit_problem",
    "uniformity",
    "v_information",
    "word_states",
]

#: module -> the public names it holds; `_WITH_TORCH` and `_WITH_MODELS` say which need an extra
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
    "language_models.states_of_texts": (
        "TextStates",
        "text_states",
    ),
    "language_models.states_of_words": (
        "WordStates",
        "word_states",
    ),
    "language_models.annotated_text": (
        "AnnotatedSentence",
        "AnnotatedWord",
        "read_conllu",
    ),
    "knowledge.statements": (
        "Statement",
        "factual_statements",
    ),
    "knowledge.knowledge_result": ("Knowledge",),
    "knowledge.comparing": ("knows",),
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
    "planes.recorder": (
        "InformationPlane",
        "information_plane",
        "recording_epochs",
    ),
    "planes.twelve_bits": (
        "TwelveBits",
        "TwelveBitsRun",
        "twelve_bit_experiment",
        "twelve_bit_problem",
    ),
    "planes.trajectory": (
        "PlanePoint",
        "PlaneTrajectory",
        "load_trajectory",
    ),
    "planes.noise_models": (
        "GaussianNoise",
        "NoiseModel",
        "PairwiseBounds",
    ),
    "planes.bins": ("Binning",),
    "planes.neighbours": ("NearestNeighbours",),
    "planes.mixture_bounds": (
        "EntropyBounds",
        "mixture_entropy_bounds",
    ),
    "data_processing": (
        "DataProcessing",
        "ProcessedLayer",
        "data_processing_check",
    ),
}
_WITH_TORCH = ("activations.collecting", "planes.recorder", "planes.twelve_bits")
_WITH_MODELS = (
    "activations.language",
    "language_models.attention_reading",
    "language_models.lens_reading",
    "language_models.states_of_texts",
    "language_models.states_of_words",
)
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if home in _WITH_TORCH:
        require("torch", extra="train", purpose=f"probe.{name}")
    for module in ("torch", "tokenizers", "safetensors") if home in _WITH_MODELS else ():
        require(module, extra="language", purpose=f"probe.{name}")
    value = getattr(importlib.import_module(f"infoscope.probe.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
