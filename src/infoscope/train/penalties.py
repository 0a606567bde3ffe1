"""KL penalties from samples, each with what its value estimates and what its gradient follows.

The value of an estimator and the gradient of the same expression are two things: k1 as a loss has
expected gradient zero, k3 as a loss follows the forward KL. The table says which is which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import torch
from torch import Tensor

from infoscope.core.arrays import is_readable
from infoscope.core.errors import InvalidArgument, UnknownName, WrongType, sentence
from infoscope.core.logits import Logits
from infoscope.core.showing import Shown
from infoscope.measures import kl_divergence
from infoscope.train.tensors import check_numbers, float_tensor

__all__ = ["PENALTIES", "PenaltyFacts", "kl_penalty", "penalty_facts", "sequence_kl"]

#: Rows of full distributions worked on at a time.
ROWS = 1024


@dataclass(frozen=True, slots=True)
class PenaltyFacts(Shown):
    """What one placement of one estimator estimates, and what training with it follows.

    Attributes
    ----------
    estimator, use : str
        "k1", "k2", "k3" or "exact"; "reward", "loss" or "ratio_loss" (times pi / pi_old).
    value : str
        Expectation of the number that is logged, under samples of the policy.
    variance : str
        What its spread depends on.
    gradient : str
        What the expected update does.
    exact_gradient : bool
        Whether that is the gradient of KL(policy‖reference).
    """

    estimator: str
    use: str
    value: str
    variance: str
    gradient: str
    exact_gradient: bool


_VALUE = {
    "k1": "KL(policy‖reference), unbiased; a sample may be negative",
    "k2": "half the mean squared log-ratio: KL only to second order (+25 % at KL 0.5 nats between "
    "unit normals, +100 % at 2)",
    "k3": "KL(policy‖reference), unbiased, never negative",
    "exact": "KL(policy‖reference) at each position, over the whole vocabulary",
}
_VARIANCE = {
    "k1": "that of the log-ratio: mu^2 between N(0, 1) and N(mu, 1)",
    "k2": "that of half the squared log-ratio",
    "k3": "exp(mu^2) - 1 - mu^2 there: below k1 up to KL 0.628 nats, above it beyond, infinite "
    "where the reference has twice the policy's variance or more",
    "exact": "none but that of which positions were visited",
}
_GRADIENT: dict[tuple[str, str], tuple[str, bool]] = {
    ("k1", "reward"): ("that of KL(policy‖reference), by the policy gradient", True),
    ("k2", "reward"): ("that of E[k2] without its direct part: no divergence", False),
    ("k3", "reward"): (
        "that of KL(policy‖reference) - KL(reference‖policy): next to nothing near the reference",
        False,
    ),
    ("exact", "reward"): ("that of the KL of later positions, by the policy gradient", False),
    ("k1", "loss"): ("zero on average: noise alone", False),
    ("k2", "loss"): ("that of KL(policy‖reference), on samples of the policy itself", True),
    ("k3", "loss"): ("that of KL(reference‖policy), the other direction: pi - ref", False),
    ("exact", "loss"): ("that of KL(policy‖reference) at the visited positions", True),
    ("k1", "ratio_loss"): ("that of KL(policy‖reference), on samples of the old policy", True),
    ("k2", "ratio_loss"): ("that of half the mean squared log-ratio", False),
    ("k3", "ratio_loss"): ("that of KL(policy‖reference), on samples of the old policy", True),
}

#: (estimator, use) -> what it does; "exact" needs no ratio.
PENALTIES: Final[dict[tuple[str, str], PenaltyFacts]] = {
    (estimator, use): PenaltyFacts(
        estimator, use, _VALUE[estimator], _VARIANCE[estimator], gradient, right
    )
    for (estimator, use), (gradient, right) in _GRADIENT.items()
}


def penalty_facts(estimator: str, use: str = "loss") -> PenaltyFacts:
    """Say what a placement of a KL estimator estimates and what its gradient follows.

    Parameters
    ----------
    estimator : {"k1", "k2", "k3", "exact"}
        Which estimator.
    use : {"reward", "loss", "ratio_loss"}
        In the reward (no gradient through it), in the loss, or in the loss times the ratio of the
        policy to the one that sampled.

    Returns
    -------
    PenaltyFacts
        With `value`, `variance`, `gradient` and `exact_gradient`.

    Raises
    ------
    UnknownName
        If there is no such placement.

    Notes
    -----
    The claims are tested by enumeration of a three-way policy to 1e-10.

    Source
    ------
    Schulman (2020), Approximating KL divergence; gradients: derived, arXiv:2512.21852 agrees.

    Examples
    --------
    >>> penalty_facts("k3", "loss").exact_gradient, penalty_facts("k2", "loss").exact_gradient
    (False, True)
    """
    if (estimator, use) not in PENALTIES:
        known = ", ".join(f"{e} as {u}" for e, u in PENALTIES)
        raise UnknownName(
            sentence("penalty_facts", "estimator and use", f"be one of: {known}",
                     f"{estimator!r} as {use!r}")
        )  # fmt: skip
    return PENALTIES[estimator, use]


def kl_penalty(
    logp: Tensor,
    ref_logp: Tensor,
    *,
    estimator: Literal["k1", "k2", "k3", "exact"] = "k3",
    use: Literal["reward", "loss", "ratio_loss"] = "loss",
    old_logp: Tensor | None = None,
) -> Tensor:
    """KL penalty of each sampled token, in nats: `penalty_facts` says what it is and does.

    k1 = l,  k2 = l^2 / 2,  k3 = exp(-l) - 1 + l,  l = log pi(a) - log ref(a)

    Parameters
    ----------
    logp, ref_logp : tensor of shape (...), or (..., k) for "exact"
        Log-probabilities of the sampled tokens under policy and reference; for "exact" the logits
        of the whole vocabulary.
    estimator : {"k1", "k2", "k3", "exact"}
        Which estimator.
    use : {"reward", "loss", "ratio_loss"}
        "reward": detached, to be subtracted (times beta) from the reward. "loss": to be added
        (times beta) to the loss. "ratio_loss": the same times pi / pi_old, for tokens that an older
        policy sampled.
    old_logp : tensor of shape (...), optional
        Log-probabilities under the policy that sampled; needed for "ratio_loss".

    Returns
    -------
    tensor of shape (...)
        One number a token; its mean over tokens the policy sampled estimates KL(policy‖reference)
        (k2: to second order). On a given text it does not: there the mean of l is a log-likelihood
        ratio.

    Raises
    ------
    UnknownName
        If there is no such estimator or use.
    InvalidArgument
        If shapes differ, old_logp is missing, a log-probability is above 0, or a value is NaN.
    WrongType
        If an argument is no float tensor.

    Notes
    -----
    Only k2 as a loss, k1 as a reward, k1 or k3 times the ratio, and "exact" follow the gradient of
    KL(policy‖reference). "exact" goes row by row in chunks of 1,024.

    Source
    ------
    Schulman (2020), Approximating KL divergence.

    Examples
    --------
    >>> import torch
    >>> logp, ref = torch.log(torch.tensor([0.5])), torch.log(torch.tensor([0.25]))
    >>> [round(kl_penalty(logp, ref, estimator=k).item(), 4) for k in ("k1", "k2", "k3")]
    [0.6931, 0.2402, 0.1931]
    """
    name = "kl_penalty"
    penalty_facts(estimator, use)
    p = float_tensor(logp, name, "logp", least_dims=1 if estimator == "exact" else 0)
    q = float_tensor(ref_logp, name, "ref_logp", least_dims=p.ndim)
    if p.shape != q.shape:
        raise InvalidArgument(
            sentence(name, "ref_logp", f"have shape {tuple(p.shape)}", tuple(q.shape))
        )
    if estimator == "exact":
        values = _exact(p.detach() if use == "reward" else p, q.detach())
        check_numbers(values, name, "logp and ref_logp")
        return values
    for argument, tensor in (("logp", p), ("ref_logp", q)):
        if is_readable(tensor) and bool((tensor > 1e-4).any()):
            raise InvalidArgument(
                sentence(name, argument, "hold log-probabilities of the sampled tokens",
                         float(tensor.detach().max()),
                         "Take log_softmax and gather the tokens; pass logits with 'exact'.")
            )  # fmt: skip
    values = _sampled(p.detach() if use == "reward" else p, q.detach(), estimator)
    if use == "ratio_loss":
        if old_logp is None:
            raise InvalidArgument(
                sentence(name, "old_logp", "be given for use='ratio_loss'", "None",
                         "Pass the log-probabilities at sampling time (logp.detach() on-policy).")
            )  # fmt: skip
        values = torch.exp(p - old_logp.detach()) * values
    check_numbers(values, name, "logp and ref_logp")
    return values


def sequence_kl(penalties: Tensor, mask: Tensor) -> Tensor:
    """Sum token penalties over each sequence: the KL between distributions over whole answers.

    KL(sequence) = sum_t KL_t along the sampled prefix

    Parameters
    ----------
    penalties : tensor of shape (batch, time)
        From `kl_penalty`.
    mask : boolean tensor of shape (batch, time)
        True for tokens of the answer.

    Returns
    -------
    tensor of shape (batch,)
        Its mean estimates the KL between the two distributions over answers; the mean over
        tokens is another number, smaller by the length.

    Raises
    ------
    InvalidArgument
        If shapes differ, or a token that counts is NaN.
    WrongType
        If the penalties are no floats, or the mask no booleans.

    Notes
    -----
    Masked tokens do not enter, whatever they hold.

    Source
    ------
    Cover and Thomas (2006), theorem 2.5.3 (chain rule for relative entropy).

    Examples
    --------
    >>> import torch
    >>> sequence_kl(torch.ones(1, 3), torch.tensor([[True, True, False]])).tolist()
    [2.0]
    """
    penalties = float_tensor(penalties, "sequence_kl", "penalties")
    if mask.dtype != torch.bool:
        raise WrongType(
            sentence("sequence_kl", "mask", "be a boolean tensor, True for tokens of the answer",
                     mask.dtype, "Write mask.bool().")
        )  # fmt: skip
    if penalties.shape != mask.shape:
        raise InvalidArgument(
            sentence("sequence_kl", "mask", f"have shape {tuple(penalties.shape)}",
                     tuple(mask.shape))
        )  # fmt: skip
    kept = torch.where(mask, penalties, torch.zeros_like(penalties)).sum(-1)
    check_numbers(kept, "sequence_kl", "penalties")
    return kept


def _sampled(p: Tensor, q: Tensor, estimator: str) -> Tensor:
    ratio = p - q
    if estimator == "k1":
        return ratio
    if estimator == "k2":
        return ratio**2 / 2
    return torch.expm1(-ratio) + ratio


def _exact(p: Tensor, q: Tensor) -> Tensor:
    rows, refs = p.reshape(-1, p.shape[-1]), q.reshape(-1, q.shape[-1])
    parts = [
        kl_divergence(Logits(rows[i : i + ROWS]), Logits(refs[i : i + ROWS]))
        for i in range(0, len(rows), ROWS)
    ]
    flat = torch.cat(parts) if parts else rows.new_zeros(0)
    return flat.reshape(p.shape[:-1])
