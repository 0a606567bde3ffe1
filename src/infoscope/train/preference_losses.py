"""Losses on pairs of answers, one preferred: DPO and IPO, whose optimum is the tilted policy."""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn.functional import softplus

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.train.tensors import Reduction, check_numbers, float_tensor, reduced

__all__ = ["dpo_loss", "ipo_loss"]


def dpo_loss(
    chosen_logp: Tensor,
    rejected_logp: Tensor,
    ref_chosen_logp: Tensor,
    ref_rejected_logp: Tensor,
    *,
    beta: float = 0.1,
    smoothing: float = 0.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """Direct preference optimisation: cross-entropy of the preference under implied rewards.

    loss = -log s(beta m),  m = (log pi_c - log ref_c) - (log pi_r - log ref_r)

    Parameters
    ----------
    chosen_logp, rejected_logp : tensor of shape (...)
        Log-probability of each whole answer under the policy: sums over its tokens.
    ref_chosen_logp, ref_rejected_logp : tensor of shape (...)
        The same under the reference; no gradient reaches them.
    beta : float
        Price of a nat of KL in the reward that is implied, above 0.
    smoothing : float
        Probability that a label is the wrong way round, in [0, 1/2).
    reduction : {"mean", "sum", "none"}
        Over pairs.

    Returns
    -------
    tensor
        Of shape () or (...); log 2 where policy and reference agree. In nats.

    Raises
    ------
    InvalidArgument
        If shapes differ, beta or smoothing are out of range, or a loss is NaN.
    WrongType
        If an argument is no float tensor.

    Notes
    -----
    Its minimum over all policies is `tilted_policy` under the reward that the preferences follow.

    Source
    ------
    Rafailov et al. (2023), arXiv:2305.18290, equation 7; smoothing: Mitchell (2023).

    Examples
    --------
    >>> import torch
    >>> zero = torch.zeros(1)
    >>> round(dpo_loss(zero, zero, zero, zero).item(), 6)
    0.693147
    """
    name = "dpo_loss"
    margin = _margin(chosen_logp, rejected_logp, ref_chosen_logp, ref_rejected_logp, beta, name)
    if not 0 <= smoothing < 0.5:
        raise InvalidArgument(sentence(name, "smoothing", "lie in [0, 1/2)", smoothing))
    values = softplus(-beta * margin)
    if smoothing:
        values = (1 - smoothing) * values + smoothing * softplus(beta * margin)
    check_numbers(values, name, "log-probabilities")
    return reduced(values, None, reduction, name)


def ipo_loss(
    chosen_logp: Tensor,
    rejected_logp: Tensor,
    ref_chosen_logp: Tensor,
    ref_rejected_logp: Tensor,
    *,
    beta: float = 0.1,
    reduction: Reduction = "mean",
) -> Tensor:
    """Identity preference optimisation: pull the log-ratio margin to 1 / (2 beta), no further.

    loss = (m - 1 / (2 beta))^2

    Parameters
    ----------
    chosen_logp, rejected_logp, ref_chosen_logp, ref_rejected_logp : tensor of shape (...)
        As for `dpo_loss`.
    beta : float
        Strength of the pull to the reference, above 0.
    reduction : {"mean", "sum", "none"}
        Over pairs.

    Returns
    -------
    tensor
        Of shape () or (...), in squared nats; 0 where every margin is 1 / (2 beta).

    Raises
    ------
    InvalidArgument
        If shapes differ, beta is not above 0, or a loss is NaN.
    WrongType
        If an argument is no float tensor.

    Notes
    -----
    Where preferences are deterministic DPO drives margins to infinity; this one stays finite.

    Source
    ------
    Azar et al. (2023), arXiv:2310.12036, equation 17.

    Examples
    --------
    >>> import torch
    >>> zero = torch.zeros(1)
    >>> round(ipo_loss(zero, zero, zero, zero, beta=0.5).item(), 6)  # (0 - 1)^2
    1.0
    """
    name = "ipo_loss"
    margin = _margin(chosen_logp, rejected_logp, ref_chosen_logp, ref_rejected_logp, beta, name)
    values = (margin - 1 / (2 * beta)) ** 2
    check_numbers(values, name, "log-probabilities")
    return reduced(values, None, reduction, name)


def _margin(
    chosen: Tensor, rejected: Tensor, ref_chosen: Tensor, ref_rejected: Tensor, beta: float,
    function: str,
) -> Tensor:  # fmt: skip
    names = ("chosen_logp", "rejected_logp", "ref_chosen_logp", "ref_rejected_logp")
    tensors = [
        float_tensor(x, function, name, least_dims=0)
        for name, x in zip(names, (chosen, rejected, ref_chosen, ref_rejected), strict=True)
    ]
    for name, tensor in zip(names, tensors, strict=True):
        if tensor.shape != tensors[0].shape:
            raise InvalidArgument(
                sentence(function, name, f"have shape {tuple(tensors[0].shape)}",
                         tuple(tensor.shape))
            )  # fmt: skip
    if not (beta > 0 and math.isfinite(beta)):
        raise InvalidArgument(sentence(function, "beta", "be above 0", beta))
    a, b, c, d = tensors
    return (a - c.detach()) - (b - d.detach())
