"""Signals of a document's health from its bytes alone: repeats, garbled and monotonous passages."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Passages", "Repeats", "find_repeats", "min_k", "passage_costs", "robust_limits"]

_WORD = re.compile(rb"\S+")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, so that hashing by it loses nothing
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_SPREAD = 1.4826  # turns a median absolute deviation into the standard deviation of a normal


@dataclass(frozen=True, slots=True)
class Repeats:
    """How much of one document stands elsewhere: shares of its words.

    `earlier` counts words in runs that an earlier document, or this one before, holds; `source` is
    the number of the earlier document that shares most (itself for its own repeats), None if none.
    """

    earlier: float
    source: int | None
    first_start: int
    first_end: int


@dataclass(frozen=True, slots=True, eq=False)
class Passages:
    """Stretches of a document: byte spans, bits per byte by a bigram code, and byte entropy."""

    starts: NDArray[Any]
    ends: NDArray[Any]
    cost: NDArray[Any]
    entropy: NDArray[Any]


def find_repeats(texts: Sequence[bytes], n_gram: int) -> list[Repeats]:
    """Find, in order, which words of each text belong to a run of `n_gram` words seen before.

    Words are runs of bytes without white space, in lower case. Runs are compared by 64-bit hashes:
    two of a million different runs agree by chance with probability 3e-8.
    """
    number: dict[bytes, int] = {}
    hashes: list[NDArray[np.uint64]] = []
    spans: list[list[tuple[int, int]]] = []
    for text in texts:
        found = [match.span() for match in _WORD.finditer(text)]
        ids = np.array([number.setdefault(text[a:b].lower(), len(number)) for a, b in found])
        spans.append(found)
        hashes.append(_runs(ids, n_gram))
    owner = np.repeat(np.arange(len(texts)), [len(each) for each in hashes])
    every = np.concatenate(hashes) if hashes else np.empty(0, np.uint64)
    _, first, inverse = np.unique(every, return_index=True, return_inverse=True)
    seen = first[inverse] if len(every) else np.empty(0, np.int64)  # where each run stood first
    results: list[Repeats] = []
    begin = 0
    for i, runs in enumerate(hashes):
        end = begin + len(runs)
        again = np.flatnonzero(seen[begin:end] < np.arange(begin, end))
        results.append(_repeat(again, owner[seen[begin:end][again]], spans[i], n_gram, i))
        begin = end
    return results


def _repeat(
    again: NDArray[Any], owners: NDArray[Any], spans: list[tuple[int, int]], n_gram: int, own: int
) -> Repeats:
    if not len(again):
        return Repeats(0.0, None, 0, 0)
    covered = np.zeros(len(spans) + 1, np.int64)
    np.add.at(covered, again, 1)
    np.add.at(covered, np.minimum(again + n_gram, len(spans)), -1)
    inside = np.cumsum(covered)[:-1] > 0
    breaks = np.flatnonzero(np.diff(again) > 1)  # the first unbroken stretch of repeated runs
    last = int(again[breaks[0]] if len(breaks) else again[-1]) + n_gram - 1
    values, counts = np.unique(owners, return_counts=True)
    source = int(values[np.argmax(counts)]) if len(values) else own
    return Repeats(float(inside.mean()), source, spans[int(again[0])][0], spans[last][1])


def _runs(ids: NDArray[Any], n: int) -> NDArray[np.uint64]:
    """Hash every run of n words, each position with its own power of the multiplier."""
    if len(ids) < n:
        return np.empty(0, np.uint64)
    x = (ids.astype(np.uint64) + np.uint64(1)) * _MIX
    x ^= x >> np.uint64(29)
    found = np.zeros(len(ids) - n + 1, np.uint64)
    for k in range(n):
        found = found * _MULTIPLIER + x[k : k + len(found)]
    return found ^ (found >> np.uint64(31))


def passage_costs(texts: Sequence[bytes], length: int) -> list[Passages]:
    """Return what each passage of about `length` bytes costs by the bigrams of the other texts.

    The code of a byte given the one before is Krichevsky and Trofimov's, (count + 1/2) / (total +
    128), from all texts but the passage's own: one strange document does not teach it itself.
    """
    whole = np.zeros((256, 256), np.int64)
    for text in texts:
        whole += _bigrams(text)
    found: list[Passages] = []
    for text in texts:  # counted again, since a table for each would not fit beside the others
        others = whole - _bigrams(text) if len(texts) > 1 else whole
        rows = others.sum(1, keepdims=True)
        bits = -np.log2((others + 0.5) / (rows + 128.0))
        data = np.frombuffer(text, np.uint8)
        each = bits[np.concatenate([[10], data[:-1]]), data] if len(data) else np.empty(0)
        n = max(1, round(len(data) / length))
        cuts = np.linspace(0, len(data), n + 1).astype(int)
        cost = np.add.reduceat(each, cuts[:-1]) / np.diff(cuts) if len(data) else np.zeros(1)
        entropy = np.array([
            _byte_entropy(data[a:b]) for a, b in pairwise(cuts.tolist())
        ])  # fmt: skip
        found.append(Passages(cuts[:-1], cuts[1:], cost, entropy))
    return found


def _bigrams(text: bytes) -> NDArray[Any]:
    data = np.frombuffer(text, np.uint8).astype(np.int64)
    before = np.concatenate([[10], data[:-1]]) if len(data) else data
    return np.bincount(256 * before + data, minlength=65536).reshape(256, 256)


def _byte_entropy(data: NDArray[Any]) -> float:
    """Entropy of the bytes in bits, with Miller and Madow's correction."""
    if not len(data):
        return 0.0
    counts = np.bincount(data)
    counts = counts[counts > 0]
    p = counts / len(data)
    plain = float(-(p * np.log2(p)).sum()) + 0.0
    return plain + (len(counts) - 1) / (2 * len(data) * math.log(2))


def min_k(
    surprisal: NDArray[Any], entropy: NDArray[Any], varentropy: NDArray[Any], share: float
) -> tuple[float, float]:
    """Return Min-K% and Min-K%++: means over the least likely `share` of the tokens.

    Min-K%: of ln p. Min-K%++: of (ln p - mean of ln p) / its standard deviation, both under the
    model's own prediction, whose mean is minus the entropy and whose variance is the varentropy. A
    prediction without spread says nothing: 0 there.

    Source
    ------
    Shi et al. (2024), Detecting pretraining data from large language models; Zhang et al. (2025),
    Min-K%++.
    """
    n = max(1, int(len(surprisal) * share))
    spread = np.sqrt(np.maximum(varentropy, 0.0))
    z = np.divide(entropy - surprisal, spread, out=np.zeros(len(spread)), where=spread > 0)
    return float(-np.sort(surprisal)[::-1][:n].mean()), float(np.sort(z)[:n].mean())


def robust_limits(values: NDArray[Any], reach: float) -> tuple[float, float]:
    """Return median - and + `reach` robust standard deviations (median absolute deviations)."""
    values = np.asarray(values)[np.isfinite(values)]
    if len(values) < 3:
        return -math.inf, math.inf
    middle = float(np.median(values))
    spread = _SPREAD * float(np.median(np.abs(values - middle)))
    return middle - reach * spread, middle + reach * spread
