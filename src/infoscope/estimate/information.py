"""Entropy and information from samples: the public functions over one, two and three variables."""

from __future__ import annotations

from infoscope.core.resample import Rng
from infoscope.core.result import Estimate
from infoscope.core.units import Unit
from infoscope.estimate import front
from infoscope.estimate.kinds import read_variables
from infoscope.estimate.method import Value

__all__ = ["entropy", "mutual_information"]


def entropy(
    x: object,
    *,
    method: str = "auto",
    discrete: bool | None = None,
    missing: str = "error",
    unit: Unit = "nats",
    rng: Rng = None,
    interval: float | None = 0.95,
    **options: Value,
) -> Estimate:
    """Entropy of the variable that `x` samples."""
    variables, notes = read_variables(
        [("x", x, discrete)], function="entropy", missing=missing, whole_are_labels=True
    )
    return front.estimate(
        "entropy", variables, method=method, unit=unit, rng=rng, interval=interval,
        options=options, notes=notes,
    )  # fmt: skip


def mutual_information(
    x: object,
    y: object,
    *,
    method: str = "auto",
    k: int | None = None,
    discrete_x: bool | None = None,
    discrete_y: bool | None = None,
    missing: str = "error",
    unit: Unit = "nats",
    rng: Rng = None,
    interval: float | None = 0.95,
    **options: Value,
) -> Estimate:
    """Mutual information of the variables that the rows of `x` and `y` sample."""
    variables, notes = read_variables(
        [("x", x, discrete_x), ("y", y, discrete_y)], function="mutual_information", missing=missing
    )
    return front.estimate(
        "mutual_information", variables, method=method, unit=unit, rng=rng, interval=interval,
        options={"k": k, **options}, notes=notes,
    )  # fmt: skip
