"""`Shown`: results that notebooks show as a card, drawn by the figures when somebody looks."""

from __future__ import annotations

import importlib

__all__ = ["Shown"]


class Shown:
    """What a result inherits to have a picture in notebooks.

    The card is made by `infoscope.figures.cards`, which is loaded by name at the first look: core
    stays below the figures, and a program that draws nothing loads nothing. The card holds what
    `str` says (or the fields, for a class without words of its own), the notes, the picture of a
    method `figure()` that needs no arguments, and what a method `_card_body_()` returns.
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        return importlib.import_module("infoscope.figures.cards").result_card(self)
