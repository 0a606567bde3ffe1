"""The reference card: every quantity with its formula, call, unit, conventions and range."""

from __future__ import annotations

import numpy as np

import infoscope as isc
from infoscope.explore.page import Page, Patch, Slot
from infoscope.explore.prose import formula
from infoscope.explore.quantities import QUANTITIES, Quantity
from infoscope.figures import Figure, Html, esc, line_chart, table

__all__ = ["PAGE", "picture", "rows", "view"]

GROUPS = tuple(dict.fromkeys(one.group for one in QUANTITIES))


def rows(group: str) -> list[Quantity]:
    """Return the quantities of a group, in the order of the list."""
    return [one for one in QUANTITIES if one.group == group]


def _slot(group: str) -> str:
    return group.lower().replace(" ", "-")


def _name(one: Quantity) -> Html:
    if not one.page:
        return Html(esc(one.name))
    return Html(f'<a href="/{one.page}">{esc(one.name)}</a>')


def _call(one: Quantity) -> Html:
    return Html(f"<code>{esc(one.call)}</code>")


def view() -> Patch:
    """Return a table for each group."""
    found: Patch = {}
    for group in GROUPS:
        part = rows(group)
        found[_slot(group)] = table({
            "quantity": [_name(one) for one in part],
            "formula": [formula(one.formula) for one in part],
            "call": [_call(one) for one in part],
            "gives": [Html(f"<b>{esc(one.value)}</b> {esc(one.unit)}") for one in part],
            "at zero": [one.zero for one in part],
            "range": [one.span for one in part],
        }, caption=f"{group}: formula, call, value")  # fmt: skip
    return found


def picture() -> Figure:
    """Return the curve of binary entropy for the home page."""
    p = np.linspace(0.0, 1.0, 61)
    h = np.asarray(isc.entropy(np.stack([p, 1 - p], axis=-1), unit="bits"))
    figure = line_chart(p, {"": h}, title="", x_label="", y_label="", filled=[""],
                        y_range=(0.0, 1.05), width=260, height=170)  # fmt: skip
    marks = [m for m in figure.marks if getattr(m, "role", "").startswith(("line", "band"))]
    return Figure("Binary entropy", "", {}, marks, 260, 130)


PAGE = Page(
    slug="reference",
    title="Reference card",
    group="Reference",
    order=10,
    about="Every quantity on one page: its formula, the call, its unit, and what happens at zero.",
    slots=tuple(Slot(_slot(group), group, "below") for group in GROUPS),
    view=view, picture=picture,
    notice="Functions give nats unless unit= says otherwise; one bit is 0.693147 nats, one nat "
    "1.442695 bits.",
    explain=r"""
**Reading the calls.** `import infoscope as isc`, `from infoscope import codes, estimate, known,
probe, train`; what is in `train` or `probe` wants `torch`. Distributions come as probabilities that
sum to one, or as `isc.Logits`; nothing is renormalised, clipped or padded with a small number on
the way.

**At zero.** $0\log 0 = 0$, exactly. Where $p > 0 = q$, cross-entropy and divergence are $\infty$,
exactly. What is certain has entropy $+0$, never $-0$.

**Direction.** A function of two distributions, $f(p, q)$, is $f(p\,\|\,q)$: the mean is taken under
the first.
""",
)  # fmt: skip
