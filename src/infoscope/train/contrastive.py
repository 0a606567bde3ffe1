"""Contrastive losses, and what they say about mutual information: log N minus the loss, no more."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.showing import Shown
from infoscope.measures import bounds
from infoscope.train.label_losses import cross_entropy_loss
from infoscope.train.tensors import float_tensor

__all__ = ["Contrast", "info_nce", "nt_xent"]


@dataclass(frozen=True, eq=False)
class Contrast(Shown):
    """A contrastive step, in nats.

    Attributes
    ----------
    loss : tensor of shape ()
        Cross-entropy of finding the partner among the candidates.
    bound : tensor of shape ()
        log N - loss, detached: in expectation over batches at most the mutual information of the
        two views. It may be negative.
    cap : float
        log N, which the bound cannot pass however much the views share.
    accuracy : float
        Share of rows whose partner has the highest score.
    n_candidates : int
        N.
    """

    loss: Tensor
    bound: Tensor
    cap: float
    accuracy: float
    n_candidates: int

    @property
    def is_capped(self) -> bool:
        """Whether the bound is within a tenth of its cap: only a larger batch shows more."""
        return float(self.bound) > 0.9 * self.cap

    def __str__(self) -> str:
        more = "; near its cap, use larger batches" if self.is_capped else ""
        return (
            f"loss {float(self.loss):.4f} nats; the views share at least {float(self.bound):.4f} "
            f"(cap log {self.n_candidates} = {self.cap:.4f}{more})"
        )


def info_nce(
    first: Tensor,
    second: Tensor,
    *,
    temperature: float | Tensor = 0.07,
    symmetric: bool = True,
    normalize: bool = True,
) -> Contrast:
    """Find each row's partner among all rows of the other view, N ways: the loss of CLIP.

    loss = -mean_i log(exp s_ii / sum_j exp s_ij),  s_ij = <a_i, b_j> / temperature

    Parameters
    ----------
    first, second : tensor of shape (n, d)
        Embeddings of the two views; row i of one belongs to row i of the other.
    temperature : float or tensor
        Above 0; may be learnt.
    symmetric : bool
        Mean of both directions (CLIP), or only from first to second.
    normalize : bool
        Scale rows to length 1 first.

    Returns
    -------
    Contrast
        `loss` to minimise, with the bound it implies, the cap log n, and the accuracy.

    Raises
    ------
    InvalidArgument
        If shapes differ, n is below 2, the temperature is not above 0, or a row of zeros is to be
        scaled.
    WrongType
        If an argument is no float tensor.

    Notes
    -----
    Random views do not give log n but more: scores scatter, by about exp(1 / (2 d temperature^2)).
    NT-Xent, with 2n - 1 candidates, is another loss: `nt_xent`.

    Source
    ------
    van den Oord et al. (2018), arXiv:1807.03748, equation 4; Radford et al. (2021), figure 3.

    Examples
    --------
    >>> import torch
    >>> step = info_nce(torch.eye(4), torch.eye(4), temperature=0.1)
    >>> step.n_candidates, round(step.cap, 4), step.accuracy
    (4, 1.3863, 1.0)
    """
    a, b, t = _views(first, second, temperature, normalize, "info_nce")
    scores = a @ b.T / t
    goal = torch.arange(len(a), device=a.device)
    loss = cross_entropy_loss(scores, goal)
    if symmetric:
        loss = (loss + cross_entropy_loss(scores.T, goal)) / 2
    n = len(a)
    found = bounds.info_nce(scores.detach())
    bound = math.log(n) - loss.detach()
    hits = float((scores.detach().argmax(-1) == goal).double().mean())
    return Contrast(loss, bound, found.cap, hits, n)


def nt_xent(
    first: Tensor, second: Tensor, *, temperature: float | Tensor = 0.5, normalize: bool = True
) -> Contrast:
    """Find each row's partner among all other rows of both views, 2n - 1 ways: the loss of SimCLR.

    loss = -mean over 2n rows of log(exp s_i,partner / sum_(j != i) exp s_ij)

    Parameters
    ----------
    first, second : tensor of shape (n, d)
        Embeddings of the two views.
    temperature : float or tensor
        Above 0.
    normalize : bool
        Scale rows to length 1 first.

    Returns
    -------
    Contrast
        With n_candidates = 2n - 1. log(2n - 1) - loss is reported as `bound`; it bounds the
        information only where both views have one law, as in SimCLR.

    Raises
    ------
    InvalidArgument, WrongType
        As `info_nce`.

    Notes
    -----
    Memory (2n)^2.

    Source
    ------
    Chen et al. (2020), arXiv:2002.05709, equation 1.

    Examples
    --------
    >>> import torch
    >>> nt_xent(torch.eye(3), torch.eye(3)).n_candidates
    5
    """
    a, b, t = _views(first, second, temperature, normalize, "nt_xent")
    n = len(a)
    rows = torch.cat([a, b])
    scores = (rows @ rows.T / t).masked_fill(
        torch.eye(2 * n, dtype=torch.bool, device=a.device), -math.inf
    )
    goal = torch.arange(2 * n, device=a.device).roll(n)
    loss = cross_entropy_loss(scores, goal)
    hits = float((scores.detach().argmax(-1) == goal).double().mean())
    cap = math.log(2 * n - 1)
    return Contrast(loss, cap - loss.detach(), cap, hits, 2 * n - 1)


def _views(
    first: Tensor, second: Tensor, temperature: float | Tensor, normalize: bool, function: str
) -> tuple[Tensor, Tensor, float | Tensor]:
    a, b = float_tensor(first, function, "first"), float_tensor(second, function, "second")
    if a.shape != b.shape or a.ndim != 2 or len(a) < 2:
        raise InvalidArgument(
            sentence(function, "first and second", "have one shape (n, d), n of 2 or more",
                     f"{tuple(a.shape)} and {tuple(b.shape)}")
        )  # fmt: skip
    if not float(temperature) > 0:
        raise InvalidArgument(sentence(function, "temperature", "be above 0", float(temperature)))
    if normalize:
        lengths = [torch.linalg.vector_norm(x, dim=-1, keepdim=True) for x in (a, b)]
        for argument, length in zip(("first", "second"), lengths, strict=True):
            if bool((length == 0).any()):
                at = int(torch.nonzero(length[:, 0] == 0)[0])
                raise InvalidArgument(
                    sentence(function, argument, "have no row of zeros", f"one at index {at}",
                             "It has no direction; pass normalize=False to use it as it is.")
                )  # fmt: skip
        a, b = a / lengths[0], b / lengths[1]
    return a, b, temperature
