"""The optimal policy under a price for KL, and how far choosing the best of n moves a policy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infoscope.core.distribution import read
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.measures import kl_divergence

__all__ = ["best_of_n_kl", "best_of_n_win_rate", "over_optimization", "tilted_policy"]


def best_of_n_kl(n: int, p_by_ascending_reward: ArrayLike | None = None) -> float:
    """KL of the best-of-n policy from the policy that is sampled, in nats.

    bound: log n - (n - 1) / n;  exact: KL(F_i^n - F_(i-1)^n ‖ p), F the cumulative sums of p

    Parameters
    ----------
    n : int
        Samples drawn, of which the one with the highest reward is kept.
    p_by_ascending_reward : array of shape (k,), optional
        Probabilities of the outcomes, from the lowest reward to the highest, outcomes of equal
        reward merged into one. Without it, the bound.

    Returns
    -------
    float
        Exact for the policy given; otherwise an upper bound, reached only where no
        two samples can tie (rewards on a continuum).

    Raises
    ------
    InvalidArgument
        If n is below 1.
    NotADistribution
        If p is none.

    Notes
    -----
    The formula log n - (n - 1)/n is often quoted as the value. For a fair coin it says 3.17 nats at
    n = 64 where the truth cannot pass log 2.

    Source
    ------
    Beirami et al. (2024), arXiv:2401.01879, theorem 1 and equation 5.

    Examples
    --------
    >>> round(best_of_n_kl(64), 4), round(best_of_n_kl(64, [0.5, 0.5]), 4)
    (3.1745, 0.6931)
    """
    n = _count(n, "best_of_n_kl")
    if p_by_ascending_reward is None:
        return math.log(n) - (n - 1) / n
    p = _row(p_by_ascending_reward, "best_of_n_kl", "p_by_ascending_reward")
    best = _best_of_n(p, n)
    return float(kl_divergence(best, p))


def best_of_n_win_rate(n: int, p_by_ascending_reward: ArrayLike | None = None) -> float:
    """Probability that the best of n beats one sample of the same policy, ties counting half.

    bound: n / (n + 1);  exact: sum_i best_i (F_(i-1) + p_i / 2)

    Parameters
    ----------
    n : int
        Samples drawn.
    p_by_ascending_reward : array of shape (k,), optional
        As for `best_of_n_kl`.

    Returns
    -------
    float
        In [1/2, n / (n + 1)].

    Raises
    ------
    InvalidArgument
        If n is below 1.
    NotADistribution
        If p is none.

    Notes
    -----
    Without p the value for untied rewards, an upper bound.

    Source
    ------
    Beirami et al. (2024), arXiv:2401.01879, section 5.

    Examples
    --------
    >>> best_of_n_win_rate(3), best_of_n_win_rate(1, [0.5, 0.5])
    (0.75, 0.5)
    """
    n = _count(n, "best_of_n_win_rate")
    if p_by_ascending_reward is None:
        return n / (n + 1)
    p = _row(p_by_ascending_reward, "best_of_n_win_rate", "p_by_ascending_reward")
    return float(_best_of_n(p, n) @ (np.cumsum(p) - p / 2))


def tilted_policy(
    reference: ArrayLike, rewards: ArrayLike, beta: float
) -> tuple[NDArray[np.float64], float]:
    """Policy that maximises the mean reward minus beta times its KL from the reference.

    pi = ref exp(r / beta) / Z,  max E[r] - beta KL(pi‖ref) = beta log Z

    Parameters
    ----------
    reference : array of shape (k,)
        Reference policy.
    rewards : array of shape (k,)
        Finite rewards of the outcomes.
    beta : float
        Price of a nat, above 0: it acts as a temperature; small beta follows the reward.

    Returns
    -------
    policy : array of shape (k,)
        Positive exactly where the reference is.
    value : float
        The maximum, beta log Z, in units of reward.

    Raises
    ------
    NotADistribution
        If the reference is none.
    InvalidArgument
        If beta is not above 0, shapes differ, or a reward is not finite.

    Notes
    -----
    The penalty is subtracted from the reward; no finite reward reaches what the reference excludes.

    Source
    ------
    Ziebart (2010), thesis, section 6; Rafailov et al. (2023), arXiv:2305.18290, equation 4.

    Examples
    --------
    >>> policy, value = tilted_policy([0.5, 0.5], [0.0, 1.0], beta=1.0)
    >>> policy.round(4).tolist(), round(value, 4)  # log((1 + e) / 2)
    ([0.2689, 0.7311], 0.6201)
    """
    p = _row(reference, "tilted_policy", "reference")
    r = np.asarray(rewards, np.float64)
    if r.shape != p.shape or not np.isfinite(r).all():
        raise InvalidArgument(
            sentence("tilted_policy", "rewards", f"be {p.size} finite numbers",
                     f"shape {r.shape}" if r.shape != p.shape else "inf or NaN")
        )  # fmt: skip
    if not (beta > 0 and math.isfinite(beta)):
        raise InvalidArgument(sentence("tilted_policy", "beta", "be above 0", beta))
    scaled = r / beta
    top = float(scaled[p > 0].max())
    weights = np.where(p > 0, p * np.exp(np.where(p > 0, scaled - top, 0.0)), 0.0)
    total = float(weights.sum())
    return weights / total, beta * (top + math.log(total))


def over_optimization(
    kl: ArrayLike, alpha: float, beta: float, *, how: Literal["best_of_n", "rl"]
) -> Any:
    """True reward while a proxy is optimised: how far to go before it hurts.

    best of n: d (alpha - beta d);  RL: d (alpha - beta log d),  d = sqrt(KL)

    Parameters
    ----------
    kl : array of shape (...)
        KL from the initial policy in nats, at least 0.
    alpha, beta : float
        Fitted coefficients.
    how : {"best_of_n", "rl"}
        Which kind of optimisation.

    Returns
    -------
    array of shape (...)
        Gain in the true reward; 0 at KL 0. Its maximum lies at d = alpha / (2 beta) for best of n
        and at d = exp(alpha / beta - 1) for RL.

    Raises
    ------
    InvalidArgument
        If a KL is negative or NaN, a coefficient is not finite, or `how` is unknown.

    Notes
    -----
    An empirical law, fitted on one family of models.

    Source
    ------
    Gao, Schulman and Hilton (2022), arXiv:2210.10760, equation 1.

    Examples
    --------
    >>> float(over_optimization(4.0, alpha=1.0, beta=0.25, how="best_of_n"))  # 2 (1 - 0.5)
    1.0
    """
    values = np.asarray(kl, np.float64)
    if not (values >= 0).all():
        raise InvalidArgument(
            sentence("over_optimization", "kl", "be at least 0", float(np.min(values)))
        )
    for name, number in (("alpha", alpha), ("beta", beta)):
        if not math.isfinite(number):
            raise InvalidArgument(sentence("over_optimization", name, "be finite", number))
    d = np.sqrt(values)
    if how == "best_of_n":
        return d * (alpha - beta * d)
    if how == "rl":
        return d * alpha - beta * d * np.log(d, out=np.zeros_like(d), where=d > 0)
    raise InvalidArgument(sentence("over_optimization", "how", "be 'best_of_n' or 'rl'", repr(how)))


def _count(n: int, function: str) -> int:
    if isinstance(n, bool) or int(n) != n or n < 1:
        raise InvalidArgument(sentence(function, "n", "be a whole number from 1 on", n))
    return int(n)


def _row(p: ArrayLike | Sequence[float], function: str, argument: str) -> NDArray[np.float64]:
    masses = read(p, axis=-1, function=function, argument=argument)
    row = np.array(masses.probabilities, np.float64)
    if row.ndim != 1:
        raise InvalidArgument(sentence(function, argument, "be one row", f"shape {row.shape}"))
    return row


def _best_of_n(p: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return the law of the best of n: F_i^n - F_(i-1)^n, with its digits kept where p is small."""
    upper = np.minimum(np.cumsum(p), 1.0)
    upper[np.flatnonzero(p)[-1] :] = 1.0
    lower = np.concatenate([[0.0], upper[:-1]])
    with np.errstate(divide="ignore"):
        gap = np.log(lower, out=np.full(p.size, -np.inf), where=lower > 0) - np.log(
            upper, out=np.zeros(p.size), where=upper > 0
        )
    best = np.where(p > 0, upper**n * -np.expm1(n * gap), 0.0)
    return best / best.sum()
