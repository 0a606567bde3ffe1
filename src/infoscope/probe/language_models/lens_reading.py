"""The logit lens: read every layer of a language model through its own final norm and head."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.progress import Progress
from infoscope.language.arguments import as_model, text_as_bytes, whole_number
from infoscope.language.contract import HiddenStates, LanguageModel
from infoscope.language.denormals import denormals_flushed
from infoscope.language.scoring import plan_reading
from infoscope.probe.language_models.insides import Insides, open_insides
from infoscope.probe.language_models.lens_result import LogitLens
from infoscope.probe.language_models.lens_rows import LensNumbers, LensRows

__all__ = ["logit_lens"]


def logit_lens(
    text: str | bytes,
    model: str | Path | LanguageModel = "smollm2",
    *,
    layers: Sequence[int] | None = None,
    context: int | str | None = None,
    stride: int | None = None,
    prefix: int | str | None = None,
    top: int = 3,
    progress: bool | None = None,
) -> LogitLens:
    """Measure what each layer of `model` would already predict for each token of `text`.

    p_layer(next) = softmax(head · norm(h_layer)), norm recomputed for h_layer

    Parameters
    ----------
    text : str or bytes
        What to read; as in `infoscope.language.score`.
    model : str, Path or LanguageModel
        What `infoscope.language.load` takes or returned: a transformer that runs here.
    layers : sequence of int, optional
        Which layers to read, ascending, from 0 (embedding) to the number of blocks; by default all.
        The last layer is always read, since the others are held against it.
    context, stride, prefix
        How the text is put before the model: as in `infoscope.language.score`.
    top : int
        How many of the likeliest tokens to keep at each layer, from 1 to the vocabulary's size.
    progress : bool, optional
        Show a progress bar on stderr; by default only when stderr is a terminal.

    Returns
    -------
    LogitLens
        For each layer and token, in nats: entropy of the layer's prediction, KL(final‖layer),
        surprisal and rank of the token that came, and the top guesses. The last layer's numbers are
        those of `infoscope.language.score`.

    Raises
    ------
    InvalidArgument
        If the text is empty, a layer does not exist, or a number is out of range.
    WrongType
        If the model has no layers to look at (n-grams, LSTMs, servers).
    ModelError
        If the model caps or scales its logits, or answers with NaN.

    Notes
    -----
    The lens asks a layer in a language that only the last layer was trained to speak: a high KL
    says that the layer cannot yet be read *this way*, not that it knows nothing; a probe says more
    (`word_states`, `v_information`). Time is one forward pass and one product with the head for
    each layer: with all 31 states of "smollm2" 6 to 8 times the scorer's. Memory is layers times
    context times width for the states of one window, and a few hundred rows of logits; it does not
    grow with tokens times vocabulary.

    Source
    ------
    nostalgebraist, "interpreting GPT: the logit lens" (2020); Belrose et al. (2023),
    arXiv:2303.08112, section 2, for its limits.
    """
    model = as_model(model, "logit_lens")
    opened = open_insides(model, "logit_lens")
    chosen = _check_layers(layers, opened.n_layers)
    top = whole_number("logit_lens", "top", top, 1, model.n_vocabulary)
    plan = plan_reading(model, context, stride, prefix)
    data, tokens = plan.cut(text_as_bytes(text, "logit_lens"))
    n = len(tokens.ids)
    numbers = LensNumbers.empty(len(chosen), n, top)
    reducer = LensRows(model.n_vocabulary, top)
    with denormals_flushed(), Progress(n, "reading layers", "tokens", show=progress) as bar:
        for window in plan.windows(tokens):
            states, last = _states(opened, window.inputs, window.start, chosen)
            targets = torch.from_numpy(tokens.ids[window.first : window.last])
            reducer.read(
                states, last.states[window.start :].cpu(), last.weight.float().cpu(),
                lambda rows: opened.normalise(rows).cpu(), targets, numbers, window.first,
            )  # fmt: skip
            bar.advance(window.last - window.first)
    return LogitLens(
        text=data, model=model.name, rule=plan.rule(tokens), ids=tokens.ids, starts=tokens.starts,
        ends=tokens.ends, layers=chosen, entropy=numbers.entropy, surprisal=numbers.surprisal,
        kl=numbers.kl, rank=numbers.rank, top_ids=numbers.top_ids,
        top_probabilities=numbers.top_probabilities,
        spellings={int(token): model.spell(int(token)) for token in np.unique(numbers.top_ids)},
    )  # fmt: skip


def _states(
    opened: Insides, inputs: NDArray[np.int64], start: int, chosen: Sequence[int]
) -> tuple[Tensor, HiddenStates]:
    """Return the streams of the chosen layers but the last, rows from `start` on, and the end."""
    place = {layer: i for i, layer in enumerate(chosen[:-1])}
    held: list[Tensor] = []

    def keep(layer: int, first: int, rows: Tensor) -> None:
        at = place.get(layer)
        if at is None:
            return
        if not held:
            size = (len(place), len(inputs) - start, opened.width)
            held.append(torch.empty(size, dtype=rows.dtype, device=rows.device))
        skipped = max(0, start - first)
        if skipped < len(rows):
            begin = first + skipped - start
            held[0][at, begin : begin + len(rows) - skipped] = rows[skipped:]

    last = opened.read(inputs, states=keep)
    return (held[0] if held else torch.empty(0, len(inputs) - start, opened.width)), last


def _check_layers(layers: Sequence[int] | None, n_layers: int) -> tuple[int, ...]:
    if layers is None:
        return tuple(range(n_layers + 1))
    chosen = [int(layer) for layer in layers]
    if any(not 0 <= layer <= n_layers for layer in chosen) or chosen != sorted(set(chosen)):
        raise InvalidArgument(
            sentence("logit_lens", "layers", f"ascend, each from 0 to {n_layers}", chosen)
        )
    return tuple(chosen) if chosen and chosen[-1] == n_layers else (*chosen, n_layers)
