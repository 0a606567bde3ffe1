"""The reading that a visitor finds before pressing anything: kept numbers of the built-in model.

`samples/text.json` holds what `infoscope.language.score` found in `TEXT`; a test reads it again
where the model is installed.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from infoscope.explore.drawings.token_map import Joiner, Piece, pieces_html, reading_frame
from infoscope.figures import Html

__all__ = ["TEXT", "drawn", "kept", "other_views"]

TEXT = (
    "The octopus is a soft-bodied mollusc with eight arms. Like other cephalopods it has a beak, "
    "at the centre of the arms, and three hearts. Most of its neurons are in its arms, which can "
    "taste what they touch."
)


@cache
def kept() -> dict[str, Any]:
    """Return the kept reading: tokens, bits, entropies, ranks, alternatives, bits of words."""
    place = files("infoscope.explore").joinpath("samples", "text.json")
    return json.loads(place.read_text("utf-8"))


@cache
def drawn() -> Html:
    """Return the kept reading as it would look after a press of the button."""
    found = kept()
    pieces = [
        Piece(token.encode(), bits, entropy, rank, tuple((w, p) for w, p in expected))
        for token, bits, entropy, rank, expected in found["tokens"]
    ]
    words = [Piece(word.encode(), bits) for word, bits in found["words"]]
    data = TEXT.encode()
    own = [Piece(data[i : i + 1], bits) for i, bits in enumerate(found["bytes"])]
    shown = pieces_html(Joiner().push(pieces, final=True), "token")
    frame = reading_frame("by-token", "The text, token by token, coloured by bits", "token",
                          inside=shown)  # fmt: skip
    more = other_views(
        pieces_html(Joiner().push(words, final=True), "word"),
        pieces_html(Joiner().push(own, final=True), "byte"),
    )
    return Html(f'<div class="views">{frame}</div>{more}')


def other_views(words: Html, own: Html) -> Html:
    """Return the text by words and by bytes, to stand behind the text by tokens."""
    by_word = reading_frame("by-word", "The text, word by word, coloured by bits", "word",
                            inside=words)  # fmt: skip
    by_byte = reading_frame("by-byte", "The text, byte by byte, coloured by bits", "byte",
                            inside=own)  # fmt: skip
    return Html(f'<div class="other-views">{by_word}{by_byte}</div>')
