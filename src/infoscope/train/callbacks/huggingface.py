"""Feed a `Monitor` from a Hugging Face Trainer, and put its values into the Trainer's own log."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from transformers.trainer import Trainer
from transformers.trainer_callback import TrainerCallback, TrainerControl, TrainerState
from transformers.training_args import TrainingArguments

from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.train.monitor import Monitor

__all__ = ["TrainerMonitor"]


class TrainerMonitor(TrainerCallback):
    """A callback that sees the logits of each micro-batch: ``TrainerMonitor(m).attach(trainer)``.

    KL = sum_v p_v (log p_v - log r_v), p the model in training and r the reference, each token

    Parameters
    ----------
    monitor : Monitor
        Gets every training micro-batch, and a record at each step that the Trainer logs.
    reference : torch module, optional
        A frozen model with the same vocabulary, for the exact KL(model‖reference); often a deep
        copy of the start model. It runs once more on each micro-batch.
    causal : bool, optional
        Whether the logits of a position predict the label of the next one. By default it is asked
        of the model's class name (``…ForCausalLM``, ``…LMHeadModel``).
    count_bytes : callable, optional
        From the labels that count (a 1-D tensor) to the number of bytes they stand for.
    prefix : str
        Is put before the names in the Trainer's log.

    Raises
    ------
    WrongType
        From `attach`, if it is not given a Trainer.
    InvalidArgument
        If the outputs have no logits or the inputs no labels, where training would go on unwatched.

    Notes
    -----
    `attach` wraps `compute_loss` of this one trainer, asks it for its outputs, and returns the loss
    untouched; dropout noise is therefore in the values, as it is in the loss. All that reads
    the Trainer's log (its TensorBoard, W&B and MLflow reports, `log_history`) sees the values. Cost
    is one pass over the logits, and a forward pass of the reference. Fused losses that return no
    logits (Liger) cannot be watched: turn them off, or call `Monitor.update` in the loss.

    Source
    ------
    Hugging Face Trainer, `compute_loss` and `TrainerCallback.on_log`.

    Examples
    --------
    >>> TrainerMonitor(Monitor(), prefix="train/").named({"loss_nats": 0.5})
    {'train/loss_nats': 0.5}
    """

    def __init__(
        self,
        monitor: Monitor,
        *,
        reference: torch.nn.Module | None = None,
        causal: bool | None = None,
        count_bytes: Callable[[Tensor], int] | None = None,
        prefix: str = "",
    ) -> None:
        self.monitor = monitor
        self.reference = None if reference is None else reference.eval()
        self.causal = causal
        self.count_bytes = count_bytes
        self.prefix = prefix

    def named(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return `values` with the prefix before each name."""
        return {f"{self.prefix}{name}": value for name, value in values.items()}

    def attach(self, trainer: Trainer) -> TrainerMonitor:
        """Watch `trainer`: wrap its `compute_loss` and come first among its callbacks."""
        if not isinstance(trainer, Trainer):
            raise WrongType(
                sentence("TrainerMonitor.attach", "trainer", "be a transformers Trainer",
                         type(trainer).__name__)
            )  # fmt: skip
        inner = trainer.compute_loss

        def compute_loss(
            model: torch.nn.Module,
            inputs: dict[str, Any],
            return_outputs: bool = False,
            num_items_in_batch: Tensor | int | None = None,
        ) -> Any:
            if not model.training:
                return inner(
                    model, inputs, return_outputs=return_outputs,
                    num_items_in_batch=num_items_in_batch,
                )  # fmt: skip
            seen = dict(inputs)  # a label smoother takes the labels out
            loss, outputs = inner(
                model, inputs, return_outputs=True, num_items_in_batch=num_items_in_batch
            )
            self._look(model, seen, outputs)
            return (loss, outputs) if return_outputs else loss

        trainer.compute_loss = compute_loss
        self._come_first(trainer)
        return self

    def _come_first(self, trainer: Trainer) -> None:
        trainer.add_callback(self)
        callbacks = trainer.callback_handler.callbacks
        callbacks.insert(0, callbacks.pop(callbacks.index(self)))

    def _look(self, model: torch.nn.Module, inputs: dict[str, Any], outputs: Any) -> None:
        name = "TrainerMonitor"
        logits = outputs.get("logits") if isinstance(outputs, dict) else None
        labels = inputs.get("labels")
        if not isinstance(logits, Tensor) or not isinstance(labels, Tensor):
            raise InvalidArgument(
                sentence(name, "the training batch", "have labels, and the model return logits",
                         f"inputs {sorted(inputs)}", "With a fused loss call Monitor.update "
                         "yourself; TRL's GRPO is watched by PolicyMonitor.")
            )  # fmt: skip
        reference = None if self.reference is None else self._reference_logits(inputs)
        if self._is_causal(model):
            logits, labels = logits[:, :-1], labels[:, 1:]
            reference = None if reference is None else reference[:, :-1]
        n_bytes = None if self.count_bytes is None else self.count_bytes(labels[labels != -100])
        self.monitor.update(logits.detach(), labels, reference=reference, n_bytes=n_bytes)

    def _is_causal(self, model: torch.nn.Module) -> bool:
        if self.causal is not None:
            return self.causal
        inner = getattr(model, "module", model)
        while callable(get := getattr(inner, "get_base_model", None)):
            inner = get()
        kind = type(inner).__name__
        return kind.endswith(("ForCausalLM", "LMHeadModel"))

    @torch.no_grad()
    def _reference_logits(self, inputs: dict[str, Any]) -> Tensor:
        assert self.reference is not None
        known = inspect.signature(self.reference.forward).parameters
        given = {k: v for k, v in inputs.items() if k in known and k != "labels"}
        self.reference.to(next(v.device for v in given.values() if isinstance(v, Tensor)))
        return self.reference(**given).logits

    def on_train_begin(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **_: Any,
    ) -> None:
        """Begin a new run, or go on with one that was resumed."""
        history = self.monitor.history
        if history and state.global_step < history[-1].step:
            self.monitor.restart()
        self.monitor.reset()

    def on_log(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Record, and add the values to the log entry of this step."""
        if logs is None or "loss" not in logs:  # evaluation, or the summary at the end
            return
        self._tell(self.monitor, self.prefix, state, logs)

    def _tell(
        self, monitor: Monitor, prefix: str, state: TrainerState, logs: dict[str, Any]
    ) -> None:
        record = monitor.record(state.global_step)
        if record is None:
            return
        values = record.values.to_dict().items()
        found: dict[str, Any] = {f"{prefix}{name}": value for name, value in values}
        logs.update(found)
        if state.log_history and state.log_history[-1].get("step") == state.global_step:
            state.log_history[-1].update(found)
