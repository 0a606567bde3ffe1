"""Write records as TensorBoard scalars, through a SummaryWriter."""

from __future__ import annotations

from typing import Any

from infoscope.train.monitor_values import MonitorRecord

__all__ = ["TensorBoardWriter"]


class TensorBoardWriter:
    """Write to a `torch.utils.tensorboard.SummaryWriter` that the caller has opened, and closes.

    >>> class Board:
    ...     def add_scalar(self, tag, value, step):
    ...         print(tag, value, step) if tag == "train/perplexity" else None
    >>> from infoscope.train.monitor_values import MonitorValues
    >>> TensorBoardWriter(Board()).write(MonitorRecord(3, MonitorValues(0.0, 2)))
    train/perplexity 1.0 3
    """

    def __init__(self, summary_writer: Any, *, prefix: str = "train/") -> None:
        self.summary_writer = summary_writer
        self.prefix = prefix

    def write(self, record: MonitorRecord) -> None:
        """Add each number as a scalar at the record's step."""
        for name, value in record.values.numbers().items():
            self.summary_writer.add_scalar(f"{self.prefix}{name}", value, record.step)
