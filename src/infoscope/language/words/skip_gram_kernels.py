"""Compiled training of skip-gram with negative sampling: one thread, so that a seed decides all."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.compiling import compiled

__all__ = ["alias_tables", "train_stretch"]


def alias_tables(weights: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return Walker's tables: take cell i with probability `keep[i]`, else `other[i]`.

    Source
    ------
    Walker (1977); Vose (1991).
    """
    n = len(weights)
    keep, other = weights * n / weights.sum(), np.arange(n)
    small = [i for i in range(n) if keep[i] < 1.0]
    large = [i for i in range(n) if keep[i] >= 1.0]
    while small and large:
        low, high = small.pop(), large[-1]
        other[low] = high
        keep[high] -= 1.0 - keep[low]
        if keep[high] < 1.0:
            small.append(large.pop())
    for i in [*small, *large]:
        keep[i] = 1.0
    return keep, other


@compiled
def train_stretch(
    ids, ends, begin, stop, words, contexts, window, negatives, keep, other, rate, state,
):  # fmt: skip
    """Take one gradient step for each pair around places `begin` to `stop`; return the loss.

    `ends[i]` is the end of the document of place i, `ids` -1 marks a word that is passed over. Rows
    of `words` and `contexts` are padded to a multiple of 8 numbers. `state` holds the generator.
    """
    width = words.shape[1]
    step = np.zeros(width, np.float32)
    n_words = keep.size
    s = state[0]
    loss = 0.0
    for i in range(begin, stop):
        w = ids[i]
        if w < 0:
            continue
        s = s * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        reach = 1 + np.int64((s >> np.uint64(33)) % np.uint64(window))
        low = max(ends[i, 0], i - reach)
        high = min(ends[i, 1], i + reach + 1)
        for j in range(low, high):
            c = ids[j]
            if j == i or c < 0:
                continue
            for k in range(width):
                step[k] = 0.0
            for draw in range(negatives + 1):
                target = c
                label = np.float32(1.0)
                if draw > 0:
                    s = s * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
                    u = np.float64(s >> np.uint64(11)) / 9007199254740992.0 * n_words
                    target = np.int64(u)
                    if u - target >= keep[target]:
                        target = other[target]
                    label = np.float32(0.0)
                a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = np.float32(0.0)
                for k in range(0, width, 8):
                    a0 += words[w, k] * contexts[target, k]
                    a1 += words[w, k + 1] * contexts[target, k + 1]
                    a2 += words[w, k + 2] * contexts[target, k + 2]
                    a3 += words[w, k + 3] * contexts[target, k + 3]
                    a4 += words[w, k + 4] * contexts[target, k + 4]
                    a5 += words[w, k + 5] * contexts[target, k + 5]
                    a6 += words[w, k + 6] * contexts[target, k + 6]
                    a7 += words[w, k + 7] * contexts[target, k + 7]
                f = ((a0 + a1) + (a2 + a3)) + ((a4 + a5) + (a6 + a7))
                p = np.float32(1.0 / (1.0 + math.exp(-f)))
                loss += math.log1p(math.exp(-abs(f))) + max(0.0, -f if draw == 0 else f)
                g = (label - p) * rate
                for k in range(width):
                    step[k] += g * contexts[target, k]
                    contexts[target, k] += g * words[w, k]
            for k in range(width):
                words[w, k] += step[k]
    state[0] = s
    return loss
