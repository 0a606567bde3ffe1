"""Controllers that steer a weight during training: of the KL penalty, of the entropy bonus."""

from __future__ import annotations

import math
from typing import Any

from infoscope.core.errors import InvalidArgument, sentence

__all__ = ["AdaptiveKL", "EntropyTarget"]


class AdaptiveKL:
    """Keep the KL to the reference near a target by raising or lowering its price.

    beta <- beta (1 + clip(kl / target - 1, -0.2, 0.2) n / horizon)

    Parameters
    ----------
    beta : float
        Price of a nat at the start, above 0.
    target : float
        KL to keep, in nats, above 0: per token or per sequence, as what is passed to `update`.
    horizon : int
        Samples over which the price may change by about a fifth.

    Raises
    ------
    InvalidArgument
        If an argument is not above 0.

    Notes
    -----
    Proportional control in the logarithm; `state_dict` and `load_state_dict` survive a restart.

    Source
    ------
    Ziegler et al. (2019), arXiv:1909.08593, section 2.2.

    Examples
    --------
    >>> controller = AdaptiveKL(0.1, target=2.0, horizon=100)
    >>> round(controller.update(kl=4.0, n=100), 4)  # too far: the price rises by a fifth
    0.12
    """

    def __init__(self, beta: float, *, target: float, horizon: int = 10_000) -> None:
        for name, value in (("beta", beta), ("target", target), ("horizon", horizon)):
            if not (value > 0 and math.isfinite(value)):
                raise InvalidArgument(sentence("AdaptiveKL", name, "be above 0", value))
        self.beta, self.target, self.horizon = float(beta), float(target), int(horizon)

    def update(self, kl: float, n: int = 1) -> float:
        """Take note of the mean KL over `n` samples and return the new price."""
        if not math.isfinite(kl):
            raise InvalidArgument(
                sentence("AdaptiveKL.update", "kl", "be finite", kl,
                         "The policy puts mass where the reference has none, or broke.")
            )  # fmt: skip
        error = min(max(kl / self.target - 1, -0.2), 0.2)
        self.beta *= 1 + error * min(n / self.horizon, 1.0)
        return self.beta

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs."""
        return {"beta": self.beta, "target": self.target, "horizon": self.horizon}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state again."""
        self.beta, self.target, self.horizon = state["beta"], state["target"], state["horizon"]


class EntropyTarget:
    """Keep the entropy of a policy near a target by the weight of its bonus.

    log alpha <- log alpha + rate (target - entropy)

    Parameters
    ----------
    target : float
        Entropy to keep, in nats.
    alpha : float
        Weight of the bonus at the start, above 0.
    rate : float
        Step in log alpha for a nat of error, above 0.

    Raises
    ------
    InvalidArgument
        If alpha or rate are not above 0, or the target is not finite.

    Notes
    -----
    This is the descent on the dual variable of "maximise reward subject to entropy >= target"; pass
    `alpha` as `entropy_bonus` of `linear_cross_entropy`, or as the temperature of a soft critic.

    Source
    ------
    Haarnoja et al. (2018), arXiv:1812.05905, section 5 and equation 18.

    Examples
    --------
    >>> controller = EntropyTarget(target=1.0, alpha=0.1, rate=0.5)
    >>> round(controller.update(entropy=0.2), 4)  # too certain: the bonus grows, e^0.4
    0.1492
    """

    def __init__(self, target: float, *, alpha: float = 0.01, rate: float = 0.01) -> None:
        for name, value in (("alpha", alpha), ("rate", rate)):
            if not (value > 0 and math.isfinite(value)):
                raise InvalidArgument(sentence("EntropyTarget", name, "be above 0", value))
        if not math.isfinite(target):
            raise InvalidArgument(sentence("EntropyTarget", "target", "be finite", target))
        self.target, self.alpha, self.rate = float(target), float(alpha), float(rate)

    def update(self, entropy: float) -> float:
        """Take note of the mean entropy of a batch and return the new weight."""
        if not math.isfinite(entropy):
            raise InvalidArgument(sentence("EntropyTarget.update", "entropy", "be finite", entropy))
        self.alpha *= math.exp(min(max(self.rate * (self.target - entropy), -20.0), 20.0))
        return self.alpha

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs."""
        return {"target": self.target, "alpha": self.alpha, "rate": self.rate}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state again."""
        self.target, self.alpha, self.rate = state["target"], state["alpha"], state["rate"]
