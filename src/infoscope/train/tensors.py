"""Read the tensors of a loss, say what is wrong with them, and reduce what came out."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor

from infoscope.core.arrays import is_readable
from infoscope.core.errors import InvalidArgument, WrongType, sentence

__all__ = [
    "IGNORED",
    "Reduction",
    "any_float_tensor",
    "check_numbers",
    "check_targets",
    "float_tensor",
    "kept",
    "reduced",
]

Reduction: TypeAlias = Literal["mean", "sum", "none"]

#: The target that torch and Hugging Face give to tokens that do not count.
IGNORED = -100


def float_tensor(x: object, function: str, argument: str, *, least_dims: int = 1) -> Tensor:
    """Return a tensor of floats, at least single precision: half precision cannot hold a loss."""
    found = any_float_tensor(x, function, argument, least_dims=least_dims)
    return found.float() if found.dtype in (torch.float16, torch.bfloat16) else found


def any_float_tensor(x: object, function: str, argument: str, *, least_dims: int = 1) -> Tensor:
    """Return `x` if it is a tensor of floats of any precision, as it is."""
    if not isinstance(x, Tensor):
        raise WrongType(
            sentence(function, argument, "be a torch tensor", type(x).__name__,
                     "Convert it with torch.as_tensor.")
        )  # fmt: skip
    if not x.is_floating_point():
        raise WrongType(sentence(function, argument, "hold floats", str(x.dtype)))
    if x.ndim < least_dims or (x.ndim and x.shape[-1] == 0):
        raise InvalidArgument(
            sentence(function, argument, f"have {least_dims} or more axes, the last not empty",
                     f"shape {tuple(x.shape)}")
        )  # fmt: skip
    return x


def check_numbers(values: Tensor, function: str, argument: str) -> None:
    """Raise if a value that came of `argument` is NaN, where values can be read."""
    if not is_readable(values):
        return
    found = torch.isnan(values.detach())
    if bool(found.any()):
        at = tuple(int(i) for i in torch.nonzero(found)[0])
        raise InvalidArgument(
            sentence(function, argument, "be numbers that leave a defined loss", f"NaN at {at}",
                     "NaN or +inf, or a row of -inf, have no softmax; look at the step before.")
        )  # fmt: skip


def kept(
    targets: Tensor | None, mask: object, shape: torch.Size, ignore_index: int, function: str
) -> Tensor | None:
    """Return which positions count, as booleans of `shape`; None where all do."""
    keep = None if targets is None else targets != ignore_index
    if mask is not None:
        if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
            got = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
            raise WrongType(
                sentence(function, "mask", "be a boolean tensor, True where a position counts", got,
                         "Write mask=attention_mask.bool().")
            )  # fmt: skip
        if mask.shape != shape:
            raise InvalidArgument(
                sentence(function, "mask", f"have shape {tuple(shape)}", tuple(mask.shape))
            )
        keep = mask if keep is None else keep & mask
    if keep is None or (is_readable(keep) and bool(keep.all())):
        return None
    return keep


def check_targets(targets: Tensor, n: int, function: str) -> None:
    """Raise unless every target is one of `n` classes."""
    if targets.is_floating_point() or targets.dtype == torch.bool:
        raise WrongType(sentence(function, "targets", "hold integers", str(targets.dtype)))
    if targets.numel() and is_readable(targets):
        least, most = int(targets.min()), int(targets.max())
        if least < 0 or most >= n:
            raise InvalidArgument(
                sentence(function, "targets", f"lie in 0 to {n - 1}, or be ignore_index",
                         least if least < 0 else most)
            )  # fmt: skip


def reduced(values: Tensor, keep: Tensor | None, reduction: str, function: str) -> Tensor:
    """Return the kept `values` (in a row) as their mean, their sum, or back in their places.

    The mean over no position is 0, with zero gradient: a rank whose batch is all padding adds
    nothing, where NaN would spoil every other rank.
    """
    if reduction == "mean":
        return values.sum() / max(values.numel(), 1)
    if reduction == "sum":
        return values.sum()
    if reduction == "none":
        if keep is None:
            return values
        return torch.zeros(keep.shape, dtype=values.dtype, device=values.device).masked_scatter(
            keep, values
        )
    raise InvalidArgument(
        sentence(function, "reduction", "be 'mean', 'sum' or 'none'", repr(reduction))
    )
