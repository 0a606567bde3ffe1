"""Read surprisal, entropy, varentropy, rank and rivals off a model's rows in one pass.

The product of hidden states and vocabulary is made a few rows at a time in one buffer that is used
again, and each group of rows is reduced while it is still in the cache; so memory depends on the
vocabulary, not on vocabulary times length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from infoscope.language.arguments import check_logits
from infoscope.language.byte_split import ByteSplitter
from infoscope.language.contract import HiddenStates, Prediction
from infoscope.language.rows import logit_rows

__all__ = ["Observations", "Observer"]

_PRODUCT_BYTES = 100_663_296  # one buffer of logits: 512 rows of SmolLM2; fewer slow the product
_REDUCE_BYTES = 2_000_000  # rows reduced together: fit the second-level cache
_BLOCK = 256  # columns per block in the two-step search for the largest


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """What rows tell of their targets; surprisal and entropy in nats, rank 1 is the best.

    The varentropy, in nats squared, is the variance of the surprisal that the row itself expects.
    `byte_costs` has one array for each row, the surprisal of each byte of the target's spelling;
    it is empty unless asked for.
    """

    surprisal: NDArray[np.float64]  # (rows,)
    entropy: NDArray[np.float64]  # (rows,)
    varentropy: NDArray[np.float64]  # (rows,)
    rank: NDArray[np.int64]  # (rows,)
    top_ids: NDArray[np.int64]  # (rows, k)
    top_probabilities: NDArray[np.float64]  # (rows, k)
    byte_costs: list[NDArray[np.float64]]


class Observer:
    """Reduces predictions for a vocabulary of one size, with buffers kept between windows."""

    def __init__(self, n_vocabulary: int, top: int, splitter: ByteSplitter | None = None) -> None:
        self._splitter = splitter
        self._n, self._top = n_vocabulary, min(top, n_vocabulary)
        self._group = max(1, _REDUCE_BYTES // (4 * n_vocabulary))
        self._rows = max(self._group, _PRODUCT_BYTES // (4 * n_vocabulary))
        self._logits = torch.empty(0, n_vocabulary)
        self._scratch = torch.empty(0, n_vocabulary)

    @torch.inference_mode()
    def read(self, prediction: Prediction, targets: NDArray[np.int64]) -> Observations:
        """Reduce the rows of one window; row i is judged by ``targets[i]``."""
        n = len(targets)
        out = Observations(
            np.empty(n), np.empty(n), np.empty(n), np.empty(n, np.int64),
            np.empty((n, self._top), np.int64), np.empty((n, self._top)), [],
        )  # fmt: skip
        for first in range(0, n, self._rows):
            last = min(first + self._rows, n)
            logits = self._product(prediction, first, last)
            for a in range(first, last, self._group):
                b = min(a + self._group, last)
                goal = torch.from_numpy(targets[a:b]).unsqueeze(1)
                group = logits[a - first : b - first]
                self._reduce(group, goal, out, slice(a, b), isinstance(prediction, HiddenStates))
        check_logits(out.surprisal, "score")
        check_logits(out.entropy, "score")
        return out

    def _product(self, prediction: Prediction, first: int, last: int) -> torch.Tensor:
        """Return the logits of rows first to last; the caller may overwrite them."""
        if isinstance(prediction, HiddenStates) and len(self._logits) < last - first:
            self._logits = torch.empty(last - first, self._n)
        return logit_rows(prediction, first, last, out=self._logits)

    def _reduce(
        self, z: torch.Tensor, goal: torch.Tensor, out: Observations, at: slice, finite: bool
    ) -> None:
        """Fill one group of rows of `out`; `z` is overwritten."""
        if len(self._scratch) < len(z) or self._scratch.dtype != z.dtype:
            self._scratch = torch.empty(len(z), self._n, dtype=z.dtype)
        e = self._scratch[: len(z)]
        best, ids = self._largest(z)
        reached = z.gather(1, goal)
        out.rank[at] = self._ranks(z, best, reached, e)
        z.sub_(best[:, :1])
        torch.exp(z, out=e)
        total = e.sum(-1).double()
        out.surprisal[at] = (total.log() - (reached - best[:, :1])[:, 0].double()).numpy()
        if self._splitter is not None:
            self._split(z, e, total, goal, out, at)
        if finite:
            e.mul_(z)
        else:  # a token of probability 0 has logit -inf, and 0 log 0 = 0
            z.masked_fill_(e == 0, 0.0)
            e.mul_(z)
        mean = e.sum(-1).double() / total  # of ln p + ln total, under the row
        out.entropy[at] = (total.log() - mean).numpy()
        out.varentropy[at] = (e.mul_(z).sum(-1).double() / total - mean * mean).numpy()
        if self._top:
            out.top_ids[at] = ids[:, : self._top].numpy()
            weights = (best[:, : self._top] - best[:, :1]).double().exp()
            out.top_probabilities[at] = (weights / total[:, None]).numpy()

    def _ranks(
        self, z: torch.Tensor, best: torch.Tensor, reached: torch.Tensor, e: torch.Tensor
    ) -> NDArray[np.int64]:
        """Count what is larger than the target: in the k largest, or in the row if all k are."""
        ranks = (best > reached).sum(-1).numpy() + 1
        for row in np.flatnonzero(ranks > best.shape[1]).tolist():
            larger = torch.gt(z[row], reached[row], out=e[row])  # 0 or 1: sums exact below 2**24
            ranks[row] = 1 + int(larger.sum())
        return ranks

    def _split(
        self, z: torch.Tensor, e: torch.Tensor, total: torch.Tensor, goal: torch.Tensor,
        out: Observations, at: slice,
    ) -> None:  # fmt: skip
        assert self._splitter is not None
        rows = zip(
            e.numpy(), total.tolist(), goal[:, 0].tolist(), out.surprisal[at].tolist(), z.numpy(),
            strict=True,
        )  # fmt: skip
        out.byte_costs.extend(self._splitter.split(*row) for row in rows)

    def _largest(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the largest values of each row, descending, and their columns.

        The k largest lie in the k blocks with the largest maxima (or in the columns after the last
        whole block), so that only those are sorted: a quarter of the cost of sorting all.
        """
        k, n_blocks = max(1, self._top), self._n // _BLOCK
        if n_blocks <= k:
            best, columns = z.topk(k, -1)
            return best, columns
        whole = n_blocks * _BLOCK
        blocks = z[:, :whole].view(len(z), n_blocks, _BLOCK)
        chosen = blocks.amax(-1).topk(k, -1).indices.sort(-1).values  # (rows, k)
        picked = blocks.gather(1, chosen[:, :, None].expand(-1, -1, _BLOCK)).flatten(1)
        columns = chosen[:, :, None] * _BLOCK + torch.arange(_BLOCK)
        columns = columns.flatten(1)  # (rows, k * block)
        if whole < self._n:
            picked = torch.cat([picked, z[:, whole:]], 1)
            tail = torch.arange(whole, self._n).expand(len(z), -1)
            columns = torch.cat([columns, tail], 1)
        best, place = picked.topk(k, -1)
        return best, columns.gather(1, place)
