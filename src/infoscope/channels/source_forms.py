"""Sources whose rate-distortion function has a closed form, and Mrs. Gerber's lemma."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import entr

from infoscope.channels.channel_forms import read_positive
from infoscope.channels.reading import read_number, read_steps
from infoscope.channels.results import GaussianRateDistortion, RateDistortion
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.units import UNITS, Unit, check_unit, from_nats

__all__ = [
    "bernoulli_rate_distortion",
    "gaussian_rate_distortion",
    "mrs_gerber",
    "parallel_gaussian_rate_distortion",
    "uniform_rate_distortion",
]


def bernoulli_rate_distortion(
    p: float, distortion: float, *, unit: Unit = "nats"
) -> RateDistortion:
    """Rate-distortion function of a biased coin under Hamming distortion.

    R(D) = h(p) - h(D) for D < min(p, 1 - p), else 0

    Parameters
    ----------
    p : float
        Probability of a 1, in [0, 1].
    distortion : float
        Probability of a wrong bit that is allowed, in [0, 1].
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    RateDistortion
        `value` in `unit` per bit of the source, from 0 to h(p), with its test channel.

    Raises
    ------
    InvalidArgument
        If `p` or `distortion` is not in [0, 1].

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), theorem 10.3.1.

    Examples
    --------
    >>> round(bernoulli_rate_distortion(0.5, 0.11, unit="bits").value, 9)
    0.500084042
    """
    function = "bernoulli_rate_distortion"
    check_unit(unit, function)
    bias = read_number(p, function, "p", low=0, high=1)
    D = read_number(distortion, function, "distortion", low=0, high=1)
    rare = min(bias, 1 - bias)
    if rare <= D:
        channel = np.zeros((2, 2))
        channel[:, int(bias > 0.5)] = 1.0
        return _coin(0.0, unit, rare, 0.0, channel, bias)
    one = (bias - D) / (1 - 2 * D)  # the reproduction, seen through a flip of D, is the source
    r = np.array([1 - one, one])
    flip = np.array([[1 - D, D], [D, 1 - D]])
    joint = r * flip
    slope = math.log((1 - D) / D) if D > 0 else math.inf
    return _coin(
        _binary_entropy(bias) - _binary_entropy(D),
        unit,
        D,
        slope,
        joint / joint.sum(axis=1, keepdims=True),
        bias,
    )


def uniform_rate_distortion(m: int, distortion: float, *, unit: Unit = "nats") -> RateDistortion:
    """Rate-distortion function of `m` equally likely letters under Hamming distortion.

    R(D) = log m - h(D) - D log(m - 1) for D < 1 - 1/m, else 0

    Parameters
    ----------
    m : int
        Number of letters, at least 2.
    distortion : float
        Probability of a wrong letter that is allowed, in [0, 1].
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    RateDistortion
        `value` in `unit` per letter, from 0 to log m, with its test channel.

    Raises
    ------
    InvalidArgument
        If `m` is below 2 or `distortion` not in [0, 1].

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), problem 10.5.

    Examples
    --------
    >>> round(uniform_rate_distortion(8, 0.0, unit="bits").value, 12)
    3.0
    """
    function = "uniform_rate_distortion"
    check_unit(unit, function)
    size = read_steps(m, function, "m", low=2)
    D = read_number(distortion, function, "distortion", low=0, high=1)
    D = min(D, 1 - 1 / size)
    channel = np.full((size, size), D / (size - 1))
    np.fill_diagonal(channel, 1 - D)
    rate = max(math.log(size) - _binary_entropy(D) - D * math.log(size - 1), 0.0)
    slope = math.log((1 - D) * (size - 1) / D) if D > 0 else math.inf
    even = np.full(size, 1 / size)
    price = from_nats(max(slope, 0.0), unit)
    return RateDistortion(from_nats(rate, unit), unit, True, 0.0, 0, D, price, channel, even)


def gaussian_rate_distortion(
    variance: float, distortion: float, *, unit: Unit = "nats"
) -> GaussianRateDistortion:
    """Rate-distortion function of a Gaussian source under squared error.

    R(D) = log(variance / D) / 2 for D < variance, else 0

    Parameters
    ----------
    variance : float
        Variance of the source, positive.
    distortion : float
        Mean squared error that is allowed, at least 0.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    GaussianRateDistortion
        `value` in `unit` per sample, from 0 up to inf (no error at all).

    Raises
    ------
    InvalidArgument
        If `variance` is not positive or `distortion` is negative.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), theorem 10.3.2.

    Examples
    --------
    >>> gaussian_rate_distortion(1.0, 0.25, unit="bits").value
    1.0
    """
    check_unit(unit, "gaussian_rate_distortion")
    read_number(variance, "gaussian_rate_distortion", "variance", low=0.0)
    return _water(variance, distortion, unit, "gaussian_rate_distortion", "variance")


def parallel_gaussian_rate_distortion(
    variances: object, distortion: float, *, unit: Unit = "nats"
) -> GaussianRateDistortion:
    """Rate of independent Gaussian sources under total squared error: reverse water-filling.

    R(D) = sum log(variance_i / D_i) / 2,  D_i = min(level, variance_i),  sum D_i = D

    Parameters
    ----------
    variances : array of shape (n_sources,)
        Variances of the sources, positive.
    distortion : float
        Total mean squared error that is allowed, at least 0.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    GaussianRateDistortion
        `value` in `unit` for all sources together, from 0 up to inf.

    Raises
    ------
    InvalidArgument
        If a variance is not positive and finite, or `distortion` is negative.

    Notes
    -----
    Exact: the level is found by sorting, O(n log n). For a correlated Gaussian vector pass the
    eigenvalues of its covariance.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), theorem 10.3.3.

    Examples
    --------
    >>> result = parallel_gaussian_rate_distortion([4.0, 1.0], 1.5, unit="bits")
    >>> result.distortions.tolist(), round(result.value, 12)  # log2(16/3) / 2 + log2(4/3) / 2
    ([0.75, 0.75], 1.415037499279)
    """
    check_unit(unit, "parallel_gaussian_rate_distortion")
    return _water(variances, distortion, unit, "parallel_gaussian_rate_distortion", "variances")


def mrs_gerber(eps: float, conditional_entropy: float, *, unit: Unit = "nats") -> float:
    """Mrs. Gerber's bound: how uncertain a bit must be after a binary symmetric channel.

    H(Y|U) >= h(h^-1(H(X|U)) * eps),  a * b = a (1 - b) + b (1 - a)

    Parameters
    ----------
    eps : float
        Probability with which the channel from X to Y flips the bit, in [0, 1].
    conditional_entropy : float
        H(X|U) in `unit`, from 0 to log 2, for any U that Y depends on through X alone.
    unit : {"nats", "bits", "bans"}
        Unit of argument and result.

    Returns
    -------
    float
        The smallest possible H(Y|U), in `unit`, from h(eps) to log 2.

    Raises
    ------
    InvalidArgument
        If `eps` is not in [0, 1] or `conditional_entropy` not in [0, log 2].

    Notes
    -----
    With equality where U is X through another such channel. It solves the information bottleneck of
    the doubly symmetric binary source: at complexity C the largest relevance is
    log 2 - mrs_gerber(eps, log 2 - C).

    Source
    ------
    Wyner & Ziv, A theorem on the entropy of certain binary sequences I (1973), theorem 1.

    Examples
    --------
    >>> round(mrs_gerber(0.11, 0.0, unit="bits"), 9)
    0.499915958
    >>> mrs_gerber(0.11, 1.0, unit="bits")
    1.0
    """
    check_unit(unit, "mrs_gerber")
    e = read_number(eps, "mrs_gerber", "eps", low=0, high=1)
    top = from_nats(math.log(2), unit)
    h = read_number(conditional_entropy, "mrs_gerber", "conditional_entropy", low=0) * UNITS[unit]
    if h > math.log(2) * (1 + 4 * np.finfo(float).eps):
        raise InvalidArgument(
            sentence(
                "mrs_gerber",
                "conditional_entropy",
                f"be at most log 2 = {top:.6g} {unit}, the entropy of a fair bit",
                conditional_entropy,
            )
        )
    a = _inverse_binary_entropy(min(h, math.log(2)))
    return from_nats(_binary_entropy(a * (1 - e) + e * (1 - a)), unit)


def _binary_entropy(p: float) -> float:
    return float(entr(p) + entr(1 - p))


def _inverse_binary_entropy(h: float) -> float:
    """Return the p of [0, 1/2] with binary entropy `h`."""
    if h <= 0 or h >= math.log(2):
        return 0.0 if h <= 0 else 0.5
    rounding: Any = 4 * np.finfo(float).eps
    root: Any = brentq(lambda p: _binary_entropy(p) - h, 0.0, 0.5, xtol=1e-300, rtol=rounding)
    return float(root)


def _coin(
    rate: float, unit: Unit, D: float, slope: float, channel: np.ndarray, bias: float
) -> RateDistortion:
    r = np.array([1 - bias, bias]) @ channel
    return RateDistortion(
        from_nats(rate, unit), unit, True, 0.0, 0, D, from_nats(slope, unit), channel, r
    )


def _water(
    variances: object, distortion: object, unit: Unit, function: str, argument: str
) -> GaussianRateDistortion:
    given = [variances] if argument == "variance" else variances
    v = read_positive(given, function, argument)
    D = read_number(distortion, function, "distortion", low=0.0)
    D = min(D, float(v.sum()))
    ordered = np.sort(v)[::-1]  # the largest are described, the smallest given up
    rest = np.append(np.cumsum(ordered[::-1])[::-1][1:], 0.0)
    levels = (D - rest) / np.arange(1, len(v) + 1)
    fits = np.flatnonzero((levels <= ordered) & (levels >= np.append(ordered[1:], 0.0)))
    level = float(levels[fits[0]]) if len(fits) else float(ordered[0])
    shares = np.minimum(level, v)
    with np.errstate(divide="ignore"):
        rate = float(np.log(v / shares).sum()) / 2
    slope = math.inf if level == 0 else 0.5 / level
    return GaussianRateDistortion(
        value=from_nats(rate, unit),
        unit=unit,
        converged=True,
        gap=0.0,
        n_steps=0,
        distortion=D,
        distortions=shares,
        variances=v,
        water_level=level,
        slope=from_nats(slope if rate > 0 else 0.0, unit),
    )
