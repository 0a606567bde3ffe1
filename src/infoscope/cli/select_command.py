"""`infoscope select`: the few columns that together tell most about a target."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from infoscope.cli.arguments import add_outputs, check_least
from infoscope.cli.output import (
    check_outputs,
    deliver,
    grid,
    plural,
    visible,
)
from infoscope.cli.table_command import add_reading, reading_options, tail

if TYPE_CHECKING:
    from infoscope.tables import Interaction, Selection

__all__ = ["configure", "describe"]

EPILOG = """\
methods:
  jmi    what a column tells once another chosen one is known, on average (default)
  mrmr   what it tells, less what it shares with the columns chosen
  cmim   the least it tells given any one of those chosen
  cmi    what it tells given all of them together; stops when nothing more passes the tests
  mim    what it tells alone; copies of a column are all chosen

what the numbers mean:
  tells      mutual information with the target, corrected for the bias of finite tables
  score      what the method ranked the column by when it was chosen, in bits
  p alone    chance that an independent column would tell as much
  p beside   the largest such chance once one of the columns before is known: a copy fails

A positive score is no reason to keep a column (half of all noise has one); the tests are. With
--stop the chance that any noise column enters is at most the level.

examples:
  infoscope select data.csv --target price -k 10
  infoscope select data.csv --target label --stop --html chosen.html
  infoscope select data.csv --target label --interactions 5     pairs that tell only together
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope select`."""
    parser.epilog = EPILOG
    parser.add_argument("file", metavar="FILE", help="as for infoscope table")
    parser.add_argument("--target", metavar="COL", required=True, help="the column to tell about")
    parser.add_argument("-k", type=int, default=None, metavar="K", help="columns to choose "
                        "(default: 10, or all that pass with --stop)")  # fmt: skip
    parser.add_argument("--method", default="jmi", metavar="M",
                        help="jmi, mrmr, cmim, cmi or mim (default: jmi)")  # fmt: skip
    parser.add_argument("--stop", action="store_true", help="only columns that pass the tests")
    parser.add_argument("--level", type=float, default=0.05, metavar="A",
                        help="level of the tests (default: 0.05)")  # fmt: skip
    parser.add_argument("--gaps", action="store_true",
                        help="count missing values as a value of their own")  # fmt: skip
    parser.add_argument("--interactions", type=int, default=0, metavar="N",
                        help="also find N pairs that tell more together than apart")  # fmt: skip
    add_reading(parser)
    add_outputs(parser)
    parser.set_defaults(run=_run)


def describe(selection: Selection) -> list[str]:
    """Return the lines that tell a person what was chosen."""
    lines = [
        f"{visible(selection.source)}: {plural(selection.n_rows, 'row')}, "
        f"{plural(selection.n_candidates, 'candidate')}; target {visible(selection.target)} "
        f"({selection.entropy / 0.6931471805599453:.3f} bits), by {selection.method}",
        "",
    ]
    if not selection.picks:
        lines.append("  no column passes the tests")
    else:
        rows = [["", "column", "tells", "share", "score", "p alone", "p beside"]]
        for i, pick in enumerate(selection.picks, 1):
            quotient = selection.method == "mrmr (quotient)"
            score = pick.score if quotient else pick.score / 0.6931471805599453
            rows.append([
                f"{i}", pick.column, pick.relevance.to("bits").short(),
                f"{round(100 * pick.fraction, 1) + 0.0:.1f}%", f"{score:.3f}",
                tail(pick.p_value), tail(pick.conditional_p_value),
            ])  # fmt: skip
        lines += grid(rows, align="><<>>>>")
    lines += [""] if selection.notes else []
    lines += [f"  note: {visible(text)}" for text in selection.notes]
    return lines


def _pairs(found: tuple[Interaction, ...], target: str) -> list[str]:
    rows = [["pairs that tell more together", "", "together less apart", "q"]]
    for each in found:
        synergy = each.synergy.to("bits").short()
        rows.append([each.column, each.other, synergy, tail(each.q_value)])
    return ["", f"  interactions about {visible(target)}", *grid(rows, align="<<<>")]


def _run(args: argparse.Namespace) -> int:
    if args.k is not None:
        check_least("select", "-k", args.k, 1)
    check_least("select", "--interactions", args.interactions, 0)
    check_outputs(args, "select", [args.file])

    from infoscope.tables import interactions, select

    options: dict[str, Any] = reading_options(args, "select")
    options["missing"] = "level" if args.gaps else "pairwise"
    stop = True if args.stop else None
    k = args.k if args.k is not None else None if args.stop or args.method == "cmi" else 10
    chosen = select(
        args.file, args.target, k, method=args.method, stop=stop, level=args.level, **options
    )
    pairs = (
        interactions(args.file, args.target, args.interactions, **options)
        if args.interactions
        else ()
    )

    def payload() -> dict[str, Any]:
        found = {"command": "select", "file": args.file, **chosen.to_dict()}
        return found | (
            {"interactions": [pair.to_dict() for pair in pairs]} if args.interactions else {}
        )

    lines = [*describe(chosen), *(_pairs(pairs, args.target) if pairs else ())]
    return deliver(args, lines, payload, chosen.save_html)
