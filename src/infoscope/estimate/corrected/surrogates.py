"""Surrogates: the data's own rows of x and y, paired anew as the chosen model would pair them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.corrected import plain
from infoscope.estimate.corrected.ratios import Ratio
from infoscope.estimate.corrected.scaling import Scaled
from infoscope.estimate.kernels.space import FAST

__all__ = ["draw_pairings", "swap"]

Indices = NDArray[np.int64]

#: Sweeps of n/2 proposals each; enough up to about 1.6 nats, more are taken above.
SWEEPS, SWEEPS_ON_DEMAND, MOST_SWEEPS = 600, 300, 4000
_AT_ONCE = 20
_FORMS = {"bilinear": 0, "mixture": 1, "student": 2}


def draw_pairings(
    ratio: Ratio, scaled: Scaled, n_surrogates: int, rng: np.random.Generator
) -> Indices:
    """Return pairings pi with probability proportional to exp sum_i r(x_i, y_pi(i)), (q, n).

    Each starts at random and is changed by Metropolis swaps of two partners: margins stay exactly
    those of the data, no ties are made, and no sampler of the model is needed.

    Source: Hastings, Monte Carlo sampling methods using Markov chains (1970).
    """
    n = ratio.n
    extra = math.exp(max(scaled.information - 1.5, 0.0))
    usual = SWEEPS if scaled.values is not None else SWEEPS_ON_DEMAND
    sweeps = min(int(usual * extra), MOST_SWEEPS)
    pairings = np.stack([rng.permutation(n) for _ in range(n_surrogates)]).astype(np.int64)
    if not ratio.left.any():  # independence: every pairing is as good
        return pairings
    for pairing in pairings:
        swap(ratio, scaled.values, pairing, sweeps, rng, fast=FAST)
    return pairings


def swap(
    ratio: Ratio,
    values: NDArray[np.float64] | None,
    pairing: Indices,
    sweeps: int,
    rng: np.random.Generator,
    *,
    fast: bool,
) -> None:
    """Change `pairing` in place by sweeps over random couples of rows; `values` is r or None."""
    n, half = pairing.size, pairing.size // 2
    every = np.arange(n)
    current = ratio.inner(every, pairing) if values is None else np.empty(0)
    left, right = np.ascontiguousarray(ratio.left), np.ascontiguousarray(ratio.right)
    for start in range(0, sweeps, _AT_ONCE):
        rounds = min(_AT_ONCE, sweeps - start)
        orders = rng.permuted(np.tile(every, (rounds, 1)), axis=1)[:, : 2 * half]
        couples = orders.reshape(rounds * half, 2)
        thresholds = -rng.standard_exponential(rounds * half)
        if fast:
            from infoscope.estimate.corrected import kernels

            if values is not None:
                kernels.swap_by_matrix(values, pairing, couples, thresholds)
            else:
                form = _FORMS[ratio.form]
                kernels.swap_on_demand(
                    form, ratio.df, ratio.power, left, right, current, pairing, couples, thresholds
                )
            continue
        for one in range(rounds):
            part = slice(one * half, (one + 1) * half)
            if values is not None:
                plain.swap_by_matrix(values, pairing, couples[part], thresholds[part])
            else:
                plain.swap_on_demand(ratio, current, pairing, couples[part], thresholds[part])
