"""How spread out attention is: the entropy of every head's weights, and what goes to a sink."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from infoscope.core.progress import Progress
from infoscope.language.arguments import as_model, text_as_bytes
from infoscope.language.contract import LanguageModel
from infoscope.language.denormals import denormals_flushed
from infoscope.language.scoring import plan_reading
from infoscope.probe.language_models.attention_result import AttentionEntropy
from infoscope.probe.language_models.insides import open_insides

__all__ = ["attention_entropy"]

_ROWS = 256  # query rows reduced together: the weights of one head stay small


def attention_entropy(
    text: str | bytes,
    model: str | Path | LanguageModel = "smollm2",
    *,
    context: int | str | None = None,
    stride: int | None = None,
    prefix: int | str | None = None,
    progress: bool | None = None,
) -> AttentionEntropy:
    """Measure the entropy of every attention head's weights at every token of `text`.

    H(layer, head, t) = -Σ_s a(t, s) ln a(t, s) over the positions s = 0..t that t may look at

    Parameters
    ----------
    text : str or bytes
        What to read; as in `infoscope.language.score`.
    model : str, Path or LanguageModel
        What `infoscope.language.load` takes or returned: a transformer that runs here.
    context, stride, prefix
        How the text is put before the model: as in `infoscope.language.score`. Row t is the
        position from which token t is predicted.
    progress : bool, optional
        Show a progress bar on stderr; by default only when stderr is a terminal.

    Returns
    -------
    AttentionEntropy
        Entropy in nats, from 0 (one position) to ln(t + 1) (all alike), and the share of weight on
        the window's first position, for each layer, head and token; with means and intervals.

    Raises
    ------
    InvalidArgument
        If the text is empty or a number is out of range.
    WrongType
        If the model has no layers to look at (n-grams, LSTMs, servers).
    ModelError
        If the model does not give its attention weights.

    Notes
    -----
    Much weight on the first position is common and says that a head has nothing to do there, not
    that it attends to the beginning: read entropy and sink share together. Attention weights are
    not amounts of information carried: a head may attend sharply to a position whose value is
    close to zero. Time is a forward pass with the attention products made twice; memory is one
    tile of weights on the library's own trunk, heads times context squared of one layer through
    transformers.

    Source
    ------
    Clark et al. (2019), arXiv:1906.04341, section 3 (entropy of heads); Xiao et al. (2023),
    arXiv:2309.17453, section 3 (attention sinks).
    """
    model = as_model(model, "attention_entropy")
    opened = open_insides(model, "attention_entropy")
    plan = plan_reading(model, context, stride, prefix)
    data, tokens = plan.cut(text_as_bytes(text, "attention_entropy"))
    n = len(tokens.ids)
    shape = (opened.n_layers, opened.n_heads, n)
    entropy, sink = np.empty(shape), np.empty(shape)
    positions = np.empty(n, np.int64)
    with denormals_flushed(), Progress(n, "reading attention", "tokens", show=progress) as bar:
        for window in plan.windows(tokens):
            start, shift = window.start, window.first - window.start

            def look(
                layer: int, head: int, first: int, weights: Tensor, start: int = start,
                shift: int = shift,
            ) -> None:  # fmt: skip
                skipped = max(0, start - first)
                rows = weights[:, skipped:]
                if rows.shape[1] == 0:
                    return
                heads = slice(head, head + len(rows))
                at = first + skipped + shift
                for a in range(0, rows.shape[1], _ROWS):
                    part = rows[:, a : a + _ROWS]
                    here = slice(at + a, at + a + part.shape[1])
                    entropy[layer - 1, heads, here] = _entropies(part)
                    sink[layer - 1, heads, here] = part[:, :, 0].double().cpu().numpy()

            opened.read(window.inputs, attention=look)
            positions[window.first : window.last] = np.arange(start, len(window.inputs))
            bar.advance(window.last - window.first)
    return AttentionEntropy(
        text=data, model=model.name, rule=plan.rule(tokens), starts=tokens.starts,
        ends=tokens.ends, positions=positions, entropy=entropy, sink=sink,
    )  # fmt: skip


@torch.inference_mode()
def _entropies(weights: Tensor) -> NDArray[np.float64]:
    """Return -Σ a ln a over the last axis; 0 ln 0 = 0, and the sum is a sum of terms >= 0."""
    return torch.special.entr(weights.float()).sum(-1, dtype=torch.float64).cpu().numpy()
