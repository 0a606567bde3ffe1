"""Reduce what each layer would predict to a few numbers a token, a few rows of logits at a time.

Logits of several layers are made in one product, into one buffer that is used again, and reduced
while they are in the cache; the final layer's rows are kept only for the tokens at hand. So memory
depends on the vocabulary and not on tokens times vocabulary times layers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from infoscope.language.arguments import check_logits

__all__ = ["LensNumbers", "LensRows"]

_TOKENS = 64  # whose final logits are held
_PRODUCT = 512  # rows of logits made together: fewer slow the product
_CACHED = 1_000_000  # bytes of one buffer's rows that are reduced together
_BLOCK = 256  # columns per block in the two-step search for the largest


@dataclass(frozen=True, slots=True, eq=False)
class LensNumbers:
    """Numbers for every layer and token; nats, rank 1 is the best."""

    entropy: NDArray[np.float64]  # (layers, tokens)
    surprisal: NDArray[np.float64]  # (layers, tokens)
    kl: NDArray[np.float64]  # (layers, tokens) KL(final‖layer)
    rank: NDArray[np.int64]  # (layers, tokens)
    top_ids: NDArray[np.int64]  # (layers, tokens, k)
    top_probabilities: NDArray[np.float64]  # (layers, tokens, k)

    @classmethod
    def empty(cls, n_layers: int, n: int, top: int) -> LensNumbers:
        """Return room for n tokens at n_layers layers."""
        shape = (n_layers, n)
        return cls(
            np.empty(shape), np.empty(shape), np.empty(shape), np.empty(shape, np.int64),
            np.empty((*shape, top), np.int64), np.empty((*shape, top)),
        )  # fmt: skip


class LensRows:
    """Reads layers through one head; buffers are kept between windows."""

    def __init__(self, n_vocabulary: int, top: int) -> None:
        self._n, self._top = n_vocabulary, top
        self._group = min(_TOKENS, max(1, _CACHED // (4 * n_vocabulary)))
        self._final = torch.empty(_TOKENS, n_vocabulary)  # ln p of the final layer
        self._share = torch.empty(_TOKENS, n_vocabulary)  # p of the final layer
        self._logits = torch.empty(_PRODUCT, n_vocabulary)
        self._scratch = torch.empty(self._group, n_vocabulary)

    @torch.inference_mode()
    def read(
        self, states: Tensor, final: Tensor, head: Tensor, normalise: Callable[[Tensor], Tensor],
        targets: Tensor, out: LensNumbers, start: int,
    ) -> None:  # fmt: skip
        """Fill `out` from token `start` on.

        `states` (layers - 1, tokens, width) are residual streams of the layers before the last,
        `final` (tokens, width) the last layer's rows, already under the norm.
        """
        last = len(states)
        for first in range(0, len(final), _TOKENS):
            here = slice(first, min(first + _TOKENS, len(final)))
            n = here.stop - first
            logits = torch.mm(final[here].float(), head.T, out=self._final[:n])
            for a in range(0, n, self._group):
                rows = slice(a, min(a + self._group, n))
                at = slice(start + first + a, start + first + rows.stop)
                log_total = self._reduce(logits[rows], targets[here][rows], out, last, at)
                logits[rows].sub_(log_total[:, None])
                torch.exp(logits[rows], out=self._share[rows])
                out.kl[last, at] = 0.0
            each = max(1, _PRODUCT // n)
            for layer in range(0, last, each):
                some = states[layer : layer + each, here]  # (layers at once, n, width)
                through = normalise(some.flatten(0, 1)).float()
                made = torch.mm(through, head.T, out=self._logits[: len(through)])
                for i in range(len(some)):
                    own = made[i * n : (i + 1) * n]
                    self._layer(own, targets[here], out, layer + i, start + first)
        check_logits(out.entropy[:, start : start + len(final)], "logit_lens")

    def _layer(
        self, logits: Tensor, targets: Tensor, out: LensNumbers, layer: int, start: int
    ) -> None:
        for a in range(0, len(logits), self._group):
            rows = slice(a, min(a + self._group, len(logits)))
            at = slice(start + a, start + rows.stop)
            z = logits[rows]
            log_total = self._reduce(z, targets[rows], out, layer, at)
            apart = torch.sub(self._final[rows], z, out=self._scratch[: len(z)])
            kl = apart.mul_(self._share[rows]).sum(-1).double() + log_total.double()
            out.kl[layer, at] = kl.numpy()

    def _reduce(
        self, z: Tensor, targets: Tensor, out: LensNumbers, layer: int, at: slice
    ) -> Tensor:
        """Fill one group of rows and return ln sum exp(z - max z); `z` loses its maximum."""
        e = self._scratch[: len(z)]
        best, ids = self._largest(z)
        reached = z.gather(1, targets[:, None])
        larger = torch.gt(z, reached, out=e)  # 0 or 1: sums exact below 2**24
        out.rank[layer, at] = larger.sum(-1).long().numpy() + 1
        z.sub_(best[:, :1])
        torch.exp(z, out=e)
        total = e.sum(-1).double()
        log_total = total.log()
        out.surprisal[layer, at] = (log_total - (reached - best[:, :1])[:, 0].double()).numpy()
        mean = e.mul_(z).sum(-1).double() / total
        out.entropy[layer, at] = (log_total - mean).numpy()
        if self._top:
            out.top_ids[layer, at] = ids[:, : self._top].numpy()
            weights = (best[:, : self._top] - best[:, :1]).double().exp()
            out.top_probabilities[layer, at] = (weights / total[:, None]).numpy()
        return log_total.to(z.dtype)

    def _largest(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return the largest values of each row, descending, and their columns.

        The k largest lie in the k blocks with the largest maxima, or in the columns after the last
        whole block.
        """
        k, n_blocks = max(1, self._top), self._n // _BLOCK
        if n_blocks <= k:
            best, columns = z.topk(min(k, self._n), -1)
            return best, columns
        whole = n_blocks * _BLOCK
        blocks = z[:, :whole].unflatten(1, (n_blocks, _BLOCK))
        chosen = blocks.amax(-1).topk(k, -1).indices.sort(-1).values  # (rows, k)
        picked = blocks.gather(1, chosen[:, :, None].expand(-1, -1, _BLOCK)).flatten(1)
        columns = (chosen[:, :, None] * _BLOCK + torch.arange(_BLOCK)).flatten(1)
        if whole < self._n:
            picked = torch.cat([picked, z[:, whole:]], 1)
            columns = torch.cat([columns, torch.arange(whole, self._n).expand(len(z), -1)], 1)
        best, place = picked.topk(k, -1)
        return best, columns.gather(1, place)
