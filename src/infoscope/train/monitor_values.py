"""What a stretch of training came to: loss, perplexity, entropy, KL, accuracy, by fixed names."""

from __future__ import annotations

import math
from dataclasses import dataclass

from infoscope.core.showing import Shown
from infoscope.core.units import bits, perplexity_from_loss

__all__ = ["MonitorRecord", "MonitorValues"]


@dataclass(frozen=True, slots=True)
class MonitorValues(Shown):
    """Token-weighted means of a stretch of training; None where nothing was reported.

    Attributes
    ----------
    loss_nats : float
        Mean surprisal of the targets, in nats a token; inf if one target had probability 0.
    n_tokens : int
        How many tokens counted.
    entropy : float or None
        Mean entropy of the predictions, in nats a token.
    kl_ref : float or None
        Mean KL(model‖reference), in nats a token, by `kl_estimator`.
    kl_estimator : {"exact", "k1", "k2", "k3"} or None
        How `kl_ref` was found; only "exact" and "k3" can never be negative.
    accuracy : float or None
        Share of tokens whose target had the largest logit, in [0, 1].
    logsumexp_rms : float or None
        Root mean square of the log-normaliser, in nats: what a z-loss keeps small.
    total_nats : float
        Sum of the surprisals, in nats.
    n_bytes : int or None
        How many bytes of text the tokens stand for.
    """

    loss_nats: float
    n_tokens: int
    entropy: float | None = None
    kl_ref: float | None = None
    kl_estimator: str | None = None
    accuracy: float | None = None
    logsumexp_rms: float | None = None
    total_nats: float = math.nan
    n_bytes: int | None = None

    @property
    def loss_bits(self) -> float:
        """Mean surprisal in bits a token."""
        return float(bits(self.loss_nats))

    @property
    def log_perplexity(self) -> float:
        """The logarithm of the perplexity: the loss in nats, which never overflows."""
        return self.loss_nats

    @property
    def perplexity(self) -> float:
        """exp(loss_nats); inf above the largest float64, which is a loss of 709.78 nats."""
        return perplexity_from_loss(self.loss_nats)

    @property
    def effective_vocabulary(self) -> float | None:
        """exp(entropy): the number of equally likely tokens that leaves the same doubt."""
        return None if self.entropy is None else perplexity_from_loss(self.entropy)

    @property
    def bits_per_byte(self) -> float | None:
        """Total surprisal in bits over the bytes of text; None where no bytes were counted."""
        return None if not self.n_bytes else float(bits(self.total_nats)) / self.n_bytes

    def to_dict(self) -> dict[str, float | int | str]:
        """Return what is known, under the names that every callback and writer uses.

        >>> MonitorValues(0.0, 2, accuracy=1.0).to_dict()["perplexity"]
        1.0
        """
        found: dict[str, float | int | str | None] = {
            "loss_nats": self.loss_nats,
            "loss_bits": self.loss_bits,
            "perplexity": self.perplexity,
            "bits_per_byte": self.bits_per_byte,
            "entropy": self.entropy,
            "effective_vocabulary": self.effective_vocabulary,
            "kl_ref": self.kl_ref,
            "kl_estimator": self.kl_estimator,
            "accuracy": self.accuracy,
            "logsumexp_rms": self.logsumexp_rms,
            "n_tokens": self.n_tokens,
            "n_bytes": self.n_bytes,
        }
        return {name: value for name, value in found.items() if value is not None}

    def numbers(self) -> dict[str, float]:
        """Return `to_dict` without its texts, for loggers that take numbers alone."""
        return {k: float(v) for k, v in self.to_dict().items() if not isinstance(v, str)}

    def __str__(self) -> str:
        parts = [f"loss {self.loss_nats:.4f} nats", f"perplexity {self.perplexity:.4g}"]
        if self.bits_per_byte is not None:
            parts.append(f"{self.bits_per_byte:.3f} bits/byte")
        if self.entropy is not None:
            parts.append(f"entropy {self.entropy:.3f} nats")
        if self.kl_ref is not None:
            parts.append(f"KL {self.kl_ref:.4f} nats ({self.kl_estimator})")
        if self.accuracy is not None:
            parts.append(f"accuracy {100 * self.accuracy:.1f} %")
        return f"{', '.join(parts)}; {self.n_tokens:,} tokens"


@dataclass(frozen=True, slots=True)
class MonitorRecord(Shown):
    """The values of the stretch that ended at an optimiser step."""

    step: int
    values: MonitorValues

    def to_dict(self) -> dict[str, float | int | str]:
        """Return the step and the values."""
        return {"step": self.step, **self.values.to_dict()}
