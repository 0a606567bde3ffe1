"""Count which words stand near which: sorted keys, one distance at a time, never a dense table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.language.words.splitting import WordTokens

__all__ = ["PairCounts", "count_pairs"]

_PIECE = 8_000_000  # pairs sorted at a time: 64 MB of keys


@dataclass(frozen=True, slots=True, eq=False)
class PairCounts:
    """Ordered pairs (x before y) at distances 1 to `window`, ascending by (x, y).

    `left[w]` and `right[w]` are the weights of all pairs that w begins and ends, whether or not the
    pair itself is listed, and `total` is the weight of all pairs.
    """

    x: NDArray[Any]  # (m,)
    y: NDArray[Any]  # (m,)
    count: NDArray[Any]  # (m,) weighted number of times
    distance: NDArray[Any]  # (m,) sum of weight times distance
    square: NDArray[Any]  # (m,) sum of weight times squared distance
    left: NDArray[Any]  # (v,)
    right: NDArray[Any]  # (v,)
    total: float


def count_pairs(
    tokens: WordTokens, first: int, window: int, weights: NDArray[Any], n_kept: int
) -> PairCounts:
    """Count pairs at distances `first` to `window`, each distance d with ``weights[d]``.

    Only pairs of the `n_kept` most frequent words are listed; no pair crosses a document.
    """
    v = len(tokens.words)
    left, right, total = np.zeros(v), np.zeros(v), 0.0
    parts: list[tuple[NDArray[Any], NDArray[Any], int]] = []
    documents = tokens.documents
    for d in range(first, window + 1):
        weight = float(weights[d])
        for begin in range(0, len(tokens) - d, _PIECE):
            end = min(begin + _PIECE, len(tokens) - d)
            x, y = tokens.ids[begin:end], tokens.ids[begin + d : end + d]
            if len(tokens.ends) > 1:
                same = documents[begin:end] == documents[begin + d : end + d]
                x, y = x[same], y[same]
            left += weight * np.bincount(x, minlength=v)
            right += weight * np.bincount(y, minlength=v)
            total += weight * len(x)
            if n_kept < v:
                kept = (x < n_kept) & (y < n_kept)
                x, y = x[kept], y[kept]
            keys, counts = _tally(x * v + y)
            parts.append((keys, weight * counts, d))
    keys = np.concatenate([part[0] for part in parts]) if parts else np.empty(0, np.int64)
    counts = np.concatenate([part[1] for part in parts]) if parts else np.empty(0)
    lengths = np.concatenate([np.full(len(part[0]), float(part[2])) for part in parts] or [[]])
    order = np.argsort(keys, kind="stable")
    keys, counts, lengths = keys[order], counts[order], lengths[order]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    sums = [
        np.add.reduceat(column, starts) if len(starts) else np.empty(0)
        for column in (counts, counts * lengths, counts * lengths**2)
    ]
    x, y = np.divmod(keys[starts], v)
    return PairCounts(x, y, sums[0], sums[1], sums[2], left, right, total)


def _tally(keys: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the distinct keys, ascending, and how often each occurs; `keys` is used up."""
    keys.sort()
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[starts], np.diff(starts, append=len(keys))
