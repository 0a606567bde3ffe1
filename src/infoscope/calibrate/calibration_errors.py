"""Calibration error in bins: the usual mean gap with its bias stated, and the unbiased squared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr
from scipy.stats import binom

from infoscope.calibrate.forecasts import Events, Floats, Forecasts, read_forecasts, to_events
from infoscope.calibrate.partitions import Binning, Partition, into_bins, partition
from infoscope.calibrate.score_terms import brier_terms
from infoscope.calibrate.scores import check_level
from infoscope.calibrate.skewed_interval import skewed_interval
from infoscope.core.result import Estimate

__all__ = ["expected_calibration_error", "squared_calibration_error"]


def expected_calibration_error(
    probs: object,
    labels: object,
    *,
    of: str | int | None = None,
    bins: int = 15,
    binning: Binning = "equal_width",
    classes: Sequence[object] | None = None,
    debiased: bool = False,
) -> Estimate:
    """Mean absolute gap between what was forecast and what happened, in bins (ECE).

    ECE = sum_g (n_g / n) |mean outcome_g - mean forecast_g|

    Parameters
    ----------
    probs : array of shape (n,) or (n, k), or Logits of shape (n, k)
        Forecasts.
    labels : array of shape (n,)
        Class numbers, or names listed in `classes`.
    of : "top_label", "classwise", a class, or None
        What is judged: the likeliest class being right; every class against the rest, averaged;
        one class. None: class 1 of two, the top label of more.
    bins : int
        Number of bins.
    binning : {"equal_width", "equal_mass"}
        Bins (a, b] of equal width, 1.0 in the last; or of equal numbers of cases.
    classes : sequence of length k, optional
        The label that each column stands for.
    debiased : bool
        Subtract from each bin what noise adds to the absolute gap, if the gap were what it reads.

    Returns
    -------
    Estimate
        Unit "probability", 0 to 1; `diagnostics["expected_if_calibrated"]` is what a perfectly
        calibrated model with these forecasts would read.

    Raises
    ------
    NotADistribution, InvalidArgument, WrongType
        As `log_score`.

    Notes
    -----
    Biased upward: with 15 bins and forecasts spread evenly a perfect model reads 0.038 at n = 1000.
    It is no proper score, and jumps when a forecast crosses an edge: for tests and comparisons
    prefer `squared_calibration_error`, `smooth_calibration_error` or `decompose`. There is no
    interval, since near 0 the law of an absolute gap is folded. Cost: O(nk + n log n).

    Source
    ------
    Naeini, Cooper & Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning
    (2015), section 3; Kumar, Liang & Ma, Verified uncertainty calibration (2019), section 5
    (debiased); expected value: De Moivre's mean absolute deviation of the binomial (1730).

    Examples
    --------
    >>> expected_calibration_error([0.95, 1.0], [1, 0], bins=10).value
    0.475
    """
    function = "expected_calibration_error"
    forecasts = read_forecasts(probs, labels, function=function, classes=classes)
    found: list[_Gaps] = []
    for events in _each_event(forecasts, of, function):
        parts = into_bins(events.p, bins, binning, function=function)
        found.append(_gaps(events, parts))
    # rows are classes: a mean over one row where one event is judged
    value = float(np.mean([gaps.share @ np.abs(gaps.gap) for gaps in found]))
    excess = float(np.mean([gaps.share @ gaps.excess for gaps in found]))
    perfect = float(np.mean([gaps.share @ gaps.if_calibrated for gaps in found]))
    spread = float(np.mean([np.sqrt(gaps.share**2 @ gaps.folded_variance) for gaps in found]))
    notes = (
        f"biased upward: a perfectly calibrated model with these forecasts reads {perfect:.3g} "
        f"in {bins} bins at n = {forecasts.n}",
        *(("each bin debiased as if its true gap were the one seen: partly only",) * debiased),
        *(("standard error is a bound: classes share their cases",) * (len(found) > 1)),
        "no interval: near 0 an absolute gap has a folded law; squared_calibration_error has one",
    )
    n_single = max(int((gaps.size == 1).sum()) for gaps in found)
    if n_single:
        notes += (f"{n_single} bins hold a single case",)
    return Estimate(
        "expected calibration error",
        value - excess if debiased else value,
        "probability",
        spread if forecasts.n > 1 else None,
        method="debiased" if debiased else "plugin",
        n=forecasts.n,
        diagnostics={
            "expected_if_calibrated": perfect,
            "plugin": value,
            "debiased": value - excess,
            "largest_gap": max(float(np.abs(gaps.gap).max()) for gaps in found),
        },
        notes=notes,
        settings={"bins": bins, "binning": binning},
    )


@dataclass(frozen=True, slots=True)
class _Gaps:
    """The gaps of one event in its bins, and how noise moves them."""

    size: Floats
    share: Floats
    gap: Floats
    excess: Floats
    if_calibrated: Floats
    folded_variance: Floats


def _each_event(forecasts: Forecasts, of: str | int | None, function: str) -> list[Events]:
    if of == "classwise" and "classwise" not in forecasts.names:
        return [to_events(forecasts, name, function=function) for name in forecasts.names]  # type: ignore[arg-type]
    return [to_events(forecasts, of, function=function)]


def _gaps(events: Events, parts: Partition) -> _Gaps:
    size = parts.counts
    difference = events.happened - events.p
    gap = parts.means(difference)
    scatter = parts.means(difference**2) - gap**2
    variance = np.maximum(scatter, 0.0) / np.maximum(size - 1.0, 1.0)
    sd = np.sqrt(variance)
    x = np.divide(gap, sd, out=np.full_like(gap, np.inf), where=sd > 0)
    normal_part = np.sqrt(2.0 / np.pi) * sd * np.exp(-0.5 * x**2)
    sign_part = np.abs(gap) * (1.0 - 2.0 * ndtr(-np.abs(x)))
    folded = normal_part + sign_part  # mean of |N(gap, variance)|
    mean = np.minimum(parts.means(events.p), 1.0)
    turn = np.floor(size * mean) + 1.0
    deviation = 2.0 * (1.0 - mean) * turn * binom.pmf(turn, size, mean) / size
    return _Gaps(
        size,
        size / size.sum(),
        gap,
        folded - np.abs(gap),
        deviation,
        np.maximum(gap**2 + variance - folded**2, 0.0),
    )


def squared_calibration_error(
    probs: object,
    labels: object,
    *,
    of: str | int | None = None,
    bins: int | None = None,
    binning: str = "equal_mass",
    groups: object = None,
    classes: Sequence[object] | None = None,
    interval: float = 0.95,
) -> Estimate:
    """Squared gap between forecast and outcome in bins, without bias, with an interval.

    CE^2 = sum_g (n_g / n) (sum_{i != j in g} d_i d_j) / (n_g (n_g - 1)),  d = outcome - forecast

    Parameters
    ----------
    probs : array of shape (n,) or (n, k), or Logits of shape (n, k)
        Forecasts.
    labels : array of shape (n,)
        Class numbers, or names listed in `classes`.
    of : "top_label", a class, or None
        What is judged; None: class 1 of two, the top label of more.
    bins : int, optional
        Number of bins; the cube root of n if not given.
    binning : {"equal_mass", "equal_width", "distinct"}
        How forecasts are grouped; "distinct": by their value.
    groups : array of shape (n,), optional
        Groups of your own, not made from the labels.
    classes : sequence of length k, optional
        The label that each column stands for.
    interval : float in (0, 1)
        Level of the interval.

    Returns
    -------
    Estimate
        Unit "squared probability". Its expectation is exactly 0 for a calibrated model, whatever
        n and the bins, so it is negative about half of the time there: never clipped.
        `diagnostics` hold the plug-in value and the root of the positive part.

    Raises
    ------
    NotADistribution, InvalidArgument, WrongType
        As `log_score`.

    Notes
    -----
    Bins hide what cancels inside them: the truth aimed at is the binned error, a lower bound of the
    unbinned one. A bin of one case says nothing and counts plug-in. Equals the debiased
    miscalibration of the Brier score of forecasts of shape (n,). Cost: O(nk + n log n).

    Source
    ------
    Kumar, Liang & Ma, Verified uncertainty calibration (2019), definition 5.1; Ferro & Fricker, A
    bias-corrected decomposition of the Brier score (2012), for one value a bin.

    Examples
    --------
    Four forecasts of 0.5, three of which came true: gap 0.25, debiased 1/16 - (3/16) / 3 = 0.

    >>> squared_calibration_error([0.5] * 4, [1, 1, 1, 0], binning="distinct").value
    0.0
    """
    function = "squared_calibration_error"
    check_level(interval, function)
    forecasts = read_forecasts(probs, labels, function=function, classes=classes)
    events = to_events(forecasts, of, function=function)
    two = events.as_forecasts()
    parts = partition(two, binning, bins, groups, function=function)
    term = brier_terms(two, parts)["miscalibration"]
    n = forecasts.n
    notes = [f"groups: {parts.n_groups} {parts.how}"]
    if n_single := int((parts.counts == 1).sum()):
        notes.append(f"{n_single} groups hold a single case and could not be debiased")
    ends = None
    if n > 1:
        ends = skewed_interval(
            term.debiased - term.b0, v0=term.v0, k0=term.k0, slope=term.slope(n), n=n,
            level=interval,
        )  # fmt: skip
    stderr = (term.v0 + term.slope(n) * max(term.debiased, 0.0) / n) ** 0.5
    return Estimate(
        f"squared calibration error of {events.name}",
        term.debiased,
        "squared probability",
        stderr if n > 1 else None,
        ends,
        "debiased",
        n,
        diagnostics={"plugin": term.value, "root": max(term.debiased, 0.0) ** 0.5},
        notes=tuple(notes),
        settings={"groups": parts.n_groups},
    )
