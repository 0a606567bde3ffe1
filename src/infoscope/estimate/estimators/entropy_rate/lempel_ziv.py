"""Entropy rate by match lengths: how far back each stretch of the sequence was seen before.

A suffix automaton of the past gives every longest match in one pass.
"""

from __future__ import annotations

import math

import numpy as np

from infoscope.estimate.estimators.entropy_rate.block import batch_error
from infoscope.estimate.method import DISCRETE, Raw, Spec
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "match_lengths", "run"]

SPEC = Spec(
    quantity="entropy_rate",
    name="lempel_ziv",
    kinds=DISCRETE,
    assumes="a stationary sequence; nothing of its memory",
    bias="Converges as 1 / log n, so that some per cent of bias remain at any feasible length.",
    cost="n",
    source="Kontoyiannis et al., Nonparametric entropy estimation (1998), equation 9",
    smallest_n=8,
    ordered=True,
    invariances=frozenset({"relabel"}),
)


def run(sequence: Variable, *, rng: np.random.Generator) -> Raw:  # noqa: ARG001
    """Return the mean of log(i) / (1 + longest match of what follows i in what precedes it)."""
    assert sequence.codes is not None
    lengths = match_lengths(sequence.codes.tolist())
    i = np.arange(1.0, lengths.size + 1.0)  # symbols that precede
    # the mean of length / log, inverted: less noisy than the mean of log / length
    per_nat = lengths / np.log(i + 1.0)
    mean = float(per_nat.mean())
    error = batch_error(per_nat) / mean**2
    return Raw(
        nats=1.0 / mean,
        stderr=error if math.isfinite(error) else None,
        how="batches of successive symbols",
        diagnostics={"longest_match": float(lengths.max()) - 1.0},
    )


def match_lengths(symbols: list[int]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return, for i = 1 .. n // 2, one plus the longest match of symbols[i:] inside symbols[:i].

    Only the first half is used as a starting point, so that no match is cut by the end.

    >>> match_lengths(list(b"ababab")).tolist()
    [1.0, 3.0, 3.0]
    """
    n = len(symbols)
    follow: list[dict[int, int]] = [{}]
    link, length = [-1], [0]
    last = state = matched = 0
    out: list[float] = []
    for i in range(1, n // 2 + 1):
        last = _extend(follow, link, length, last, symbols[i - 1])
        matched = max(matched - 1, 0)  # the match of i - 1, less its first symbol, still holds
        while state and matched <= length[link[state]]:
            state = link[state]
        while i + matched < n and symbols[i + matched] in follow[state]:
            state = follow[state][symbols[i + matched]]
            matched += 1
        out.append(1.0 + matched)
    return np.array(out)


def _extend(
    follow: list[dict[int, int]], link: list[int], length: list[int], last: int, symbol: int
) -> int:
    """Append one symbol to the suffix automaton; return its last state."""
    new = len(follow)
    follow.append({})
    length.append(length[last] + 1)
    link.append(0)
    p = last
    while p != -1 and symbol not in follow[p]:
        follow[p][symbol] = new
        p = link[p]
    if p == -1:
        return new
    q = follow[p][symbol]
    if length[p] + 1 == length[q]:
        link[new] = q
        return new
    clone = len(follow)
    follow.append(dict(follow[q]))
    length.append(length[p] + 1)
    link.append(link[q])
    while p != -1 and follow[p].get(symbol) == q:
        follow[p][symbol] = clone
        p = link[p]
    link[q] = link[new] = clone
    return new
