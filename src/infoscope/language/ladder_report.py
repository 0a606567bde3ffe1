"""The ladder as a page: one bar per model, what each step gained, and how to read it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from infoscope.figures import (
    Figure,
    Html,
    Section,
    Tile,
    bar_chart,
    esc,
    page,
    stat_tiles,
    table,
)

if TYPE_CHECKING:
    from infoscope.core.result import Estimate
    from infoscope.language.rungs import Ladder

__all__ = ["ladder_figure", "ladder_report"]


def ladder_figure(found: Ladder) -> Figure:
    """Return the bar chart of a ladder: bits per byte, with intervals."""
    estimates = [rung.bits_per_byte for rung in found.rungs]
    ends = [(e.interval.low, e.interval.high) if e.interval else (math.nan, math.nan)
            for e in estimates]  # fmt: skip
    return bar_chart(
        [rung.name for rung in found.rungs], [e.value for e in estimates],
        title="The ladder of language models",
        x_label="bits per byte of the held-out text",
        low=[low for low, _ in ends], high=[high for _, high in ends],
        label_name="model",
        description="The same held-out bytes under every model: "
        + ", ".join(f"{rung.name} {rung.bits_per_byte.value:.3f}" for rung in found.rungs),
    )  # fmt: skip


def ladder_report(found: Ladder, *, name: str = "") -> str:
    """Return a ladder as a self-contained HTML page."""
    return page(
        f"{name}, rung by rung" if name else "A text, rung by rung",
        _sections(found),
        subtitle=f"{found.n_held_out:,} held-out bytes under {len(found.rungs)} models, from one "
        "that knows nothing to one that has read a lot.",
        footer="Made by infoscope. Eight bits per byte is a text of which nothing is known.",
    )


def _sections(found: Ladder) -> list[Section]:
    notes = "".join(f'<p class="isc-note">{esc(_sentence(note))}</p>' for note in found.notes)
    return [
        Section("What the text cost", Html(f"{_tiles(found)}{ladder_figure(found).to_html()}"),
                "All models were given the same bytes to predict, each byte after what stands "
                "before it. The shorter the bar, the more the model knew. Whiskers: 95 % intervals "
                "for another stretch of the same length from the same source."),
        Section("Step by step", Html(_table(found) + notes),
                f"Held out: {found.split}. What a step gained is measured on the same bytes under "
                "both models, so that its error bar is smaller than those of the bars."),
        Section("How to read the ladder", _lesson(found)),
    ]  # fmt: skip


def _tiles(found: Ladder) -> str:
    best = min(found.rungs, key=lambda rung: rung.bits_per_byte.value)
    estimate = best.bits_per_byte
    tiles = [
        Tile.of(estimate, label=f"Best: {best.name}", counted="tokens",
                rule=f"{estimate.value * found.n_held_out / 8:,.0f} bytes instead of "
                     f"{found.n_held_out:,}: an upper bound on the entropy rate of its source"),
    ]  # fmt: skip
    steps = [rung for rung in found.rungs if rung.gain is not None]
    if steps:
        top = max(steps, key=lambda rung: rung.gain.value if rung.gain else -math.inf)
        assert top.gain is not None
        tiles.append(Tile.of(top.gain, label=f"Largest step: to {top.name}", counted="bytes",
                             rule=f"bits saved on every byte by knowing {top.knows}"))  # fmt: skip
    return stat_tiles(tiles)


def _table(found: Ladder) -> str:
    return table(
        {
            "model": [rung.name for rung in found.rungs],
            "knows": [rung.knows for rung in found.rungs],
            "bits per byte": [_number(rung.bits_per_byte) for rung in found.rungs],
            "saved, bits per byte": [_number(rung.gain) for rung in found.rungs],
            "learned from": [rung.trained_on for rung in found.rungs],
            "numbers kept": [
                "" if rung.n_numbers is None else f"{rung.n_numbers:,}" for rung in found.rungs
            ],
            "CPU s to learn": [f"{rung.train_seconds:.1f}" for rung in found.rungs],
        },
        caption="The models from top to bottom, with what each knows, what the text cost, and what "
        "each saved against the one listed before it",
    )


def _number(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    bar = f" ± {estimate.stderr:.3f}" if estimate.stderr else ""
    return f"{estimate.value:.3f}{bar}"


def _lesson(found: Ladder) -> Html:
    return Html(
        "<p><strong>Why bytes.</strong> A perplexity per token depends on how a model cuts the "
        "text; the number of bytes does not. So the cost of the same bytes can be compared between "
        "a model of single bytes and one of long word pieces.</p>"
        "<p><strong>Why held out.</strong> A long enough n-gram model can learn its training text "
        "by heart. What it has learned about the language shows on text that it has not seen: "
        f"here {found.n_held_out:,} bytes, after learning from {found.n_train:,}.</p>"
        "<p><strong>What the ladder cannot say.</strong> Each rung is an upper bound on the "
        "entropy rate of the source, none is the rate itself. A step that gains little may mean "
        "that there was little to gain, or that the training part was too short for that model; "
        "a model trained elsewhere has read far more, perhaps this very text.</p>"
    )


def _sentence(note: str) -> str:
    return note[:1].upper() + note[1:] + ("" if note.endswith(".") else ".")
