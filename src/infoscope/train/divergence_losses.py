"""Divergences between two heads as losses: KL with its direction named, JS, Rényi, distillation.

The quantities are those of `infoscope.measures`, on logits, with masks and a reduction around them.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import torch
from torch import Tensor

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.logits import Logits
from infoscope.measures import jensen_shannon_divergence, kl_divergence, renyi_divergence
from infoscope.train.label_losses import cross_entropy_loss
from infoscope.train.tensors import (
    IGNORED,
    Reduction,
    check_numbers,
    float_tensor,
    kept,
    reduced,
)

__all__ = ["distillation_loss", "generalized_js_loss", "js_loss", "kl_loss", "renyi_loss"]


def kl_loss(
    p_logits: Tensor,
    q_logits: Tensor,
    *,
    direction: Literal["forward", "reverse"] = "forward",
    mask: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """KL divergence between the softmax of two heads, KL(p‖q) unless reversed, in nats.

    forward: sum p log(p / q);  reverse: sum q log(q / p)

    Parameters
    ----------
    p_logits, q_logits : tensor of shape (..., k)
        Unnormalised log-probabilities. With p the data or teacher and q the model, "forward" covers
        all that p does, "reverse" stays where p is.
    direction : {"forward", "reverse"}
        Under which of the two the expectation is taken: p, or q.
    mask : boolean tensor of shape (...), optional
        True where a position counts.
    reduction : {"mean", "sum", "none"}
        As for `cross_entropy_loss`; "mean" is over positions, never over classes.

    Returns
    -------
    tensor
        Of shape () or (...); 0 for equal heads, inf where the other head excludes what can happen.

    Raises
    ------
    InvalidArgument
        If shapes differ, the direction is unknown, or a divergence is NaN.
    WrongType
        If an argument is no float tensor.

    Notes
    -----
    torch.nn.functional.kl_div takes its arguments in the other order, and its "mean" divides by the
    number of classes too. Gradients flow to both heads: detach the one that should stay.

    Source
    ------
    Kullback and Leibler (1951); Cover and Thomas (2006), equation 2.26.

    Examples
    --------
    >>> import torch
    >>> p, q = torch.tensor([0.9, 0.1]).log(), torch.tensor([0.5, 0.5]).log()
    >>> round(kl_loss(p, q).item(), 4), round(kl_loss(p, q, direction="reverse").item(), 4)
    (0.3681, 0.5108)
    """
    if direction not in ("forward", "reverse"):
        raise InvalidArgument(
            sentence("kl_loss", "direction", "be 'forward' or 'reverse'", repr(direction))
        )
    p, q, keep = _pair(p_logits, q_logits, mask, "kl_loss")
    first, second = (p, q) if direction == "forward" else (q, p)
    return _finish(kl_divergence(Logits(first), Logits(second)), keep, reduction, "kl_loss")


def js_loss(
    p_logits: Tensor,
    q_logits: Tensor,
    *,
    mask: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Jensen-Shannon divergence between the softmax of two heads, in nats.

    JS = KL(p‖m) / 2 + KL(q‖m) / 2,  m = (p + q) / 2

    Parameters
    ----------
    p_logits, q_logits : tensor of shape (..., k)
        Unnormalised log-probabilities.
    mask, reduction
        As for `kl_loss`.

    Returns
    -------
    tensor
        Of shape () or (...), between 0 and log 2, whatever the supports.

    Raises
    ------
    InvalidArgument
        If shapes differ or a divergence is NaN.
    WrongType
        If an argument is no float tensor.

    Notes
    -----
    Symmetric, and the square of a metric.

    Source
    ------
    Lin (1991), IEEE Trans. Inf. Theory 37(1), equation 3.5.

    Examples
    --------
    >>> import torch
    >>> certain = torch.tensor([[0.0, -torch.inf]])
    >>> round(js_loss(certain, certain.flip(1)).item(), 6)  # log 2
    0.693147
    """
    p, q, keep = _pair(p_logits, q_logits, mask, "js_loss")
    values = jensen_shannon_divergence(Logits(p), Logits(q))
    return _finish(values, keep, reduction, "js_loss")


def generalized_js_loss(
    p_logits: Tensor,
    q_logits: Tensor,
    *,
    beta: float = 0.5,
    scaled: bool = False,
    mask: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Jensen-Shannon divergence with unequal weights, in nats.

    JS_beta = beta KL(p‖m) + (1 - beta) KL(q‖m),  m = beta p + (1 - beta) q

    Parameters
    ----------
    p_logits, q_logits : tensor of shape (..., k)
        Unnormalised log-probabilities.
    beta : float
        Weight of p, in [0, 1].
    scaled : bool
        Divide by beta (1 - beta). The plain form vanishes at both ends; the scaled one reaches
        KL(p‖q) at beta = 0 and KL(q‖p) at beta = 1 without a jump.
    mask, reduction
        As for `kl_loss`.

    Returns
    -------
    tensor
        Of shape () or (...); unscaled it lies between 0 and the entropy of (beta, 1 - beta).

    Raises
    ------
    InvalidArgument
        If beta lies outside [0, 1], shapes differ or a divergence is NaN.
    WrongType
        If an argument is no float tensor.

    Notes
    -----
    Code in use returns KL at the ends and the plain form between, which jumps, and weights p and q
    the other way round; with this definition the weights in the mixture and in the sum agree.

    Source
    ------
    Lin (1991), equation 4.1; Agarwal et al. (2024), arXiv:2306.13649, equation 1.

    Examples
    --------
    >>> import torch
    >>> p, q = torch.tensor([0.6, 0.3, 0.1]).log(), torch.tensor([0.3, 0.5, 0.2]).log()
    >>> [round(generalized_js_loss(p, q, beta=b).item(), 5) for b in (0.0, 0.1, 0.5, 0.9)]
    [0.0, 0.01722, 0.04661, 0.01671]
    """
    name = "generalized_js_loss"
    if not 0 <= beta <= 1:
        raise InvalidArgument(sentence(name, "beta", "lie in [0, 1]", beta))
    p, q, keep = _pair(p_logits, q_logits, mask, name)
    if beta in (0, 1):  # one head alone: nothing differs from the mixture
        first, second = (p, q) if beta == 0 else (q, p)
        values = kl_divergence(Logits(first), Logits(second))
        values = values if scaled else torch.zeros_like(values) * torch.logsumexp(first, -1)
    else:
        values = jensen_shannon_divergence(Logits(p), Logits(q), weights=(beta, 1 - beta))
        values = values / (beta * (1 - beta)) if scaled else values
    return _finish(values, keep, reduction, name)


def renyi_loss(
    p_logits: Tensor,
    q_logits: Tensor,
    *,
    order: float,
    mask: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Rényi divergence of the softmax of one head from that of another, in nats.

    D_a(p‖q) = log(sum p^a q^(1 - a)) / (a - 1)

    Parameters
    ----------
    p_logits, q_logits : tensor of shape (..., k)
        Unnormalised log-probabilities.
    order : float
        a >= 0; 1 is KL(p‖q), inf the logarithm of the largest ratio.
    mask, reduction
        As for `kl_loss`.

    Returns
    -------
    tensor
        Of shape () or (...); grows with the order.

    Raises
    ------
    InvalidArgument
        If the order is negative, shapes differ or a divergence is NaN.
    WrongType
        If an argument is no float tensor.

    Notes
    -----
    Order 1/2 is symmetric. Gradients flow to both heads.

    Source
    ------
    Rényi (1961), equation 3.3; van Erven and Harremoës (2014).

    Examples
    --------
    >>> import torch
    >>> p, q = torch.tensor([0.9, 0.1]).log(), torch.tensor([0.5, 0.5]).log()
    >>> round(renyi_loss(p, q, order=2.0).item(), 4)  # log(2 (0.81 + 0.01))
    0.4947
    """
    p, q, keep = _pair(p_logits, q_logits, mask, "renyi_loss")
    return _finish(renyi_divergence(Logits(p), Logits(q), order), keep, reduction, "renyi_loss")


def _cooled(z: Tensor, temperature: float) -> Tensor:
    """Divide logits by the temperature; shifted, as [2, 0] / 2 would look like probabilities."""
    return z if temperature == 1 else (z - z.detach().amax(-1, keepdim=True)) / temperature


def distillation_loss(
    student_logits: Tensor,
    teacher_logits: Tensor,
    *,
    targets: Tensor | None = None,
    temperature: float = 2.0,
    weight: float = 1.0,
    direction: Literal["forward", "reverse"] = "forward",
    ignore_index: int = IGNORED,
    mask: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Teach a student the softened distribution of a teacher, in nats.

    loss = weight T^2 KL(softmax(t / T)‖softmax(s / T)) + (1 - weight) cross-entropy(y, s)

    Parameters
    ----------
    student_logits, teacher_logits : tensor of shape (..., k)
        Unnormalised log-probabilities; no gradient reaches the teacher.
    targets : integer tensor of shape (...), optional
        True labels; needed where weight is below 1. Positions with `ignore_index` do not count.
    temperature : float
        T > 0. The factor T^2 keeps the size of the gradient as T changes.
    weight : float
        Share of the teacher, in [0, 1].
    direction : {"forward", "reverse"}
        Expectation under the teacher, or under the student.
    ignore_index, mask, reduction
        As for `cross_entropy_loss`.

    Returns
    -------
    tensor
        Of shape () or (...).

    Raises
    ------
    InvalidArgument
        If temperature or weight are out of range, targets are missing, or shapes differ.
    WrongType
        If an argument is no float tensor.

    Notes
    -----
    As T grows the gradient tends to that of squared differences between centred logits.

    Source
    ------
    Hinton, Vinyals and Dean (2015), arXiv:1503.02531, section 2.

    Examples
    --------
    >>> import torch
    >>> same = torch.tensor([[2.0, -1.0]])
    >>> distillation_loss(same, same).item()
    0.0
    """
    name = "distillation_loss"
    if not (temperature > 0 and math.isfinite(temperature)):
        raise InvalidArgument(sentence(name, "temperature", "be above 0", temperature))
    if not 0 <= weight <= 1:
        raise InvalidArgument(sentence(name, "weight", "lie in [0, 1]", weight))
    if weight < 1 and targets is None:
        raise InvalidArgument(
            sentence(name, "targets", "be given where weight is below 1", "None",
                     "Pass the labels, or weight=1.0.")
        )  # fmt: skip
    s, t, keep = _pair(student_logits, teacher_logits, mask, name, targets, ignore_index)
    soft = kl_loss(
        _cooled(t.detach(), temperature),
        _cooled(s, temperature),
        direction=direction,
        reduction="none",
    )
    values = weight * temperature**2 * soft
    if weight < 1:
        assert targets is not None
        labels = targets if keep is None else targets[keep]
        values = values + (1 - weight) * cross_entropy_loss(s, labels, reduction="none")
    return _finish(values, keep, reduction, name)


def _pair(
    p_logits: Tensor,
    q_logits: Tensor,
    mask: Tensor | None,
    function: str,
    targets: Tensor | None = None,
    ignore_index: int = IGNORED,
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return the positions of both heads that count, and where they stood."""
    p = float_tensor(p_logits, function, "the first logits")
    q = float_tensor(q_logits, function, "the second logits")
    if p.shape != q.shape:
        raise InvalidArgument(
            sentence(function, "both logits", "have one shape",
                     f"{tuple(p.shape)} and {tuple(q.shape)}")
        )  # fmt: skip
    keep = kept(targets, mask, p.shape[:-1], ignore_index, function)
    return (p, q, None) if keep is None else (p[keep], q[keep], keep)


def _finish(values: Any, keep: Tensor | None, reduction: str, function: str) -> Tensor:
    check_numbers(values, function, "logits")
    return reduced(values, keep, reduction, function)
