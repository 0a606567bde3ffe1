"""`Lab`: one worked lab, found by its name or number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from infoscope.core.errors import UnknownName, sentence
from infoscope.labs.cells import Cell, read_cells

__all__ = ["LESSONS", "Lab", "all_labs", "find_lab", "read_lab"]

#: The folder of the labs, named NN_slug.py in teaching order.
LESSONS = Path(str(files("infoscope.labs"))) / "lessons"

_NAME = re.compile(r"^(\d\d)_(\w+)\.py$")


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab: cells of text, code, exercises and quizzes.

    `about` is the first paragraph after the title, without Markdown's marks.
    """

    number: int
    slug: str
    title: str
    about: str
    cells: tuple[Cell, ...]
    path: Path

    @property
    def name(self) -> str:
        """Number and slug, as in the file's name."""
        return f"{self.number:02d}_{self.slug}"

    @property
    def covers(self) -> tuple[str, ...]:
        """What the cells answer for, in order, each once."""
        return tuple(dict.fromkeys(word for cell in self.cells for word in cell.covers))

    def of_kind(self, kind: str) -> tuple[Cell, ...]:
        """Return the cells of one kind, in order."""
        return tuple(cell for cell in self.cells if cell.kind == kind)


def read_lab(path: Path) -> Lab:
    """Read a lab from a file named NN_slug.py; other names get the number 0."""
    matched = _NAME.match(path.name)
    number, slug = (int(matched[1]), matched[2]) if matched else (0, path.stem)
    cells = read_cells(path.read_text(encoding="utf-8"), path.name)
    title, _, rest = cells[0].source.partition("\n")
    about = re.sub(r"[*_`$]", "", rest.strip().split("\n\n")[0]).replace("\n", " ")
    return Lab(number, slug, title.removeprefix("# ").strip(), about, cells, path)


@cache
def all_labs() -> tuple[Lab, ...]:
    """Return the labs that come with the library, in teaching order."""
    return tuple(read_lab(path) for path in sorted(LESSONS.glob("[0-9][0-9]_*.py")))


def find_lab(name: str) -> Lab:
    """Return the lab called `name`: its slug, its number, or both as in the file's name.

    Raises
    ------
    UnknownName
        If no lab answers to it.
    """
    wanted = name.strip().lower().removesuffix(".py")
    for lab in all_labs():
        if wanted in (lab.slug, lab.name, str(lab.number), f"{lab.number:02d}"):
            return lab
    near = [lab.slug for lab in all_labs() if wanted and wanted in lab.slug]
    advice = f"Did you mean {near[0]!r}?" if near else "List them: infoscope labs list."
    raise UnknownName(
        sentence("find_lab", "name", "be the slug or number of a lab", repr(name), advice)
    )
