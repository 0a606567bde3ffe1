"""`WordEmbeddings`: one vector per word, its neighbours and similarities."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import UnknownName, sentence
from infoscope.core.showing import Shown

__all__ = ["WordEmbeddings"]


@dataclass(frozen=True, eq=False, repr=False)
class WordEmbeddings(Shown):
    """Vectors of words, rows of `vectors`; similarity is the cosine.

    Attributes
    ----------
    words : tuple of str
        By falling frequency.
    vectors : ndarray, shape (v, d)
        One row per word.
    settings : dict
        How they were made.
    """

    words: tuple[str, ...]
    vectors: NDArray[Any]
    settings: dict[str, object]

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        n, d = self.vectors.shape
        return f"WordEmbeddings({n:,} words, {d} dimensions, {self.settings.get('method', '')})"

    def __contains__(self, word: object) -> bool:
        return word in self._number

    def __getitem__(self, word: str) -> NDArray[Any]:
        return self.vectors[self._find(word)]

    def similarity(self, a: str, b: str) -> float:
        """Return the cosine of two words' vectors, -1 to 1; 0 if one of them is zero."""
        return float(self._unit[self._find(a)] @ self._unit[self._find(b)])

    def nearest(self, word: str, k: int = 10) -> list[tuple[str, float]]:
        """Return the k words with the largest cosine, without the word itself."""
        at = self._find(word)
        cosines = self._unit @ self._unit[at]
        order = np.argsort(-cosines, kind="stable")
        return [(self.words[i], float(cosines[i])) for i in order[: k + 1] if i != at][:k]

    @cached_property
    def _number(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words)}

    @cached_property
    def _unit(self) -> NDArray[Any]:
        lengths = np.linalg.norm(self.vectors, axis=1, keepdims=True)
        return np.divide(self.vectors, lengths, out=np.zeros(self.vectors.shape), where=lengths > 0)

    def _find(self, word: str) -> int:
        found = self._number.get(word)
        if found is None:
            raise UnknownName(
                sentence("WordEmbeddings", "word", f"be one of the {len(self):,} words",
                         repr(word), "Rare words have no vector; check case too.")
            )  # fmt: skip
        return found
