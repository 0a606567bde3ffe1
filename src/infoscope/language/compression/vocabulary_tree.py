"""A model's vocabulary in the order of its bytes, so that a token is a walk of yes-or-no questions.

All tokens that begin with the same bytes lie side by side; with the running sum of their masses,
the probability of each bit of the next byte, and of the token ending here, is a quotient of two
differences. Bytes that no token spells become tokens of their own, fed to the model as its unknown
token.
"""

# Kernels mix NumPy scalars and Python numbers, which are one type to the compiler.
# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from infoscope.core.compiling import compiled
from infoscope.language.compression.fixed_arithmetic import exponential
from infoscope.language.contract import LanguageModel

__all__ = ["Vocabulary", "accumulate", "first_at_least", "vocabulary_of"]

_MASS = np.float32(2.0**30)  # integer mass of the likeliest token


class Vocabulary(NamedTuple):
    """Sorted spellings: entry i is ``letters[starts[i] : starts[i] + lengths[i]]``."""

    letters: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    ids: NDArray[np.int64]  # token id of each entry, fed to the model and read from its head


def vocabulary_of(model: LanguageModel, controls: frozenset[int], unknown: int) -> Vocabulary:
    """Sort the spellings of a model's tokens; `controls` are left out."""
    spelled = {b: i for i in range(model.n_vocabulary - 1, -1, -1)
               if i not in controls and (b := model.spell(i))}  # fmt: skip
    for byte in range(256):
        spelled.setdefault(bytes([byte]), unknown)
    entries = sorted(spelled.items())
    lengths = np.array([len(b) for b, _ in entries], np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    letters = np.frombuffer(b"".join(b for b, _ in entries), np.uint8)
    return Vocabulary(letters, starts, lengths, np.array([i for _, i in entries], np.int64))


@compiled
def accumulate(logits: NDArray[np.float32], sums: NDArray[np.uint64]) -> None:
    """Write running sums of whole masses, each at least 1, of the entries' softmax."""
    best = logits[0]
    for i in range(len(logits)):
        best = max(best, logits[i])
    total = np.uint64(0)
    sums[0] = total
    for i in range(len(logits)):
        mass = np.int64(exponential(logits[i] - best) * _MASS)
        total += np.uint64(mass + 1)
        sums[i + 1] = total


@compiled
def first_at_least(v: Vocabulary, low: int, high: int, depth: int, letter: int) -> int:
    """Return the first entry of ``low … high`` whose byte at `depth` is `letter` or more."""
    letters, starts = v.letters, v.starts
    while low < high:
        middle = (low + high) // 2
        if np.int64(letters[starts[middle] + depth]) < letter:
            low = middle + 1
        else:
            high = middle
    return low
