"""The page on tables: which columns tell about which, what tells about a target, what to select."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from infoscope.explore.controls import Choice, Hidden, Number, TextArea, Upload, Uploaded
from infoscope.explore.drawings import table_map
from infoscope.explore.page import Job, Page, Patch, Preset, Slot
from infoscope.figures import Figure, Html, esc
from infoscope.figures.marks import Rect

__all__ = ["PAGE", "code", "kept", "notice", "numbers", "picture", "run", "view"]

MAX_BYTES = 10_000_000
PENGUINS = "penguins.csv"
BUNDLED, OWN = "penguins", "own"
METHODS = {"jmi": "JMI", "mrmr": "mRMR", "cmim": "CMIM", "mim": "Alone"}
SPELLED = {"jmi": "joint mutual information", "mrmr": "relevance minus redundancy",
           "cmim": "conditional, worst case", "mim": "each alone"}  # fmt: skip


@cache
def kept() -> dict[str, Any]:
    """Return what scans of the bundled penguins found: one map for each target, and selections."""
    place = files("infoscope.explore").joinpath("samples", "penguins.json")
    return json.loads(place.read_text("utf-8"))


def _of_penguins(target: str) -> dict[str, Any]:
    found = kept()
    return found["map"] | found["targets"].get(
        target, {"target": None, "entropy": None, "ranking": []}
    )  # fmt: skip


def numbers(*, target: str, shown: str) -> dict[str, float]:
    """Return the entropy of the target and what the best column tells about it, in bits."""
    if shown != BUNDLED or target not in kept()["targets"]:
        return {}
    found = kept()["targets"][target]
    return {"entropy": found["entropy"], "best": found["ranking"][0][1]}


def view(*, target: str, method: str, k: int, shown: str, width: int) -> Patch:
    """Return the bundled table at once; a table of the reader's own stays as its job drew it."""
    if shown != BUNDLED:
        return {}
    found = _of_penguins(target)
    picks = kept()["selected"].get(f"{target}/{method}", [])[:k]
    return {
        "source": Html("Palmer penguins, bundled: 344 birds. Choose your own file to see yours."),
        "choices": table_map.choices([row[0] for row in found["kinds"]], found["target"]),
        "ranking": table_map.ranking(found, width=width),
        "map": table_map.fitting(
            table_map.map_figure(found["names"], found["matrix"], width=width), width
        ),
        "tiles": table_map.overview(found),
        "selection": table_map.selected(picks, target, SPELLED[method]) if picks
        else _wanted(target, found["names"]),
        "kinds": table_map.kinds(found),
    }  # fmt: skip


def _wanted(target: str, names: list[str]) -> Html:
    said = f"The table has no column “{target}”. " if target and target not in names else ""
    return Html(f'<p class="empty">{esc(said)}Choose the column to know about.</p>')


def run(*, file: Uploaded | None, target: str, method: str, k: int) -> Iterator[Patch]:
    """Scan the table: kinds first, then the map row by row, then ranking and selection."""
    yield {"progress": (0, 0, "Reading the table …")}
    from infoscope.data import path_of
    from infoscope.explore import table_reading

    path = path_of(PENGUINS) if file is None else file.path
    own = file is not None
    label = file.name if file is not None else PENGUINS
    if file is not None:
        table_reading.check(path, label)
    yield {
        "=shown": OWN if own else BUNDLED,
        **dict.fromkeys(("ranking", "tiles", "selection", "kinds", "report", "choices"), ""),
        "source": f"{label}",
    }
    encoded = table_reading.Encoded(path, label)
    yield {"kinds": table_map.kinds({"kinds": encoded.kinds}),
           "choices": table_map.choices(encoded.mapped, target)}  # fmt: skip
    yield from _rows(encoded)
    goal = target if target in encoded.mapped else None
    yield {"progress": (0, 0, "Intervals and tests …")}
    found = encoded.scan(goal)
    plain = table_map.found_in_map(found)
    yield {
        "map": table_map.map_figure(plain["names"], plain["matrix"], width=728),
        "tiles": table_map.overview(plain), "kinds": table_map.kinds(plain),
        "ranking": table_map.ranking(plain, width=728),
        "source": f"{label}: {found.n_rows:,} rows, {len(found.columns):,} columns",
    }  # fmt: skip
    if goal is None:
        yield {"selection": _wanted(target, list(encoded.mapped))}
    else:
        yield {"progress": (0, 0, "Selecting …")}
        picks = table_map.found_in_selection(encoded.select(goal, k, method))
        yield {"selection": table_map.selected(picks, goal, SPELLED[method])}
    yield {"report": _report(found, label), "note": "Done."}


def _rows(encoded: Any) -> Iterator[Patch]:
    """Measure one column against all others, and show the map as it fills."""
    names = list(encoded.mapped)
    for done, matrix in encoded.rows():
        yield {
            "map": table_map.map_figure(names, matrix, width=728, n_done=done),
            "progress": (done, len(names), f"{done} of {len(names)} columns …"),
        }


def _report(found: Any, label: str) -> Html:
    """Return links to take the whole report home; it lies in the link itself."""
    from infoscope.tables.report import table_report

    page = table_report(found).encode()
    data = json.dumps(found.to_dict(), ensure_ascii=False, allow_nan=False).encode()
    stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in label.rpartition(".")[0])[:60]
    name = esc(stem.strip("-") or "table")
    about = f" on {esc(found.target)}" if found.target else ""
    return Html(
        f'<p class="takings"><a class="button" download="{name}-report.html" '
        f'href="data:text/html;charset=utf-8;base64,{base64.b64encode(page).decode()}">'
        f"Save the report{about} (HTML, {len(page) / 1000:,.0f} kB)</a> "
        f'<a class="button" download="{name}.json" href="data:application/json;base64,'
        f'{base64.b64encode(data).decode()}">Save the numbers (JSON)</a></p>'
    )


def notice(*, target: str, method: str, shown: str) -> str:
    """Return the sentence that goes with this target."""
    if shown != BUNDLED:
        return (
            "Grey bars cannot be told from zero; a bar that reaches the whole entropy of the "
            "target is either a gift or a leak: is it known before the target is?"
        )
    if target not in kept()["targets"]:
        return "Choose a column: the others are ranked by how much they tell about it."
    found = kept()["targets"][target]
    best, second = found["ranking"][:2]
    share = best[1] / found["entropy"]
    if method == "mim":
        return (
            f"Ranked alone, {best[0]} comes first and {second[0]} second, though both may say the "
            "same: the other methods ask what is new."
        )
    return (
        f"{best[0]} alone takes away {100 * share:.0f} % of the {found['entropy']:.2f} bits of "
        f"{target}; the selection asks what the next column adds to it."
    )


def code(*, file: Uploaded | None = None, target: str, method: str, k: int, shown: str) -> str:
    """Return the calls that find the same."""
    own = file is not None or shown != BUNDLED
    name = file.name if file is not None else "your-table.csv"
    lines = ["from infoscope.tables import scan, select", ""]
    lines[1:1] = [] if own else ["from infoscope.data import path_of"]
    lines.append(f"source = {name!r}" if own else f'source = path_of("{PENGUINS}")')
    if not target or (not own and target not in kept()["targets"]):
        lines += ["found = scan(source)", "print(found.to_frame())"]
    else:
        lines += [
            f"found = scan(source, target={target!r})",
            f"entropy = found.entropies[{target!r}].to(\"bits\").value",
            'best = found.ranking()[0].estimate.to("bits").value',
            f"chosen = select(source, {target!r}, {k}, method={method!r})",
            "print(entropy, best, chosen.columns)",
        ]  # fmt: skip
    return "\n".join([*lines, '# found.save_html("report.html")'])


def picture() -> Figure:
    """Return a small map."""
    marks: list[Rect] = []
    levels = ("042110", "403521", "230413", "154062", "021607", "113270")
    for i, row in enumerate(levels):
        for j, level in enumerate(row):
            role = "blank" if i == j else f"information-{level}"
            marks.append(Rect(52 + 23 * j, 4 + 19 * i, 21, 17, role, radius=2))
    return Figure("An information map", "", {}, marks, 240, 120)


PAGE = Page(
    slug="table",
    title="A table in bits",
    group="Data",
    order=10,
    about="Which columns know about each other, what tells about the one you care for, and which "
    "few say it all? Use your own table; it never leaves this machine.",
    controls=(
        Upload(name="file", label="Your table", accept=".csv,.tsv,.txt,.parquet,.pq",
               max_bytes=MAX_BYTES,
               help="CSV or Parquet, up to 10 MB, 300 columns and 5 million cells; it stays out of "
               "the link."),
        TextArea(name="target", label="The column to know about", default="species", rows=1,
                 max_chars=300, placeholder="its name"),
        Choice(name="method", label="Select by", default="jmi", options=METHODS),
        Number(name="k", label="How many columns", default=3, low=1, high=20, whole=True),
        Hidden(name="shown", default=BUNDLED),
    ),
    slots=(
        Slot("source"), Slot("choices"), Slot("ranking"), Slot("map"), Slot("tiles"),
        Slot("selection", "Which few columns", "below"), Slot("report", "", "below"),
        Slot("kinds", "The columns", "below"),
    ),
    view=view, notice=notice, numbers=numbers, code=code, picture=picture,
    job=Job(run, "Scan the table", max_bytes=MAX_BYTES + 200_000),
    presets=(
        Preset("Penguins: species", {}),
        Preset("Penguins: sex", {"target": "sex"}),
        Preset("Penguins: body mass", {"target": "body_mass_g", "method": "mrmr"}),
        Preset("Penguins: island, each alone", {"target": "island", "method": "mim", "k": 6}),
    ),
    embeds=False,
    template="table.html.j2",
    explain=r"""
**Mutual information** $I(X;Y)$ is how many bits knowing $X$ saves, on average, when $Y$ has to be
told. It is 0 only for independent columns, finds any shape of dependence, needs no order between
levels, and is not a direction: it does not say which causes which.

**Corrected.** Even independent columns seem to share something in few rows. What chance alone would
give (exactly, for these margins) is taken off; numeric columns are counted in bins of equal
frequency.

**Selection.** *JMI* asks what a column tells together with each one chosen before; *mRMR* takes the
mean overlap off; *CMIM* looks at the worst overlap; *alone* ranks without looking, and keeps
copies.
""",
)  # fmt: skip
