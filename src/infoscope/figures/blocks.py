"""Building blocks of a page: tables with aligned numbers, and tiles that carry headline numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.core.result import Estimate
from infoscope.figures.markup import Html, esc
from infoscope.figures.scales import format_number

__all__ = ["Tile", "facts", "stat_tiles", "table"]

SHORT = 28


@dataclass(frozen=True, slots=True)
class Tile:
    """A headline number: label, value and unit; under it the error bar and the rule behind it."""

    label: str
    value: str
    unit: str = ""
    error: str = ""
    rule: str = ""

    @classmethod
    def of(cls, estimate: Estimate, *, label: str = "", rule: str = "", counted: str = "") -> Tile:
        """Make a tile of an `Estimate`: value, unit, standard error, interval and n `counted`.

        >>> Tile.of(Estimate("rate", 1.25, "bits/byte", stderr=0.02, n=400)).error
        '± 0.020 (standard error), n = 400'
        """
        value, _, _ = estimate.short().partition(" ± ")
        bare = value.removesuffix(estimate.unit).strip()
        digits = len(bare.partition(".")[2])
        parts: list[str] = []
        if estimate.stderr is not None and math.isfinite(estimate.stderr):
            parts.append(f"± {estimate.stderr:,.{digits}f} (standard error)")
        ends = estimate.interval
        if ends is not None and math.isfinite(ends.high - ends.low):
            level = f"{100 * ends.level:g} %"
            parts.append(f"{level} interval {ends.low:,.{digits}f} to {ends.high:,.{digits}f}")
        if estimate.n:
            parts.append(f"n = {estimate.n:,} {counted}".rstrip())
        finite = math.isfinite(estimate.value)
        shown = f"{estimate.value:,.{digits}f}" if finite else format_number(estimate.value)
        return cls(label or estimate.quantity, shown, estimate.unit, ", ".join(parts), rule)


def stat_tiles(tiles: Sequence[Tile]) -> Html:
    """Return headline numbers as a grid of cards (a description list to a screen reader).

    Parameters
    ----------
    tiles : sequence of Tile
        In reading order; three to six look best.

    Returns
    -------
    Html
        A ``<div>`` of ``<dl>`` cards.

    Examples
    --------
    >>> "<dt>rate</dt>" in stat_tiles([Tile("rate", "1.17", "bits/byte")])
    True
    """
    cards: list[str] = []
    for tile in tiles:
        unit = f" <small>{esc(tile.unit)}</small>" if tile.unit else ""
        lines = [f'<dt>{esc(tile.label)}</dt><dd class="isc-value">{esc(tile.value)}{unit}</dd>']
        if tile.error:
            whole = esc(tile.error).replace(" %", "&nbsp;%").replace(" = ", "&nbsp;=&nbsp;")
            lines.append(f'<dd class="isc-error">{whole}</dd>')
        if tile.rule:
            lines.append(f'<dd class="isc-rule">{esc(tile.rule)}</dd>')
        cards.append(f'<dl class="isc-tile">{"".join(lines)}</dl>')
    return Html(f'<div class="isc-tiles">{"".join(cards)}</div>')


def facts(pairs: Mapping[str, object]) -> Html:
    """Return names and values as a two-column list, for settings and rules.

    >>> facts({"context": 1024})
    '<dl class="isc-facts"><dt>context</dt><dd>1024</dd></dl>'
    """
    rows = "".join(f"<dt>{esc(k)}</dt><dd>{esc(_plain(v))}</dd>" for k, v in pairs.items())
    return Html(f'<dl class="isc-facts">{rows}</dl>')


def table(
    columns: Mapping[str, Sequence[object]],
    *,
    caption: str = "",
    formats: Mapping[str, Callable[[float], str]] | None = None,
    dim: Sequence[bool] | None = None,
) -> Html:
    r"""Return a table: numbers right-aligned under their heading, the first column heads each row.

    Parameters
    ----------
    columns : mapping of str to sequence
        Heading (with its unit) -> cells, all of one length. Cells are text, numbers, None (an
        en dash), or `Html` for markup that is safe already; everything else is escaped.
    caption : str
        What the table shows; also its name for a screen reader.
    formats : mapping of str to callable, optional
        How to write the numbers of a column; `format_number` otherwise.
    dim : sequence of bool, optional
        Rows to print in grey.

    Returns
    -------
    Html
        A ``<table>`` that scrolls sideways inside its own box when the screen is narrow.

    Raises
    ------
    InvalidArgument
        If the columns differ in length.

    Examples
    --------
    >>> '<td class="isc-number">0.500</td>' in table({"name": ["a"], "bits": [0.5]})
    True
    """
    formats = formats or {}
    lengths = {name: len(cells) for name, cells in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidArgument(
            sentence("table", "columns", "have one length", lengths, "Fill gaps with None.")
        )
    for name in formats:
        if name not in columns:
            raise UnknownName(
                sentence("table", "formats", f"name columns among {list(columns)}", repr(name))
            )
    kinds = {name: _kind(cells) for name, cells in columns.items()}
    heads = "".join(f'<th scope="col"{kinds[name]}>{esc(name)}</th>' for name in columns)
    n_rows = next(iter(lengths.values()), 0)
    rows: list[str] = []
    for i in range(n_rows):
        cells = []
        for j, (name, values) in enumerate(columns.items()):
            tag, scope = ("th", ' scope="row"') if j == 0 else ("td", "")
            text = esc(_plain(values[i], formats.get(name, format_number)))
            cells.append(f"<{tag}{scope}{kinds[name]}>{text}</{tag}>")
        grey = ' class="isc-dim"' if dim is not None and dim[i] else ""
        rows.append(f"<tr{grey}>{''.join(cells)}</tr>")
    head = f"<caption>{esc(caption)}</caption>" if caption else ""
    label = esc(caption) if caption else "Table"
    return Html(
        f'<div class="isc-scroll" tabindex="0" role="group" aria-label="{label}">'
        f'<table class="isc-table">{head}<thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _kind(cells: Sequence[object]) -> str:
    """Numbers stand under each other; short words are not broken into lines on a phone."""
    present = [cell for cell in cells if cell is not None]
    if present and all(_is_number(cell) for cell in present):
        return ' class="isc-number"'
    plain = all(len(str(cell)) <= SHORT and not isinstance(cell, Html) for cell in present)
    return ' class="isc-short"' if plain else ""


def _is_number(cell: object) -> bool:
    return isinstance(cell, (int, float, np.number)) and not isinstance(cell, bool)


def _plain(cell: object, form: Callable[[float], str] = format_number) -> object:
    if cell is None:
        return "–"
    if isinstance(cell, (int, np.integer)) and not isinstance(cell, bool) and form is format_number:
        return str(int(cell))
    return form(float(cell)) if _is_number(cell) else cell  # type: ignore[arg-type]
