"""Proper scores of probability forecasts: logarithmic, Brier and spherical, all as losses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import stdtrit

from infoscope.calibrate.forecasts import Floats, Forecasts, read_forecasts
from infoscope.core.arrays import as_array, to_numpy
from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.core.result import Estimate, Interval
from infoscope.core.units import Unit, check_unit

__all__ = [
    "Score",
    "brier_score",
    "check_level",
    "example_scores",
    "log_score",
    "losses",
    "mean_score",
    "spherical_score",
]

Score: TypeAlias = Literal["log", "brier", "spherical"]


def example_scores(
    probs: object,
    labels: object,
    score: Score = "log",
    *,
    classes: Sequence[object] | None = None,
) -> Floats:
    """Score each forecast by itself; every score is a loss, 0 for certainty in what happened.

    log: -log p_y;   brier: sum_j (p_j - [j = y])^2;   spherical: 1 - p_y / |p|

    Parameters
    ----------
    probs : array of shape (n,) or (n, k), or Logits of shape (n, k)
        Probability of class 1, or one row of class probabilities a case.
    labels : array of shape (n,)
        Class numbers 0..k-1, or names listed in `classes`.
    score : {"log", "brier", "spherical"}
        Which loss.
    classes : sequence of length k, optional
        The label that each column stands for.

    Returns
    -------
    ndarray of shape (n,)
        log in nats, from 0 to inf (an impossible label: never clipped); brier from 0 to 2 for a row
        of classes and from 0 to 1, (p - y)^2, for forecasts of shape (n,); spherical from 0 to 1.

    Raises
    ------
    NotADistribution
        If `probs` holds NaN, leaves [0, 1], or a row does not sum to one (logits go in `Logits`).
    InvalidArgument, WrongType
        If lengths differ, a label is out of range or no whole number, or labels are one-hot.

    Notes
    -----
    A two-column matrix has twice the Brier loss of its second column alone: the sum runs over both
    classes, as in Brier's paper. For the log score of logits no softmax is taken. Cost: O(nk).

    Source
    ------
    Gneiting & Raftery, Strictly proper scoring rules (2007), examples 1 (Brier), 2 (spherical) and
    3 (logarithmic), with the sign turned to make losses.

    Examples
    --------
    >>> example_scores([0.75, 0.5], [1, 0], "brier")
    array([0.0625, 0.25  ])
    """
    forecasts = read_forecasts(probs, labels, function="example_scores", classes=classes)
    return losses(forecasts, score, function="example_scores")


def losses(forecasts: Forecasts, score: str, *, function: str) -> Floats:
    """Return the loss of each checked forecast."""
    p, rows = forecasts.probabilities, np.arange(forecasts.n)
    if score == "log":
        return 0.0 - forecasts.log_of_label()
    if score == "brier":
        if forecasts.is_binary:
            return (p[:, 1] - forecasts.labels) ** 2
        miss = p.copy()
        miss[rows, forecasts.labels] -= 1.0
        return np.vecdot(miss, miss)
    if score == "spherical":
        return 1.0 - p[rows, forecasts.labels] / np.sqrt(np.vecdot(p, p))
    raise UnknownName(
        sentence(function, "score", "be one of 'log', 'brier', 'spherical'", repr(score))
    )


def mean_score(
    scores: object, *, quantity: str = "mean score", unit: str = "", interval: float = 0.95
) -> Estimate:
    """Average scores of independent cases, with standard error and Student's interval.

    mean = sum_i s_i / n,   stderr = sd(s) / sqrt(n)

    Parameters
    ----------
    scores : array of shape (n,)
        One score a case, finite or +inf.
    quantity, unit : str
        What the number is, and its unit.
    interval : float in (0, 1)
        Level of the interval.

    Returns
    -------
    Estimate
        The mean; +inf if one score is. Without a standard error where n = 1 or the mean is inf.

    Raises
    ------
    InvalidArgument
        If `scores` is empty, not one-dimensional, or holds NaN, or `interval` is not in (0, 1).

    Notes
    -----
    Correlated cases (frames of a video, games of one season) make the standard error too small:
    average within clusters first.

    Source
    ------
    Student, The probable error of a mean (1908).

    Examples
    --------
    >>> print(mean_score([1.0, 2.0, 3.0], unit="nats"))
    2.00 ± 0.58 nats (mean, n=3; 95% -0.48–4.48)
    """
    check_level(interval, "mean_score")
    s = to_numpy(as_array(scores, function="mean_score", argument="scores")).astype(np.float64)
    if s.ndim != 1 or not len(s):
        got = f"shape {s.shape}"
        raise InvalidArgument(sentence("mean_score", "scores", "hold one number a case", got))
    if np.isnan(s).any():
        at = int(np.argmax(np.isnan(s)))
        raise InvalidArgument(sentence("mean_score", "scores", "hold no NaN", f"NaN at index {at}"))
    value, n = float(s.mean()), len(s)
    if not np.isfinite(value):
        note = f"{int(np.isinf(s).sum())} of {n} scores are infinite: the event had probability 0"
        return Estimate(quantity, value, unit, method="mean", n=n, notes=(note,))
    if n == 1:
        note = "no standard error from a single case"
        return Estimate(quantity, value, unit, method="mean", n=n, notes=(note,))
    stderr = float(s.std(ddof=1)) / n**0.5
    half = stderr * float(stdtrit(n - 1, 0.5 + interval / 2))
    ends = Interval(value - half, value + half, interval, "Student's t on the mean")
    return Estimate(quantity, value, unit, stderr, ends, "mean", n)


def check_level(level: object, function: str) -> None:
    """Raise unless `level` is a coverage in (0, 1)."""
    if not (isinstance(level, float) and 0 < level < 1):
        raise InvalidArgument(sentence(function, "interval", "lie in (0, 1)", repr(level)))


def log_score(
    probs: object,
    labels: object,
    *,
    classes: Sequence[object] | None = None,
    unit: Unit = "nats",
    interval: float = 0.95,
) -> Estimate:
    """Mean logarithmic loss of forecasts: how surprised they were, on average, by what happened.

    L = -(1/n) sum_i log p_i(y_i)

    Parameters
    ----------
    probs : array of shape (n,) or (n, k), or Logits of shape (n, k)
        Probability of class 1, or one row of class probabilities a case.
    labels : array of shape (n,)
        Class numbers 0..k-1, or names listed in `classes`.
    classes : sequence of length k, optional
        The label that each column stands for.
    unit : {"nats", "bits", "bans"}
        Unit of the result.
    interval : float in (0, 1)
        Level of the confidence interval.

    Returns
    -------
    Estimate
        From 0 to inf in `unit`, smaller is better. One label of probability 0 makes it inf; how
        many there were is in the notes.

    Raises
    ------
    NotADistribution, InvalidArgument, WrongType
        As `example_scores`.

    Notes
    -----
    Nothing is clipped; scikit-learn's log_loss clips at the dtype's epsilon and stays finite.

    Source
    ------
    Good, Rational decisions (1952); Gneiting & Raftery (2007), example 3.

    Examples
    --------
    >>> log_score([0.5, 0.25], [1, 0], unit="bits").value  # (1 + log2(4/3)) / 2
    0.7075187496394219
    >>> log_score([0.0, 1.0], [1, 1]).notes
    ('1 of 2 scores are infinite: the event had probability 0',)
    """
    check_unit(unit, "log_score")
    check_level(interval, "log_score")
    forecasts = read_forecasts(probs, labels, function="log_score", classes=classes)
    values = losses(forecasts, "log", function="log_score")
    return mean_score(values, quantity="log score", unit="nats", interval=interval).to(unit)


def brier_score(
    probs: object,
    labels: object,
    *,
    classes: Sequence[object] | None = None,
    interval: float = 0.95,
) -> Estimate:
    """Mean Brier loss of forecasts: the squared distance from what happened.

    B = (1/n) sum_i sum_j (p_ij - [j = y_i])^2

    Parameters
    ----------
    probs : array of shape (n,) or (n, k), or Logits of shape (n, k)
        Probability of class 1, or one row of class probabilities a case.
    labels : array of shape (n,)
        Class numbers 0..k-1, or names listed in `classes`.
    classes : sequence of length k, optional
        The label that each column stands for.
    interval : float in (0, 1)
        Level of the confidence interval.

    Returns
    -------
    Estimate
        A pure number (unit "squared probability"): 0 to 1 for forecasts of shape (n,), where it is
        (p - y)^2, and 0 to 2 for rows of classes.

    Raises
    ------
    NotADistribution, InvalidArgument, WrongType
        As `example_scores`.

    Source
    ------
    Brier, Verification of forecasts expressed in terms of probability (1950), equation 2.

    Examples
    --------
    >>> brier_score([0.75, 0.5], [1, 0]).value
    0.15625
    >>> brier_score([[0.25, 0.75], [0.5, 0.5]], [1, 0]).value
    0.3125
    """
    check_level(interval, "brier_score")
    forecasts = read_forecasts(probs, labels, function="brier_score", classes=classes)
    values = losses(forecasts, "brier", function="brier_score")
    return mean_score(values, quantity="Brier score", unit="squared probability", interval=interval)


def spherical_score(
    probs: object,
    labels: object,
    *,
    classes: Sequence[object] | None = None,
    interval: float = 0.95,
) -> Estimate:
    """Mean spherical loss of forecasts: one minus the cosine between forecast and what happened.

    S = (1/n) sum_i (1 - p_i(y_i) / |p_i|)

    Parameters
    ----------
    probs : array of shape (n,) or (n, k), or Logits of shape (n, k)
        Probability of class 1, or one row of class probabilities a case.
    labels : array of shape (n,)
        Class numbers 0..k-1, or names listed in `classes`.
    classes : sequence of length k, optional
        The label that each column stands for.
    interval : float in (0, 1)
        Level of the confidence interval.

    Returns
    -------
    Estimate
        A pure number from 0 to 1, smaller is better.

    Raises
    ------
    NotADistribution, InvalidArgument, WrongType
        As `example_scores`.

    Source
    ------
    Gneiting & Raftery, Strictly proper scoring rules (2007), example 2 (as a loss).

    Examples
    --------
    >>> round(spherical_score([[3 / 7, 4 / 7], [0.0, 1.0]], [1, 1]).value, 12)
    0.1
    """
    check_level(interval, "spherical_score")
    forecasts = read_forecasts(probs, labels, function="spherical_score", classes=classes)
    values = losses(forecasts, "spherical", function="spherical_score")
    return mean_score(values, quantity="spherical score", unit="1 - cosine", interval=interval)
