"""Feed a `Monitor` from TRL's policy trainers: entropy and KL of the sampled completions."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import Trainer

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.train.callbacks.huggingface import TrainerMonitor
from infoscope.train.monitor import Monitor

__all__ = ["PolicyMonitor"]

_READ = "_get_per_token_logps_and_entropies"


class PolicyMonitor(TrainerMonitor):
    """Watch a GRPO-type trainer: ``PolicyMonitor(monitor).attach(trainer)``.

    k1 = -l,  k2 = l^2 / 2,  k3 = exp(l) - 1 - l,  l = log ref(a) - log pi(a), each sampled token

    Parameters
    ----------
    monitor : Monitor
        Its loss is the surprisal of the sampled tokens under the policy, its entropy that of the
        whole predictions, over the tokens of the completions that count.
    kl_estimator : {"k1", "k2", "k3"}
        What becomes of the log-ratios to the reference, where the trainer has a reference
        (in GRPO: beta above 0).
    prefix : str
        Is put before the names in the trainer's log, beside TRL's own `kl` and `entropy`.

    Raises
    ------
    InvalidArgument
        If the estimator is unknown; from `attach`, if the trainer does not find
        log-probabilities and entropies the way of TRL's GRPOTrainer.

    Notes
    -----
    TRL logs means of the means of micro-batches; these values are means over tokens. TRL's policy
    models return no logits, so the KL is an estimate from the sampled tokens: k1 is unbiased and
    can be negative, k3 is unbiased and cannot, and its variance may be infinite; k2 is biased. All
    three describe the policy only as long as the completions are its own samples (on-policy).

    Source
    ------
    Schulman (2020), "Approximating KL divergence"; `penalty_facts` has their gradients.

    Examples
    --------
    >>> PolicyMonitor(Monitor(), kl_estimator="k3").kl_estimator
    'k3'
    """

    def __init__(
        self, monitor: Monitor, *, kl_estimator: str = "k3", prefix: str = "infoscope/"
    ) -> None:
        super().__init__(monitor, prefix=prefix)
        if kl_estimator not in ("k1", "k2", "k3"):
            raise InvalidArgument(
                sentence("PolicyMonitor", "kl_estimator", "be 'k1', 'k2' or 'k3'",
                         repr(kl_estimator))
            )  # fmt: skip
        self.kl_estimator = kl_estimator

    def attach(self, trainer: Trainer) -> PolicyMonitor:
        """Watch `trainer`: keep what its loss computes of each token."""
        read: Any = getattr(trainer, _READ, None)
        if read is None:
            raise InvalidArgument(
                sentence("PolicyMonitor.attach", "trainer", "be a TRL trainer of the GRPO kind",
                         type(trainer).__name__, "For a Trainer whose model returns logits use "
                         "TrainerMonitor; TRL's DPOTrainer logs its own entropy and rewards.")
            )  # fmt: skip
        inner: Any = trainer.compute_loss
        latest: list[tuple[Tensor, Tensor]] = []

        def reading(*args: Any, **given: Any) -> Any:
            found = read(*args, **given)
            if found[1] is not None and torch.is_grad_enabled():
                latest[:] = [(found[0].detach(), found[1].detach())]
            return found

        def compute_loss(model: Any, inputs: dict[str, Any], *args: Any, **given: Any) -> Any:
            latest.clear()
            loss = inner(model, inputs, *args, **given)
            if model.training and latest:
                self._count(inputs, *latest[0])
            return loss

        setattr(trainer, _READ, reading)
        trainer.compute_loss = compute_loss
        self._come_first(trainer)
        return self

    def _count(self, inputs: dict[str, Any], logps: Tensor, entropy: Tensor) -> None:
        mask = inputs["completion_mask"]
        if "tool_mask" in inputs:
            mask = mask * inputs["tool_mask"]
        kl = None
        if (ref := inputs.get("ref_per_token_logps")) is not None:
            ratio = ref.double() - logps.double()
            kl = {
                "k1": -ratio, "k2": ratio.square() / 2, "k3": torch.expm1(ratio) - ratio,
            }[self.kl_estimator]  # fmt: skip
        self.monitor.update_tokens(
            -logps, entropy=entropy, kl=kl, mask=mask.bool(),
            kl_estimator=None if kl is None else self.kl_estimator,
        )  # fmt: skip
