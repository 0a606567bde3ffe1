"""Write records to a Weights & Biases run, online or offline."""

from __future__ import annotations

from typing import Any

from infoscope.train.monitor_values import MonitorRecord

__all__ = ["WandbWriter"]


class WandbWriter:
    """Write to a run that the caller has opened with `wandb.init`, and finishes.

    The step is a number of its own, `train/step`, and made the axis of the others, so that other
    callbacks may log to the same run at their own pace.

    >>> class Run:
    ...     def define_metric(self, name, step_metric=None): pass
    ...     def log(self, values): print(values["train/step"], values["train/perplexity"])
    >>> from infoscope.train.monitor_values import MonitorValues
    >>> WandbWriter(Run()).write(MonitorRecord(3, MonitorValues(0.0, 2)))
    3 1.0
    """

    def __init__(self, run: Any, *, prefix: str = "train/") -> None:
        self.run = run
        self.prefix = prefix
        run.define_metric(f"{prefix}step")
        run.define_metric(f"{prefix}*", step_metric=f"{prefix}step")

    def write(self, record: MonitorRecord) -> None:
        """Log each number with its step."""
        self.run.log({f"{self.prefix}{k}": v for k, v in record.to_dict().items()})
