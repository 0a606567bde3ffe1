"""The last layer and its loss in one chunked pass: no tensor of tokens times vocabulary is held."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.train.row_pass import Objective, RowPass
from infoscope.train.statistics import TokenStatistics, gather_statistics
from infoscope.train.tensors import IGNORED, check_numbers, check_targets, kept

__all__ = ["linear_cross_entropy"]

#: Rows of logits held at a time: fewer slow the matrix product, more only cost memory.
CHUNK = 256


def linear_cross_entropy(
    hidden: Tensor,
    weight: Tensor,
    targets: Tensor,
    *,
    bias: Tensor | None = None,
    reference: tuple[Tensor, Tensor] | None = None,
    smoothing: float = 0.0,
    z_loss: float = 0.0,
    entropy_bonus: float = 0.0,
    kl_weight: float = 0.0,
    rank: bool = False,
    top_k: int = 0,
    ignore_index: int = IGNORED,
    mask: Tensor | None = None,
    chunk: int = CHUNK,
) -> TokenStatistics:
    """Cross-entropy of targets under softmax(hidden weight^T + bias), with all one wants to log.

    loss = mean(nll + z_loss lse^2 - entropy_bonus H + kl_weight KL(model‖reference))

    Parameters
    ----------
    hidden : float tensor of shape (..., d)
        Last hidden states.
    weight : float tensor of shape (k, d)
        The unembedding, one row a class.
    targets : integer tensor of shape (...)
        Class labels.
    bias : float tensor of shape (k,), optional
        Added to the logits.
    reference : (hidden, weight) of a reference model, optional
        Shapes (..., d') and (k, d'): gives the exact KL over the whole vocabulary; no gradient
        reaches it.
    smoothing : float
        Share of the target spread evenly over all classes, in [0, 1).
    z_loss, entropy_bonus, kl_weight : float
        Weights of the squared log-normaliser, of the entropy (a bonus: it is subtracted) and of the
        KL to the reference, all with their exact gradients.
    rank : bool
        Whether to count how many classes are likelier than the target.
    top_k : int
        How many of the likeliest classes to keep.
    ignore_index : int
        Labels with this value do not count.
    mask : boolean tensor of shape (...), optional
        True where a token counts.
    chunk : int
        Rows of logits held at a time.

    Returns
    -------
    TokenStatistics
        `loss` can be differentiated once by hidden, weight and bias; nll, entropy, logsumexp,
        correct, rank, top-k and kl come detached from the same pass. In nats.

    Raises
    ------
    WrongType
        If tensors have the wrong kinds.
    InvalidArgument
        If shapes do not fit, a label is out of range, a weight is no number, or a loss is NaN.

    Notes
    -----
    Time 6 T k d multiplications with gradient (as the plain loss), 2 T k d without; memory
    chunk * k numbers, and the gradient of the weight. Gradients are made in the forward pass, when
    a chunk of logits is at hand: a second derivative does not exist here.

    Source
    ------
    Wijmans et al. (2024), arXiv:2411.09009, for cross-entropy without the matrix of logits.

    Examples
    --------
    >>> import torch
    >>> hidden, weight = torch.eye(2, requires_grad=True), torch.eye(2)
    >>> found = linear_cross_entropy(hidden, weight, torch.tensor([0, 1]))
    >>> found.loss.backward()
    >>> round(found.loss.item(), 4), [round(g, 4) for g in hidden.grad[0].tolist()]
    (0.3133, [-0.1345, 0.1345])
    """
    name = "linear_cross_entropy"
    _check_shapes(hidden, weight, targets, bias, "hidden", "weight")
    if reference is not None:
        _check_shapes(reference[0], reference[1], targets, None, "reference[0]", "reference[1]")
        if reference[1].shape[0] != weight.shape[0]:
            raise InvalidArgument(
                sentence(name, "reference", f"have {weight.shape[0]} classes",
                         reference[1].shape[0])
            )  # fmt: skip
    if not 0 <= smoothing < 1:
        raise InvalidArgument(sentence(name, "smoothing", "lie in [0, 1)", smoothing))
    if kl_weight and reference is None:
        raise InvalidArgument(
            sentence(name, "reference", "be given where kl_weight is not 0", "None",
                     "Pass (hidden, weight) of the reference model.")
        )  # fmt: skip
    if chunk < 1:
        raise InvalidArgument(sentence(name, "chunk", "be at least 1", chunk))
    keep = kept(targets, mask, targets.shape, ignore_index, name)
    rows, labels = hidden.reshape(-1, hidden.shape[-1]), targets.reshape(-1)
    refs = None if reference is None else reference[0].detach().reshape(-1, reference[0].shape[-1])
    if keep is not None:
        flat = keep.reshape(-1)
        rows, labels = rows[flat], labels[flat]
        refs = None if refs is None else refs[flat]
    check_targets(labels, weight.shape[0], name)
    work = RowPass(
        labels.numel(), weight.shape[0], rows, labels.long(), rank=rank, top_k=top_k,
        kl=refs is not None, objective=Objective(smoothing, z_loss, entropy_bonus, kl_weight),
    )  # fmt: skip
    second = None if reference is None or refs is None else (refs, reference[1].detach())
    if not torch.is_grad_enabled():  # else the chunks would be turned into gradients in vain
        rows, weight, bias = rows.detach(), weight.detach(), None if bias is None else bias.detach()
    loss: Any = _Chunked.apply(rows, weight, bias, work, second, chunk)
    check_numbers(work.loss, name, "hidden and weight")
    return gather_statistics(work, targets.shape, keep, loss)


class _Chunked(torch.autograd.Function):
    """Fill a RowPass from hidden states, and keep the gradient of its mean loss."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, work: RowPass,
        reference: tuple[Tensor, Tensor] | None, chunk: int,
    ) -> Tensor:  # fmt: skip
        n, size = len(hidden), len(weight)
        wants = ctx.needs_input_grad[:3]
        ctx.grads = (
            torch.zeros_like(hidden) if wants[0] else None,
            torch.zeros_like(weight, dtype=work.nll.dtype) if wants[1] else None,
            torch.zeros_like(bias, dtype=work.nll.dtype) if wants[2] and bias is not None else None,
        )
        height = min(chunk, n)
        logits = hidden.new_empty((height, size))
        ref_logits = None
        if reference is not None:
            ref_logits = reference[0].new_empty((height, size))
        each = torch.full((height,), 1 / max(n, 1), dtype=work.nll.dtype, device=hidden.device)
        step = work.group
        for first in range(0, n, chunk):
            last = min(first + chunk, n)
            part = hidden[first:last].detach()
            z = torch.mm(part, weight.detach().t(), out=logits[: last - first])
            if bias is not None:
                z.add_(bias.detach())
            r = None
            if reference is not None and ref_logits is not None:
                r = ref_logits[: last - first]
                torch.mm(reference[0][first:last], reference[1].t(), out=r)
            for a in range(0, last - first, step):
                b = min(a + step, last - first)
                whole = z.dtype == work.nll.dtype
                group = z[a:b] if whole else z[a:b].to(work.nll.dtype)
                other = None if r is None else r[a:b].to(work.nll.dtype)
                work.read(group, first + a, other, each[: b - a] if any(wants) else None)
                if not whole and any(wants):
                    z[a:b] = group
            if ctx.grads[0] is not None:
                torch.mm(z, weight.detach(), out=ctx.grads[0][first:last])
            if ctx.grads[1] is not None:
                if ctx.grads[1].dtype == z.dtype:
                    ctx.grads[1].addmm_(z.t(), part)
                else:
                    ctx.grads[1].add_(torch.mm(z.t(), part))
            if ctx.grads[2] is not None:
                ctx.grads[2].add_(z.sum(0, dtype=work.nll.dtype))
        return work.loss.sum(dtype=torch.float64).div(max(n, 1)).to(work.nll.dtype)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
        if ctx.grads is None:
            raise RuntimeError(
                "linear_cross_entropy: its gradient can be taken once; it is made in the forward "
                "pass and given away. Call linear_cross_entropy again."
            )
        (slope,) = grad_outputs
        grads, ctx.grads = ctx.grads, None
        given = [g if g is None else g.mul_(slope.to(g.dtype)) for g in grads]
        if given[1] is not None:
            given[1] = given[1].to(slope.dtype)
        return (*given, None, None, None)


def _check_shapes(
    hidden: Tensor, weight: Tensor, targets: Tensor, bias: Tensor | None, h: str, w: str
) -> None:
    name = "linear_cross_entropy"
    for argument, tensor in ((h, hidden), (w, weight), ("bias", bias)):
        if tensor is None:
            continue
        if not isinstance(tensor, Tensor) or not tensor.is_floating_point():
            got = tensor.dtype if isinstance(tensor, Tensor) else type(tensor).__name__
            raise WrongType(sentence(name, argument, "be a float tensor", got))
    if weight.ndim != 2 or hidden.ndim < 1 or hidden.shape[-1] != weight.shape[-1]:
        raise InvalidArgument(
            sentence(name, f"{h} and {w}", "have shapes (..., d) and (k, d)",
                     f"{tuple(hidden.shape)} and {tuple(weight.shape)}")
        )  # fmt: skip
    if weight.shape[0] == 0:
        raise InvalidArgument(sentence(name, w, "have at least one row", tuple(weight.shape)))
    if hidden.dtype != weight.dtype:
        raise InvalidArgument(
            sentence(name, f"{h} and {w}", "have one dtype", f"{hidden.dtype} and {weight.dtype}")
        )
    if targets.shape != hidden.shape[:-1]:
        raise InvalidArgument(
            sentence(name, "targets", f"have shape {tuple(hidden.shape[:-1])}",
                     tuple(targets.shape))
        )  # fmt: skip
    if bias is not None and bias.shape != weight.shape[:1]:
        raise InvalidArgument(
            sentence(name, "bias", f"have shape ({weight.shape[0]},)", tuple(bias.shape))
        )
