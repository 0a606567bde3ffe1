"""Rate-distortion: the fewest nats with which a source can be described to within a distortion."""

from __future__ import annotations

import numpy as np

from infoscope.channels.described_source import Description, Source
from infoscope.channels.reading import read_number, read_steps, read_tolerance
from infoscope.channels.results import RateDistortion, RateDistortionCurve
from infoscope.core.arrays import as_array, to_numpy
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.units import UNITS, Unit, check_unit, from_nats

__all__ = ["rate_distortion", "rate_distortion_curve"]


def rate_distortion(
    p: object,
    d: object,
    *,
    slope: float | None = None,
    distortion: float | None = None,
    unit: Unit = "nats",
    tolerance: float = 1e-10,
    max_steps: int = 500,
) -> RateDistortion:
    """Rate-distortion function of the source `p` under the distortion matrix `d`.

    R(D) = min of I(X;Y) over p(y|x) with sum p(x) p(y|x) d(x,y) <= D

    Parameters
    ----------
    p : array of shape (n_letters,)
        The source.
    d : array of shape (n_letters, n_reproductions)
        Distortion of reproducing letter x by y: non-negative; inf forbids it.
    slope : float, optional
        Minimise I + slope * E[d]: the point of the curve where -dR/dD = slope, in `unit` per unit
        of distortion; from 0 (nothing is described) to inf (the smallest distortion).
    distortion : float, optional
        The target D. Give exactly one of `slope` and `distortion`.
    unit : {"nats", "bits", "bans"}
        Unit of the result.
    tolerance : float, default 1e-10
        The gap to stop at, in nats.
    max_steps : int, default 500
        The most Newton steps over all slopes that are tried.

    Returns
    -------
    RateDistortion
        `value` in `unit` per letter, from 0 to H(p); R lies in [value - gap, value].

    Raises
    ------
    NotADistribution
        If `p` holds NaN or negative values or does not sum to one.
    InvalidArgument
        If a shape is wrong, a distortion is negative or NaN, `slope` is negative, not exactly one
        of slope and distortion is given, or the target is below the smallest distortion possible,
        sum p(x) min_y d(x,y), which the message states.

    Notes
    -----
    For a slope s the problem is convex in the reproduction r(y) alone: minimise
    -sum p log sum_y r exp(-s d). The lower bound is its dual, which any r gives. A target is met by
    bracketing the slope, then mixing the test channels of both ends: the mixture is feasible, which
    makes its rate an upper bound, and each slope's tangent is a lower bound. Straight pieces of the
    curve, where one slope has many distortions, are met exactly in this way. One step costs
    O(n_reproductions^2 n_letters). A target at the smallest distortion is solved as slope inf,
    exactly.

    Source
    ------
    Blahut (1972), theorems 5, 6 and 7; Csiszár (1974); Berger, Rate Distortion Theory (1971), 2.5.

    Examples
    --------
    >>> hamming = [[0, 1], [1, 0]]
    >>> result = rate_distortion([0.5, 0.5], hamming, distortion=0.1, unit="bits")
    >>> round(result.value, 9)  # 1 - h(0.1)
    0.531004406
    >>> rate_distortion([0.5, 0.5], hamming, distortion=0.6).value
    0.0
    """
    function = "rate_distortion"
    check_unit(unit, function)
    source = Source.read(p, d, function)
    within = read_tolerance(tolerance, function)
    limit = read_steps(max_steps, function)
    if (slope is None) == (distortion is None):
        got = "neither" if slope is None else "both"
        advice = "slope= picks a point by its tangent, distortion= by its place."
        requirement = "be exactly one of slope and distortion"
        raise InvalidArgument(sentence(function, "target", requirement, got, advice))
    if slope is not None:
        s = read_number(slope, function, "slope", low=0.0, finite=False) * UNITS[unit]
        found = source.at_slope(s, within, limit)
    else:
        target = source.check_target(distortion, function)
        found = source.at_distortion(target, within, limit)
    return _point(source, found, unit, within)


def rate_distortion_curve(
    p: object,
    d: object,
    distortions: object | None = None,
    *,
    n: int = 50,
    unit: Unit = "nats",
    tolerance: float = 1e-10,
    max_steps: int = 500,
) -> RateDistortionCurve:
    """Rate-distortion curve of the source `p` under `d`, at given or evenly spaced distortions.

    R(D) for D from the smallest mean distortion to the one that needs no description

    Parameters
    ----------
    p : array of shape (n_letters,)
        The source.
    d : array of shape (n_letters, n_reproductions)
        Distortions, non-negative; inf forbids a reproduction.
    distortions : array of shape (n,), optional
        The targets; by default `n` of them, evenly spaced over the whole curve.
    n : int, default 50
        Number of points where no targets are given, at least 2.
    unit : {"nats", "bits", "bans"}
        Unit of the rates.
    tolerance : float, default 1e-10
        The gap of each point, in nats.
    max_steps : int, default 500
        The most Newton steps a point.

    Returns
    -------
    RateDistortionCurve
        `distortions`, `rates`, `slopes`, and the `points` with their test channels.

    Raises
    ------
    NotADistribution
        If `p` is no distribution.
    InvalidArgument
        As `rate_distortion`; or if every reproduction is forbidden for some letter, so that the
        curve has no upper end and targets must be given.

    Notes
    -----
    Each point is solved for itself, with its own proof; cost as `rate_distortion`, n times.

    Source
    ------
    Blahut (1972), theorem 5.

    Examples
    --------
    >>> curve = rate_distortion_curve([0.5, 0.5], [[0, 1], [1, 0]], n=3, unit="bits")
    >>> curve.distortions.tolist(), curve.rates.round(6).tolist()
    ([0.0, 0.25, 0.5], [1.0, 0.188722, 0.0])
    """
    function = "rate_distortion_curve"
    check_unit(unit, function)
    source = Source.read(p, d, function)
    within = read_tolerance(tolerance, function)
    limit = read_steps(max_steps, function)
    if distortions is None:
        if not np.isfinite(source.most):
            advice = "Say which targets you want."
            got = "None, and a forbidden reproduction of some letter in every column of d"
            raise InvalidArgument(sentence(function, "distortions", "be given", got, advice))
        targets = np.linspace(source.least, source.most, read_steps(n, function, "n", low=2))
        targets[-1] = source.most
    else:
        given = to_numpy(as_array(distortions, function=function, argument="distortions"))
        targets = np.array(given, dtype=np.float64)
        if targets.ndim != 1 or len(targets) == 0:
            got = f"shape {targets.shape}"
            raise InvalidArgument(sentence(function, "distortions", "be a vector of targets", got))
        for target in targets:
            source.check_target(float(target), function)
    found = [source.at_distortion(float(target), within, limit) for target in targets]
    return RateDistortionCurve(tuple(_point(source, point, unit, within) for point in found))


def _point(source: Source, found: Description, unit: Unit, within: float) -> RateDistortion:
    return RateDistortion(
        value=from_nats(found.rate, unit),
        unit=unit,
        converged=found.gap <= within,
        gap=from_nats(found.gap, unit),
        n_steps=found.n_steps,
        distortion=found.distortion,
        slope=from_nats(found.slope, unit),
        test_channel=found.channel,
        reproduction=source.p @ found.channel,
    )
