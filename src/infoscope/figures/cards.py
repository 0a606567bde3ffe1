"""A result as a card in a notebook: what it says, its fields, its notes and its picture."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from infoscope.core.result import Estimate, Interval
from infoscope.figures.figure import Figure
from infoscope.figures.markup import Html, esc
from infoscope.figures.scales import format_number
from infoscope.figures.style import card_style, figure_style

__all__ = ["card", "result_card", "spelled", "written"]

#: Longer texts are cut, and longer lists are told by their size.
MOST_LETTERS = 400
MOST_ITEMS = 6
MOST_NOTES = 12


def card(
    title: str,
    *,
    headline: str = "",
    facts: Mapping[str, object] | None = None,
    body: str = "",
    figure: Figure | None = None,
    notes: Sequence[str] = (),
) -> Html:
    """Return a card that needs no stylesheet around it.

    Parameters
    ----------
    title : str
        What it is.
    headline : str
        What it says, in a line (or several, which keep their columns).
    facts : mapping of str to object, optional
        Names and values below; long values are told by their size.
    body : str
        Safe HTML to put below the facts.
    figure : Figure, optional
        Its picture.
    notes : sequence of str
        What a careful reader must know.

    Returns
    -------
    Html
        Style and card; every text is escaped.

    Examples
    --------
    >>> "&lt;b&gt;" in card("A <b>", headline="1 bit")
    True
    """
    parts = [f'<p class="isc-card-title">{esc(title)}</p>']
    if headline:
        plain = "\n" not in headline.strip()
        tag = "p" if plain else "pre"
        parts.append(f'<{tag} class="isc-card-head">{esc(headline.strip())}</{tag}>')
    if facts:
        rows = "".join(f"<dt>{esc(k)}</dt><dd>{esc(written(v))}</dd>" for k, v in facts.items())
        parts.append(f'<dl class="isc-facts">{rows}</dl>')
    if body:
        parts.append(body)
    if figure is not None:
        parts.append(figure.to_html(caption=figure.title != title or not headline))
    if notes:
        items = "".join(f"<li>{esc(note)}</li>" for note in notes[:MOST_NOTES])
        more = len(notes) - MOST_NOTES
        items += f"<li>and {more} more</li>" if more > 0 else ""
        parts.append(f'<ul class="isc-card-notes">{items}</ul>')
    style = figure_style() if figure is not None or body else card_style()
    return Html(f'<style>{style}</style><div class="isc isc-card">{"".join(parts)}</div>')


def result_card(result: Any) -> Html:
    """Return the card of any result: its own words or fields, its notes, its `figure()`.

    Parameters
    ----------
    result : object
        A dataclass, or any object with words of its own.

    Returns
    -------
    Html
        As `card` makes it.

    Examples
    --------
    >>> "0.5 ± 0.1 nats" in result_card(Estimate("entropy", 0.5, "nats", stderr=0.1)).replace(
    ...     "0.50", "0.5").replace("0.10", "0.1")
    True
    """
    if isinstance(result, Estimate):
        return _estimate(result)
    kind = type(result)
    names = [f.name for f in fields(result)] if is_dataclass(result) else []
    notes = getattr(result, "notes", ()) if "notes" in names else ()
    draw = getattr(result, "figure", None)
    figure = draw() if callable(draw) and _needs_nothing(draw) else None
    body = getattr(result, "_card_body_", lambda: "")()
    told = kind.__str__ is not object.__str__
    shown = {} if told or body else {
        name.replace("_", " "): getattr(result, name)
        for name in names
        if name != "notes" and not name.startswith("_")
    }  # fmt: skip
    return card(
        spelled(kind.__name__),
        headline=str(result) if told else "" if shown or body else repr(result),
        facts=shown,
        body=body,
        figure=figure if isinstance(figure, Figure) else None,
        notes=[str(note) for note in notes],
    )


def _estimate(estimate: Estimate) -> Html:
    below = str(estimate)[len(estimate.short()) :].strip().removeprefix("(").removesuffix(")")
    under = f'<p class="isc-card-soft">{esc(below)}</p>' if below else ""
    head = f'<p class="isc-card-value">{esc(estimate.short())}</p>{under}'
    made = card(estimate.quantity, notes=estimate.notes)
    first, rest = made.split("</p>", 1)
    return Html(f"{first}</p>{head}{rest}")


def spelled(name: str) -> str:
    """Return a class name as words.

    >>> spelled("RateDistortionCurve"), spelled("VInformation")
    ('Rate distortion curve', 'V information')
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).split()
    return " ".join([words[0], *(word if word.isupper() else word.lower() for word in words[1:])])


def written(value: object) -> str:
    """Return a value as one short line; large ones by their size."""
    if value is None:
        return "–"
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (int, np.integer)):
        return f"{int(value):,}"
    if isinstance(value, (float, np.floating)):
        return format_number(float(value))
    if isinstance(value, Interval):
        low, high = format_number(value.low), format_number(value.high)
        return f"{low} to {high} ({100 * value.level:g} %, {value.how})"
    if isinstance(value, Estimate):
        return str(value)
    shape = getattr(value, "shape", None)
    if shape is not None:
        return _array(value, tuple(shape))
    if isinstance(value, (bytes, bytearray)):
        return f"{len(value):,} bytes"
    if isinstance(value, Mapping):
        return _listed([f"{k}: {written(v)}" for k, v in list(value.items())[:7]], len(value))
    if isinstance(value, (list, tuple, set, frozenset)):
        return _listed([written(item) for item in list(value)[:7]], len(value))
    return _cut(str(value))


def _array(value: Any, shape: tuple[int, ...]) -> str:
    size = int(np.prod(shape))
    if len(shape) <= 1 and size <= MOST_ITEMS and hasattr(value, "tolist"):
        items = value.tolist() if shape else [value.tolist()]
        return ", ".join(written(item) for item in items) or "none"
    return f"array of {' × '.join(f'{n:,}' for n in shape)} numbers"


def _listed(items: list[str], n: int) -> str:
    if not n:
        return "none"
    text = ", ".join(items[:MOST_ITEMS]) + (f", … ({n:,} in all)" if n > MOST_ITEMS else "")
    return text if len(text) <= MOST_LETTERS else f"{n:,} entries: {_cut(text)}"


def _cut(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"


def _needs_nothing(draw: Any) -> bool:
    return all(
        p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        for p in inspect.signature(draw).parameters.values()
    )
