"""The page on Shannon's guessing game: guess the next letter, and bound the entropy of English."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

import infoscope as isc
from infoscope.data import path_of
from infoscope.explore.controls import Hidden, Number
from infoscope.explore.page import Job, Page, Patch, Preset, Slot
from infoscope.figures import Figure, Html, Tile, column_chart, esc, stat_tiles
from infoscope.figures.marks import Rect, Text
from infoscope.language.passages import ALPHABET, passage_start, twenty_seven_letters

__all__ = [
    "PAGE", "bounds", "code", "notice", "numbers", "passage", "picture", "run", "settle", "view",
]  # fmt: skip

SHOWN, HIDDEN = 60, 60
CHAPTER = "alice_chapter_1.txt"
#: letters in the order in which English uses them: what a page may try for the reader
ROWS = ("QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM")


@lru_cache(maxsize=64)
def passage(seed: int) -> tuple[str, str]:
    """Return the letters that are shown and those to be guessed, as `guessing_game` draws them."""
    letters = twenty_seven_letters(path_of(CHAPTER).read_text("utf-8"))
    begin = passage_start(letters, SHOWN + HIDDEN, seed)
    return letters[begin : begin + SHOWN], letters[begin + SHOWN : begin + SHOWN + HIDDEN]


def _counts(kept: str) -> list[int]:
    """Return the numbers of guesses that the form keeps: "1.3.2" and nothing else."""
    parts = kept.split(".") if kept else []
    if len(parts) > HIDDEN or not all(part.isdecimal() and part.isascii() for part in parts):
        return []
    counts = [int(part[:3]) for part in parts]
    return counts if all(1 <= count <= len(ALPHABET) for count in counts) else []


def _tried(kept: str) -> str:
    return "".join(dict.fromkeys(char for char in kept if char in ALPHABET))


def settle(values: dict[str, Any], moved: str, held: bool) -> dict[str, Any]:
    """Take note of a guess ("letter.E"): right ones move on, wrong ones are struck out."""
    del held
    counts, tried = _counts(values["guesses"]), _tried(values["tried"])
    _, hidden = passage(values["seed"])
    letter = {"letter.space": " "}.get(moved, moved.removeprefix("letter."))
    if moved == "seed":
        counts, tried = [], ""
    elif moved.startswith("letter.") and len(counts) < len(hidden) and letter in ALPHABET:
        if letter == hidden[len(counts)]:
            counts.append(len(set(tried) - {letter}) + 1)
            tried = ""
        elif letter:
            tried = _tried(tried + letter)
    return values | {"guesses": ".".join(map(str, counts)), "tried": tried}


def bounds(counts: list[int]) -> dict[str, float]:
    """Return Shannon's two bounds in bits per letter, and the mean number of guesses."""
    if len(counts) < 2:
        return {}
    numbers_of = np.asarray(counts)
    shares = np.bincount(numbers_of)[1:] / len(counts)
    i = np.arange(1.0, len(shares) + 1.0)
    before = np.concatenate([[1.0], i[:-1]])
    steps = i * np.log2(i) - np.where(i > 1, i - 1, 0.0) * np.log2(before)
    few = (np.count_nonzero(shares) - 1) / (2 * len(counts)) / math.log(2)
    return {
        "lower": float(shares @ steps),
        "upper": float(isc.entropy(shares, unit="bits")) + few,
        "mean_guesses": float(numbers_of.mean()),
    }


def numbers(*, guesses: str) -> dict[str, float]:
    """Return how many letters were guessed, and the bounds from them."""
    counts = _counts(guesses)
    return {"n_guessed": len(counts), **bounds(counts)}


def view(*, seed: int, guesses: str, tried: str, width: int) -> Patch:
    """Return the passage as far as it is known, the keys, and what the guesses say."""
    counts, tried = _counts(guesses), _tried(tried)
    shown, hidden = passage(seed)
    return {
        "passage": _passage(shown, hidden, counts, tried),
        "keys": _keys(tried, len(counts) == len(hidden)),
        "tiles": _tiles(counts, tried),
        "counts": _chart(counts, width) if counts else "",
    }  # fmt: skip


def _passage(shown: str, hidden: str, counts: list[int], tried: str) -> Html:
    steps = (0, 1, 2, 3, 4, 6, 9, 14, 20)
    letters = []
    for char, count in zip(hidden, counts, strict=False):
        level = max(k for k, least in enumerate(steps) if count > least or k == 0)
        mark = "·" if char == " " else char
        letters.append(
            f'<span class="guess s{level}"><b>{esc(mark)}</b><small>{count}</small></span>'
        )
    rest = len(hidden) - len(counts)
    cursor = ""
    if rest:
        wrong = f"<small>{len(tried)} wrong</small>" if tried else ""
        cursor = f'<span class="guess next"><b>?</b>{wrong}</span>'
    return Html(
        f'<div class="isc-text passage"><p class="given">{esc(shown)}</p>'
        f'<p class="found">{"".join(letters)}{cursor}'
        f'<span class="rest" aria-hidden="true">{"_" * max(rest - 1, 0)}</span></p></div>'
    )


def _keys(tried: str, over: bool) -> Html:
    def key(letter: str, label: str, name: str) -> str:
        off = " disabled" if over or letter in tried else ""
        return f'<button type="button" data-move="letter.{name}"{off}>{label}</button>'

    rows = "".join(
        f"<div>{''.join(key(letter, letter, letter) for letter in row)}</div>" for row in ROWS
    )
    space = f"<div>{key(' ', 'space', 'space')}</div>"
    return Html(
        f'<div class="keys" role="group" aria-label="Guess the next letter">{rows}{space}</div>'
    )


def _tiles(counts: list[int], tried: str) -> Html:
    found = bounds(counts)
    done = Tile("Guessed", f"{len(counts)}", f"of {HIDDEN}",
                f"{len(tried)} wrong at this letter" if tried else "letters")  # fmt: skip
    if not found:
        return stat_tiles([done, Tile("Entropy", "–", "bits/letter", "after two letters")])
    first = 100 * counts.count(1) / len(counts)
    return stat_tiles([
        done,
        Tile("Right at once", f"{first:.0f}", "%", f"{found['mean_guesses']:.1f} guesses a letter"),
        Tile("At least", f"{found['lower']:.2f}", "bits/letter", "for an ideal guesser"),
        Tile("At most", f"{found['upper']:.2f}", "bits/letter",
             "for any guesser with fixed preferences"),
    ])  # fmt: skip


def _chart(counts: list[int], width: float) -> Figure:
    most = max(8, *counts)
    own = np.bincount(counts, minlength=most + 1)[1:].tolist()
    return column_chart(
        [str(i) for i in range(1, most + 1)], {"letters": own},
        texts={"letters": [str(n) if n else "" for n in own]}, title="How many guesses it took",
        y_label="letters", width=width, height=230,
        description=f"How often the letter was right at guess 1, 2, …: {own[0]} of {sum(own)} at "
        "the first.",
    )  # fmt: skip


def run(*, seed: int, guesses: str) -> Iterator[Patch]:
    """Let a model that has read the rest of the chapter guess the same letters."""
    yield {"progress": (0, 0, "The model reads the rest of the chapter …")}
    from infoscope.language.game import guessing_game

    text = path_of(CHAPTER).read_text("utf-8")
    game = guessing_game(text, shown=SHOWN, hidden=HIDDEN, rng=seed)
    counts = list(game.model_guesses)
    mine = _counts(guesses)
    found = game.bounds(counts)
    yours = ""
    if len(mine) >= 2:
        same = counts[: len(mine)]
        better = sum(a < b for a, b in zip(mine, same, strict=True))
        worse = sum(a > b for a, b in zip(mine, same, strict=True))
        yours = (
            f" On the {len(mine)} letters you have guessed, you needed fewer guesses than it "
            f"{better} times, more {worse} times."
        )
    yield {
        "model": Html(
            f"<p>A 6-gram of letters that has read the rest of the chapter, but not this passage, "
            f"was right at once for {counts.count(1)} of {len(counts)} letters: between "
            f"<strong>{found.lower.value:.2f}</strong> and "
            f"<strong>{found.upper.value:.2f} bits per letter</strong>.{esc(yours)}</p>"
        ),
        "note": "The model has guessed.",
    }


def notice(*, guesses: str) -> str:
    """Return the sentence that goes with the game so far."""
    counts = _counts(guesses)
    if len(counts) < 5:
        return (
            "Type your guess: inside a word you will be right at once, at its first letter hardly "
            "ever. The numbers of guesses alone would let a twin of yours rebuild the text."
        )
    found = bounds(counts)
    return (
        f"{len(counts)} letters put printed English between {found['lower']:.2f} and "
        f"{found['upper']:.2f} bits a letter; without any knowledge of it a letter would cost "
        f"log₂ 27 = {math.log2(27):.2f} bits."
    )


def code(*, seed: int, guesses: str) -> str:
    """Return the calls that draw the passage and bound the entropy."""
    counts = _counts(guesses)
    lines = [
        "from infoscope.data import path_of",
        "from infoscope.language import guessing_bounds, guessing_game", "",
        f'text = path_of("{CHAPTER}").read_text("utf-8")',
        f"game = guessing_game(text, shown={SHOWN}, hidden={HIDDEN}, rng={seed})",
        f"guesses = {counts}  # yours; the model's are game.model_guesses",
        "n_guessed = len(guesses)",
    ]  # fmt: skip
    if len(counts) < 2:
        return "\n".join([*lines, "print(n_guessed, guessing_bounds(game.model_guesses))"])
    return "\n".join([
        *lines, "found = guessing_bounds(guesses, n_symbols=27)",
        "lower, upper = found.lower.value, found.upper.value", "print(n_guessed, found)",
    ])  # fmt: skip


def picture() -> Figure:
    """Return a word that is half guessed."""
    marks: list[Rect | Text] = []
    for i, (letter, level) in enumerate(zip("RABBI?", (6, 1, 0, 0, 0, 3), strict=True)):
        role = "blank" if letter == "?" else f"surprise-{level}"
        marks.append(Rect(15 + 36 * i, 38, 32, 42, role, radius=5))
        on = "amount" if letter == "?" else f"amount on-surprise-{level}"
        marks.append(Text(31 + 36 * i, 64, letter, on, "middle"))
    return Figure("A word that is half guessed", "", {}, marks, 240, 120)


PAGE = Page(
    slug="guessing",
    title="Shannon's guessing game",
    group="Language",
    order=12,
    about="Guess a text letter by letter: how many guesses you need tells, from both sides, how "
    "much information a letter of English holds.",
    controls=(
        Number(name="seed", label="Passage no.", default=7, low=0, high=9999, whole=True),
        Hidden(name="guesses", default=""),
        Hidden(name="tried", default=""),
    ),
    settle=settle,
    slots=(Slot("passage"), Slot("keys"), Slot("tiles"), Slot("counts"), Slot("model")),
    view=view, notice=notice, numbers=numbers, code=code, picture=picture,
    job=Job(run, "Let a model guess too", max_bytes=20_000),
    presets=(
        Preset("New game", {}),
        Preset("Another passage", {"seed": 19}),
        Preset("A game half played", {"guesses": "1.1.4.1.1.1.2.1.9.1.1.1.1.3.1.1.12.2.1.1"}),
    ),
    embeds=False,
    template="guessing.html.j2",
    explain=r"""
**The game.** Whoever guesses in a fixed order of preference turns a text into numbers of guesses,
and a twin with the same preferences turns the numbers back into the text: they carry the same
information. With $q_i$ the share of letters that were right at guess $i$, Shannon (1951) has
$$\sum_i q_i \bigl(i \log_2 i - (i-1)\log_2 (i-1)\bigr) \;\le\; H \;\le\; -\sum_i q_i \log_2 q_i .$$

The upper bound is corrected for few letters (Miller and Madow); the lower one holds for an ideal
guesser only, and yours may lie above it.
""",
)  # fmt: skip
