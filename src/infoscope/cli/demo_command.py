"""`infoscope demo`: a real text and a real table, measured now and shown in one HTML report."""

from __future__ import annotations

import argparse

from infoscope.cli import table_command, text_command
from infoscope.cli.output import check_outputs, made_by, note, say
from infoscope.data import path_of

__all__ = ["configure"]

DESCRIPTION = """\
Measure two things that come with infoscope, now, on this machine: the first chapter of Alice in
Wonderland under a real language model, and the Palmer penguins, a table with missing values. What
was found is printed, and written to one HTML file that needs no network and no script.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope demo`."""
    parser.description = DESCRIPTION
    parser.add_argument(
        "--html", metavar="OUT", default="infoscope-report.html",
        help="where to write the report (default: infoscope-report.html)",
    )  # fmt: skip
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    check_outputs(args, "demo")
    from infoscope.figures import page, save_page
    from infoscope.language import score
    from infoscope.language.report import text_sections
    from infoscope.tables import scan
    from infoscope.tables.report import table_sections

    table = scan(path_of("penguins.csv"), target="species")
    say("\n".join(table_command.describe(table, target="species", top=10)))
    say()
    note("reading a chapter with a language model (some seconds) ...")
    text = score(path_of("alice_chapter_1.txt").read_bytes())
    say("\n".join(text_command.describe(text, name="Alice, chapter I", top=8)))
    html = page(
        "What infoscope sees",
        [*text_sections(text), *table_sections(table)],
        subtitle="A real text under a real language model, and a real table, in bits.",
        footer=f"{made_by()} The text is in the public domain; the penguins are CC0.",
    )
    path = save_page(args.html, html)
    say()
    say(f"The report is {path}: open it in a browser.")
    return 0
