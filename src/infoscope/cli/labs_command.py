"""`infoscope labs`: list the labs, run one in the terminal, check answers, take one home."""

from __future__ import annotations

import argparse
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from infoscope.cli.output import grid, note, say, visible
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.files import write_text

if TYPE_CHECKING:
    from infoscope.labs.running import CellRun

__all__ = ["configure"]

EPILOG = """\
examples:
  infoscope labs list
  infoscope labs run surprisal                  read and run it here, quizzes and answers folded
  infoscope labs run surprisal --answers        with the worked answers
  infoscope labs export surprisal mine.py       the file with blanks where answers go
  infoscope labs check surprisal mine.py        which of your answers are right
  infoscope labs export surprisal mine.ipynb    the same as a notebook
  infoscope labs run vae --full                 train anew instead of reading recorded results

A lab runs in quick mode in less than a minute: long trainings are read from a record. With --full
they are done again and compared with it. `infoscope explore` shows the labs with their pictures.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope labs`."""
    parser.epilog = EPILOG
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the labs in teaching order")
    listing.set_defaults(run=_list)
    run = actions.add_parser("run", help="run a lab and show it in the terminal")
    run.add_argument("name", metavar="NAME", help="slug or number of a lab, or 'all'")
    run.add_argument("--full", action="store_true", help="do long computations, compare them with "
                     "the record")  # fmt: skip
    run.add_argument("--record", action="store_true", help="do them and write the record anew")
    run.add_argument("--answers", action="store_true", help="show the worked answers and checks")
    run.add_argument("--quiet", action="store_true", help="show only what fails")
    run.set_defaults(run=_run)
    check = actions.add_parser("check", help="check the answers in a file of yours")
    check.add_argument("name", metavar="NAME", help="slug or number of a lab")
    check.add_argument("file", metavar="FILE", nargs="?", help="your copy, made by 'export' "
                       "(default: the lab's own answers)")  # fmt: skip
    check.set_defaults(run=_check)
    export = actions.add_parser("export", help="write a lab to a file of yours")
    export.add_argument("name", metavar="NAME", help="slug or number of a lab")
    export.add_argument("file", metavar="FILE", help="ends in .py or .ipynb")
    export.add_argument("--answers", action="store_true", help="leave the worked answers in")
    export.add_argument("--force", action="store_true", help="overwrite the file")
    export.set_defaults(run=_export)
    covered = actions.add_parser("coverage", help="which lab, page or test answers for what")
    covered.set_defaults(run=_coverage)


def _list(_: argparse.Namespace) -> int:
    from infoscope.labs import all_labs

    rows = [["", "lab", "exercises", "what it is about"]]
    for lab in all_labs():
        tasks = len(lab.of_kind("exercise"))
        rows.append([str(lab.number), lab.slug, str(tasks) if tasks else "", lab.title])
    for line in grid(rows, align="><><"):
        say(line)
    return 0


def _run(args: argparse.Namespace) -> int:
    from infoscope.labs import all_labs, find_lab, run_lab

    labs = all_labs() if args.name == "all" else (find_lab(args.name),)
    failed = 0

    def tell(run: CellRun) -> None:
        if not args.quiet or run.error:
            _show(run, answers=args.answers)

    for lab in labs:
        chosen = "record" if args.record else "full" if args.full else "quick"
        note(f"Lab {lab.number}, {lab.slug}: {chosen} mode")
        done = run_lab(lab, chosen=chosen, tell=tell)
        failed += bool(done.errors)
        note(f"  {'FAILED' if done.errors else 'fine'} in {done.seconds:.1f} s")
    return 1 if failed else 0


def _show(run: CellRun, *, answers: bool) -> None:
    """Print a cell and what it showed."""
    cell = run.cell
    folded = cell.kind in ("answer", "check") and not answers and not run.error
    if folded:
        if cell.kind == "answer":
            say("  (the worked answer: --answers)\n")
        return
    if cell.kind in ("text", "exercise"):
        head = "EXERCISE  " if cell.kind == "exercise" else ""
        for part in cell.source.split("\n\n"):
            say(_paragraph(head + part.lstrip("# ") if head else part) + "\n")
            head = ""
        return
    if cell.kind == "quiz":
        quiz = cell.quiz
        say(f"QUESTION  {quiz.ask}")
        for i, option in enumerate(quiz.options):
            say(f"   {'abcdefgh'[i]}) {option}")
        if answers:
            say(f"   → {'abcdefgh'[quiz.answer]}: {quiz.why}")
        say()
        return
    for line in cell.source.splitlines():
        say(f"    {line}")
    for output in run.outputs:
        say(textwrap.indent(output.text, "  │ "))
    if run.error:
        say(textwrap.indent(run.error, "  ! "))
    say()


def _paragraph(text: str) -> str:
    r"""Fold a paragraph of Markdown; points of a list and formulas of their own begin a line.

    >>> print(_paragraph("Two\nwords:\n- one\n- two\n$$a = b$$\nand $more$"))
    Two words:
    - one
    - two
        a = b
    and $more$
    """
    lines: list[str] = []
    for piece in re.split(r"(\$\$.+?\$\$)|\n(?=- )", text, flags=re.DOTALL):
        words = visible(" ".join((piece or "").split()))
        if words.startswith("$$"):
            lines.append(f"    {words.strip('$ ')}")
        elif words:
            hanging = "  " if words.startswith("- ") else ""
            lines.append(textwrap.fill(words, 92, subsequent_indent=hanging))
    return "\n".join(lines)


def _check(args: argparse.Namespace) -> int:
    from infoscope.labs import check_lab, find_lab

    lab = find_lab(args.name)
    found = check_lab(lab, Path(args.file) if args.file else None)
    for each in found.exercises:
        sign = {"right": "✓", "wrong": "✗", "open": "·"}[each.state]
        say(f"  {sign} {each.key}: {each.state}")
        if each.why:
            say(textwrap.indent(visible(each.why).replace("\\n", "\n"), "      "))
    say(f"{found.n_right} of {len(found.exercises)} right")
    return 0 if found.n_right == len(found.exercises) else 1


def _export(args: argparse.Namespace) -> int:
    from infoscope.labs import blank_lab, find_lab

    lab, path = find_lab(args.name), Path(args.file)
    if path.suffix not in (".py", ".ipynb"):
        raise InvalidArgument(
            sentence("infoscope labs export", "FILE", "end in .py or .ipynb", repr(args.file))
        )
    if path.exists() and not args.force:
        raise InvalidArgument(
            sentence(
                "infoscope labs export", "FILE", "be a new file", repr(args.file),
                "Add --force to overwrite it.",
            )
        )  # fmt: skip
    if path.suffix == ".ipynb":
        from infoscope.labs.notebook import lab_notebook

        text = lab_notebook(lab, blank=not args.answers)
    else:
        text = lab.path.read_text(encoding="utf-8") if args.answers else blank_lab(lab)
    write_text(path, text, function="infoscope labs export")
    note(f"wrote {path}; check your answers with: infoscope labs check {lab.slug} {path}")
    return 0


def _coverage(_: argparse.Namespace) -> int:
    from infoscope.labs.coverage import coverage_markdown

    say(coverage_markdown().rstrip())
    return 0
