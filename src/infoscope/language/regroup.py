"""Regroup token spans into words, characters and stretches of text, with nothing lost."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "RunningRate",
    "Stretches",
    "character_starts",
    "characters_per_token",
    "excerpt",
    "line_starts",
    "running_rate",
    "separators_per_token",
    "stretches",
    "word_groups",
]  # fmt: skip

_LN2 = float(np.log(2.0))
_WHITESPACE = np.frombuffer(b" \t\n\r\x0b\x0c", np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class RunningRate:
    """Bits per byte along a text, for a chart: at byte `ends[i]`, since the start and locally."""

    ends: NDArray[np.int64]  # (n_points,) byte offsets
    running: NDArray[np.float64]  # (n_points,) bits/byte from byte 0 to here
    local: NDArray[np.float64]  # (n_points,) bits/byte since the point before


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Contiguous stretches of a text (characters, lines), and what each costs in nats."""

    starts: NDArray[np.int64]  # (n,) byte offsets
    ends: NDArray[np.int64]  # (n,)
    surprisal: NDArray[np.float64]  # (n,) nats

    def __len__(self) -> int:
        return len(self.starts)


def stretches(byte_surprisal: NDArray[np.float64], starts: NDArray[np.int64]) -> Stretches:
    """Add up the bytes of each stretch; the stretches begin at `starts` (the first at 0).

    >>> stretches(np.array([1.0, 2.0, 4.0]), np.array([0, 2])).surprisal
    array([3., 4.])
    """
    ends = np.append(starts[1:], len(byte_surprisal))
    return Stretches(starts, ends, np.add.reduceat(byte_surprisal, starts))


def character_starts(text: bytes) -> NDArray[np.int64]:
    """Return the byte offset of each UTF-8 character; bytes before the first belong to it."""
    begins = (np.frombuffer(text, np.uint8) & 0xC0) != 0x80
    begins[0] = True
    return np.flatnonzero(begins)


def line_starts(text: bytes) -> NDArray[np.int64]:
    """Return the byte offset of each line; a line feed ends its line."""
    feeds = np.flatnonzero(np.frombuffer(text, np.uint8) == 10) + 1
    return np.concatenate([[0], feeds[feeds < len(text)]]).astype(np.int64)


def running_rate(
    surprisal: NDArray[np.float64], ends: NDArray[np.int64], n_points: int
) -> RunningRate:
    """Return bits per byte at up to `n_points` places, evenly spread over the tokens.

    Every place is the end of a token, the last one the end of the text; tokens that end at one byte
    count together.
    """
    whole = np.flatnonzero(np.diff(ends, append=ends[-1] + 1) > 0)  # last token of each byte offset
    whole = whole[ends[whole] > 0]
    picks = np.unique(np.linspace(0, len(whole), min(n_points, len(whole)) + 1).astype(int)[1:] - 1)
    at = whole[picks]
    bits = np.cumsum(surprisal)[at] / _LN2
    places = ends[at]
    local = np.diff(bits, prepend=0.0) / np.diff(places, prepend=0)
    return RunningRate(places, bits / places, local)


def characters_per_token(
    text: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Count the UTF-8 characters that begin in each token's span."""
    begins = (np.frombuffer(text, np.uint8) & 0xC0) != 0x80
    counted = np.concatenate([[0], np.cumsum(begins)])
    return (counted[ends] - counted[starts]).astype(np.float64)


def separators_per_token(text: bytes, ends: NDArray[np.int64]) -> NDArray[np.float64]:
    r"""Count for each token the words that begin in it, as ``len(re.split(r"\s+", text))`` does.

    The first word begins at the first token; every run of white space begins another.
    """
    counts = np.zeros(len(ends))
    begins = np.flatnonzero((np.frombuffer(text, np.uint8) & 0xC0) != 0x80)
    runs = [match.start() for match in re.finditer(r"\s+", text.decode("utf-8"))]
    np.add.at(counts, np.searchsorted(ends, begins[runs], side="right"), 1.0)
    counts[0] += 1.0
    return counts


def word_groups(
    text: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for each token the number of its word: 0, 0, 1, 2, 2, ...

    A word is a run of bytes without ASCII white space, together with the white space before it
    (and, for the last one, after it). A token belongs to the word of its first byte that is no
    white space; words that one token spans become one.
    """
    if not len(starts):
        return np.empty(0, np.int64)
    blank = np.isin(np.frombuffer(text, np.uint8), _WHITESPACE)
    opens = blank & ~np.concatenate([[True], blank[:-1]])  # white space right after a word
    word = np.cumsum(opens)  # (n_bytes,) number of each byte's word
    solid = ~blank
    word = np.minimum(word, word[np.flatnonzero(solid)[-1]] if solid.any() else 0)
    places = np.arange(len(text))
    following = np.minimum.accumulate(np.where(solid, places, len(text))[::-1])[::-1]
    preceding = np.maximum.accumulate(np.where(solid, places, -1))
    first, last = word[starts.clip(max=len(text) - 1)], word[(ends - 1).clip(min=0)]
    if len(text):
        inner = following[starts.clip(max=len(text) - 1)]
        holds = inner < ends  # the token has a byte that is no white space
        first = np.where(holds, word[inner.clip(max=len(text) - 1)], first)
        last = np.where(holds, word[preceding[(ends - 1).clip(min=0)]], first)
    reached = np.maximum.accumulate(last)
    begins = np.concatenate([[False], first[1:] > reached[:-1]])
    return np.cumsum(begins).astype(np.int64)


def excerpt(text: bytes, begin: int, end: int, *, whole: bool = False) -> str:
    r"""Return text[begin:end] from its first whole character on; odd bytes as ``\xNN``.

    `whole` takes in the rest of a last character that `end` cuts in two.

    >>> excerpt("né à".encode(), 2, 5, whole=True), excerpt(b"K\xe4fer", 0, 5)
    (' à', 'K\\xe4fer')
    """
    first, last = begin, end
    while first < min(begin + 3, end) and first > 0 and text[first] & 0xC0 == 0x80:
        first += 1
    while whole and last < min(end + 3, len(text)) and text[last] & 0xC0 == 0x80:
        last += 1
    return text[first:last].decode("utf-8", "backslashreplace")
