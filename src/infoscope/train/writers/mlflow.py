"""Write records as metrics of an MLflow run, local or remote."""

from __future__ import annotations

import math
from typing import Any

from infoscope.train.monitor_values import MonitorRecord

__all__ = ["MlflowWriter"]


class MlflowWriter:
    """Write through an `mlflow.MlflowClient` to the run `run_id`, which the caller closes.

    The names are those of `MonitorValues` behind the prefix. An infinite loss is left to MLflow's
    store, which keeps it as the largest number it has.

    >>> class Client:
    ...     def log_metric(self, run_id, key, value, step):
    ...         print(run_id, key, value, step) if key == "train/perplexity" else None
    ...     def set_tag(self, run_id, key, value): pass
    >>> from infoscope.train.monitor_values import MonitorValues
    >>> MlflowWriter(Client(), "run").write(MonitorRecord(3, MonitorValues(0.0, 2)))
    run train/perplexity 1.0 3
    """

    def __init__(self, client: Any, run_id: str, *, prefix: str = "train/") -> None:
        self.client = client
        self.run_id = run_id
        self.prefix = prefix

    def write(self, record: MonitorRecord) -> None:
        """Log each number at the record's step; the estimator of the KL becomes a tag."""
        for name, value in record.values.numbers().items():
            assert not math.isnan(value)
            self.client.log_metric(self.run_id, f"{self.prefix}{name}", value, step=record.step)
        if record.values.kl_estimator is not None:
            self.client.set_tag(
                self.run_id, f"{self.prefix}kl_estimator", record.values.kl_estimator
            )
