"""The report on a selection: what was chosen in which order, and what each column adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infoscope.figures import Html, Section, Tile, bar_chart, esc, facts, page, stat_tiles, table
from infoscope.figures.scales import format_percent
from infoscope.tables.report_numbers import ends, in_bits, level_name, p_text, span, three, whole

if TYPE_CHECKING:
    from infoscope.tables.selection_result import Pick, Selection

__all__ = ["selection_card", "selection_report", "selection_sections"]

MAX_BARS, MAX_ROWS = 40, 200
SIGNIFICANT = 0.05

_METHODS = {
    "jmi": "Joint mutual information (Yang & Moody 1999): a column counts by what it tells once "
           "another chosen one is known, averaged over those chosen.",
    "mrmr": "Minimum redundancy, maximum relevance (Peng, Long & Ding 2005): relevance less the "
            "mean information with the columns chosen before.",
    "mrmr (quotient)": "Minimum redundancy, maximum relevance (Ding & Peng 2005), quotient form: "
                       "relevance over the mean information with the columns chosen before.",
    "cmim": "Conditional mutual information maximisation (Fleuret 2004): a column counts by the "
            "least it tells given any one of those chosen.",
    "cmi": "Conditional mutual information given all chosen columns together, while the rows "
           "suffice; chosen until no column passes the tests.",
    "mim": "Relevance alone: columns that say the same are all chosen.",
}  # fmt: skip


def selection_report(selection: Selection) -> str:
    """Return the report on one selection as a self-contained HTML page."""
    subtitle = (
        f"{selection.n_rows:,} rows; {len(selection)} of {selection.n_candidates:,} columns chosen "
        f"by {selection.method}. Which few columns tell most about {selection.target}?"
    )
    return page(
        f"What tells about {selection.target}", selection_sections(selection), subtitle=subtitle,
        footer="Made by infoscope. One bit of information halves the possibilities.",
    )  # fmt: skip


def selection_sections(selection: Selection) -> list[Section]:
    """Return the parts of the report, to be put on a page with others."""
    sections = [
        Section(f"The target in {selection.source}", _overview(selection)),
        Section("The chosen columns", _chosen(selection),
                "In the order in which they were chosen. Bars are what each column tells about "
                "the target by itself; grey ones are not seen to add to those before."),
        Section("All columns, one by one", _alone(selection),
                "Relevance alone: copies of a chosen column stand here as high as the original."),
        Section("How the columns were chosen", _lesson(selection)),
    ]  # fmt: skip
    return [section for section in sections if section.html]


def selection_card(selection: Selection) -> Html:
    """Return the body of a notebook's card: the overview and the chosen columns."""
    return Html(_overview(selection) + _chosen(selection))


def _overview(selection: Selection) -> Html:
    best = selection.picks[0] if selection.picks else None
    stop = selection.stop_level
    tiles = [
        Tile(f"Entropy of {selection.target}", three(in_bits(selection.entropy)), "bits",
             f"{selection.n_rows:,} rows", "what there is to know about the target"),
        Tile("Chosen", f"{len(selection)}", f"of {selection.n_candidates:,} columns",
             rule=f"each passes its tests at level {stop:g}" if stop is not None
             else "as many as asked for; tests beside each"),
    ]  # fmt: skip
    if best is not None:
        tiles.append(
            Tile.of(best.relevance.to("bits"), label=f"First choice: {best.column}",
                    rule=f"{format_percent(best.fraction)} of the target's entropy",
                    counted="rows")
        )  # fmt: skip
    return stat_tiles(tiles)


def _chosen(selection: Selection) -> Html:
    if not selection.picks:
        return Html("<p>No column passes the tests: none is seen to tell about the target.</p>")
    picks = selection.picks[:MAX_BARS]
    repeats = [not pick.conditional_p_value <= SIGNIFICANT for pick in picks]
    chart = _bars(selection, picks, repeats, "Chosen columns")
    ratio = selection.method == "mrmr (quotient)"
    cells = {
        "column": [pick.column for pick in selection.picks],
        "score" if ratio else "score, bits": [
            pick.score if ratio else in_bits(pick.score) for pick in selection.picks
        ],
        "relevance, bits": [in_bits(float(pick.relevance)) for pick in selection.picks],
        _level(selection): [span(*ends(pick.relevance)) for pick in selection.picks],
        "taken off, bits": [in_bits(pick.redundancy) for pick in selection.picks],
        "p alone": [pick.p_value for pick in selection.picks],
        "p beside the others": [pick.conditional_p_value for pick in selection.picks],
    }
    score = "score" if ratio else "score, bits"
    listing = table(
        cells, dim=[not pick.conditional_p_value <= SIGNIFICANT for pick in selection.picks],
        caption="Score: what the method ranked the column by when it was chosen. Taken off: the "
                "part of its relevance that the columns before tell already (negative where they "
                "tell more together)",
        formats={score: three, "relevance, bits": three, "taken off, bits": three,
                 "p alone": p_text, "p beside the others": p_text},
    )  # fmt: skip
    return Html(chart + listing)


def _alone(selection: Selection) -> Html:
    ranked = [pick for pick in selection.ranking if pick.score == pick.score]
    if not ranked:
        return Html("")
    place = {name: i for i, name in enumerate(selection.columns, 1)}
    rows = ranked[:MAX_ROWS]
    cells = {
        "column": [pick.column for pick in rows],
        "chosen": [f"no. {place[pick.column]}" if pick.column in place else "" for pick in rows],
        "bits": [in_bits(float(pick.relevance)) for pick in rows],
        _level(selection): [span(*ends(pick.relevance)) for pick in rows],
        f"share of H({selection.target})": [pick.fraction for pick in rows],
        "p": [pick.p_value for pick in rows],
        "rows": [pick.relevance.n for pick in rows],
    }
    share = f"share of H({selection.target})"
    listing = table(
        cells, dim=[not pick.p_value <= SIGNIFICANT / selection.n_candidates for pick in rows],
        caption="Corrected mutual information with the target; grey: p above 0.05 over the number "
                "of columns",
        formats={"bits": three, share: format_percent, "p": p_text, "rows": whole},
    )  # fmt: skip
    more = ""
    if len(ranked) > len(rows):
        more = f"<p>The first {len(rows)} of {len(ranked):,} columns are listed.</p>"
    return Html(listing + more)


def _bars(selection: Selection, picks: tuple[Pick, ...], grey: list[bool], title: str) -> Html:
    both = [ends(pick.relevance) for pick in picks]
    figure = bar_chart(
        [f"{i}. {pick.column}" for i, pick in enumerate(picks, 1)],
        [in_bits(float(pick.relevance)) for pick in picks],
        low=[low for low, _ in both], high=[high for _, high in both],
        texts=[f"{three(in_bits(float(p.relevance)))} bits, {format_percent(p.fraction)}"
               for p in picks],
        muted=grey, title=title, label_name="column",
        x_label=f"mutual information with {selection.target}, bits",
    )  # fmt: skip
    return figure.to_html(caption=False, data=False)


def _level(selection: Selection) -> str:
    interval = selection.ranking[0].relevance.interval if selection.ranking else None
    return level_name(interval.level if interval else 0.95)


def _lesson(selection: Selection) -> Html:
    notes = "".join(f"<li>{esc(note)}</li>" for note in selection.notes)
    heading = f"<h3>Notes</h3><ul>{notes}</ul>" if notes else ""
    rules = facts({
        "value": "plug-in mutual information minus its exact mean for independent columns with the "
                 "same counts; never clipped, so it may lie below 0",
        "p alone": "probability of at least this much dependence on the target by chance",
        "p beside the others": "the largest such probability once one of the columns chosen before "
                               "is known: a copy of another column fails it",
        "tests": "with stop, a column must pass p alone at level / columns and p beside the others "
                 "at the level; then the chance that any noise column enters is at most the level",
    })  # fmt: skip
    return Html(
        f"<p>{esc(_METHODS[selection.method])}</p>"
        "<p>Columns are chosen one at a time. A pair that tells something only together (like the "
        "XOR of two coins) is invisible to every method of this kind; the search for "
        f"interactions looks for those.</p>{rules}{heading}"
    )
