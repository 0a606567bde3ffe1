"""`infoscope text`: how surprised a language model is by a text."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infoscope.cli.arguments import (
    add_context,
    add_model,
    add_outputs,
    add_top,
    check_least,
    check_stdin,
    name_of,
    read_text,
)
from infoscope.cli.output import (
    check_outputs,
    deliver,
    grid,
    made_by,
    plural,
    visible,
)
from infoscope.core.units import from_nats

if TYPE_CHECKING:
    from infoscope.language import ScoredToken, TextScore

__all__ = ["configure", "describe"]

_SEVERAL = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".parquet", ".pq")

EPILOG = """\
what the numbers mean:
  bits per byte   the code length of the text under the model, spread over its bytes. It does not
                  depend on how the text was cut into tokens, so models can be compared by it.
  perplexity      exp of the mean surprisal per token: among how many equally likely tokens the
                  model was choosing. Only comparable between models with the same tokenizer.
  entropy         how surprised the model expected to be. Surprisal above entropy: the text is
                  stranger than the model thinks; below: more familiar (perhaps memorised).

examples:
  infoscope text chapter.txt
  infoscope text notes.md --top 20 --html notes.html
  infoscope text a.txt b.txt --json scores.json
  some-command | infoscope text -
  infoscope text corpus/ more.jsonl pages.parquet --resume run
  infoscope text corpus/ --resume run --engine ray --workers 8

Folders, JSONL and Parquet files (or --summary) give one line per document instead of the surprises
inside one text. With --resume, a run that was stopped goes on where it was.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope text`."""
    parser.epilog = EPILOG
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="text files ('-': stdin), folders of them, JSONL or Parquet files",
    )
    add_model(parser)
    add_context(
        parser, "the model's own; 'full': all that came before, up to its limit", kind=_context
    )
    parser.add_argument(
        "--stride", type=int, metavar="S",
        help="tokens scored in each window after the first (default: the context)",
    )  # fmt: skip
    parser.add_argument(
        "--prefix", metavar="TOKEN",
        help="token before the text: its id or name, or 'none' (default: the model's own)",
    )  # fmt: skip
    parser.add_argument(
        "--device", default="cpu", metavar="D", help="cpu, cuda or mps (default: cpu)"
    )
    parser.add_argument(
        "--dtype", default="float32", choices=["float32", "float64", "bfloat16", "float16"],
        help="number format of the model (default: float32)",
    )  # fmt: skip
    parser.add_argument(
        "--threads", type=int, metavar="N", help="threads of this process (default: torch's own)"
    )
    parser.add_argument(
        "--summary", action="store_true", help="one line per document, as for folders"
    )
    parser.add_argument(
        "--column",
        default="text",
        metavar="NAME",
        help="field of JSONL and Parquet files that holds the text (default: text)",
    )
    parser.add_argument(
        "--resume", metavar="DIR", help="keep the run in this folder; the same call goes on there"
    )
    parser.add_argument(
        "--engine", default="local", choices=["local", "ray"],
        help="ray: shards of the files by Ray Data, with --resume (default: local)",
    )  # fmt: skip
    parser.add_argument(
        "--workers",
        type=int,
        default=2,
        metavar="N",
        help="processes for --engine ray (default: 2)",
    )
    add_top(parser, 10, "surprises to list", "; a page lists at least 20")
    add_outputs(parser)
    parser.set_defaults(run=_run)


def _context(value: str) -> int | str:
    return value if value == "full" else int(value)


def describe(score: TextScore, *, name: str, top: int) -> list[str]:
    """Return the lines that tell a person what was found in one text."""
    rule = score.rule
    size = f"{plural(len(score.text), 'byte')}, {plural(len(score), 'token')}"
    head = f"{visible(name)}: {size}, read by {visible(score.model)}"
    rows: list[list[str]] = []
    for estimate in (
        score.bits_per_byte,
        score.perplexity,
        score.bits_per_token,
        score.mean_entropy.to("bits"),
        score.total.to("bits"),
    ):
        interval = estimate.interval
        span = (
            f"{100 * interval.level:g}%: {_four(interval.low)} to {_four(interval.high)}"
            if interval
            else ""
        )
        rows.append([estimate.quantity, estimate.short(), span])
    lines = [
        head,
        *grid(rows, align="<<<"),
        f"  rule: {rule.name} windows of {rule.context} tokens, "
        f"{plural(rule.overlap, 'token')} of overlap, prefix {visible(rule.prefix)} "
        f"(id {rule.prefix_id}), first token {rule.first_token}",
    ]
    lines += [f"  note: {text}" for text in dict.fromkeys(score.bits_per_byte.notes)]
    if top > 0:
        lines += ["", "most surprising tokens", *grid(_surprises(score, top), align="><<<")]
    return lines


def _four(value: float) -> str:
    """Return four significant digits, written out where that stays readable."""
    return f"{value:.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.4g}"


def _surprises(score: TextScore, top: int) -> list[list[str]]:
    head = ["bits", "rank", "token", "where the model expected"]
    return [head, *(_surprise(score, each) for each in score.most_surprising(top))]


def _surprise(score: TextScore, each: ScoredToken) -> list[str]:
    from infoscope.language.regroup import excerpt

    expected = ", ".join(f"'{visible(text)}' {100 * p:.0f}%" for text, p in each.alternatives[:3])
    begin = max(0, each.start - 24)
    before = " ".join(excerpt(score.text, begin, each.start).split())
    here = f"{'…' if begin else ''}{before} ['{visible(each.text)}']".lstrip()
    bits = from_nats(each.surprisal, "bits")
    return [f"{bits:.1f}", f"{each.rank:,}", here, expected]


def _run(args: argparse.Namespace) -> int:
    check_least("text", "--top", args.top, 0)
    check_outputs(args, "text", args.files)
    check_stdin("text", args.files)
    if _is_corpus(args):
        from infoscope.cli.corpus_text import run_corpus

        return run_corpus(args, _reading_options(args))
    texts = [(name, read_text(name, "text")) for name in args.files]

    from infoscope.language import score
    from infoscope.language.placement import load_on

    model = load_on(args.model, device=args.device, dtype=args.dtype, threads=args.threads)
    scores = [(name_of(name), score(text, model, **_reading_options(args))) for name, text in texts]
    blocks = ["\n".join(describe(each, name=name, top=args.top)) for name, each in scores]
    return deliver(
        args, ["\n\n".join(blocks)],
        lambda: {"command": "text", "results": [
            {"file": name, **each.to_dict()}
            for name, (_, each) in zip(args.files, scores, strict=True)
        ]},
        lambda path: _save_page(scores, path, top=max(args.top, 20)),
    )  # fmt: skip


def _reading_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of `score` that say how a text is put before the model."""
    prefix = args.prefix
    if prefix is not None and prefix.isdigit():
        prefix = int(prefix)
    return {"context": args.context, "stride": args.stride, "prefix": prefix}


def _is_corpus(args: argparse.Namespace) -> bool:
    several = any(
        Path(name).is_dir() or name.lower().endswith(_SEVERAL) for name in args.files if name != "-"
    )
    return bool(args.summary or args.resume or args.engine != "local" or several)


def _save_page(scores: list[tuple[str, TextScore]], path: str, *, top: int) -> None:
    from infoscope.figures import page, save_page
    from infoscope.language.report import text_sections

    alone = len(scores) == 1
    sections = [
        section
        for name, each in scores
        for section in text_sections(each, name="" if alone else Path(name).name, top=top)
    ]
    title = Path(scores[0][0]).name if alone else f"{len(scores)} texts"
    save_page(path, page(f"{title}, in bits", sections, footer=made_by()))
