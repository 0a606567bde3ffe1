"""Numbers that a reader types or drags: probabilities that keep summing to one, lists, tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from infoscope.explore.controls import Control, Sent, as_text
from infoscope.figures import Html, esc

__all__ = ["Matrix", "Numbers", "Shares", "hold", "rounded_shares"]

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
        text = self.write(value)[self.name]
        return (
            f'<label for="{self.key}">{esc(self.label)}</label><input type="text" id="{self.key}" '
            f'name="{self.name}" value="{esc(text)}" autocomplete="off" spellcheck="false" '
            f'inputmode="text" {self.described}>'
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
        return (
            f'<label for="{self.key}">{esc(self.label)}</label><textarea id="{self.key}" '
            f'name="{self.name}" rows="{len(value)}" spellcheck="false" class="numbers" '
            f"{self.described}>\n{esc(text)}</textarea>"
        )


@dataclass(frozen=True, kw_only=True)
class Shares(Numbers):
    """Probabilities: a slider and a box each, and a line to type one's own numbers or counts.

    Slider i is called "<name>.<i>", for figures whose bars are dragged. The one that moves is held
    and the others share the rest in proportion, rounded so that four decimals sum to one. What is
    typed and does not sum to one counts as weights, and the widget says so.
    """

    labels: Sequence[str] = ()
    min_n: int = 2
    max_n: int = 8
    low: float = 0.0
    #: whether outcomes can be added and removed
    resizable: bool = True

    def label_of(self, i: int) -> str:
        """Return the name of outcome i: as declared, else a letter."""
        return self.labels[i] if i < len(self.labels) else chr(ord("A") + i)

    def read(self, sent: Sent) -> tuple[float, ...]:
        """Return probabilities: those typed, after the slider that moved was held."""
        weights = super().read(sent)
        total = sum(weights)
        if total <= 0:
            raise self.refuse("hold a number above 0", "none")
        p = tuple(w / total for w in weights) if abs(total - 1) > 1e-9 else weights
        owner, dot, which = sent.moved.rpartition(".")
        if not dot or owner != self.name:
            return p
        if which in ("add", "less"):
            return self._resized(p, which)
        i = int(which) if which.isdecimal() else len(p)
        if i >= len(p):
            return p
        value = self.number(sent.value)
        if not 0 <= value <= 1:
            raise self.refuse("lie in [0, 1]", sent.value[:40])
        return rounded_shares(hold(p, i, value), keep=i)

    def _resized(self, p: tuple[float, ...], which: str) -> tuple[float, ...]:
        if which == "add" and len(p) < self.max_n:
            return rounded_shares(hold((*p, 0.0), len(p), round(1 / (len(p) + 1), 2)), keep=len(p))
        if which == "less" and len(p) > self.min_n:
            kept = p[:-1]
            if sum(kept) == 0:
                return rounded_shares([1 / len(kept)] * len(kept))
            return rounded_shares([mass / sum(kept) for mass in kept])
        return p

    def remark(self, sent: Sent) -> str:
        """Say so where what was typed did not sum to one."""
        if self.name not in sent.fields or sent.moved.startswith(f"{self.name}."):
            return ""
        total = sum(super().read(sent))
        if abs(total - 1) <= 1e-6:
            return ""
        return f"These sum to {total:.6g}; each was divided by that."

    def write(self, value: Sequence[float]) -> dict[str, str]:
        """Return the line of text, then each slider."""
        fields = super().write(value)
        return fields | {f"{self.name}.{i}": as_text(round(p, 6)) for i, p in enumerate(value)}

    def inputs(self, value: Sequence[float]) -> int:
        """Return the number of outcomes."""
        return len(value)

    def body(self, value: Sequence[float]) -> str:
        """Return a row for each outcome and the line to type in."""
        rows = "".join(self._row(i, p) for i, p in enumerate(value))
        size = (
            f'<span class="size"><button type="button" data-move="{self.name}.less" '
            f'aria-label="{esc(self.label)}: one outcome less"'
            f'{" disabled" if len(value) <= self.min_n else ""}>−</button>'
            f'<button type="button" data-move="{self.name}.add" '
            f'aria-label="{esc(self.label)}: one outcome more"'
            f'{" disabled" if len(value) >= self.max_n else ""}>+</button></span>'
            if self.resizable else ""
        )  # fmt: skip
        text = Numbers.write(self, value)[self.name]
        return (
            f'<fieldset class="rows"><legend>{esc(self.label)}</legend>{size}{rows}</fieldset>'
            f'<label class="own" for="{self.key}">type your own (probabilities or counts)</label>'
            f'<input type="text" id="{self.key}" name="{self.name}" value="{esc(text)}" '
            f'autocomplete="off" spellcheck="false" {self.described}>'
        )

    def _row(self, i: int, p: float) -> str:
        name, text = f"{self.name}.{i}", as_text(round(p, 6))
        label = esc(self.label_of(i))
        whole = esc(f"{self.label}: {self.label_of(i)}")
        return Html(
            f'<div class="share"><span aria-hidden="true">{label}</span>'
            f'<input type="range" data-range="{name}" min="0" max="1" step="0.001" value="{text}" '
            f'aria-label="{whole}, slider"><input class="box" type="number" data-box="{name}" '
            f'min="0" max="1" step="any" value="{text}" aria-label="{whole}"></div>'
        )
