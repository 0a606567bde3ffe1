"""The report on layers as a picture and a page: profile, table, hardest examples, what to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infoscope.figures import (
    Figure,
    Html,
    Section,
    Tile,
    bar_chart,
    esc,
    facts,
    line_chart,
    page,
    stat_tiles,
    table,
)

if TYPE_CHECKING:
    from infoscope.probe.probes.layers import LayerReport

__all__ = ["layer_figure", "layer_page"]

_N_HARDEST = 12
_FEW = 4  # so many layers are read more easily as bars


def layer_figure(report: LayerReport) -> Figure:
    """Return V-information by layer: a curve with its band, or bars for a few layers."""
    names = list(report.layers)
    values = [found.value for found in report.layers.values()]
    low = [v.interval.low if v.interval else v.value for v in values]
    high = [v.interval.high if v.interval else v.value for v in values]
    heights = [v.value for v in values]
    family = next(iter(report.layers.values())).family
    title = f"What a {_word(family)} probe tells of {report.target}"
    if len(names) <= _FEW:
        return bar_chart(names, heights, title=title, low=low, high=high, label_name="layer",
                         x_label=f"V-information, {report.unit}")  # fmt: skip
    best = names.index(report.best)
    description = (
        f"V-information over {len(names)} layers, in {report.unit}, with intervals: "
        f"{heights[0]:.3f} at {names[0]}, most at {names[best]} ({heights[best]:.3f}), "
        f"{heights[-1]:.3f} at {names[-1]}; H_V(Y) is {report.null_entropy.value:.3f}."
    )
    return line_chart(
        range(len(names)), {"told": heights}, bands={"told": (low, high)},
        references={"H_V(Y)": report.null_entropy.value}, title=title,
        x_label=_axis(names),
        y_label=f"V-information, {report.unit}", from_zero=True, description=description,
    )  # fmt: skip


def _axis(names: list[str]) -> str:
    if all(name.endswith(str(i)) for i, name in enumerate(names)):
        return "layer"
    return f"layer (0 is {names[0]}, {len(names) - 1} is {names[-1]})"


def _word(family: str) -> str:
    return "linear" if family == "linear" else "multilayer"


def layer_page(report: LayerReport, *, name: str = "") -> str:
    """Return the report on layers as a self-contained HTML page.

    Parameters
    ----------
    report : LayerReport
        What `layer_report` returned.
    name : str
        What was probed ("SmolLM2 on English dialogues"), for the heading.

    Returns
    -------
    str
        A document without script or network.
    """
    first = next(iter(report.layers.values()))
    n_test, unit = len(first.rows), report.unit
    subtitle = (
        f"How much a {_word(first.family)} probe can tell of {report.target}, measured on "
        f"{n_test:,} examples that it was neither fitted on nor chosen on."
    )
    sections = [
        Section("What is told", stat_tiles(_tiles(report))),
        Section("Layer by layer", layer_figure(report).to_html(),
                "The line is what the probe tells; the band is its interval over draws of the test "
                "examples. The dashed line is all there is to tell, H_V(Y)."),
        Section("The numbers", _table(report)),
        Section(f"Hardest examples at {report.best}", _hardest(report),
                "Where the features speak most against the label: log q(y|x) - log q0(y), lowest "
                "first. Wrong labels are often among them."),
        Section("What to know", _notes(report)),
    ]  # fmt: skip
    heading = f"Probes: {name}" if name else "Probes"
    return page(heading, sections, subtitle=subtitle,
                footer=f"Made by infoscope. Amounts are in {unit}; values are raw, so that a "
                "layer that tells nothing may read slightly below 0.")  # fmt: skip


def _tiles(report: LayerReport) -> list[Tile]:
    best, last = report[report.best], list(report.layers)[-1]
    share = best.value.value / report.null_entropy.value
    tiles = [
        Tile.of(best.value, label=f"Most, at {report.best}",
                rule=f"{100 * share:.0f} % of what there is to tell" if best.accuracy else ""),
        Tile.of(report.null_entropy, label="There is to tell, H_V(Y)",
                rule="cost of a label for a model that does not look"),
    ]  # fmt: skip
    if best.accuracy is not None:
        rule = f"most frequent class: {best.baseline_accuracy:.3f}"
        tiles.append(Tile.of(best.accuracy, label=f"Accuracy at {report.best}", rule=rule))
    if last != report.best:
        tiles.append(Tile.of(report.difference(report.best, last), label=f"Lost by {last}",
                             rule="paired over the same test examples"))  # fmt: skip
    return tiles


def _table(report: LayerReport) -> Html:
    unit = report.unit
    found = list(report.layers.values())
    cells: dict[str, list[object]] = {
        "layer": list(report.layers),
        f"V-information, {unit}": [f"{v.value.value:.4f}" for v in found],
        "interval": [
            f"{v.value.interval.low:.4f} to {v.value.interval.high:.4f}" if v.value.interval else ""
            for v in found
        ],
        f"H_V(Y|X), {unit}": [f"{v.cross_entropy.value:.4f}" for v in found],
    }
    if found[0].accuracy is not None:
        cells["accuracy"] = [f"{v.accuracy.value:.3f}" for v in found if v.accuracy is not None]
    else:
        cells["R²"] = [f"{v.r_squared.value:.3f}" for v in found if v.r_squared is not None]
    for key in ("penalty", "hidden", "epochs"):
        if key in found[0].value.settings:
            cells[key] = [str(v.value.settings[key]) for v in found]
    return table(cells, caption="One row for each layer")


def _hardest(report: LayerReport) -> Html:
    found = report[report.best]
    hard = found.hardest(min(_N_HARDEST, len(found.pvi)))
    cells: dict[str, list[object]] = {
        "row": [each.row for each in hard],
        "label": [str(each.label) for each in hard],
        "probe says": [str(each.predicted) for each in hard],
        f"pointwise, {report.unit}": [f"{each.pvi:.3f}" for each in hard],
    }
    return table(cells, caption="The hardest test examples")


def _notes(report: LayerReport) -> Html:
    first = next(iter(report.layers.values()))
    items = [f"<li>{esc(note)}.</li>" for note in report.notes]
    for name, found in report.layers.items():
        items += [
            f"<li>{esc(name)}: {esc(note)}.</li>"
            for note in found.notes
            if note not in report.notes
        ]
    sizes = facts({
        "training, validation, test": f"{len(first.split.train):,}, "
        f"{len(first.split.validation):,}, {len(first.rows):,} examples",
        "classes": f"{len(first.classes)}" if first.classes else "numbers",
    })  # fmt: skip
    return Html(f"{sizes}<ul>{''.join(items)}</ul>")
