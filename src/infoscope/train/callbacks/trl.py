"""Feed a `Monitor` from TRL: sampled completions of GRPO, pairs of answers of DPO."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from transformers.trainer import Trainer
from transformers.trainer_callback import TrainerControl, TrainerState
from transformers.training_args import TrainingArguments

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.train.callbacks.huggingface import TrainerMonitor
from infoscope.train.collapse_alarm import CollapseAlarm
from infoscope.train.monitor import Monitor

__all__ = ["PolicyMonitor", "PreferenceMonitor"]

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
                         "TrainerMonitor, for TRL's DPOTrainer PreferenceMonitor.")
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


class PreferenceMonitor(TrainerMonitor):
    """Watch a DPO trainer: ``PreferenceMonitor(monitor).attach(trainer)``.

    pair: -log s(beta m), the cross-entropy of "the chosen answer wins" with odds exp(beta m)

    Parameters
    ----------
    monitor : Monitor
        Gets the surprisal and the entropy of the tokens of both answers.
    pairs : Monitor, optional
        Gets the pairs, as predictions between two classes: its loss is `dpo_loss` in nats a pair,
        its entropy that of the predicted preference, its accuracy the share of margins above 0. By
        default one without an alarm: preferences should become certain.
    prefix : str
        Is put before the names of the tokens in the trainer's log, and with "preference_" before
        those of the pairs.

    Raises
    ------
    InvalidArgument
        From `attach`, if the trainer is none of the DPO kind; while training, if its models do not
        give log-probabilities and entropies of tokens the way of TRL 1.16.

    Notes
    -----
    The answers are given texts, no samples of the policy: the mean log-ratio to the reference on
    them is no KL, and none is logged. The pairs are judged by the standard loss, whatever
    `loss_type` the trainer uses. Nothing is computed anew: forward hooks read what the loss needs.

    Source
    ------
    Rafailov et al. (2023), arXiv:2305.18290, equation 7.

    Examples
    --------
    >>> PreferenceMonitor(Monitor()).pairs.n_tokens
    0
    """

    def __init__(
        self, monitor: Monitor, pairs: Monitor | None = None, *, prefix: str = "infoscope/"
    ) -> None:
        super().__init__(monitor, prefix=prefix)
        never = CollapseAlarm(floor=1.0, fall=math.inf, rise=math.inf)
        self.pairs = Monitor(alarm=never) if pairs is None else pairs

    def attach(self, trainer: Trainer) -> PreferenceMonitor:
        """Watch `trainer`: read the outputs of policy and reference in each training loss."""
        source: Any = trainer
        if not hasattr(source, "ref_model") or not hasattr(source, "beta"):
            raise InvalidArgument(
                sentence("PreferenceMonitor.attach", "trainer", "be a TRL trainer of the DPO kind",
                         type(trainer).__name__, "For GRPO use PolicyMonitor.")
            )  # fmt: skip
        inner: Any = trainer.compute_loss

        def compute_loss(model: Any, inputs: dict[str, Any], *args: Any, **given: Any) -> Any:
            if not model.training:
                return inner(model, inputs, *args, **given)
            seen: list[Any] = []
            hooks = [
                module.register_forward_hook(lambda _, __, out: seen.append(out))
                for module in (source.model, source.ref_model)
                if module is not None
            ]
            try:
                loss = inner(model, inputs, *args, **given)
            finally:
                for hook in hooks:
                    hook.remove()
            self._count(inputs, seen, float(source.beta))
            return loss

        source.compute_loss = compute_loss
        self._come_first(trainer)
        return self

    def _count(self, inputs: dict[str, Any], seen: list[Any], beta: float) -> None:
        mask = inputs["completion_mask"][:, 1:].bool()
        outputs = [(getattr(o, "log_probs", None), getattr(o, "entropy", None)) for o in seen[:2]]
        known = "ref_chosen_logps" in inputs
        if len(outputs) < 2 - known or any(logp is None for logp, _ in outputs):
            raise InvalidArgument(
                sentence("PreferenceMonitor", "the models", "return log_probs for each token, the "
                         "policy first and then the reference", f"{len(seen)} outputs",
                         "It reads trl 1.16; pass dpo_loss's arguments to Monitor.update yourself.")
            )  # fmt: skip

        def summed(logp: Tensor) -> tuple[Tensor, Tensor]:
            whole = torch.where(mask, logp.detach()[:, -mask.shape[1] :].double(), 0.0).sum(1)
            chosen, rejected = whole.chunk(2)
            return chosen, rejected

        logp, entropy = outputs[0]
        assert logp is not None
        self.monitor.update_tokens(
            -logp.detach()[:, -mask.shape[1] :],
            entropy=None if entropy is None else entropy.detach()[:, -mask.shape[1] :], mask=mask,
        )  # fmt: skip
        chosen, rejected = summed(logp)
        if known:
            ref = inputs["ref_chosen_logps"].double(), inputs["ref_rejected_logps"].double()
        else:
            assert outputs[1][0] is not None
            ref = summed(outputs[1][0])
        margin = beta * ((chosen - ref[0]) - (rejected - ref[1]))
        odds = torch.stack([margin, torch.zeros_like(margin)], -1)
        self.pairs.update(odds, torch.zeros_like(margin, dtype=torch.long))

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any
    ) -> None:
        """Begin a new run, or go on with one that was resumed."""
        history = self.pairs.history
        if history and state.global_step < history[-1].step:
            self.pairs.restart()
        self.pairs.reset()
        super().on_train_begin(args, state, control, **more)

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl,
        logs: dict[str, Any] | None = None, **more: Any,
    ) -> None:  # fmt: skip
        """Record tokens and pairs, and add both to the log entry of this step."""
        super().on_log(args, state, control, logs, **more)
        if logs is not None and "loss" in logs:
            self._tell(self.pairs, f"{self.prefix}preference_", state, logs)
