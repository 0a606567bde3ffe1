"""A learner's own answers: the file with blanks to fill, and what the checks say of it."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from pathlib import Path

from infoscope.core.errors import DataError, NotFound, sentence
from infoscope.labs.cells import read_cells
from infoscope.labs.lab import Lab
from infoscope.labs.running import run_lab

__all__ = ["Checked", "LabCheck", "blank_answer", "blank_lab", "check_lab"]


@dataclass(frozen=True, slots=True)
class Checked:
    """One exercise: "right", "wrong" (and why), or "open" where nothing was filled in."""

    key: str
    state: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class LabCheck:
    """What the checks of a lab say of someone's answers."""

    lab: Lab
    exercises: tuple[Checked, ...]

    @property
    def n_right(self) -> int:
        """How many exercises are right."""
        return sum(each.state == "right" for each in self.exercises)


def blank_answer(source: str) -> str:
    r"""Return an answer with everything to be found out replaced by ``...``.

    >>> print(blank_answer("import math\nbits = math.log2(6)"))
    import math
    bits = ...
    """
    lines: list[str] = []
    for node in ast.parse(source).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            lines.append(ast.unparse(node))
        elif isinstance(node, ast.Assign):
            lines += [f"{ast.unparse(target)} = ..." for target in node.targets]
        elif isinstance(node, ast.AnnAssign):
            lines.append(f"{ast.unparse(node.target)} = ...")
        elif isinstance(node, ast.FunctionDef):
            head = ast.get_docstring(node)
            node.body = [
                *([ast.Expr(ast.Constant(head))] if head else []),
                ast.Expr(ast.Constant(...)),
            ]
            lines.append(ast.unparse(ast.fix_missing_locations(node)))
    return "\n".join(dict.fromkeys(lines))


def blank_lab(lab: Lab) -> str:
    """Return the lab's file with blank answers, for a learner to fill in."""
    text = lab.path.read_text(encoding="utf-8")
    for cell in lab.of_kind("answer"):
        text = text.replace(cell.source, blank_answer(cell.source), 1)
    return text


def check_lab(lab: Lab, answers: Path | None = None) -> LabCheck:
    """Check the answers in a learner's file, or the lab's own.

    Parameters
    ----------
    lab : Lab
        Whose checks are made; those in the learner's file are not looked at.
    answers : Path, optional
        A copy of the lab with answers filled in, a script or a notebook.

    Returns
    -------
    LabCheck
        One state an exercise.

    Raises
    ------
    NotFound
        If the file is not there.
    DataError
        If the file is no lab.
    """
    given: dict[str, str] = {}
    if answers is not None:
        if not answers.is_file():
            raise NotFound(
                sentence("check_lab", "answers", "be the file of a lab", repr(str(answers)))
            )
        given = _given(answers)
    blank = {
        cell.key
        for cell in lab.of_kind("answer")
        if answers is not None and _is_blank(given.get(cell.key, ""), cell.source)
    }
    if blank and blank == {cell.key for cell in lab.of_kind("exercise")}:
        return LabCheck(lab, tuple(Checked(cell.key, "open") for cell in lab.of_kind("exercise")))
    # What is left open is answered by the lab itself, so that what follows still runs.
    replace = {key: source for key, source in given.items() if key not in blank}
    run = run_lab(lab, replace=replace, go_on=True)
    wrong: dict[str, str] = {}
    for each in run.cells:
        if each.error and each.cell.kind in ("answer", "check"):
            wrong.setdefault(each.cell.key, each.error)
    return LabCheck(
        lab,
        tuple(
            Checked(cell.key, "open")
            if cell.key in blank
            else Checked(cell.key, "wrong", wrong[cell.key])
            if cell.key in wrong
            else Checked(cell.key, "right")
            for cell in lab.of_kind("exercise")
        ),
    )


def _given(answers: Path) -> dict[str, str]:
    """Return the source of each answer in a learner's script or notebook."""
    try:
        text = answers.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise DataError(
            sentence("check_lab", "answers", "be a file of text in UTF-8",
                     f"{str(answers)!r} ({error})", "Save it as UTF-8.")
        ) from None  # fmt: skip
    if answers.suffix != ".ipynb":
        cells = read_cells(text, answers.name)
        return {cell.key: cell.source for cell in cells if cell.kind == "answer"}
    try:
        return {
            cell["metadata"]["answer"]: "".join(cell["source"])
            for cell in json.loads(text)["cells"]
            if cell["cell_type"] == "code" and "answer" in cell["metadata"]
        }
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            sentence("check_lab", "answers", "be a Jupyter notebook", f"{answers.name}: {error!r}",
                     "Export the lab once more and copy your answers over.")
        ) from None  # fmt: skip


def _is_blank(source: str, own: str) -> bool:
    try:
        return ast.dump(ast.parse(source)) == ast.dump(ast.parse(blank_answer(own))) or not source
    except SyntaxError:
        return False
