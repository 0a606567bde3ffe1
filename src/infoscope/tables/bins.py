"""Bins of a numeric column, by several rules: none looks at another column, so tests stay valid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["BINNING_RULES", "default_bins", "edges_by_rule", "equal_frequency_edges", "place"]

#: Rules for the edges of bins, by name.
BINNING_RULES = ("equal_frequency", "equal_width", "k_means", "bayesian_blocks")

_FALSE_ALARM = 0.05  # of a Bayesian block too many (Scargle et al. 2013, eq. 21)
_MOST_CELLS = 512  # Bayesian blocks are made of at most so many cells of equal frequency


def default_bins(n: int) -> int:
    """Return the usual number of bins for `n` values: n^(1/3), between 5 and 32.

    Ten bins at any n lose 9 to 24% of a strong dependence; this rule loses less as n grows and
    keeps tables of 32 x 32 affordable.

    >>> [default_bins(n) for n in (50, 1000, 10_000, 10**6)]
    [5, 10, 22, 32]
    """
    return int(min(max(round(n ** (1.0 / 3.0)), 5), 32))


def equal_frequency_edges(values: NDArray[np.generic], k: int) -> NDArray[np.generic]:
    """Return the edges of at most `k` bins of nearly equal counts, (bins + 1,).

    Bin i holds edges[i] <= x < edges[i + 1]; the last one holds its upper end too. A run of equal
    values never splits: the cut moves to the nearer end of the run, so heavy ties give fewer bins.

    Parameters
    ----------
    values : ndarray
        The sorted values, (n,), without NaN; n at least 1.
    k : int
        Bins wanted, at least 1.

    Examples
    --------
    >>> equal_frequency_edges(np.array([1, 1, 1, 1, 2, 3, 4, 5]), 4).tolist()
    [1, 2, 4, 5]
    """
    n = values.size
    wanted = np.arange(1, k) * n / k
    cut = values[np.minimum(np.rint(wanted).astype(np.int64), n - 1)]
    first = np.searchsorted(values, cut, side="left")
    after = np.searchsorted(values, cut, side="right")
    later = (after - wanted < wanted - first) | (first == 0)
    starts = np.unique(np.where(later, after, first))
    starts = starts[(starts > 0) & (starts < n)]
    return np.concatenate([values[:1], values[starts], values[-1:]])


def place(values: NDArray[np.generic], edges: NDArray[np.generic]) -> NDArray[np.int32]:
    """Return the bin of each value, 1 to bins; values beyond the ends go to the outermost bins.

    >>> place(np.array([0, 1, 2, 3, 9]), np.array([1, 2, 4, 5])).tolist()
    [1, 1, 2, 2, 3]
    """
    return (np.searchsorted(edges[1:-1], values, side="right") + 1).astype(np.int32)


def edges_by_rule(rule: str, values: NDArray[np.generic], k: int) -> NDArray[np.generic]:
    """Return the edges of at most `k` bins of the sorted `values` by one of `BINNING_RULES`.

    "equal_width" cuts the span evenly; "k_means" halves the way between the k centres that minimise
    the squared distances (Lloyd 1982, from the equal-frequency bins); "bayesian_blocks" finds its
    own number of bins, at most `k`, between which the density changes (Scargle et al. 2013). Dates
    and columns with infinite values are cut by frequency whatever the rule. Empty bins are merged
    with their upper neighbour.

    >>> edges_by_rule("equal_width", np.array([0.0, 1.0, 2.0, 8.0]), 4).tolist()
    [0.0, 2.0, 6.0, 8.0]
    """
    plain = equal_frequency_edges(values, k)
    if rule == "equal_frequency" or values.dtype.kind == "M" or plain.size < 3:
        return plain
    numbers = values.astype(np.float64)
    low, high = numbers[0], numbers[-1]
    if not (np.isfinite(low) and np.isfinite(high)):
        return plain
    if rule == "equal_width":
        cuts = low + (high - low) * np.arange(1, k) / k
    elif rule == "k_means":
        cuts = _centre_cuts(numbers, plain.astype(np.float64))
    else:
        cuts = _block_cuts(numbers, k)
    starts = np.unique(np.searchsorted(numbers, cuts, side="left"))
    starts = starts[(starts > 0) & (starts < numbers.size)]
    kept = cuts[np.searchsorted(cuts, numbers[starts], side="right") - 1]
    return np.concatenate([[low], kept, [high]])


def _centre_cuts(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cuts between the centres of k-means, by sums over the sorted values."""
    sums = np.concatenate([[0.0], np.cumsum(values - values[0])])
    cuts = edges[1:-1]
    for _ in range(200):
        at = np.concatenate([[0], np.searchsorted(values, cuts, side="left"), [values.size]])
        filled = np.diff(at) > 0
        centres = values[0] + np.diff(sums[at])[filled] / np.diff(at)[filled]
        moved = (centres[1:] + centres[:-1]) / 2.0
        if moved.size == cuts.size and (moved == cuts).all():
            break
        cuts = moved
    return cuts


def _block_cuts(values: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Return the cuts of the best Bayesian blocks, made of cells of equal frequency."""
    edges = equal_frequency_edges(values, _MOST_CELLS).astype(np.float64)
    if edges[-1] == edges[-2]:  # the largest value has a cell of its own, without a width
        edges = np.delete(edges, -2)
    counts = np.diff(np.searchsorted(values, edges[1:-1], side="left"), prepend=0)
    counts = np.append(counts, values.size - counts.sum()).astype(np.float64)
    widths = np.diff(edges)
    m = counts.size
    # without it, each cell would be a block of its own; in cells of n/m values, n counts
    prior = 4.0 - np.log(73.53 * _FALSE_ALARM * values.size**-0.478)
    best, last, blocks = np.zeros(m), np.zeros(m, np.int64), np.zeros(m, np.int64)
    for right in range(m):
        n = np.cumsum(counts[right::-1])[::-1]
        w = np.cumsum(widths[right::-1])[::-1]
        value = n * np.log(n / w) - prior
        value[1:] += best[:right]
        before = np.concatenate([[0], blocks[:right]])
        value[before >= k] = -np.inf
        last[right] = int(np.argmax(value))
        best[right] = value[last[right]]
        blocks[right] = before[last[right]] + 1
    cuts: list[float] = []
    at = m - 1
    while last[at] > 0:
        cuts.append(float(edges[last[at]]))
        at = int(last[at]) - 1
    return np.array(cuts[::-1])
