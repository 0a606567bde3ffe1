"""The bounds on an entropy rate as a page: one bar per method, and which way each errs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from infoscope.figures import Figure, Html, Section, bar_chart, page, table

if TYPE_CHECKING:
    from infoscope.language.rate_bounds import RateBound, RateBounds

__all__ = ["rate_figure", "rate_report"]


def rate_figure(found: RateBounds) -> Figure:
    """Return the bar chart; what would be a lower bound is grey."""
    estimates = [bound.estimate for bound in found.bounds]
    ends = [(e.interval.low, e.interval.high) if e.interval else (math.nan, math.nan)
            for e in estimates]  # fmt: skip
    best = found.best_upper
    return bar_chart(
        [bound.name for bound in found.bounds], [e.value for e in estimates],
        title="Bounds on the entropy rate", x_label=f"bits per {found.per}",
        low=[low for low, _ in ends], high=[high for _, high in ends], label_name="method",
        texts=[_shown(bound) for bound in found.bounds],
        muted=[bound.kind == "ideal lower bound" for bound in found.bounds],
        description=f"The smallest upper bound is {best.estimate.value:.3f} ({best.name}). Grey: "
        "lower bounds if the guesser were ideal.",
    )  # fmt: skip


def rate_report(found: RateBounds, *, name: str = "") -> str:
    """Return the bounds as a self-contained HTML page."""
    best = found.best_upper
    rows = {
        "method": [bound.name for bound in found.bounds],
        "kind": [bound.kind for bound in found.bounds],
        f"bits per {found.per}": [_number(bound.estimate) for bound in found.bounds],
        "which way it errs": [bound.bias for bound in found.bounds],
    }
    return page(
        f"The entropy rate of {name}" if name else "The entropy rate of a text",
        [
            Section("Every bound", Html(rate_figure(found).to_html()),
                    f"How many bits a {found.per} of this language carries once all before it is "
                    "known. No method measures that; each bounds it, and errs in its own way."),
            Section("Which way each errs", Html(table(
                rows, caption=f"Methods from simple to strong, on {found.n_symbols:,} {found.per}s "
                f"({found.n_different} different); models were judged on the last "
                f"{found.n_held_out:,}"))),
            Section("How to read them", Html(
                "<p><strong>Upper bounds</strong> are code lengths: if a model can write the "
                "held-out text in so many bits, its source has no more. The smallest counts.</p>"
                "<p><strong>Blocks</strong> count what follows what. Short blocks miss long memory "
                "and stay above; long ones are seen once each, look foreseen, and fall below the "
                "truth. Where that begins, the table says “estimate”.</p>"
                "<p><strong>Guesses</strong> are Shannon's game: how often one had to guess before "
                "each symbol was right. The frequencies of those numbers bound the entropy from "
                "above, and from below if the guesser always names the likeliest symbol next; who "
                "guesses worse raises both. No probability is asked for, so that a person can play."
                "</p>")),
        ],
        subtitle=f"At most {best.estimate.value:.3f} bits per {found.per}, by {best.name}.",
        footer="Made by infoscope.",
    )  # fmt: skip


def _shown(bound: RateBound) -> str:
    short = {"upper bound": "", "ideal lower bound": ", if ideal", "estimate": ", no bound"}
    return f"{bound.estimate.value:.2f}{short[bound.kind]}"


def _number(estimate: object) -> str:
    value, stderr = getattr(estimate, "value", math.nan), getattr(estimate, "stderr", None)
    return f"{value:.3f} ± {stderr:.3f}" if stderr else f"{value:.3f}"
