"""What noisy activations say of input and label: quadrature, Monte Carlo, and proven bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import xlogy

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.probe.planes.cloud import Cloud
from infoscope.probe.representations.matrices import Floats

__all__ = ["Reading", "bracket", "by_draws", "by_quadrature", "noisy_directions"]

_BLOCK = 2**20  # pairs of a draw and a point held at a time: 8 MB
_REACH = 9.0  # standard deviations around a point that hold all but 2e-19 of its mass
_NODES = (12, 16)  # Gauss-Legendre nodes on a piece of two standard deviations: coarse, fine
_MOST_WORK = 3e9  # multiplications that a quadrature may cost before draws are cheaper
_FAR = 1e5  # spread over noise from which products lose the digits of distances


@dataclass(frozen=True, slots=True)
class Reading:
    """A value in nats with what is known of its error: a standard error, or two proven ends."""

    value: float
    stderr: float | None = None
    low: float | None = None
    high: float | None = None
    how: str = ""


def noisy_directions(cloud: Cloud, std: float) -> Floats:
    """Return the points, centred and in units of the noise, in as few axes as they span.

    Turning isotropic noise leaves it as it is, and an axis along which nothing moves holds noise
    alone. An axis whose points have a mean square of at most 1e-18 of the noise is left out; a
    Gaussian channel bounds what it could say by half of that, in nats.
    """
    points = cloud.points / std
    points = points - cloud.weights @ points
    scale = float(np.max(np.abs(points)))
    if not math.isfinite(scale):
        raise InvalidArgument(
            sentence("information_plane", "noise", "have a std that activations can be divided by",
                     f"{std:g}", "Choose a larger one.")
        )  # fmt: skip
    if scale == 0:
        return np.zeros((len(points), 0))
    moving = points[:, np.any(np.abs(points) > 1e-9, axis=0)]
    if moving.shape[1] < 2:
        return np.ascontiguousarray(moving)
    values, axes = np.linalg.eigh((moving * cloud.weights[:, None]).T @ moving)
    kept = values > max(1e-18, 1e-14 * float(values[-1]))
    if kept.all():
        return np.ascontiguousarray(moving)
    return np.ascontiguousarray(moving @ axes[:, kept])


def by_quadrature(cloud: Cloud, std: float) -> tuple[Reading, Reading] | None:
    """Return I(X;T) and I(T;Y) by quadrature in at most two axes; None if there are more.

    I(X;T) = h(T) - d log(2 pi e std^2) / 2; the error is the difference of two rules.
    """
    points = noisy_directions(cloud, std)
    if points.shape[1] == 0:
        exact = Reading(0.0, 0.0, how="exact")
        return exact, exact
    if points.shape[1] > 2:
        return None
    rules = [[_rule(axis, n) for n in _NODES] for axis in points.T]
    sizes = [len(rule[1][0]) for rule in rules]
    if math.prod(sizes) * len(points) * (1 + cloud.joint.shape[1]) > _MOST_WORK:
        return None
    coarse, fine = (_integrals(cloud, points, [rule[i] for rule in rules]) for i in (0, 1))
    how = "quadrature"
    return (
        Reading(fine[0], abs(fine[0] - coarse[0]), how=how),
        Reading(fine[1], abs(fine[1] - coarse[1]), how=how),
    )


def by_draws(
    cloud: Cloud, std: float, n_draws: int, rng: np.random.Generator
) -> tuple[Reading, Reading]:
    """Return I(X;T) and I(T;Y) by drawing T, each point with its noise and the opposite noise.

    I(X;T) = E log p(t|x) / p(t), I(T;Y) = E log p(t, y) / (p(t) p(y)): densities are exact sums
    over all points, so that the mean is unbiased and its standard error is all of the error.
    """
    points = noisy_directions(cloud, std)
    weights, n, d = cloud.weights, len(points), points.shape[1]
    pairs = max(2, n_draws // 2)
    each = pairs // n
    if each >= 2:  # every point as often as any other: only its noise varies
        index = np.repeat(np.arange(n), each)
    else:
        index = rng.choice(n, size=pairs, p=weights / weights.sum())
    values = np.zeros((len(index), 3))
    step = max(1, _BLOCK // n)
    log_odds = _LogOdds(cloud, points)
    for start in range(0, len(index), step):
        at = index[start : start + step]
        noise = rng.standard_normal((len(at), d))
        for side in (noise, -noise):
            values[start : start + step] += 0.5 * log_odds.of(at, side)
    _take_off(values)
    if each >= 2:
        groups = values.reshape(n, each, 3)
        means = weights @ groups.mean(1)
        spread = np.sqrt(weights**2 @ (groups.var(1, ddof=1) / each))
    else:
        means = values.mean(0)
        spread = values.std(0, ddof=1) / math.sqrt(len(values))
    how = f"{2 * len(index):,} draws"
    return (
        Reading(float(means[0]), float(spread[0]), how=how),
        Reading(float(means[1]), float(spread[1]), how=how),
    )


def bracket(cloud: Cloud, std: float, alpha: float) -> tuple[Reading, Reading]:
    """Return I(X;T) and I(T;Y) between bounds from pairwise distances; the value is the middle.

    low, high of I(X;T) = -sum_i w_i log sum_j w_j exp(-D_ij), D the Chernoff and the KL divergence;
    I(T;Y) = I(X;T) - I(X;T|Y), each within its bounds, and within 0 and what X and T allow.
    """
    points = noisy_directions(cloud, std)
    weights = cloud.weights
    given = cloud.joint / cloud.label_weights  # (n, c): mass of a point within a label
    both = np.hstack([weights[:, None], given])
    masses = np.hstack([weights[:, None], cloud.joint])
    sums = np.zeros((2, both.shape[1]))  # low and high: of all points, and of each label
    step = max(1, _BLOCK // len(points))
    with np.errstate(divide="ignore", invalid="ignore"):
        for start in range(0, len(points), step):
            stop = min(start + step, len(points))
            half = _exponents(points[start:stop], points)
            i = np.arange(stop - start)
            half[i, start + i] = 0.0
            own = masses[start:stop]
            for row, factor in enumerate((alpha * (1.0 - alpha), 1.0)):
                logs = np.log(np.exp(half * factor) @ both)
                sums[row] -= np.where(own > 0, own * logs, 0.0).sum(0)
    low, high = float(sums[0, 0]), float(sums[1, 0])
    low_given, high_given = float(sums[0, 1:].sum()), float(sums[1, 1:].sum())
    low_y = max(low - high_given, 0.0)
    high_y = min(high - low_given, high, cloud.label_information)
    how = "pairwise-distance bounds"
    return (
        Reading(0.5 * (low + high), low=low, high=high, how=how),
        Reading(0.5 * (low_y + high_y), low=low_y, high=high_y, how=how),
    )


def _take_off(values: Floats) -> None:
    """Take from the values what the control explains of them: its mean is 0, its noise is not."""
    control = values[:, 2]
    power = float(control @ control)
    if power > 0:
        for column in (0, 1):
            centred = values[:, column] - values[:, column].mean()
            values[:, column] -= control * (float(centred @ control) / power)


class _LogOdds:
    """log p(t|x) / p(t), the mean over labels of log p(t, y) / (p(t) p(y)), and a control.

    The control is log p(t|x) less its mean, which is known to be -d / 2.
    """

    def __init__(self, cloud: Cloud, points: Floats) -> None:
        self.points = points
        weights = cloud.weights
        self.masses = np.hstack([weights[:, None], cloud.joint / cloud.label_weights])  # (n, 1 + c)
        self.given = cloud.joint / weights[:, None]  # (n, c): probability of a label at a point

    def of(self, at: np.ndarray, noise: Floats) -> Floats:
        draws = self.points[at] + noise  # (b, d)
        block = _exponents(draws, self.points)
        own = -0.5 * np.einsum("ij,ij->i", noise, noise)
        top = block.max(1, keepdims=True)
        block -= top
        np.exp(block, out=block)
        densities = block @ self.masses  # (b, 1 + c), divided by exp(top)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(densities)
            given = self.given[at]
            of_label = np.where(given > 0, given * (logs[:, 1:] - logs[:, :1]), 0.0).sum(1)
        return np.stack(
            [own - top[:, 0] - logs[:, 0], of_label, own + 0.5 * noise.shape[1]], axis=1
        )


def _exponents(draws: Floats, points: Floats) -> Floats:
    """Return -|t - x|^2 / 2 for every draw and point.

    Products are faster; where coordinates are large beside the noise they would lose its digits.
    """
    if points.size and float(np.max(np.abs(points))) > _FAR:
        return -0.5 * np.asarray(cdist(draws, points, "sqeuclidean"), dtype=np.float64)
    block = draws @ points.T
    block -= 0.5 * np.einsum("ij,ij->i", points, points)
    block -= 0.5 * np.einsum("ij,ij->i", draws, draws)[:, None]
    return block


def _rule(centres: Floats, n: int) -> tuple[Floats, Floats]:
    """Return nodes and weights that cover the reach of every centre on one axis."""
    first = math.floor((float(centres.min()) - _REACH) / 2.0)
    cells = np.floor((centres - 2.0 * first) / 2.0).astype(np.int64)
    around = np.arange(-math.ceil(_REACH / 2.0), math.ceil(_REACH / 2.0) + 1)
    wanted = np.unique((np.unique(cells)[:, None] + around).ravel())
    nodes, weights = np.polynomial.legendre.leggauss(n)
    x = 2.0 * first + 2.0 * wanted[:, None] + 1.0 + nodes
    return x.ravel(), np.tile(weights, len(wanted))


def _integrals(
    cloud: Cloud, points: Floats, rules: list[tuple[Floats, Floats]]
) -> tuple[float, float]:
    """Return I(X;T) and I(T;Y) from densities on the product of one or two rules."""
    weights = cloud.weights
    kernels = [
        np.exp(-0.5 * (nodes[:, None] - axis) ** 2) / math.sqrt(2 * math.pi)
        for (nodes, _), axis in zip(rules, points.T, strict=True)
    ]
    cells = rules[0][1] if len(rules) == 1 else np.outer(rules[0][1], rules[1][1])

    def density(masses: Floats) -> Floats:
        first = kernels[0] * masses
        return first.sum(1) if len(kernels) == 1 else first @ kernels[1].T

    p = density(weights)
    noise = 0.5 * len(rules) * math.log(2 * math.pi * math.e)
    of_input = -float(np.sum(cells * xlogy(p, p))) - noise
    of_label = 0.0
    for y, mass in enumerate(cloud.label_weights):
        if mass > 0:
            joint = density(cloud.joint[:, y])
            logs = xlogy(joint, joint) - xlogy(joint, p) - joint * math.log(float(mass))
            of_label += float(np.sum(cells * logs))
    return of_input, of_label
