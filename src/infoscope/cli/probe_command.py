"""`infoscope probe`: what saved activations tell of labels, layer by layer."""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infoscope.cli.arguments import add_outputs, add_top, check_least
from infoscope.cli.output import (
    check_outputs,
    deliver,
    grid,
    plural,
    visible,
)
from infoscope.core.errors import DataError, InvalidArgument, NotFound, UnknownName, sentence

if TYPE_CHECKING:
    from infoscope.probe import LayerReport

__all__ = ["configure", "describe", "read_labels"]

EPILOG = """\
what the numbers mean:
  V-information  H_V(Y) - H_V(Y|X): how many bits (nats) of a label a probe of this family can tell
                 from the activations. Measured on examples that the probe was neither fitted nor
                 chosen on, so it is in expectation a lower bound on the mutual information
  H_V(Y)         what a label costs a model that does not look: all there is to tell
  accuracy       share of labels that the probe puts first; beside it, always saying the most
                 frequent class. A probe may be right often and tell little, and the reverse
  hardest        examples whose label the activations speak most against; look for wrong labels

A low value says that this family does not find the information, not that it is not there: of an
XOR a linear probe finds nothing. --control TYPES compares with random labels, one for each type.

activations: .npy (n, d) or (layers, n, d); .npz or .safetensors with an array for each layer; a
folder that infoscope.probe.collect_activations wrote. labels: .npy, .txt (one a line), .json (a
list), or a column of a .csv/.tsv as FILE:COLUMN.

examples:
  infoscope probe layer12.npy --labels tags.txt
  infoscope probe states.npz --labels words.csv:pos --groups words.csv:sentence --html o.html
  infoscope probe states.npy --labels words.csv:pos --control words.csv:form
  infoscope probe states.npy --labels ages.npy --kind regression --unit nats --json -
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope probe`."""
    parser.epilog = EPILOG
    add = parser.add_argument
    add("activations", metavar="ACTS", help="file or folder of activations")
    add(
        "--labels",
        required=True,
        metavar="FILE",
        help="one label for each row: .npy, .txt, .json, or FILE.csv:COLUMN",
    )
    add(
        "--groups",
        metavar="FILE",
        help="group of each row (sentence, speaker); groups stay in one split",
    )
    add("--layers", metavar="NAMES", help="only these layers, separated by commas")
    add(
        "--family",
        choices=("linear", "mlp"),
        default="linear",
        help="a linear probe, or a network with one hidden layer (default: linear)",
    )
    add(
        "--kind",
        choices=("classification", "regression"),
        help="what the labels are (default: seen from their values)",
    )
    add(
        "--control",
        metavar="FILE",
        help="type of each row (its word): report selectivity of the best layer",
    )
    add(
        "--mdl",
        action="store_true",
        help="also the online code length of the labels at the best layer",
    )
    add(
        "--unseen",
        choices=("error", "drop"),
        default="error",
        help="refuse or leave out test examples of classes that training lacks (default: error)",
    )
    add(
        "--unit",
        choices=("bits", "nats", "bans"),
        default="bits",
        help="unit of information (default: bits)",
    )
    add(
        "--test-fraction",
        type=float,
        default=0.2,
        metavar="F",
        help="share of the examples to measure on (default: 0.2)",
    )
    add(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="seed of the split, the fit and the bootstrap (default: 0)",
    )
    add_top(parser, 5, "hardest examples to list")
    add_outputs(parser)
    parser.set_defaults(run=_run)


def read_labels(source: str, *, option: str) -> Any:
    """Read one value for each row from a file, or from a column named after a colon."""
    function = "infoscope probe"
    path, colon, column = source.rpartition(":")
    if not colon or not path or Path(source).exists():
        path, column = source, ""
    place = Path(path)
    if not place.is_file():
        raise NotFound(sentence(function, option, "name a file that exists", repr(path)))
    kind = place.suffix.lower()
    try:
        if kind == ".npy":
            import numpy as np

            return np.load(place)
        text = place.read_text(encoding="utf-8-sig")
        if kind == ".json":
            values = json.loads(text)
            if not isinstance(values, list):
                raise DataError(sentence(function, option, "hold a list", type(values).__name__))
            return values
        if kind in (".csv", ".tsv"):
            return _column(text, "\t" if kind == ".tsv" else ",", column, option)
        return _numbers(text.splitlines())
    except (ValueError, OSError, EOFError, RecursionError, csv.Error) as error:
        if isinstance(error, (DataError, InvalidArgument)):
            raise
        raise DataError(
            sentence(function, option, "be .npy, .txt, .json, .csv or .tsv", f"{path!r} ({error})")
        ) from None


def _column(text: str, separator: str, column: str, option: str) -> Any:
    rows = list(csv.reader(text.splitlines(), delimiter=separator))
    heads = rows[0] if rows else []
    if not column and len(heads) == 1:
        column = heads[0]
    if column not in heads:
        raise UnknownName(
            sentence("infoscope probe", option, f"name a column among {heads}", repr(column),
                     "Write FILE.csv:COLUMN.")
        )  # fmt: skip
    at = heads.index(column)
    values = [row[at] if at < len(row) else "" for row in rows[1:] if row]
    return _numbers([value if value != "" else None for value in values])


def _numbers(values: list[Any]) -> list[Any]:
    """Return numbers where every value is one; else the texts as they are."""
    try:
        return [None if v is None else int(v) for v in values]
    except ValueError:
        pass
    try:
        return [None if v is None else float(v) for v in values]
    except ValueError:
        return values


def describe(report: LayerReport, *, top: int) -> list[str]:
    """Return the lines that tell a person what the layers tell."""
    first = next(iter(report.layers.values()))
    classes = f", {plural(len(first.classes), 'class')}".replace("classs", "classes")
    lines = [
        f"{plural(len(report), 'layer')}, {plural(len(first.rows), 'test example')}"
        f"{classes if first.classes else ''}; H_V(Y) {report.null_entropy.short()}",
        "",
    ]
    told = "accuracy" if first.accuracy else "R²"
    rows = [["", "layer", "V-information", "95%", told, "penalty" if first.family == "linear"
             else "epochs"]]  # fmt: skip
    for name, found in report.layers.items():
        ends, other = found.value.interval, found.accuracy or found.r_squared
        rows.append([
            "*" if name == report.best else "", name, found.value.short(),
            f"{ends.low:.3f}–{ends.high:.3f}" if ends else "", f"{float(other or 0):.3f}",
            f"{found.value.settings.get('penalty', found.value.settings.get('epochs', ''))}",
        ])  # fmt: skip
    lines += grid(rows, align="<<><>>")
    best = report[report.best]
    if best.accuracy:
        lines.append(f"  always the most frequent class: accuracy {best.baseline_accuracy:.3f}")
    if top:
        hard = [["hardest examples", "label", "probe says", "pointwise"]]
        hard += [
            [f"row {each.row}", str(each.label), str(each.predicted),
             f"{each.pvi:.2f} {report.unit}"]
            for each in best.hardest(top)
        ]  # fmt: skip
        lines += ["", *grid(hard, align="<<<>")]
    said = dict.fromkeys([*report.notes, *best.notes])
    lines += ["", *(f"  note: {visible(text)}" for text in said)]
    return lines


def _run(args: argparse.Namespace) -> int:
    check_least("probe", "--top", args.top, 0)
    files = [args.activations, *(name for name in (args.labels, args.groups) if name)]
    check_outputs(args, "probe", files)

    from infoscope.probe import control_task, layer_report, load_activations, mdl_probe

    labels = read_labels(args.labels, option="--labels")
    groups = read_labels(args.groups, option="--groups") if args.groups else None
    types = read_labels(args.control, option="--control") if args.control else None
    found = load_activations(args.activations)
    names = [name.strip() for name in args.layers.split(",")] if args.layers else list(found)
    report = layer_report(
        {name: found[name] for name in names}, labels, family=args.family, kind=args.kind,
        groups=groups, unseen=args.unseen, unit=args.unit, test_fraction=args.test_fraction,
        rng=args.seed, target=_target(args.labels),
    )  # fmt: skip
    extra: dict[str, Any] = {}
    if types is not None:
        extra["control"] = control_task(
            found[report.best], labels, types, family=args.family, groups=groups,
            unseen=args.unseen, unit=args.unit, test_fraction=args.test_fraction, rng=args.seed,
        )  # fmt: skip
    if args.mdl:
        extra["code"] = mdl_probe(found[report.best], labels, family=args.family, groups=groups,
                                  unit=args.unit, rng=args.seed)  # fmt: skip
    more = (f"\nat {visible(report.best)}: {what}" for what in extra.values())
    return deliver(
        args, [*describe(report, top=args.top), *more],
        lambda: {"command": "probe", "file": args.activations, **report.to_dict(),
                 **{name: what.to_dict() for name, what in extra.items()}},
        lambda path: report.save_html(path, name=Path(args.activations).name),
    )  # fmt: skip


def _target(source: str) -> str:
    """Return the name of the column, or of the file, that holds the labels."""
    if Path(source).exists():
        return Path(source).stem
    return source.rpartition(":")[2] or "the label"
