"""`infoscope drift`: what changed between a reference table and a current one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from infoscope.cli.arguments import add_outputs, add_top, check_least
from infoscope.cli.output import (
    check_outputs,
    deliver,
    grid,
    plural,
    visible,
)
from infoscope.cli.table_command import add_reading, reading_options, tail

if TYPE_CHECKING:
    from infoscope.tables import ColumnDrift, DriftReport

__all__ = ["configure", "describe"]

EPILOG = """\
what the numbers mean:
  JS        Jensen-Shannon divergence in bits, corrected for the size of the samples: 0 if the
            column is as before, 1 if before and now share no value
  PSI       population stability index; in brackets what it stays below in 95% of cases without
            drift, which depends on rows and levels (the customary 0.1 and 0.25 do not)
  q         p-value, corrected for looking at many columns (Benjamini-Hochberg)
  *         q at most the level: not chance

Numbers are cut into bins of equal frequency in REFERENCE, and CURRENT is cut at the same edges.

examples:
  infoscope drift january.csv february.csv
  infoscope drift train.parquet live.parquet --html drift.html
  infoscope drift a.csv b.csv --json - --no-pairs
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope drift`."""
    parser.epilog = EPILOG
    parser.add_argument("reference", metavar="REFERENCE", help="the table before")
    parser.add_argument("current", metavar="CURRENT", help="the table now")
    parser.add_argument("--level", type=float, default=0.05, metavar="A",
                        help="false discovery rate (default: 0.05)")  # fmt: skip
    parser.add_argument("--no-pairs", action="store_true",
                        help="do not look for pairs whose dependence changed")  # fmt: skip
    add_reading(parser)
    add_top(parser, 20, "lines to show in each list")
    add_outputs(parser)
    parser.set_defaults(run=_run)


def describe(report: DriftReport, *, top: int) -> list[str]:
    """Return the lines that tell a person what changed."""
    compared = sum(each.compared for each in report.columns)
    lines = [
        f"{visible(report.reference)} ({plural(report.n_reference, 'row')}) → "
        f"{visible(report.current)} ({plural(report.n_current, 'row')}): "
        f"{len(report.drifted)} of {plural(compared, 'column')} drifted",
    ]
    for word, names in (("only before", report.lost), ("only now", report.added)):
        if names:
            shown = ", ".join(visible(name) for name in names[:top])
            rest = f", … and {len(names) - top} more" if len(names) > top else ""
            lines.append(f"  columns {word}: {shown}{rest}")
    lines.append("")
    rows = [["", "column", "JS", "95%", "PSI (chance)", "missing", "q", ""]]
    rows += [_row(each, report.level) for each in report.columns[:top]]
    lines += grid(rows, align="<<<<<<><")
    if len(report.columns) > top:
        lines.append(f"  … and {len(report.columns) - top:,} more (--top)")
    found = report.drifted_pairs[:top]
    if found:
        pairs = [["pairs whose dependence changed", "", "beyond the columns", "q"]]
        for pair in found:
            synergy = pair.synergy.to("bits").short()
            pairs.append([pair.column, pair.other, synergy, tail(pair.q_value)])
        lines += ["", *grid(pairs, align="<<<>")]
    lines += [""] if report.notes else []
    lines += [f"  note: {visible(text)}" for text in report.notes]
    return lines


def _row(each: ColumnDrift, level: float) -> list[str]:
    said = [each.change] if each.change else []
    for word, values in (("new", each.new), ("vanished", each.vanished)):
        if values:
            names = ", ".join(label for label, _ in values[:4])
            said.append(f"{word}: {names}{', …' if len(values) > 4 else ''}")
    gaps = ""
    if each.missing_reference or each.missing_current:
        mark = " *" if each.missing_q_value <= level else ""
        gaps = f"{100 * each.missing_reference:.1f} → {100 * each.missing_current:.1f}%{mark}"
    if not each.compared:
        return ["", each.column, "not compared", "", "", gaps, "", "; ".join(said)]
    js = each.jensen_shannon.to("bits")
    span = f"{js.interval.low:.3f}–{js.interval.high:.3f}" if js.interval else ""
    stability = each.stability.diagnostics
    return [
        "*" if each.q_value <= level else "", each.column, js.short(), span,
        f"{stability['plugin']:.3f} ({stability['limit']:.3f})", gaps,
        tail(each.q_value), "; ".join(said),
    ]  # fmt: skip


def _run(args: argparse.Namespace) -> int:
    check_least("drift", "--top", args.top, 1)
    check_outputs(args, "drift", [args.reference, args.current])

    from infoscope.tables import drift

    report = drift(
        args.reference, args.current, level=args.level,
        pairs=False if args.no_pairs else None, **reading_options(args, "drift"),
    )  # fmt: skip
    files = {"reference_file": args.reference, "current_file": args.current}
    return deliver(
        args, describe(report, top=args.top),
        lambda: {"command": "drift", **files, **report.to_dict()}, report.save_html,
    )  # fmt: skip
