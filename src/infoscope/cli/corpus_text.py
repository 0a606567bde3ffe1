"""The part of `infoscope text` that sums up many documents: one line each, and the whole."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infoscope.cli.output import deliver, grid, note, plural, visible
from infoscope.core.errors import InvalidArgument, sentence

if TYPE_CHECKING:
    from infoscope.language import CorpusScore, DocumentScore

__all__ = ["describe_corpus", "run_corpus"]

_MOST_LINES = 50


def run_corpus(args: argparse.Namespace, reading: dict[str, Any]) -> int:
    """Score all documents behind the files, and say what was found."""
    if args.html:
        raise InvalidArgument(
            sentence("infoscope text", "--html", "be left out for many documents", args.html,
                     "Use --json, or score one file.")
        )  # fmt: skip
    if "-" in args.files:
        raise InvalidArgument(
            sentence("infoscope text", "FILE", "be a file or folder for many documents", "'-'")
        )
    ray = args.engine == "ray"
    if ray and (args.device != "cpu" or args.dtype != "float32"):
        wanted = "be cpu in float32 with --engine ray"
        raise InvalidArgument(sentence("infoscope text", "--device", wanted, args.device))

    from infoscope.language import score_corpus
    from infoscope.language.placement import load_on

    paths = [Path(name) for name in args.files]
    if ray and len(paths) > 1:
        wanted = "be one file or folder with --engine ray"
        raise InvalidArgument(sentence("infoscope text", "FILE", wanted, f"{len(paths)} of them"))
    model = args.model if ray else load_on(
        args.model, device=args.device, dtype=args.dtype, threads=args.threads
    )  # fmt: skip
    source = paths[0] if len(paths) == 1 else paths
    found = score_corpus(
        source, model, column=args.column, resume=args.resume, engine=args.engine,
        workers=args.workers, **reading,
    )  # fmt: skip
    done = deliver(
        args, describe_corpus(found, top=args.top), lambda: {"command": "text", **found.to_dict()}
    )
    if args.resume:
        note(f"wrote {Path(args.resume) / 'documents.jsonl'}")
    return done


def describe_corpus(found: CorpusScore, *, top: int) -> list[str]:
    """Return the lines that tell a person what was found in many documents."""
    n = len(found)
    size = f"{plural(n, 'document')}, {plural(found.n_bytes, 'byte')}"
    head = f"{size}, {plural(found.n_tokens, 'token')}, read by {visible(found.model)}"
    rows: list[list[str]] = []
    for estimate in (found.bits_per_byte, found.perplexity, found.total.to("bits")):
        ends = estimate.interval
        span = f"{100 * ends.level:g}%: {ends.low:.4g} to {ends.high:.4g}" if ends else ""
        rows.append([estimate.quantity, estimate.short(), span])
    rule = found.rule
    context = f"windows of {rule.context} tokens" if rule.context else "context"
    lines = [head, *grid(rows, align="<<<")]
    prefix = visible(rule.prefix) if rule.prefix_id >= 0 else "none"
    lines.append(f"  rule: {rule.name} {context}, prefix {prefix}, each document begins anew")
    lines += [f"  note: {text}" for text in found.bits_per_byte.notes]
    shown = list(found.documents) if n <= _MOST_LINES else found.hardest(max(top, 1))
    what = "documents" if n <= _MOST_LINES else f"the {len(shown)} with the most bits per byte"
    titles = ["bits/byte", "perplexity", "tokens", "bytes", "document"]
    return [*lines, "", what, *grid([titles, *map(_row, shown)], align=">>>><")]


def _row(each: DocumentScore) -> list[str]:
    if not each.n_tokens:
        return ["-", "-", "0", "0", f"{each.name} (empty)"]
    rate, perplexity = each.bits_per_byte, each.perplexity.value
    shown = f"{perplexity:.4g}" if math.isfinite(perplexity) else str(perplexity)
    bar = "" if rate.stderr is None else f" ± {rate.stderr:.2f}"
    return [f"{rate.value:.3f}{bar}", shown, f"{each.n_tokens:,}", f"{each.n_bytes:,}", each.name]
