"""`Levels`: a list of free numbers (logits), each with a slider and a box, and a line to type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infoscope.explore.controls import Sent, as_text, between
from infoscope.explore.shares import Numbers
from infoscope.figures import esc

__all__ = ["Levels"]


@dataclass(frozen=True, kw_only=True)
class Levels(Numbers):
    """Numbers that a reader drags or types; slider i is called "<name>.<i>"."""

    min_n: int = 2
    max_n: int = 6
    low: float = -20.0
    high: float = 20.0
    step: float = 0.05
    #: ends of the sliders; what is typed may lie further out, up to `low` and `high`
    reach: float = 6.0

    def label_of(self, i: int) -> str:
        """Return the name of number i: a letter."""
        return chr(ord("A") + i)

    def read(self, sent: Sent) -> tuple[float, ...]:
        """Return the numbers typed, after the slider that moved was put in."""
        numbers = super().read(sent)
        owner, dot, which = sent.moved.rpartition(".")
        if not dot or owner != self.name:
            return numbers
        if which == "add" and len(numbers) < self.max_n:
            return (*numbers, 0.0)
        if which == "less" and len(numbers) > self.min_n:
            return numbers[:-1]
        i = int(which) if which.isdecimal() else len(numbers)
        if i >= len(numbers):
            return numbers
        value = between(self, sent.value, self.low, self.high)
        return (*numbers[:i], value, *numbers[i + 1 :])

    def write(self, value: Sequence[float]) -> dict[str, str]:
        """Return the line of text, then each slider."""
        fields = super().write(value)
        return fields | {f"{self.name}.{i}": as_text(z) for i, z in enumerate(value)}

    def inputs(self, value: Sequence[float]) -> int:
        """Return how many numbers there are."""
        return len(value)

    def body(self, value: Sequence[float]) -> str:
        """Return a row for each number and the line to type in."""
        ends = max(self.reach, *(abs(z) for z in value))
        rows = "".join(self._row(i, z, ends) for i, z in enumerate(value))
        size = (
            f'<span class="size"><button type="button" data-move="{self.name}.less" '
            f'aria-label="{esc(self.label)}: one class less"'
            f'{" disabled" if len(value) <= self.min_n else ""}>−</button>'
            f'<button type="button" data-move="{self.name}.add" '
            f'aria-label="{esc(self.label)}: one class more"'
            f'{" disabled" if len(value) >= self.max_n else ""}>+</button></span>'
        )  # fmt: skip
        text = Numbers.write(self, value)[self.name]
        return (
            f'<fieldset class="rows"><legend>{esc(self.label)}</legend>{size}{rows}</fieldset>'
            f'<label class="own" for="{self.key}">type your own numbers</label>'
            f'<input type="text" id="{self.key}" name="{self.name}" value="{esc(text)}" '
            f'autocomplete="off" spellcheck="false" {self.described}>'
        )

    def _row(self, i: int, z: float, ends: float) -> str:
        name, text, label = f"{self.name}.{i}", as_text(z), esc(self.label_of(i))
        whole = f"{esc(self.label)}: {label}"
        return (
            f'<div class="share"><span aria-hidden="true">{label}</span>'
            f'<input type="range" data-range="{name}" min="{as_text(-ends)}" '
            f'max="{as_text(ends)}" step="{as_text(self.step)}" value="{text}" '
            f'aria-label="{whole}, slider"><input class="box" type="number" data-box="{name}" '
            f'min="{as_text(self.low)}" max="{as_text(self.high)}" step="any" value="{text}" '
            f'aria-label="{whole}"></div>'
        )
