"""The report on a scanned table: its columns, their information about a target, and the map."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from infoscope.figures import (
    Html,
    Section,
    Tile,
    bar_chart,
    esc,
    facts,
    heat_map,
    page,
    stat_tiles,
    table,
)
from infoscope.figures.scales import format_percent
from infoscope.tables.matrix import UNRELIABLE
from infoscope.tables.report_numbers import ends, level_name, p_text, span, three, whole

if TYPE_CHECKING:
    from infoscope.tables.information_map import InformationMap, Ranked

__all__ = ["table_card", "table_report", "table_sections"]

#: Larger tables and pictures help nobody; what is left out is said on the page.
MAX_BARS, MAX_ROWS, MAX_MAP, MAX_OPEN = 40, 200, 300, 60
#: A pair with a larger q-value is printed in grey.
SIGNIFICANT = 0.05


def table_report(info_map: InformationMap) -> str:
    """Return the report on one scanned table as a self-contained HTML page.

    Parameters
    ----------
    info_map : InformationMap
        What `infoscope.tables.scan` returned.

    Returns
    -------
    str
        A whole document without script and without anything from the network.
    """
    mapped = len(info_map.mutual_information.columns)
    subtitle = (
        f"{info_map.n_rows:,} rows; {mapped:,} of {len(info_map.columns):,} columns in the map. "
        "How much does one column tell about another?"
    )
    return page(f"{info_map.source}, in bits", table_sections(info_map),
                subtitle=subtitle, footer=_FOOTER)  # fmt: skip


def table_sections(info_map: InformationMap, *, name: str = "") -> list[Section]:
    """Return the parts of the report, to be put on a page with others.

    Parameters
    ----------
    info_map : InformationMap
        What `infoscope.tables.scan` returned.
    name : str
        Put before each heading, where several tables share a page.

    Returns
    -------
    list of Section
        The ranking (with a target), the map, the strongest pairs, the columns, and notes.
    """
    before = f"{name}: " if name else ""
    target = info_map.target
    sections = [
        Section(f"{before}The table {info_map.source}", _overview(info_map)),
        Section(f"{before}Too good to be true", _leakage(info_map),
                f"These columns nearly decide {target} by themselves. That is fine if they are "
                "known before it is, and a leak if they were made from it."),
        Section(f"{before}What tells about {target}", _ranking(info_map),
                f"Mutual information with {target}: how many bits of its entropy each column "
                "takes away, alone. Whiskers are intervals; grey cannot be told from zero."),
        Section(f"{before}What gaps tell about {target}", _gaps(info_map),
                "Whether a column is empty can itself tell something: here each column counts only "
                "as there or not there."),
        Section(f"{before}The information map", _map(info_map),
                "Every pair of columns, those that share much side by side. The scale is "
                "logarithmic: each step of colour is about twice as many bits."),
        Section(f"{before}The strongest pairs", _pairs(info_map)),
        Section(f"{before}The columns", _columns(info_map)),
        Section(f"{before}How to read mutual information", _lesson(info_map)),
    ]  # fmt: skip
    return [section for section in sections if section.html]


_FOOTER = "Made by infoscope. One bit of information halves the possibilities."


def table_card(info_map: InformationMap) -> Html:
    """Return the body of a notebook's card: the size, the ranking if there is a target, the map."""
    return Html(_overview(info_map) + _ranking(info_map) + _map(info_map))


def _overview(info_map: InformationMap) -> Html:
    mi = info_map.mutual_information
    c = len(mi.columns)
    cells = info_map.n_rows * len(info_map.columns)
    missing = sum(column.n_missing for column in info_map.columns)
    pairs = c * (c - 1) // 2
    found = int(np.sum(np.triu(mi.q_value < SIGNIFICANT, k=1)))
    tiles = [
        Tile("Size", f"{info_map.n_rows:,}", "rows",
             f"{c:,} of {len(info_map.columns):,} columns in the map",
             "identifiers, free text and empty columns are left out"),
        Tile("Missing cells", format_percent(missing / cells) if cells else "–",
             error=f"{missing:,} of {cells:,}",
             rule="each pair is measured on the rows where both are present"),
        Tile("Dependent pairs", f"{found:,}", f"of {pairs:,}",
             rule=f"false discovery rate {SIGNIFICANT:g} (Benjamini & Hochberg)"),
    ]  # fmt: skip
    if info_map.target is not None:
        goal = info_map.entropies[info_map.target].to("bits")
        tiles.insert(0, Tile.of(goal, label=f"Entropy of {info_map.target}", counted="rows",
                                rule="what there is to know about the target"))  # fmt: skip
    return stat_tiles(tiles)


def _ranking(info_map: InformationMap) -> Html:
    if info_map.target is None:
        return Html("")
    ranked = info_map.ranking()
    known = [r for r in ranked if math.isfinite(float(r.estimate))]
    if not known:
        return Html("<p>There is no other column with which to compare it.</p>")
    shown = known[:MAX_BARS]
    label = f"mutual information with {info_map.target}, bits"
    both = [ends(r.estimate) for r in shown]
    chart = bar_chart(
        [r.column for r in shown], [_bits(r) for r in shown],
        low=[low for low, _ in both], high=[high for _, high in both],
        texts=[f"{three(_bits(r))} bits, {format_percent(r.fraction)}" for r in shown],
        muted=[not r.q_value < SIGNIFICANT for r in shown],
        title=f"Information about {info_map.target}", x_label=label, label_name="column",
        description=_top_three(shown, info_map.target),
    )  # fmt: skip
    more = ""
    if len(known) > len(shown):
        more = f"<p>The chart shows the first {len(shown)} of {len(known):,} columns.</p>"
    rows = ranked[:MAX_ROWS]
    cells = {
        "column": [r.column for r in rows],
        "bits": [_bits(r) for r in rows],
        "standard error": [_stderr(r) for r in rows],
        level_name(info_map.mutual_information.level): [span(*ends(r.estimate)) for r in rows],
        f"of H({info_map.target})": [r.fraction for r in rows],
        "p": [r.p_value for r in rows],
        "q": [r.q_value for r in rows],
        "rows": [r.estimate.n for r in rows],
        "note": [_doubt(r) for r in rows],
    }
    if not any(cells["note"]):
        del cells["note"]
    share = f"of H({info_map.target})"
    details = table(
        cells, dim=[not r.q_value < SIGNIFICANT for r in rows],
        caption="Corrected mutual information (plug-in minus its mean under independence); "
                "p of independence, q after correction for the number of pairs",
        formats={"bits": three, "standard error": three, share: format_percent, "p": p_text,
                 "q": p_text, "rows": whole},
    )  # fmt: skip
    return Html(f"{chart.to_html(caption=False, data=False)}{more}{_folded(details, len(rows))}")


def _doubt(ranked: Ranked) -> str:
    """Say in few words what to be careful about."""
    if ranked.estimate.diagnostics["expected"] > UNRELIABLE:
        return "unreliable"
    return "; ".join(ranked.estimate.notes)


def _leakage(info_map: InformationMap) -> Html:
    if info_map.target is None:
        return Html("")
    found = info_map.leakage()
    if not found:
        return Html("")
    return table(
        {
            "column": [r.column for r in found],
            "bits": [_bits(r) for r in found],
            f"of H({info_map.target})": [r.fraction for r in found],
            "rows": [r.estimate.n for r in found],
        },
        formats={"bits": three, f"of H({info_map.target})": format_percent, "rows": whole},
    )  # fmt: skip


def _gaps(info_map: InformationMap) -> Html:
    """List columns whose gaps tell about the target; nothing if none does."""
    if info_map.target is None or info_map.codes is None:
        return Html("")
    told = [r for r in info_map.missingness() if r.q_value < SIGNIFICANT][:MAX_ROWS]
    if not told:
        return Html("")
    missing = {column.name: column.n_missing for column in info_map.columns}
    share = f"of H({info_map.target})"
    return table(
        {
            "column": [r.column for r in told],
            "missing": [missing[r.column] / info_map.n_rows for r in told],
            "bits": [_bits(r) for r in told],
            level_name(info_map.mutual_information.level): [
                span(*ends(r.estimate)) for r in told
            ],
            share: [r.fraction for r in told],
            "q": [r.q_value for r in told],
        },
        caption="Corrected mutual information of being empty with the target; q is over the "
                "columns with gaps",
        formats={"missing": format_percent, "bits": three, share: format_percent, "q": p_text},
    )  # fmt: skip


def _map(info_map: InformationMap) -> Html:
    mi = info_map.mutual_information.to("bits")
    c = len(mi.columns)
    if c < 2:
        return Html("")
    keep = np.array(mi.order())
    cut = ""
    if c > MAX_MAP:
        off = np.where(np.eye(c, dtype=bool) | np.isnan(mi.corrected), -np.inf, mi.corrected)
        strongest = set(np.argsort(-off.max(axis=1), kind="stable")[:MAX_MAP].tolist())
        keep = np.array([i for i in keep.tolist() if i in strongest])
        cut = (
            f"<p>Shown are the {MAX_MAP} columns with the strongest pairs, out of {c:,}; all are "
            "in the JSON output.</p>"
        )
    names = [mi.columns[i] for i in keep]
    values = mi.corrected
    if len(keep) > MAX_OPEN:  # cells too small for numbers: what may be chance would only be noise
        values = np.where(mi.q_value < SIGNIFICANT, values, np.minimum(values, 0.0))
        cut += (
            "<p>Pairs that cannot be told from independent ones are drawn in the lightest "
            "colour.</p>"
        )
    figure = heat_map(
        values[np.ix_(keep, keep)], names, names, title="Information map", unit="bits",
        quantity="mutual information", scale="log", skip_diagonal=True,
    )  # fmt: skip
    return Html(cut + figure.to_html(caption=False))


def _pairs(info_map: InformationMap) -> Html:
    """List the pairs that share most: where two columns say nearly the same thing."""
    mi = info_map.mutual_information.to("bits")
    normalized = mi.normalized
    above = np.argwhere(np.triu(np.isfinite(mi.corrected), k=1) & (mi.q_value < SIGNIFICANT))
    if not len(above):
        return Html("")
    order = sorted(above.tolist(), key=lambda p: (-normalized[p[0], p[1]], p))[:15]
    same = sum(1 for _ in info_map.redundant(0.9))
    rows = [mi.pair(mi.columns[i], mi.columns[j]) for i, j in order]
    if same:
        lead = (
            f"In {same:,} of the pairs the two share at least 90 % of what the smaller one holds: "
            "one of them is nearly redundant."
        )
    else:
        lead = "No pair shares 90 % or more of what the smaller column holds: none is redundant."
    cells = {
        "pair": [f"{mi.columns[i]} – {mi.columns[j]}" for i, j in order],
        "shared": [float(normalized[i, j]) for i, j in order],
        "bits": [float(e) for e in rows],
        level_name(mi.level): [span(*ends(e)) for e in rows],
        "rows": [e.n for e in rows],
        "note": ["unreliable" if mi.unreliable[i, j] else "" for i, j in order],
    }  # fmt: skip
    if not any(cells["note"]):
        del cells["note"]
    listing = table(
        cells, formats={"shared": format_percent, "bits": three, "rows": whole},
        caption="Pairs by normalised mutual information: 100 % means that the column with the "
                "smaller entropy is a function of the other",
    )  # fmt: skip
    return Html(f'<p class="isc-lead">{lead}</p>{listing}')


def _columns(info_map: InformationMap) -> Html:
    columns = info_map.columns[:MAX_ROWS]
    entropies = [
        info_map.entropies[c.name].to("bits") if c.name in info_map.entropies else None
        for c in columns
    ]
    cells = {
        "column": [c.name for c in columns],
        "kind": [c.kind for c in columns],
        "levels": [c.n_levels for c in columns],
        "missing": [c.n_missing / info_map.n_rows for c in columns],
        "entropy, bits": [None if e is None else float(e) for e in entropies],
        "standard error": [None if e is None else e.stderr for e in entropies],
        "note": [
            "; ".join(filter(None, (f"in {c.n_levels} bins" if c.edges else "", c.note)))
            for c in columns
        ],
    }  # fmt: skip
    more = ""
    if len(columns) < len(info_map.columns):
        more = f"<p>The first {MAX_ROWS} of {len(info_map.columns):,} columns are listed.</p>"
    listing = table(
        cells, dim=[not c.mapped for c in columns],
        caption="All columns as they were read; grey ones are not in the map",
        formats={"levels": whole, "missing": format_percent, "entropy, bits": three,
                 "standard error": three},
    )  # fmt: skip
    return Html(_folded(listing, len(columns)) + more)


def _folded(listing: Html, n_rows: int) -> Html:
    """Fold a table away that would push everything else off the page."""
    if n_rows <= MAX_OPEN:
        return listing
    return Html(
        f'<details class="isc-data"><summary>All {n_rows:,} rows as a table</summary>{listing}'
        "</details>"
    )


def _lesson(info_map: InformationMap) -> Html:
    notes = "".join(f"<li>{esc(note)}</li>" for note in info_map.notes)
    heading = f"<h3>Notes on this table</h3><ul>{notes}</ul>" if notes else ""
    level = f"{100 * info_map.mutual_information.level:g} %"
    rules = facts({
        "value": "plug-in mutual information of the contingency table, minus its exact mean for "
                 "independent columns with the same counts; never clipped, so it may lie below 0",
        "interval": f"{level}, from the score of the table with fixed margins",
        "p": "probability of at least this much dependence between independent columns",
        "q": "the same, corrected over all pairs of the map (Benjamini & Hochberg)",
        "missing cells": "left out pair by pair",
    })  # fmt: skip
    return Html(
        "<p><strong>Mutual information</strong> is how many bits knowing one column saves, on "
        "average, when the other is to be told. It is 0 only for independent columns, finds any "
        "shape of dependence, and needs no order between levels. It is not a direction: it does "
        "not say which column causes which, nor what two columns tell together.</p>"
        "<p>Numeric columns are counted in bins of equal frequency; finer bins can hold more "
        "information and need more rows. With few rows or many levels even independent columns "
        "seem to share something: that part is taken off, and what remains within its error bar "
        f"of zero is printed in grey.</p>{rules}{heading}"
    )


def _bits(ranked: Ranked) -> float:
    return float(ranked.estimate.to("bits"))


def _stderr(ranked: Ranked) -> float | None:
    return ranked.estimate.to("bits").stderr


def _top_three(shown: list[Ranked], target: str) -> str:
    best = ", ".join(f"{r.column} ({_bits(r):.3f} bits)" for r in shown[:3])
    return f"Mutual information of {len(shown)} columns with {target}. Largest: {best}."
