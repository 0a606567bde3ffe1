"""`infoscope demo`: a real text and a real table, measured now and shown in one HTML report."""

from __future__ import annotations

import argparse

from infoscope.cli import table_command, text_command
from infoscope.cli.output import check_outputs, made_by, note, say
from infoscope.core.errors import MissingExtra
from infoscope.core.extras import install_line, is_installed, own_command
from infoscope.data import path_of

__all__ = ["configure"]

DESCRIPTION = """\
Measure two things that come with infoscope, now, on this machine: the first chapter of Alice in
Wonderland under a real language model, and the Palmer penguins, a table with missing values. What
was found is printed, and written to one HTML file that needs no network and no script.

What is missing for it is named first, with the one line that gets it.
"""
#: extra -> the modules of it that the demo imports
MODULES = {"language": ("torch", "tokenizers", "safetensors"), "tables": ("pyarrow", "numba")}


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
    _check_ready()
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


def _check_ready() -> None:
    """Name everything that is missing, packages and model, with one line that gets it all."""
    from infoscope.language.store import BUILTIN, models

    missing = [name for names in MODULES.values() for name in names if not is_installed(name)]
    extras = [extra for extra, names in MODULES.items() if {*names} & {*missing}]
    model = BUILTIN["smollm2"]
    lines = [install_line(*extras)] if extras else []
    if not all(entry.installed for entry in models() if entry.model == model):
        missing.append(
            f"the model {model.name} ({model.download_bytes / 1e6:.0f} MB to download, "
            f"{model.disk_bytes / 1e6:.0f} MB on disk, {model.licence})"
        )
        lines.append(f"{own_command()} models install {model.name}")
    if lines:
        what = ", ".join(missing)
        raise MissingExtra(f"infoscope demo: what is missing: {what}. Run: {' && '.join(lines)}")
