"""What a state tells of the truth beside what the output tells: numbers, verdict, picture, page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.result import Estimate
from infoscope.core.saving import SavedAsPage
from infoscope.core.showing import Shown
from infoscope.figures import Figure, Html, Section, Tile, bar_chart, esc, page
from infoscope.figures import stat_tiles as tiles
from infoscope.figures.scales import format_fixed

__all__ = ["Knowledge"]

_LEVEL = 0.05


@dataclass(frozen=True, eq=False, repr=False)
class Knowledge(SavedAsPage, Shown):
    """Information about the truth in the state against in the output, on the same examples.

    Attributes
    ----------
    state, output : Estimate
        V-information of the state and of the output about the truth.
    both : Estimate
        V-information of the two together.
    random : Estimate
        The same probe on random numbers, as many as the state has: what the capacity finds where
        there is nothing. About 0, or below.
    truth_entropy : Estimate
        H_V(truth): no input can tell more.
    difference : Estimate
        state minus output, paired over held-out examples.
    unsaid : Estimate
        both minus output: what the state adds to the output.
    p_value : float
        Of the test that `null` states, by sign flips of the paired differences.
    null : str
        What is tested.
    state_accuracy, output_accuracy : Estimate
        Share of truths that each probe puts first.
    pvi : mapping of str to array of shape (n,)
        Pointwise values of "state", "output", "both" and "random", in `unit`.
    unit : str
        Unit of all amounts.
    n_features : mapping of str to int
        Dimensions that each probe reads.
    notes : tuple of str
        Splits, capacity and kinds: what must be known before the numbers are trusted.
    """

    state: Estimate
    output: Estimate
    both: Estimate
    random: Estimate
    truth_entropy: Estimate
    difference: Estimate
    unsaid: Estimate
    p_value: float
    null: str
    state_accuracy: Estimate
    output_accuracy: Estimate
    pvi: Mapping[str, NDArray[np.float64]] = field(repr=False)
    unit: str
    n_features: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """One sentence: what the test says at the 5 % level, and what it does not."""
        if self.p_value > _LEVEL:
            return (
                "no difference seen between what the state and the output tell of the truth "
                f"(p = {self.p_value:.3g})"
            )
        one, other = ("state", "output") if self.difference.value > 0 else ("output", "state")
        return (
            f"more of the truth can be read from the {one} than from the {other} "
            f"(p = {self.p_value:.2g})"
        )

    def __repr__(self) -> str:
        return (
            f"Knowledge(state {self.state.short()}, output {self.output.short()}, difference "
            f"{self.difference.short()}, p={self.p_value:.2g})"
        )

    def __str__(self) -> str:
        rows = {
            "state": self.state, "output": self.output, "both": self.both,
            "random features": self.random, "state - output": self.difference,
            "both - output": self.unsaid,
        }  # fmt: skip
        lines = [f"What is told of the truth (H_V(truth) {self.truth_entropy.short()})"]
        for name, estimate in rows.items():
            ends = estimate.interval
            span = f"  {ends.low:.3f} to {ends.high:.3f}" if ends else ""
            lines.append(f"  {name:<16} {estimate.value:7.3f} {self.unit}{span}")
        return "\n".join([*lines, f"  {self.verdict}"])

    def figure(self) -> Figure:
        """Return the four values as bars with their intervals."""
        rows = {
            f"state ({self.n_features['state']})": self.state,
            f"output ({self.n_features['output']})": self.output, "state and output": self.both,
            "random numbers": self.random,
        }  # fmt: skip
        ends = [each.interval for each in rows.values()]
        return bar_chart(
            list(rows), [max(each.value, 0.0) for each in rows.values()],
            title="What can be told of the truth", label_name="read from",
            x_label=f"V-information, {self.unit} (of {self.truth_entropy.value:.3f}); "
            "values below 0 are drawn at 0",
            low=[0.0 if e is None else max(e.low, 0.0) for e in ends],
            high=[0.0 if e is None else max(e.high, 0.0) for e in ends],
            texts=[format_fixed(each.value, 3) for each in rows.values()],
            muted=[False, False, False, True], description=self.verdict,
        )  # fmt: skip

    def to_html(self, *, name: str = "") -> str:
        """Return a self-contained page: verdict, bars, and what must be known."""
        sections = [
            Section("What was found", Html(f"<p><strong>{esc(self.verdict[:1].upper())}"
                    f"{esc(self.verdict[1:])}.</strong></p>{tiles(self._tiles())}")),
            Section("State against output", Html(self.figure().to_html(caption=False)),
                    "Both are read by probes of the same family, trained on other examples. "
                    "Whiskers: intervals over held-out examples or groups."),
            Section("What is tested", Html(
                f"<p>Null hypothesis: {esc(self.null)}.</p><p>A larger value of the state says "
                "that the truth can be read out of it, not that the model uses it, nor that it "
                "is truth as such that is read: whatever goes with truth in these examples counts "
                "as well.</p>")),
            Section("What must be known", Html(
                "<ul>" + "".join(f"<li>{esc(note)}</li>" for note in self.notes) + "</ul>")),
        ]  # fmt: skip
        title = f"{name}: what is known and what is said" if name else "What is known and said"
        return page(title, sections, footer="Made by infoscope.",
                    subtitle=f"{self.state.n:,} examples, each held out once.")  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for `json.dumps`."""
        names = ("state", "output", "both", "random", "truth_entropy", "difference", "unsaid",
                 "state_accuracy", "output_accuracy")  # fmt: skip
        return {name: getattr(self, name).to_dict() for name in names} | {
            "p_value": self.p_value, "null": self.null, "verdict": self.verdict,
            "unit": self.unit, "n_features": dict(self.n_features), "notes": list(self.notes),
        }  # fmt: skip

    def _tiles(self) -> list[Tile]:
        return [
            Tile.of(self.state, label="In the state", counted="examples",
                    rule=f"right {100 * self.state_accuracy.value:.0f} % of the time"),
            Tile.of(self.output, label="In the output", counted="examples",
                    rule=f"right {100 * self.output_accuracy.value:.0f} % of the time, read by a "
                    "trained probe"),
            Tile.of(self.difference, label="State minus output", counted="examples",
                    rule=f"p = {self.p_value:.2g}"),
        ]  # fmt: skip
