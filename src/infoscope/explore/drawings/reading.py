"""What is drawn of a text that was read: tiles, the running line, surprises, two readings apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from infoscope.core.units import from_nats
from infoscope.explore.drawings.token_map import (
    Joiner,
    Piece,
    pieces_html,
    reading_frame,
)
from infoscope.figures import Figure, Html, Tile, esc, line_chart, show_token, stat_tiles, table
from infoscope.figures.scales import format_percent

if TYPE_CHECKING:
    from infoscope.language.result import TextScore

__all__ = [
    "apart", "by_bytes", "by_words", "difference_tiles", "every_token", "running", "surprises",
    "tiles", "token_pieces",
]  # fmt: skip

MOST_LISTED = 2000
N_POINTS = 100


def token_pieces(score: TextScore, first: int = 0) -> Iterator[Piece]:
    """Yield the tokens from `first` on, with what the model would rather have seen."""
    bits, entropy = from_nats(score.surprisal, "bits"), from_nats(score.entropy, "bits")
    for i in range(first, len(score)):
        yield Piece(
            score.tokens[i], float(bits[i]), float(entropy[i]), int(score.rank[i]),
            tuple(score.alternatives(i)),
        )  # fmt: skip


def by_words(score: TextScore) -> Html:
    """Return the text coloured word by word."""
    pieces = [
        Piece(word.word, float(from_nats(word.surprisal, "bits")), n_tokens=word.n_tokens)
        for word in score.words()
    ]
    return pieces_html(Joiner().push(pieces, final=True), "word")


def by_bytes(score: TextScore) -> Html:
    """Return the text coloured byte by byte; the bytes of one character stand together."""
    bits = from_nats(score.bytes(), "bits").tolist()
    pieces = [Piece(score.text[i : i + 1], cost) for i, cost in enumerate(bits)]
    return pieces_html(Joiner().push(pieces, final=True), "byte")


def tiles(score: TextScore) -> Html:
    """Return the headline numbers of one reading."""
    unit = "token" if len(score) == 1 else "tokens"
    total = score.total.to("bits")
    return stat_tiles([
        Tile.of(score.bits_per_byte, label="Bits per byte", counted=unit),
        Tile.of(score.perplexity, label="Perplexity", counted=unit),
        Tile("The whole text", f"{total.value:,.0f}", "bits",
             f"{total.value / 8:,.0f} bytes instead of {len(score.text):,}"),
        Tile("Expected by the model", f"{score.mean_entropy.to('bits').value:.2f}", "bits/token",
             f"it paid {score.bits_per_token.value:.2f}"),
    ])  # fmt: skip


def running(scores: Sequence[tuple[str, TextScore]], width: float) -> Figure | None:
    """Return bits per byte from the start of the text to each place, for one or two readings."""
    rates = [
        (name, score.running_bits_per_byte(min(N_POINTS, max(len(score) // 4, 2))))
        for name, score in scores
    ]
    if any(len(rate.ends) < 2 or not np.isfinite(rate.running).all() for _, rate in rates):
        return None
    if len(rates) == 1:
        _, rate = rates[0]
        x, lines = rate.ends, {"since the start": rate.running, "in each stretch": rate.local}
    else:
        x = rates[0][1].ends
        lines = {name: np.interp(x, rate.ends, rate.running) for name, rate in rates}
    last = ", ".join(f"{name} {values[-1]:.3f}" for name, values in lines.items())
    return line_chart(
        x, lines, title="Running bits per byte", x_label="position in the text, bytes",
        y_label="bits per byte", from_zero=True, width=width, height=250 if width > 500 else 230,
        description=f"What a byte has cost on average so far. At the end: {last}.",
    )  # fmt: skip


def surprises(score: TextScore, k: int = 10) -> Html:
    """List the dearest tokens; a token that is there again is counted, not repeated."""
    found: dict[bytes, list[int]] = {}
    for i in np.argsort(-score.surprisal, kind="stable")[: 6 * k].tolist():
        found.setdefault(score.tokens[i].strip() or score.tokens[i], []).append(i)
        if len(found) > k:
            found.popitem()
            break
    at = [places[0] for places in found.values()]
    rivals = [
        [(text, p) for text, p in score.alternatives(i) if text != score.token(i).text][:3]
        for i in at
    ]
    return table(
        {
            "token": [show_token(score.tokens[i]) for i in at],
            "bits": [float(from_nats(score.surprisal[i], "bits")) for i in at],
            "choice no.": [f"{int(score.rank[i]):,}" for i in at],
            "expected instead": [
                Html(" ".join(f"{show_token(t)}&nbsp;{esc(_percent(p))}" for t, p in row))
                for row in rivals
            ],
            "where": [_around(score.text, int(score.starts[i]), int(score.ends[i])) for i in at],
        },
        formats={"bits": lambda bits: f"{bits:.1f}"},
        caption="The most surprising tokens; white space made visible",
    )


def every_token(score: TextScore) -> Html:
    """Return all tokens and their bits as a folded table, for reading without colours."""
    n = min(len(score), MOST_LISTED)
    cut = f"; the first {n:,} of {len(score):,}" if n < len(score) else ""
    rows = table(
        {
            "token": [show_token(token) for token in score.tokens[:n]],
            "bits": from_nats(score.surprisal[:n], "bits").tolist(),
            "choice no.": [int(rank) for rank in score.rank[:n]],
            "likeliest": [show_token(score.alternatives(i)[0][0]) for i in range(n)],
        },
        formats={"bits": lambda bits: f"{bits:.2f}"}, caption=f"Every token in bits{cut}",
    )  # fmt: skip
    return Html(
        f'<details class="isc-data"><summary>All tokens as text ({n:,} rows)</summary>'
        f"{rows}</details>"
    )


def apart(first: TextScore, second: TextScore, names: tuple[str, str]) -> Html:
    """Return the text coloured word by word by how much more the first reading cost."""
    bits = [from_nats(score.bytes(), "bits") for score in (first, second)]
    spans = [(word.start, word.end) for word in first.words()]
    if len(first) > len(spans):  # words of the text, wherever the tokens end
        spans = _words(first.text)
    pieces: list[Piece] = []
    for start, end in spans:
        mine, theirs = (float(each[start:end].sum()) for each in bits)
        pieces.append(Piece(first.text[start:end], mine - theirs, other=theirs))
    inside = pieces_html(Joiner().push(pieces, final=True), "difference", "balance")
    return reading_frame(
        "apart", f"The text, word by word: bits under {names[0]} minus bits under {names[1]}",
        "difference", ramp="balance", inside=inside,
        quantity=f"bits under {names[0]} − bits under {names[1]}", unit="per word",
    )  # fmt: skip


def difference_tiles(first: TextScore, second: TextScore, names: tuple[str, str]) -> Html:
    """Return both costs per byte and their difference."""
    a, b = first.bits_per_byte, second.bits_per_byte
    less = names[0] if a.value < b.value else names[1]
    return stat_tiles([
        Tile.of(a, label=names[0]), Tile.of(b, label=names[1]),
        Tile("Difference", f"{a.value - b.value:+.3f}".replace("-", "−"), "bits/byte",
             f"{less} finds the text less surprising"),
    ])  # fmt: skip


def _words(text: bytes) -> list[tuple[int, int]]:
    """Return the spans of words with the white space before them; they cover the text."""
    starts = [0]
    inside = False
    for i, byte in enumerate(text):
        blank = byte in b" \t\n\r\x0b\x0c"
        if blank and inside:
            starts.append(i)
        inside = not blank
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def _around(text: bytes, start: int, end: int, reach: int = 28) -> Html:
    """Show a token between what stands around it."""
    before = _squeezed(text[max(0, start - reach) : start])
    after = _squeezed(text[end : end + reach])
    own = _squeezed(text[start:end])
    if start > reach:
        before = "…" + before.partition(" ")[2]
    if end + reach < len(text):
        after = after.rpartition(" ")[0] + " …"
    return Html(f"{esc(before)}<strong>{esc(own)}</strong>{esc(after)}")


def _squeezed(part: bytes) -> str:
    """Turn every run of white space into one space, at the ends too; odd bytes are left out."""
    return re.sub(r"\s+", " ", part.decode("utf-8", "ignore"))


def _percent(share: float) -> str:
    return format_percent(share).replace(" ", "\u00a0")
