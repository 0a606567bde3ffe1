"""Channels whose capacity has a closed form: binary, M-ary, and Gaussian by water-filling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from infoscope.channels.reading import Matrix, read_number, read_steps
from infoscope.channels.results import Capacity, GaussianCapacity
from infoscope.core.arrays import as_array, to_numpy
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.units import Unit, check_unit, from_nats

__all__ = [
    "binary_erasure",
    "binary_symmetric",
    "gaussian_capacity",
    "parallel_gaussian_capacity",
    "read_positive",
    "symmetric_channel",
    "z_channel",
]


def binary_symmetric(eps: float, *, unit: Unit = "nats") -> Capacity:
    """Capacity of the binary symmetric channel, which flips a bit with probability `eps`.

    C = log 2 - h(eps),  h(e) = -e log e - (1 - e) log(1 - e)

    Parameters
    ----------
    eps : float
        Probability of a flip, in [0, 1].
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    Capacity
        `value` in `unit`, from 0 (eps = 1/2) to log 2 (eps = 0, and eps = 1 as well); the
        transition matrix is `.channel`, inputs and outputs in the order 0, 1.

    Raises
    ------
    InvalidArgument
        If `eps` is not in [0, 1].

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), equation 7.5.

    Examples
    --------
    >>> print(binary_symmetric(0.11, unit="bits"))
    capacity 0.500084 bits (exact)
    """
    return symmetric_channel(
        2, read_number(eps, "binary_symmetric", "eps", low=0, high=1), unit=unit
    )


def symmetric_channel(m: int, eps: float, *, unit: Unit = "nats") -> Capacity:
    """Capacity of the M-ary symmetric channel: with probability `eps` another symbol, evenly.

    C = log m - h(eps) - eps log(m - 1)

    Parameters
    ----------
    m : int
        Number of symbols, at least 2.
    eps : float
        Probability of an error, in [0, 1].
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    Capacity
        `value` in `unit`, from 0 (eps = 1 - 1/m) to log m (eps = 0); uniform optimal input.

    Raises
    ------
    InvalidArgument
        If `m` is below 2 or `eps` not in [0, 1].

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), theorem 7.2.1.

    Examples
    --------
    >>> round(symmetric_channel(4, 0.0, unit="bits").value, 12)
    2.0
    """
    function = "symmetric_channel"
    check_unit(unit, function)
    size = read_steps(m, function, "m", low=2)
    e = read_number(eps, function, "eps", low=0, high=1)
    W = np.full((size, size), e / (size - 1))
    np.fill_diagonal(W, 1 - e)
    even = np.full(size, 1 / size)
    # log m - H(row), as a divergence from uniform: no digits are lost where the two nearly agree
    value = _relative(1 - e, 1 / size) + _relative(e, (size - 1) / size)
    return _exact(max(value, 0.0), unit, even, W)


def binary_erasure(eps: float, *, unit: Unit = "nats") -> Capacity:
    """Capacity of the binary erasure channel, which loses a bit, and says so, with probability eps.

    C = (1 - eps) log 2

    Parameters
    ----------
    eps : float
        Probability of an erasure, in [0, 1].
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    Capacity
        `value` in `unit`, from 0 to log 2; outputs in the order 0, erased, 1.

    Raises
    ------
    InvalidArgument
        If `eps` is not in [0, 1].

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), equation 7.15.

    Examples
    --------
    >>> binary_erasure(0.25, unit="bits").value
    0.75
    """
    check_unit(unit, "binary_erasure")
    e = read_number(eps, "binary_erasure", "eps", low=0, high=1)
    W = np.array([[1 - e, e, 0.0], [0.0, e, 1 - e]])
    return _exact((1 - e) * math.log(2), unit, np.array([0.5, 0.5]), W)


def z_channel(eps: float, *, unit: Unit = "nats") -> Capacity:
    """Capacity of the Z-channel: 0 arrives safely, 1 becomes 0 with probability `eps`.

    C = log(1 + (1 - eps) eps^(eps / (1 - eps)))

    Parameters
    ----------
    eps : float
        Probability that a 1 arrives as 0, in [0, 1].
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    Capacity
        `value` in `unit`, from 0 (eps = 1) to log 2 (eps = 0). The optimal input uses 1 less often
        than 0, but never less than 1/e of the time as eps approaches 1.

    Raises
    ------
    InvalidArgument
        If `eps` is not in [0, 1].

    Notes
    -----
    p(X=1) = t / (1 + (1 - eps) t) with t = eps^(eps / (1 - eps)). At eps = 1 every input is as good
    (the output is always 0); the limit of the optimal input, p(X=1) = 1/e, is given there.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), problem 7.8; Golomb (1980).

    Examples
    --------
    >>> result = z_channel(0.5, unit="bits")
    >>> round(result.value, 12)  # log2(5/4)
    0.321928094887
    >>> result.input_distribution.tolist()
    [0.6, 0.4]
    """
    check_unit(unit, "z_channel")
    e = read_number(eps, "z_channel", "eps", low=0, high=1)
    # the ends are limits: 1 at eps = 0 and 1/e at eps = 1
    t = math.exp(-e) if e in (0.0, 1.0) else math.exp(e * math.log(e) / (1 - e))
    one = t / (1 + (1 - e) * t)
    W = np.array([[1.0, 0.0], [e, 1 - e]])
    return _exact(math.log1p((1 - e) * t), unit, np.array([1 - one, one]), W)


def gaussian_capacity(snr: float, *, unit: Unit = "nats") -> GaussianCapacity:
    """Capacity of the additive white Gaussian noise channel, per real use.

    C = log(1 + snr) / 2

    Parameters
    ----------
    snr : float
        Power of the input over the variance of the noise, at least 0 (a ratio, not decibels).
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    GaussianCapacity
        `value` in `unit` per real use, from 0 up; a complex use, or a use of bandwidth W for 1 / W
        seconds, is two of them. The optimal input is Gaussian with variance `powers[0]`, in units
        of the noise.

    Raises
    ------
    InvalidArgument
        If `snr` is negative, NaN or infinite.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), equation 9.17.

    Examples
    --------
    >>> gaussian_capacity(3.0, unit="bits").value
    1.0
    """
    check_unit(unit, "gaussian_capacity")
    ratio = read_number(snr, "gaussian_capacity", "snr", low=0.0)
    return GaussianCapacity(
        value=from_nats(math.log1p(ratio) / 2, unit),
        unit=unit,
        converged=True,
        gap=0.0,
        n_steps=0,
        powers=np.array([ratio]),
        noise=np.array([1.0]),
        water_level=1 + ratio,
    )


def parallel_gaussian_capacity(
    noise: object, power: float, *, unit: Unit = "nats"
) -> GaussianCapacity:
    """Capacity of parallel Gaussian channels that share one power, by water-filling.

    C = sum log(1 + P_i / N_i) / 2,  P_i = max(level - N_i, 0),  sum P_i = power

    Parameters
    ----------
    noise : array of shape (n_channels,)
        Variance of the noise in each channel, positive.
    power : float
        Total power, at least 0.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    GaussianCapacity
        `value` in `unit` per use of all channels; `powers` says who gets what.

    Raises
    ------
    InvalidArgument
        If a variance is not positive and finite, or the power is negative or not finite.

    Notes
    -----
    Exact: the level is found by sorting, O(n log n), not by search. For coloured noise or a filter,
    pass the eigenvalues of the noise covariance, or noise over squared gain by frequency.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), equations 9.73 to 9.76.

    Examples
    --------
    >>> result = parallel_gaussian_capacity([1.0, 4.0], 5.0, unit="bits")
    >>> result.powers.tolist(), result.water_level, round(result.value, 12)
    ([4.0, 1.0], 5.0, 1.321928094887)
    """
    function = "parallel_gaussian_capacity"
    check_unit(unit, function)
    levels = read_positive(noise, function, "noise")
    total = read_number(power, function, "power", low=0.0)
    ordered = np.sort(levels)
    reached = (total + np.cumsum(ordered)) / np.arange(1, len(ordered) + 1)
    used = int(np.flatnonzero(reached >= ordered)[-1])
    level = float(reached[used])
    powers = np.maximum(level - levels, 0.0)
    return GaussianCapacity(
        value=from_nats(float(np.log1p(powers / levels).sum()) / 2, unit),
        unit=unit,
        converged=True,
        gap=0.0,
        n_steps=0,
        powers=powers,
        noise=levels,
        water_level=level,
    )


def read_positive(x: object, function: str, argument: str) -> Matrix:
    """Return a vector of positive, finite numbers."""
    array: Any = to_numpy(as_array(x, function=function, argument=argument))
    values = np.array(array, dtype=np.float64)
    if values.ndim != 1 or len(values) == 0:
        got = f"shape {values.shape}"
        raise InvalidArgument(sentence(function, argument, "be a vector of variances", got))
    bad = np.flatnonzero(~((values > 0) & np.isfinite(values)))
    if len(bad):
        got = f"{float(values[bad[0]])} at index {int(bad[0])}"
        raise InvalidArgument(sentence(function, argument, "be positive and finite", got))
    return values


def _relative(p: float, q: float) -> float:
    return p * math.log(p / q) if p > 0 else 0.0


def _exact(value: float, unit: Unit, p: Matrix, W: Matrix) -> Capacity:
    return Capacity(
        value=from_nats(0.0 + value, unit),
        unit=unit,
        converged=True,
        gap=0.0,
        n_steps=0,
        input_distribution=p,
        output_distribution=p @ W,
        channel=W,
    )
