"""`infoscope table`: which columns of a table carry information about which."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from infoscope.cli.arguments import add_outputs, add_top, check_least
from infoscope.cli.output import (
    check_outputs,
    deliver,
    grid,
    plural,
    visible,
)
from infoscope.core.errors import InvalidArgument, sentence

if TYPE_CHECKING:
    from infoscope.tables import InformationMap

__all__ = ["add_reading", "configure", "describe", "reading_options", "tail"]

EPILOG = """\
what the numbers mean:
  entropy              how uncertain a column is by itself
  mutual information   how much of that uncertainty another column removes; corrected for the bias
                       that any finite table has, so a column that says nothing scatters about 0
  share                the part of the target's entropy that the column explains
  q                    p-value, corrected for looking at many columns (Benjamini-Hochberg)

Numeric columns are cut into bins of equal frequency (or measured by nearest neighbours: --numeric
knn); missing values are left out pair by pair.

examples:
  infoscope table data.csv
  infoscope table data.csv --target price --html map.html
  infoscope table data.csv --target price --given size     what is left to tell beside size
  infoscope table data.csv --numeric knn                   numbers as they are, without bins
  infoscope table data.csv --kind zip=categorical --delimiter ';'
  infoscope table data.parquet --target label --json -
  infoscope table 'sales/year=*/*.parquet'                 many files as one table
  zcat data.csv.gz | infoscope table -
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope table`."""
    parser.epilog = EPILOG
    parser.add_argument("file", metavar="FILE", help="a CSV (packed or not), Parquet or Arrow "
                        "file, a folder or pattern of files, or '-' (stdin)")  # fmt: skip
    parser.add_argument("--target", metavar="COL", help="rank the other columns by what they tell")
    parser.add_argument("--given", action="append", default=[], metavar="COL", help="rank by what "
                        "columns tell once COL is known (may be repeated)")  # fmt: skip
    add_reading(parser)
    parser.add_argument("--numeric", choices=("bins", "knn"), default="bins", help="measure "
                        "columns of numbers in bins, or by nearest neighbours, which lose nothing "
                        "to bins, up to 50,000 rows (default: bins)")  # fmt: skip
    add_top(parser, 20, "lines to show in each list")
    add_outputs(parser)
    parser.set_defaults(run=_run)


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how to read a table."""
    parser.add_argument("--bins", type=int, metavar="N", help="bins for numeric columns "
                        "(default: the cube root of the rows, between 5 and 32)")  # fmt: skip
    parser.add_argument("--no-header", action="store_true", help="the first line is data")
    parser.add_argument("--names", metavar="A,B,...", help="names of the columns, in order; with "
                        "--no-header for files without any")  # fmt: skip
    parser.add_argument(
        "--kind", action="append", default=[], metavar="COL=KIND",
        help="read a column as categorical, ordinal, numeric, boolean, date, identifier or text "
        "(may be repeated)",
    )  # fmt: skip
    parser.add_argument(
        "--delimiter",
        metavar="C",
        help=r"what separates fields, '\t' for tabs (default: found out)",
    )
    parser.add_argument(
        "--encoding", default="utf-8", metavar="E", help="encoding of text (default: utf-8)"
    )


def reading_options(args: argparse.Namespace, command: str) -> dict[str, Any]:
    """Return what `add_reading` read, as keyword arguments."""
    return {
        "bins": args.bins,
        "kinds": _kinds(args.kind, command) or None,
        "header": not args.no_header,
        "names": args.names.split(",") if args.names else None,
        "delimiter": "\t" if args.delimiter == r"\t" else args.delimiter,
        "encoding": args.encoding,
    }


def tail(p: float) -> str:
    """Return a p-value in two digits; what is too small for a double is a bound, not a zero.

    >>> tail(0.0312), tail(0.0)
    ('0.031', '<1e-300')
    """
    return "-" if math.isnan(p) else f"{p:.2g}" if p > 0 else "<1e-300"


def describe(
    found: InformationMap, *, target: str | None, top: int, given: Sequence[str] = ()
) -> list[str]:
    """Return the lines that tell a person what was found in one table."""
    size = f"{plural(found.n_rows, 'row')}, {plural(len(found.columns), 'column')}"
    lines = [f"{visible(found.source)}: {size}", ""]
    rows = [["column", "kind", "levels", "missing", "entropy", ""]]
    for column in found.columns[:top]:
        entropy = found.entropies.get(column.name)
        shown = entropy.to("bits").short() if entropy is not None else "-"
        rows.append([
            column.name, column.kind, f"{column.n_levels:,}", f"{column.n_missing:,}", shown,
            column.note or "",
        ])  # fmt: skip
    lines += grid(rows, align="<<>><<")
    lines += _left_out(len(found.columns), top)
    lines += ["", *(_ranking(found, target, top, given) if target else _pairs(found, top))]
    told = {f"{column.name}: {column.note}" for column in found.columns[:top]}
    lines += [f"  note: {visible(text)}" for text in found.notes if text not in told]
    return lines


def _ranking(found: InformationMap, target: str, top: int, given: Sequence[str]) -> list[str]:
    ranked = found.ranking(target, given=given)
    if not ranked:
        return ["  there is no other column to tell anything about it"]
    known = f" given {', '.join(given)}" if given else ""
    rows = [["column", f"information about {target}{known}", "95%", "share", "q"]]
    for each in ranked[:top]:
        bits = each.estimate.to("bits")
        span = f"{bits.interval.low:.3f}–{bits.interval.high:.3f}" if bits.interval else ""
        share = f"{round(100 * each.fraction, 1) + 0.0:.1f}%"
        rows.append([each.column, bits.short(), span, share, tail(each.q_value)])
    lines = [*grid(rows, align="<<<>>"), *_left_out(len(ranked), top)]
    leaks = [visible(each.column) for each in found.leakage(target)]
    if leaks:
        lines += ["", f"  nearly decides {visible(target)} alone (is it known before?): "
                  f"{', '.join(leaks[:top])}"]  # fmt: skip
    told = [each for each in found.missingness(target) if each.q_value < 0.05][:top]
    if told:
        gaps = [["being empty tells", f"about {target}", "q"]]
        gaps += [[e.column, e.estimate.to("bits").short(), tail(e.q_value)] for e in told]
        lines += ["", *grid(gaps, align="<<>")]
    return lines


def _largest_first(value: float) -> tuple[bool, float]:
    """Order by value; a pair that is never present together has none, and comes last."""
    return (True, 0.0) if math.isnan(value) else (False, -value)


def _left_out(n: int, top: int) -> list[str]:
    return [f"  … and {n - top:,} more (--top)"] if n > top else []


def _pairs(found: InformationMap, top: int) -> list[str]:
    shared = found.mutual_information
    names = shared.columns
    order = [(i, j) for i in range(len(names)) for j in range(i)]
    if not order:
        return ["  one column in the map: there is no pair to measure"]
    rows = [["most informative pairs", "", "mutual information", "q"]]
    order.sort(key=lambda at: _largest_first(float(shared.corrected[at])))
    for i, j in order[:top]:
        bits = shared.pair(names[j], names[i]).to("bits").short()
        rows.append([names[j], names[i], bits, tail(float(shared.q_value[i, j]))])
    return [*grid(rows, align="<<<>"), *_left_out(len(order), top)]


def _kinds(given: list[str], command: str) -> dict[str, str]:
    kinds: dict[str, str] = {}
    for text in given:
        column, equals, kind = text.rpartition("=")
        if not (column and equals):
            raise InvalidArgument(
                sentence(f"infoscope {command}", "--kind", "read COLUMN=KIND", repr(text))
            )
        kinds[column] = kind
    return kinds


def _run(args: argparse.Namespace) -> int:
    check_least("table", "--top", args.top, 1)
    if args.given and args.target is None:
        raise InvalidArgument(sentence(
            "infoscope table", "--given", "go with --target", ", ".join(args.given)
        ))  # fmt: skip
    check_outputs(args, "table", [args.file])

    from infoscope.tables import scan

    options = reading_options(args, "table")
    found = scan(args.file, target=args.target, numeric=args.numeric, **options)

    def payload() -> dict[str, Any]:
        told = {"command": "table", "file": args.file, **found.to_dict()}
        if args.given:
            ranked = found.ranking(args.target, given=args.given)
            told |= {"given": args.given, "ranking_given": [each.to_dict() for each in ranked]}
        return told

    lines = describe(found, target=args.target, top=args.top, given=args.given)
    return deliver(args, lines, payload, found.save_html)
