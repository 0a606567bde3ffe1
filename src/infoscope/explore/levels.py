"""`Levels`: a list of free numbers (logits), each with a slider and a box, and a line to type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from infoscope.explore.controls import Sent, between
from infoscope.explore.shares import Rows

__all__ = ["Levels"]


@dataclass(frozen=True, kw_only=True)
class Levels(Rows):
    """Numbers that a reader drags or types, each by itself; one that is added is 0."""

    min_n: int = 2
    max_n: int = 6
    low: float = -20.0
    high: float = 20.0
    step: float = 0.05
    #: ends of the sliders; what is typed may lie further out, up to `low` and `high`
    reach: float = 6.0
    item: ClassVar[str] = "class"

    def read(self, sent: Sent) -> tuple[float, ...]:
        """Return the numbers typed, after the slider that moved was put in."""
        numbers = super().read(sent)
        move = self.move(sent, len(numbers))
        if move is None:
            return numbers
        if move == "add":
            return (*numbers, 0.0)
        if move == "less":
            return numbers[:-1]
        value = between(self, sent.value, self.low, self.high)
        return (*numbers[:move], value, *numbers[move + 1 :])

    def ends(self, value: Sequence[float]) -> tuple[float, float, float]:
        """Return the reach, or further out where a number lies there."""
        far = max(self.reach, *(abs(z) for z in value))
        return -far, far, self.step
