"""A small LSTM over bytes, trained on the CPU on a given text, with early stopping on its tail."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.progress import Progress
from infoscope.language.alphabets import ByteAlphabet
from infoscope.language.contract import RowsOnDemand, Tokens
from infoscope.language.model_folder import damaged, write_model_folder

__all__ = ["LstmModel", "LstmSession", "Network"]

_WEIGHTS_FILE = "model.safetensors"
_START = 256
_WINDOW = 1 << 16
_CHUNK = 4096  # positions read at a time
_STREAMS, _STEPS = 32, 64  # most sequences side by side, and symbols between two updates
_PER_STREAM = 16_384  # symbols of text for each sequence: short texts need many updates
_HELD_OUT = 0.1  # of the text, its end: decides when to stop
_RATE = 4e-3  # of Adam; halved whenever the held-out part gets worse
_CLIP = 1.0
_PATIENCE = 3


class Network(nn.Module):
    """Embedding, one LSTM layer, dropout while it trains, and a linear map to 256 logits."""

    def __init__(self, width: int, embedding: int = 48, dropout: float = 0.2) -> None:
        super().__init__()
        self.embedding = nn.Embedding(_START + 1, embedding)
        self.lstm = nn.LSTM(embedding, width, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, _START)

    def forward(self, ids: torch.Tensor, state: Any = None) -> tuple[torch.Tensor, Any]:
        """Return the states after each symbol (streams, steps, width), and what to go on from."""
        states, state = self.lstm(self.embedding(ids), state)
        return self.dropout(states), state


class LstmModel:
    """A recurrent model behind the `LanguageModel` contract; symbols are bytes.

    Parameters
    ----------
    name : str
        What results call it.
    network : Network
        Its weights.
    trained_on : mapping, optional
        The text's size, the seed, the epochs, and the held-out loss after each.

    Notes
    -----
    A window is read from an empty state, so that the first symbols after its beginning are
    predicted from little; windows are 65,536 bytes long by default.

    Source
    ------
    Hochreiter & Schmidhuber, Long short-term memory (1997); training by truncated backpropagation
    through time with carried state, as in Mikolov, Statistical language models based on neural
    networks (2012), section 3.3.
    """

    dtype = "float32"
    context_limit: int | None = None
    default_context = _WINDOW
    n_vocabulary = _START + 1
    prefix = _START

    def __init__(
        self, name: str, network: Network, trained_on: Mapping[str, object] | None = None
    ) -> None:
        self.name, self.network, self.trained_on = name, network.eval(), dict(trained_on or {})
        self.alphabet = ByteAlphabet()

    @classmethod
    def train(
        cls,
        documents: Sequence[bytes],
        *,
        name: str = "lstm",
        width: int = 256,
        n_epochs: int = 12,
        seed: int = 0,
        progress: bool | None = None,
    ) -> LstmModel:
        """Train on `documents`; the last tenth decides when to stop, and the best epoch is kept.

        Parameters
        ----------
        documents : sequence of bytes
            Each begins anew; at least 64 bytes together.
        name : str
            What results call the model.
        width : int
            Size of the recurrent state.
        n_epochs : int
            Most passes over the text.
        seed : int
            Decides the first weights and the dropout; the global generator is left alone.
        progress : bool, optional
            Show a bar on stderr; by default only when stderr is a terminal.

        Returns
        -------
        LstmModel
            `trained_on` says how many epochs it took and what the held-out part cost after each.

        Raises
        ------
        InvalidArgument
            If the text is too short.

        Notes
        -----
        Equal text, seed, threads and torch build give equal weights.
        """
        symbols = torch.from_numpy(
            np.concatenate([
                np.concatenate([[_START], np.frombuffer(text, np.uint8)]) for text in documents
            ] or [np.empty(0)]).astype(np.int64)
        )  # fmt: skip
        n_bytes = sum(map(len, documents))
        if n_bytes < 64:
            raise InvalidArgument(
                sentence("load", "train", "hold at least 64 bytes for an LSTM", n_bytes)
            )
        edge = len(symbols) - max(int(_HELD_OUT * len(symbols)), 16)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = Network(width)
            losses = _fit(network, symbols[:edge], symbols[edge - 1 :], n_epochs, progress)
        best = int(np.argmin(losses))
        return cls(name, network, {
            "documents": len(documents), "bytes": n_bytes, "seed": seed, "width": width,
            "epochs": len(losses), "kept_epoch": best + 1,
            "held_out_bits_per_byte": [loss / math.log(2) for loss in losses],
        })  # fmt: skip

    @classmethod
    def from_folder(cls, folder: Path, card: Mapping[str, Any]) -> LstmModel:
        """Read what `save` wrote."""
        try:
            weights = load_file(folder / _WEIGHTS_FILE)
            network = Network(int(card["width"]), weights["embedding.weight"].shape[1])
            network.load_state_dict(weights)
            return cls(str(card["name"]), network, dict(card["trained_on"]))
        except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise damaged(folder, error) from None

    def save(self, folder: str | Path) -> Path:
        """Write the model to a new folder, which `load` takes; nothing is left half-written."""

        def fill(place: Path) -> dict[str, object]:
            save_file(self.network.state_dict(), place / _WEIGHTS_FILE)
            return {
                "kind": "lstm", "name": self.name, "width": self.network.lstm.hidden_size,
                "trained_on": self.trained_on,
            }  # fmt: skip

        return write_model_folder(folder, fill)

    def encode(self, text: bytes) -> Tokens:
        """Return the bytes as ids."""
        return self.alphabet.encode(text)

    def decode(self, ids: Sequence[int]) -> bytes:
        """Return the bytes behind `ids`."""
        return self.alphabet.decode(ids)

    def spell(self, token: int) -> bytes:
        """Return the byte, or the name of the start symbol."""
        return self.alphabet.spell(token)

    def predict(self, window: NDArray[np.int64], start: int = 0) -> RowsOnDemand:
        """Predict the byte after each position of `window` from `start` on."""
        ids = torch.from_numpy(np.asarray(window, np.int64))[None]
        states, _ = self._read(ids, None)
        return self._rows(states[0, start:])

    def session(self, n_streams: int = 1, capacity: int | None = None) -> LstmSession:  # noqa: ARG002
        """Return empty contexts that grow in step; each byte is read once."""
        return LstmSession(self, n_streams)

    @torch.inference_mode()
    def _read(self, ids: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        parts: list[torch.Tensor] = []
        for first in range(0, ids.shape[1], _CHUNK):
            states, state = self.network(ids[:, first : first + _CHUNK], state)
            parts.append(states)
        return torch.cat(parts, 1), state

    def _rows(self, states: torch.Tensor) -> RowsOnDemand:
        """Return the logits of `states` (rows, width); the start symbol is never predicted."""

        @torch.inference_mode()
        def rows(first: int, last: int) -> torch.Tensor:
            logits = torch.full((last - first, _START + 1), -math.inf)
            logits[:, :_START] = self.network.head(states[first:last])
            return logits

        return RowsOnDemand(len(states), rows)


class LstmSession:
    """Contexts that grow in step: the recurrent state of each."""

    def __init__(
        self, model: LstmModel, n_streams: int, state: Any = None, length: int = 0
    ) -> None:
        self._model, self._state = model, state
        self.n_streams, self.length = n_streams, length

    def extend(self, ids: NDArray[np.int64]) -> RowsOnDemand:
        """Append ids (n_streams, m) and predict what follows each of them."""
        read = torch.from_numpy(np.ascontiguousarray(ids, np.int64))
        states, self._state = self._model._read(read, self._state)
        self.length += ids.shape[1]
        return self._model._rows(states.flatten(0, 1))

    def copy(self) -> LstmSession:
        """Return a session with the same contexts that grows on its own."""
        return LstmSession(self._model, self.n_streams, self._state, self.length)


def _fit(
    network: Network, symbols: torch.Tensor, held_out: torch.Tensor, n_epochs: int,
    progress: bool | None,
) -> list[float]:  # fmt: skip
    """Train until the held-out loss no longer falls; leave the best weights in `network`."""
    n_streams = max(min(4, len(symbols) // 64), min(_STREAMS, len(symbols) // _PER_STREAM), 1)
    per_stream = (len(symbols) - 1) // n_streams
    inputs = symbols[: n_streams * per_stream].view(n_streams, per_stream)
    targets = symbols[1 : n_streams * per_stream + 1].view(n_streams, per_stream)
    optimiser = torch.optim.Adam(network.parameters(), lr=_RATE)
    losses: list[float] = []
    best: dict[str, torch.Tensor] = {}
    with Progress(n_epochs * per_stream, "training", "steps", show=progress) as bar:
        for _ in range(n_epochs):
            network.train()
            for size in _pass(network, optimiser, inputs, targets):
                bar.advance(size)
            losses.append(_held_out_loss(network, held_out))
            if not losses[-1] > min(losses):
                best = {key: value.clone() for key, value in network.state_dict().items()}
            else:
                for group in optimiser.param_groups:
                    group["lr"] /= 2
            if len(losses) - int(np.argmin(losses)) > _PATIENCE:
                break
    network.load_state_dict(best)
    return losses


def _pass(
    network: Network, optimiser: torch.optim.Optimizer, inputs: torch.Tensor, targets: torch.Tensor
) -> Iterator[int]:
    """Go through all streams once, a stretch at a time with the state carried; yield its length."""
    state = None
    for first in range(0, inputs.shape[1], _STEPS):
        goal = targets[:, first : first + _STEPS].flatten()
        states, state = network(inputs[:, first : first + _STEPS], state)
        state = tuple(part.detach() for part in state)
        logits = network.head(states.flatten(0, 1))
        loss = functional.cross_entropy(logits, goal, ignore_index=_START)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
        optimiser.step()
        yield inputs[:, first : first + _STEPS].shape[1]


@torch.inference_mode()
def _held_out_loss(network: Network, symbols: torch.Tensor) -> float:
    network.eval()
    states, _ = network(symbols[None, :-1])
    logits = network.head(states[0])
    return float(functional.cross_entropy(logits, symbols[1:], ignore_index=_START))
