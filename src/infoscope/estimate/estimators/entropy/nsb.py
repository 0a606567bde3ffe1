"""NSB entropy: the Bayesian posterior mean under a prior that is nearly flat in the entropy.

A symmetric Dirichlet prior with concentration b all but fixes the entropy beforehand; NSB mixes all
b with the weight d xi / d b, xi(b) being the prior mean entropy, so that no entropy is favoured.
"""

from __future__ import annotations

import math

import numpy as np

from infoscope.estimate.label_counts import Folded, alphabet, chao_richness, fold, one_symbol
from infoscope.estimate.method import DISCRETE, Floats, Raw, Spec, Value
from infoscope.estimate.special import digamma, gammaln, polygamma
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="entropy",
    name="nsb",
    kinds=DISCRETE,
    assumes="the size of the alphabet (n_symbols; by default Chao's lower bound) and no long tail",
    bias="Biased upwards where n_symbols is far too large, and for long tails downwards.",
    cost="n, then 600 integrand values for each different count",
    source="Nemenman, Shafee & Bialek, Entropy and inference, revisited (2002), equations 8-10",
    options={"n_symbols": None},
    invariances=frozenset({"relabel"}),
)

_POINTS = 600
_FALL = 45.0  # log weight below the top that is left out: exp(-45) = 3e-20
_LARGE = 1e4  # from here Stirling's series of log Gamma(a + m) - log Gamma(a) is exact in double


def run(x: Variable, *, rng: np.random.Generator, n_symbols: Value) -> Raw:  # noqa: ARG001
    """Return the posterior mean and standard deviation of the entropy."""
    folded = fold(x.counts)
    notes: tuple[str, ...] = ()
    if n_symbols is None:
        size = float(math.ceil(chao_richness(folded)))
        if size > folded.seen:
            notes = (
                f"The alphabet was taken to have {size:g} symbols (Chao's lower bound; "
                f"{folded.seen:g} were seen); pass n_symbols if you know it.",
            )
    else:
        size = alphabet(folded, n_symbols, "entropy")
    if size == 1.0:
        return one_symbol(folded)
    mean, sd, log_concentration = _posterior(folded, size)
    return Raw(
        nats=mean,
        stderr=sd,
        how="posterior",
        settings={"n_symbols": int(size)},
        diagnostics={"n_seen": folded.seen, "log_concentration": log_concentration},
        notes=notes,
    )


def _posterior(folded: Folded, size: float) -> tuple[float, float, float]:
    """Return mean and sd of the entropy, and the most probable log b.

    The integral runs over u = log b; its integrand is smooth and falls off at both ends, where the
    trapezoid rule converges faster than any power of the step.
    """
    u = np.linspace(-60.0 - math.log(size), 60.0, 2000)
    weight = _log_weight(u, folded, size)
    high = np.flatnonzero(weight > weight.max() - _FALL)
    low_end, high_end = u[max(high[0] - 1, 0)], u[min(high[-1] + 1, u.size - 1)]
    u = np.linspace(low_end, high_end, _POINTS)
    weight = _log_weight(u, folded, size)
    w = np.exp(weight - weight.max())
    w /= w.sum()
    mean, square = _moments(np.exp(u), folded, size)
    first = float(np.dot(w, mean))
    variance = float(np.dot(w, (mean - first) ** 2 + np.maximum(square - mean**2, 0.0)))
    return first, math.sqrt(variance), float(u[int(np.argmax(weight))])


def _log_weight(u: Floats, folded: Folded, size: float) -> Floats:
    """Return log of b (d xi / d b) times the evidence of the counts, for b = exp(u)."""
    b = np.exp(u)
    slope = size * polygamma(1, size * b + 1.0) - polygamma(1, b + 1.0)
    asymptotic = (1.0 - 1.0 / size) / (2.0 * b**2) - (1.0 - 1.0 / size**2) / (6.0 * b**3)
    # the difference of the two cancels for large b
    slope = np.where(b > 1e4, asymptotic, slope)
    evidence = -_log_rising(size * b, folded.n)
    for times, symbols in zip(folded.times, folded.symbols, strict=True):
        evidence += symbols * _log_rising(b, float(times))
    return u + np.log(slope) + evidence


def _log_rising(a: Floats, m: float) -> Floats:
    """Return log a (a + 1) ... (a + m - 1), also where log Gamma would cancel to nothing."""
    small = np.minimum(a, _LARGE)
    exact = gammaln(small + m) - gammaln(small)
    large = np.maximum(a, _LARGE)
    series = m * np.log(large) + (large + m - 0.5) * np.log1p(m / large) - m
    series += (1.0 / (large + m) - 1.0 / large) / 12.0
    return np.where(a < _LARGE, exact, series)


def _moments(b: Floats, folded: Folded, size: float) -> tuple[Floats, Floats]:
    """Return E[H] and E[H^2] given each b (Wolpert & Wolf 1995, theorems 3 and 4)."""
    total = folded.n + size * b
    times = np.append(folded.times, 0.0)
    symbols = np.append(folded.symbols, size - folded.seen)
    mean = digamma(total + 1.0)
    cross, own, same = np.zeros_like(b), np.zeros_like(b), np.zeros_like(b)
    top, top_slope = digamma(total + 2.0), polygamma(1, total + 2.0)
    shares = np.zeros_like(b)
    for c, k in zip(times, symbols, strict=True):
        a = c + b
        mean -= k * a / total * digamma(a + 1.0)
        gap = digamma(a + 1.0) - top
        cross += k * a * gap
        same += k * (a * gap) ** 2
        shares += k * a**2
        two = digamma(a + 2.0) - top
        own += k * a * (a + 1.0) * (two**2 + polygamma(1, a + 2.0) - top_slope)
    pairs = cross**2 - same - top_slope * (total**2 - shares)
    return mean, (pairs + own) / (total * (total + 1.0))
