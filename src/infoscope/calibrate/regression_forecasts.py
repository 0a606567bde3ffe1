"""Forecasts of a number: probability integral transform, its uniformity in nats, and the CRPS."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import erf

from infoscope.calibrate.forecasts import Floats
from infoscope.calibrate.null_moments import turing_entropy
from infoscope.calibrate.partitions import check_bins
from infoscope.calibrate.scores import check_level
from infoscope.calibrate.skewed_interval import skewed_interval
from infoscope.core.arrays import as_array, to_numpy
from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.result import Estimate
from infoscope.core.units import Unit, check_unit

__all__ = ["crps_normal", "crps_quantiles", "crps_samples", "pit_uniformity", "pit_values"]


def pit_values(forecast: Any, y: object, *, rng: int | np.random.Generator | None = None) -> Floats:
    """Where each outcome fell in its forecast distribution: evenly on (0, 1) if calibrated.

    u_i = F_i(y_i);  for m samples u_i = (#{x < y} + V (1 + #{x = y})) / (m + 1), V uniform

    Parameters
    ----------
    forecast : frozen scipy.stats distribution, or array of shape (n, m)
        Something continuous with `.cdf`, whose parameters broadcast against y; or m draws a case.
    y : array of shape (n,)
        What happened, finite.
    rng : int, Generator or None
        Breaks the ties of ranks; not used with `.cdf`.

    Returns
    -------
    ndarray of shape (n,)
        In [0, 1], no unit. Ranks are spread within their cell, so that m draws of a right forecast
        give exactly uniform values.

    Raises
    ------
    InvalidArgument, WrongType
        If shapes differ, a value is not finite, or the forecast has neither form.

    Notes
    -----
    Uniform values are necessary for calibration, not sufficient: the forecast that ignores all
    inputs and states the overall distribution has them too. Cost: O(nm).

    Source
    ------
    Dawid, Statistical theory: the prequential approach (1984); Gneiting, Balabdaoui & Raftery,
    Probabilistic forecasts, calibration and sharpness (2007), section 3.1.

    Examples
    --------
    >>> from scipy.stats import norm
    >>> pit_values(norm([0.0, 5.0], 1.0), [0.0, 5.0])
    array([0.5, 0.5])
    """
    function = "pit_values"
    outcome = _column(y, function)
    if hasattr(forecast, "cdf"):
        try:
            u = np.asarray(forecast.cdf(outcome), dtype=np.float64)
        except ValueError:  # parameters that do not broadcast
            u = np.empty(())
        if u.shape != outcome.shape:
            wanted = f"have parameters for {len(outcome)} cases"
            raise InvalidArgument(sentence(function, "forecast", wanted, "another number"))
        return u
    draws = _matrix(forecast, outcome, function, "forecast")
    m = draws.shape[1]
    below = (draws < outcome[:, None]).sum(axis=1)
    same = (draws == outcome[:, None]).sum(axis=1)
    part = np.random.default_rng(rng).random(len(outcome))
    return (below + part * (1.0 + same)) / (m + 1.0)


def pit_uniformity(
    u: object, *, bins: int | None = None, unit: Unit = "nats", interval: float = 0.95
) -> Estimate:
    """How far PIT values are from uniform, as an information: what recalibration would gain a case.

    KL(histogram‖uniform) = log bins - H(histogram), debiased

    Parameters
    ----------
    u : array of shape (n,)
        Values in [0, 1], from `pit_values`.
    bins : int, optional
        Cells of equal width; the cube root of n if not given.
    unit : {"nats", "bits", "bans"}
        Unit of the result.
    interval : float in (0, 1)
        Level of the interval.

    Returns
    -------
    Estimate
        In `unit` a case; about 0 for uniform values, then negative half of the time. At most
        log bins. `diagnostics["plugin"]` is the value before debiasing.

    Raises
    ------
    InvalidArgument
        If a value is outside [0, 1] or NaN, or none is given.

    Notes
    -----
    A lower bound of the divergence without cells. Independent cases assumed. Cost: O(n).

    Source
    ------
    Diebold, Gunther & Tay, Evaluating density forecasts (1998); Zhang, Entropy estimation in
    Turing's perspective (2012).

    Examples
    --------
    All values in one of two halves are one bit off:

    >>> pit_uniformity([0.1] * 50, bins=2, unit="bits").diagnostics["plugin"]
    1.0
    """
    function = "pit_uniformity"
    check_unit(unit, function)
    check_level(interval, function)
    values = _column(u, function, "u")
    bad = ~((values >= 0) & (values <= 1))
    if bad.any():
        at = int(np.argmax(bad))
        got = f"{values[at]} at index {at}"
        raise InvalidArgument(sentence(function, "u", "lie in [0, 1]", got))
    n = len(values)
    k = check_bins(max(2, round(n ** (1 / 3))) if bins is None else bins, function)
    counts = np.bincount(np.minimum((values * k).astype(np.intp), k - 1), minlength=k)
    share = counts[counts > 0] / n
    surplus = np.log(share * k)
    plug = float(share @ surplus)
    value = float(np.log(k) - turing_entropy(counts[None, :].astype(np.float64))[0])
    variance = float(share @ (surplus - plug) ** 2)
    v0, k0 = (k - 1) / (2.0 * n**2), (k - 1) / n**3
    slope = variance / plug if variance > 0.0 and plug > 0.0 else 2.0
    ends = skewed_interval(value, v0=v0, k0=k0, slope=slope, n=n, level=interval) if k > 1 else None
    stderr = (v0 + slope * max(value, 0.0) / n) ** 0.5
    found = Estimate(
        "PIT divergence from uniform", value, "nats", stderr if n > 1 else None,
        ends if n > 1 else None, "debiased", n, settings={"bins": k},
    ).to(unit)  # fmt: skip
    plugin = Estimate("plugin", plug, "nats").to(unit).value
    return Estimate(
        found.quantity, found.value, unit, found.stderr, found.interval, found.method, n,
        {"plugin": plugin}, (f"{k} cells of equal width",), found.settings,
    )  # fmt: skip


def crps_normal(mean: object, sd: object, y: object) -> Floats:
    """Continuous ranked probability score of normal forecasts, case by case, in closed form.

    CRPS = sd (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)),  z = (y - mean) / sd

    Parameters
    ----------
    mean, sd : array of shape (n,) or number
        Parameters of the forecasts; sd at least 0, where 0 is a point forecast.
    y : array of shape (n,)
        What happened.

    Returns
    -------
    ndarray of shape (n,)
        In the unit of y, 0 or more, smaller is better; |y - mean| for a point forecast. The mean
        with its error bar: `mean_score`.

    Raises
    ------
    InvalidArgument
        If a value is not finite, sd is negative, or shapes do not broadcast to that of y.

    Source
    ------
    Gneiting, Raftery, Westveld & Goldman, Calibrated probabilistic forecasting using ensemble model
    output statistics and minimum CRPS estimation (2005), equation 5.

    Examples
    --------
    >>> crps_normal(0.0, 1.0, [0.0]).round(6)  # (sqrt 2 - 1) / sqrt pi
    array([0.233695])
    """
    function = "crps_normal"
    outcome = _column(y, function)
    m, s = (_like(value, outcome, function, name) for value, name in ((mean, "mean"), (sd, "sd")))
    if (s < 0).any():
        raise InvalidArgument(sentence(function, "sd", "be non-negative", float(s.min())))
    gap = outcome - m
    z = np.divide(gap, s, out=np.zeros_like(gap), where=s > 0)
    density = np.exp(-0.5 * z**2) * np.sqrt(2.0 / np.pi)  # 2 phi(z)
    score = gap * erf(z / np.sqrt(2.0)) + s * (density - 1.0 / np.sqrt(np.pi))
    return np.where(s > 0, np.maximum(score, 0.0), np.abs(gap))


def crps_samples(samples: object, y: object, *, fair: bool = True) -> Floats:
    """Continuous ranked probability score of forecasts given by draws, case by case.

    CRPS = mean |x - y| - (1/2) mean |x - x'|

    Parameters
    ----------
    samples : array of shape (n, m)
        m draws from each forecast.
    y : array of shape (n,)
        What happened.
    fair : bool
        Average |x - x'| over pairs of different draws (m (m - 1)), which estimates the score of the
        distribution behind the draws without bias; else over all m^2, the score of the draws
        themselves taken as the forecast.

    Returns
    -------
    ndarray of shape (n,)
        In the unit of y. Fair scores may be negative.

    Raises
    ------
    InvalidArgument
        If a value is not finite, shapes differ, or there are fewer than two draws for `fair`.

    Notes
    -----
    The score of the draws themselves rewards small m less than it should: use it only to compare
    forecasts with the same m. Cost: O(n m log m).

    Source
    ------
    Gneiting & Raftery (2007), equation 21; Ferro, Fair scores for ensemble forecasts (2014),
    equation 2.

    Examples
    --------
    >>> crps_samples([[0.0, 2.0]], [1.0]), crps_samples([[0.0, 2.0]], [1.0], fair=False)
    (array([0.]), array([0.5]))
    """
    function = "crps_samples"
    outcome = _column(y, function)
    draws = np.sort(_matrix(samples, outcome, function, "samples"), axis=1)
    m = draws.shape[1]
    if fair and m < 2:
        raise InvalidArgument(
            sentence(function, "samples", "hold at least two draws for each case", m,
                     "With one, pass fair=False.")
        )  # fmt: skip
    to_outcome = np.abs(draws - outcome[:, None]).mean(axis=1)
    centred = draws - draws[:, :1]
    pairs = centred @ (2.0 * np.arange(1, m + 1) - m - 1.0)  # sum over i < j of x_j - x_i
    return to_outcome - pairs / (m * (m - 1.0) if fair else float(m * m))


def crps_quantiles(quantiles: object, levels: object, y: object) -> Floats:
    """Continuous ranked probability score from quantiles, case by case, by weighted pinball losses.

    CRPS ~ 2 sum_k w_k (y - q_k)(tau_k - [y < q_k]),  w_k the share of (0, 1) next to tau_k

    Parameters
    ----------
    quantiles : array of shape (n, m)
        Quantiles of each forecast, ascending.
    levels : array of shape (m,)
        Their levels tau, ascending, strictly inside (0, 1).
    y : array of shape (n,)
        What happened.

    Returns
    -------
    ndarray of shape (n,)
        In the unit of y, 0 or more.

    Raises
    ------
    InvalidArgument
        If shapes differ, a value is not finite, levels leave (0, 1) or do not ascend, or quantiles
        cross.

    Notes
    -----
    w_k reaches from halfway to the level below (0 at the end) to halfway to the one above (1). For
    levels (k - 1/2) / m it is exactly the score of the m quantiles as draws (`fair=False`). The sum
    stands for an integral: few levels leave out what happens beyond the outermost. Cost: O(nm).

    Source
    ------
    Gneiting & Ranjan, Comparing density forecasts using threshold- and quantile-weighted scoring
    rules (2011), equation 13.

    Examples
    --------
    >>> crps_quantiles([[0.0, 2.0]], [0.25, 0.75], [1.0])
    array([0.5])
    """
    function = "crps_quantiles"
    outcome = _column(y, function)
    q = _matrix(quantiles, outcome, function, "quantiles")
    tau = _column(levels, function, "levels")
    if len(tau) != q.shape[1]:
        raise InvalidArgument(
            sentence(function, "levels", f"have one entry for {q.shape[1]} quantiles", len(tau))
        )
    if not (np.all(tau > 0) and np.all(tau < 1) and np.all(np.diff(tau) > 0)):
        raise InvalidArgument(sentence(function, "levels", "ascend strictly inside (0, 1)", tau))
    if (crossed := np.diff(q, axis=1) < 0).any():
        row = int(np.argwhere(crossed)[0, 0])
        raise InvalidArgument(
            sentence(function, "quantiles", "ascend in each row", f"a crossing in row {row}",
                     "Sort each row if that is what is meant.")
        )  # fmt: skip
    edges = np.concatenate([[0.0], (tau[1:] + tau[:-1]) / 2.0, [1.0]])
    pinball = (outcome[:, None] - q) * (tau - (outcome[:, None] < q))
    return 2.0 * (pinball @ np.diff(edges))


def _column(values: object, function: str, argument: str = "y") -> Floats:
    column = to_numpy(as_array(values, function=function, argument=argument)).astype(np.float64)
    if column.ndim != 1 or not len(column):
        got = f"shape {column.shape}"
        raise WrongType(sentence(function, argument, "have shape (n,), n at least 1", got))
    return _finite(column, function, argument)


def _matrix(values: object, outcome: Floats, function: str, argument: str) -> Floats:
    matrix = to_numpy(as_array(values, function=function, argument=argument)).astype(np.float64)
    if matrix.ndim != 2 or len(matrix) != len(outcome) or not matrix.shape[1]:
        got = f"shape {matrix.shape}"
        raise InvalidArgument(sentence(function, argument, f"have shape ({len(outcome)}, m)", got))
    return _finite(matrix, function, argument)


def _finite(values: Floats, function: str, argument: str) -> Floats:
    if not np.isfinite(values).all():
        at = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
        raise InvalidArgument(
            sentence(function, argument, "be finite", f"{values[at]} at index {at}")
        )
    return values


def _like(value: object, outcome: Floats, function: str, argument: str) -> Floats:
    array = to_numpy(as_array(value, function=function, argument=argument)).astype(np.float64)
    if array.shape not in ((), outcome.shape):
        got = f"shape {array.shape}"
        raise InvalidArgument(
            sentence(function, argument, f"be a number or have shape {outcome.shape}", got)
        )
    return np.broadcast_to(_finite(np.atleast_1d(array), function, argument), outcome.shape)
