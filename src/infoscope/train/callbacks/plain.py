"""A monitor around a plain training loop: count micro-batches, record every few steps."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from torch import Tensor

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.train.monitor import Monitor
from infoscope.train.monitor_values import MonitorRecord
from infoscope.train.statistics import TokenStatistics

__all__ = ["TrainingWatch", "watch_training"]


class TrainingWatch:
    """What `watch_training` gives: `add` each micro-batch, `step` after each optimiser step."""

    def __init__(self, monitor: Monitor, every: int) -> None:
        self.monitor = monitor
        self.every = every
        self.n_steps = 0

    def add(
        self,
        found: TokenStatistics | Tensor,
        targets: Tensor | None = None,
        *,
        reference: Tensor | None = None,
        mask: Tensor | None = None,
        n_bytes: int | None = None,
    ) -> None:
        """Count a micro-batch, as `Monitor.update`."""
        self.monitor.update(found, targets, reference=reference, mask=mask, n_bytes=n_bytes)

    def step(self) -> MonitorRecord | None:
        """Count an optimiser step; return the record if one was due."""
        self.n_steps += 1
        return self.monitor.record(self.n_steps) if self.n_steps % self.every == 0 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self.n_steps % self.every:
            self.monitor.record(self.n_steps)  # the rest, on every process alike
        for writer in self.monitor.writers:
            if callable(close := getattr(writer, "close", None)):
                close()


def watch_training(monitor: Monitor, *, every: int = 10) -> TrainingWatch:
    """Return a context that feeds `monitor` from a loop and closes its writers at the end.

    record = exact token-weighted means of all micro-batches of `every` optimiser steps

    Parameters
    ----------
    monitor : Monitor
        With the writers and the alarm that one wants.
    every : int
        Optimiser steps to a record, at least 1.

    Returns
    -------
    TrainingWatch
        To be used in a ``with`` statement.

    Raises
    ------
    InvalidArgument
        If `every` is below 1.

    Notes
    -----
    Steps that are left over at the end make a last, shorter record; after an error they do not.

    Source
    ------
    None: bookkeeping.

    Examples
    --------
    >>> import torch
    >>> monitor = Monitor()
    >>> with watch_training(monitor, every=2) as watch:
    ...     for _ in range(3):
    ...         watch.add(torch.zeros(1, 4), torch.tensor([1]))
    ...         _ = watch.step()
    >>> [(record.step, record.values.n_tokens) for record in monitor.history]
    [(2, 2), (3, 1)]
    """
    if every < 1:
        raise InvalidArgument(sentence("watch_training", "every", "be at least 1", every))
    return TrainingWatch(monitor, every)
