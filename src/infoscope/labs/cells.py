"""A lab file read as cells: the percent format of Jupytext, and what a lab adds to it.

A cell starts at a line ``# %%``. After it may stand ``[markdown]`` and settings ``name="value"``:

    # %% [markdown] covers="S1 T1.1"           text; `covers` names what it answers for
    # %%                                       code, whose last expression is shown
    # %% [markdown] exercise="die"             a task; the answer and check of the same name follow
    # %% answer="die"                          folded code, which a learner replaces
    # %% check="die"                           assertions about the answer
    # %% quiz="units"                          a dict: ask, options, answer (an index), why
    # %% [markdown] explorer="entropy?w=1,2"   text followed by a page of the explorer

Any editor that knows the format runs a lab cell by cell, and Jupytext makes a notebook of it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from infoscope.core.errors import DataError

__all__ = ["Cell", "Kind", "Quiz", "read_cells"]

Kind: TypeAlias = Literal["text", "code", "exercise", "answer", "check", "quiz"]

_START = re.compile(r"^# %%(?P<rest>.*)$")
_SETTING = re.compile(r'(\w+)="([^"]*)"')
_KINDS: dict[str, Kind] = {
    "exercise": "exercise",
    "answer": "answer",
    "check": "check",
    "quiz": "quiz",
}
_OTHERS = ("covers", "explorer")


@dataclass(frozen=True, slots=True)
class Quiz:
    """A question with a few answers, one of them right, and the reason."""

    ask: str
    options: tuple[str, ...]
    answer: int
    why: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its kind, its source (Markdown or code) and where in the file that begins."""

    kind: Kind
    source: str
    line: int
    key: str = ""
    covers: tuple[str, ...] = ()
    explorer: str = ""

    @property
    def quiz(self) -> Quiz:
        """The question of a cell of kind "quiz"."""
        found = ast.literal_eval(ast.parse(self.source).body[0].value)  # type: ignore[attr-defined]
        return Quiz(found["ask"], tuple(found["options"]), found["answer"], found["why"])


def read_cells(text: str, name: str) -> tuple[Cell, ...]:
    r"""Return the cells of a lab; `name` is what errors call it.

    Raises
    ------
    DataError
        If the first cell is no text, a setting is unknown, a key is used twice, an exercise lacks
        its answer or check, or a quiz is not made of `ask`, `options`, `answer` and `why`.

    Examples
    --------
    >>> [cell.kind for cell in read_cells("# %% [markdown]\n# # Title\n# %%\n1 + 1\n", "a")]
    ['text', 'code']
    """
    lines = text.splitlines()
    starts = [i for i, line in enumerate(lines) if _START.match(line)]
    stops = [*starts[1:], len(lines)] if starts else []
    cells = [
        _cell(lines[start], lines[start + 1 : stop], start + 2, name)
        for start, stop in zip(starts, stops, strict=True)
    ]
    if not cells or cells[0].kind != "text" or not cells[0].source.startswith("# "):
        raise DataError(
            f"read_cells: {name} must begin with a text cell whose first line is a title."
        )
    _check_keys(cells, name)
    return tuple(cells)


def _cell(head: str, body: list[str], line: int, name: str) -> Cell:
    rest = head[4:]
    settings = dict(_SETTING.findall(rest))
    left = _SETTING.sub("", rest).replace("[markdown]", "").strip()
    unknown = sorted(set(settings) - set(_KINDS) - set(_OTHERS))
    roles = [word for word in _KINDS if word in settings]
    if left or unknown or len(roles) > 1:
        raise DataError(
            f"read_cells: line {line - 1} of {name} must hold [markdown], one of "
            f"{', '.join(_KINDS)}, and {' or '.join(_OTHERS)}; got {head!r}."
        )
    is_text = "[markdown]" in rest
    kind: Kind = _KINDS[roles[0]] if roles else "text" if is_text else "code"
    if is_text != (kind in ("text", "exercise")):
        need = "a text cell ([markdown])" if kind == "exercise" else "a code cell"
        raise DataError(f"read_cells: {kind} in line {line - 1} of {name} must be {need}.")
    while body and not body[-1].strip():
        body = body[:-1]
    source = "\n".join(_uncommented(body) if is_text else body)
    cell = Cell(
        kind,
        source,
        line,
        settings[roles[0]] if roles else "",
        tuple(settings.get("covers", "").split()),
        settings.get("explorer", ""),
    )
    if kind == "quiz":
        _check_quiz(cell, name)
    return cell


def _uncommented(body: list[str]) -> list[str]:
    """Return the lines of a text without the comment sign."""
    return [re.sub(r"^# ?", "", line) for line in body]


def _check_quiz(cell: Cell, name: str) -> None:
    try:
        quiz = cell.quiz
        right = (
            isinstance(quiz.answer, int)
            and 0 <= quiz.answer < len(quiz.options)
            and len(quiz.options) >= 2
            and all(isinstance(word, str) and word for word in (quiz.ask, quiz.why, *quiz.options))
        )
    except (SyntaxError, ValueError, AttributeError, IndexError, KeyError, TypeError):
        right = False
    if not right:
        raise DataError(
            f"read_cells: quiz {cell.key!r} in line {cell.line} of {name} must be one dict of "
            "literals: ask, options (two or more), answer (index of the right one) and why."
        )


def _check_keys(cells: list[Cell], name: str) -> None:
    keys: dict[str, list[str]] = {word: [] for word in _KINDS}
    for cell in cells:
        if cell.key:
            keys[cell.kind].append(cell.key)
    for kind, found in keys.items():
        twice = sorted({key for key in found if found.count(key) > 1})
        if twice:
            raise DataError(f"read_cells: {name} uses the {kind} {twice[0]!r} twice.")
    wanted = set(keys["exercise"])
    for kind in ("answer", "check"):
        if set(keys[kind]) != wanted:
            odd = sorted(set(keys[kind]) ^ wanted)[0]
            raise DataError(
                f"read_cells: each exercise of {name} must have one answer and one check; "
                f"{odd!r} lacks one."
            )
