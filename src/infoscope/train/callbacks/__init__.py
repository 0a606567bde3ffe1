"""Thin callbacks that feed a `Monitor` from training frameworks; each loads only its own."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from infoscope.core.extras import require

if TYPE_CHECKING:
    from infoscope.train.callbacks.huggingface import TrainerMonitor
    from infoscope.train.callbacks.lightning import LightningMonitor
    from infoscope.train.callbacks.plain import TrainingWatch, watch_training
    from infoscope.train.callbacks.trl import PolicyMonitor, PreferenceMonitor

__all__ = [
    "LightningMonitor",
    "PolicyMonitor",
    "PreferenceMonitor",
    "TrainerMonitor",
    "TrainingWatch",
    "watch_training",
]

_HOME_OF = {
    "LightningMonitor": "lightning",
    "PolicyMonitor": "trl",
    "PreferenceMonitor": "trl",
    "TrainerMonitor": "huggingface",
    "TrainingWatch": "plain",
    "watch_training": "plain",
}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    require("torch", extra="train", purpose="training")
    if home in {"huggingface", "trl"}:
        require("transformers", extra="language", purpose=f"{name}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
