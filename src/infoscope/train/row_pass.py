"""Reduce rows of logits to statistics, and turn them in place into the gradient of a loss.

Rows are worked on a few at a time, so that they stay in the processor's cache between the steps;
results go into arrays made beforehand, because small results kept between large temporaries would
scatter over the heap and hold it open. A reduction in double precision copies the row on a CPU:
blocks of a row are added in its own precision, and the blocks in double.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Objective", "RowPass", "row_sums", "row_top"]

#: Bytes of rows reduced together on a CPU: twice this stays in a second-level cache of 2 MB.
CACHED = 800_000
#: Terms added in the precision of the row, before the blocks are added in double.
BLOCK = 512
#: Logits of which one, their largest, competes for the top k: the others need no look.
RIVALS = 128


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
        held = (min(self.group, max(n, 1)), size)
        self._exp = empty(*held)
        goals = self.objective
        self._product = empty(*held) if kl or goals.entropy_bonus or goals.kl_weight else None

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
            torch.gt(z, z.gather(1, goal), out=e)  # ones and zeros: exact sums
            self.rank[at] = row_sums(e).long() + 1
        best = None
        if self.top_ids is not None:
            best, self.top_ids[at] = row_top(z, self.top_k)
        most = z.amax(-1, keepdim=True)
        z.sub_(most)
        reached = z.gather(1, goal).squeeze(1)
        torch.exp(z, out=e)
        total = row_sums(e)
        log_total = total.log()
        self.correct[at] = reached == 0
        self.logsumexp[at] = (most.squeeze(1).double() + log_total).to(self.nll.dtype)
        if best is not None and self.top_log_probabilities is not None:
            self.top_log_probabilities[at] = (best - most - log_total.unsqueeze(1)).to(best.dtype)
        surprisal = log_total - reached.double()
        self.nll[at] = surprisal.to(self.nll.dtype)
        mean = row_sums(z) / z.shape[1] if self.objective.smoothing else None
        entropy = log_total - self._product_sums(e, z, keep=self._product is not None) / total
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
        assert self._product is not None
        r = reference.sub_(reference.amax(-1, keepdim=True))
        log_r = row_sums(torch.exp(r, out=self._product[: len(r)])).log()
        shift = (log_r - total.log()).to(z.dtype).unsqueeze(1)
        apart = torch.sub(z, r, out=r).add_(shift)
        return apart, self._product_sums(e, apart, keep=True) / total

    def _product_sums(self, e: Tensor, z: Tensor, *, keep: bool) -> Tensor:
        """Return the sums of e z along rows, 0 where e is; unless kept, z becomes the product.

        Pairwise: a dot product would add up its rounding.
        """
        room = z if self._product is None or not keep else self._product[: len(z)]
        product = torch.mul(e, z, out=room)
        sums = row_sums(product)
        if bool(torch.isnan(sums).any()):  # a class of probability 0 has logit -inf: 0 log 0 = 0
            z.masked_fill_(e == 0, 0.0)
            sums = row_sums(product.masked_fill_(e == 0, 0.0))
        return sums

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


def row_sums(x: Tensor) -> Tensor:
    """Return the sums along rows in double precision, without a copy of x in it."""
    if x.dtype == torch.float64:
        return x.sum(-1)
    whole = x.shape[1] - x.shape[1] % BLOCK
    rest = x[:, whole:].sum(-1).double()
    return (
        rest
        if not whole
        else x[:, :whole].unflatten(1, (-1, BLOCK)).sum(-1).double().sum(-1).add_(rest)
    )


def row_top(x: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k largest of each row and where they stand, best first.

    They lie in the k groups whose largest members are largest, which a pass at the speed of memory
    finds; a search through the whole row costs ten times that.
    """
    n_groups = x.shape[1] // RIVALS
    if n_groups < 8 * k:
        values, columns = x.topk(k, dim=-1)
        return values, columns
    whole = n_groups * RIVALS
    groups = x[:, :whole].unflatten(1, (RIVALS, n_groups))  # member i of group j: column i n + j
    chosen = groups.amax(1).topk(k, dim=-1).indices  # (rows, k)
    members = groups.gather(2, chosen.unsqueeze(1).expand(-1, RIVALS, -1)).flatten(1)
    places = torch.arange(RIVALS, device=x.device)[:, None] * n_groups + chosen.unsqueeze(1)
    rest = torch.arange(whole, x.shape[1], device=x.device).expand(len(x), -1)
    best, at = torch.cat([members, x[:, whole:]], 1).topk(k, dim=-1)
    return best, torch.cat([places.flatten(1), rest], 1).gather(1, at)
