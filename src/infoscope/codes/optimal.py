"""Huffman's code: no prefix code is shorter on average, with or without a limit on its words."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infoscope.codes.checking import check_arity, probabilities
from infoscope.codes.loops import loops_for
from infoscope.codes.prefix_code import PrefixCode, canonical_words
from infoscope.core.errors import InvalidArgument, sentence

__all__ = ["huffman"]


def huffman(p: ArrayLike, *, arity: int = 2, max_length: int | None = None) -> PrefixCode:
    """Return a prefix code of least expected length for the distribution p.

    L = min over prefix codes of sum_i p_i l_i,  H(p) <= L < H(p) + 1

    Parameters
    ----------
    p : array of shape (n,)
        Probabilities, or `Logits`. Symbols of probability 0 get no codeword.
    arity : int
        Number of digits of the code, 2 to 36.
    max_length : int, optional
        Longest codeword allowed; at least log n to the base of the arity.

    Returns
    -------
    PrefixCode
        Canonical: shorter words first, words of one length in the order of the symbols. Of the
        optimal codes it is the one whose longest word is shortest. A certain symbol has the empty
        word, so that H <= L < H + 1 holds for it too.

    Raises
    ------
    NotADistribution
        If p is negative or NaN somewhere or does not sum to 1.
    InvalidArgument
        If p is no single row, or no code of this arity has words that short.

    Notes
    -----
    Cost n log n for the sort, then n (two queues); with a limit n times it (package-merge).
    Symbol by symbol a code wastes up to a bit each where a probability is near 1: code blocks
    (`block_code`) or use `arithmetic`.

    Source
    ------
    Huffman (1952); two queues: van Leeuwen (1976); limit: Larmore and Hirschberg (1990).

    Examples
    --------
    >>> huffman([0.4, 0.3, 0.2, 0.1]).codewords
    ('0', '10', '110', '111')
    >>> huffman([0.4, 0.3, 0.2, 0.1], max_length=2).expected_length
    2.0
    """
    given = probabilities(p, "huffman")
    check_arity(arity, "huffman")
    used = np.flatnonzero(given)
    order = used[np.argsort(given[used], kind="stable")]
    lengths = np.zeros(given.size, np.int64)
    if used.size > 1:
        n_empty = -(used.size - 1) % (arity - 1)  # leaves of weight 0 that fill the last node
        weights = np.concatenate([np.zeros(n_empty), given[order]])
        depths = loops_for(weights.size).merge_depths(weights, arity)
        if max_length is not None and depths.max() > max_length:
            _check_limit(max_length, used.size, arity)
            depths = _package_merge(weights, arity, max_length)
        lengths[order] = depths[n_empty:]
    elif max_length is not None:
        _check_limit(max_length, 1, arity)
    words = canonical_words(lengths, given > 0, arity)
    return PrefixCode(given, lengths, words, arity, "Huffman")


def _check_limit(max_length: int, n: int, arity: int) -> None:
    if max_length < 0 or arity**max_length < n:
        least = math.ceil(math.log(n, arity) - 1e-9)
        raise InvalidArgument(
            sentence("huffman", "max_length", f"be at least {least} for {n:,} symbols", max_length)
        )


def _package_merge(weights: NDArray[np.float64], arity: int, limit: int) -> NDArray[np.int64]:
    """Return optimal depths of at most `limit` for ascending weights.

    Each level offers every leaf and every package of `arity` neighbours from the level below. The
    cheapest items at the top are taken; what the packages among them hold is taken below.
    """
    n = weights.size
    levels: list[NDArray[np.bool_]] = []  # in ascending order: is this item a package?
    packages = np.zeros(0)
    for _ in range(limit):
        items = np.concatenate([weights, packages])
        order = np.argsort(items, kind="stable")
        levels.append(order >= n)
        ordered = items[order]
        whole = ordered.size // arity * arity
        packages = ordered[:whole].reshape(-1, arity).sum(axis=1)
    depths = np.zeros(n, np.int64)
    n_taken = arity * (n - 1) // (arity - 1)
    for is_package in reversed(levels):
        n_packages = int(is_package[:n_taken].sum())
        depths[: n_taken - n_packages] += 1
        n_taken = arity * n_packages
    return depths
