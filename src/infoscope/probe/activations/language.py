"""Activations of a language model on texts: each layer, each token, and where a token stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.progress import Progress
from infoscope.language.arguments import as_model
from infoscope.language.contract import LanguageModel
from infoscope.language.denormals import denormals_flushed
from infoscope.probe.activations.stored import Activations, RowStore
from infoscope.probe.language_models.insides import open_insides

__all__ = ["LanguageActivations", "language_activations"]

_FUNCTION = "language_activations"
_TOGETHER = 1024  # tokens of short windows read in one call


@dataclass(frozen=True, slots=True, eq=False)
class LanguageActivations(Activations):
    """Activations with a row for each token.

    Attributes
    ----------
    texts : array of shape (n,)
        Which text each token belongs to.
    ids : array of shape (n,)
        Token ids.
    starts, ends : array of shape (n,)
        Byte span of each token in its text.
    """

    texts: NDArray[np.int64] = field(kw_only=True, repr=False)
    ids: NDArray[np.int64] = field(kw_only=True, repr=False)
    starts: NDArray[np.int64] = field(kw_only=True, repr=False)
    ends: NDArray[np.int64] = field(kw_only=True, repr=False)


def language_activations(
    texts: str | bytes | Sequence[str | bytes], model: str | Path | LanguageModel = "smollm2", *,
    layers: Sequence[int] | None = None, context: int | None = None,
    folder: str | Path | None = None, dtype: str = "float32", progress: bool | None = None,
) -> LanguageActivations:  # fmt: skip
    """Return the residual stream of a language model at every layer and token of some texts.

    activations["layer k"][i] = state of token i after block k; "layer 0" is the embedding

    Parameters
    ----------
    texts : str, bytes, or sequence of them
        Read apart from each other, each after the model's prefix token.
    model : str, Path or LanguageModel
        What `infoscope.language.load` takes or returned: "smollm2", a Hugging Face folder, a GGUF
        file.
    layers : sequence of int, optional
        Which to keep, 0 (embedding) to the number of blocks; all when not given.
    context : int, optional
        Tokens of a window, the prefix included; the model's usual one when not given. A longer text
        is cut into windows that each begin anew.
    folder : str or Path, optional
        Write to files there while running and return memory maps.
    dtype : {"float32", "float16", "float64"}
        Number format of the rows kept; float16 halves the space, and overflows above 65504.
    progress : bool, optional
        Show a bar on stderr; by default only when it is a terminal.

    Returns
    -------
    LanguageActivations
        Layers (n_tokens, width) before the final norm, with the text, id and byte span of each row.

    Raises
    ------
    InvalidArgument
        If a layer does not exist, the context does not fit, or there is no token.
    WrongType
        If the model has no layers, or texts are no texts.

    Notes
    -----
    Cost: the forward pass without the product with the vocabulary, and one copy of each state; a
    token of "smollm2" takes 71 kB over all layers. The prefix's own state is not kept.
    """
    model = as_model(model, _FUNCTION)
    insides = open_insides(model, _FUNCTION)
    chosen = list(range(insides.n_layers + 1)) if layers is None else [int(k) for k in layers]
    if not chosen or any(not 0 <= k <= insides.n_layers for k in chosen):
        raise InvalidArgument(
            sentence(_FUNCTION, "layers", f"lie between 0 and {insides.n_layers}", chosen)
        )
    size = _context(model, context)
    tokens = [model.encode(text) for text in _as_bytes(texts)]
    marks = {
        "texts": np.repeat(np.arange(len(tokens)), [len(t.ids) for t in tokens]),
        "ids": np.concatenate([t.ids for t in tokens]),
        "starts": np.concatenate([t.starts for t in tokens]),
        "ends": np.concatenate([t.ends for t in tokens]),
    }
    n = len(marks["ids"])
    if not n:
        raise InvalidArgument(sentence(_FUNCTION, "texts", "hold at least one token", "none"))
    windows = [
        np.concatenate([[model.prefix], part]).astype(np.int64)
        for each in tokens for part in _parts(each.ids, size - 1)
    ]  # fmt: skip
    store = RowStore(folder, dtype, function=_FUNCTION)
    order = np.argsort(chosen, kind="stable")
    names = {chosen[i]: f"layer {chosen[i]}" for i in order}
    places = np.concatenate([np.arange(len(t.ids)) for t in tokens])
    done = 0
    try:
        with denormals_flushed(), Progress(n, "reading", "tokens", show=progress) as bar:
            for pack in _packs(windows):
                rows = sum(len(window) - 1 for window in pack)
                here = slice(done, done + rows)
                sink = _Sink(pack, names, store, marks["texts"][here], places[here])
                insides.read_many(pack, sink.keep)
                done += rows
                bar.advance(rows)
    except BaseException:
        store.abandon()
        raise
    limit = f"windows of {size} tokens, each begun by the model's prefix token"
    found = store.finish((f"{model.name}: residual stream before the final norm; {limit}",))
    return LanguageActivations(
        found.arrays, found.examples, found.positions, found.folder, found.notes, **marks
    )


def _as_bytes(texts: object) -> list[bytes]:
    given = [texts] if isinstance(texts, (str, bytes)) else texts
    if not isinstance(given, Sequence) or not all(isinstance(t, (str, bytes)) for t in given):
        raise WrongType(
            sentence(_FUNCTION, "texts", "be a text or a sequence of texts", type(texts).__name__)
        )
    if not given:
        raise InvalidArgument(sentence(_FUNCTION, "texts", "hold at least one text", "none"))
    return [t.encode("utf-8") if isinstance(t, str) else t for t in given]


def _context(model: LanguageModel, context: int | None) -> int:
    size = model.default_context if context is None else context
    limit = model.context_limit
    if size < 2 or (limit is not None and size > limit):
        raise InvalidArgument(
            sentence(_FUNCTION, "context", f"lie between 2 and {limit or 'any number'}", size)
        )
    return size


def _parts(ids: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    return [ids[first : first + size] for first in range(0, len(ids), size)]


def _packs(windows: list[NDArray[np.int64]]) -> list[list[NDArray[np.int64]]]:
    """Put short windows together, so that the products are not starved."""
    packs: list[list[NDArray[np.int64]]] = []
    filled = _TOGETHER + 1
    for window in windows:
        if filled + len(window) > _TOGETHER:
            packs.append([])
            filled = 0
        packs[-1].append(window)
        filled += len(window)
    return packs


class _Sink:
    """Takes the rows of a layer chunk by chunk, and hands those of tokens to the store."""

    def __init__(
        self, pack: list[NDArray[np.int64]], names: dict[int, str], store: RowStore,
        texts: NDArray[np.int64], places: NDArray[np.int64],
    ) -> None:  # fmt: skip
        self.names, self.store, self.texts, self.places = names, store, texts, places
        real = np.ones(sum(len(window) for window in pack), np.bool_)
        real[np.cumsum([0, *(len(window) for window in pack[:-1])])] = False
        self.real, self.before = real, np.cumsum(real) - real

    def keep(self, layer: int, first: int, rows: Tensor) -> None:
        """Keep the rows of tokens; `rows` is the model's own buffer."""
        if layer not in self.names:
            return
        last = first + len(rows)
        real = self.real[first:last]
        here = rows.detach().to("cpu")
        values: NDArray[Any] = (here if here.dtype == torch.float64 else here.float()).numpy()
        if real.all():
            kept = values
        else:  # a window's prefix stands first: a view is enough
            kept = values[1:] if not real[0] and real[1:].all() else values[real]
        begin = int(self.before[first])
        at = slice(begin, begin + len(kept))
        self.store.add(self.names[layer], kept, self.texts[at], self.places[at])
