"""`infoscope rate`: bounds on the entropy rate of the language of a text."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from infoscope.cli.arguments import add_model, add_outputs, name_of, read_text
from infoscope.cli.output import check_outputs, deliver, grid, visible

if TYPE_CHECKING:
    from infoscope.language import RateBounds

__all__ = ["configure", "describe"]

EPILOG = """\
The entropy rate is what a character of the language carries once all before it is known. It cannot
be measured, only bounded: from above by every code and every model, from below by Shannon's
guessing game. Each line says which way it errs.

examples:
  infoscope rate book.txt
  infoscope rate book.txt --model smollm2 --html rate.html
  infoscope rate genome.txt --per byte --blocks 10
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope rate`."""
    parser.epilog = EPILOG
    parser.add_argument("file", metavar="FILE", help="a text file ('-': stdin)")
    parser.add_argument(
        "--per", choices=["character", "byte"], default="character",
        help="what a symbol is (default: character)",
    )  # fmt: skip
    add_model(parser, None, "one more model: a name, a Hugging Face folder or a GGUF file")
    parser.add_argument(
        "--blocks", type=int, default=5, metavar="N", help="longest block counted (default: 5)"
    )
    parser.add_argument(
        "--held-out", type=float, default=0.2, metavar="X",
        help="share of the text, its end, on which models are judged (default: 0.2)",
    )  # fmt: skip
    add_outputs(parser)
    parser.set_defaults(run=_run)


def describe(found: RateBounds, *, name: str) -> list[str]:
    """Return the lines that tell a person what the bounds are."""
    rows = [["method", "kind", f"bits/{found.per}", "which way it errs"]]
    for bound in found.bounds:
        bar = "" if not bound.estimate.stderr else f" ± {bound.estimate.stderr:.3f}"
        rows.append([bound.name, bound.kind, f"{bound.estimate.value:.3f}{bar}", bound.bias])
    best = found.best_upper
    return [
        f"{visible(name)}: {found.n_symbols:,} {found.per}s, {found.n_different} different",
        *grid(rows, align="<<><"),
        f"  at most {best.estimate.value:.3f} bits per {found.per}, by {visible(best.name)}",
    ]


def _run(args: argparse.Namespace) -> int:
    check_outputs(args, "rate", [args.file])
    text = read_text(args.file, "rate")

    from infoscope.language import entropy_rate_bounds

    found = entropy_rate_bounds(
        text, per=args.per, model=args.model, blocks=args.blocks, held_out=args.held_out
    )
    name = name_of(args.file)
    return deliver(
        args, describe(found, name=name),
        lambda: {"command": "rate", "file": args.file, **found.to_dict()},
        lambda path: found.save_html(path, name=Path(name).name),
    )  # fmt: skip
