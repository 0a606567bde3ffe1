"""How wide a text will be, before anyone has drawn it: labels must not overlap in any font."""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["shorten", "text_width"]

# Widths in em, at or above those of the wide system faces (DejaVu Sans, Verdana), so that a label
# that fits here fits everywhere.
_NARROW: Final = frozenset("iljI.,:;'|!")
_SLIM: Final = frozenset('ftr()[]{}/\\"-* `')
_WIDE: Final = frozenset("mwMW@%—…")
_UPPER: Final = frozenset("ABCDEFGHKLNOPQRSTUVXYZ&+=<>~^#±×→≤≥")


def text_width(text: str, size: float) -> float:
    """Return an upper estimate of the width of `text` in pixels, set in a sans face of `size`.

    Sum over characters of size times a width in em by class of character.

    >>> text_width("il", 10) < text_width("MW", 10)
    True
    """
    return size * sum(_em(character) for character in text)


def _em(character: str) -> float:
    if character in _NARROW:
        return 0.36
    if character in _SLIM:
        return 0.5
    if character in _WIDE:
        return 1.02
    if character in _UPPER:
        return 0.84
    if character.isascii():
        return 0.65
    if unicodedata.combining(character):
        return 0.0
    letter = unicodedata.normalize("NFD", character)[0]
    return _em(letter) if letter.isascii() else 1.05


def shorten(text: str, width: float, size: float) -> str:
    """Return `text`, cut in the middle so that its estimated width is at most `width` pixels.

    Names often differ at their ends, so both ends stay. Line breaks and tabs become spaces. At
    least one character and the ellipsis remain.

    >>> shorten("flipper_length_mm", 80, 12)
    'flip…h_mm'
    >>> shorten("sex", 80, 12)
    'sex'
    """
    text = " ".join(text.split()) if text.strip() else text
    if text_width(text, size) <= width:
        return text
    room = width - text_width("…", size)
    head, tail = 1, 0
    while head + tail < len(text):
        longer = (head, tail + 1) if head > tail else (head + 1, tail)
        if text_width(text[: longer[0]] + text[len(text) - longer[1] :], size) > room:
            break
        head, tail = longer
    return f"{text[:head]}…{text[len(text) - tail :]}"
