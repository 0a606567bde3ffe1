"""The page on texts: every token in bits, while a model reads; two models or temperatures apart."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import numpy as np

import infoscope as isc
from infoscope.core.errors import DataError, sentence
from infoscope.explore.controls import Choice, Range, TextArea, Upload, Uploaded
from infoscope.explore.drawings import sample_reading
from infoscope.explore.drawings.token_map import Joiner, pieces_html, reading_frame
from infoscope.explore.page import Group, Job, Page, Patch, Preset, Slot
from infoscope.figures import Figure, Html
from infoscope.figures.marks import Rect

if TYPE_CHECKING:
    from infoscope.language.result import TextScore

__all__ = ["PAGE", "code", "missing", "notice", "of_the_text", "picture", "run", "view"]

MAX_CHARS = 20_000
MAX_BYTES = 80_000
#: Seconds between two drawings of tiles and line while a text is being read.
REDRAW = 0.7
#: Tokens of which each view of the text is shown; beyond, browsers grow slow.
MOST_SHOWN = 8_000

MODELS = {
    "smollm2": "SmolLM2, 135 million weights",
    "mix": "Learns while it reads",
    "ngram:5": "5-gram of the chapter",
    "bigram": "Pairs of the chapter",
    "unigram": "Single bytes of the chapter",
}
SHORT = {
    "smollm2": "SmolLM2", "mix": "Learner", "ngram:5": "5-gram", "bigram": "Pairs",
    "unigram": "Single bytes",
}  # fmt: skip
NONE, WARMER = "none", "same"
SECOND = {NONE: "Nothing", WARMER: "The same at another temperature", **MODELS}

TECHNICAL = (
    "def median(values):\n"
    '    """Return the middle value, or the mean of the two in the middle."""\n'
    "    ordered = sorted(values)\n"
    "    half = len(ordered) // 2\n"
    "    if len(ordered) % 2:\n"
    "        return ordered[half]\n"
    "    return (ordered[half - 1] + ordered[half]) / 2\n"
)
RANDOM = (
    "lantern seven quickly beneath orbit mustard reply the granite whisper folding eleven harbour "
    "justice copper sleeping under violin parcel often north biscuit thunder maybe ladder green "
    "verdict swim cathedral fractions elbow"
)
REPEATED = "The kettle sang on the stove, and the cat slept beside it. " * 6
CHAPTER_START = (
    "  Alice was beginning to get very tired of sitting by her sister\non the bank, and of having "
    "nothing to do:  once or twice she had\npeeped into the book her sister was reading, but it "
    "had no\npictures or conversations in it, `and what is the use of a book,'\nthought Alice "
    "`without pictures or conversation?'\n"
)


def of_the_text(*, text: str) -> dict[str, float]:
    """Return what the text alone tells: its sizes, and the entropy of its bytes in bits."""
    data = text.encode("utf-8", "surrogatepass")
    counts = np.bincount(np.frombuffer(data, np.uint8), minlength=256) if data else np.zeros(1)
    shares = counts[counts > 0] / max(len(data), 1)
    entropy = float(isc.entropy(shares, unit="bits")) if len(data) else 0.0
    return {
        "characters": len(text), "bytes": len(data), "words": len(text.split()),
        "byte_entropy": entropy,
    }  # fmt: skip


def view(*, text: str, file: Uploaded | None = None) -> Patch:
    """Return what is known before any model has read: sizes, and the price without a model."""
    del file
    found = of_the_text(text=text)
    if not text:
        return {"about": "Type or paste a text, or choose a file."}
    return {
        "about": Html(
            f"{found['characters']:,.0f} characters, {found['bytes']:,.0f} bytes, "
            f"{found['words']:,.0f} words. Without a model, by how often each byte occurs in this "
            f"text: <strong>{found['byte_entropy']:.2f} bits per byte</strong>."
        )
    }


def run(
    *, text: str, file: Uploaded | None, model: str, temperature: float, second: str,
    second_temperature: float,
) -> Iterator[Patch]:  # fmt: skip
    """Read the text with one model or two, and show each stretch as soon as it is read."""
    data, name = _given(text, file)
    yield dict.fromkeys(
        ("tiles", "reading", "running", "apart", "surprises", "listing"), ""
    )  # fmt: skip
    yield {"source": f"{name}, {len(data):,} bytes"}
    first = yield from _first(data, model, temperature)
    yield from _views(first)
    if second == NONE:
        yield {"note": "Read to the end."}
        return
    other = model if second == WARMER else second
    names = _names(model, temperature, other, second_temperature)
    score = yield from _read(data, other, second_temperature, names[1])
    from infoscope.explore.drawings import reading

    yield {
        "tiles": reading.difference_tiles(first, score, names),
        "apart": reading.apart(first, score, names),
        "note": "Both have read to the end.",
    }
    if figure := reading.running([(names[0], first), (names[1], score)], 728):
        yield {"running": figure}


def _given(text: str, file: Uploaded | None) -> tuple[bytes, str]:
    if file is None:
        if not text:
            raise DataError(sentence("Text", "the text", "hold at least one character", "none"))
        return text.encode("utf-8", "surrogatepass"), "Your text"
    data = file.path.read_bytes()
    if not data:
        raise DataError(sentence("Text", file.name, "hold at least one byte", "an empty file"))
    return data, file.name


def _first(data: bytes, model: str, temperature: float) -> Generator[Patch, None, TextScore]:
    """Read for the first time: tokens are shown as they are read."""
    label = SHORT[model]
    yield {"progress": (0, 0, f"Loading {label} …")}
    from infoscope.explore.drawings import reading
    from infoscope.explore.reading_along import ReadAlong

    along = ReadAlong(data, model, temperature=temperature)
    n, unit, scale = along.n_tokens, *(("bytes", "byte") if along.by_bytes else ("tokens", "token"))
    yield {"reading": Html(
        '<div class="views">'
        + reading_frame("by-token", f"The text, {scale} by {scale}, coloured by bits", scale)
        + "</div>"
    )}  # fmt: skip
    joiner, drawn = Joiner(), 0.0
    for start, end in along:
        score = along.score()
        patch: Patch = {"progress": (end, n, f"{label} has read {end:,} of {n:,} {unit} …")}
        if start < MOST_SHOWN:
            pieces = joiner.push(reading.token_pieces(score, start), final=end == n)
            patch["+by-token"] = pieces_html(pieces, scale)
        if time.monotonic() - drawn > REDRAW and end > 8:
            patch["tiles"] = reading.tiles(score)
            if figure := reading.running([("", score)], 728):
                patch["running"] = figure
            drawn = time.monotonic()
        yield patch
    return along.score()


def _read(
    data: bytes, model: str, temperature: float, name: str
) -> Generator[Patch, None, TextScore]:
    """Read once more, to compare."""
    yield {"progress": (0, 0, f"Loading {name} …")}
    from infoscope.explore.reading_along import ReadAlong

    along = ReadAlong(data, model, temperature=temperature)
    for _, end in along:
        yield {"progress": (end, along.n_tokens, f"{name} reads: {end:,} of {along.n_tokens:,} …")}
    return along.score()


def _views(score: TextScore) -> Iterator[Patch]:
    """Show what needs the whole text: words, bytes, surprises, the line, all numbers."""
    from infoscope.explore.drawings import reading

    yield {"tiles": reading.tiles(score), "surprises": reading.surprises(score)}
    if figure := reading.running([("", score)], 728):
        yield {"running": figure}
    if len(score) <= MOST_SHOWN:
        yield {"+reading": sample_reading.other_views(
            reading.by_words(score), reading.by_bytes(score)
        )}  # fmt: skip
    else:
        yield {"+reading": Html(
            f"<p>Shown are the first {MOST_SHOWN:,} of {len(score):,} tokens; all numbers are "
            "about the whole text.</p>"
        )}  # fmt: skip
    yield {"listing": reading.every_token(score)}


def _names(model: str, t: float, other: str, u: float) -> tuple[str, str]:
    """Name two readings so that they can be told apart."""
    if model == other:
        return f"{SHORT[model]}, T = {t:g}", f"{SHORT[other]}, T = {u:g}"
    return (
        SHORT[model] + (f", T = {t:g}" if t != 1 else ""),
        SHORT[other] + (f", T = {u:g}" if u != 1 else ""),
    )


def notice(*, model: str, temperature: float, second: str) -> str:
    """Return the sentence that goes with these choices."""
    if second == WARMER:
        return (
            "A higher temperature flattens every prediction: sure tokens become dearer, surprises "
            "cheaper. Where the colours lean one way, the model was too sure, or not sure enough."
        )
    if second != NONE:
        return (
            "Blue words are dearer for the first reader, orange ones for the second; bits per byte "
            "compare models whatever their tokens are."
        )
    if temperature != 1.0:
        return (
            "At a temperature other than 1 the model no longer says what it believes: on most "
            "texts both lower and higher cost more bits."
        )
    if model == "mix":
        return "This reader starts empty and learns as it goes: watch its second mention of a word."
    if model != "smollm2":
        return (
            "It has read one chapter of Alice and nothing else: its own chapter is cheap, "
            "everything else is not."
        )
    return (
        "The first token of a word is dear and the rest of it almost free; a name costs much once "
        "and little when it comes again."
    )


def code(
    *, text: str, file: Uploaded | None = None, model: str, temperature: float, second: str,
    second_temperature: float,
) -> str:  # fmt: skip
    """Return the calls that read the text in the same way."""
    lines = ["from infoscope.language import compare, load, score, temperature_sweep"]
    trained = [each for each in (model, second) if each in MODELS and each != "smollm2"]
    needs_chapter = any(each != "mix" for each in trained)
    lines += ["from infoscope.data import path_of"] if needs_chapter else []
    given = f"open({file.name!r}, 'rb').read()" if file is not None else repr(text)
    lines += ["", f"text = {given}", f"model = {_loading(model)}"]
    if second in MODELS:
        lines += [f"other = {_loading(second)}", "print(compare(text, model, other))"]
    used = {"compare"} if second in MODELS else set()
    if temperature != 1.0 or second_temperature != 1.0 or second == WARMER:
        both = sorted({temperature, second_temperature} if second != NONE else {temperature})
        used.add("temperature_sweep")
        lines += [
            f"sweep = temperature_sweep(text, {both}, model=model)",
            "print(sweep.surprisal.mean(0))  # nats per token, at each temperature",
        ]
    else:
        used.add("score")
        lines += ["found = score(text, model)",
                  "print(found.bits_per_byte, found.perplexity)",
                  "print(found.most_surprising(3))"]  # fmt: skip
    names = ", ".join(name for name in ("compare", "load", "score", "temperature_sweep")
                      if name in used | {"load"})  # fmt: skip
    lines[0] = f"from infoscope.language import {names}"
    return "\n".join(lines)


def _loading(model: str) -> str:
    if model == "smollm2":
        return 'load("smollm2")'
    if model == "mix":
        return 'load("mix", train=b"")'
    return f'load("{model}", train=path_of("alice_chapter_1.txt"))'


def missing() -> str:
    """Return how to install the built-in model, or "" where it is there."""
    from infoscope.language.store import models

    for entry in models():
        if not entry.installed:
            return entry.model.command
    return ""


def picture() -> Figure:
    """Return lines of a text, coloured."""
    marks, x, y = [], 8.0, 20.0
    cost = (1, 5, 0, 2, 7, 0, 3, 1, 0, 4, 8, 1, 2, 0, 6, 1, 0, 3, 2, 0, 5, 1, 0)
    for i, level in enumerate(cost):
        wide = 12.0 + (i * 37 % 29)
        if x + wide > 232:
            x, y = 8.0, y + 24
        marks.append(Rect(x, y, wide, 15, f"surprise-{level}", radius=3))
        x += wide + 3
    return Figure("A text in bits", "", {}, marks, 240, 120)


PAGE = Page(
    slug="text",
    title="A text in bits",
    group="Language",
    order=10,
    about="A language model reads your text and pays for every token: watch what it expected, what "
    "surprised it, and what the whole is worth in bits.",
    controls=(
        TextArea(name="text", label="The text", default=sample_reading.TEXT, max_chars=MAX_CHARS,
                 rows=4, placeholder="Type or paste a text",
                 help=f"At most {MAX_CHARS:,} characters here; longer ones: infoscope text FILE."),
        Choice(name="model", label="Who reads", default="smollm2", options=MODELS),
        Range(name="temperature", label="Temperature", default=1.0, low=0.2, high=3.0, step=0.05),
        Choice(name="unit", label="Colour by", default="token",
               options={"token": "Token", "word": "Word", "byte": "Byte"}),
        Choice(name="numbers", label="Bits in figures", default="no",
               options={"no": "Hidden", "yes": "Shown"}),
        Group("Compare", (
            Choice(name="second", label="With", default=NONE, options=SECOND),
            Range(name="second_temperature", label="Its temperature", default=1.0, low=0.2,
                  high=3.0, step=0.05),
        ), folded=True),
        Upload(name="file", label="Or a file", max_bytes=MAX_BYTES,
               help=f"Any bytes, at most {MAX_BYTES:,}; goes before the text and stays out of "
               "the link."),
    ),
    slots=(
        Slot("about"),
        Slot("reading"),
        Slot("source"), Slot("tiles"), Slot("running"), Slot("apart", "Two readings apart"),
        Slot("surprises", "The biggest surprises", "below"), Slot("listing", "", "below"),
    ),
    view=view, notice=notice, code=code, picture=picture,
    job=Job(run, "Read the text", max_bytes=400_000),
    presets=(
        Preset("Encyclopaedic", {}),
        Preset("Technical", {"text": TECHNICAL}),
        Preset("Random words", {"text": RANDOM}),
        Preset("Said six times", {"text": REPEATED}),
        Preset("Two temperatures", {"second": WARMER, "second_temperature": 1.6}),
        Preset("A 5-gram that knows its chapter", {"text": CHAPTER_START, "model": "ngram:5"}),
        Preset("Two models", {"text": CHAPTER_START, "second": "ngram:5"}),
    ),
    embeds=False,
    template="text.html.j2",
    extra={"sample": sample_reading.drawn, "missing": missing},
    explain=r"""
**Surprisal** looks back: a token to which the model gave probability $p$ just before it came costs
$-\log_2 p$ bits. **Entropy** looks ahead: what the model itself expected to pay. High entropy with
high surprisal is an open question, such as the first word of a sentence. Low entropy with high
surprisal is the interesting case: the model was sure, and wrong.

**Bits per byte** is the whole cost divided by the bytes of the text: the size to which the model
could compress it. It compares models with different tokens, which perplexity does not.

**Bytes of a token.** A token's cost is shared out to its bytes by the probability of all tokens
that begin alike: after the first letters of a long word little is left to pay.

**Temperature** divides the logits: $p_i \propto e^{z_i/T}$. At $T = 1$ the model says what it
believes.
""",
)  # fmt: skip
