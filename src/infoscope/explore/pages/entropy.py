"""The page on entropy: bars to drag, code lengths, the wrong code, most entropy at a mean."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import infoscope as isc
from infoscope.codes import huffman, shannon_code
from infoscope.explore.controls import Action, Check, Range
from infoscope.explore.drawings.code_areas import code_areas
from infoscope.explore.drawings.share_bars import share_bars
from infoscope.explore.page import WIDE, Group, Page, Patch, Preset, Slot
from infoscope.explore.shares import Shares, hold, rounded_shares
from infoscope.figures import Figure, Tile, stat_tiles, table

__all__ = ["PAGE", "climb", "code", "level", "notice", "numbers", "picture", "settle", "view"]

LETTERS = "ABCDEFGH"
FRAMES, PAUSE = 14, 0.028


def numbers(*, p: tuple[float, ...], q: tuple[float, ...], other: bool) -> dict[str, float]:
    """Return what the page measures, in bits."""
    found = {
        "entropy": float(isc.entropy(p, unit="bits")),
        "perplexity": float(isc.perplexity(p)),
        "huffman_length": huffman(p).expected_length,
        "shannon_length": shannon_code(p).expected_length,
        "mean_value": math.fsum(value * mass for value, mass in enumerate(p, 1)),
    }
    if other:
        found["cross_entropy"] = float(isc.cross_entropy(p, q, unit="bits"))
        found["kl"] = float(isc.kl_divergence(p, q, unit="bits"))
    return found


def view(
    *, p: tuple[float, ...], q: tuple[float, ...], other: bool, width: int, held: bool
) -> Patch:
    """Return bars, areas, numbers and code words."""
    found = numbers(p=p, q=q, other=other)
    labels = LETTERS[: len(p)]
    top = 1.0 if held or max(p) > 0.5 else 0.5
    best, plain = huffman(p), shannon_code(p)
    codes: dict[str, Any] = {
        "Huffman's code": best.lengths.tolist(), "Shannon's code": plain.lengths.tolist(),
    }  # fmt: skip
    if other:
        codes["a code made for q"] = [-math.log2(b) if b > 0 else math.inf for b in q]
    surprisals = isc.surprisal(p, unit="bits").tolist()
    tall = _tall(width)
    return {
        "bars": share_bars(
            p, labels, width=width, height=tall, drag="p", top=top,
            second=q if other else None, second_name="q",
        ),
        "tiles": stat_tiles(_tiles(p, found, other)),
        "areas": code_areas(p, surprisals, codes, labels, width=width,
                            title="Width is probability, height is length, area is cost"),
        "words": table({
            "outcome": list(labels), "probability": list(p), "surprisal, bits": surprisals,
            "cost, bits": [a * b if a else 0.0 for a, b in zip(p, surprisals, strict=True)],
            "Huffman": [_word(word) for word in best.codewords],
            "Shannon": [_word(word) for word in plain.codewords],
        }),
    }  # fmt: skip


def _word(word: str | None) -> str | None:
    return "(empty)" if word == "" else word


def _tiles(p: tuple[float, ...], found: dict[str, float], other: bool) -> list[Tile]:
    def bits(name: str) -> str:
        return "∞" if math.isinf(found[name]) else f"{found[name]:.4f}"

    most = math.log2(len(p))
    tiles = [
        Tile("Entropy", bits("entropy"), "bits", f"at most {most:.4g} for {len(p)} outcomes"),
        Tile("As uncertain as", f"{found['perplexity']:.3f}", "equal outcomes"),
        Tile("Huffman's code", bits("huffman_length"), "bits/symbol",
             f"{found['huffman_length'] - found['entropy']:.4f} over the entropy"),
        Tile("Shannon's code", bits("shannon_length"), "bits/symbol",
             f"{found['shannon_length'] - found['entropy']:.4f} over the entropy"),
    ]  # fmt: skip
    if other:
        tiles.append(Tile("With q's code", bits("cross_entropy"), "bits/symbol",
                          f"{bits('kl')} wasted: KL(p‖q)"))  # fmt: skip
    return tiles


def notice(*, p: tuple[float, ...], q: tuple[float, ...], other: bool) -> str:
    """Return the sentence that goes with these numbers."""
    found = numbers(p=p, q=q, other=other)
    if other and math.isinf(found["cross_entropy"]):
        lost = next(LETTERS[i] for i, (a, b) in enumerate(zip(p, q, strict=True)) if a > 0 == b)
        return f"{lost} happens, and q's code has no word for it: the cost is infinite, exactly."
    if other:
        return (
            f"A code made for q costs {found['cross_entropy']:.3f} bits on what p produces: the "
            f"entropy {found['entropy']:.3f} plus the divergence {found['kl']:.3f}."
        )
    if max(p) == 1.0:
        return (
            "What is certain needs no bits at all: the entropy is 0, not a small negative number."
        )
    over = found["huffman_length"] - found["entropy"]
    if over < 1e-9:
        return (
            "Every probability is a power of one half, so whole bits lose nothing: the steps of "
            "Huffman's code lie on the boxes."
        )
    if max(p) - min(p) < 1e-3:
        return f"All outcomes are equally likely: no bar can move without lowering the entropy " \
               f"from log2 {len(p)} = {math.log2(len(p)):.3f} bits."  # fmt: skip
    return (
        f"Huffman's code pays {over:.3f} bits a symbol for using whole bits; it never pays a whole "
        "bit more than the entropy, and no code of words pays less."
    )


def code(*, p: tuple[float, ...], q: tuple[float, ...], other: bool) -> str:
    """Return the calls that make these numbers."""
    lines = [
        "import infoscope as isc",
        "from infoscope.codes import huffman, shannon_code",
        "",
        f"p = {_listed(p)}",
        'entropy = isc.entropy(p, unit="bits")',
        "perplexity = isc.perplexity(p)",
        "huffman_length = huffman(p).expected_length",
        "shannon_length = shannon_code(p).expected_length",
    ]
    if other:
        lines += [
            "",
            f"q = {_listed(q)}",
            'cross_entropy = isc.cross_entropy(p, q, unit="bits")',
            'kl = isc.kl_divergence(p, q, unit="bits")',
        ]
    return "\n".join([*lines, "", "print(entropy, huffman_length, shannon_length)"])


def _listed(p: tuple[float, ...]) -> str:
    """Write probabilities as Python; equal ones that are no short decimals as a product."""
    if len(set(p)) == 1 and len(repr(p[0])) > 8:
        return f"[1 / {len(p)}] * {len(p)}"
    return repr(list(p))


def settle(values: dict[str, Any], moved: str, held: bool) -> dict[str, Any]:
    """Give q as many outcomes as p has."""
    del moved, held
    p, q = values["p"], values["q"]
    if len(q) > len(p):
        kept = q[: len(p)]
        total = sum(kept)
        q = rounded_shares([mass / total for mass in kept] if total else [1 / len(p)] * len(p))
    while len(q) < len(p):
        q = rounded_shares(hold((*q, 0.0), len(q), 1 / (len(q) + 1)))
    return values | {"q": q}


def climb(*, p: tuple[float, ...], mean: float, width: int = WIDE) -> Iterator[Patch]:
    """Move p to the distribution of largest entropy with the mean that was asked for."""
    support = list(range(1, len(p) + 1))
    target = isc.maximum_entropy(support, [(support, mean)]).p.tolist()
    for frame in range(1, FRAMES + 1):
        t = frame / FRAMES
        ease = t * t * (3 - 2 * t)
        between = [(1 - ease) * a + ease * b for a, b in zip(p, target, strict=True)]
        yield _frame(rounded_shares(between), width)
        time.sleep(PAUSE)


def level(*, p: tuple[float, ...], width: int = WIDE) -> Iterator[Patch]:
    """Move p to the uniform distribution."""
    return climb(p=p, mean=(len(p) + 1) / 2, width=width)


def _frame(p: tuple[float, ...], width: int) -> Patch:
    bars = share_bars(p, LETTERS[: len(p)], width=width, height=_tall(width), drag="p")
    return {"=p": p, "bars": bars}


def _tall(width: int) -> int:
    return 300 if width > 500 else 260


def picture() -> Figure:
    """Return four bars for the home page."""
    figure = share_bars((0.5, 0.25, 0.125, 0.125), "    ", width=240, height=170, top=0.5)
    bars = [mark for mark in figure.marks if getattr(mark, "role", "") == "bar"]
    return Figure(figure.title, "", {}, bars, 276, 130)


PAGE = Page(
    slug="entropy",
    title="Entropy",
    group="Foundations",
    order=10,
    about="Drag the bars: how uncertain is what comes next, and how many bits must it cost to say?",
    controls=(
        Shares(name="p", label="Probabilities p", default=(0.5, 0.25, 0.125, 0.125)),
        Group("A code made for another distribution", (
            Check(name="other", label="Use q's code on what p produces"),
            Shares(name="q", label="q", default=(0.25, 0.25, 0.25, 0.25), resizable=False),
        ), folded=True),
        Group("Most entropy", (
            Range(name="mean", label="Mean of the outcomes, A = 1, B = 2, …", low=1, high=8,
                  step=0.05, default=2.0),
            Action(name="climb", label="Most entropy with this mean", run=climb),
            Action(name="level", label="Most entropy of all", run=level),
        ), folded=True),
    ),
    slots=(
        Slot("bars"), Slot("tiles"), Slot("areas"),
        Slot("words", "The words of two codes", "below"),
    ),
    view=view, settle=settle, notice=notice, numbers=numbers, code=code, picture=picture,
    presets=(
        Preset("Powers of a half", {}),
        Preset("Fair die", {"p": (1 / 6,) * 6}),
        Preset("Loaded die", {"p": (0.5, 0.1, 0.1, 0.1, 0.1, 0.1)}),
        Preset("Coin, 9 to 1", {"p": (0.9, 0.1)}, "Huffman's code needs a whole bit for 0.469"),
        Preset("Certain", {"p": (1.0, 0.0, 0.0, 0.0)}),
        Preset("Wrong code", {"other": True, "p": (0.5, 0.3, 0.2), "q": (0.6, 0.3, 0.1)}),
        Preset("Impossible for q", {"other": True, "p": (0.5, 0.3, 0.2), "q": (0.6, 0.4, 0.0)}),
    ),
    explain=r"""
**Surprisal.** An outcome of probability $p$ surprises by $-\log_2 p$ bits: one for each halving.
**Entropy** is the mean surprisal, $$H(p) = -\sum_i p_i \log_2 p_i ,$$ with $0\log 0 = 0$ exactly.

**Codes.** Shannon's code gives each outcome a word of $\lceil -\log_2 p_i\rceil$ bits; Huffman's
is the best of all codes with one word for each outcome. Both satisfy $H \le L < H + 1$. To come
closer, code several outcomes as one, or use an arithmetic coder.

**The wrong code.** Words made for $q$ cost $H(p, q) = H(p) + D(p\,\|\,q)$ bits on what $p$
produces: the divergence is what is wasted.

**Most entropy.** Among all distributions the uniform one has the largest entropy; among those with
a given mean it is the one with $p_i \propto e^{\lambda i}$.
""",
)  # fmt: skip
