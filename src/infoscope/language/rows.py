"""Read a prediction as rows of logits or log-probabilities, a stretch at a time."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from infoscope.language.contract import HiddenStates, Prediction, RowsOnDemand

__all__ = ["count_rows", "log_probabilities", "logit_chunks", "logit_rows"]


def count_rows(prediction: Prediction) -> int:
    """Return the number of rows: one for each position predicted."""
    if isinstance(prediction, HiddenStates):
        return len(prediction.states)
    return prediction.n_rows if isinstance(prediction, RowsOnDemand) else len(prediction.values)


@torch.inference_mode()
def logit_rows(
    prediction: Prediction, first: int, last: int, *, out: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the logits of rows first to last on the CPU; the caller may overwrite them.

    Parameters
    ----------
    prediction : HiddenStates, LogitRows or RowsOnDemand
        What a model's `predict` returned.
    first, last : int
        Rows, 0 <= first <= last <= number of rows.
    out : torch.Tensor, shape (at least last - first, vocabulary), optional
        A float32 buffer to use for the product of float32 hidden states on the CPU.

    Returns
    -------
    torch.Tensor, shape (last - first, vocabulary)
        float64 where the model gave float64, else float32; unnormalised, -inf for probability 0.
    """
    if isinstance(prediction, HiddenStates):
        states, weight = prediction.states[first:last], prediction.weight
        if out is not None and states.dtype == torch.float32 and states.device == out.device:
            return torch.mm(states, weight.T, out=out[: last - first])
        rows = states @ weight.T
        return rows.to("cpu", rows.dtype if rows.dtype == torch.float64 else torch.float32)
    if isinstance(prediction, RowsOnDemand):
        rows, own = torch.as_tensor(prediction.rows(first, last)), False
    else:
        rows, own = torch.as_tensor(prediction.values)[first:last], True
    return rows.to("cpu", rows.dtype if rows.dtype == torch.float64 else torch.float32, copy=own)


def logit_chunks(
    prediction: Prediction, n_rows: int = 64
) -> Iterator[tuple[int, int, torch.Tensor]]:
    """Yield (first, last, logits) over all rows, `n_rows` at a time, in order."""
    n = count_rows(prediction)
    for first in range(0, n, n_rows):
        last = min(first + n_rows, n)
        yield first, last, logit_rows(prediction, first, last)


@torch.inference_mode()
def log_probabilities(prediction: Prediction, first: int, last: int) -> torch.Tensor:
    """Return ln p for rows first to last: float64, each row normalised in float64.

    Source
    ------
    ``log softmax(z) = (z - max z) - ln sum exp(z - max z)``.
    """
    return torch.log_softmax(logit_rows(prediction, first, last).double(), -1)
