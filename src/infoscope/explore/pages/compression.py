"""The page on compression: a text as it is typed, in bits under codes that know more and more."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

import infoscope as isc
from infoscope.codes import PrefixCode, huffman, krichevsky_trofimov
from infoscope.core.units import from_nats
from infoscope.explore.controls import Choice, TextArea
from infoscope.explore.drawings.symbol_costs import running_costs, sizes, symbol_name
from infoscope.explore.drawings.token_map import Joiner, Piece, pieces_html, reading_frame
from infoscope.explore.page import Job, Page, Patch, Preset, Slot
from infoscope.figures import Figure, Html, Tile, code_tree, esc, stat_tiles, table
from infoscope.figures.marks import Path, Rect

__all__ = ["PAGE", "Coded", "code", "coded", "notice", "numbers", "picture", "run", "view"]

MAX_CHARS = 2_000
MOST_LEAVES = 40

_LINES = (
    "the house that Jack built.\n", "the malt\nThat lay in ", "the rat,\nThat ate ",
    "the cat,\nThat killed ", "the dog,\nThat worried ",
)  # fmt: skip
JACK = "".join(
    f"This is {''.join(reversed(_LINES[:n]))}" for n in range(1, len(_LINES) + 1)
)  # fmt: skip
RAVEN = (
    "Once upon a midnight dreary, while I pondered, weak and weary,\n"
    "Over many a quaint and curious volume of forgotten lore,\n"
)
GENES = "ACGTTGCAACGTACGGTATTACGCATGCCGATTAGCATCGAAGCTTACGGATCCTTAGGCA" * 2
STATIC, ADAPTIVE, PAIRS, IDEAL = "Huffman", "adaptive", "adaptive, in context", "frequencies"
WATCHED = {"huffman": "Huffman", "adaptive": "Adaptive", "pairs": "In context"}


@dataclass(frozen=True, slots=True)
class Coded:
    """A text as symbols, and the bits of each symbol under codes of three kinds."""

    alphabet: tuple[str, ...]
    symbols: NDArray[np.int64]
    counts: NDArray[np.int64]
    code: PrefixCode
    costs: dict[str, NDArray[np.float64]]
    entropy: float

    @property
    def n(self) -> int:
        """Symbols in the text."""
        return len(self.symbols)


@lru_cache(maxsize=32)
def coded(text: str) -> Coded:
    """Return the costs of each character of `text`; the text has at least one."""
    letters, symbols, counts = np.unique(
        [ord(char) for char in text], return_inverse=True, return_counts=True
    )  # numbers, since an array of texts loses the character 0
    p = counts / counts.sum()
    k = len(letters)
    word_code = huffman(p)
    costs = {
        "huffman": np.asarray(word_code.lengths, np.float64)[symbols],
        "adaptive": krichevsky_trofimov(symbols, k, unit="bits"),
        "pairs": _in_context(symbols, k),
    }
    entropy = float(isc.entropy(p, unit="bits"))
    return Coded(tuple(map(chr, letters.tolist())), symbols, counts, word_code, costs, entropy)


def _in_context(symbols: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """Return what an adaptive code pays that keeps a table for each symbol before.

    `AdaptiveModel(k, order=1, prior=1 / k)`, all symbols at once: a text is coded at each key.
    """
    prior = 1 / max(k, 2)
    before = np.concatenate([[k], symbols[:-1]])  # the first symbol has a table of its own
    seen, met = _so_far(before * (k + 1) + symbols), _so_far(before)
    return -np.log2((seen + prior) / (met + k * prior)) + 0.0


def _so_far(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each key how often it stood before."""
    order = np.argsort(keys, kind="stable")
    runs = np.diff(keys[order], prepend=keys[order[0]] - 1) != 0
    starts = np.maximum.accumulate(np.where(runs, np.arange(keys.size), 0))
    counts = np.empty(keys.size, np.int64)
    counts[order] = np.arange(keys.size) - starts
    return counts


def numbers(*, text: str) -> dict[str, float]:
    """Return bits per symbol under each code, the entropy, and the bytes of three programs."""
    if not text:
        return {}
    found, data = coded(text), _bytes(text)
    return {
        "entropy": found.entropy,
        "huffman_rate": float(found.costs["huffman"].mean()),
        "adaptive_rate": float(found.costs["adaptive"].mean()),
        "pairs_rate": float(found.costs["pairs"].mean()),
        **{f"{name}_bytes": float(size) for name, size in _programs(data).items()},
    }


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=32)
def _programs(data: bytes) -> dict[str, int]:
    return {
        "gzip": len(gzip.compress(data, 9, mtime=0)),
        "bz2": len(bz2.compress(data)),
        "xz": len(lzma.compress(data, preset=6)),
    }


def view(*, text: str, watched: str, width: int) -> Patch:
    """Return the running line, tiles, sizes, the coloured text, and Huffman's tree and table."""
    if not text:
        empty = "Type something: every character is coded as you type."
        return {
            **dict.fromkeys(("running", "tiles", "colours", "sizes", "tree"), ""),
            "table": Html(f'<p class="empty">{empty}</p>'),
        }
    found = coded(text)
    watched_lines = {
        "Huffman": found.costs["huffman"], "adaptive": found.costs["adaptive"],
        "in context": found.costs["pairs"],
    }  # fmt: skip
    return {
        "running": running_costs(watched_lines, found.entropy, width=width) if found.n > 1 else "",
        "tiles": _tiles(found),
        "colours": _colours(text, found, watched),
        "sizes": _sizes(text, found, width),
        "tree": _tree(found, width),
        "table": _table(found),
    }  # fmt: skip


def _tiles(found: Coded) -> Html:
    rate = {name: float(cost.mean()) for name, cost in found.costs.items()}
    gap = rate["huffman"] - found.entropy
    return stat_tiles([
        Tile("Entropy", f"{found.entropy:.3f}", "bits/symbol", "of the frequencies in the text"),
        Tile("Huffman", f"{rate['huffman']:.3f}", "bits/symbol", f"{gap:.3f} above the entropy"),
        Tile("Adaptive", f"{rate['adaptive']:.3f}", "bits/symbol", "learns the frequencies"),
        Tile("In context", f"{rate['pairs']:.3f}", "bits/symbol", "learns what follows what"),
    ])  # fmt: skip


def _colours(text: str, found: Coded, watched: str) -> Html:
    costs = found.costs[watched].tolist()
    if text.isascii():  # every byte is a character that can be shown
        whole = [(char, Piece(b"", cost)) for char, cost in zip(text, costs, strict=True)]
    else:
        pieces = [Piece(_bytes(char), cost) for char, cost in zip(text, costs, strict=True)]
        whole = Joiner().push(pieces, final=True)
    inside = pieces_html(whole, "byte")
    return reading_frame("letters", f"The text, coloured by bits under {WATCHED[watched]}", "byte",
                         quantity=f"cost under {WATCHED[watched]}", inside=inside)  # fmt: skip


def _sizes(text: str, found: Coded, width: float) -> Figure:
    data = _bytes(text)
    bits = {
        "as it is (UTF-8)": 8.0 * len(data),
        "Huffman": float(found.costs["huffman"].sum()),
        "adaptive": float(found.costs["adaptive"].sum()),
        "in context": float(found.costs["pairs"].sum()),
    }
    programs = {name: 8.0 * size for name, size in _programs(data).items()}
    both = bits | programs
    return sizes(
        list(both), list(both.values()), found.n, width=width,
        muted=[name in programs or name.startswith("as") for name in both],
    )  # fmt: skip


def _tree(found: Coded, width: float) -> Figure | str:
    words = found.code.codewords
    keep = np.argsort(-found.counts, kind="stable")
    if len(words) > MOST_LEAVES:
        return (
            f"The tree has {len(words)} leaves, too many to draw: up to {MOST_LEAVES} are shown. "
            "The table holds all words."
        )
    drawn = code_tree(
        [symbol_name(found.alphabet[i]) for i in keep],
        [words[i] or "" for i in keep],
        [float(found.counts[i] / found.n) for i in keep],
        title="Huffman's tree for this text",
    )  # fmt: skip
    return drawn if drawn.width <= width else Html(drawn.to_html(data=False))


def _table(found: Coded) -> Html:
    order = np.argsort(-found.counts, kind="stable").tolist()
    p = found.counts / found.n
    words = found.code.codewords
    rows = table(
        {
            "symbol": [symbol_name(found.alphabet[i]) for i in order],
            "count": [f"{int(found.counts[i]):,}" for i in order],
            "probability": [float(p[i]) for i in order],
            "−log₂ p, bits": [float(-np.log2(p[i]) + 0.0) for i in order],
            "Huffman's word": [Html(f"<code>{words[i] or '(empty)'}</code>") for i in order],
            "bits": [len(words[i] or "") for i in order],
        },
        formats={"−log₂ p, bits": lambda bits: f"{bits:.2f}", "probability": lambda q: f"{q:.4f}"},
        caption="Every symbol of the text, its ideal length and its word",
    )
    n = len(order)
    head = f"All {n} symbols and their words" if n > 1 else "The symbol and its word"
    return Html(
        f'<details class="isc-data"><summary>{esc(head)}</summary>{rows}</details>'
    )  # fmt: skip


def notice(*, text: str) -> str:
    """Return the sentence that goes with this text."""
    if not text:
        return "The first symbol that an adaptive code meets costs the logarithm of the alphabet."
    found = numbers(text=text)
    data = _bytes(text)
    if found["entropy"] == 0.0:
        return "One symbol again and again holds no information: its entropy is 0, and the " \
               "adaptive code finds out within a few."  # fmt: skip
    if found["pairs_rate"] < 0.8 * found["adaptive_rate"]:
        return (
            "Knowing the symbol before saves "
            f"{found['adaptive_rate'] - found['pairs_rate']:.2f} bits a symbol: below the dashed "
            "line, since the entropy of single symbols bounds only codes that look at nothing else."
        )
    if found["gzip_bytes"] > len(data):
        return (
            f"gzip makes this text longer, {found['gzip_bytes']:.0f} bytes instead of {len(data)}: "
            "its head and its check sum cost more than the little it learns."
        )
    return (
        f"Huffman pays {found['huffman_rate'] - found['entropy']:.3f} bits a symbol more than the "
        "entropy, since its words have whole lengths; the adaptive code needs no table, and pays "
        "for learning it."
    )


def code(*, text: str) -> str:
    """Return the calls that find these numbers."""
    if not text:
        return "import infoscope as isc\n\nentropy = 0.0  # no text, no bits\nprint(entropy)"
    return (
        "import bz2, gzip, lzma\n\nimport numpy as np\n\nimport infoscope as isc\n"
        "from infoscope.codes import AdaptiveModel, huffman, krichevsky_trofimov\n\n"
        f"text = {text!r}\n"
        "characters = [ord(char) for char in text]\n"
        "letters, symbols, counts = np.unique(characters, return_inverse=True, "
        "return_counts=True)\n"
        "p, k = counts / counts.sum(), len(letters)\n"
        'entropy = isc.entropy(p, unit="bits")\n'
        "huffman_rate = huffman(p).expected_length\n"
        'adaptive_rate = krichevsky_trofimov(symbols, k, unit="bits").mean()\n\n'
        "model, pairs = AdaptiveModel(k, order=1, prior=1 / max(k, 2)), []\n"
        "for symbol in symbols:\n"
        "    pairs.append(-np.log2(model.predict()[symbol]))\n"
        "    model.update(symbol)\n"
        "pairs_rate = np.mean(pairs)\n\n"
        'data = text.encode("utf-8", "surrogatepass")\n'
        "gzip_bytes = len(gzip.compress(data, 9, mtime=0))\n"
        "bz2_bytes = len(bz2.compress(data))\n"
        "xz_bytes = len(lzma.compress(data, preset=6))\n"
        "print(entropy, huffman_rate, adaptive_rate, pairs_rate, gzip_bytes, bz2_bytes, xz_bytes)"
    )


def run(*, text: str) -> Iterator[Patch]:
    """Code the text with models that know more: pairs of contexts mixed, and the neural model."""
    if not text:
        yield {"note": "There is no text yet."}
        return
    data = _bytes(text)
    yield {"learners": "", "progress": (0, 4, "Getting ready; the first time takes a while …")}
    rows: list[tuple[str, float, str]] = []
    for step, (name, bits, remark) in enumerate(_learners(data), 1):
        rows.append((name, bits, remark))
        yield {"learners": _learners_table(rows, data, len(text)),
               "progress": (step, 4, f"{name} is done …")}  # fmt: skip
    yield {"note": "All have read it."}


def _learners(data: bytes) -> Iterator[tuple[str, float, str]]:
    """Yield name, bits and a remark of each model that learns longer contexts."""
    from infoscope.codes.byte_models.partial_matching import PartialMatching

    yield ("Contexts up to 4 bytes", _bits(PartialMatching(4).surprisals(data)),
           "partial matching, starts empty")  # fmt: skip
    from infoscope.codes.byte_models.mixing import ByteMixer

    yield ("Mixing of contexts", _bits(ByteMixer(len(data)).surprisals(data)),
           "context mixing, starts empty: `infoscope compress`")  # fmt: skip
    from infoscope.explore.reading_along import loaded
    from infoscope.language.scoring import score

    yield ("5-gram that read a chapter", _bits(score(data, loaded("ngram:5"), top=1,
                                                     progress=False).surprisal),
           "knows one chapter of Alice, learns nothing here")  # fmt: skip
    from infoscope.language.store import models

    entry = models()[0]
    if entry.installed:
        found = score(data, loaded("smollm2"), top=1, progress=False)
        yield "SmolLM2, 135 million weights", _bits(found.surprisal), "knows much, learns nothing"
    else:
        yield "SmolLM2, 135 million weights", float("nan"), f"not installed: {entry.model.command}"


def _bits(nats: NDArray[np.float64]) -> float:
    return float(from_nats(nats.sum(), "bits"))


def _learners_table(
    rows: Sequence[tuple[str, float, str]], data: bytes, n_chars: int
) -> Html:  # fmt: skip
    return table(
        {
            "model": [name for name, _, _ in rows],
            "bits per symbol": [bits / n_chars for _, bits, _ in rows],
            "whole text, bytes": [bits / 8 for _, bits, _ in rows],
            "of the original": [100 * bits / 8 / len(data) for _, bits, _ in rows],
            "what it is": [remark for _, _, remark in rows],
        },
        formats={"bits per symbol": _three, "whole text, bytes": _whole,
                 "of the original": lambda v: f"{_whole(v)} %"},
        caption="Ideal code lengths: an arithmetic coder comes within a few bytes of them",
    )  # fmt: skip


def _three(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3f}"


def _whole(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:,.0f}"


def picture() -> Figure:
    """Return a falling line of costs over a bar of letters."""
    marks: list[Rect | Path] = []
    for i, level in enumerate((7, 6, 6, 5, 3, 5, 2, 4, 1, 2, 3, 1, 0, 2, 1, 0)):
        marks.append(Rect(8 + 14 * i, 92, 12, 18, f"surprise-{level}", radius=2))
    line = [(8 + 5.6 * i, 16 + 58 * (1 - np.exp(-i / 11))) for i in range(41)]
    marks.append(Path(((8, 76), (232, 76)), "reference"))
    marks.append(Path(tuple((x, float(y)) for x, y in line), "line-1"))
    return Figure("Costs fall while a code learns", "", {}, marks, 240, 120)


PAGE = Page(
    slug="compression",
    title="Compression",
    group="Coding",
    order=10,
    about="Type, and watch every character turn into bits: under Huffman's fixed words, and under "
    "codes that learn while they read.",
    controls=(
        TextArea(name="text", label="The text", default=JACK, max_chars=MAX_CHARS, rows=6,
                 placeholder="Type something"),
        Choice(name="watched", label="Colours show the bits under", default="pairs",
               options=WATCHED),
    ),
    slots=(
        Slot("running"), Slot("tiles"), Slot("colours"), Slot("sizes"),
        Slot("learners", "With models that know more", "below",
             empty="Press “Try stronger models”: contexts of several bytes, and the neural model."),
        Slot("tree", "", "below"), Slot("table", "", "below"),
    ),
    view=view, notice=notice, numbers=numbers, code=code, picture=picture,
    job=Job(run, "Try stronger models", max_bytes=60_000),
    presets=(
        Preset("A rhyme that grows", {}),
        Preset("Verse", {"text": RAVEN}),
        Preset("abracadabra", {"text": "abracadabra"}),
        Preset("One letter", {"text": "a" * 64}),
        Preset("Two, in turn", {"text": "ab" * 60}),
        Preset("Four bases", {"text": GENES}),
        Preset("Digits of π", {"text": "31415926535897932384626433832795028841971693993751058209749"
                                       "4459230781640628620899862803482534211706798"}),
    ),
    template="compression.html.j2",
    explain=r"""
**Static.** Huffman's words have whole lengths and are the best of all such words for the
frequencies: $H \le \bar\ell < H + 1$ bits a symbol. The receiver needs the table too, which is not
counted here.

**Adaptive.** Nobody sends a table: both ends count what they have seen. Krichevsky and Trofimov
give symbol $a$ the probability $(n_a + \tfrac12)/(n + \tfrac k2)$, and pay
$\tfrac{k-1}{2}\log_2 n$ bits, about, for not knowing the frequencies beforehand.

**In context.** A table for each symbol before: what follows $q$ is soon no surprise. This code may
go below the entropy of single symbols, since it codes $H(X_i \mid X_{i-1})$. It starts with
$1/k$ of a count for each symbol, and pays for learning $k$ tables.

**Programs** such as gzip write whole files: a head, tables, a check sum. On a few hundred bytes
that is most of what they write.
""",
)  # fmt: skip
