"""Pictures of texts, under models small enough to train while the site is built."""

import numpy as np

import infoscope as isc
from infoscope.data import path_of
from infoscope.figures import Figure, Html, bar_chart, text_heat_map
from infoscope.language import load, score

CHAPTER = path_of("alice_chapter_1.txt").read_text(encoding="utf-8")
CUT = 9000


def letters() -> Html:
    """A sentence of Alice, letter by letter, under a model of the text before it."""
    model = load("ngram:5", train=CHAPTER[:CUT])
    start = CHAPTER.index("First, however", CUT)
    found = score(CHAPTER[start : CHAPTER.index(".", start + 250) + 1], model)
    html = text_heat_map(
        found.tokens,
        np.asarray(isc.bits(found.surprisal)).tolist(),
        entropies=np.asarray(isc.bits(found.entropy)).tolist(),
        unit="bits",
    )
    rate = found.bits_per_byte
    return Html(
        '<figure class="isc isc-figure"><figcaption>Letter by letter<span>A 5-gram model read the '
        f"first {CUT:,} characters of Alice's first chapter; this comes later. {rate.value:.2f} "
        f"bits per byte.</span></figcaption>{html}</figure>"
    )


def ladder() -> Figure:
    """Bits per byte of a held-out text under better and better models."""
    held_out = CHAPTER[CUT:]
    names = ["uniform", "unigram", "bigram", "ngram:3", "ngram:5"]
    rates = [score(held_out, load(n, train=CHAPTER[:CUT])).bits_per_byte.value for n in names]
    return bar_chart(
        ["uniform", "unigram", "bigram", "3-gram", "5-gram"],
        rates,
        title="The better the model, the fewer the bits",
        description="All were trained on the first 9,000 characters of the chapter, and score "
        "the rest.",
        x_label="bits per byte of the rest of the chapter",
        texts=[f"{rate:.2f}, perplexity {2**rate:.1f} per byte" for rate in rates],
        width=720,
    )


def words() -> Figure:
    """Pointwise mutual information of neighbouring words in the chapter."""
    text = "".join(c.lower() if c.isalpha() else " " for c in CHAPTER).split()
    kinds, ids = np.unique(text, return_inverse=True)
    pairs, counts = np.unique(np.stack([ids[:-1], ids[1:]]), axis=1, return_counts=True)
    often = counts >= 4
    table = np.zeros((kinds.size, kinds.size))
    np.add.at(table, (pairs[0], pairs[1]), counts)
    pmi = np.asarray(isc.pointwise_mutual_information(table / table.sum(), unit="bits"))
    found = sorted(
        ((float(pmi[a, b]), f"{kinds[a]} {kinds[b]}") for a, b in pairs[:, often].T), reverse=True
    )[:8]
    return bar_chart(
        [name for _, name in found],
        [value for value, _ in found],
        title="Words that keep company, among pairs seen four times or more",
        description="6 bits: the pair is 64 times as frequent as chance would have it.",
        x_label="pointwise mutual information, bits",
        width=720,
    )
