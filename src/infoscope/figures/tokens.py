"""A text as a heat map: every token on a ground whose colour says how many bits it cost."""

from __future__ import annotations

import codecs
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.figures.markup import Html, esc
from infoscope.figures.palette import N_LEVELS, RAMPS
from infoscope.figures.scales import Bands, format_number, format_percent, linear_bands

__all__ = ["heat_legend", "show_token", "text_heat_map", "token_spans"]


def text_heat_map(
    tokens: Sequence[bytes],
    values: Sequence[float],
    *,
    unit: str,
    quantity: str = "surprisal",
    entropies: Sequence[float] | None = None,
    ranks: Sequence[int] | None = None,
    expected: Sequence[Sequence[tuple[str, float]]] | None = None,
    edges: Sequence[float] | None = None,
    ramp: str = "surprise",
    label: str = "Text, coloured token by token",
) -> Html:
    r"""Return a text whose tokens are coloured by an amount, with a legend and a pop-up for each.

    Parameters
    ----------
    tokens : sequence of bytes, length n
        The text, cut into tokens. Tokens that end inside a character, and empty ones, are joined
        with the next until the character is whole; their values are added. Bytes that are no
        UTF-8 at all are written as ``\xff``.
    values : sequence of float, length n
        The amount of each token in `unit`; infinity is the top colour, NaN (not scored) none.
    unit : str
        Unit of values and entropies ("bits").
    quantity : str
        What the amount is.
    entropies : sequence of float, optional
        Predictive entropy before each token, in the same unit.
    ranks : sequence of int, optional
        Place of the token among the model's choices, 1 = first.
    expected : sequence of sequence of (text, probability), optional
        What the model would rather have seen; a few for each token (three are shown).
    edges : sequence of 8 floats, optional
        Ascending boundaries of the colour steps, to compare texts on one scale; by default equal
        round steps that reach past 99 % of the values.
    ramp : str
        Name of a palette.
    label : str
        Name of the text region for a screen reader.

    Returns
    -------
    Html
        A fragment that needs `stylesheet()` and no script. About 150 bytes per token.

    Raises
    ------
    InvalidArgument
        If lengths differ, `tokens` are not bytes, or `edges` do not ascend.
    UnknownName
        If `ramp` is none.

    Examples
    --------
    >>> html = text_heat_map([b"<b>", b"\xe2\x82", b"\xac"], [1.0, 3.0, 2.0], unit="bits")
    >>> "&lt;b&gt;</span>" in html, "€</span>" in html, html.count("data-tip")
    (True, True, 2)
    """
    if ramp not in RAMPS:
        raise UnknownName(sentence("text_heat_map", "ramp", f"be one of {list(RAMPS)}", repr(ramp)))
    columns: dict[str, Sequence[Any]] = {"values": values}
    optional = {"entropies": entropies, "ranks": ranks, "expected": expected}
    columns |= {name: column for name, column in optional.items() if column is not None}
    bands = _bands(np.asarray(values, dtype=np.float64), edges)
    spans, _ = token_spans(tokens, columns, bands, ramp=ramp, quantity=quantity, unit=unit)
    return Html(
        f'<div class="isc isc-text">{heat_legend(bands, ramp, quantity, unit)}'
        f'<div class="isc-words" role="group" aria-label="{esc(label)}">{spans}</div></div>'
    )


def token_spans(
    tokens: Sequence[bytes],
    columns: dict[str, Sequence[Any]],
    bands: Bands,
    *,
    ramp: str,
    quantity: str,
    unit: str,
    final: bool = True,
) -> tuple[Html, int]:
    """Return the coloured spans of tokens, and how many tokens they hold.

    `columns` are "values" and, optionally, "entropies", "ranks" and "expected", one entry a token.
    Unless `final`, tokens at the end that only begin a character are left for the next call.
    """
    for name, column in columns.items():
        if len(column) != len(tokens):
            raise InvalidArgument(
                sentence("text_heat_map", name, f"hold one entry for each of {len(tokens)} tokens",
                         len(column))
            )  # fmt: skip
    parts: list[str] = []
    values, n_used = columns["values"], 0
    for text, first, last in _characters(tokens, final):
        n_used = last
        amount = float(sum(values[first:last]))
        level = bands.level(amount)
        tips = [
            _tip(tokens[i], i, columns, quantity=quantity, unit=unit) for i in range(first, last)
        ]
        if last - first > 1:
            whole = f"{last - first} tokens, {format_number(amount)} {unit} together"
            tips.insert(0, f"{_visible(text)}  {whole}")
        name = f' class="{ramp[0]}{level}"' if level >= 0 else ""
        tip = esc("\n".join(tips))
        parts.append(f'<span{name} data-tip="{tip}">{_display(text)}</span>')
    return Html("".join(parts)), n_used


def show_token(token: bytes | str) -> Html:
    """Return one token as it is written in tables: spaces and line breaks made visible, escaped.

    >>> show_token(b" the")
    '<code class="isc-token">·the</code>'
    """
    text = token if isinstance(token, str) else token.decode("utf-8", "backslashreplace")
    return Html(f'<code class="isc-token">{esc(_visible(text))}</code>')


def _characters(tokens: Sequence[bytes], final: bool) -> list[tuple[str, int, int]]:
    """Cut the tokens into the shortest groups whose bytes are whole characters."""
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    groups: list[tuple[str, int, int]] = []
    text, first = "", 0
    for i, token in enumerate(tokens):
        if not isinstance(token, (bytes, bytearray)):
            raise InvalidArgument(
                sentence("text_heat_map", "tokens", "be bytes", f"{token!r} at {i}",
                         "Encode text first: token.encode().")
            )  # fmt: skip
        text += decoder.decode(bytes(token), final=final and i == len(tokens) - 1)
        if text and not decoder.getstate()[0]:
            groups.append((text, first, i + 1))
            text, first = "", i + 1
    if final and first < len(tokens):  # tokens without a byte at the end belong to what they follow
        text, first, _ = groups.pop() if groups else ("", 0, 0)
        groups.append((text, first, len(tokens)))
    return groups


def _bands(values: np.ndarray, edges: Sequence[float] | None) -> Bands:
    if edges is None:
        finite = values[np.isfinite(values)]
        return linear_bands(float(np.quantile(finite, 0.99)) if finite.size else 1.0)
    if len(edges) != N_LEVELS - 1 or any(b <= a for a, b in pairwise(edges)):
        raise InvalidArgument(
            sentence("text_heat_map", "edges", f"be {N_LEVELS - 1} ascending numbers", list(edges))
        )
    return Bands(edges)


def _tip(
    token: bytes, i: int, columns: dict[str, Sequence[Any]], *, quantity: str, unit: str
) -> str:
    text = _visible(bytes(token).decode("utf-8", "backslashreplace"))
    value = float(columns["values"][i])
    if math.isnan(value):
        return f"{text}  not scored"
    lines = [f"{text}  {_amount(value)} {unit} of {quantity}"]
    second: list[str] = []
    if "ranks" in columns:
        second.append(f"choice no. {int(columns['ranks'][i]):,}")
    if "entropies" in columns:
        second.append(f"entropy before it {_amount(float(columns['entropies'][i]))} {unit}")
    if second:
        lines.append(", ".join(second))
    if "expected" in columns:
        choices = [
            f"{_visible(str(choice))} {format_percent(float(share))}"
            for choice, share in list(columns["expected"][i])[:3]
        ]
        if choices:
            lines.append("expected " + "  ".join(choices))
    return "\n".join(lines)


def _amount(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else format_number(value)


def _visible(text: str) -> str:
    """Spell white space, for places where a token stands alone."""
    return (
        text.replace(" ", "·").replace("\r\n", "↵").replace("\n", "↵").replace("\r", "␍")
        .replace("\t", "⇥")
    ) or "(empty)"  # fmt: skip


def _display(text: str) -> str:
    """White space as it is, with a faint sign where it would otherwise be invisible."""
    return (
        esc(text.replace("\r\n", "\n")).replace("\n", '<i aria-hidden="true">↵</i>\n')
        .replace("\r", '<i aria-hidden="true">␍</i>').replace("\t", '<i aria-hidden="true">⇥</i>\t')
    )  # fmt: skip


def heat_legend(bands: Bands, ramp: str, quantity: str, unit: str) -> Html:
    """Return the row of colours that says what amounts they stand for."""
    labels = bands.labels
    spans = [f"&lt;&#8239;{labels[0]}", *[f"{label}+" for label in labels]]
    items = "".join(
        f'<li style="background:var(--isc-{ramp}-{k});color:var(--isc-on-{ramp}-{k})">{text}</li>'
        for k, text in enumerate(spans)
    )
    return Html(
        f'<div class="isc-legend"><span>{esc(quantity)}, {esc(unit)}</span><ol>{items}</ol></div>'
    )
