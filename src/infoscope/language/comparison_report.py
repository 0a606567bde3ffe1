"""The report on two models over one text: headline numbers, a heat map of KL, the worst places."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from infoscope.core.units import from_nats
from infoscope.figures import (
    Html,
    Section,
    Tile,
    bar_chart,
    esc,
    facts,
    line_chart,
    page,
    show_token,
    stat_tiles,
    table,
    text_heat_map,
)
from infoscope.language.comparison import QUANTILES, ComparedPlace, ModelComparison
from infoscope.language.regroup import excerpt

__all__ = ["comparison_card", "comparison_page", "comparison_sections"]

#: Places in the heat map; more make a page that browsers are slow to draw.
MAX_PLACES = 8000
N_STRETCHES = 80
PER_STRETCH = 40
N_DECADES = 12


def comparison_page(
    found: ModelComparison, *, name: str = "", top: int = 20, footer: str = ""
) -> str:
    """Return the report as a self-contained HTML page.

    Parameters
    ----------
    found : ModelComparison
        What `infoscope.language.compare` returned.
    name : str
        What the text is called ("chapter.txt").
    top : int
        How many of the places to list where the models differ most.
    footer : str
        Last line of the page.

    Returns
    -------
    str
        A whole document without script and without anything from the network.
    """
    where = f" on {name}" if name else ""
    title = f"{found.a.model} against {found.b.model}"
    subtitle = (
        f"How far two language models part{where}: {len(found.text):,} bytes. "
        f"A is {found.a.model}, B is {found.b.model}; A is the one that B is judged by."
    )
    return page(title, comparison_sections(found, top=top), subtitle=subtitle,
                footer=footer or "Made by infoscope.")  # fmt: skip


def comparison_sections(found: ModelComparison, *, top: int = 20) -> list[Section]:
    """Return the parts of the report, to be put on a page with others."""
    exact = found.divergences is not None
    sections = [Section("What the difference costs", _headline(found), _verdict(found))]
    if exact:
        sections += [
            Section("How the divergence is spread", _spread(found),
                    "Most tokens hardly change; what a copy loses sits in the tail. The bars count "
                    "tokens by their KL, ten times more from one bar to the next."),
            Section("Token by token", _heat(found),
                    "The stronger the colour, the further B's prediction is from A's at that place."
                    " Rest the pointer on a token (or tap it) for the first choice of each."),
        ]  # fmt: skip
    else:
        sections.append(
            Section("Piece by piece", _heat(found),
                    "Where the two tokenizers agree on a boundary the text is cut; the stronger "
                    "the colour, the more the prices of the piece differ.")
        )  # fmt: skip
    sections += [
        Section("Along the text", _along(found)),
        Section("Where they differ most", _worst(found, top)),
        Section("How to read this", _lesson(found)),
    ]
    return [section for section in sections if section.html]


def comparison_card(found: ModelComparison) -> Html:
    """Return the body of a notebook's card: headline numbers and the coloured text."""
    return Html(_headline(found) + _heat(found))


def _headline(found: ModelComparison) -> Html:
    test = found.test
    p = f"; no difference: p = {_p(test.p_value)}" if not math.isnan(test.p_value) else ""
    tiles = [
        Tile.of(found.difference, label="B costs more by", counted="places",
                rule=f"bits per byte, B − A, paired over the text{p}"),
    ]  # fmt: skip
    if found.divergences is not None:
        tiles += [
            Tile.of(found.kl_divergence.to("bits"), label="KL(A‖B)", counted="tokens",
                    rule="mean over the tokens of the text, exact over the whole vocabulary; "
                         f"in nats {_short(found.kl_divergence.value)}"),
            Tile.of(found.top_agreement, label="Same first choice", counted="tokens",
                    rule="share of places where both hold the same token to be likeliest"),
            Tile.of(found.perplexity_ratio, label="Perplexity, B over A", counted="tokens",
                    rule="paired: exp of the mean difference of surprisals"),
            Tile.of(found.jensen_shannon_divergence.to("bits"), label="Jensen–Shannon",
                    counted="tokens", rule="the symmetric divergence, from 0 to 1 bit"),
            Tile.of(found.rms_delta_p, label="Change of p(token)", counted="tokens",
                    rule="root mean square; the mean is "
                         f"{_short(found.mean_delta_p.value)}"),
        ]  # fmt: skip
    tiles += [
        Tile.of(found.bits_per_byte_a, label=f"A: {found.a.model}", counted="tokens",
                rule="code length of the text"),
        Tile.of(found.bits_per_byte_b, label=f"B: {found.b.model}", counted="tokens",
                rule="code length of the text"),
    ]  # fmt: skip
    return stat_tiles(tiles)


def _verdict(found: ModelComparison) -> str:
    p, difference = found.test.p_value, found.difference
    if math.isnan(p):
        return "The text is too short to say whether one model pays less for it."
    if difference.value == 0.0 and p == 1.0:
        return "Both models pay exactly the same for every piece of this text."
    worse = "more" if difference.value > 0 else "less"
    sure = (
        "clearly more than chance on a text of this length" if p < 0.01
        else "more than chance would let expect" if p < 0.05
        else "no more than chance may bring about on a text of this length"
    )  # fmt: skip
    return (
        f"B pays {_short(abs(difference.value))} bits per byte {worse} than A: {sure} "
        f"(p = {_p(p)})."
    )


def _spread(found: ModelComparison) -> Html:
    assert found.divergences is not None
    kl = from_nats(found.divergences.kl_divergence, "bits")
    chart = _decades(kl)
    columns: dict[str, Sequence[object]] = {"in bits": ["KL(A‖B)", "KL(B‖A)", "Jensen–Shannon"]}
    kinds = ("kl_divergence", "reverse_kl_divergence", "jensen_shannon")
    means = (found.kl_divergence, found.reverse_kl_divergence, found.jensen_shannon_divergence)
    columns["mean"] = [_short(each.to("bits").value) for each in means]
    for share in QUANTILES:
        head = {0.5: "median", 1.0: "largest"}.get(share, f"{100 * share:g} %")
        columns[head] = [
            _short(from_nats(found.quantiles(kind, [share])[share], "bits")) for kind in kinds
        ]
    quantiles = table(columns, caption="Mean and quantiles over the tokens of the text, in bits")
    return Html(f"{chart}{quantiles}{_changes(found)}")


def _decades(kl: NDArray[np.float64]) -> str:
    """Bars: how many tokens have a KL of which size."""
    positive = kl[(kl > 0) & np.isfinite(kl)]
    if not positive.size:
        return "<p>Every divergence is exactly 0: the predictions are the same.</p>"
    top = math.ceil(math.log10(float(positive.max())))
    low = max(math.floor(math.log10(float(positive.min()))), top - N_DECADES)
    edges = 10.0 ** np.arange(low, top + 1)
    shares = np.histogram(positive, edges)[0] / len(kl)
    labels = [f"{_power(k)} to {_power(k + 1)} bits" for k in range(low, top)]
    below = float(np.mean(kl < edges[0]))
    if below > 0:
        labels, shares = [f"below {_power(low)} bits", *labels], np.concatenate([[below], shares])
    if (infinite := float(np.mean(np.isinf(kl)))) > 0:
        labels, shares = [*labels, "infinite"], np.concatenate([shares, [infinite]])
    chart = bar_chart(
        labels, 100 * shares, title="Tokens by KL(A‖B)", x_label="share of the tokens, %",
        label_name="KL(A‖B)", texts=[f"{100 * share:.1f} %" for share in shares],
    )  # fmt: skip
    return str(chart.to_html(caption=False))


def _changes(found: ModelComparison) -> Html:
    shares = (0.001, 0.01, 0.05, 0.5, 0.95, 0.99, 0.999)
    cells = found.quantiles("delta_p", shares)
    columns: dict[str, Sequence[object]] = {"B − A": ["change of p(token)"]}
    for share, value in cells.items():
        columns["median" if share == 0.5 else f"{100 * share:g} %"] = [_points(value)]
    return table(columns, caption="How the probability of the token that came has changed, "
                                  "in percentage points: quantiles over the tokens")  # fmt: skip


def _points(change: float) -> str:
    text = f"{100 * change:+.2f}"
    return "0" if text.strip("+-0.") == "" else text


def _heat(found: ModelComparison) -> Html:
    n = min(found.n_places, MAX_PLACES)
    places = [found.place(i) for i in range(n)]
    cut = ""
    if n < found.n_places:
        cut = (
            f'<p class="isc-note">Shown are the first {n:,} of {found.n_places:,} pieces; all '
            "numbers on this page are about the whole text.</p>"
        )
    if found.divergences is not None:
        kl = from_nats(found.divergences.kl_divergence[:n], "bits")
        expected = [_choices(each) for each in places]
        html = text_heat_map([p.piece for p in places], kl.tolist(), unit="bits",
                             quantity="KL(A‖B)", expected=expected, ramp="information",
                             edges=_edges(kl),
                             label="Text, coloured by the divergence")  # fmt: skip
    else:
        gap = from_nats(np.abs(np.array([p.surprisal_b - p.surprisal_a for p in places])), "bits")
        html = text_heat_map([p.piece for p in places], gap.tolist(), unit="bits",
                             quantity="difference of prices", ramp="information",
                             label="Text, coloured by the difference")  # fmt: skip
    return Html(f"{cut}{html}")


def _edges(kl: NDArray[np.float64]) -> list[float] | None:
    """Steps that divide by quantiles, rounded: equal steps would show the tail alone."""
    finite = kl[np.isfinite(kl) & (kl > 0)]
    if not finite.size:
        return None
    shares = (0.5, 0.7, 0.8, 0.88, 0.93, 0.965, 0.985, 0.995)
    edges = [float(f"{value:.1e}") for value in np.quantile(finite, shares)]
    return edges if all(a < b for a, b in pairwise(edges)) else None


def _choices(each: ComparedPlace) -> list[tuple[str, float]]:
    pairs = (("A", each.choice_a), ("B", each.choice_b))
    return [
        (f"{side}: {choice[0].decode('utf-8', 'backslashreplace')}", choice[1])
        for side, choice in pairs
        if choice is not None
    ]


def _along(found: ModelComparison) -> Html:
    ends = np.array([found.place(i).end for i in range(found.n_places)])
    n = min(found.n_places // PER_STRETCH, N_STRETCHES)
    if n < 2:
        return Html("")
    cuts = np.unique(np.linspace(0, found.n_places, n + 1).astype(int))
    if found.divergences is not None:
        values, lines = found.divergences.kl_divergence, "KL(A‖B), mean of each stretch"
        sizes, unit, whole = np.diff(cuts), "bits per token", found.kl_divergence.to("bits").value
    else:
        frame = [found.place(i) for i in range(found.n_places)]
        values = np.array([each.surprisal_b - each.surprisal_a for each in frame])
        lines, unit, whole = "B − A in each stretch", "bits per byte", found.difference.value
        sizes = np.diff(np.concatenate([[0], ends])[cuts])
    means = from_nats(np.add.reduceat(values, cuts[:-1]) / sizes, "bits")
    if np.isfinite(means).sum() < 2:
        return Html("")
    places = ends[cuts[1:] - 1]
    if not np.all(np.diff(places) > 0):
        return Html("")
    references = {"whole text": whole} if math.isfinite(whole) else {}
    chart = line_chart(
        places, {lines: means}, title="The difference along the text",
        x_label="position in the text, bytes", y_label=unit, references=references, from_zero=True,
    )  # fmt: skip
    return Html(chart.to_html(caption=False))


def _worst(found: ModelComparison, top: int) -> Html:
    places = found.most_different(top)
    if not places:
        return Html("")
    columns: dict[str, Sequence[object]] = {
        "piece": [show_token(each.piece) for each in places],
        "where": [_context(found.text, each) for each in places],
    }
    if found.divergences is not None:
        columns["KL(A‖B), bits"] = [from_nats(each.kl_divergence or 0.0, "bits") for each in places]
    columns["A paid, bits"] = [from_nats(each.surprisal_a, "bits") for each in places]
    columns["B paid, bits"] = [from_nats(each.surprisal_b, "bits") for each in places]
    if found.divergences is not None:
        columns["A's first choice"] = [_choice(each.choice_a) for each in places]
        columns["B's first choice"] = [_choice(each.choice_b) for each in places]
    numbers = [name for name in columns if name.endswith("bits")]
    return table(
        columns, caption=f"The {len(places)} places where the models differ most",
        formats=dict.fromkeys(numbers, _short),
    )  # fmt: skip


def _choice(choice: tuple[bytes, float] | None) -> Html | None:
    if choice is None:
        return None
    return Html(f"{show_token(choice[0])}&nbsp;{100 * choice[1]:.0f}&nbsp;%")


def _context(text: bytes, each: ComparedPlace, reach: int = 30) -> Html:
    left = excerpt(text, max(0, each.start - reach), each.start)
    right = excerpt(text, each.end, min(each.end + reach // 2, len(text)), whole=True)
    left = "…" + left.lstrip() if each.start > reach else left
    right = right.rstrip() + "…" if each.end + reach // 2 < len(text) else right
    parts = [re.sub(r"\s+", " ", part) for part in (left, each.text, right)]
    return Html(f"{esc(parts[0])}<strong>{esc(parts[1])}</strong>{esc(parts[2])}")


def _lesson(found: ModelComparison) -> Html:
    rules = {f"A, {key}": value for key, value in found.a.rule.items()}
    rules |= {
        f"B, {key}": value for key, value in found.b.rule.items() if found.a.rule.get(key) != value
    }
    notes = "".join(f"<li>{esc(note)}</li>" for note in found.notes)
    if found.divergences is not None:
        body = (
            "<p><strong>KL(A‖B)</strong> is what it costs, in bits per token, to code what A would "
            "write with B's probabilities. It looks at every token of the vocabulary at every "
            "place, so it sees a change where the text's own token was not touched, and needs far "
            "less text than perplexity to show a difference: perplexity moves up and down from "
            "token to token and the moves cancel, KL only adds up.</p><p><strong>Same first "
            "choice</strong> is what a greedy reader notices. A copy can agree there and still be "
            "less sure of itself, which KL shows.</p>"
        )
    else:
        body = (
            f"<p>There is no KL here: {esc(found.why_not)}. Two models with different tokenizers "
            "have no common outcomes at a token, but they both pay for the same bytes. The "
            "difference is taken between the boundaries that both cut, and its error bar from "
            "contiguous blocks of paired differences, which is far narrower than the error bars "
            "of the two alone would let one think.</p>"
        )
    return Html(f"{body}<ul>{notes}</ul>{facts(rules)}")


def _power(k: int) -> str:
    if -3 <= k <= 2:
        return f"{10.0**k:g}"
    return "10" + "".join("⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".index(char)] for char in str(k))


def _short(value: float) -> str:
    """Three significant digits, small numbers as powers of ten."""
    if not math.isfinite(value):
        return "∞" if value > 0 else str(value)
    if value == 0.0:
        return "0"
    if abs(value) < 1e-4:
        digits, _, power = f"{value:.1e}".partition("e")
        return f"{digits}·{_power(int(power)) if int(power) < -3 else power}"
    return f"{value:.3g}"


def _p(value: float) -> str:
    return f"{value:.2g}" if value >= 1e-4 else "below 0.0001"
