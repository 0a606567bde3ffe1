"""The gallery: each lab of the package becomes a page, run anew when its file has changed.

Before a build a page is written for every lab into `docs/labs` (ignored by git): its text as
Markdown, so that search and contents see it, and a directive for each cell that was run. Outputs,
answers, checks and quizzes are those of `infoscope.labs.rendering`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from infoscope.labs import Lab, LabRun, all_labs, find_lab, run_lab
from infoscope.labs.cells import Cell
from infoscope.labs.rendering import lab_html

LOG = logging.getLogger(__name__)
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)


@lru_cache(maxsize=2)
def _run(name: str) -> LabRun:
    run = run_lab(find_lab(name), go_on=True)
    for failed in run.errors:
        LOG.warning("lab %s: %s", name, failed.error)
    return run


class LabCell(SphinxDirective):
    """Insert one cell of a lab with what it showed; arguments are the lab and the cell's place."""

    required_arguments: ClassVar[int] = 2

    def run(self) -> list[nodes.Node]:
        """Run the lab, once a page, and show the cell."""
        name, place = self.arguments
        run = _run(name)
        self.env.note_dependency(str(run.lab.path))
        html = lab_html(LabRun(run.lab, (run.cells[int(place)],)), widget=lambda _address: "")
        # The stylesheet of the figures is loaded once, by the page.
        return [nodes.raw("", _STYLE.sub("", html), format="html")]


def _cell(lab: Lab, place: int, cell: Cell) -> str:
    text = cell.source.strip()
    if cell.kind == "exercise":
        heading, _, rest = text.partition("\n") if text.startswith("#") else ("", "", text)
        text = f"{heading}\n\n:::{{container}} lab-exercise\n{rest.strip()}\n:::"
    elif cell.kind != "text":
        text = f"```{{lab-cell}} {lab.name} {place}\n```"
    if cell.explorer:
        page = cell.explorer.partition("?")[0]
        text += (
            "\n\n:::{container} lab-live\nTo try it live, run `infoscope explore` and open "
            f"the page `{page}`.\n:::"
        )
    return text


def page_of(lab: Lab) -> str:
    """Return the page of a lab as Markdown."""
    cells = [_cell(lab, i, cell) for i, cell in enumerate(lab.cells)]
    foot = (
        f":::{{container}} lab-foot\nRun it: `infoscope labs run {lab.slug}`. Solve it: "
        f"`infoscope labs check {lab.slug}`.\n"
        f"This page was made by running `labs/lessons/{lab.path.name}`.\n:::"
    )
    return "\n\n".join([*cells, foot, ""])


def _write_pages(app: Sphinx) -> None:
    folder = Path(app.srcdir, "labs")
    pages = {f"{lab.name}.md": page_of(lab) for lab in all_labs()}
    for name, text in pages.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in folder.glob("[0-9][0-9]_*.md"):
        if path.name not in pages:
            path.unlink()


class LabList(SphinxDirective):
    """A list of all labs with their first sentences."""

    def run(self) -> list[nodes.Node]:
        """Write it as definitions."""
        lines: list[str] = []
        for lab in all_labs():
            self.env.note_dependency(str(lab.path))
            about = lab.about if len(lab.about) < 220 else lab.about[:220].rsplit(" ", 1)[0] + " …"
            about = re.sub(r"[\\{}<>|]", "", about)
            lines += [f"[{lab.number:02d} · {lab.title}]({lab.name}.md)", f": {about}", ""]
        return self.parse_text_to_nodes("\n".join(lines))


class Systems(SphinxDirective):
    """The table of systems: rows as written, and the labs that claim each."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Add a column of links."""
        lines = [
            "| no. | system | read | call | page or command | labs |",
            "|---|---|---|---|---|---|",
        ]
        for row in self.content:
            code = row.split("|")[1].strip()
            labs = [lab for lab in all_labs() if code in lab.covers]
            links = ", ".join(f"[{lab.slug.replace('_', ' ')}](labs/{lab.name}.md)" for lab in labs)
            lines.append(f"{row} {links} |")
        return self.parse_text_to_nodes("\n".join(lines))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives and the writing of pages."""
    app.add_directive("lab-cell", LabCell)
    app.add_directive("lab-list", LabList)
    app.add_directive("systems", Systems)
    app.connect("builder-inited", _write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
