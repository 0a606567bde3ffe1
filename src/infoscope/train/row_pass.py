"""Reduce rows of logits to statistics, and turn them in place into the gradient of a loss.

Rows are worked on a few at a time, so that they stay in the processor's cache between the steps;
results go into arrays made beforehand, because small results kept between large temporaries would
scatter over the heap and hold it open.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Objective", "RowPass"]

#: Bytes of rows reduced together on a CPU: they fit the second-level cache.
CACHED = 2_000_000


@dataclass(frozen=True, slots=True)
class Objective:
    """What is minimised for each token besides its surprisal, with weights."""

    smoothing: float = 0.0
    z_loss: float = 0.0
    entropy_bonus: float = 0.0
    kl_weight: float = 0.0


class RowPass:
    """Statistics of `n` rows over `size` classes, filled a group of rows at a time."""

    def __init__(
        self, n: int, size: int, like: Tensor, targets: Tensor, *, rank: bool, top_k: int,
        kl: bool, objective: Objective | None = None,
    ) -> None:  # fmt: skip
        real = torch.float64 if like.dtype == torch.float64 else torch.float32
        self.targets, self.objective = targets, objective or Objective()
        self.top_k = min(top_k, size)

        def empty(*shape: int, dtype: torch.dtype = real) -> Tensor:
            return torch.empty(shape, dtype=dtype, device=like.device)

        self.nll, self.entropy, self.logsumexp = empty(n), empty(n), empty(n)
        self.loss = empty(n)
        self.correct = empty(n, dtype=torch.bool)
        self.kl = empty(n) if kl else None
        self.rank = empty(n, dtype=torch.int64) if rank else None
        self.top_ids = empty(n, self.top_k, dtype=torch.int64) if self.top_k else None
        self.top_log_probabilities = empty(n, self.top_k) if self.top_k else None
        width = size * (8 if real == torch.float64 else 4)
        self.group = max(1, CACHED // width) if like.device.type == "cpu" else max(n, 1)
        self._exp = empty(min(self.group, max(n, 1)), size)

    def read(
        self, z: Tensor, start: int, reference: Tensor | None = None, weight: Tensor | None = None
    ) -> None:
        """Take in the rows `z` of the tokens from `start` on; `z` is overwritten.

        With `weight`, one number a row, `z` becomes the gradient of weight times the objective.
        """
        at = slice(start, start + len(z))
        e = self._exp[: len(z)]
        goal = self.targets[at].unsqueeze(1)
        if self.rank is not None:
            reached = z.gather(1, goal)
            torch.gt(z, reached, out=e)  # ones and zeros: exact sums below 2^24 classes
            self.rank[at] = e.sum(-1).long() + 1
        if self.top_ids is not None:
            best, ids = z.topk(self.top_k, dim=-1)
            self.top_ids[at] = ids
        else:
            best = None
        most = z.amax(-1, keepdim=True)
        z.sub_(most)
        reached = z.gather(1, goal).squeeze(1)
        torch.exp(z, out=e)
        total = e.sum(-1, dtype=torch.float64)
        log_total = total.log()
        self.correct[at] = reached == 0
        self.logsumexp[at] = (most.squeeze(1).double() + log_total).to(self.nll.dtype)
        if best is not None and self.top_log_probabilities is not None:
            self.top_log_probabilities[at] = (best - most - log_total.unsqueeze(1)).to(best.dtype)
        surprisal = log_total - reached.double()
        self.nll[at] = surprisal.to(self.nll.dtype)
        mean = z.mean(-1, dtype=torch.float64) if self.objective.smoothing else None
        inner = _sum_product(e, z)
        if bool(torch.isnan(inner).any()):  # a class of probability 0 has logit -inf: 0 log 0 = 0
            z.masked_fill_(torch.isneginf(z), 0.0)
            inner = _sum_product(e, z)
        mean_log = inner.double() / total  # of log p + log s, under p
        entropy = log_total - mean_log
        self.entropy[at] = entropy.to(self.nll.dtype)
        apart = divergence = None
        if reference is not None and self.kl is not None:
            apart, divergence = self._kl(z, e, total, reference)
            self.kl[at] = divergence.to(self.nll.dtype)
        loss = self._loss(surprisal, mean, log_total, at, entropy, divergence)
        self.loss[at] = loss.to(self.nll.dtype)
        if weight is not None:
            self._gradient(z, e, total, goal, at, weight, entropy, apart, divergence)

    def _kl(self, z: Tensor, e: Tensor, total: Tensor, reference: Tensor) -> tuple[Tensor, Tensor]:
        """Return log(p / q) of every class and KL(p‖q); `reference` is overwritten."""
        r = reference.sub_(reference.amax(-1, keepdim=True))
        log_r = r.exp().sum(-1, dtype=torch.float64).log()
        shift = (log_r - total.log()).to(z.dtype).unsqueeze(1)
        apart = torch.sub(z, r, out=r).add_(shift)
        sums = _sum_product(e, apart)
        if bool(torch.isnan(sums).any()):  # both exclude a class: 0 log(0 / q) = 0
            apart.masked_fill_(e == 0, 0.0)
            sums = _sum_product(e, apart)
        return apart, sums.double() / total

    def _loss(
        self, surprisal: Tensor, mean: Tensor | None, log_total: Tensor, at: slice,
        entropy: Tensor, divergence: Tensor | None,
    ) -> Tensor:  # fmt: skip
        want = self.objective
        loss = surprisal
        if mean is not None:
            loss = (1 - want.smoothing) * loss + want.smoothing * (log_total - mean)
        if want.z_loss:
            loss = loss + want.z_loss * self.logsumexp[at].double() ** 2
        if want.entropy_bonus:
            loss = loss - want.entropy_bonus * entropy
        if want.kl_weight and divergence is not None:
            loss = loss + want.kl_weight * divergence
        return loss

    def _gradient(
        self, z: Tensor, e: Tensor, total: Tensor, goal: Tensor, at: slice, weight: Tensor,
        entropy: Tensor, apart: Tensor | None, divergence: Tensor | None,
    ) -> None:  # fmt: skip
        """Overwrite z with weight times the slope of the objective by the logits.

        Of the surprisal it is p - y; of the squared normaliser 2 lse p; of the entropy
        -p (log p + H); of KL(p‖q) p (log p / q - KL).
        """
        want = self.objective
        share = (weight.double() / total).to(z.dtype).unsqueeze(1)
        level = torch.ones_like(total)
        if want.z_loss:
            level += 2 * want.z_loss * self.logsumexp[at].double()
        if want.entropy_bonus or want.kl_weight:
            level += want.entropy_bonus * (entropy - total.log())
            z.mul_(want.entropy_bonus)
            if want.kl_weight and apart is not None and divergence is not None:
                level -= want.kl_weight * divergence
                z.add_(apart, alpha=want.kl_weight)
            z.add_(level.to(z.dtype).unsqueeze(1)).mul_(e).mul_(share)
        else:
            torch.mul(e, share * level.to(z.dtype).unsqueeze(1), out=z)
        z.scatter_add_(1, goal, (-(1 - want.smoothing) * weight).to(z.dtype).unsqueeze(1))
        if want.smoothing:
            z.sub_((want.smoothing / z.shape[1] * weight).to(z.dtype).unsqueeze(1))


def _sum_product(e: Tensor, z: Tensor) -> Tensor:
    """Return the sum of e z along rows, pairwise: a dot product would add up its rounding."""
    return (e * z).sum(-1)
