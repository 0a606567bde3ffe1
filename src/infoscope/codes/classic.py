"""Shannon's code and that of Shannon, Fano and Elias: words cut from the cumulative sums."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infoscope.codes.checking import probabilities
from infoscope.codes.prefix_code import WORD, PrefixCode, canonical_words, kraft_sum

__all__ = ["shannon_code", "shannon_fano_elias"]

#: Every double is a whole multiple of 2^-1074.
UNIT = 1074


def shannon_code(p: ArrayLike) -> PrefixCode:
    """Return Shannon's code: each word as long as its surprisal in bits, rounded up.

    l_i = ceil(-log2 p_i)

    Parameters
    ----------
    p : array of shape (n,)
        Probabilities, or `Logits`. Symbols of probability 0 get no codeword.

    Returns
    -------
    PrefixCode
        The word of a symbol is the first l bits of the probability of all likelier symbols (ties
        in the order given). H(p) <= expected length < H(p) + 1, and it may be far from Huffman's:
        for p = (0.99, 0.01) Shannon's words take 1 and 7 bits.

    Raises
    ------
    NotADistribution
        If p is negative or NaN somewhere or does not sum to 1.

    Notes
    -----
    Cost n log n. Cumulative sums are exact (integers), so that tiny probabilities get words too.

    Source
    ------
    Shannon (1948), section 9; Cover and Thomas (2006), section 5.4.

    Examples
    --------
    >>> shannon_code([0.5, 0.25, 0.125, 0.125]).codewords
    ('0', '10', '110', '111')
    >>> shannon_code([0.6, 0.4]).codewords
    ('0', '10')
    """
    given = probabilities(p, "shannon_code")
    lengths = _ceiled_surprisal(given)
    order = np.argsort(-given, kind="stable")
    words = _prefixes(given, lengths, order, half=False)
    return PrefixCode(given, lengths, words, 2, "Shannon")


def shannon_fano_elias(p: ArrayLike) -> PrefixCode:
    """Return the Shannon-Fano-Elias code: words keep the order of the symbols.

    word_i = first l_i bits of sum_(j<i) p_j + p_i / 2,  l_i = ceil(-log2 p_i) + 1

    Parameters
    ----------
    p : array of shape (n,)
        Probabilities, or `Logits`. Symbols of probability 0 get no codeword.

    Returns
    -------
    PrefixCode
        Sorting the words sorts the symbols. H(p) + 1 <= expected length < H(p) + 2; what it spends
        on one symbol, arithmetic coding spends once on the whole sequence.

    Raises
    ------
    NotADistribution
        If p is negative or NaN somewhere or does not sum to 1.

    Notes
    -----
    Cost n, in exact integers.

    Source
    ------
    Cover and Thomas (2006), section 5.9.

    Examples
    --------
    >>> shannon_fano_elias([0.25, 0.5, 0.125, 0.125]).codewords
    ('001', '10', '1101', '1111')
    """
    given = probabilities(p, "shannon_fano_elias")
    lengths = _ceiled_surprisal(given)
    lengths[given > 0] += 1
    if np.count_nonzero(given) == 1:
        lengths[:] = given > 0  # one word of one bit: "1"
    words = _prefixes(given, lengths, np.arange(given.size), half=True)
    return PrefixCode(given, lengths, words, 2, "Shannon-Fano-Elias")


def _ceiled_surprisal(p: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return ceil(-log2 p) exactly, 0 where p is 0: p = m 2^e with m in [1/2, 1)."""
    exponent = np.frexp(p)[1].astype(np.int64)
    least = int(np.count_nonzero(p) > 1)  # beside a mass that rounds to 1 others may be possible
    return np.where(p > 0, np.maximum(1 - exponent, least), 0)


def _prefixes(
    p: NDArray[np.float64], lengths: NDArray[np.int64], order: NDArray[np.intp], *, half: bool
) -> NDArray[np.generic]:
    """Return the first bits of the cumulative sums of p along `order`, as integers."""
    used = p > 0
    longest = int(lengths.max())
    words = np.zeros(p.size, np.uint64 if longest <= WORD else object)
    before, end = 0, 0
    for i in order[used[order]].tolist():
        mantissa, exponent = np.frexp(p[i])
        mass = int(mantissa * 2**53) << (UNIT + int(exponent)) >> 53
        length = int(lengths[i])
        start = before + mass // 2 if half else before
        word = start << length >> UNIT
        if word << (UNIT - length if length <= UNIT else 0) < end or word >> length:
            # Sums of p above 1 by rounding leave no room at the end: any words of these lengths do.
            if kraft_sum(lengths[used]) > 1:
                lengths[used] += 1
            return canonical_words(lengths, used, 2)
        words[i] = word
        end = (word + 1) << (UNIT - length) if length <= UNIT else end
        before += mass
    return words
