"""Any local Hugging Face causal language model: the one file that knows transformers.

A model is run through its trunk and its head apart when that gives its own logits (checked once,
at loading, on a few tokens), else through its full logits: some architectures scale or cap them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM
from transformers.utils import logging

from infoscope.core.errors import ModelError, sentence
from infoscope.language.contract import HiddenStates, LogitRows, Prediction, Tokens
from infoscope.language.tokenizer import ByteTokenizer

__all__ = ["CausalLM"]

_PROBE_LENGTH = 8


class CausalLM:
    """A transformers model behind the `LanguageModel` contract, float32 on the CPU."""

    dtype = "float32"

    def __init__(self, name: str, folder: Path, tokenizer: ByteTokenizer, prefix: int) -> None:
        self.name, self.prefix = name, prefix
        self._tokenizer = tokenizer
        self._model = _from_folder(folder)
        config = self._model.config.get_text_config()
        limit = getattr(config, "max_position_embeddings", None) or getattr(
            config, "n_positions", None
        )
        self.context_limit: int | None = limit
        self.default_context = min(1024, limit or 1024)
        self._trunk, self._head = self._split()
        self.n_vocabulary = self._columns()

    def encode(self, text: bytes) -> Tokens:
        """Cut any bytes into tokens that cover them exactly."""
        return self._tokenizer.encode(text)

    def decode(self, ids: Sequence[int]) -> bytes:
        """Return the bytes that `encode` cut into `ids`."""
        return self._tokenizer.decode(ids)

    def spell(self, token: int) -> bytes:
        """Return the bytes of one vocabulary entry; padding columns have none."""
        return self._tokenizer.spell(token)

    @torch.inference_mode()
    def predict(self, window: NDArray[np.int64], start: int = 0) -> Prediction:
        """Predict the token after each position of `window` from `start` on."""
        ids = torch.from_numpy(window)[None]
        if self._trunk is not None:
            states = self._trunk(input_ids=ids, use_cache=False).last_hidden_state[0, start:]
            return HiddenStates(states, self._head)
        return LogitRows(self._model(input_ids=ids, use_cache=False).logits[0, start:])

    @torch.inference_mode()
    def _split(self) -> tuple[Any, Any]:
        """Return trunk and head weight if their product is what the model says, else nothing."""
        trunk, head = getattr(self._model, "base_model", None), self._model.get_output_embeddings()
        if trunk is None or head is None or getattr(head, "bias", None) is not None:
            return None, None
        ids = torch.arange(_PROBE_LENGTH)[None] % self._model.get_input_embeddings().num_embeddings
        try:
            states = trunk(input_ids=ids, use_cache=False).last_hidden_state[0]
            own = states @ head.weight.T
        except (AttributeError, RuntimeError, TypeError):
            return None, None
        said = self._model(input_ids=ids, use_cache=False).logits[0]
        same = own.shape == said.shape and torch.allclose(own, said, rtol=1e-4, atol=1e-4)
        return (trunk, head.weight) if same else (None, None)

    @torch.inference_mode()
    def _columns(self) -> int:
        if self._head is not None:
            return int(self._head.shape[0])
        one = torch.tensor([[self.prefix]])
        return int(self._model(input_ids=one, use_cache=False).logits.shape[-1])


def _from_folder(folder: Path) -> Any:
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, AttributeError) as error:
        why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            sentence(
                "load", "name_or_path", "be a whole Hugging Face causal language model",
                f"{os.fspath(folder)} ({why.rstrip('.')})",
            )
        ) from None  # fmt: skip
    finally:
        if shown:
            logging.enable_progress_bar()
    return model.eval()
