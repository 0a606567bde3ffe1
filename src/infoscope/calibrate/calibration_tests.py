"""An exact test of calibration: draw labels from the forecasts themselves, and compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from infoscope.calibrate.forecasts import Floats, read_forecasts, to_events
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.result import Estimate
from infoscope.core.showing import Shown

__all__ = ["CalibrationTest", "calibration_test"]


@dataclass(frozen=True, slots=True)
class CalibrationTest(Shown):
    """What `calibration_test` returns: the miscalibration found, and how surprising it is."""

    estimate: Estimate
    p_value: float
    #: Mean of the statistic if the forecasts are right: what to subtract before reading it.
    null_mean: float
    n_resamples: int

    def __str__(self) -> str:
        return (
            f"{self.estimate} against {self.null_mean:.3g} if calibrated; "
            f"p = {self.p_value:.3g} ({self.n_resamples} resamples)"
        )


def calibration_test(
    probs: object,
    labels: object,
    *,
    of: str | int | None = None,
    classes: Sequence[object] | None = None,
    n_resamples: int = 999,
    rng: int | np.random.Generator | None = None,
) -> CalibrationTest:
    """Test the hypothesis that forecasts are calibrated, by what monotone recalibration would gain.

    statistic = (1/n) sum_i log(r_i(y_i) / p_i(y_i)), r the isotonic recalibration of p;
    p-value = (1 + #{resampled >= observed}) / (1 + n_resamples), labels resampled from p

    Parameters
    ----------
    probs : array of shape (n,) or (n, k), or Logits of shape (n, k)
        Forecasts.
    labels : array of shape (n,)
        Class numbers, or names listed in `classes`.
    of : "top_label", a class, or None
        What is judged; None: class 1 of two, the top label of more.
    classes : sequence of length k, optional
        The label that each column stands for.
    n_resamples : int
        Number of label vectors drawn.
    rng : int, Generator or None
        Source of the draws.

    Returns
    -------
    CalibrationTest
        `estimate` (nats, 0 or more; inf where the impossible happened), `p_value` in (0, 1],
        `null_mean` in nats.

    Raises
    ------
    NotADistribution, InvalidArgument, WrongType
        As `log_score`; also if `n_resamples` is not positive.

    Notes
    -----
    Exact at every n: under the hypothesis the observed labels are one more draw. It sees departures
    that a monotone map mends, not those that cancel at the same forecast. Cases must be
    independent. Cost: n_resamples isotonic regressions, O(n) each.

    Source
    ------
    Dimitriadis, Gneiting & Jordan, Stable reliability diagrams for probabilistic classifiers
    (2021), miscalibration and consistency resampling; Davison & Hinkley, Bootstrap methods and
    their application (1997), section 4.2 (the p-value).

    Examples
    --------
    >>> test = calibration_test([0.9] * 50, [1] * 25 + [0] * 25, n_resamples=99, rng=0)
    >>> test.p_value
    0.01
    """
    function = "calibration_test"
    if isinstance(n_resamples, bool) or not isinstance(n_resamples, int) or n_resamples < 1:
        raise InvalidArgument(
            sentence(function, "n_resamples", "be a positive integer", repr(n_resamples))
        )
    forecasts = read_forecasts(probs, labels, function=function, classes=classes)
    events = to_events(forecasts, of, function=function)
    random = np.random.default_rng(rng)
    order = np.argsort(events.p, kind="stable")
    p, happened = events.p[order], events.happened[order]
    value, start = np.unique(p, return_index=True)
    size = np.diff(np.append(start, len(p))).astype(np.float64)
    with np.errstate(divide="ignore"):
        log_p, log_rest = np.log(p), np.log(events.rest[order])

    def gain(came: np.ndarray) -> float:
        hits = np.add.reduceat(came.astype(np.float64), start)
        rate = np.asarray(isotonic_regression(hits / size, weights=size).x)
        best = float(_entropies(rate) @ size)
        return (-float(np.where(came, log_p, log_rest).sum()) - best) / len(p)

    observed = gain(happened)
    # relative slack: ties between equal label vectors must not be broken by rounding
    floor = observed - 1e-12 * max(1.0, abs(observed)) if np.isfinite(observed) else observed
    draws = np.array([gain(random.random(len(p)) < p) for _ in range(n_resamples)])
    estimate = Estimate(
        f"miscalibration of {events.name}",
        observed,
        "nats",
        method="isotonic",
        n=len(p),
        diagnostics={"n_distinct": float(len(value))},
        notes=("reads above 0 for a calibrated model: compare with null_mean",),
    )
    p_value = (1 + int((draws >= floor).sum())) / (1 + n_resamples)
    return CalibrationTest(estimate, p_value, float(draws.mean()), n_resamples)


def _entropies(rate: Floats) -> Floats:
    """Entropy of each coin in nats."""
    inner = (rate > 0) & (rate < 1)
    safe = np.where(inner, rate, 0.5)
    return np.where(inner, -safe * np.log(safe) - (1.0 - safe) * np.log1p(-safe), 0.0)
