"""`PrefixCode`: codewords none of which begins another, what they cost, and how they code."""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infoscope.codes.bit_fields import bits_to_text, pack_bits, pack_fields
from infoscope.codes.checking import check_arity, integers, probabilities
from infoscope.codes.loops import WORTH_COMPILING
from infoscope.core.errors import DataError, InvalidArgument, sentence
from infoscope.core.extras import is_installed
from infoscope.core.showing import Shown
from infoscope.figures.figure import Figure
from infoscope.figures.trees import MOST_LEAVES
from infoscope.measures import entropy

__all__ = ["PrefixCode", "canonical_words", "code_from_lengths", "kraft_sum"]

#: Longer words do not fit a machine word: they are kept and coded as Python integers.
WORD = 64
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, eq=False)
class PrefixCode(Shown):
    """A code that can be read without separators, made by `huffman`, `shannon_code` and their kin.

    Attributes
    ----------
    probabilities : array of shape (n,)
        The distribution that the code was made for.
    lengths : integer array of shape (n,)
        Digits of each codeword. 0 for a symbol of probability 0, which has no codeword, and for a
        symbol that is certain, whose codeword is empty: n repetitions of it need no bits at all.
    arity : int
        Number of digits; 2 means bits.
    method : str
        What made the code.

    Examples
    --------
    >>> from infoscope.codes import huffman
    >>> code = huffman([0.5, 0.25, 0.25])
    >>> code.codewords, code.expected_length, code.redundancy
    (('0', '10', '11'), 1.5, 0.0)
    >>> code.decode(code.encode([0, 2, 1]), 3).tolist()
    [0, 2, 1]
    """

    probabilities: NDArray[np.float64]
    lengths: NDArray[np.int64]
    words: NDArray[Any] = field(repr=False)
    arity: int = 2
    method: str = ""

    def __post_init__(self) -> None:
        for array in (self.probabilities, self.lengths, self.words):
            array.setflags(write=False)

    @property
    def n_symbols(self) -> int:
        """Size of the alphabet, symbols of probability 0 included."""
        return self.lengths.size

    @cached_property
    def codewords(self) -> tuple[str | None, ...]:
        """The codeword of each symbol as digits; None where the probability is 0."""
        return tuple(
            self._digits(i) if self.probabilities[i] else None for i in range(self.n_symbols)
        )

    @cached_property
    def entropy(self) -> float:
        """Entropy of the distribution in digits (bits where the arity is 2)."""
        return float(entropy(self.probabilities, unit="bits")) / math.log2(self.arity)

    @cached_property
    def expected_length(self) -> float:
        """Digits a symbol takes on average, sum of p times length; never below the entropy."""
        return math.fsum((self.probabilities * self.lengths).tolist())

    @property
    def redundancy(self) -> float:
        """Expected length minus entropy, in digits: the price of whole digits a symbol."""
        return self.expected_length - self.entropy

    @cached_property
    def kraft_sum(self) -> float:
        """Sum of arity^-length over the codewords: at most 1, and 1 when no word can be added."""
        return kraft_sum(self.lengths[self.probabilities > 0], arity=self.arity)

    def encode(self, symbols: ArrayLike) -> bytes:
        """Return the codewords of `symbols` one after the other.

        Parameters
        ----------
        symbols : integer array of shape (m,)
            Each in 0 ... n - 1, of probability above 0.

        Returns
        -------
        bytes
            Bits filled with zeros at the end; for another arity one digit a byte.

        Raises
        ------
        InvalidArgument
            If a symbol is outside the alphabet or has no codeword.
        WrongType
            If symbols are no integers.

        Notes
        -----
        Some 50 million symbols a second with numba, 5 million without.
        """
        s = self._checked(symbols)
        if self.arity == 2 and self.words.dtype != object:
            return pack_fields(self.words[s], self.lengths[s], "PrefixCode.encode")
        digits = "".join(self._digits(i) for i in s.tolist())
        values = np.array([DIGITS.index(digit) for digit in digits], np.uint8)
        return pack_bits(values) if self.arity == 2 else values.tobytes()

    def decode(self, data: bytes, n: int) -> NDArray[np.int64]:
        """Return the `n` symbols that `data` holds, as `encode` wrote them.

        Raises
        ------
        DataError
            If the data end within a codeword, hold digits that begin none, or go on after symbol n.
        """
        if n < 0:
            raise InvalidArgument(sentence("PrefixCode.decode", "n", "be at least 0", n))
        if not np.any(self.lengths):
            symbols, used, size = np.full(n, int(np.argmax(self.probabilities))), 0, 8 * len(data)
            read = n
        elif n > 8 * len(data):  # no room is made for what cannot be there
            symbols, read, used, size = np.empty(0, np.int64), 0, 0, 0
        elif self.arity == 2 and n >= WORTH_COMPILING and self._is_fast:
            symbols, read, used = self._decode_compiled(data, n)
            size = 8 * len(data)
        else:
            digits = np.frombuffer(data, np.uint8)
            digits = np.unpackbits(digits) if self.arity == 2 else digits
            symbols, read, used = self._decode_plain(digits.tolist(), n)
            size = digits.size
        if read < n:
            got = f"{read:,} of them" if n <= 8 * len(data) else f"{len(data):,} bytes"
            raise DataError(
                sentence("PrefixCode.decode", "data", f"hold {n:,} codewords of this code", got,
                         "Pass the code, the bytes and the n of one encoding.")
            )  # fmt: skip
        rest = size - used
        if rest > (7 if self.arity == 2 else 0) or (rest and data[-1] & ((1 << rest) - 1)):
            raise DataError(
                sentence("PrefixCode.decode", "data", f"end after {n:,} codewords",
                         f"more digits after digit {used:,}", "Pass the n that was encoded.")
            )  # fmt: skip
        return symbols

    def tree(self, *, labels: Sequence[str] | None = None, title: str = "") -> Figure:
        """Draw the code as a tree: a digit on each branch, a symbol on each leaf."""
        from infoscope.codes.drawing import draw_tree

        return draw_tree(self, labels=labels, title=title)

    def areas(self, *, labels: Sequence[str] | None = None, title: str = "") -> Figure:
        """Draw probability times length as areas, beside probability times surprisal."""
        from infoscope.codes.drawing import draw_areas

        return draw_areas(self, labels=labels, title=title)

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "method": self.method, "arity": self.arity,
            "probabilities": self.probabilities.tolist(), "lengths": self.lengths.tolist(),
            "codewords": list(self.codewords), "entropy": self.entropy,
            "expected_length": self.expected_length, "redundancy": self.redundancy,
            "kraft_sum": self.kraft_sum, "unit": "bits" if self.arity == 2 else "digits",
        }  # fmt: skip

    def __str__(self) -> str:
        unit = "bits" if self.arity == 2 else f"digits of {self.arity}"
        return (
            f"{self.method} code of {self.n_symbols:,} symbols: {self.expected_length:.6g} {unit} "
            f"a symbol (entropy {self.entropy:.6g}, redundancy {self.redundancy:.3g}, "
            f"Kraft sum {self.kraft_sum:.6g})"
        )

    def __repr__(self) -> str:
        return f"<{self}>"

    def figure(self) -> Figure:
        """Draw the tree of a code of up to 64 words, the areas of a larger one."""
        small = np.count_nonzero(self.probabilities) <= MOST_LEAVES
        return self.tree() if small else self.areas()

    @property
    def _is_fast(self) -> bool:
        return self.words.dtype != object and is_installed("numba")

    def _digits(self, symbol: int) -> str:
        value, length = int(self.words[symbol]), int(self.lengths[symbol])
        if self.arity == 2:
            return bits_to_text(value, length)
        digits = ""
        for _ in range(length):
            value, digit = divmod(value, self.arity)
            digits = DIGITS[digit] + digits
        return digits

    def _checked(self, symbols: ArrayLike) -> NDArray[np.int64]:
        s = integers(symbols, "PrefixCode.encode", "symbols")
        bad = (s < 0) | (s >= self.n_symbols)
        if bad.any():
            at = int(np.argmax(bad))
            raise InvalidArgument(
                sentence("PrefixCode.encode", "symbols", f"lie in 0 to {self.n_symbols - 1}",
                         f"{s[at]} at index {at}")
            )  # fmt: skip
        bad = self.probabilities[s] == 0
        if bad.any():
            at = int(np.argmax(bad))
            raise InvalidArgument(
                sentence("PrefixCode.encode", "symbols", "have codewords",
                         f"{s[at]} at index {at}, whose probability is 0",
                         "Give every symbol that can occur a probability above 0.")
            )  # fmt: skip
        return s

    def _decode_plain(self, digits: list[int], n: int) -> tuple[NDArray[np.int64], int, int]:
        book = {
            (int(length), int(word)): i
            for i, (length, word) in enumerate(zip(self.lengths, self.words, strict=True))
            if length
        }
        longest = int(self.lengths.max())
        out, at = np.zeros(n, np.int64), 0
        for i in range(n):
            word = 0
            for length in range(1, min(longest, len(digits) - at) + 1):
                word = word * self.arity + digits[at + length - 1]
                if (length, word) in book:
                    out[i] = book[length, word]
                    at += length
                    break
            else:
                return out, i, at
        return out, n, at

    def _decode_compiled(self, data: bytes, n: int) -> tuple[NDArray[np.int64], int, int]:
        starts, lengths, symbols, first, skip = self._book
        blob = np.zeros(len(data) + 9, np.uint8)
        blob[: len(data)] = np.frombuffer(data, np.uint8)
        out = np.zeros(n, np.int64)
        kernels = importlib.import_module("infoscope.codes.compiled_loops")
        read, used = kernels.read_words(
            blob, 8 * len(data), starts, lengths, symbols, first, skip, out
        )
        return out, int(read), int(used)

    @cached_property
    def _book(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], int]:
        """Codewords at the left end of 64 bits in ascending order, and where each lead begins."""
        used = np.flatnonzero(self.lengths)
        lengths = self.lengths[used]
        starts = self.words[used] << (WORD - lengths).astype(np.uint64)
        order = np.argsort(starts)
        starts = starts[order]
        lead = min(14, int(lengths.max()))
        edges = np.arange(1 << lead, dtype=np.uint64) << np.uint64(WORD - lead)
        first = np.searchsorted(starts, edges, side="right") - 1
        first = np.append(np.maximum(first, 0), starts.size - 1)
        return starts, lengths[order], used[order], first, WORD - lead


def kraft_sum(lengths: ArrayLike, *, arity: int = 2) -> float:
    """Return the Kraft sum of codeword lengths: a prefix code with them exists iff it is at most 1.

    K = sum_i arity^-l_i

    Parameters
    ----------
    lengths : integer array of shape (n,)
        At least 0 each.
    arity : int
        Number of digits, 2 to 36.

    Returns
    -------
    float
        Above 0 unless there is no length; summed exactly and rounded once.

    Raises
    ------
    InvalidArgument
        If a length is negative or the arity is out of range.

    Notes
    -----
    Cost n. Uniquely decodable codes that lack the prefix property obey the same bound (McMillan).

    Source
    ------
    Kraft (1949); Cover and Thomas (2006), theorem 5.2.1.

    Examples
    --------
    >>> kraft_sum([1, 2, 2]), kraft_sum([1, 1, 2])
    (1.0, 1.25)
    """
    values = integers(lengths, "kraft_sum", "lengths")
    check_arity(arity, "kraft_sum")
    if values.size and values.min() < 0:
        raise InvalidArgument(sentence("kraft_sum", "lengths", "be at least 0", int(values.min())))
    return float(_exact_kraft(values, arity))


def code_from_lengths(
    lengths: ArrayLike, *, p: ArrayLike | None = None, arity: int = 2
) -> PrefixCode:
    """Return the canonical prefix code with these codeword lengths.

    word_i = arity^l_i * sum of arity^-l_j over the words before it

    Parameters
    ----------
    lengths : integer array of shape (n,)
        At least 1 each, or 0 for symbols without a codeword.
    p : array of shape (n,), optional
        The distribution of the symbols, 0 exactly where a length is 0; when not given, the one for
        which these lengths are ideal, arity^-length over their sum.
    arity : int
        Number of digits, 2 to 36.

    Returns
    -------
    PrefixCode
        Shorter words come first, words of one length in the order of the symbols, so that the
        lengths alone (as in DEFLATE's headers) tell the whole code.

    Raises
    ------
    InvalidArgument
        If the Kraft sum is above 1 (no prefix code has these lengths), or p does not fit.

    Notes
    -----
    Cost n log n.

    Source
    ------
    Schwartz and Kallick (1964), Generating a canonical prefix encoding, CACM 7(3).

    Examples
    --------
    >>> code_from_lengths([2, 1, 2]).codewords
    ('10', '0', '11')
    """
    values = integers(lengths, "code_from_lengths", "lengths")
    check_arity(arity, "code_from_lengths")
    if values.size == 0 or values.min() < 0 or not values.any():
        raise InvalidArgument(
            sentence("code_from_lengths", "lengths", "be at least 0, and one of them above 0",
                     values.tolist()[:8])
        )  # fmt: skip
    used = values > 0
    total = _exact_kraft(values[used], arity)
    if total > 1:
        raise InvalidArgument(
            sentence("code_from_lengths", "lengths", "have a Kraft sum of at most 1",
                     f"{float(total):.6g}", "Lengthen some words: no prefix code is that short.")
        )  # fmt: skip
    if p is None:
        share = np.where(used, np.exp(-values * math.log(arity)), 0.0)
        p = share / share.sum()
    given = probabilities(p, "code_from_lengths")
    if given.size != values.size or np.any((given > 0) != used):
        raise InvalidArgument(
            sentence("code_from_lengths", "p", "be above 0 exactly where a length is",
                     f"{given.size} probabilities for {values.size} lengths")
        )  # fmt: skip
    words = canonical_words(values, used, arity)
    return PrefixCode(given, values, words, arity, "canonical")


def canonical_words(
    lengths: NDArray[np.int64], used: NDArray[np.bool_], arity: int
) -> NDArray[Any]:
    """Return each symbol's word as an integer of `lengths` digits; 0 where it is not used."""
    at = np.flatnonzero(used)
    order = at[np.argsort(lengths[at], kind="stable")]
    ordered = lengths[order]
    longest = int(ordered[-1]) if order.size else 0
    if arity == 2 and longest <= WORD:
        words = np.zeros(lengths.size, np.uint64)
        if longest == 0:
            return words
        left = (WORD - ordered).astype(np.uint64)
        steps = np.uint64(1) << left
        words[order] = (np.cumsum(steps) - steps) >> left  # the last sum may wrap: it is not used
        return words
    words = np.zeros(lengths.size, object)
    following, before = 0, 0
    for i, length in zip(order.tolist(), ordered.tolist(), strict=True):
        following *= arity ** (length - before)
        words[i] = following
        following, before = following + 1, length
    return words


def _exact_kraft(lengths: NDArray[np.int64], arity: int) -> Fraction:
    each, count = np.unique(lengths, return_counts=True)
    return sum(
        (Fraction(int(c), arity ** int(x)) for x, c in zip(each, count, strict=True)), Fraction(0)
    )
