"""Numbers that a reader types or drags: probabilities that keep summing to one, lists, tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from infoscope.explore.controls import Control, Sent, as_text, between
from infoscope.figures import esc

__all__ = ["Matrix", "Numbers", "Rows", "Shares", "hold", "rounded_shares"]

DECIMALS = 4
NOT_A_WORD = re.compile(r"[,;\s]+")


def hold(p: Sequence[float], i: int, value: float) -> tuple[float, ...]:
    """Set outcome i to `value` and let the others share what is left in their proportions.

    p'_i = value,  p'_j = (1 - value) p_j / sum of the others

    Where the others are all 0 they share equally.

    >>> hold([0.5, 0.25, 0.25], 0, 0.6)
    (0.6, 0.2, 0.2)
    >>> hold([1.0, 0.0, 0.0], 0, 0.5)
    (0.5, 0.25, 0.25)
    """
    masses = np.asarray(p, dtype=np.float64)
    others = np.delete(masses, i)
    total = float(others.sum())
    shared = others / total if total > 0 else np.full(others.size, 1 / others.size)
    return tuple(np.insert(shared * (1 - value), i, value).tolist())


def rounded_shares(
    p: Sequence[float], decimals: int = DECIMALS, keep: int | None = None
) -> tuple[float, ...]:
    """Round shares so that the rounded ones sum to one: what is left goes to the largest rests.

    Share `keep` is rounded as any number is; the rest is settled among the others.

    >>> rounded_shares([1 / 3, 1 / 3, 1 / 3])
    (0.3334, 0.3333, 0.3333)
    """
    unit = 10**decimals
    scaled = np.asarray(p, dtype=np.float64) * unit
    whole = np.floor(scaled + 1e-6).astype(np.int64)
    order = np.argsort(-(scaled - whole), kind="stable")
    if keep is not None:
        whole[keep] = round(float(scaled[keep]))
        order = order[order != keep]
    left = unit - int(whole.sum())
    for place in range(abs(left)):
        whole[order[place % order.size] if left > 0 else int(np.argmax(whole))] += np.sign(left)
    return tuple((whole / unit).tolist())


@dataclass(frozen=True, kw_only=True)
class Numbers(Control):
    """A list of numbers in one line: "3.2, 1/4, 7"."""

    default: tuple[float, ...] = ()
    min_n: int = 1
    max_n: int = 64
    low: float = -1e12
    high: float = 1e12

    def read(self, sent: Sent) -> tuple[float, ...]:
        """Return the numbers in the order written."""
        text = sent.fields.get(self.name)
        return self.default if text is None else self.parse(text)

    def parse(self, text: str) -> tuple[float, ...]:
        """Return the numbers in `text`, or refuse it."""
        words = [word for word in NOT_A_WORD.split(text.strip(" []()\n\t")) if word]
        if not self.min_n <= len(words) <= self.max_n:
            raise self.refuse(f"hold {self.min_n} to {self.max_n} numbers", f"{len(words)} of them")
        values = tuple(self.number(word) for word in words)
        for value in values:
            if not self.low <= value <= self.high:
                limits = f"[{as_text(self.low)}, {as_text(self.high)}]"
                raise self.refuse(f"hold numbers of {limits}", as_text(value))
        return values

    def write(self, value: Sequence[float]) -> dict[str, str]:
        """Return one line of text."""
        return {self.name: ", ".join(as_text(float(number)) for number in value)}

    def body(self, value: Sequence[float]) -> str:
        """Return a line to type in."""
        return self.caption() + self.line(value)

    def line(self, value: Sequence[float]) -> str:
        """Return the input that holds all numbers."""
        return (
            f'<input type="text" id="{self.key}" name="{self.name}" '
            f'value="{esc(Numbers.write(self, value)[self.name])}" autocomplete="off" '
            f'spellcheck="false" {self.described}>'
        )


@dataclass(frozen=True, kw_only=True)
class Matrix(Numbers):
    """A table of numbers: rows on lines of their own, or parted by a slash with spaces or "|"."""

    default: tuple[tuple[float, ...], ...] = ()
    max_rows: int = 12
    low: float = 0.0

    def read(self, sent: Sent) -> tuple[tuple[float, ...], ...]:
        """Return the rows, all of one length."""
        text = sent.fields.get(self.name)
        if text is None:
            return self.default
        lines = [line for line in re.split(r"[\n|]| / ", text) if line.strip()]
        rows = tuple(self.parse(line) for line in lines)
        if not rows or len(rows) > self.max_rows or len({len(row) for row in rows}) != 1:
            raise self.refuse(
                f"be 1 to {self.max_rows} rows of equal length",
                f"lengths {[len(row) for row in rows]}",
            )
        return rows

    def write(self, value: Sequence[Sequence[float]]) -> dict[str, str]:
        """Return a line for each row."""
        rows = [", ".join(as_text(float(number)) for number in row) for row in value]
        return {self.name: "\n".join(rows)}

    def body(self, value: Sequence[Sequence[float]]) -> str:
        """Return a box with a line for each row."""
        text = self.write(value)[self.name]
        return self.caption() + self.area(text, len(value), 'class="numbers" ')


@dataclass(frozen=True, kw_only=True)
class Rows(Numbers):
    """Numbers with a slider and a box each, and a line to type one's own.

    Slider i is called "<name>.<i>", for figures whose bars are dragged; "<name>.add" and
    "<name>.less" change how many there are.
    """

    labels: Sequence[str] = ()
    #: whether numbers can be added and removed
    resizable: bool = True
    #: what one of them is called, and the words above the line to type in
    item: ClassVar[str] = "number"
    own: ClassVar[str] = "type your own numbers"

    def label_of(self, i: int) -> str:
        """Return the name of number i: as declared, else a letter."""
        return self.labels[i] if i < len(self.labels) else chr(ord("A") + i)

    def move(self, sent: Sent, n: int) -> int | Literal["add", "less"] | None:
        """Return which of the n numbers moved, or "add" or "less" where one comes or goes."""
        owner, dot, which = sent.moved.rpartition(".")
        if not dot or owner != self.name:
            return None
        if which == "add" and n < self.max_n:
            return "add"
        if which == "less" and n > self.min_n:
            return "less"
        return int(which) if which.isdecimal() and int(which) < n else None

    def shown(self, number: float) -> str:
        """Return a number as its slider and box hold it."""
        return as_text(number)

    def ends(self, value: Sequence[float]) -> tuple[float, float, float]:
        """Return where sliders begin and end, and their step."""
        raise NotImplementedError

    def limits(self) -> tuple[float, float]:
        """Return what the box beside a slider takes."""
        return self.low, self.high

    def write(self, value: Sequence[float]) -> dict[str, str]:
        """Return the line of text, then each slider."""
        fields = super().write(value)
        return fields | {f"{self.name}.{i}": self.shown(one) for i, one in enumerate(value)}

    def inputs(self, value: Sequence[float]) -> int:
        """Return how many numbers there are."""
        return len(value)

    def body(self, value: Sequence[float]) -> str:
        """Return a row for each number and the line to type in."""
        low, high, step = map(as_text, self.ends(value))
        slider = f'min="{low}" max="{high}" step="{step}"'
        rows = "".join(self._row(i, one, slider) for i, one in enumerate(value))
        size = (
            f'<span class="size">{self._button("less", "−", len(value) <= self.min_n)}'
            f"{self._button('add', '+', len(value) >= self.max_n)}</span>"
            if self.resizable else ""
        )  # fmt: skip
        return (
            f'<fieldset class="rows"><legend>{esc(self.label)}</legend>{size}{rows}</fieldset>'
            f'<label class="own" for="{self.key}">{self.own}</label>{self.line(value)}'
        )

    def _button(self, move: str, sign: str, off: bool) -> str:
        says = f"{esc(self.label)}: one {self.item} {'more' if move == 'add' else move}"
        return (
            f'<button type="button" data-move="{self.name}.{move}" aria-label="{says}"'
            f"{' disabled' if off else ''}>{sign}</button>"
        )

    def _row(self, i: int, number: float, slider: str) -> str:
        name, text, label = f"{self.name}.{i}", self.shown(number), esc(self.label_of(i))
        whole = f"{esc(self.label)}: {label}"
        low, high = map(as_text, self.limits())
        return (
            f'<div class="share"><span aria-hidden="true">{label}</span>'
            f'<input type="range" data-range="{name}" {slider} value="{text}" '
            f'aria-label="{whole}, slider"><input class="box" type="number" data-box="{name}" '
            f'min="{low}" max="{high}" step="any" value="{text}" aria-label="{whole}"></div>'
        )


@dataclass(frozen=True, kw_only=True)
class Shares(Rows):
    """Probabilities: the one that moves is held and the others share the rest in proportion.

    They are rounded so that four decimals sum to one. What is typed and does not sum to one counts
    as weights, and the widget says so.
    """

    min_n: int = 2
    max_n: int = 8
    low: float = 0.0
    item: ClassVar[str] = "outcome"
    own: ClassVar[str] = "type your own (probabilities or counts)"

    def read(self, sent: Sent) -> tuple[float, ...]:
        """Return probabilities: those typed, after the slider that moved was held."""
        weights = super().read(sent)
        total = sum(weights)
        if total <= 0:
            raise self.refuse("hold a number above 0", "none")
        p = tuple(w / total for w in weights) if abs(total - 1) > 1e-9 else weights
        move = self.move(sent, len(p))
        if move is None:
            return p
        if move == "add":
            return rounded_shares(hold((*p, 0.0), len(p), round(1 / (len(p) + 1), 2)), keep=len(p))
        if move == "less":
            kept = p[:-1]
            total = sum(kept)
            equal = [1 / len(kept)] * len(kept)
            return rounded_shares([mass / total for mass in kept] if total else equal)
        return rounded_shares(hold(p, move, between(self, sent.value, 0.0, 1.0)), keep=move)

    def remark(self, sent: Sent) -> str:
        """Say so where what was typed did not sum to one."""
        if self.name not in sent.fields or sent.moved.startswith(f"{self.name}."):
            return ""
        total = sum(super().read(sent))
        if abs(total - 1) <= 1e-6:
            return ""
        return f"These sum to {total:.6g}; each was divided by that."

    def shown(self, number: float) -> str:
        """Return a probability to six decimals."""
        return as_text(round(number, 6))

    def limits(self) -> tuple[float, float]:
        """Return 0 and 1: only the line to type in takes weights."""
        return 0.0, 1.0

    def ends(self, value: Sequence[float]) -> tuple[float, float, float]:
        """Return 0 and 1: weights that are typed may be larger."""
        del value
        return 0.0, 1.0, 0.001
