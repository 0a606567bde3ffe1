"""How far one update moved a policy: exact and sampled KL, clipped share, and PPO's loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.showing import Shown
from infoscope.train.penalties import kl_penalty
from infoscope.train.tensors import Reduction, check_numbers, float_tensor, kept, reduced

__all__ = ["PolicyStep", "policy_step", "ppo_clip_loss"]


@dataclass(frozen=True)
class PolicyStep(Shown):
    """How far a policy stands from the one that sampled.

    Attributes
    ----------
    kl_k1, kl_k3 : float
        KL(old‖new) estimated from the samples of the old policy, in nats a token: both unbiased,
        the second never negative.
    clipped : float
        Share of tokens whose ratio lies outside [1 - clip, 1 + clip].
    largest_ratio : float
        Largest pi_new / pi_old.
    n_tokens : int
        Tokens that count.
    """

    kl_k1: float
    kl_k3: float
    clipped: float
    largest_ratio: float
    n_tokens: int

    def exceeds(self, limit: float) -> bool:
        """Say whether the step left a trust region of `limit` nats (by k3)."""
        return self.kl_k3 > limit

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values."""
        return {
            "kl_k1": self.kl_k1, "kl_k3": self.kl_k3, "clipped": self.clipped,
            "largest_ratio": self.largest_ratio, "n_tokens": self.n_tokens, "unit": "nats",
        }  # fmt: skip


def policy_step(
    logp: Tensor, old_logp: Tensor, *, clip: float = 0.2, mask: Tensor | None = None
) -> PolicyStep:
    """Measure how far the policy moved from the one that sampled the tokens.

    KL(old‖new) = E_old[log old - log new], with l = log old - log new: k1 = l, k3 = e^-l - 1 + l

    Parameters
    ----------
    logp, old_logp : tensor of shape (...)
        Log-probabilities of the sampled tokens now and at sampling time.
    clip : float
        Half width of PPO's band around ratio 1.
    mask : boolean tensor of shape (...), optional
        True where a token counts.

    Returns
    -------
    PolicyStep
        All zero (ratio 1) where no token counts.

    Raises
    ------
    InvalidArgument
        If shapes differ or a value is NaN.
    WrongType
        If an argument is no float tensor.

    Notes
    -----
    PPO's clipping bounds no KL: it only takes the gradient from tokens outside the band.

    Source
    ------
    Schulman et al. (2015), arXiv:1502.05477; Schulman et al. (2017), arXiv:1707.06347.

    Examples
    --------
    >>> import torch
    >>> step = policy_step(torch.tensor([-1.0, -2.0]), torch.tensor([-1.0, -1.0]))
    >>> step.kl_k1, step.clipped
    (0.5, 0.5)
    """
    name = "policy_step"
    new, old = (float_tensor(x, name, a, least_dims=0).detach() for x, a in
                ((logp, "logp"), (old_logp, "old_logp")))  # fmt: skip
    if new.shape != old.shape:
        raise InvalidArgument(
            sentence(name, "old_logp", f"have shape {tuple(new.shape)}", tuple(old.shape))
        )
    keep = kept(None, mask, new.shape, 0, name)
    if keep is not None:
        new, old = new[keep], old[keep]
    n = new.numel()
    if n == 0:
        return PolicyStep(0.0, 0.0, 0.0, 1.0, 0)
    k1 = kl_penalty(old, new, estimator="k1", use="reward").double()
    k3 = kl_penalty(old, new, estimator="k3", use="reward").double()
    ratio = torch.exp(new - old)
    outside = (ratio - 1).abs() > clip
    return PolicyStep(
        float(k1.mean()), float(k3.mean()), float(outside.double().mean()), float(ratio.max()), n
    )


def ppo_clip_loss(
    logp: Tensor,
    old_logp: Tensor,
    advantages: Tensor,
    *,
    clip: float = 0.2,
    mask: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """PPO's clipped surrogate, negated for a minimiser.

    loss = -min(r A, clip(r, 1 - clip, 1 + clip) A),  r = pi / pi_old

    Parameters
    ----------
    logp, old_logp : tensor of shape (...)
        Log-probabilities of the sampled tokens now and at sampling time.
    advantages : tensor of shape (...)
        How much better each token did than expected.
    clip : float
        Half width of the band, in (0, 1).
    mask : boolean tensor of shape (...), optional
        True where a token counts.
    reduction : {"mean", "sum", "none"}
        Over tokens that count.

    Returns
    -------
    tensor
        Of shape () or (...), in units of advantage.

    Raises
    ------
    InvalidArgument
        If shapes differ, clip is out of range, or a value is NaN.
    WrongType
        If an argument is no float tensor.

    Notes
    -----
    Watch `policy_step` beside it: the clip does not bound the KL.

    Source
    ------
    Schulman et al. (2017), arXiv:1707.06347, equation 7.

    Examples
    --------
    >>> import torch
    >>> logp = torch.log(torch.tensor([0.6]))
    >>> round(ppo_clip_loss(logp, torch.log(torch.tensor([0.4])), torch.ones(1)).item(), 4)
    -1.2
    """
    name = "ppo_clip_loss"
    if not 0 < clip < 1:
        raise InvalidArgument(sentence(name, "clip", "lie in (0, 1)", clip))
    new = float_tensor(logp, name, "logp", least_dims=0)
    old = float_tensor(old_logp, name, "old_logp", least_dims=0).detach()
    gain = float_tensor(advantages, name, "advantages", least_dims=0).detach()
    if not new.shape == old.shape == gain.shape:
        raise InvalidArgument(
            sentence(name, "old_logp and advantages", f"have shape {tuple(new.shape)}",
                     f"{tuple(old.shape)} and {tuple(gain.shape)}")
        )  # fmt: skip
    keep = kept(None, mask, new.shape, 0, name)
    if keep is not None:
        new, old, gain = new[keep], old[keep], gain[keep]
    ratio = torch.exp(new - old)
    values = -torch.minimum(ratio * gain, ratio.clamp(1 - clip, 1 + clip) * gain)
    check_numbers(values, name, "log-probabilities")
    return reduced(values, keep, reduction, name)
