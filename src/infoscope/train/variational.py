"""The objective of variational autoencoders, taken apart: rate, distortion, use of the rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.showing import Shown
from infoscope.train.tensors import check_numbers, float_tensor

__all__ = [
    "Elbo",
    "PosteriorReport",
    "RateSplit",
    "elbo",
    "free_bits",
    "gaussian_rate",
    "iwae_bound",
    "posterior_report",
    "rate_split",
]

#: Burda et al. (2016), section 5.2: a unit is active if its posterior mean varies by more.
ACTIVE_VARIANCE = 0.01
#: Numbers held at a time while every posterior is asked about every draw.
BLOCK = 1 << 22


@dataclass(frozen=True, eq=False)
class Elbo(Shown):
    """One step's objective and its parts, means over the batch in nats.

    Attributes
    ----------
    loss : tensor of shape ()
        Distortion plus beta times the rate (after free bits): to be minimised.
    rate : tensor of shape ()
        Mean KL(q(z|x)‖p(z)): nats spent on each example.
    distortion : tensor of shape ()
        Mean -log p(x|z).
    elbo : tensor of shape ()
        -(rate + distortion), whatever beta: a lower bound on the mean of log p(x).
    """

    loss: Tensor
    rate: Tensor
    distortion: Tensor
    elbo: Tensor

    def to_dict(self) -> dict[str, float]:
        """Return plain numbers in nats."""
        return {name: float(getattr(self, name)) for name in ("loss", "rate", "distortion", "elbo")}


@dataclass(frozen=True)
class RateSplit(Shown):
    """What the rate of an encoder consists of, in nats an example.

    Attributes
    ----------
    rate : float
        Mean KL(q(z|x)‖p(z)), exact.
    information : float
        I_q(X;Z) over the examples given: what the code tells of which one it was; at most log n.
    marginal_kl : float
        KL(q(z)‖p(z)): how far all codes together miss the prior. rate = information + marginal_kl.
    stderr : float
        Standard error of the last two (they share it).
    n_samples : int
        Codes drawn for each example.
    """

    rate: float
    information: float
    marginal_kl: float
    stderr: float
    n_samples: int

    def __str__(self) -> str:
        return (
            f"rate {self.rate:.4f} = information {self.information:.4f} + KL of the marginal from "
            f"the prior {self.marginal_kl:.4f} (± {self.stderr:.4f}) nats"
        )


@dataclass(frozen=True, eq=False)
class PosteriorReport(Shown):
    """Whether an encoder uses its dimensions.

    Attributes
    ----------
    kl : tensor of shape (d,)
        Mean KL from the prior of each dimension, in nats.
    mean_variance : tensor of shape (d,)
        Variance over examples of the posterior mean.
    active : boolean tensor of shape (d,)
        Where that variance is above 0.01.
    collapsed : bool
        Whether no dimension is active: the decoder ignores the code.
    """

    kl: Tensor
    mean_variance: Tensor
    active: Tensor
    collapsed: bool

    @property
    def n_active(self) -> int:
        """How many dimensions are used."""
        return int(self.active.sum())

    def __str__(self) -> str:
        state = "collapsed: the code is ignored" if self.collapsed else "in use"
        return (
            f"{self.n_active} of {len(self.active)} dimensions active, "
            f"{float(self.kl.sum()):.4f} nats of rate: {state}"
        )


def gaussian_rate(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL of independent Gaussian posteriors from the standard normal, dimension by dimension.

    KL = (mean^2 + exp(log_variance) - 1 - log_variance) / 2

    Parameters
    ----------
    mean, log_variance : tensor of shape (..., d)
        Of q(z|x), one Gaussian a dimension.

    Returns
    -------
    tensor of shape (..., d)
        In nats, at least 0; sum over d for the rate of an example. The expectation is under q, so
        this is the reverse direction: driving it to 0 is posterior collapse.

    Raises
    ------
    InvalidArgument
        If shapes differ or a value is NaN.
    WrongType
        If an argument is no float tensor.

    Notes
    -----
    exp(v) - 1 is taken as expm1, which keeps the digits of a small KL.

    Source
    ------
    Kingma and Welling (2014), arXiv:1312.6114, appendix B.

    Examples
    --------
    >>> import torch
    >>> round(gaussian_rate(torch.tensor([1.0]), torch.tensor([0.0])).item(), 4)
    0.5
    """
    m, v = _posterior(mean, log_variance, "gaussian_rate")
    values = 0.5 * (m**2 + torch.expm1(v) - v)
    check_numbers(values, "gaussian_rate", "mean and log_variance")
    return values


def free_bits(rate: Tensor, minimum: float) -> Tensor:
    """Charge each dimension at least `minimum` nats: below it there is nothing to gain.

    sum_d max(minimum, mean over the batch of KL_d)

    Parameters
    ----------
    rate : tensor of shape (n, d)
        From `gaussian_rate`, one row an example.
    minimum : float
        Nats a dimension, at least 0.

    Returns
    -------
    tensor of shape ()
        In nats an example; the gradient is zero for dimensions below the minimum.

    Raises
    ------
    InvalidArgument
        If the rate is no table, or holds NaN, or the minimum is negative.

    Notes
    -----
    The maximum is of the mean over the batch, as in the source; a maximum for every example would
    charge more.

    Source
    ------
    Kingma et al. (2016), arXiv:1606.04934, appendix C.8, equation 15.

    Examples
    --------
    >>> import torch
    >>> free_bits(torch.tensor([[0.1, 2.0], [0.3, 1.0]]), 0.5).item()
    2.0
    """
    r = float_tensor(rate, "free_bits", "rate")
    if r.ndim != 2 or r.shape[0] == 0:
        raise InvalidArgument(
            sentence("free_bits", "rate", "have shape (n, d) with n above 0", tuple(r.shape))
        )
    if not minimum >= 0:
        raise InvalidArgument(sentence("free_bits", "minimum", "be at least 0", minimum))
    check_numbers(r, "free_bits", "rate")
    return r.mean(0).clamp(min=minimum).sum()


def elbo(log_likelihood: Tensor, rate: Tensor, *, beta: float = 1.0, minimum: float = 0.0) -> Elbo:
    """Take the evidence lower bound apart into rate and distortion.

    loss = distortion + beta rate,  ELBO = E_q[log p(x|z)] - KL(q(z|x)‖p(z)) = -(distortion + rate)

    Parameters
    ----------
    log_likelihood : tensor of shape (n,)
        log p(x|z) of each example under a drawn z, summed over its pixels or words, in nats.
    rate : tensor of shape (n,) or (n, d)
        KL of each posterior from the prior, whole or dimension by dimension.
    beta : float
        Weight of the rate in the loss, at least 0; 1 maximises the bound itself.
    minimum : float
        Free nats a dimension (needs rates of shape (n, d)).

    Returns
    -------
    Elbo
        `loss` to minimise, and rate, distortion and elbo whatever beta and the free nats.

    Raises
    ------
    InvalidArgument
        If shapes do not fit, beta is negative, or the loss is NaN.
    WrongType
        If an argument is no float tensor.

    Notes
    -----
    Means over the batch, sums within an example: a mean over pixels would weigh the rate by their
    number.

    Source
    ------
    Kingma and Welling (2014), equation 3; Higgins et al. (2017) for beta; Alemi et al. (2018),
    arXiv:1711.00464, for rate and distortion.

    Examples
    --------
    >>> import torch
    >>> step = elbo(torch.tensor([-3.0, -5.0]), torch.tensor([1.0, 2.0]), beta=4.0)
    >>> step.loss.item(), step.elbo.item()
    (10.0, -5.5)
    """
    name = "elbo"
    seen = float_tensor(log_likelihood, name, "log_likelihood")
    r = float_tensor(rate, name, "rate")
    if seen.ndim != 1 or r.ndim not in (1, 2) or len(r) != len(seen):
        raise InvalidArgument(
            sentence(name, "log_likelihood and rate", "have shapes (n,) and (n,) or (n, d)",
                     f"{tuple(seen.shape)} and {tuple(r.shape)}",
                     "Sum the log-likelihood over pixels or words.")
        )  # fmt: skip
    if not (beta >= 0 and math.isfinite(beta)):
        raise InvalidArgument(sentence(name, "beta", "be at least 0", beta))
    if minimum and r.ndim != 2:
        raise InvalidArgument(
            sentence(name, "rate", "have shape (n, d) where free nats are asked", tuple(r.shape))
        )
    distortion, spent = -seen.mean(), r.sum() / len(r)
    charged = free_bits(r, minimum) if minimum else spent
    loss = distortion + beta * charged
    check_numbers(loss, name, "log_likelihood and rate")
    return Elbo(loss, spent.detach(), distortion.detach(), -(distortion + spent).detach())


def iwae_bound(log_weights: Tensor) -> Tensor:
    """Importance-weighted bound on log p(x) from k codes an example.

    L_k = E log((1 / k) sum_j p(x, z_j) / q(z_j|x))

    Parameters
    ----------
    log_weights : tensor of shape (n, k)
        log p(x, z) - log q(z|x) for k codes drawn from q for each of n examples.

    Returns
    -------
    tensor of shape ()
        In nats an example, a lower bound on the mean of log p(x) in expectation; k = 1 is the ELBO,
        and it grows with k.

    Raises
    ------
    InvalidArgument
        If the weights are no table or a bound is NaN.
    WrongType
        If they are no float tensor.

    Notes
    -----
    Gradients flow; for large k those of the encoder fade (Rainforth et al. 2018).

    Source
    ------
    Burda, Grosse and Salakhutdinov (2016), arXiv:1509.00519, equation 8.

    Examples
    --------
    >>> import torch
    >>> round(iwae_bound(torch.tensor([[0.0, -1e9]])).item(), 4)  # log(1 / 2)
    -0.6931
    """
    w = float_tensor(log_weights, "iwae_bound", "log_weights")
    if w.ndim != 2 or 0 in w.shape:
        raise InvalidArgument(
            sentence("iwae_bound", "log_weights", "have shape (n, k), not empty", tuple(w.shape))
        )
    values = torch.logsumexp(w, -1) - math.log(w.shape[1])
    check_numbers(values, "iwae_bound", "log_weights")
    return values.mean()


def rate_split(
    mean: Tensor, log_variance: Tensor, *, n_samples: int = 32, rng: int = 0
) -> RateSplit:
    """Split the rate of a Gaussian encoder into information and misfit of the marginal.

    E KL(q(z|x)‖p(z)) = I_q(X;Z) + KL(q(z)‖p(z)),  q(z) = mean over examples of q(z|x)

    Parameters
    ----------
    mean, log_variance : tensor of shape (n, d)
        Posterior of each example; the prior is standard normal.
    n_samples : int
        Codes drawn for each example.
    rng : int
        Seed.

    Returns
    -------
    RateSplit
        Exact rate; information and marginal KL by Monte Carlo over codes, exact over examples.

    Raises
    ------
    InvalidArgument
        If shapes do not fit, a value is not finite, or n_samples is below 1.
    WrongType
        If an argument is no float tensor.

    Notes
    -----
    Cost n^2 d n_samples, in blocks. The information is that about which of these n examples was
    encoded: pass as many as can be, it saturates at log n.

    Source
    ------
    Hoffman and Johnson (2016), ELBO surgery, equation 3.

    Examples
    --------
    >>> import torch
    >>> split = rate_split(torch.tensor([[2.0], [-2.0]]), torch.zeros(2, 1), n_samples=20_000)
    >>> split.rate, round(split.information, 1), round(split.marginal_kl, 1)
    (2.0, 0.6, 1.4)
    """
    name = "rate_split"
    m, v = _posterior(mean, log_variance, name)
    if m.ndim != 2 or len(m) == 0:
        raise InvalidArgument(sentence(name, "mean", "have shape (n, d)", tuple(m.shape)))
    if n_samples < 1:
        raise InvalidArgument(sentence(name, "n_samples", "be at least 1", n_samples))
    _finite(m, v, name)
    m, v = m.detach().double(), v.detach().double()
    rate = float(gaussian_rate(m, v).sum() / len(m))
    generator = torch.Generator(device=m.device).manual_seed(rng)
    noise = torch.randn((n_samples, *m.shape), generator=generator, dtype=m.dtype, device=m.device)
    draws = (m + torch.exp(v / 2) * noise).reshape(-1, m.shape[1])
    own = (-(noise**2) / 2 - v / 2).sum(-1).reshape(-1)  # log q(z|x) but for a constant
    precision = torch.exp(-v)
    constant = -0.5 * (v + m**2 * precision).sum(-1)
    step = max(1, BLOCK // len(m))
    values = torch.empty_like(own)
    for i in range(0, len(draws), step):
        z = draws[i : i + step]
        each = -0.5 * (z**2 @ precision.T) + z @ (m * precision).T + constant
        values[i : i + step] = own[i : i + step] - torch.logsumexp(each, -1) + math.log(len(m))
    information = float(values.mean())
    # draws of one example belong together, and examples are given, not sampled
    spread = values.reshape(n_samples, -1)
    stderr = float(spread.var(0).mean().div(spread.numel()).sqrt()) if n_samples > 1 else math.nan
    return RateSplit(rate, information, rate - information, stderr, n_samples)


def posterior_report(mean: Tensor, log_variance: Tensor) -> PosteriorReport:
    """Say which dimensions of a Gaussian encoder are used, and whether it collapsed.

    active: Var_x(E_q[z|x]) > 0.01

    Parameters
    ----------
    mean, log_variance : tensor of shape (n, d)
        Posterior of each example, n at least 2.

    Returns
    -------
    PosteriorReport

    Raises
    ------
    InvalidArgument
        If shapes do not fit or a value is not finite.
    WrongType
        If an argument is no float tensor.

    Notes
    -----
    A dimension with zero KL is collapsed for certain; one with KL may still be ignored by the
    decoder.

    Source
    ------
    Burda, Grosse and Salakhutdinov (2016), arXiv:1509.00519, section 5.2.

    Examples
    --------
    >>> import torch
    >>> mean = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    >>> posterior_report(mean, torch.zeros(2, 2)).active.tolist()
    [True, False]
    """
    m, v = _posterior(mean, log_variance, "posterior_report")
    if m.ndim != 2 or len(m) < 2:
        raise InvalidArgument(
            sentence("posterior_report", "mean", "have shape (n, d) with n of 2 or more",
                     tuple(m.shape))
        )  # fmt: skip
    _finite(m, v, "posterior_report")
    kl = gaussian_rate(m, v).detach().mean(0)
    varies = m.detach().var(0)
    active = varies > ACTIVE_VARIANCE
    return PosteriorReport(kl, varies, active, not bool(active.any()))


def _posterior(mean: Any, log_variance: Any, function: str) -> tuple[Tensor, Tensor]:
    m = float_tensor(mean, function, "mean")
    v = float_tensor(log_variance, function, "log_variance")
    if m.shape != v.shape:
        raise InvalidArgument(
            sentence(function, "log_variance", f"have shape {tuple(m.shape)}", tuple(v.shape))
        )
    return m, v


def _finite(mean: Tensor, log_variance: Tensor, function: str) -> None:
    for argument, values in (("mean", mean), ("log_variance", log_variance)):
        if not bool(torch.isfinite(values).all()):
            raise InvalidArgument(
                sentence(function, argument, "be finite",
                         float(values[~torch.isfinite(values)].reshape(-1)[0]),
                         "The encoder has diverged: look at the step before.")
            )  # fmt: skip
