"""`Decomposition`: a score in parts that add up, printed, tabled and drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from infoscope.core.result import Estimate
from infoscope.core.showing import Shown
from infoscope.figures import Figure, bar_chart, table

__all__ = ["Decomposition"]

PARTS = ("uncertainty", "resolution", "miscalibration", "within")


@dataclass(frozen=True, slots=True)
class Decomposition(Shown):
    """What `decompose` returns: total = uncertainty - resolution + miscalibration + within.

    `within` is what happens inside bins (0 for distinct forecasts); `refinement` is uncertainty
    minus resolution, what remains for a perfectly recalibrated forecaster.
    """

    score: str
    of: str
    grouping: str
    n_groups: int
    n: int
    unit: str
    is_debiased: bool
    total: Estimate
    uncertainty: Estimate
    resolution: Estimate
    miscalibration: Estimate
    within: Estimate
    refinement: Estimate
    notes: tuple[str, ...] = ()

    @property
    def gap(self) -> float:
        """Total less (uncertainty - resolution + miscalibration + within): rounding, 0 if inf."""
        if self.total.value == float("inf"):
            return 0.0
        parts = self.uncertainty.value - self.resolution.value
        return self.total.value - (parts + self.miscalibration.value + self.within.value)

    def to(self, unit: str) -> Decomposition:
        """Return the same decomposition in another unit of information (log score only)."""
        if unit == self.unit or self.score != "log":
            return self
        names = ("total", *PARTS, "refinement")
        return replace(self, unit=unit, **{name: getattr(self, name).to(unit) for name in names})

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        head = {
            name: getattr(self, name)
            for name in ("score", "of", "grouping", "n_groups", "n", "unit", "is_debiased")
        }
        parts = {name: getattr(self, name).to_dict() for name in ("total", *PARTS, "refinement")}
        return {**head, **parts, "notes": list(self.notes)}

    def __str__(self) -> str:
        kind = "debiased" if self.is_debiased else "plugin"
        lines = [
            f"{self.score} score of {self.of} (n={self.n}, {self.n_groups} {self.grouping}, {kind})"
        ]
        signs = {"uncertainty": " ", "resolution": "-", "miscalibration": "+", "within": "+"}
        lines.append(f"  total          = {self.total.short()}")
        for name in PARTS:
            part = getattr(self, name)
            if name != "within" or part.value != 0:
                sign, amount = signs[name], part.short()
                if amount.startswith("-"):
                    sign, amount = "+" if sign == "-" else "-", amount[1:]
                lines.append(f"  {name:<14} {sign} {amount}")
        return "\n".join(lines)

    def figure(self) -> Figure:
        """Draw the parts as bars with their intervals."""
        names = [name for name in ("total", *PARTS) if getattr(self, name).value != float("inf")]
        parts = [getattr(self, name) for name in names]
        nan = float("nan")
        return bar_chart(
            names,
            [part.value for part in parts],
            low=[part.interval.low if part.interval else nan for part in parts],
            high=[part.interval.high if part.interval else nan for part in parts],
            texts=[part.short() for part in parts],
            title=f"{self.score.capitalize()} score of {self.of}",
            x_label=f"{self.score} score, {self.unit}",
            label_name="term",
        )

    def _card_body_(self) -> str:
        names = ("total", *PARTS, "refinement")
        parts = [getattr(self, name) for name in names]
        cells = {"term": list(names), self.unit: [part.value for part in parts],
                 "standard error": [part.stderr for part in parts]}  # fmt: skip
        return table(cells, caption="The terms of the score")
