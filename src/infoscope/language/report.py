"""The report on a scored text: headline numbers, heat map, running rate and biggest surprises."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from infoscope.core.units import from_nats
from infoscope.figures import (
    Html,
    Section,
    Tile,
    esc,
    facts,
    line_chart,
    page,
    show_token,
    stat_tiles,
    table,
    text_heat_map,
)
from infoscope.figures.scales import format_number, format_percent
from infoscope.language.regroup import excerpt

if TYPE_CHECKING:
    from infoscope.language.result import ScoredToken, TextScore

__all__ = ["text_card", "text_report", "text_sections"]

#: Tokens in the heat map; more make a page that browsers are slow to draw (about 1.4 MB).
MAX_TOKENS = 8000
N_POINTS = 120
TOKENS_PER_POINT = 50
EDGES = (2, 4, 6, 8, 10, 12, 14, 16)


def text_report(score: TextScore, *, name: str = "", top: int = 20) -> str:
    """Return the report on one scored text as a self-contained HTML page.

    Parameters
    ----------
    score : TextScore
        What `infoscope.language.score` returned.
    name : str
        What the text is called ("chapter.txt"); appears in the title.
    top : int
        How many of the most surprising tokens to list.

    Returns
    -------
    str
        A whole document without script and without anything from the network.
    """
    subtitle = (
        f"{_size(score)}, read by the language model {score.model}, which pays for every token "
        "according to how little it expected it."
    )
    title = f"{name}, in bits" if name else "A text, in bits"
    return page(title, text_sections(score, top=top), subtitle=subtitle, footer=_FOOTER)


def text_sections(score: TextScore, *, name: str = "", top: int = 20) -> list[Section]:
    """Return the parts of the report, to be put on a page with others.

    Parameters
    ----------
    score : TextScore
        What `infoscope.language.score` returned.
    name : str
        Put before each heading, where several texts share a page.
    top : int
        How many of the most surprising tokens to list.

    Returns
    -------
    list of Section
        Headline numbers, the text coloured by surprisal, the running rate, the biggest surprises,
        and how to read them.
    """
    before = f"{name}: " if name else ""
    sections = [
        Section(f"{before}What the text cost", _headline(score),
                f"The surprisal of a token is −log₂ of the probability that {score.model} gave it "
                "just before it came. Summed over the text it is the length, in bits, to which the "
                "model could compress it."),
        Section(f"{before}Token by token", _words(score),
                "The stronger the colour, the less the model expected the token. Rest the pointer "
                "on a token (or tap it) to see what was expected instead."),
        Section(f"{before}Along the text", _running(score),
                "What a byte has cost so far, and what it cost in each stretch. The dashed line is "
                "the whole text, the grey strip its interval."),
        Section(f"{before}The biggest surprises", _surprises(score, top), _concentration(score)),
        Section(f"{before}How to read surprisal", _lesson(score)),
    ]  # fmt: skip
    return [section for section in sections if section.html]


_FOOTER = (
    "Made by infoscope. One bit is the surprise of a fair coin; each further bit halves the "
    "probability."
)


def text_card(score: TextScore) -> Html:
    """Return the body of a notebook's card: headline numbers and the coloured text."""
    return Html(_headline(score) + _words(score))


def _headline(score: TextScore) -> Html:
    total = score.total.to("bits")
    tiles = [
        Tile.of(score.bits_per_byte, label="Bits per byte", counted=_unit(score),
                rule=f"total bits ÷ {_plural(len(score.text), 'byte')}; comparable between models. "
                     "Guessing bytes evenly costs 8"),
        Tile.of(score.perplexity, label="Perplexity", counted=_unit(score),
                rule="exp of the mean surprisal: as unsure as a fair die with so many faces; "
                     "depends on the tokenizer"),
        Tile.of(total, label="The whole text", counted=_unit(score),
                rule=f"sum of −log₂ p over all tokens: {format_number(total.value / 8)} bytes "
                     f"instead of {len(score.text):,}"),
        Tile.of(score.mean_entropy.to("bits"), label="Mean predictive entropy",
                counted=_unit(score),
                rule=f"what the model itself expected to pay; it paid "
                     f"{format_number(score.bits_per_token.value)} bits/token"),
    ]  # fmt: skip
    notes = "".join(
        f'<p class="isc-lead">{esc(_sentence(note))}</p>' for note in score.bits_per_byte.notes
    )
    return Html(stat_tiles(tiles) + notes)


def _words(score: TextScore) -> Html:
    n = min(len(score), MAX_TOKENS)
    cut = ""
    if n < len(score):
        cut = (
            f'<p class="isc-note">Shown are the first {n:,} of {len(score):,} tokens; all numbers '
            "on this page are about the whole text.</p>"
        )
    heat = text_heat_map(
        score.tokens[:n], from_nats(score.surprisal[:n], "bits").tolist(), unit="bits",
        entropies=from_nats(score.entropy[:n], "bits").tolist(), ranks=score.rank[:n].tolist(),
        expected=[score.alternatives(i)[:3] for i in range(n)], edges=_edges(score),
    )  # fmt: skip
    return Html(cut + heat)


def _edges(score: TextScore) -> tuple[int, ...] | None:
    """Steps of two bits for models of words, so that two reports share a scale; else as it fits."""
    finite = score.surprisal[np.isfinite(score.surprisal)]
    far = finite.size and from_nats(float(np.quantile(finite, 0.99)), "bits") > EDGES[4]
    return EDGES if far else None


def _running(score: TextScore) -> Html:
    n_points = min(max(len(score) // TOKENS_PER_POINT, 20), N_POINTS)
    rate = score.running_bits_per_byte(n_points)
    finite = np.isfinite(rate.running)
    if finite.sum() < 2:
        return Html("")
    whole = score.bits_per_byte.value
    name = f"whole text {whole:.3f}"
    references = {name: whole} if np.isfinite(whole) else {}
    interval = score.bits_per_byte.interval
    bands = {name: (interval.low, interval.high)} if references and interval else {}
    lines = {"since the start": rate.running, "in each stretch": rate.local}
    stretch = format_number(float(round(len(score.text) / len(rate.ends))))
    chart = line_chart(
        rate.ends, lines, title="Running bits per byte", x_label="position in the text, bytes",
        y_label="bits per byte", references=references, bands=bands, from_zero=True,
        description=f"Bits per byte from the start of the text to each of {len(rate.ends)} places, "
                    f"and in each stretch of about {stretch} bytes before it; the grey strip is "
                    "the interval of the whole.",
    )  # fmt: skip
    return Html(f"{chart.to_html(caption=False)}{_yardstick(score)}")


def _yardstick(score: TextScore) -> str:
    """Say what a model without memory would pay for the same bytes."""
    counts = np.bincount(np.frombuffer(score.text, np.uint8), minlength=256)
    shares = counts[counts > 0] / counts.sum()
    plain = float(-(shares * np.log2(shares)).sum()) + 0.0
    return (
        "<p>For comparison: coding each byte by how often it occurs in this text, without looking "
        f"at its neighbours, costs {plain:.3f} bits per byte (the entropy of its byte "
        "frequencies).</p>"
    )


def _surprises(score: TextScore, top: int) -> Html:
    found = score.most_surprising(top)
    if not found:
        return Html("")
    cells = {
        "token": [show_token(token.token) for token in found],
        "where": [_context(score.text, token) for token in found],
        "surprisal, bits": [from_nats(token.surprisal, "bits") for token in found],
        "entropy, bits": [from_nats(token.entropy, "bits") for token in found],
        "choice no.": [token.rank for token in found],
        "expected instead": [_expected(token) for token in found],
    }
    count = "The most surprising token" if len(found) == 1 else (
        f"The {len(found)} most surprising tokens"
    )  # fmt: skip
    return table(
        cells,
        caption=f"{count}, with the model's own uncertainty (entropy) just before and what it "
        "held to be likelier",
        formats={"surprisal, bits": _two, "entropy, bits": _two, "choice no.": _count},
    )


def _context(text: bytes, token: ScoredToken, reach: int = 36) -> Html:
    """Show the token between the words around it, cut at white space where there is some."""
    begin, end = max(0, token.start - reach), token.end + reach // 2
    left = excerpt(text, begin, token.start)
    right = excerpt(text, token.end, min(end, len(text)), whole=True)
    if begin > 0:
        left = "…" + re.sub(r"^\S*(?=\s+\S)", "", left).lstrip()
    if end < len(text):
        right = re.sub(r"(?<=\S)\s+\S*$", "", right).rstrip() + "…"
    return Html(f"{_squeezed(left)}<strong>{_squeezed(token.text)}</strong>{_squeezed(right)}")


def _squeezed(text: str) -> str:
    """Turn every run of white space into one space, at the ends too."""
    return esc(re.sub(r"\s+", " ", text))


def _expected(token: ScoredToken) -> Html:
    others = [(text, p) for text, p in token.alternatives if text != token.text][:3]
    return Html(" ".join(
        f"{show_token(text)}&nbsp;{esc(format_percent(p)).replace(' ', '&nbsp;')}"
        for text, p in others
    ))  # fmt: skip


def _concentration(score: TextScore) -> str:
    """Say how unevenly the cost is spread: the share of the bits in the dearest tenth."""
    ordered = np.sort(score.surprisal)[::-1]
    total, n = float(ordered.sum()), len(ordered) // 10
    if n < 1 or not np.isfinite(total) or not total > 0:
        return ""
    share = format_percent(float(ordered[:n].sum()) / total)
    first = format_percent(float(np.mean(score.rank == 1)))
    return (
        f"The dearest tenth of the tokens carries {share} of all bits, while {first} of the tokens "
        "were the model's first choice."
    )


def _lesson(score: TextScore) -> Html:
    gaps = score.surprisal - score.entropy
    i = int(np.argmax(gaps))
    worst = score.token(i)
    cost, unsure = from_nats(worst.surprisal, "bits"), from_nats(worst.entropy, "bits")
    mean, expected = score.bits_per_token.value, score.mean_entropy.to("bits").value
    verdict = "more" if mean > expected else "less"
    example = ""
    if gaps[i] > 0:
        example = (
            f" The widest gap in this text is at {show_token(worst.token)} (byte "
            f"{worst.start:,}): the model was {_two(unsure)} bits unsure and paid {_two(cost)}."
        )
    prefix = asdict(score.rule) | {"text": _size(score)}
    rule = {key.replace("_", " "): value for key, value in prefix.items()}
    return Html(
        "<p><strong>Surprisal</strong> looks back: what the token that came has cost. "
        "<strong>Entropy</strong> looks ahead: what the model, by its own probabilities, expects "
        "the next token to cost on average. High entropy and high surprisal together mean an open "
        "question, such as the first word of a sentence. Low entropy with high surprisal is the "
        "interesting case: the model was sure, and wrong. Look there for misprints, rare names, "
        f"changes of topic, and facts that the model does not know.{example}</p>"
        f"<p>On average this text cost {format_number(abs(mean - expected))} bits per token "
        f"{verdict} than the model's own predictions promised. A model that knows its limits on "
        "texts of this kind would show a difference near zero; paying more means that it is too "
        "sure of itself here.</p>"
        "<p>Bits per byte can be compared between models with different tokenizers, perplexity per "
        "token cannot. Both depend on the rule by which the text was laid before the model:</p>"
        f"{facts(rule)}"
    )


def _two(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else format_number(value)


def _size(score: TextScore) -> str:
    return f"{_plural(len(score.text), 'byte')}, {_plural(len(score), 'token')}"


def _unit(score: TextScore) -> str:
    return "token" if len(score) == 1 else "tokens"


def _plural(n: int, word: str) -> str:
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _sentence(note: str) -> str:
    return note[:1].upper() + note[1:] + ("" if note.endswith(".") else ".")
