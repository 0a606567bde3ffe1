"""Averages over a token sequence with error bars that respect its serial correlation.

Neighbouring surprisals are not independent, so the error bar comes from sums over contiguous blocks
(batch means): blocks long enough are nearly independent of each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from infoscope.core.result import Interval

__all__ = ["BlockAverage", "block_average", "ratio_over_groups"]

_LEVEL = 0.95
_FEW_BLOCKS = 10


@dataclass(frozen=True, slots=True)
class BlockAverage:
    """A ratio of sums with its standard error (None with one block, or where it is infinite)."""

    value: float
    stderr: float | None
    n_blocks: int
    block_length: int
    positive: bool = False  # a sum of amounts that cannot be negative: neither can its interval
    over: str = "blocks"  # or "documents"

    @property
    def notes(self) -> tuple[str, ...]:
        """What the error bar means, or why there is none."""
        if not math.isfinite(self.value):
            return ("infinite: the model gave a token of the text probability 0",)
        if self.stderr is None:
            return ("no error bar: a single token has no spread to estimate one from",)
        if self.over == "documents":
            meaning = (
                "exact for these texts and this model; the error bar says how far as many other "
                f"documents from the same source would differ ({self.n_blocks} documents)",
            )
            if self.n_blocks < _FEW_BLOCKS:
                meaning += (f"only {self.n_blocks} documents: the error bar itself is rough",)
            return meaning
        meaning = (
            "exact for this text and model; the error bar says how far another stretch of the same "
            f"length from the same source would differ ({self.n_blocks} contiguous blocks of about "
            f"{self.block_length} tokens)",
        )
        if self.n_blocks < _FEW_BLOCKS:
            meaning += (f"only {self.n_blocks} blocks: the error bar itself is rough",)
        return meaning

    def interval(self) -> Interval | None:
        """Return the 95 % interval, Student t with one degree of freedom per block but one.

        For amounts that cannot be negative it is symmetric in the logarithm, so that a short text
        gets no interval that reaches below 0.
        """
        if self.stderr is None:
            return None
        reach = float(stdtrit(self.n_blocks - 1, 0.5 + _LEVEL / 2)) * self.stderr
        how = f"batch means over {self.n_blocks} contiguous blocks, Student t"
        if self.over == "documents":
            how = f"ratio over {self.n_blocks} documents, Student t"
        if self.positive and self.value > 0.0:
            fold = reach / self.value
            low = self.value * math.exp(-fold)
            high = self.value * math.exp(fold) if fold < 700.0 else math.inf  # exp(710) overflows
            return Interval(low, high, _LEVEL, f"{how}, on the log scale")
        return Interval(self.value - reach, self.value + reach, _LEVEL, how)


def block_average(values: NDArray[np.float64], weights: NDArray[np.float64]) -> BlockAverage:
    """Return sum(values) / sum(weights) with a batch-means standard error.

    R = sum v / sum w;  SE² = b/(b-1) * sum over blocks of (sum (v - R w))² / (sum w)².

    Parameters
    ----------
    values, weights : ndarray of float64, shape (n,)
        Amount and size of each token in the text's order (nats and bytes, say); weights sum to
        more than 0.

    Returns
    -------
    BlockAverage
        The ratio, its standard error, and the number and length of the blocks: n divided by the
        whole root of n.

    Notes
    -----
    With root-n blocks the error bar is consistent for sequences whose correlation dies off within a
    block; a text whose character changes once in the middle has no honest error bar at all.

    Source
    ------
    Flegal & Jones, Batch means and spectral variance estimators (2010), section 2; Cochran,
    Sampling Techniques (1977), section 2.11 (variance of a ratio).

    Examples
    --------
    >>> block_average(np.array([1.0, 3.0, 2.0, 2.0]), np.ones(4)).value
    2.0
    """
    n = len(values)
    total = float(np.sum(weights))
    ratio = float(np.sum(values)) / total
    length = math.isqrt(n)
    n_blocks = n // length
    if n_blocks < 2 or not math.isfinite(ratio):
        return BlockAverage(ratio, None, n_blocks, length)
    positive = bool(np.min(values) >= 0.0)
    edges = (np.arange(n_blocks) * n) // n_blocks
    residuals = np.add.reduceat(values - ratio * weights, edges)  # (n_blocks,)
    spread = math.sqrt(n_blocks / (n_blocks - 1) * float(np.sum(residuals**2)))
    return BlockAverage(ratio, spread / total, n_blocks, length, positive)


def ratio_over_groups(values: NDArray[np.float64], weights: NDArray[np.float64]) -> BlockAverage:
    """Return sum(values) / sum(weights) with a standard error over independent groups.

    R = sum v / sum w;  SE² = g/(g-1) * sum over groups of (v - R w)² / (sum w)².

    Parameters
    ----------
    values, weights : ndarray of float64, shape (g,)
        Amount and size of each group (nats and bytes of each document); at least two groups.

    Returns
    -------
    BlockAverage
        The ratio and its standard error, documents in the place of blocks.

    Source
    ------
    Cochran, Sampling Techniques (1977), section 2.11.

    Examples
    --------
    >>> average = ratio_over_groups(np.array([2.0, 4.0]), np.array([1.0, 1.0]))
    >>> average.value, average.stderr
    (3.0, 1.0)
    """
    n, total = len(values), float(np.sum(weights))
    ratio = float(np.sum(values)) / total
    if not math.isfinite(ratio):
        return BlockAverage(ratio, None, n, 1, over="documents")
    spread = math.sqrt(n / (n - 1) * float(np.sum((values - ratio * weights) ** 2)))
    positive = bool(np.min(values) >= 0.0)
    return BlockAverage(ratio, spread / total, n, 1, positive, "documents")
