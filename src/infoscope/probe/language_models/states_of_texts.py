"""The state of a model at the end of short texts, and how likely it then holds given answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.progress import Progress
from infoscope.language.arguments import as_model, text_as_bytes
from infoscope.language.contract import HiddenStates, LanguageModel
from infoscope.language.denormals import denormals_flushed
from infoscope.language.rows import log_probabilities
from infoscope.probe.language_models.insides import Insides, open_insides

__all__ = ["TextStates", "text_states"]

_PACK = 1024  # tokens read together


@dataclass(frozen=True, eq=False)
class TextStates:
    """States at the last token of each text, and log-probabilities of answers after it.

    Attributes
    ----------
    model : str
        The model's name.
    layers : tuple of int
        0 is the embedding, then one for each block; the residual stream before the final norm.
    states : ndarray of float32, shape (layers, n, width)
        State of text i at each layer, at its last token.
    answers : tuple of str
        The answers asked about; may be empty.
    log_probabilities : ndarray of float64, shape (n, answers)
        ln p(first token of the answer | text), in nats.
    """

    model: str
    layers: tuple[int, ...]
    states: NDArray[np.float32]
    answers: tuple[str, ...]
    log_probabilities: NDArray[np.float64]

    def layer(self, layer: int) -> NDArray[np.float32]:
        """Return the states of one layer, shape (n, width)."""
        if layer not in self.layers:
            raise InvalidArgument(
                sentence("TextStates.layer", "layer", f"be one of {list(self.layers)}", layer)
            )
        return self.states[self.layers.index(layer)]


def text_states(
    texts: Sequence[str], model: str | Path | LanguageModel = "smollm2", *,
    answers: Sequence[str] = (), layers: Sequence[int] | None = None,
    progress: bool | None = None,
) -> TextStates:  # fmt: skip
    """Read short texts and return the state at the end of each, and what the model would say.

    state(text, layer) = residual stream after `layer` at the text's last token

    Parameters
    ----------
    texts : sequence of str
        Statements or prompts; each is read alone, after the model's prefix token.
    model : str, Path or LanguageModel
        What `infoscope.language.load` takes or returned: a transformer that runs here.
    answers : sequence of str
        Continuations whose first tokens' log-probabilities are wanted (" True", " False"). They
        must differ in their first tokens.
    layers : sequence of int, optional
        Which layers to keep; by default all.
    progress : bool, optional
        Show a progress bar on stderr; by default only when stderr is a terminal.

    Returns
    -------
    TextStates
        States (layers, n, width) and log-probabilities (n, answers): what `knows` compares.

    Raises
    ------
    InvalidArgument
        If there is no text, one is empty or too long, a layer does not exist, or two answers begin
        with the same token.
    WrongType, ModelError
        If the model has no layers to look at.

    Notes
    -----
    Time is one forward pass over all texts; memory 4 bytes times layers times texts times width.

    Source
    ------
    Burns et al. (2022), arXiv:2212.03827, section 2.1, for states at the end of statements.
    """
    model = as_model(model, "text_states")
    opened = open_insides(model, "text_states")
    if isinstance(texts, str) or not isinstance(texts, Sequence) or not len(texts):
        raise (WrongType if not isinstance(texts, Sequence) or texts else InvalidArgument)(
            sentence("text_states", "texts", "be a list of at least one text", repr(texts)[:60])
        )
    chosen = tuple(range(opened.n_layers + 1)) if layers is None else tuple(map(int, layers))
    if not chosen or any(not 0 <= layer <= opened.n_layers for layer in chosen):
        raise InvalidArgument(
            sentence("text_states", "layers", f"lie between 0 and {opened.n_layers}", list(chosen))
        )
    windows = [_window(text, model) for text in texts]
    asked = _first_tokens(answers, model)
    states = np.empty((len(chosen), len(texts), opened.width), np.float32)
    said = np.empty((len(texts), len(asked)))
    with denormals_flushed(), Progress(len(texts), "reading", "texts", show=progress) as bar:
        done = 0
        while done < len(windows):
            pack, n = [windows[done]], len(windows[done])
            for window in windows[done + 1 :]:
                n += len(window)
                if n > _PACK:
                    break
                pack.append(window)
            here = slice(done, done + len(pack))
            said[here] = _read(opened, pack, chosen, states[:, here], asked, model)
            done += len(pack)
            bar.advance(len(pack))
    return TextStates(model.name, chosen, states, tuple(answers), said)


def _read(
    opened: Insides, pack: list[NDArray[np.int64]], chosen: tuple[int, ...],
    out: NDArray[np.float32], asked: NDArray[np.int64], model: LanguageModel,
) -> NDArray[np.float64]:  # fmt: skip
    ends = np.cumsum([len(window) for window in pack]) - 1
    place = {layer: i for i, layer in enumerate(chosen)}
    last: list[Any] = [None] * len(pack)

    def keep(layer: int, first: int, rows: Tensor) -> None:
        mine = np.flatnonzero((ends >= first) & (ends < first + len(rows)))
        picked = rows[torch.from_numpy(ends[mine] - first)]
        if layer in place:
            out[place[layer], mine] = picked.to("cpu").float().numpy()
        if layer == opened.n_layers and len(asked):
            for i, row in zip(mine.tolist(), picked, strict=True):
                last[i] = row

    opened.read_many(pack, keep)
    if not len(asked):
        return np.empty((len(pack), 0))
    normed = opened.normalise(torch.stack(last))
    rows = log_probabilities(HiddenStates(normed, _head(opened, model)), 0, len(pack))
    return rows[:, torch.from_numpy(asked)].numpy()


def _head(opened: Insides, model: LanguageModel) -> Tensor:
    """Return the matrix that turns states into logits."""
    prediction = opened.read(np.array([model.prefix]))
    return prediction.weight


def _window(text: str, model: LanguageModel) -> NDArray[np.int64]:
    tokens = model.encode(text_as_bytes(text, "text_states"))
    window = np.concatenate([[model.prefix], tokens.ids]).astype(np.int64)
    if model.context_limit is not None and len(window) > model.context_limit:
        raise InvalidArgument(
            sentence("text_states", "texts", f"have at most {model.context_limit} tokens each",
                     f"{len(window)}")
        )  # fmt: skip
    return window


def _first_tokens(answers: Sequence[str], model: LanguageModel) -> NDArray[np.int64]:
    ids = [int(model.encode(text_as_bytes(answer, "text_states")).ids[0]) for answer in answers]
    if len(set(ids)) < len(ids):
        raise InvalidArgument(
            sentence("text_states", "answers", "differ in their first tokens", list(answers))
        )
    return np.array(ids, np.int64)
