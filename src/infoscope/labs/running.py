"""Run the cells of a lab and keep what they show."""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

from infoscope.core.extras import install_line
from infoscope.labs.cells import Cell
from infoscope.labs.lab import Lab
from infoscope.labs.mode import Mode, mode

__all__ = ["CellRun", "LabRun", "Output", "lab_cells", "run_lab"]


#: What labs import themselves, and the extra that brings it.
_EXTRAS = {"torch": "train", "sklearn": "sklearn"}


@dataclass(frozen=True, slots=True)
class Output:
    """Something a cell showed: always as text, and as HTML where it has a picture."""

    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class CellRun:
    """A cell, what it showed, and the error that stopped it, in words (or "")."""

    cell: Cell
    outputs: tuple[Output, ...] = ()
    error: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class LabRun:
    """All cells of a lab with what they showed."""

    lab: Lab
    cells: tuple[CellRun, ...]

    @property
    def errors(self) -> tuple[CellRun, ...]:
        """The cells that failed."""
        return tuple(run for run in self.cells if run.error)

    @property
    def seconds(self) -> float:
        """How long the code took."""
        return sum(run.seconds for run in self.cells)


def run_lab(
    lab: Lab,
    *,
    chosen: Mode = "quick",
    replace: Mapping[str, str] | None = None,
    tell: Callable[[CellRun], None] | None = None,
    go_on: bool = False,
) -> LabRun:
    """Run a lab from top to bottom in a namespace of its own.

    Parameters
    ----------
    lab : Lab
        What to run.
    chosen : {"quick", "full", "record"}, default "quick"
        Whether long computations are read from the record, done, or done and recorded.
    replace : mapping of str to str, optional
        Exercise -> source of the answer to run instead of the lab's own.
    tell : callable, optional
        Called with each cell as it is done.
    go_on : bool, default False
        Whether the cells after a failing one are run too.

    Returns
    -------
    LabRun
        Every cell reached, in order.

    Notes
    -----
    Runs code: the lab's own, and that of `replace`. Nothing is isolated.
    """
    done: list[CellRun] = []
    for run in lab_cells(lab, chosen=chosen, replace=replace, go_on=go_on):
        done.append(run)
        if tell is not None:
            tell(run)
    return LabRun(lab, tuple(done))


def lab_cells(
    lab: Lab,
    *,
    chosen: Mode = "quick",
    replace: Mapping[str, str] | None = None,
    go_on: bool = False,
) -> Iterator[CellRun]:
    """Yield the cells of a lab as they are run; the arguments are those of `run_lab`."""
    replace = replace or {}
    space: dict[str, Any] = {"__name__": "__lab__", "__file__": str(lab.path)}
    for cell in lab.cells:
        if cell.kind in ("code", "answer", "check"):
            own = cell.kind == "answer"
            source = replace.get(cell.key, cell.source) if own else cell.source
            with mode(chosen):
                run = _run(cell, source, space, lab.path.name)
        else:
            run = CellRun(cell)
        yield run
        if run.error and not go_on:
            return


def _run(cell: Cell, source: str, space: dict[str, Any], name: str) -> CellRun:
    started = time.perf_counter()
    outputs: list[Output] = []
    printed = io.StringIO()
    error = ""
    try:
        body, last = _compiled(source, f"<{name}, line {cell.line}>")
        with contextlib.redirect_stdout(printed):
            exec(body, space)
            value = eval(last, space) if last is not None else None
        outputs += _shown(printed, value)
    except Exception as problem:  # noqa: BLE001 - whatever a cell raises is shown as its result
        outputs += _shown(printed, None)
        error = _told(problem)
    return CellRun(cell, tuple(outputs), error, time.perf_counter() - started)


def _compiled(source: str, name: str) -> tuple[CodeType, CodeType | None]:
    """Return the statements, and the last expression if the source ends with one."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    tree = ast.parse(source, name)
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]
        return compile(tree, name, "exec"), compile(last, name, "eval")
    return compile(tree, name, "exec"), None


def _shown(printed: io.StringIO, value: object) -> list[Output]:
    text = printed.getvalue().rstrip()
    outputs = [Output(text)] if text else []
    if value is not None:
        outputs.append(_output(value))
    return outputs


def _output(value: object) -> Output:
    """Return a value as a notebook would show it."""
    if (
        type(value).__module__ == "numpy"
        and hasattr(value, "item")
        and not hasattr(value, "__len__")
    ):
        value = value.item()  # type: ignore[attr-defined]
    for name in ("_repr_html_", "_repr_svg_"):
        make = getattr(value, name, None)
        html = make() if callable(make) else None
        if isinstance(html, str):
            return Output(_as_text(value), html)
    return Output(_as_text(value))


def _as_text(value: object) -> str:
    title, about = getattr(value, "title", None), getattr(value, "description", None)
    if isinstance(title, str) and isinstance(about, str) and hasattr(value, "svg"):
        return f"[{title}] {about}"
    return str(value) if hasattr(value, "_repr_html_") else repr(value)


def _told(problem: BaseException) -> str:
    """Return the last lines of a traceback: where in the cell, and what."""
    where = [frame for frame in traceback.extract_tb(problem.__traceback__) if frame.name != "_run"]
    own = next((frame for frame in reversed(where) if frame.filename.startswith("<")), None)
    line = f"line {own.lineno} of the cell: {own.line}\n" if own is not None else ""
    words = traceback.format_exception_only(problem)[-1].strip()
    if isinstance(problem, ModuleNotFoundError) and problem.name in _EXTRAS:
        extra = _EXTRAS[problem.name]
        return (
            f"{line}This lab needs {problem.name}, which is not installed. "
            f"Run: {install_line('labs', extra)}"
        )
    return f"{line}{words}"
