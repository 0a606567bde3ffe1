"""The terms of the log and Brier scores: plug-in value, debiased value, and how each one varies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infoscope.calibrate.forecasts import Floats, Forecasts
from infoscope.calibrate.null_moments import (
    brier_excess,
    log_excess,
    null_moments,
    turing_entropy,
)
from infoscope.calibrate.partitions import Partition
from infoscope.calibrate.rare_cells import unseen_entropy
from infoscope.measures import entropy, mutual_information

__all__ = ["Terms", "brier_terms", "log_terms"]


@dataclass(frozen=True, slots=True)
class Terms:
    """One term of a decomposition: its value, its debiased value and its first moments."""

    value: float
    debiased: float
    #: Variance of the influence of a case; the variance of the term is this over n, far from 0.
    variance: float
    #: Variance and third central moment where the term's truth is 0 (0 for plain means).
    v0: float = 0.0
    k0: float = 0.0
    #: A plain mean (or the entropy of the labels), whose law is normal.
    is_mean: bool = True
    #: Mean of the debiased value where the truth is 0: what debiasing leaves in rare cells.
    b0: float = 0.0

    @property
    def bias(self) -> float:
        """How much the plug-in value is expected to be too large; 0 where both are infinite."""
        return self.value - self.debiased if np.isfinite(self.value) else 0.0

    def slope(self, n: int) -> float:
        """Variance per unit of value, times n: s in the interval's law."""
        if self.is_mean:
            return self.variance / self.debiased if self.debiased > 0 else 0.0
        if self.value > 0:
            return self.variance / self.value
        return 2.0 * n * self.v0**0.5


def _log(p: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.log(p)


def _pieces(
    forecasts: Forecasts, parts: Partition
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return counts (g, k), observed shares, mean forecasts, their logarithms, and shares w_g."""
    k = forecasts.k
    cells = parts.group * k + forecasts.labels
    counts = np.bincount(cells, minlength=parts.n_groups * k).reshape(-1, k).astype(np.float64)
    observed = counts / counts.sum(axis=1, keepdims=True)
    if parts.exact:  # any member is the mean, to the last digit
        first = np.empty(parts.n_groups, dtype=np.intp)
        first[parts.group[::-1]] = np.arange(forecasts.n)[::-1]
        mean = forecasts.probabilities[first]
        if forecasts.log_probabilities is not None:
            logs = forecasts.log_probabilities[first]
        elif forecasts.is_binary:
            with np.errstate(divide="ignore"):
                logs = np.column_stack([np.log1p(-mean[:, 1]), np.log(mean[:, 1])])
        else:
            logs = _log(mean)
    else:
        mean = parts.means(forecasts.probabilities)
        logs = _log(mean)
    return counts, observed, mean, logs, counts.sum(axis=1) / forecasts.n


def log_terms(forecasts: Forecasts, parts: Partition) -> dict[str, Terms]:
    """Return the terms of the log score in nats; they add up, plug-in and debiased."""
    n, y, g = forecasts.n, forecasts.labels, parts.group
    counts, observed, mean, log_mean, share = _pieces(forecasts, parts)
    base = counts.sum(axis=0) / n
    log_p = forecasts.log_of_label()
    uncertainty = float(entropy(base))
    resolution = float(mutual_information(counts / n))
    log_observed = _log(observed)
    seen = counts > 0
    ratio = np.where(seen, log_observed - np.where(seen, log_mean, 0.0), 0.0)  # (g, k)
    divergence = np.vecdot(observed, ratio)
    miscalibration = float(share @ divergence)
    with np.errstate(invalid="ignore"):
        gap = np.where(log_mean[g, y] == log_p, 0.0, log_mean[g, y] - log_p)
    within = float(gap.mean())

    h_all, h_groups = float(turing_entropy(base * n)), turing_entropy(counts)
    refinement = float(share @ (h_groups + unseen_entropy(counts.sum(axis=1), mean)))
    plug_refinement = uncertainty - resolution
    # forecasts that move within a group move its mean with the outcomes: less scatter to subtract
    inside = forecasts.probabilities - mean[g]
    moved = parts.sums(inside**2) / counts.sum(axis=1, keepdims=True)
    moved = np.divide(moved, mean, out=np.zeros_like(mean), where=mean > 0)
    shared = 0.0 if parts.exact else 0.5 * float(moved.sum()) / n
    debiased_mis = miscalibration - (refinement - plug_refinement) + shared

    log_base = _log(base)[y]
    of_label = log_observed[g, y]
    if np.isfinite(miscalibration) and not parts.fitted:
        weight = np.divide(observed, mean, out=np.zeros_like(mean), where=mean > 0)
        influence = ratio[g, y] - np.vecdot(weight[g], forecasts.probabilities) + 1.0
        _, v0, k0 = null_moments(log_excess, counts.sum(axis=1), mean, n)
    else:
        influence, v0, k0 = ratio[g, y], 0.0, 0.0
    n_free = max((parts.n_groups - 1) * (int((base > 0).sum()) - 1), 0)
    mis = Terms(miscalibration, debiased_mis, _var(influence), v0, k0, False)
    rest = Terms(within, within - shared, _var(gap))
    if parts.fitted:  # CORP: what the monotone map changes is miscalibration, within and between
        both = miscalibration + within
        mis, rest = Terms(both, both, _var(influence), is_mean=False), Terms(0.0, 0.0, 0.0)
    return {
        "total": Terms(float(-log_p.mean()) + 0.0, float(-log_p.mean()) + 0.0, _var(log_p)),
        "uncertainty": Terms(uncertainty, h_all, _var(log_base)),
        "resolution": Terms(
            resolution, h_all - refinement, _var(of_label - log_base),
            n_free / (2.0 * n**2), n_free / n**3, is_mean=False,
        ),
        "miscalibration": mis,
        "within": rest,
        "refinement": Terms(plug_refinement, refinement, _var(of_label)),
    }  # fmt: skip


def _var(influence: Floats) -> float:
    """Variance of the cases' influence; 0 stands for the unknown one of an infinite term."""
    if not np.isfinite(influence).all():
        return 0.0
    if np.ptp(influence) <= 1e-14 * np.abs(influence).max():  # constant, but for rounding
        return 0.0
    return float(influence.var())


def brier_terms(forecasts: Forecasts, parts: Partition) -> dict[str, Terms]:
    """Return the terms of the Brier score; they add up, plug-in and debiased."""
    n, y, g, k = forecasts.n, forecasts.labels, parts.group, forecasts.k
    half = 0.5 if forecasts.is_binary else 1.0  # (p - y)^2 is half the sum over both classes
    counts, observed, mean, _, share = _pieces(forecasts, parts)
    sizes = counts.sum(axis=1)
    base = counts.sum(axis=0) / n
    came = np.zeros((n, k))
    came[np.arange(n), y] = 1.0
    miss = forecasts.probabilities - came
    each = np.vecdot(miss, miss)
    gap = observed - mean
    inside = forecasts.probabilities - mean[g]
    spread = observed - base

    spare = 1.0 - np.vecdot(observed, observed)
    within_case = np.vecdot(inside, inside + 2.0 * (mean[g] - came))
    uncertainty = float(1.0 - base @ base)
    resolution = float(share @ np.vecdot(spread, spread))
    miscalibration = float(share @ np.vecdot(gap, gap))
    many = sizes > 1
    excess = float(np.sum(share[many] * spare[many] / (sizes[many] - 1.0)))
    scatter = parts.means(each) - np.vecdot(gap, gap)  # of forecast less outcome, in each group
    excess_mis = float(np.sum(share[many] * scatter[many] / (sizes[many] - 1.0)))
    h_all = uncertainty * n / (n - 1.0) if n > 1 else uncertainty
    refinement = float(share @ spare)

    b0, v0, k0 = null_moments(brier_excess, sizes, mean, n)
    b2, b3, b4 = (float(np.sum(base**power)) for power in (2, 3, 4))
    free = parts.n_groups - 1
    r0 = 2.0 * free * (b2 - 2.0 * b3 + b2**2) / n**2
    q0 = 8.0 * free * (b3 - 3.0 * b4 + 3.0 * b2 * b3 - b2**3) / n**3

    square = np.vecdot(gap, gap)
    mis_case = -2.0 * np.vecdot(gap[g], miss) - square[g]
    res_case = 2.0 * np.vecdot(spread[g], came - base) - np.vecdot(spread, spread)[g]
    within = float(within_case.mean())

    def term(
        value: float, debiased: float, case: Floats, v: float = 0.0, k3: float = 0.0,
        is_mean: bool = True, b: float = 0.0,
    ) -> Terms:  # fmt: skip
        variance = half**2 * _var(case)
        return Terms(half * value, half * debiased, variance, half**2 * v, half**3 * k3, is_mean,
                     half * b)  # fmt: skip

    mis = term(miscalibration, miscalibration - excess_mis, mis_case, v0, k0, False, b0)
    rest = term(within, within + excess_mis - excess, within_case)
    if parts.fitted:
        both = miscalibration + within
        mis, rest = term(both, both, mis_case, is_mean=False), term(0.0, 0.0, np.zeros(n))
    total = float(each.mean())
    return {
        "total": term(total, total, each),
        "uncertainty": term(uncertainty, h_all, -2.0 * base[y]),
        "resolution": term(
            resolution, resolution - excess + h_all - uncertainty, res_case, r0, q0, False
        ),
        "miscalibration": mis,
        "within": rest,
        "refinement": term(refinement, refinement + excess, -2.0 * observed[g, y]),
    }
