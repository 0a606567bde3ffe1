"""Shannon's alphabet of 27 letters, and passages in it for people to guess; nothing heavy."""

from __future__ import annotations

import re
import unicodedata

import numpy as np

from infoscope.core.resample import Rng

__all__ = ["ALPHABET", "passage_start", "twenty_seven_letters"]

ALPHABET = " ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def twenty_seven_letters(text: str) -> str:
    """Fold a text into Shannon's alphabet: A to Z and the space, accents and the rest dropped.

    >>> twenty_seven_letters("Alice -- née 1865?")
    'ALICE NEE '
    """
    bare = unicodedata.normalize("NFKD", text).upper()
    kept = "".join(char for char in bare if not unicodedata.combining(char))
    return re.sub(r"[^A-Z]+", " ", re.sub(r"['’]", "", kept))


def passage_start(letters: str, length: int, rng: Rng) -> int:
    """Return where a passage of `length` letters begins: at a word, decided by `rng`.

    >>> passage_start("THE CAT SAT", 3, 0) in (4, 8)
    True
    """
    words = [i + 1 for i, c in enumerate(letters[: len(letters) - length]) if c == " "] or [0]
    return words[int(np.random.default_rng(rng).integers(len(words)))]
