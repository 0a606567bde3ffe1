"""`infoscope corpus`: which documents of a corpus are odd, repeated, garbled or perhaps known."""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from infoscope.cli.arguments import add_context, add_model, add_outputs
from infoscope.cli.output import check_outputs, deliver, grid, plural, visible

if TYPE_CHECKING:
    from infoscope.language.corpus_monitor import CorpusReport

__all__ = ["configure", "describe"]

EPILOG = """\
flags (nothing is changed or removed):
  repeated     much of it stands in runs of words that an earlier document (or itself) holds
  garbled      passages that cost far more than the corpus by the bigrams of the other documents
  monotonous   passages whose bytes hardly vary
  odd, hard    bits per byte under the model far from the rest, or above --max-bits-per-byte
  known        Min-K%++ far above the rest: the model may have been trained on it

examples:
  infoscope corpus texts/                       repeats and garbled passages, without a model
  infoscope corpus texts/ --model smollm2       also perplexity, Min-K% and Min-K%++
  infoscope corpus docs.jsonl --column body --json report.json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope corpus`."""
    parser.epilog = EPILOG
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="folders, text files, JSONL or Parquet files"
    )
    add_model(parser, None)
    parser.add_argument(
        "--column", default="text", metavar="NAME",
        help="field of JSONL and Parquet files that holds the text (default: text)",
    )  # fmt: skip
    parser.add_argument(
        "--n-gram", type=int, default=13, metavar="N",
        help="words in a run that counts as repeated (default: 13)",
    )  # fmt: skip
    parser.add_argument(
        "--max-bits-per-byte", type=float, default=math.inf, metavar="B",
        help="flag documents that cost more under the model",
    )  # fmt: skip
    add_context(parser)
    add_outputs(parser, html=False)
    parser.set_defaults(run=_run)


def describe(found: CorpusReport) -> list[str]:
    """Return the lines that tell a person what was found."""
    model = f", read by {visible(found.model)}" if found.model else ""
    lines = [
        f"{plural(len(found), 'document')}{model}; {len(found.flagged):,} flagged",
    ]
    head = ["document", "bytes", "bigram bits", "repeated"]
    rows = [[*head, *(["bits/byte", "Min-K%", "Min-K%++"] if found.model else []), "flags"]]
    for each in found.documents:
        numbers = [each.name, f"{each.n_bytes:,}", f"{each.bigram_bits:.2f}",
                   f"{100 * each.repeated:.0f}%"]  # fmt: skip
        if found.model:
            numbers += ["" if value is None else f"{value:.3f}" for value in (
                each.bits_per_byte, each.min_k, each.min_k_plus)]  # fmt: skip
        rows.append([*numbers, ", ".join(sorted({flag.kind for flag in each.flags}))])
    lines += grid(rows, align="<" + ">" * (len(rows[0]) - 2) + "<")
    reasons = [[each.name, flag.kind, flag.reason] for each in found.flagged for flag in each.flags]
    if reasons:
        lines += ["", "reasons", *grid(reasons, align="<<<")]
    return [*lines, *(f"  note: {text}" for text in found.notes[: 2 if found.model else 1])]


def _run(args: argparse.Namespace) -> int:
    check_outputs(args, "corpus", args.paths)

    from infoscope.language.corpus_monitor import Thresholds, monitor_corpus
    from infoscope.language.documents import documents_of

    documents = [
        document for path in args.paths for document in documents_of(Path(path), column=args.column)
    ]
    limits = replace(Thresholds(), max_bits_per_byte=args.max_bits_per_byte)
    found = monitor_corpus(
        documents, args.model, thresholds=limits, n_gram=args.n_gram, context=args.context
    )
    return deliver(args, describe(found), lambda: {"command": "corpus", **found.to_dict()})
