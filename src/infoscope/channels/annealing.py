"""The bottleneck curve, by annealing from many clusters to one, and its phase transitions."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from scipy.special import rel_entr

from infoscope.channels.bottleneck_results import BottleneckCurve
from infoscope.channels.reading import Matrix, read_number, read_steps, read_tolerance
from infoscope.channels.self_consistent import Clusters, Relation, anneal, price, starting_points
from infoscope.channels.soft_bottleneck import Letters, Seed, trivial
from infoscope.core.arrays import as_array, to_numpy
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.units import Unit, check_unit, from_nats

__all__ = ["bottleneck_curve"]


def bottleneck_curve(
    joint: object,
    betas: object | None = None,
    *,
    n: int = 50,
    resolution: float | None = None,
    rng: Seed = 0,
    unit: Unit = "nats",
    tolerance: float = 1e-8,
    max_steps: int = 20_000,
) -> BottleneckCurve:
    """Information-bottleneck curve of a joint table, with its phase transitions.

    (I(X;T), I(T;Y)) at the minimum of I(X;T) - beta I(T;Y), for every beta

    Parameters
    ----------
    joint : array of shape (n_x, n_y)
        Joint probabilities; axis 0 is compressed, axis 1 is what matters.
    betas : array of shape (n,), optional
        Trade-offs, at least 0; sorted in the result. By default `n` of them, evenly spaced on a
        logarithmic scale from just below the onset to where 99% of I(X;Y) is kept.
    n : int, default 50
        Number of points where no betas are given, at least 2.
    resolution : float, optional
        Relative width to which transitions are bracketed, such as 0.001; by default the spacing of
        the betas (each halving solves once more). The onset is exact in any case.
    rng : int, Generator or None, default 0
        Seed of the search for new clusters.
    unit : {"nats", "bits", "bans"}
        Unit of the result.
    tolerance : float, default 1e-8
        The gap of each point, in nats.
    max_steps : int, default 20_000
        The most rounds of the self-consistent equations a point.

    Returns
    -------
    BottleneckCurve
        `betas`, `complexities`, `relevances`, `n_clusters`, `critical_betas`, and the `points` with
        their encoders. Complexity and relevance never fall with beta, and the curve is concave.

    Raises
    ------
    NotADistribution
        If the table holds NaN or negative values or does not sum to one.
    InvalidArgument
        If the table does not have two axes, or a beta is negative or not finite.

    Notes
    -----
    Reverse annealing: from T = X at the largest beta downwards, each solution the start of the
    next, with new clusters priced in at every beta (see `information_bottleneck`, also for what the
    gaps mean). In the end each beta takes the best of all solutions found at any of them, which
    makes the curve monotone and concave by construction. The onset minimises
    KL(q‖p(x)) / KL(q K‖p(y)) over q and is at most 1 / (maximal correlation)^2; lower betas have a
    constant T. Where Y is a function of X all betas above 1 give the same point.

    Source
    ------
    Tishby, Pereira & Bialek (1999), section 3; Slonim & Tishby (1999) for reverse annealing;
    Wu, Fischer, Chuang & Tegmark, Learnability for the information bottleneck (2019), theorem 5;
    Zaslavsky & Tishby (2019) for the transitions.

    Examples
    --------
    >>> curve = bottleneck_curve([[0.45, 0.05], [0.05, 0.45]], [1.2, 2.0, 4.0])
    >>> curve.relevances.round(3).tolist(), curve.n_clusters.tolist()
    ([0.0, 0.282, 0.366], [1, 2, 2])
    >>> round(float(curve.critical_betas[0]), 6)  # 1 / 0.8^2
    1.5625
    """
    function = "bottleneck_curve"
    check_unit(unit, function)
    letters = Letters.read(joint, function)
    within = read_tolerance(tolerance, function)
    limit = read_steps(max_steps, function)
    width = np.inf
    if resolution is not None:
        width = read_number(resolution, function, "resolution", low=1e-9)
    relation, generator = letters.relation, np.random.default_rng(rng)
    descent = _Descent(relation, generator, within, limit)
    stable = 1 / relation.correlation**2 if relation.correlation > 1e-8 else np.inf
    onset = _onset(relation, stable, generator)
    if betas is None:
        grid = _default_betas(descent, onset, read_steps(n, function, "n", low=2))
    else:
        grid = _read_betas(betas, function)
    for beta in grid[::-1]:
        descent.at(float(beta))
    transitions = descent.transitions(width, onset, float(grid[0]), float(grid[-1]))
    points = [letters.result(descent.best(float(b)), float(b), unit, within) for b in grid]
    return BottleneckCurve(
        points=tuple(points),
        critical_betas=np.array([middle for middle, _ in transitions]),
        critical_widths=np.array([wide for _, wide in transitions]),
        correlation_beta=stable,
        information=from_nats(relation.information, unit),
    )


class _Descent:
    """Solutions by beta, each started from the next larger one that is known."""

    def __init__(
        self, relation: Relation, rng: np.random.Generator, tolerance: float, limit: int
    ) -> None:
        self.relation, self.rng, self.tolerance, self.limit = relation, rng, tolerance, limit
        self.found: dict[float, Clusters] = {}

    def at(self, beta: float) -> Clusters:
        """Solve at `beta`, or return what was found before."""
        if beta not in self.found:
            above = [b for b in self.found if b > beta]
            start = np.eye(len(self.relation.p))
            if above:
                start = self.found[min(above)].encoder
            self.found[beta] = (
                trivial(self.relation, beta)
                if beta <= 1
                else anneal(
                    self.relation,
                    beta,
                    start,
                    self.rng,
                    tolerance=self.tolerance,
                    max_steps=self.limit,
                )
            )
        return self.found[beta]

    def best(self, beta: float) -> Clusters:
        """Return the best solution for `beta` among those of every beta, with its own gap there."""
        own = self.found[beta]
        floor = own.lagrangian - own.gap
        constant = trivial(self.relation, beta)
        candidates = [constant, *self.found.values()]
        values = np.array([c.complexity - beta * c.relevance for c in candidates])
        winner = candidates[int(values.argmin())]
        value = float(values.min())
        if value >= own.lagrangian - 1e-15 * (1 + beta):
            winner, value = own, own.lagrangian
        gap = max(value - floor, 0.0)
        return replace(winner, lagrangian=value, gap=gap, n_steps=own.n_steps)

    def transitions(
        self, width: float, onset: float, low: float, high: float
    ) -> list[tuple[float, float]]:
        """Return (middle, width) of the brackets in which the number of clusters changes."""
        found: list[tuple[float, float]] = []
        if low <= onset <= high:
            found.append((onset, 1e-9 * onset))
        known = sorted(self.found)
        for left, right in pairwise(known):
            found += self._between(left, right, width, onset)
        return sorted(found)

    def _between(
        self, left: float, right: float, width: float, onset: float
    ) -> list[tuple[float, float]]:
        if right <= onset:
            return []
        start = max(left, onset)
        fewer, more = len(self.at(left).weights), len(self.at(right).weights)
        if left < onset:  # the onset itself is known; what it opens with is seen just above it
            start = onset * (1 + 1e-4)
            if start >= right:
                return []
            fewer = len(self.at(start).weights)
        if fewer == more:
            return []
        if right / start - 1 <= width:
            return [((start + right) / 2, right - start)]
        middle = float(np.sqrt(start * right))
        self.at(middle)
        return self._between(start, middle, width, onset) + self._between(
            middle, right, width, onset
        )


def _onset(relation: Relation, stable: float, rng: np.random.Generator) -> float:
    """Return the smallest beta at which telling something pays: Dinkelbach's method on the ratio.

    Starts at the local stability limit, which is the ratio's value for q near p, and follows every
    q that pricing finds below it.
    """
    if not np.isfinite(stable):
        return np.inf
    beta = stable
    one = trivial(relation, beta)
    for _ in range(50):
        starts = starting_points(relation, one, rng, 16)
        _, better = price(relation, beta, one, starts, rounds=100)
        if not len(better):
            break
        told = rel_entr(better, relation.p).sum(axis=1)
        kept = rel_entr(better @ relation.K, relation.output).sum(axis=1)
        worth = kept > 1e-9  # nearer to p the ratio is rounding
        lower = float((told[worth] / kept[worth]).min()) if worth.any() else beta
        if lower >= beta * (1 - 1e-12):
            break
        beta = lower
    return max(beta, 1.0)


def _default_betas(descent: _Descent, onset: float, n: int) -> Matrix:
    """Return betas from just below the onset to where nearly all relevance is kept."""
    if not np.isfinite(onset):
        return np.geomspace(1.0, 10.0, n)  # X and Y are independent
    ceiling = descent.relation.information
    low, high = 0.95 * onset, 2 * onset
    probe = _Descent(descent.relation, descent.rng, 1e-4, 500)
    while probe.at(high).relevance < 0.99 * ceiling and high < 1e6 * onset:
        high *= 1.5
    return np.geomspace(low, high, n)


def _read_betas(betas: object, function: str) -> Matrix:
    values = np.array(
        to_numpy(as_array(betas, function=function, argument="betas")), dtype=np.float64
    )
    if values.ndim != 1 or len(values) == 0:
        got = f"shape {values.shape}"
        raise InvalidArgument(sentence(function, "betas", "be a vector of trade-offs", got))
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(bad):
        got = f"{float(values[bad[0]])} at index {int(bad[0])}"
        raise InvalidArgument(sentence(function, "betas", "be finite, at least 0", got))
    return np.unique(values)
