"""Floor 3: sequences under a language model: scored token by token, compared, compressed.

Names are loaded when first used, so that listing or installing models does not import torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from infoscope.core.extras import require

if TYPE_CHECKING:
    from infoscope.language.compare_models import compare
    from infoscope.language.comparison import ComparedPlace, ModelComparison, PairedTest
    from infoscope.language.compression import (
        CompressedFile,
        compress,
        decompress,
        inspect_compressed,
    )
    from infoscope.language.contract import (
        HiddenStates,
        LanguageModel,
        LogitRows,
        RowsOnDemand,
        Session,
        Tokens,
    )
    from infoscope.language.corpus_monitor import (
        CorpusReport,
        Flag,
        MonitoredDocument,
        Thresholds,
        monitor_corpus,
    )
    from infoscope.language.documents import Document, documents_of
    from infoscope.language.documents_result import CorpusScore, DocumentScore
    from infoscope.language.documents_scoring import score_corpus
    from infoscope.language.game import GuessingGame, guessing_game
    from infoscope.language.guessing import GuessingBounds, guess_numbers, guessing_bounds
    from infoscope.language.loading import load
    from infoscope.language.rate_bounds import RateBound, RateBounds, entropy_rate_bounds
    from infoscope.language.result import ScoredToken, ScoredWord, ScoringRule, TextScore
    from infoscope.language.rungs import Ladder, Rung, ladder
    from infoscope.language.sampling import Continuation, Continuations, sample_continuations
    from infoscope.language.scoring import score
    from infoscope.language.sessions import open_session, predict_many
    from infoscope.language.store import BUILTIN, BuiltinModel, ModelEntry, install, models, remove
    from infoscope.language.temperature_curves import BestTemperature, TemperatureSweep
    from infoscope.language.temperature_sweeping import temperature_sweep

__all__ = [
    "BUILTIN",
    "BestTemperature",
    "BuiltinModel",
    "ComparedPlace",
    "CompressedFile",
    "Continuation",
    "Continuations",
    "CorpusReport",
    "CorpusScore",
    "Document",
    "DocumentScore",
    "Flag",
    "GuessingBounds",
    "GuessingGame",
    "HiddenStates",
    "Ladder",
    "LanguageModel",
    "LogitRows",
    "ModelComparison",
    "ModelEntry",
    "MonitoredDocument",
    "PairedTest",
    "RateBound",
    "RateBounds",
    "RowsOnDemand",
    "Rung",
    "ScoredToken",
    "ScoredWord",
    "ScoringRule",
    "Session",
    "TemperatureSweep",
    "TextScore",
    "Thresholds",
    "Tokens",
    "compare",
    "compress",
    "decompress",
    "documents_of",
    "entropy_rate_bounds",
    "guess_numbers",
    "guessing_bounds",
    "guessing_game",
    "inspect_compressed",
    "install",
    "ladder",
    "load",
    "models",
    "monitor_corpus",
    "open_session",
    "predict_many",
    "remove",
    "sample_continuations",
    "score",
    "score_corpus",
    "temperature_sweep",
]

_HOMES = {
    "compression": ("CompressedFile", "compress", "decompress", "inspect_compressed"),
    "corpus_monitor": (
        "CorpusReport",
        "Flag",
        "MonitoredDocument",
        "Thresholds",
        "monitor_corpus",
    ),
    "documents": ("Document", "documents_of"),
    "documents_result": ("CorpusScore", "DocumentScore"),
    "documents_scoring": ("score_corpus",),
    "sampling": ("Continuation", "Continuations", "sample_continuations"),
    "temperature_curves": ("BestTemperature", "TemperatureSweep"),
    "temperature_sweeping": ("temperature_sweep",),
    "compare_models": ("compare",),
    "comparison": ("ComparedPlace", "ModelComparison", "PairedTest"),
    "contract": (
        "HiddenStates",
        "LanguageModel",
        "LogitRows",
        "RowsOnDemand",
        "Session",
        "Tokens",
    ),
    "game": ("GuessingGame", "guessing_game"),
    "guessing": ("GuessingBounds", "guess_numbers", "guessing_bounds"),
    "rate_bounds": ("RateBound", "RateBounds", "entropy_rate_bounds"),
    "rungs": ("Ladder", "Rung", "ladder"),
    "loading": ("load",),
    "result": ("ScoredToken", "ScoredWord", "ScoringRule", "TextScore"),
    "scoring": ("score",),
    "sessions": ("open_session", "predict_many"),
    "store": ("BUILTIN", "BuiltinModel", "ModelEntry", "install", "models", "remove"),
}
_NEEDS = {
    "compression": ("numba",),
    "documents_scoring": ("torch", "tokenizers", "safetensors"),
    "sampling": ("torch", "tokenizers", "safetensors"),
    "temperature_curves": ("torch",),
    "temperature_sweeping": ("torch", "tokenizers", "safetensors"),
    "compare_models": ("torch", "tokenizers", "safetensors"),
    "comparison": ("torch",),
    "game": ("torch", "tokenizers", "safetensors"),
    "guessing": ("torch", "tokenizers", "safetensors"),
    "rate_bounds": ("torch", "tokenizers", "safetensors"),
    "rungs": ("torch", "tokenizers", "safetensors"),
    "loading": ("torch", "tokenizers", "safetensors"),
    "scoring": ("torch", "tokenizers", "safetensors"),
    "sessions": ("torch",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for module in _NEEDS.get(home, ()):
        purpose = "compressing" if home == "compression" else "measuring with a language model"
        require(module, extra="language", purpose=purpose)
    value = getattr(importlib.import_module(f"infoscope.language.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
