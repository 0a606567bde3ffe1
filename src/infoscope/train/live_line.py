"""One line on the terminal that says how the training is doing."""

from __future__ import annotations

from infoscope.core.progress import Progress
from infoscope.train.monitor_values import MonitorRecord

__all__ = ["LiveLine"]


class LiveLine:
    """A writer that keeps one line on stderr: steps done, time left, and the latest values.

    Parameters
    ----------
    n_steps : int, optional
        Optimiser steps of the whole run, for the time left.
    show : bool, optional
        By default only if stderr is a terminal, so that logs and pipes stay clean.

    Notes
    -----
    It is a `Writer`: ``Monitor(writers=[LiveLine(1000)])``. `close` takes the line away.

    Examples
    --------
    >>> from infoscope.train.monitor_values import MonitorValues
    >>> LiveLine.text(MonitorRecord(3, MonitorValues(0.0, 2, entropy=0.0)))
    'loss 0.000 nats, perplexity 1, entropy 0.000 nats'
    """

    def __init__(self, n_steps: int | None = None, *, show: bool | None = None) -> None:
        self._bar = Progress(n_steps, "training", "steps", show=show)
        self._last = 0

    @staticmethod
    def text(record: MonitorRecord) -> str:
        """Return the values as they stand behind the bar."""
        found = record.values
        parts = [f"loss {found.loss_nats:.3f} nats", f"perplexity {found.perplexity:.4g}"]
        if found.entropy is not None:
            parts.append(f"entropy {found.entropy:.3f} nats")
        if found.kl_ref is not None:
            parts.append(f"KL {found.kl_ref:.3f} nats")
        return ", ".join(parts)

    def write(self, record: MonitorRecord) -> None:
        """Show a record."""
        self._bar.remark(self.text(record))
        self._bar.advance(record.step - self._last)
        self._last = record.step

    def close(self) -> None:
        """Take the line away."""
        self._bar.__exit__(None, None, None)
