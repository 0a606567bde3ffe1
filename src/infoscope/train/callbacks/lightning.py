"""Feed a `Monitor` from Lightning, and put its values into the Trainer's loggers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.train.monitor import Monitor
from infoscope.train.statistics import TokenStatistics

__all__ = ["LightningMonitor"]


class LightningMonitor(Callback):
    """A callback for `lightning.pytorch.Trainer` that records every few optimiser steps.

    record = exact token-weighted means of all micro-batches since the last record

    Parameters
    ----------
    monitor : Monitor
        What is fed.
    read : callable, optional
        From (outputs of training_step, batch) to a `TokenStatistics` or (logits, targets). By
        default the outputs must be a dictionary with "statistics", or "logits" and "targets".
    every : int, optional
        Optimiser steps to a record; the Trainer's `log_every_n_steps` by default.
    prefix : str
        Is put before the names in the loggers.

    Raises
    ------
    InvalidArgument
        If the outputs hold neither statistics nor logits with targets.

    Notes
    -----
    Lightning detaches the outputs of a step, and keeps them only until this callback has run. The
    values also stand in `trainer.callback_metrics`, for checkpoints and early stopping.

    Source
    ------
    Lightning, `Callback.on_train_batch_end`.

    Examples
    --------
    >>> LightningMonitor(Monitor(), every=5).every
    5
    """

    def __init__(
        self,
        monitor: Monitor,
        *,
        read: Callable[[Any, Any], TokenStatistics | tuple[Tensor, Tensor]] | None = None,
        every: int | None = None,
        prefix: str = "",
    ) -> None:
        self.monitor = monitor
        self.read = read if read is not None else _read
        self.every = every
        self.prefix = prefix
        self._last = 0

    def on_train_start(
        self,
        trainer: Trainer,
        pl_module: LightningModule,  # noqa: ARG002
    ) -> None:
        """Begin a new run, or go on with one that was resumed."""
        history = self.monitor.history
        if history and trainer.global_step < history[-1].step:
            self.monitor.restart()
        self._last = trainer.global_step

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,  # noqa: ARG002
        outputs: Any,
        batch: Any,
        batch_idx: int,  # noqa: ARG002
    ) -> None:
        """Count the micro-batch; record if enough optimiser steps have been made."""
        found = self.read(outputs, batch)
        if isinstance(found, TokenStatistics):
            self.monitor.update(found)
        else:
            self.monitor.update(*found)
        every = self.every or int(getattr(trainer, "log_every_n_steps", 50))
        if trainer.global_step - self._last >= every:
            self._record(trainer)

    def on_train_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,  # noqa: ARG002
    ) -> None:
        """Record what is left over."""
        if trainer.global_step > self._last:
            self._record(trainer)

    def _record(self, trainer: Trainer) -> None:
        self._last = trainer.global_step
        record = self.monitor.record(trainer.global_step)
        if record is None:
            return
        values = {f"{self.prefix}{k}": v for k, v in record.values.numbers().items()}
        for logger in trainer.loggers:
            logger.log_metrics(values, step=record.step)
        trainer.callback_metrics.update({k: _tensor(v) for k, v in values.items()})

    def state_dict(self) -> dict[str, Any]:
        """Return the state that goes into a checkpoint."""
        return {"monitor": self.monitor.state_dict(), "last": self._last}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.monitor.load_state_dict(state_dict["monitor"])
        self._last = int(state_dict["last"])


def _tensor(value: float) -> Tensor:
    return torch.tensor(value)


def _read(
    outputs: Any,
    batch: Any,  # noqa: ARG001
) -> TokenStatistics | tuple[Tensor, Tensor]:
    if isinstance(outputs, Mapping):
        if isinstance(found := outputs.get("statistics"), TokenStatistics):
            return found
        logits, targets = outputs.get("logits"), outputs.get("targets")
        if isinstance(logits, Tensor) and isinstance(targets, Tensor):
            return logits, targets
    got = sorted(outputs) if isinstance(outputs, Mapping) else type(outputs).__name__
    raise InvalidArgument(
        sentence("LightningMonitor", "training_step", "return a dictionary with 'loss' and with "
                 "'statistics', or 'logits' and 'targets'", got,
                 "Or say how to find them: LightningMonitor(monitor, read=...).")
    )  # fmt: skip
