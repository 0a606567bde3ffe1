"""Cross-entropy against labels: categorical, soft, smoothed, binary and focal, from logits."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import softplus

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.logits import Logits
from infoscope.measures import cross_entropy
from infoscope.train.tensors import (
    IGNORED,
    Reduction,
    check_numbers,
    check_targets,
    float_tensor,
    kept,
    reduced,
)

__all__ = ["binary_cross_entropy_loss", "cross_entropy_loss", "focal_loss"]


def cross_entropy_loss(
    logits: Tensor,
    targets: Tensor,
    *,
    smoothing: float = 0.0,
    z_loss: float = 0.0,
    ignore_index: int = IGNORED,
    mask: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Cross-entropy of the targets under softmax(logits), in nats.

    loss = -sum_v y_v log p_v + z_loss (log sum_v exp z_v)^2,  p = softmax(z)

    Parameters
    ----------
    logits : tensor of shape (..., k)
        Unnormalised log-probabilities; half precision is worked on in single.
    targets : integer tensor of shape (...), or float tensor of shape (..., k)
        Class labels, or target distributions (checked: non-negative, sum 1).
    smoothing : float
        Share of the target spread evenly over all k classes, in [0, 1).
    z_loss : float
        Weight of the squared log-normaliser, which keeps logits from drifting.
    ignore_index : int
        Labels with this value do not count.
    mask : boolean tensor of shape (...), optional
        True where a position counts.
    reduction : {"mean", "sum", "none"}
        Mean over the positions that count (0 with zero gradient if none does), sum, or one loss
        for each position, 0 where it does not count.

    Returns
    -------
    tensor
        Of shape () or (...); at least the entropy of the targets, inf where the target needs a
        class of probability 0. Its gradient by the logits is p - y.

    Raises
    ------
    WrongType
        If logits are no float tensor, or targets no integers of their shape.
    InvalidArgument
        If shapes do not fit, a label is out of range, or a loss is NaN (NaN or +inf logits, or a
        row of -inf).

    Notes
    -----
    Positions that do not count never meet the arithmetic, so that NaN there does no harm. A soft
    target of 0 on a logit of -inf costs 0 (torch: NaN). For long contexts over large vocabularies
    use `linear_cross_entropy`, which never holds all logits.

    Source
    ------
    Szegedy et al. (2016), arXiv:1512.00567, section 7 (smoothing); Chowdhery et al. (2022),
    arXiv:2204.02311, section 5 (z-loss).

    Examples
    --------
    >>> import torch
    >>> z = torch.tensor([[2.0, 1.0, 0.1]], dtype=torch.float64)
    >>> round(cross_entropy_loss(z, torch.tensor([0])).item(), 6)
    0.41703
    """
    name = "cross_entropy_loss"
    z = float_tensor(logits, name, "logits")
    if not 0 <= smoothing < 1:
        raise InvalidArgument(sentence(name, "smoothing", "lie in [0, 1)", smoothing))
    soft = targets.is_floating_point()
    expected = z.shape if soft else z.shape[:-1]
    if targets.shape != expected:
        raise InvalidArgument(
            sentence(name, "targets", f"have shape {tuple(z.shape[:-1])}, or {tuple(z.shape)} for "
                     "distributions", tuple(targets.shape))
        )  # fmt: skip
    keep = kept(None if soft else targets, mask, z.shape[:-1], ignore_index, name)
    if keep is not None:
        z, targets = z[keep], targets[keep]
    lse = torch.logsumexp(z, -1)
    if soft:
        values = cross_entropy(targets.to(z.dtype), Logits(z))
    else:
        check_targets(targets, z.shape[-1], name)
        values = lse - z.gather(-1, targets.long().unsqueeze(-1)).squeeze(-1)
    if smoothing:  # the even part: every class is the target in turn
        values = (1 - smoothing) * values + smoothing * (lse - z.mean(-1))
    if z_loss:
        values = values + z_loss * lse**2
    # A logit of +inf has no softmax, although the arithmetic would call other classes impossible.
    check_numbers(torch.where(lse == math.inf, math.nan, values), name, "logits")
    return reduced(values, keep, reduction, name)


def binary_cross_entropy_loss(
    logits: Tensor,
    targets: Tensor,
    *,
    mask: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Cross-entropy of yes-or-no targets under sigmoid(logits), in nats.

    loss = -t log s(z) - (1 - t) log(1 - s(z)),  s(z) = 1 / (1 + exp(-z))

    Parameters
    ----------
    logits : tensor of shape (...)
        Log-odds.
    targets : tensor of shape (...)
        0 or 1, or probabilities between them.
    mask : boolean tensor of shape (...), optional
        True where a position counts.
    reduction : {"mean", "sum", "none"}
        As for `cross_entropy_loss`.

    Returns
    -------
    tensor
        Of shape () or (...); 0 exactly for logits of -inf and inf that are right, inf if wrong.

    Raises
    ------
    InvalidArgument
        If a target lies outside [0, 1], shapes differ, or a logit is NaN.
    WrongType
        If logits are no float tensor.

    Notes
    -----
    Cost n. The gradient by the logit is s(z) - t.

    Source
    ------
    Bishop (2006), Pattern Recognition and Machine Learning, equation 4.90.

    Examples
    --------
    >>> import torch
    >>> loss = binary_cross_entropy_loss(torch.tensor([0.0]), torch.tensor([1.0]))
    >>> round(loss.item(), 6)
    0.693147
    """
    name = "binary_cross_entropy_loss"
    z = float_tensor(logits, name, "logits", least_dims=0 if logits.ndim == 0 else 1)
    t = targets.to(z.dtype)
    if t.shape != z.shape:
        raise InvalidArgument(
            sentence(name, "targets", f"have shape {tuple(z.shape)}", tuple(t.shape))
        )
    keep = kept(None, mask, z.shape, IGNORED, name)
    if keep is not None:
        z, t = z[keep], t[keep]
    if t.numel() and not bool(((t >= 0) & (t <= 1)).all()):
        bad = t[~((t >= 0) & (t <= 1))]
        raise InvalidArgument(sentence(name, "targets", "lie in [0, 1]", float(bad[0])))
    zero = torch.zeros_like(z)
    yes = torch.where(t > 0, softplus(torch.where(t > 0, -z, zero)), zero)
    no = torch.where(t < 1, softplus(torch.where(t < 1, z, zero)), zero)
    values = t * yes + (1 - t) * no
    check_numbers(values, name, "logits")
    return reduced(values, keep, reduction, name)


def focal_loss(
    logits: Tensor,
    targets: Tensor,
    *,
    gamma: float = 2.0,
    ignore_index: int = IGNORED,
    mask: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Cross-entropy that turns away from what is already easy, in nats.

    loss = -(1 - p_y)^gamma log p_y

    Parameters
    ----------
    logits : tensor of shape (..., k)
        Unnormalised log-probabilities.
    targets : integer tensor of shape (...)
        Class labels.
    gamma : float
        At least 0; 0 is plain cross-entropy.
    ignore_index, mask, reduction
        As for `cross_entropy_loss`.

    Returns
    -------
    tensor
        Of shape () or (...). It is no proper score for gamma > 0: its minimum is not at the true
        probabilities, so calibrate what was trained with it.

    Raises
    ------
    InvalidArgument
        If gamma is negative, and as for `cross_entropy_loss`.

    Notes
    -----
    1 - p is taken as -expm1(log p), which keeps its digits where p is near 1.

    Source
    ------
    Lin et al. (2017), arXiv:1708.02002, equation 4.

    Examples
    --------
    >>> import torch
    >>> loss = focal_loss(torch.zeros(1, 2), torch.tensor([0]), gamma=2.0)
    >>> round(loss.item(), 6)  # log 2 times 1/4
    0.173287
    """
    name = "focal_loss"
    if not (gamma >= 0 and math.isfinite(gamma)):
        raise InvalidArgument(sentence(name, "gamma", "be at least 0", gamma))
    z = float_tensor(logits, name, "logits")
    if targets.shape != z.shape[:-1]:
        raise InvalidArgument(
            sentence(name, "targets", f"have shape {tuple(z.shape[:-1])}", tuple(targets.shape))
        )
    keep = kept(targets, mask, z.shape[:-1], ignore_index, name)
    if keep is not None:
        z, targets = z[keep], targets[keep]
    nll = cross_entropy_loss(z, targets, reduction="none")
    values = nll if gamma == 0 else (-torch.expm1(-nll)) ** gamma * nll
    return reduced(values, keep, reduction, name)
