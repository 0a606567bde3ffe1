"""Random halves, re-pairings and seeds: every draw the library makes comes from a stated seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Rng", "generator", "half_sample_spread", "halves", "repairings"]

#: What a caller may give as `rng`; None is seed 0, so that two equal calls give equal answers.
Rng = int | np.random.Generator | None


def generator(rng: Rng) -> np.random.Generator:
    """Return `rng` itself if it is a generator, else one seeded by it (None: by 0)."""
    if isinstance(rng, np.random.Generator):
        return rng
    return np.random.default_rng(0 if rng is None else rng)


def halves(
    n: int, n_splits: int, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield `n_splits` random splits of ``range(n)`` into two halves (sizes n//2 and n - n//2)."""
    for _ in range(n_splits):
        order = rng.permutation(n)
        yield np.sort(order[: n // 2]), np.sort(order[n // 2 :])


def half_sample_spread(
    statistic: Callable[..., float],
    sizes: Sequence[int],
    rng: np.random.Generator,
    n_splits: int = 10,
) -> float:
    """Return the standard deviation of `statistic` over random halves, drawn without replacement.

    `statistic` gets the rows of one half of each sample; there are as many samples as `sizes`, and
    they are split independently of each other.

    Taken as it is (not divided by the root of two), it is a slightly wide standard error of the
    full-sample value for neighbour statistics; resampling with replacement makes ties, which ruin
    them (measured in docs/design/0020-estimators.md).
    """
    splits = zip(*(halves(n, n_splits, rng) for n in sizes), strict=True)
    values = [statistic(*(split[side] for split in each)) for each in splits for side in (0, 1)]
    return float(np.std(values, ddof=1))


def repairings(n: int, n_draws: int, rng: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    """Yield random permutations of ``range(n)``: re-pairing two columns breaks their dependence."""
    for _ in range(n_draws):
        yield rng.permutation(n)
