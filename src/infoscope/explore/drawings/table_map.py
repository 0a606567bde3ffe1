"""What is drawn of a table: its map, the ranking of a target, the selection, the kinds of columns.

Everything is drawn from plain numbers (bits), so that a scan just made and a kept one look alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from infoscope.figures import Figure, Html, Tile, bar_chart, esc, heat_map, stat_tiles, table
from infoscope.figures.scales import format_fixed, format_percent

if TYPE_CHECKING:
    from infoscope.tables.information_map import InformationMap
    from infoscope.tables.selection_result import Selection

__all__ = [
    "choices", "fitting", "found_in_map", "found_in_selection", "kinds", "map_figure",
    "overview", "ranking", "selected",
]  # fmt: skip

MOST_BARS = 24
MOST_DRAWN = 60
MOST_KINDS = 300
SIGNIFICANT = 0.05


def found_in_map(found: InformationMap) -> dict[str, Any]:
    """Return what the page draws of a map, as plain values in bits."""
    mi = found.mutual_information.to("bits")
    order = mi.order()
    return {
        "n_rows": found.n_rows,
        "names": [mi.columns[i] for i in order],
        "matrix": mi.corrected[np.ix_(order, order)].tolist(),
        "target": found.target,
        "entropy": None if found.target is None
        else found.entropies[found.target].to("bits").value,
        "ranking": [] if found.target is None else [_ranked(each) for each in found.ranking()],
        "n_dependent": int(np.sum(np.triu(mi.q_value < SIGNIFICANT, k=1))),
        "kinds": [
            [c.name, c.kind, c.n_levels, c.n_missing, c.mapped, c.edges is not None, c.note]
            for c in found.columns
        ],
        "notes": list(found.notes),
    }  # fmt: skip


def found_in_selection(found: Selection) -> list[list[Any]]:
    """Return the chosen columns as rows of plain values, in bits."""
    scale = 1 / math.log(2)
    return [
        [pick.column, pick.score * scale, pick.relevance.to("bits").value,
         pick.redundancy * scale, pick.conditional_p_value]
        for pick in found.picks
    ]  # fmt: skip


def _ranked(each: Any) -> list[Any]:
    estimate = each.estimate.to("bits")
    ends = estimate.interval
    low, high = (math.nan, math.nan) if ends is None else (ends.low, ends.high)
    return [each.column, estimate.value, low, high, each.fraction, each.q_value]


def map_figure(
    names: Sequence[str], matrix: ArrayLike, *, width: float, n_done: int = -1
) -> Figure:
    """Draw the map; rows that are not measured yet are hatched."""
    values = np.array(matrix, dtype=np.float64)
    n = len(names)
    keep = np.arange(n)
    if n > MOST_DRAWN:
        off = np.where(np.eye(n, dtype=bool) | np.isnan(values), -np.inf, values)
        keep = np.sort(np.argsort(-off.max(axis=1), kind="stable")[:MOST_DRAWN])
    shown = [names[i] for i in keep.tolist()]
    cut = f" The {MOST_DRAWN} columns with the strongest pairs, of {n}." if n > MOST_DRAWN else ""
    state = "" if n_done < 0 else f" {n_done} of {n} rows are measured."
    return heat_map(
        values[np.ix_(keep, keep)], shown, shown, title="Information map", unit="bits",
        quantity="mutual information", scale="log", skip_diagonal=True, width=width,
        description="How many bits one column tells about another; those that share much stand "
        f"side by side.{cut}{state}",
    )  # fmt: skip


def fitting(figure: Figure, width: float) -> Figure | Html:
    """Return a figure that is wider than its place as one that scrolls in it."""
    return figure if figure.width <= width else Html(figure.to_html(data=False))


def overview(found: Mapping[str, Any]) -> Html:
    """Return the headline numbers."""
    n, c = len(found["names"]), len(found["kinds"])
    missing = sum(row[3] for row in found["kinds"])
    cells = found["n_rows"] * c
    tiles = [
        Tile("Size", f"{found['n_rows']:,}", "rows", f"{n:,} of {c:,} columns in the map"),
        Tile("Missing", format_percent(missing / cells) if cells else "–", "of the cells"),
        Tile("Dependent", f"{found['n_dependent']:,}", f"of {n * (n - 1) // 2:,} pairs",
             "at 5 % false discoveries"),
    ]  # fmt: skip
    if found["target"] is not None:
        tiles.insert(0, Tile(f"Entropy of {found['target']}", f"{found['entropy']:.3f}", "bits",
                             "what there is to know"))  # fmt: skip
    return stat_tiles(tiles)


def ranking(found: Mapping[str, Any], *, width: float) -> Figure | str:
    """Draw how much each column tells about the target, with intervals."""
    rows = [row for row in found["ranking"] if math.isfinite(row[1])][:MOST_BARS]
    if not rows:
        return ""
    target = found["target"]
    wide = width > 500
    most = f" The first {MOST_BARS}." if len(found["ranking"]) > MOST_BARS else ""
    return bar_chart(
        [row[0] for row in rows], [row[1] for row in rows],
        low=[row[2] for row in rows], high=[row[3] for row in rows],
        texts=[f"{format_fixed(row[1], 3)} bits, {format_percent(row[4])}" if wide
               else format_fixed(row[1], 2)
               for row in rows],
        muted=[not row[5] < SIGNIFICANT for row in rows], label_name="column",
        title=f"What tells about {target}", x_label=f"mutual information with {target}, bits",
        width=width,
        description="Each column alone, with its 95 % interval; grey cannot be told from zero. "
        f"Largest: {rows[0][0]}, {format_fixed(rows[0][1], 3)} bits.{most}",
    )  # fmt: skip


def selected(rows: Sequence[Sequence[Any]], target: str, method: str) -> Html:
    """Return the chosen columns in the order in which they were chosen."""
    if not rows:
        return Html(f"<p>No column tells anything about {esc(target)}.</p>")
    return table(
        {
            "column": [f"{i}. {row[0]}" for i, row in enumerate(rows, 1)],
            "score, bits": [row[1] for row in rows],
            "alone, bits": [row[2] for row in rows],
            "already told": [row[3] for row in rows],
            "p, given those before": [_p(row[4]) for row in rows],
        },
        formats={name: lambda v: f"{v:.3f}".replace("-", "−")
                 for name in ("score, bits", "alone, bits", "already told")},
        caption=f"Columns that tell most about {target} together ({method})",
    )  # fmt: skip


def kinds(found: Mapping[str, Any]) -> Html:
    """Return what kind of column each was taken for."""
    rows = found["kinds"][:MOST_KINDS]
    return table(
        {
            "column": [row[0] for row in rows],
            "kind": [row[1] for row in rows],
            "levels": [f"{row[2]:,} bins" if row[5] else f"{row[2]:,}" for row in rows],
            "missing": [f"{row[3]:,}" for row in rows],
            "remark": [row[6] or ("" if row[4] else "not in the map") for row in rows],
        },
        dim=[not row[4] for row in rows],
        caption="What each column was taken for; grey ones stay out of the map",
    )


def choices(names: Sequence[str], target: str | None) -> Html:
    """Return a button for each column, to choose it as the target."""
    buttons = "".join(
        f'<button type="button" data-pick="{esc(name)}" '
        f'aria-pressed="{str(name == target).lower()}">{esc(name)}</button>'
        for name in names[:MOST_DRAWN]
    )
    return Html(f'<div class="picks" role="group" aria-label="Choose the target">{buttons}</div>')


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.0005 else f"{value:.0e}" if value > 0 else "< 1e-300"
