"""`infoscope text`: how surprised a language model is by a text."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infoscope.cli.output import (
    check_outputs,
    grid,
    made_by,
    note,
    plural,
    say,
    visible,
    write_json,
)
from infoscope.core.errors import DataError, InvalidArgument, NotFound, sentence
from infoscope.core.units import from_nats

if TYPE_CHECKING:
    from infoscope.language import ScoredToken, TextScore

__all__ = ["configure", "describe", "read_text"]

_STDIN = "standard input"
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
    parser.add_argument(
        "--model", default="smollm2", metavar="M",
        help="a model's name, or the folder of a Hugging Face causal language model, or a GGUF "
        "file (default: smollm2, which is built in)",
    )  # fmt: skip
    parser.add_argument(
        "--context", type=_context, metavar="N",
        help="tokens that the model sees at a time (default: the model's own, 1024 for smollm2), "
        "or 'full': all that came before, up to the model's limit",
    )  # fmt: skip
    parser.add_argument(
        "--stride", type=int, metavar="S",
        help="tokens scored per window; fewer than --context lets windows overlap",
    )  # fmt: skip
    parser.add_argument(
        "--prefix", metavar="TOKEN",
        help="token before the text: its id or name, or 'none' (default: the model's own)",
    )  # fmt: skip
    parser.add_argument("--device", default="cpu", help="cpu (default), cuda, mps")
    parser.add_argument(
        "--dtype", default="float32", choices=["float32", "float64", "bfloat16", "float16"],
        help="number format of the model (default: float32)",
    )  # fmt: skip
    parser.add_argument("--threads", type=int, metavar="N", help="threads of this process")
    parser.add_argument(
        "--summary", action="store_true", help="one line per document, as for folders"
    )
    parser.add_argument(
        "--column", default="text", help="field of JSONL and Parquet files (default: text)"
    )
    parser.add_argument(
        "--resume", metavar="DIR", help="keep the run in this folder; the same call goes on there"
    )
    parser.add_argument(
        "--engine", default="local", choices=["local", "ray"],
        help="ray: a map over shards of the files by Ray Data (needs --resume)",
    )  # fmt: skip
    parser.add_argument("--workers", type=int, default=2, help="processes for --engine ray")
    parser.add_argument(
        "--top", type=int, default=10, metavar="K",
        help="how many surprises to list (default: 10; a report lists at least 20)",
    )  # fmt: skip
    parser.add_argument("--html", metavar="OUT", help="write a report to look at")
    parser.add_argument("--json", metavar="OUT", help="write all numbers as JSON ('-': stdout)")
    parser.set_defaults(run=_run)


def _context(value: str) -> int | str:
    return value if value == "full" else int(value)


def read_text(name: str) -> bytes:
    """Return the bytes of a text file, or refuse it in one sentence."""
    if name == "-":
        data = sys.stdin.buffer.read()
    else:
        path = Path(name)
        if not path.exists():
            raise NotFound(
                sentence("infoscope text", "FILE", "exist", repr(name), "Check the path.")
            )
        if path.is_dir():
            raise DataError(sentence("infoscope text", "FILE", "be a file", f"the folder {name!r}"))
        try:
            data = path.read_bytes()
        except OSError as error:
            got = f"{name!r} ({error.strerror})"
            raise DataError(sentence("infoscope text", "FILE", "be readable", got)) from error
    shown = repr(name) if name != "-" else _STDIN
    if not data:
        raise DataError(
            sentence("infoscope text", "FILE", "hold at least one byte", f"{shown}, which is empty")
        )
    if (at := data.find(b"\0")) >= 0:
        wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        what = "which is UTF-16" if wide else f"with a zero byte at {at}"
        advice = "Convert it to UTF-8." if wide else "Extract its text first."
        raise DataError(sentence("infoscope text", "FILE", "be text", f"{shown}, {what}", advice))
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        note(
            f"note: {shown} is not valid UTF-8 (byte 0x{data[error.start]:02x} at {error.start}); "
            "its bytes are scored as they are, and bits per character are left out."
        )
    return data


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
    if args.top < 0:
        raise InvalidArgument(sentence("infoscope text", "--top", "be at least 0", args.top))
    check_outputs(args, "text", args.files)
    if args.files.count("-") > 1:
        raise InvalidArgument(
            sentence("infoscope text", "FILE", "be '-' at most once", "'-' more than once")
        )
    if _is_corpus(args):
        from infoscope.cli.corpus_text import run_corpus

        return run_corpus(args, _reading_options(args))
    texts = [(name, read_text(name)) for name in args.files]

    from infoscope.language import score
    from infoscope.language.placement import load_on

    model = load_on(args.model, device=args.device, dtype=args.dtype, threads=args.threads)
    scores = [
        (_STDIN if name == "-" else name, score(text, model, **_reading_options(args)))
        for name, text in texts
    ]
    if args.json != "-":
        for i, (name, each) in enumerate(scores):
            if i:
                say()
            say("\n".join(describe(each, name=name, top=args.top)))
    if args.json:
        results = [
            {"file": name, **each.to_dict()}
            for name, (_, each) in zip(args.files, scores, strict=True)
        ]
        write_json({"command": "text", "results": results}, args.json)
    if args.html:
        _write_html(scores, args.html, top=max(args.top, 20))
    return 0


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


def _write_html(scores: list[tuple[str, TextScore]], path: str, *, top: int) -> None:
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
    note(f"wrote {path}")
