"""The logit lens as a page: profile over layers, the guesses of each layer, and their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from infoscope.figures import Html, Section, Tile, bar_chart, esc, page, stat_tiles
from infoscope.probe.language_models.lens_figure import N_SHOWN, lens_figure, profile_figure

if TYPE_CHECKING:
    from infoscope.probe.language_models.lens_result import LogitLens

__all__ = ["lens_report"]

MAX_STRIPS = 4  # pictures with guesses; each is about 200 kB
MAX_COLUMNS = 800


def lens_report(found: LogitLens, *, name: str = "") -> str:
    """Return the lens as a self-contained HTML page."""
    title = f"{name}, layer by layer" if name else "A text, layer by layer"
    return page(
        title, _sections(found),
        subtitle=f"{len(found):,} tokens, read by {found.model}; every layer's state is put "
        "through the final norm, computed anew, and the model's own head.",
        footer="Made by infoscope. The lens asks each layer in the last layer's language: what it "
        "cannot read may still be there.",
    )  # fmt: skip


def _sections(found: LogitLens) -> list[Section]:
    sections = [Section("In short", _tiles(found))]
    if len(found.layers) > 1:
        sections.append(
            Section("How the prediction forms", Html(profile_figure(found, "bits").to_html()),
                    "Entropy: how undecided the layer is. Surprisal: what the text costs if the "
                    "layer is believed. KL(final‖layer): what is paid for believing the layer "
                    "where the last one is right.")
        )  # fmt: skip
    strips = range(0, min(len(found), MAX_STRIPS * N_SHOWN), N_SHOWN)
    pictures = "".join(
        lens_figure(found, "entropy", "bits", first, None).to_html(caption=False, data=False)
        for first in strips
    )
    shown = min(len(found), MAX_STRIPS * N_SHOWN)
    rest = f" The first {shown} of {len(found):,} tokens." if shown < len(found) else ""
    sections.append(
        Section("Guess by guess", Html(pictures),
                "Each column is a place in the text, headed by the token that came; each cell is "
                "what that layer would have said. Rest the pointer on a cell for its numbers. The "
                f"stronger the colour, the less decided the layer.{rest}")
    )  # fmt: skip
    if len(found) > shown:
        n = min(len(found), MAX_COLUMNS)
        whole = lens_figure(found, "kl", "bits", 0, n).to_html(caption=False, data=False)
        cut = f" (the first {n:,} tokens)" if n < len(found) else ""
        sections.append(
            Section("The whole text", Html(whole), f"Layers above each other, tokens side by "
                    f"side{cut}; the colour is KL(final‖layer) in bits.")
        )  # fmt: skip
    if len(found.layers) > 1:
        sections.append(Section("Where guesses settle", _settling(found)))
    return [*sections, Section("How to read the lens", _lesson())]


def _tiles(found: LogitLens) -> Html:
    last = found.mean_entropy[-1].to("bits")
    paid = found.mean_surprisal[-1].to("bits")
    early = float(np.mean(found.settled < found.layers[-1]))
    return stat_tiles([
        Tile.of(paid, label="Surprisal at the last layer", counted="tokens",
                rule="what the text costs this model"),
        Tile.of(last, label="Entropy at the last layer", counted="tokens",
                rule="how undecided the model is before each token"),
        Tile("Guesses settled before the last layer", f"{100 * early:.0f}", "%",
             rule="share of tokens whose first guess does not change in the last step read"),
    ])  # fmt: skip


def _settling(found: LogitLens) -> Html:
    counts = [int(np.sum(found.settled == layer)) for layer in found.layers]
    shares = [100 * count / len(found) for count in counts]
    chart = bar_chart(
        [str(layer) for layer in found.layers], shares,
        title="First layer from which the top guess stays", x_label="percent of tokens",
        label_name="layer", description="Share of tokens whose final first guess is there from "
        "this layer on.",
    )  # fmt: skip
    return Html(chart.to_html(caption=False))


def _lesson() -> Html:
    paragraphs = (
        ("The norm is computed anew.", "Each layer's state is divided by its own size before the "
         "head sees it. With the size of the last layer's state, early layers would look sure of "
         "nothing, or of one thing, for a reason that lies in the arithmetic alone."),
        ("The last row is the model.", "Its entropy and surprisal are the numbers that scoring the "
         "same text gives."),
        ("What it cannot say.", "Only the last layer was trained to be read this way. A layer may "
         "hold the answer in directions that the head does not look at; a trained probe finds "
         "more. And a guess that appears early need not be what the model goes on to use."),
    )  # fmt: skip
    return Html("".join(f"<p><strong>{esc(a)}</strong> {esc(b)}</p>" for a, b in paragraphs))
