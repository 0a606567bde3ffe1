"""A lab as a page of the explorer: text at once, outputs as its cells are done, widgets alive."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, partial

from infoscope.explore.controls import Hidden
from infoscope.explore.lab_cache import Kept, keep, kept
from infoscope.explore.page import Job, Page, Patch
from infoscope.figures import Html
from infoscope.labs import Lab, LabRun, blank_lab
from infoscope.labs.rendering import lab_html, outputs_html
from infoscope.labs.running import CellRun, lab_cells

__all__ = [
    "address_of_lab", "done_note", "filled", "lab_file", "lab_page", "lab_patches", "lab_text",
    "later_output",
]  # fmt: skip

#: Characters of outputs that come with a page.
AT_ONCE = 90_000
RUNS = ("code", "answer", "check")
_TITLE = re.compile(r"<h1>.*?</h1>\s*", flags=re.DOTALL)
_OUTPUTS = re.compile(r'data-slot="out-(\d+)">')
_WIDGET = re.compile(r"<!--widget (\d+)-->")


def address_of_lab(lab: Lab) -> str:
    """Return the slug of a lab's page."""
    return f"labs/{lab.slug}"


def lab_page(lab: Lab) -> Page:
    """Return the page of a lab."""
    return Page(
        slug=address_of_lab(lab),
        title=lab.title,
        group="Labs",
        order=float(lab.number),
        about=lab.about,
        controls=(Hidden(name="anew", default=""),),
        slots=(),
        job=Job(partial(lab_patches, lab), "Run the cells"),
        template="lab.html.j2",
        listed=False,
        later=partial(later_output, lab),
        extra={"lab": lab},
    )


def lab_patches(lab: Lab, /, *, anew: str) -> Iterator[Patch]:
    """Run a lab, or read what its last run showed, and yield the outputs of its cells."""
    old = None if anew else kept(lab)
    if old is not None:
        yield {f"out-{place}": Html(html) for place, html in old.outputs.items()}
        yield {"note": done_note(old.seconds)}
        return
    n_cells, n_done, seconds = sum(cell.kind in RUNS for cell in lab.cells), 0, 0.0
    outputs: dict[int, str] = {}
    yield {"progress": (0, n_cells, f"Running {n_cells} cells …")}
    for place, run in enumerate(lab_cells(lab)):
        if run.cell.kind not in RUNS:
            continue
        n_done, seconds = n_done + 1, seconds + run.seconds
        outputs[place] = outputs_html(run)
        yield {
            f"out-{place}": Html(outputs[place]),
            "progress": (n_done, n_cells, f"Running cell {n_done} of {n_cells} …"),
        }
        if run.error:
            yield {
                "problem": f"Cell {n_done} of {n_cells} failed, and those after it were not run. "
                "What it says stands below it.",
                "note": "",
            }
            return
    keep(lab, Kept(outputs, seconds))
    yield {"note": done_note(seconds)}


def later_output(lab: Lab, slot: str) -> Html:
    """Return what a cell showed when it was last run; `slot` is "out-" and its place."""
    known, place = kept(lab), slot.removeprefix("out-")
    found = known.outputs.get(int(place)) if known and place.isdecimal() else None
    return Html(found or '<p class="empty">Not kept. Press “Run again”.</p>')


def filled(parts: Sequence[str], known: Kept | None) -> list[str]:
    """Return the text of a lab with the outputs that are known.

    A page stays light: outputs beyond its budget are fetched when the reader comes near them.
    """
    outputs, left = known.outputs if known is not None else {}, AT_ONCE

    def put(found: re.Match[str]) -> str:
        nonlocal left
        html = outputs.get(int(found[1]), "")
        if len(html) > left:
            return f'data-slot="out-{found[1]}" data-later>'
        left -= len(html)
        return found[0] + html

    return [_OUTPUTS.sub(put, part) for part in parts]


def done_note(seconds: float) -> str:
    """Return the sentence that says where the outputs come from."""
    return f"Computed on this machine in {seconds:.1f} s."


def lab_file(lab: Lab, ending: str, *, blank: bool) -> str:
    """Return a lab as a file to take away: "py" or "ipynb", with blanks for the answers or without.

    Raises
    ------
    MissingExtra
        If a notebook is wanted and jupytext is not installed.
    """
    if ending == "ipynb":
        from infoscope.labs.notebook import lab_notebook

        return lab_notebook(lab, blank=blank)
    return blank_lab(lab) if blank else lab.path.read_text(encoding="utf-8")


@cache
def lab_text(lab: Lab) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a lab's HTML, cut where widgets go, and the addresses of those widgets.

    The title is left out: it is the heading of the page.
    """
    widgets: list[str] = []

    def here(address: str) -> str:
        widgets.append(address)
        return f"<!--widget {len(widgets) - 1}-->"

    html = lab_html(LabRun(lab, tuple(map(CellRun, lab.cells))), widget=here, slots=True)
    parts = _WIDGET.split(_TITLE.sub("", html, count=1))
    return tuple(parts[::2]), tuple(widgets)
