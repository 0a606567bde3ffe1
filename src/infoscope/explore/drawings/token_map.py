"""A text as stretches coloured by what they cost, written piece by piece as they become known."""

from __future__ import annotations

import codecs
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from infoscope.figures import Html, esc
from infoscope.figures.scales import Bands

__all__ = ["SCALES", "Joiner", "Piece", "legend", "pieces_html", "reading_frame", "visible"]

#: what a stretch is -> ends of the colour steps, in bits
SCALES: dict[str, tuple[float, ...]] = {
    "token": (2, 4, 6, 8, 10, 12, 14, 16),
    "word": (3, 6, 9, 12, 15, 18, 24, 30),
    "byte": (0.5, 1, 2, 3, 4, 5, 6, 8),
    "difference": (-8, -4, -2, -0.5, 0.5, 2, 4, 8),
}
#: between the parts of an attribute; `esc` lets no text hold a control, whose pictures begin here
UNIT = "\u241f"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text and what it cost in bits; what else is known of it is optional."""

    text: bytes
    bits: float
    entropy: float = math.nan
    rank: int = 0
    expected: tuple[tuple[str, float], ...] = ()
    other: float = math.nan
    n_tokens: int = 1


class Joiner:
    """Joins pieces that end inside a character with the next ones, until the character is whole."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._text = ""
        self._held: Piece | None = None

    def push(self, pieces: Iterable[Piece], *, final: bool = False) -> list[tuple[str, Piece]]:
        """Return what is whole now, as text with its piece."""
        whole: list[tuple[str, Piece]] = []
        for piece in pieces:
            held = self._held
            self._held = piece if held is None else replace(
                held, text=held.text + piece.text, bits=held.bits + piece.bits,
                n_tokens=held.n_tokens + 1, other=held.other + piece.other,
            )  # fmt: skip
            self._text += self._decoder.decode(piece.text)
            if self._text and not self._decoder.getstate()[0]:
                whole.append((self._text, self._held))
                self._text, self._held = "", None
        if final and self._held is not None:
            self._text += self._decoder.decode(b"", final=True)
            whole.append((self._text, self._held))
            self._text, self._held = "", None
        return whole


def pieces_html(
    pieces: Sequence[tuple[str, Piece]], scale: str = "token", ramp: str = "surprise"
) -> Html:
    """Return one coloured span for each piece; what is known of it stands in its attributes."""
    bands = Bands(SCALES[scale])
    return Html("".join(_span(text, piece, bands, ramp) for text, piece in pieces))


def _span(text: str, piece: Piece, bands: Bands, ramp: str) -> str:
    level = bands.level(piece.bits)
    known = [f" data-b={_two(piece.bits)}"]  # numbers need no quotes, and there are thousands
    if not math.isnan(piece.entropy):
        known.append(f" data-h={_two(piece.entropy)}")
    if piece.rank:
        known.append(f" data-r={piece.rank}")
    if piece.n_tokens > 1:
        known.append(f" data-n={piece.n_tokens}")
    if not math.isnan(piece.other):
        known.append(f" data-o={_two(piece.other)}")
    if piece.expected:
        listed = UNIT.join(f"{visible(word)}{UNIT}{share:.3g}" for word, share in piece.expected)
        known.append(f' data-e="{esc(listed)}"')
    name = f" class={ramp[0]}{level}" if level >= 0 else ""
    return f"<span{name}{''.join(known)}>{_display(text)}</span>"


def reading_frame(name: str, label: str, scale: str, *, ramp: str = "surprise", unit: str = "bits",
                  quantity: str = "surprisal", inside: str = "") -> Html:  # fmt: skip
    """Return a legend and an empty text region, the slot `name`, that pieces are put into."""
    return Html(
        f'<div class="isc isc-text reading-{scale}">'
        f"{legend(SCALES[scale], ramp, f'{quantity}, {unit}')}"
        f'<div class="isc-words" role="group" tabindex="0" data-slot="{esc(name)}" '
        f'aria-label="{esc(label)}">{inside}</div></div>'
    )


def legend(edges: Sequence[float], ramp: str, title: str) -> Html:
    """Return the colour steps with their numbers."""
    labels = [f"{edge:g}".replace("-", "−") for edge in edges]
    spans = [f"&lt;&#8239;{labels[0]}", *[f"{label}+" for label in labels]]
    items = "".join(
        f'<li style="background:var(--isc-{ramp}-{k});color:var(--isc-on-{ramp}-{k})">{text}</li>'
        for k, text in enumerate(spans)
    )
    return Html(f'<div class="isc-legend"><span>{esc(title)}</span><ol>{items}</ol></div>')


def visible(text: str) -> str:
    """Spell white space, for places where a token stands alone.

    >>> visible(" the"), visible("")
    ('·the', '(empty)')
    """
    return (
        text.replace(" ", "·").replace("\r\n", "↵").replace("\n", "↵").replace("\r", "␍")
        .replace("\t", "⇥")
    ) or "(empty)"  # fmt: skip


def _two(value: float) -> str:
    return "inf" if math.isinf(value) else f"{value:.2f}"


@lru_cache(maxsize=4096)
def _display(text: str) -> str:
    """White space as it is, with a faint sign where it would otherwise be invisible."""
    return (
        esc(text.replace("\r\n", "\n")).replace("\n", '<i aria-hidden="true">↵</i>\n')
        .replace("\r", '<i aria-hidden="true">␍</i>').replace("\t", '<i aria-hidden="true">⇥</i>\t')
    )  # fmt: skip
