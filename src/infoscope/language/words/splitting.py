"""Split texts into words and number them; documents keep their ends."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.showing import Shown

__all__ = ["WordTokens", "read_words"]

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")


@dataclass(frozen=True, slots=True, eq=False)
class WordTokens(Shown):
    """A corpus as numbers: `words[ids[i]]` is the i-th word.

    `ends[d]` is the place after the last word of document d. Words are numbered by falling
    frequency (ties: by first appearance), and `counts[w]` says how often each occurs.
    """

    ids: NDArray[Any]  # (n,)
    words: tuple[str, ...]  # (v,)
    counts: NDArray[Any]  # (v,)
    ends: NDArray[Any]  # (documents,)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def documents(self) -> NDArray[Any]:
        """Return the number of the document of each word, shape (n,)."""
        return np.repeat(np.arange(len(self.ends)), np.diff(self.ends, prepend=0))


def read_words(
    corpus: str | Iterable[str] | Iterable[Iterable[str]], *, lower: bool = True
) -> WordTokens:
    """Split a text, several texts, or lists of words into numbered words.

    Parameters
    ----------
    corpus : str, or iterable of str, or iterable of lists of str
        One text; or documents; or documents that are lists of words already, taken as they are.
    lower : bool
        Whether texts are lower-cased (lists of words are not touched).

    Returns
    -------
    WordTokens
        Ids, words by falling frequency, counts and document ends.

    Raises
    ------
    InvalidArgument
        If there is no word.
    WrongType
        If `corpus` is none of these.

    Notes
    -----
    A word is a run of letters and digits, with apostrophes and hyphens inside. About a second per
    two million words.

    Examples
    --------
    >>> tokens = read_words("The cat and the hat.")
    >>> tokens.words, tokens.ids.tolist()
    (('the', 'cat', 'and', 'hat'), [0, 1, 2, 0, 3])
    """
    documents = [_words(each, lower) for each in _documents(corpus)]
    number: dict[str, int] = {}
    n = sum(map(len, documents))
    if n == 0:
        raise InvalidArgument(sentence("read_words", "corpus", "hold at least one word", "none"))
    first = np.fromiter(
        (number.setdefault(word, len(number)) for word in chain.from_iterable(documents)),
        np.int64, n,
    )  # fmt: skip
    counts = np.bincount(first)
    order = np.argsort(-counts, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    words = list(number)
    return WordTokens(
        rank[first], tuple(words[i] for i in order), counts[order],
        np.cumsum([len(each) for each in documents]),
    )  # fmt: skip


def _documents(corpus: Any) -> list[Any]:
    if isinstance(corpus, str):
        return [corpus]
    if isinstance(corpus, bytes) or not isinstance(corpus, Iterable):
        raise WrongType(
            sentence("read_words", "corpus", "be a text, texts, or lists of words",
                     type(corpus).__name__)
        )  # fmt: skip
    return list(corpus)


def _words(document: Any, lower: bool) -> list[Any]:
    if isinstance(document, str):
        return _WORD.findall(document.lower() if lower else document)
    words: list[Any] = list(document) if isinstance(document, Iterable) else [None]
    if not all(isinstance(word, str) for word in words):
        raise WrongType(
            sentence("read_words", "corpus", "hold texts, or lists of words",
                     type(document).__name__)
        )  # fmt: skip
    return words
