"""`infoscope completion`: a script that teaches your shell the commands and options."""

from __future__ import annotations

import argparse

from infoscope.cli.output import say
from infoscope.core.extras import require

__all__ = ["FILES", "configure"]

#: What options and arguments of files are called in the usage; the Tab key offers file names there.
FILES = frozenset({"FILE", "OUT", "PATH", "FOLDER", "DIR", "REFERENCE", "CURRENT", "ACTS"})


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope completion`."""
    parser.epilog = (
        "examples:\n"
        "  infoscope completion bash > ~/.local/share/bash-completion/completions/infoscope\n"
        "  infoscope completion zsh > ~/.zfunc/_infoscope      (with ~/.zfunc in your fpath)\n"
        "\nMake it anew after an update; open a new shell to use it."
    )
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="which shell")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from infoscope.cli.main import whole_parser

    shtab = require("shtab", extra="shell", purpose="completing commands")
    parser = whole_parser()
    _mark(parser, shtab.FILE)
    say(shtab.complete(parser, shell=args.shell))
    return 0


def _mark(parser: argparse.ArgumentParser, file: object) -> None:
    """Tell which arguments are files, here and in every command below."""
    for action in parser._actions:  # argparse offers no other way in
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                _mark(command, file)
        elif action.metavar in FILES:
            action.complete = file  # type: ignore[attr-defined]
