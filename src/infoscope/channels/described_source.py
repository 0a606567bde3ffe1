"""The rate-distortion problem itself, in nats: one slope, one target, and the bracket between."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import rel_entr

from infoscope.channels.interior_point import (
    Local,
    Minimum,
    inner_start,
    minimise,
    minimise_by_columns,
)
from infoscope.channels.reading import Matrix, read_distortions, read_number, read_source
from infoscope.core.errors import InvalidArgument, sentence

__all__ = ["Description", "Reproduction", "Source"]


@dataclass(frozen=True, slots=True)
class Description:
    """A test channel, its rate and distortion, and how far from optimal it can be (nats)."""

    channel: Matrix
    rate: float
    distortion: float
    slope: float
    gap: float
    n_steps: int
    height: float = 0.0  # a proven lower bound on min I + slope E[d], where slope is finite


@dataclass(frozen=True, slots=True)
class Reproduction:
    """-sum p log(A r), convex in the distribution r of the reproductions."""

    p: Matrix
    A: Matrix  # exp(-slope * excess distortion): every row has a 1

    def evaluate(self, w: Matrix, with_factor: bool) -> Local:
        """Return value, gradient -A'(p / A r), and the factor sqrt(r) A' sqrt(p) / (A r)."""
        mass = self.A @ w
        ratio = self.p / mass
        met = mass > 0
        if met.all():
            value = -float(self.p @ np.log(mass))
            gradient = -(ratio @ self.A)
        else:  # letters that no reproduction in use can stand for
            value = math.inf
            gradient = -(ratio[met] @ self.A[met])
            gradient[(self.A[~met] > 0).any(axis=0)] = -math.inf
        factor = None
        if with_factor:
            factor = (self.A * (np.sqrt(self.p) / mass)[:, None]).T * np.sqrt(w)[:, None]
        return Local(value, gradient, factor)

    def part(self, indices: Matrix) -> Reproduction:
        """Return the problem with these reproductions alone."""
        return Reproduction(self.p, np.ascontiguousarray(self.A[:, indices]))


@dataclass(frozen=True, slots=True)
class Source:
    """A source with its distortion matrix; letters of probability zero wait at the side."""

    p: Matrix
    d: Matrix
    smallest: Matrix = field(repr=False)  # the least distortion of each letter
    least: float  # the least mean distortion
    most: float  # the mean distortion that needs no description

    @classmethod
    def read(cls, p: object, d: object, function: str) -> Source:
        """Read and check a source and its distortion matrix."""
        source = read_source(p, function)
        return cls.of(source, read_distortions(d, len(source), function))

    @classmethod
    def of(cls, p: Matrix, d: Matrix) -> Source:
        """Take a source and a distortion matrix that are known to be sound."""
        smallest = d.min(axis=1)
        happens = p > 0
        means = p[happens] @ d[happens]
        return cls(p, d, smallest, float(p @ smallest), float(means.min()))

    def check_target(self, distortion: object, function: str) -> float:
        """Return the target, or say what the smallest distortion is."""
        target = read_number(distortion, function, "distortion", low=0.0, finite=False)
        if target < self.least * (1 - 4 * np.finfo(float).eps):
            requirement = f"be at least the smallest mean distortion, {self.least:.10g}"
            advice = "Even the best reproduction of every letter costs that much."
            raise InvalidArgument(sentence(function, "distortion", requirement, target, advice))
        return target

    def at_slope(
        self, s: float, tolerance: float, limit: int, start: Matrix | None = None
    ) -> Description:
        """Solve for a slope in nats per unit of distortion."""
        if s == 0 and math.isfinite(self.most):
            return self._undescribed()
        happens = self.p > 0
        A = self._weights(s)
        problem = Reproduction(self.p[happens], A[happens])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            found = self._best_reproduction(problem, tolerance, limit, start)
            r = found.weights
            local = problem.evaluate(r, False)
        # the dual: any r gives the feasible multipliers 1 / (A r max c), Blahut's theorem 6
        gap = max(0.0, math.log(max(float(-local.gradient.min()), 1.0)))
        channel = self._channel(A, r)
        rate, distortion = self.measure(channel)
        height = local.value - gap + (s * self.least if math.isfinite(s) else 0.0)
        # Q = r A / (A r) attains the value only where r reproduces itself; add what it lacks
        lacking = rate - local.value if math.isinf(s) else rate + s * distortion - height - gap
        gap = gap + max(lacking, 0.0) if math.isfinite(gap) else gap
        return Description(channel, rate, distortion, s, gap, found.n_steps, height)

    def at_distortion(self, target: float, tolerance: float, limit: int) -> Description:
        """Solve for a mean distortion of at most `target`."""
        if target >= self.most:
            return self._undescribed()
        if target <= self.least:
            return self.at_slope(math.inf, tolerance, limit)
        return _Bracket(self, target, tolerance, limit).close()

    def measure(self, channel: Matrix) -> tuple[float, float]:
        """Return rate and mean distortion of a test channel."""
        p, rows = self.p[self.p > 0], channel[self.p > 0]
        # of conditionals: a product of two small marginals would underflow
        rate = float(p @ rel_entr(rows, p @ rows).sum(axis=1))
        joint = self.p[:, None] * channel
        used = joint > 0
        return max(0.0, rate), float((joint[used] * self.d[used]).sum())

    def _weights(self, s: float) -> Matrix:
        excess = self.d - self.smallest[:, None]  # inf stays inf
        if math.isinf(s):
            return (excess == 0).astype(float)
        if s == 0:
            return np.isfinite(excess).astype(float)
        return np.exp(-s * excess)

    def _channel(self, A: Matrix, r: Matrix) -> Matrix:
        joint = A * r
        mass = joint.sum(axis=1)
        lost = mass == 0  # letters of probability zero that no reproduction in use can stand for
        joint[lost, self.d[lost].argmin(axis=1)] = 1.0
        mass[lost] = 1.0
        return joint / mass[:, None]

    def _undescribed(self) -> Description:
        happens = self.p > 0
        best = int((self.p[happens] @ self.d[happens]).argmin())
        channel = np.zeros_like(self.d)
        channel[:, best] = 1.0
        return Description(channel, 0.0, self.most, 0.0, 0.0, 0)

    def _best_reproduction(
        self, problem: Reproduction, tolerance: float, limit: int, start: Matrix | None
    ) -> Minimum:
        n_letters, n = problem.A.shape
        within: dict[str, Any] = {"tolerance": tolerance, "max_steps": limit}
        if n > 3 * n_letters + 100:
            first = problem.A.argmax(axis=1)
            found = minimise_by_columns(problem, first, size=n, **within)
        else:
            found = minimise(problem, inner_start(n) if start is None else start, **within)
        r = found.weights
        slack = problem.evaluate(r, False).gradient
        kept = np.where(r < slack - slack.min(), 0.0, r)  # exact zeros, if the gap allows
        kept /= kept.sum()
        local = problem.evaluate(kept, False)
        gap = max(float(kept @ local.gradient) - float(local.gradient.min()), 0.0)
        if math.isfinite(local.value) and gap <= max(found.gap, tolerance / 2):
            return Minimum(kept, 0.0, gap, found.n_steps)
        return found


class _Bracket:
    """Close in on the slope at which the distortion passes the target; keep both ends."""

    def __init__(self, source: Source, target: float, tolerance: float, limit: int) -> None:
        self.source, self.target, self.tolerance, self.left = source, target, tolerance, limit
        self.n_steps = 0
        self.height = 0.0  # the best lower bound on the rate at the target
        self.slope = 0.0  # the slope that proved it

    def solve(self, s: float) -> Description:
        found = self.source.at_slope(s, self.tolerance / 8, max(self.left - self.n_steps, 1))
        self.n_steps += max(found.n_steps, 1)
        bound = found.height - s * self.target
        if math.isfinite(s) and bound > self.height:
            self.height, self.slope = bound, s
        return found

    def close(self) -> Description:
        """Return a channel at the target whose rate meets the best tangent."""
        flat, steep = self._ends()
        if flat.distortion <= self.target:
            return flat  # forbidden pairs ask for this rate, whatever the target
        best = self._mix(flat, steep)
        previous = math.inf
        while best.gap > self.tolerance and self.n_steps < self.left:
            s = self._next(flat, steep, shrunk=best.gap < 0.25 * previous)
            previous = best.gap
            if not flat.slope < s < steep.slope:
                break
            found = self.solve(s)
            if found.distortion >= self.target:
                flat = found
            else:
                steep = found
            mixed = self._mix(flat, steep)
            best = min(mixed, self._renewed(best), key=lambda point: point.gap)
        return best

    def _ends(self) -> tuple[Description, Description]:
        source = self.source
        flat = source.at_slope(0.0, self.tolerance / 8, self.left)
        self.n_steps += flat.n_steps
        if flat.distortion <= self.target:
            return flat, flat
        scale = source.most if math.isfinite(source.most) else flat.distortion
        s = 1.0 / max(scale - source.least, np.finfo(float).tiny)
        found = self.solve(s)
        while found.distortion > self.target and s < 1e300 and self.n_steps < self.left:
            flat, s = found, 4 * s
            found = self.solve(s)
        return flat, found

    def _next(self, flat: Description, steep: Description, *, shrunk: bool) -> float:
        """Where the two tangents cross lies the chord's slope; else halve the bracket."""
        fall = flat.distortion - steep.distortion
        if shrunk and fall > 0:
            chord = (steep.rate - flat.rate) / fall
            if flat.slope < chord < steep.slope:
                return chord
        if flat.slope > 0 and math.isfinite(steep.slope):
            return math.sqrt(flat.slope * steep.slope)
        return (flat.slope + steep.slope) / 2

    def _mix(self, flat: Description, steep: Description) -> Description:
        """Mix two test channels so that the distortion is the target, or below it by rounding."""
        fall = flat.distortion - steep.distortion
        share = (self.target - steep.distortion) / fall if fall > 0 else 0.0
        share = min(max(share, 0.0), 1.0)
        channel = share * flat.channel + (1 - share) * steep.channel
        rate, distortion = self.source.measure(channel)
        slope = self.slope if self.slope > 0 else flat.slope
        feasible = distortion <= self.target * (1 + 1e-12)
        gap = max(rate - self.height, 0.0) if feasible else math.inf
        return Description(channel, rate, distortion, slope, gap, self.n_steps)

    def _renewed(self, best: Description) -> Description:
        gap = max(best.rate - self.height, 0.0) if math.isfinite(best.gap) else math.inf
        return Description(best.channel, best.rate, best.distortion, self.slope, gap, self.n_steps)
