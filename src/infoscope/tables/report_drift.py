"""The report on drift: what changed, by how much, and whether chance would do as much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infoscope.figures import Html, Section, Tile, bar_chart, esc, facts, page, stat_tiles, table
from infoscope.figures.scales import format_percent
from infoscope.tables.report_drift_chart import side_by_side
from infoscope.tables.report_numbers import ends, in_bits, level_name, p_text, span, three

if TYPE_CHECKING:
    from infoscope.tables.drift_result import DriftReport

__all__ = ["drift_card", "drift_page", "drift_sections"]

MAX_BARS, MAX_ROWS, MAX_CHARTS = 40, 200, 8


def drift_page(report: DriftReport) -> str:
    """Return the report as a self-contained HTML page."""
    subtitle = (
        f"{report.reference} ({report.n_reference:,} rows) against {report.current} "
        f"({report.n_current:,} rows). What is different, and would chance do as much?"
    )
    return page(
        "What changed", drift_sections(report), subtitle=subtitle,
        footer="Made by infoscope. Two samples that share no value are 1 bit apart.",
    )  # fmt: skip


def drift_sections(report: DriftReport) -> list[Section]:
    """Return the parts of the report, to be put on a page with others."""
    sections = [
        Section("In short", _overview(report)),
        Section("Columns lost, added or of another type", _structure(report)),
        Section("How far each column drifted", _ranking(report),
                "Jensen-Shannon divergence in bits: 0 if the column is as before, 1 if before and "
                "now share no value. Grey cannot be told from chance."),
        Section("Before and now", _charts(report),
                "The columns that drifted most. Numbers stand in the bins of the reference."),
        Section("New and vanished values", _values(report)),
        Section("Gaps", _gaps(report)),
        Section("Pairs whose dependence changed", _pairs(report),
                "Together these pairs tell before from now better than one by one: not the columns "
                "changed, but how they go together."),
        Section("How to read drift", _lesson(report)),
    ]  # fmt: skip
    return [section for section in sections if section.html]


def drift_card(report: DriftReport) -> Html:
    """Return the body of a notebook's card: what changed, and by how much in each column."""
    return Html(_overview(report) + _ranking(report))


def _overview(report: DriftReport) -> Html:
    compared = [each for each in report.columns if each.compared]
    drifted = report.drifted
    gaps = [c for c in report.columns if c.missing_q_value <= report.level]
    tiles = [
        Tile("Drifted columns", f"{len(drifted)}", f"of {len(compared)}",
             rule=f"false discovery rate {report.level:g} (Benjamini & Hochberg)"),
    ]  # fmt: skip
    if drifted:
        first = drifted[0]
        tiles.append(Tile.of(
            first.jensen_shannon.to("bits"), label=f"Largest drift: {first.column}",
            counted="values", rule="Jensen-Shannon divergence; 1 bit is no value in common",
        ))  # fmt: skip
    tiles.append(
        Tile(
            "Share of gaps changed",
            f"{len(gaps)}",
            f"of {len(report.columns)} columns",
            rule="same false discovery rate",
        )
    )
    names = [
        f"{len(report.lost)} lost" if report.lost else "",
        f"{len(report.added)} new" if report.added else "",
    ]
    retyped = sum(bool(each.change) for each in report.columns)
    names.append(f"{retyped} of another type" if retyped else "")
    said = ", ".join(filter(None, names))
    tiles.append(Tile("Structure", "changed" if said else "same", "", said or "the same columns",
                      "columns lost, added, or of another type"))  # fmt: skip
    return stat_tiles(tiles)


def _structure(report: DriftReport) -> Html:
    parts: list[str] = []
    if report.lost:
        parts.append(f"<li>Only in the reference: {_names(report.lost)}</li>")
    if report.added:
        parts.append(f"<li>Only in the current table: {_names(report.added)}</li>")
    parts += [
        f"<li><strong>{esc(each.column)}</strong>: {esc(each.change)}</li>"
        for each in report.columns if each.change
    ]  # fmt: skip
    return Html(f"<ul>{''.join(parts)}</ul>" if parts else "")


def _names(names: tuple[str, ...]) -> str:
    shown = ", ".join(f"<strong>{esc(name)}</strong>" for name in names[:40])
    return shown + (f" and {len(names) - 40:,} more" if len(names) > 40 else "")


def _ranking(report: DriftReport) -> Html:
    known = [each for each in report.columns if each.compared]
    if not known:
        return Html("<p>No column has values that could be compared.</p>")
    shown = known[:MAX_BARS]
    both = [ends(each.jensen_shannon) for each in shown]
    chart = bar_chart(
        [each.column for each in shown], [in_bits(float(each.jensen_shannon)) for each in shown],
        low=[low for low, _ in both], high=[high for _, high in both],
        texts=[f"{three(in_bits(float(each.jensen_shannon)))} bits" for each in shown],
        muted=[not each.q_value <= report.level for each in shown],
        title="Drift by column", x_label="Jensen-Shannon divergence, bits", label_name="column",
    )  # fmt: skip
    rows = known[:MAX_ROWS]
    level = next((e.jensen_shannon.interval.level for e in rows if e.jensen_shannon.interval), 0.95)
    cells = {
        "column": [each.column for each in rows],
        "JS, bits": [in_bits(float(each.jensen_shannon)) for each in rows],
        level_name(level): [span(*ends(each.jensen_shannon)) for each in rows],
        "KL, bits": [in_bits(float(each.kl_divergence)) for each in rows],
        "PSI": [float(each.stability.diagnostics["plugin"]) for each in rows],
        "PSI by chance": [float(each.stability.diagnostics["limit"]) for each in rows],
        "p": [each.p_value for each in rows],
        "q": [each.q_value for each in rows],
    }
    listing = table(
        cells, dim=[not each.q_value <= report.level for each in rows],
        caption="JS and KL (of now from before) are corrected for what samples of this size differ "
                "by anyway; PSI is the plain index, beside it what it stays below in 95 % of cases "
                "without drift",
        formats={"JS, bits": three, "KL, bits": three, "PSI": three, "PSI by chance": three,
                 "p": p_text, "q": p_text},
    )  # fmt: skip
    more = ""
    if len(known) > len(shown):
        more = f"<p>The chart shows the first {len(shown)} of {len(known):,} columns.</p>"
    return Html(chart.to_html(caption=False, data=False) + more + listing)


def _charts(report: DriftReport) -> Html:
    parts: list[str] = []
    for each in report.drifted[:MAX_CHARTS]:
        n1, n2 = sum(each.reference), sum(each.current)
        figure = side_by_side(
            each.labels, [a / n1 for a in each.reference], [b / n2 for b in each.current],
            title=each.column, ordered=each.kind != "categorical",
        )  # fmt: skip
        js = in_bits(float(each.jensen_shannon))
        parts.append(f"<h3>{esc(each.column)}: {three(js)} bits</h3>")
        parts.append(str(figure.to_html(caption=False, data=False)))
    left = len(report.drifted) - MAX_CHARTS
    if left > 0:
        parts.append(f"<p>{left} more columns drifted; their counts are in the JSON output.</p>")
    return Html("".join(parts))


def _values(report: DriftReport) -> Html:
    rows: list[tuple[str, str, str, str]] = []
    for each in report.columns:
        n1, n2 = max(sum(each.reference), 1), max(sum(each.current), 1)
        for word, found, n in (("new", each.new, n2), ("vanished", each.vanished, n1)):
            if found:
                names = ", ".join(f"{label} ({count:,})" for label, count in found[:12])
                if len(found) > 12:
                    names += f" and {len(found) - 12:,} more"
                share = format_percent(sum(count for _, count in found) / n)
                rows.append((each.column, word, share, names))
    if not rows:
        return Html("")
    cells = dict(zip(("column", "what", "share of rows", "values (rows)"), zip(*rows, strict=True),
                     strict=True))  # fmt: skip
    return table(
        {name: list(values) for name, values in cells.items()},
        caption="Values that occur only now, or only before; the share is of the rows that have a "
                "value",
    )  # fmt: skip


def _gaps(report: DriftReport) -> Html:
    rows = [e for e in report.columns if e.missing_reference or e.missing_current]
    if not rows:
        return Html("")
    rows.sort(key=lambda e: -abs(e.missing_current - e.missing_reference))
    rows = rows[:MAX_ROWS]
    return table(
        {
            "column": [each.column for each in rows],
            "missing before": [each.missing_reference for each in rows],
            "missing now": [each.missing_current for each in rows],
            "p": [each.missing_p_value for each in rows],
            "q": [each.missing_q_value for each in rows],
        },
        dim=[not each.missing_q_value <= report.level for each in rows],
        caption="Shares of rows without a value",
        formats={"missing before": format_percent, "missing now": format_percent, "p": p_text,
                 "q": p_text},
    )  # fmt: skip


def _pairs(report: DriftReport) -> Html:
    if not report.pairs:
        return Html("")
    found = report.drifted_pairs[:15]
    if not found:
        return Html("<p>In no pair did the dependence change beyond the columns themselves.</p>")
    return table(
        {
            "pair": [f"{pair.column} – {pair.other}" for pair in found],
            "together, bits": [in_bits(pair.together) for pair in found],
            "apart, bits": [in_bits(sum(pair.alone)) for pair in found],
            "beyond, bits": [in_bits(float(pair.synergy)) for pair in found],
            "interval": [span(*ends(pair.synergy)) for pair in found],
            "q": [pair.q_value for pair in found],
        },
        caption="How much the two columns tell about whether a row is from before or from now: "
                "together, and each by itself",
        formats={"together, bits": three, "apart, bits": three, "beyond, bits": three,
                 "q": p_text},
    )  # fmt: skip


def _lesson(report: DriftReport) -> Html:
    notes = "".join(f"<li>{esc(note)}</li>" for note in report.notes)
    heading = f"<h3>Notes</h3><ul>{notes}</ul>" if notes else ""
    rules = facts({
        "Jensen-Shannon": "half the divergence of before from the mixture of both, plus half that "
                          "of now; symmetric, at most 1 bit",
        "KL": "bits a value of now costs more when told with the code that suits before",
        "PSI": "symmetric sum of both KL divergences, in nats; the customary limits 0.1 and 0.25 "
               "ignore how many rows and levels there are, the one beside it does not",
        "p": "probability of at least this much difference if all rows came from one law; half a "
             "count is added to each level for KL and PSI",
        "q": "the same, corrected over all columns (Benjamini & Hochberg)",
        "bins": "equal frequency in the reference, frozen; values beyond its range go to the "
                "outermost bins",
    })  # fmt: skip
    return Html(
        "<p>A <strong>p-value</strong> says whether something changed; the <strong>divergence"
        "</strong> says how much. With many rows the smallest change is significant, so look at "
        "bits first. A column can also stay as it is while its dependence on others changes: that "
        f"is what the pairs are for.</p>{rules}{heading}"
    )
