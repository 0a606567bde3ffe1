"""Read the divergences of two models off their rows: KL both ways and JS over all tokens.

Both products are made a few rows at a time in buffers that are used again, and reduced together in
float64 while they are in the cache: no logit is stored, none is rounded to 16 bits, and nothing is
clamped. Rows that are equal give exactly 0, because every term is a function of the log-ratio.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray

from infoscope.language.arguments import check_logits
from infoscope.language.contract import HiddenStates, Prediction
from infoscope.language.rows import logit_rows

__all__ = ["DivergenceReader", "TokenDivergences"]

_PRODUCT_BYTES = 50_331_648  # one buffer of logits for each model: 256 rows of SmolLM2
_REDUCE_BYTES = 800_000  # float64 rows reduced together: more leave the second-level cache


@dataclass(frozen=True, slots=True, eq=False)
class TokenDivergences:
    """Two models at each place of a text, A first; nats, and probabilities.

    Attributes
    ----------
    surprisal_a, surprisal_b, entropy_a, entropy_b : ndarray of float64, shape (n,)
        -ln p(token) and the entropy of the whole prediction, in nats.
    kl_divergence : ndarray of float64, shape (n,)
        KL(A‖B) over the whole vocabulary, in nats; inf where B excludes what A allows.
    reverse_kl_divergence : ndarray of float64, shape (n,)
        KL(B‖A), in nats.
    jensen_shannon : ndarray of float64, shape (n,)
        Jensen-Shannon divergence, 0 to ln 2 nats.
    top_a, top_b : ndarray of int64, shape (n,)
        Likeliest token of each.
    top_probability_a, top_probability_b : ndarray of float64, shape (n,)
        Its probability.
    """

    surprisal_a: NDArray[np.float64]
    surprisal_b: NDArray[np.float64]
    entropy_a: NDArray[np.float64]
    entropy_b: NDArray[np.float64]
    kl_divergence: NDArray[np.float64]
    reverse_kl_divergence: NDArray[np.float64]
    jensen_shannon: NDArray[np.float64]
    top_a: NDArray[np.int64]
    top_b: NDArray[np.int64]
    top_probability_a: NDArray[np.float64]
    top_probability_b: NDArray[np.float64]

    @classmethod
    def empty(cls, n: int) -> TokenDivergences:
        """Return columns of `n` places to be filled."""
        made = {f.name: np.empty(n, np.int64 if "top_" in f.name else float) for f in fields(cls)}
        made |= {f"top_probability_{side}": np.empty(n) for side in "ab"}
        return cls(**made)


class DivergenceReader:
    """Compares predictions over one vocabulary, with buffers kept between windows."""

    def __init__(self, n_vocabulary: int) -> None:
        self._group = max(1, _REDUCE_BYTES // (8 * n_vocabulary))
        self._rows = max(self._group, _PRODUCT_BYTES // (4 * n_vocabulary))
        self._buffers = [torch.empty(0, n_vocabulary), torch.empty(0, n_vocabulary)]
        self._doubles = [torch.empty(self._group, n_vocabulary).double() for _ in range(5)]

    @torch.inference_mode()
    def read(
        self, a: Prediction, b: Prediction, targets: NDArray[np.int64], out: TokenDivergences,
        place: int = 0,
    ) -> None:  # fmt: skip
        """Fill `out` from `place` on; row i of both models is judged by ``targets[i]``."""
        n = len(targets)
        sure = isinstance(a, HiddenStates) and isinstance(b, HiddenStates)
        for first in range(0, n, self._rows):
            last = min(first + self._rows, n)
            rows_a, rows_b = (
                logit_rows(model, first, last, out=self._buffer(side, last - first))
                for side, model in enumerate((a, b))
            )
            for low in range(first, last, self._group):
                high = min(low + self._group, last)
                goal = torch.from_numpy(targets[low:high]).unsqueeze(1)
                part = slice(low - first, high - first)
                at = slice(place + low, place + high)
                self._reduce(rows_a[part], rows_b[part], goal, out, at, sure)
        here = slice(place, place + n)
        for side in ("a", "b"):
            for name in ("surprisal", "entropy"):
                numbers = getattr(out, f"{name}_{side}")[here]
                check_logits(numbers, "compare", f"model {side.upper()}")

    def _buffer(self, side: int, n: int) -> torch.Tensor:
        if len(self._buffers[side]) < n:
            self._buffers[side] = torch.empty(n, self._buffers[side].shape[1])
        return self._buffers[side]

    def _reduce(
        self, rows_a: torch.Tensor, rows_b: torch.Tensor, goal: torch.Tensor,
        out: TokenDivergences, at: slice, sure: bool,
    ) -> None:  # fmt: skip
        """Fill one group of rows, from these definitions.

        d = ln(p_a / p_b); KL(A‖B) = sum p_a d; KL(B‖A) = - sum p_b d;
        JS = -1/2 sum [(p_a + p_b) t + min(p_a, p_b) |d|], t = ln(mean(p_a, p_b) / max(p_a, p_b)).
        """
        za, zb, pa, pb, work = (buffer[: len(goal)] for buffer in self._doubles)
        logs: list[torch.Tensor] = []
        for rows, z, p, side in ((rows_a, za, pa, "a"), (rows_b, zb, pb, "b")):
            best, where = rows.max(-1, keepdim=True)
            z.copy_(rows).sub_(best.double())
            torch.exp(z, out=p)
            total = p.sum(-1, keepdim=True)
            log_total = total.log()
            p.mul_(1.0 / total)
            mean = _sum(torch.mul(p, z, out=work), p, sure)
            getattr(out, f"entropy_{side}")[at] = (log_total[:, 0] - mean).numpy()
            getattr(out, f"surprisal_{side}")[at] = (log_total - z.gather(1, goal))[:, 0].numpy()
            getattr(out, f"top_{side}")[at] = where[:, 0].numpy()
            getattr(out, f"top_probability_{side}")[at] = (1.0 / total[:, 0]).numpy()
            logs.append(log_total)
        d = za.sub_(zb).add_(logs[1] - logs[0])
        out.kl_divergence[at] = _sum(torch.mul(pa, d, out=work), pa, sure).numpy() + 0.0
        out.reverse_kl_divergence[at] = -_sum(torch.mul(pb, d, out=work), pb, sure).numpy() + 0.0
        least = torch.minimum(pa, pb, out=zb)
        shared = _sum(torch.mul(least, d.abs_(), out=work), least, sure)
        most = torch.maximum(pa, pb, out=za)
        both = pa.add_(pb)
        t = least.sub_(most).div_(most).mul_(0.5).log1p_()
        shared += _sum(t.mul_(both), both, sure and float(most.amin()) > 0.0)
        out.jensen_shannon[at] = -0.5 * shared.numpy() + 0.0


def _sum(terms: torch.Tensor, weight: torch.Tensor, sure: bool) -> torch.Tensor:
    """Add each row of products with `weight`; where the weight is 0 a term counts 0."""
    if sure:
        return terms.sum(-1)
    return torch.where(weight == 0.0, 0.0, terms).sum(-1)
