"""`infoscope ladder`: one held-out text under one model after another, in bits per byte."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from infoscope.cli.arguments import add_outputs, check_stdin, name_of, read_text
from infoscope.cli.output import check_outputs, deliver, grid, visible

if TYPE_CHECKING:
    from infoscope.language import Ladder

__all__ = ["configure", "describe"]

EPILOG = """\
Each model is judged on the same bytes, which none of those trained here has seen. What a step saves
says what its knowledge is worth: how often letters occur, which follow which, longer memory, a
language at large. Bits per byte do not depend on how a model cuts the text.

models:
  uniform, unigram, bigram, ngram:N   trained on the first part, in well under a second
  lstm                                trained on the first part: minutes for long texts
  smollm2, a folder, a .gguf file     pretrained; perhaps on this very text
  NAME/characters                     the same over characters instead of bytes

examples:
  infoscope ladder book.txt
  infoscope ladder book.txt --models uniform unigram ngram:5 smollm2 --html ladder.html
  infoscope ladder mine.txt --train yours.txt theirs.txt
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope ladder`."""
    parser.epilog = EPILOG
    parser.add_argument("file", metavar="FILE", help="a text file ('-': stdin)")
    parser.add_argument(
        "--models", nargs="+", metavar="M",
        help="rungs from bottom to top (default: uniform unigram bigram ngram:3 ngram:6 lstm "
        "smollm2)",
    )  # fmt: skip
    parser.add_argument(
        "--train", nargs="+", metavar="FILE", help="learn from these files; all of FILE is held out"
    )
    parser.add_argument(
        "--held-out", type=float, default=0.2, metavar="X",
        help="share of FILE, its end, that is held out without --train (default: 0.2)",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="seed of the LSTM (default: 0)"
    )
    add_outputs(parser)
    parser.set_defaults(run=_run)


def describe(found: Ladder, *, name: str) -> list[str]:
    """Return the lines that tell a person what the ladder found."""
    rows = [["model", "bits/byte", "95% interval", "saved", "learned from"]]
    for rung in found.rungs:
        interval, gain = rung.bits_per_byte.interval, rung.gain
        rows.append([
            rung.name, f"{rung.bits_per_byte.value:.3f}",
            f"{interval.low:.3f} to {interval.high:.3f}" if interval else "",
            "" if gain is None else f"{gain.value:.3f} ± {gain.stderr or 0.0:.3f}",
            rung.trained_on,
        ])  # fmt: skip
    return [
        f"{visible(name)}: {found.n_held_out:,} held-out bytes ({found.split})",
        *grid(rows, align="<>>><"),
        *(f"  note: {text}" for text in found.notes),
    ]


def _run(args: argparse.Namespace) -> int:
    train = args.train or []
    check_outputs(args, "ladder", [args.file, *train])
    check_stdin("ladder", [args.file, *train])
    text = read_text(args.file, "ladder")
    documents = [read_text(name, "ladder") for name in train]

    from infoscope.language import ladder
    from infoscope.language.rungs import DEFAULT_RUNGS

    found = ladder(
        text, train=documents or None, rungs=args.models or DEFAULT_RUNGS,
        held_out=args.held_out, seed=args.seed,
    )  # fmt: skip
    name = name_of(args.file)
    return deliver(
        args, describe(found, name=name),
        lambda: {"command": "ladder", "file": args.file, **found.to_dict()},
        lambda path: found.save_html(path, name=Path(name).name),
    )  # fmt: skip
