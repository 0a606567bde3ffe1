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
from transformers.models.auto.modeling_auto import AutoModelForCausalLM
from transformers.utils import logging

from infoscope.core.errors import InvalidArgument, ModelError, sentence
from infoscope.language.contract import HiddenStates, LogitRows, Prediction, Tokens
from infoscope.language.tokenizer import ByteTokenizer

__all__ = ["DTYPES", "CausalLM"]

_PROBE_LENGTH = 8
_CHUNK = 1024  # tokens read together in a long window; what came before is kept as keys and values
_PADDING = 1.1  # windows share a batch while padding adds less than a tenth
DTYPES = {
    "float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}  # fmt: skip


class CausalLM:
    """A transformers model behind the `LanguageModel` contract, by default float32 on the CPU."""

    def __init__(
        self, name: str, folder: Path, tokenizer: ByteTokenizer, prefix: int, *,
        device: str = "cpu", dtype: str = "float32",
    ) -> None:  # fmt: skip
        self.name, self.prefix, self.dtype = name, prefix, dtype
        self.tokenizer = tokenizer
        self.device = _device(device)
        self.network = _from_folder(folder, dtype).to(self.device)
        config = self.network.config.get_text_config()
        limit = getattr(config, "max_position_embeddings", None) or getattr(
            config, "n_positions", None
        )
        self.context_limit: int | None = limit
        self.default_context = min(1024, limit or 1024)
        self.trunk, self.head = self._split()
        self.n_vocabulary = self._columns()

    def encode(self, text: bytes) -> Tokens:
        """Cut any bytes into tokens that cover them exactly."""
        return self.tokenizer.encode(text)

    def decode(self, ids: Sequence[int]) -> bytes:
        """Return the bytes that `encode` cut into `ids`."""
        return self.tokenizer.decode(ids)

    def spell(self, token: int) -> bytes:
        """Return the bytes of one vocabulary entry; padding columns have none."""
        return self.tokenizer.spell(token)

    @torch.inference_mode()
    def predict(self, window: NDArray[np.int64], start: int = 0) -> Prediction:
        """Predict the token after each position of `window` from `start` on."""
        ids = torch.from_numpy(window)[None].to(self.device)
        if self.trunk is None:
            return LogitRows(self.network(input_ids=ids, use_cache=False).logits[0, start:])
        if len(window) <= _CHUNK:
            states = self.trunk(input_ids=ids, use_cache=False).last_hidden_state[0, start:]
            return HiddenStates(states, self.head)
        kept, parts = None, []
        for part in ids.split(_CHUNK, 1):
            out = self.trunk(input_ids=part, past_key_values=kept, use_cache=True)
            kept = out.past_key_values
            parts.append(out.last_hidden_state[0])
        return HiddenStates(torch.cat(parts)[start:], self.head)

    @torch.inference_mode()
    def predict_many(
        self, windows: Sequence[NDArray[np.int64]], starts: Sequence[int]
    ) -> Prediction:
        """Return the same for several windows: batches of nearly equal length, padded at the end.

        What follows a token cannot change its row, so that padding costs time and no accuracy.
        """
        rows: list[torch.Tensor] = [torch.empty(0)] * len(windows)
        for batch in _alike([len(window) for window in windows]):
            longest = max(len(windows[i]) for i in batch)
            ids = torch.full((len(batch), longest), self.prefix)
            for k, i in enumerate(batch):
                ids[k, : len(windows[i])] = torch.from_numpy(windows[i])
            ids = ids.to(self.device)
            if self.trunk is not None:
                out = self.trunk(input_ids=ids, use_cache=False).last_hidden_state
            else:
                out = self.network(input_ids=ids, use_cache=False).logits
            for k, i in enumerate(batch):
                rows[i] = out[k, starts[i] : len(windows[i])]
        joined = torch.cat(rows)
        return LogitRows(joined) if self.trunk is None else HiddenStates(joined, self.head)

    @torch.inference_mode()
    def _split(self) -> tuple[Any, Any]:
        """Return trunk and head weight if their product is what the model says, else nothing."""
        trunk = getattr(self.network, "base_model", None)
        head = self.network.get_output_embeddings()
        if trunk is None or head is None or getattr(head, "bias", None) is not None:
            return None, None
        ids = (
            torch.arange(_PROBE_LENGTH, device=self.device)[None]
            % self.network.get_input_embeddings().num_embeddings
        )
        try:
            states = trunk(input_ids=ids, use_cache=False).last_hidden_state[0]
            own = states @ head.weight.T
        except (AttributeError, RuntimeError, TypeError):
            return None, None
        said = self.network(input_ids=ids, use_cache=False).logits[0]
        fine = self.dtype in ("float32", "float64")
        near = 1e-4 if fine else 3e-2 * float(said.abs().max())
        same = own.shape == said.shape and torch.allclose(own, said, rtol=1e-4, atol=near)
        return (trunk, head.weight) if same else (None, None)

    @torch.inference_mode()
    def _columns(self) -> int:
        if self.head is not None:
            return int(self.head.shape[0])
        one = torch.tensor([[self.prefix]], device=self.device)
        return int(self.network(input_ids=one, use_cache=False).logits.shape[-1])


def _alike(lengths: Sequence[int]) -> list[list[int]]:
    """Group indices of windows so that padding each group to its longest adds little."""
    groups: list[list[int]] = []
    real = 0
    for i in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        longest = lengths[groups[-1][0]] if groups else 0
        if groups and longest * (len(groups[-1]) + 1) <= _PADDING * (real + lengths[i]):
            groups[-1].append(i)
            real += lengths[i]
        else:
            groups.append([i])
            real = lengths[i]
    return groups


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        why = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise InvalidArgument(
            sentence("load", "device", "be one that torch has here", f"{name!r} ({why})",
                     "Use 'cpu'.")
        ) from None  # fmt: skip
    return device


def _from_folder(folder: Path, dtype: str) -> Any:
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=DTYPES[dtype], local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # noqa: BLE001 - it has many parts, and each its own errors
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
