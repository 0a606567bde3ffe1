"""Measure how varied several samples are, and how much each repeats itself."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.result import Estimate, Interval

__all__ = ["diversity_of"]

_LEVEL = 0.95
_LONG = 4

Samples = Sequence[NDArray[np.int64]]


def diversity_of(
    samples: Samples, surprisals: Sequence[NDArray[np.float64]] | None = None
) -> dict[str, Estimate]:
    """Return measures of diversity of token sequences, each with an error bar over the samples.

    distinct_n = different n-grams / n-grams, over all samples together

    Parameters
    ----------
    samples : sequence of int arrays
        Token ids; at least one sample.
    surprisals : sequence of float arrays, optional
        Surprisal of each token in nats, in the same shape.

    Returns
    -------
    dict of str to Estimate
        "distinct_1" to "distinct_3" in (0, 1]; "overlap": share of a sample's 4-grams that another
        sample holds too; "repetition": share of 4-grams that its own sample has held before;
        "entropy_1", "entropy_2": entropy of the pooled n-grams in nats, corrected for the number
        of them seen (Miller & Madow); "surprisal": mean nats per token.

    Notes
    -----
    All but the surprisal depend on how many tokens there are: compare equal numbers of equal
    lengths only. Standard errors leave out one sample at a time. Measures that need an n-gram or a
    second sample are NaN where there is none.

    Source
    ------
    Li et al. (2016) for distinct-n; Zhu et al. (2018), Texygen, for overlap between samples;
    Welleck et al. (2020) for repetition; Efron & Stein (1981) for the jackknife.

    Examples
    --------
    >>> found = diversity_of([np.array([1, 2, 1, 2]), np.array([1, 2, 3, 4])])
    >>> found["distinct_1"].value, found["distinct_2"].value
    (0.5, 0.6666666666666666)
    """
    if not len(samples):
        raise InvalidArgument(
            sentence("diversity_of", "samples", "hold at least one sample", "none")
        )
    lists = [sample.tolist() for sample in samples]
    measures: dict[str, tuple[Callable[[list[list[int]]], float], str]] = {
        **{f"distinct_{n}": (_distinct(n), "") for n in (1, 2, 3)},
        "overlap": (_overlap, ""),
        "repetition": (_repetition, ""),
        "entropy_1": (_entropy(1), "nats"),
        "entropy_2": (_entropy(2), "nats"),
    }
    found = {name: _jackknifed(name, f, lists, unit) for name, (f, unit) in measures.items()}
    if surprisals is not None:
        means = [float(np.mean(each)) for each in surprisals]
        sizes = [len(each) for each in surprisals]

        def weighted(kept: list[list[int]]) -> float:
            return sum(means[i] * sizes[i] for (i,) in kept) / sum(sizes[i] for (i,) in kept)

        numbered = [[i] for i in range(len(means))]
        found["surprisal"] = _jackknifed("surprisal", weighted, numbered, "nats/token")
    return found


def _grams(sample: list[int], n: int) -> Iterable[tuple[int, ...]]:
    return zip(*(sample[i:] for i in range(n)), strict=False)


def _distinct(n: int) -> Callable[[list[list[int]]], float]:
    def share(samples: list[list[int]]) -> float:
        grams = [gram for sample in samples for gram in _grams(sample, n)]
        return len(set(grams)) / len(grams) if grams else math.nan

    return share


def _overlap(samples: list[list[int]]) -> float:
    sets = [set(_grams(sample, _LONG)) for sample in samples]
    held = Counter(gram for each in sets for gram in each)
    shares = [sum(held[gram] > 1 for gram in each) / len(each) for each in sets if each]
    return sum(shares) / len(shares) if len(shares) > 1 else math.nan


def _repetition(samples: list[list[int]]) -> float:
    seen = total = 0
    for sample in samples:
        grams = list(_grams(sample, _LONG))
        seen, total = seen + len(grams) - len(set(grams)), total + len(grams)
    return seen / total if total else math.nan


def _entropy(n: int) -> Callable[[list[list[int]]], float]:
    def nats(samples: list[list[int]]) -> float:
        counts = np.array(
            list(Counter(gram for sample in samples for gram in _grams(sample, n)).values()), float
        )
        if not counts.size:
            return math.nan
        total = counts.sum()
        plain = math.log(total) - float(np.sum(counts * np.log(counts))) / total
        return plain + (len(counts) - 1) / (2.0 * total)

    return nats


def _jackknifed(
    name: str, statistic: Callable[[list[list[int]]], float], samples: list[list[int]], unit: str
) -> Estimate:
    value, m = statistic(samples), len(samples)
    stderr = interval = None
    notes: tuple[str, ...] = ("no error bar: it needs at least three samples",)
    if m > 2:
        left = np.array([statistic(samples[:i] + samples[i + 1 :]) for i in range(m)])
        spread = math.sqrt((m - 1) / m * float(np.sum((left - left.mean()) ** 2)))
        if math.isfinite(spread):
            reach = float(stdtrit(m - 1, 0.5 + _LEVEL / 2)) * spread
            stderr, notes = spread, ("of this many tokens; compare equal amounts only",)
            interval = Interval(value - reach, value + reach, _LEVEL,
                                f"jackknife over {m} samples, Student t")  # fmt: skip
    return Estimate(name.replace("_", "-"), value, unit, stderr=stderr, interval=interval,
                    method="", n=m, notes=notes)  # fmt: skip
