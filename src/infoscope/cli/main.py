"""The `infoscope` command: read the command line, run one command, turn errors into one sentence.

Exit codes: 0 fine; 1 the data, the model or the installation is at fault; 2 the command line is.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence

import infoscope
from infoscope.cli.output import visible
from infoscope.core.errors import InfoscopeError, InvalidArgument, WrongType

__all__ = ["COMMANDS", "main", "whole_parser"]

#: command -> one line for the overview; each lives in a module of its own, loaded to run
COMMANDS = {
    "text": "how surprised a language model is by a text: bits per byte, perplexity, each token",
    "compare": "how far two language models part on a text: exact KL, bits per byte, worst places",
    "temperature": "a text's cost and entropy at every temperature, the best one, and samples",
    "lens": "what each layer of a language model would say next: entropy, surprisal, KL",
    "corpus": "which documents of a corpus are repeated, garbled, odd or perhaps known",
    "ladder": "one held-out text under model after model, uniform to transformer, in bits per byte",
    "rate": "bounds on the entropy rate of a language, with Shannon's guessing game",
    "compress": "any file in fewer bytes, checked, by a language model or byte models",
    "decompress": "get back exactly what was compressed, or a sentence that says why not",
    "table": "which columns of a table carry information about which, in bits, with error bars",
    "select": "the few columns that together tell most about a target, with tests",
    "drift": "what changed between two tables: each column, its gaps, and how columns go together",
    "labs": "worked labs with exercises: list, run, check your answers, take one home",
    "explore": "the same ideas alive in the browser: drag, type, open a file of your own",
    "probe": "what saved activations of a network tell of labels, layer by layer, in bits",
    "demo": "a real text and a real table, measured now and shown in one HTML report",
    "models": "list, install or remove language models, or train a small one on a text",
    "doctor": "check the installation and say what is missing and how to get it",
    "completion": "a script that lets your shell complete commands and options by Tab",
}

EPILOG = """\
examples:
  infoscope text chapter.txt                        bits per byte, perplexity, the surprises
  infoscope text chapter.txt --html report.html     the same as a page to look at
  infoscope table data.csv --target price           what the other columns know about price
  infoscope select data.csv --target price -k 10    the ten columns worth keeping
  infoscope drift january.csv february.csv          what changed, beyond chance
  infoscope table data.parquet --json -             machine-readable, on stdout
  infoscope demo                                    start here

Results go to stdout, progress to stderr. Exit codes: 0 fine; 1 the data, the model or the
installation is at fault; 2 the command line is. `infoscope COMMAND --help` says more.
"""


class _Parser(argparse.ArgumentParser):
    """An argument parser whose usage errors are one line and point to the help."""

    def error(self, message: str) -> None:  # type: ignore[override]
        sys.stderr.write(f"{self.prog}: {visible(message)}. Try: {self.prog} --help\n")
        raise SystemExit(2)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's own) and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):  # what their encoding cannot hold is spelled
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        parser = _parser(arguments)
        args = parser.parse_args(arguments)
        code = args.run(args)
        sys.stdout.flush()
        return code
    except SystemExit as stop:  # argparse: help and usage errors
        return stop.code if isinstance(stop.code, int) else 2
    except (InvalidArgument, WrongType) as error:
        return _complain(error, 2)
    except InfoscopeError as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        sys.stderr.write("\ninfoscope: stopped; no file is half-written.\n")
        return 130
    except BrokenPipeError:  # the reader (head, less) has seen enough
        _forget_stdout()
        return 0
    except OSError as error:  # a disk that is full or gone, more open files than allowed
        _forget_stdout()
        return _complain(f"infoscope: the system refused to go on; got {error}.", 1)
    except MemoryError as error:
        short = f" ({error})" if str(error) else ""
        return _complain(f"infoscope: this needs more memory than there is{short}.", 1)


def _complain(error: object, code: int) -> int:
    sys.stderr.write(f"{visible(str(error))}\n")
    return code


def _forget_stdout() -> None:
    """Let what is still waiting for a stdout that takes no more go nowhere, without a traceback."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def whole_parser() -> argparse.ArgumentParser:
    """Return the parser with every command's options; `main` makes those of one command only."""
    return _parser(list(COMMANDS), every=True)


def _parser(arguments: Sequence[str], *, every: bool = False) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="infoscope",
        description="Information theory for machine learning: measure it, estimate it, see it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"infoscope {infoscope.__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    named = next((word for word in arguments if not word.startswith("-")), None)
    for name, summary in COMMANDS.items():
        command = subparsers.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if every or name == named:  # only the command that runs is imported
            importlib.import_module(f"infoscope.cli.{name}_command").configure(command)
    return parser
