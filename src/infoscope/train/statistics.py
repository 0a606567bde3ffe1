"""What one pass over logits tells of every token: loss, entropy, normaliser, rank, rivals, KL."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.showing import Shown
from infoscope.train.row_pass import RowPass
from infoscope.train.tensors import (
    IGNORED,
    any_float_tensor,
    check_numbers,
    check_targets,
    kept,
)

__all__ = ["TokenStatistics", "gather_statistics", "token_statistics"]


@dataclass(frozen=True, eq=False)
class TokenStatistics(Shown):
    """One loss that can be differentiated, and what was seen on the way, in nats, detached.

    Attributes
    ----------
    loss : tensor of shape ()
        The objective, a mean over the tokens that count; 0 if none does.
    nll, entropy, logsumexp : tensor of shape (...)
        Surprisal of the target, entropy of the prediction and log-normaliser of each token; 0
        where a token does not count.
    correct : boolean tensor of shape (...)
        Whether no class has a larger logit than the target. A tie counts as right, so equal logits
        are right everywhere.
    counted : boolean tensor of shape (...)
        Which tokens count.
    rank : integer tensor of shape (...), or None
        1 where nothing is likelier than the target.
    top_ids, top_log_probabilities : tensors of shape (..., top_k), or None
        The likeliest classes, best first.
    kl : tensor of shape (...), or None
        Exact KL(model‖reference) over the whole vocabulary.
    """

    loss: Tensor
    nll: Tensor
    entropy: Tensor
    logsumexp: Tensor
    correct: Tensor
    counted: Tensor
    rank: Tensor | None = None
    top_ids: Tensor | None = None
    top_log_probabilities: Tensor | None = None
    kl: Tensor | None = None

    @property
    def n_tokens(self) -> int:
        """How many tokens count."""
        return int(self.counted.sum())

    def __str__(self) -> str:
        n = max(self.n_tokens, 1)
        parts = [
            f"nll {float(self.nll.sum()) / n:.4f}",
            f"entropy {float(self.entropy.sum()) / n:.4f}",
        ]
        if self.kl is not None:
            parts.append(f"KL to the reference {float(self.kl.sum()) / n:.4f}")
        return f"{', '.join(parts)} nats a token over {self.n_tokens:,} tokens"


def token_statistics(
    logits: Tensor,
    targets: Tensor,
    *,
    reference: Tensor | None = None,
    rank: bool = False,
    top_k: int = 0,
    ignore_index: int = IGNORED,
    mask: Tensor | None = None,
) -> TokenStatistics:
    """Loss, entropy, log-normaliser, rank, rivals and KL of every token from its logits, in nats.

    nll = log s - (z_y - m),  H = log s - sum e (z - m) / s,  e = exp(z - m), s = sum e, m = max z

    Parameters
    ----------
    logits : tensor of shape (..., k)
        Unnormalised log-probabilities; read, never written.
    targets : integer tensor of shape (...)
        Class labels.
    reference : tensor of shape (..., k), optional
        Logits of a reference model, for the exact KL(model‖reference).
    rank : bool
        Whether to count how many classes are likelier than the target.
    top_k : int
        How many of the likeliest classes to keep.
    ignore_index : int
        Labels with this value do not count.
    mask : boolean tensor of shape (...), optional
        True where a token counts.

    Returns
    -------
    TokenStatistics
        Nothing in it carries a gradient: for training use `cross_entropy_loss`, or
        `linear_cross_entropy`, which has both.

    Raises
    ------
    WrongType, InvalidArgument
        As `cross_entropy_loss`.

    Notes
    -----
    One pass, a few rows at a time: beside the logits it needs some megabytes. The entropy is within
    2e-6 of double precision where log_softmax and a product err by 1e-5.

    Source
    ------
    Cover and Thomas (2006), equations 2.1 and 2.26, on shifted logits.

    Examples
    --------
    >>> import torch
    >>> found = token_statistics(torch.zeros(1, 4), torch.tensor([2]))
    >>> round(found.nll.item(), 6), round(found.entropy.item(), 6)  # log 4 both
    (1.386294, 1.386294)
    """
    name = "token_statistics"
    z = any_float_tensor(logits, name, "logits").detach()
    if targets.shape != z.shape[:-1]:
        raise InvalidArgument(
            sentence(name, "targets", f"have shape {tuple(z.shape[:-1])}", tuple(targets.shape))
        )
    ref = None
    if reference is not None:
        ref = any_float_tensor(reference, name, "reference").detach()
        if ref.shape != z.shape:
            raise InvalidArgument(
                sentence(name, "reference", f"have shape {tuple(z.shape)}", tuple(ref.shape))
            )
    keep = kept(targets, mask, targets.shape, ignore_index, name)
    places = _places(z, ref, keep)
    labels = targets.reshape(-1) if keep is None else targets[keep].reshape(-1)
    check_targets(labels, z.shape[-1], name)
    n = labels.numel()
    work = RowPass(n, z.shape[-1], z, labels.long(), rank=rank, top_k=top_k, kl=ref is not None)

    def taken(x: Tensor, a: int, b: int) -> Tensor:
        if places is None:
            return x.reshape(-1, x.shape[-1])[a:b].to(work.nll.dtype, copy=True)
        return x[tuple(index[a:b] for index in places)].to(work.nll.dtype)

    with torch.no_grad():
        for a in range(0, n, work.group):
            b = min(a + work.group, n)
            work.read(taken(z, a, b), a, None if ref is None else taken(ref, a, b))
    check_numbers(work.nll, name, "logits")
    return gather_statistics(work, targets.shape, keep, work.nll.sum() / max(n, 1))


def _places(z: Tensor, ref: Tensor | None, keep: Tensor | None) -> tuple[Tensor, ...] | None:
    """Return the indices of the rows that count; None where all do and lie one after another.

    Logits without their last position, as causal models leave them, lie apart: to flatten them
    would copy them all.
    """
    lie = all(x is None or x.ndim <= 2 or x.is_contiguous() for x in (z, ref))
    if z.ndim == 1 or (keep is None and lie):
        return None
    every = torch.ones(z.shape[:-1], dtype=torch.bool, device=z.device) if keep is None else keep
    return torch.nonzero(every, as_tuple=True)


def gather_statistics(
    work: RowPass, shape: torch.Size, keep: Tensor | None, loss: Tensor
) -> TokenStatistics:
    """Return what a pass found, put back in the places of the tokens."""

    def place(values: Tensor | None) -> Tensor | None:
        if values is None:
            return None
        tail = values.shape[1:]
        if keep is None:
            return values.reshape((*shape, *tail))
        out = values.new_zeros((keep.numel(), *tail))
        out[keep.reshape(-1)] = values
        return out.reshape((*shape, *tail))

    def must(values: Tensor) -> Tensor:
        placed = place(values)
        assert placed is not None
        return placed

    counted = torch.ones(shape, dtype=torch.bool, device=loss.device) if keep is None else keep
    return TokenStatistics(
        loss, must(work.nll), must(work.entropy), must(work.logsumexp), must(work.correct),
        counted, place(work.rank), place(work.top_ids), place(work.top_log_probabilities),
        place(work.kl),
    )  # fmt: skip
