"""`infoscope text`: how surprised a language model is by a text."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infoscope.cli.output import check_writable, grid, made_by, note, say, write_json
from infoscope.core.errors import DataError, InvalidArgument, NotFound, sentence

if TYPE_CHECKING:
    from infoscope.language import TextScore

__all__ = ["configure", "describe", "read_text"]

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
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope text`."""
    parser.epilog = EPILOG
    parser.add_argument("files", nargs="+", metavar="FILE", help="text files ('-': stdin)")
    parser.add_argument(
        "--model", default="smollm2", metavar="M",
        help="a model's name, or the folder of a Hugging Face causal language model, or a GGUF "
        "file (default: smollm2, which is built in)",
    )  # fmt: skip
    parser.add_argument(
        "--context", type=int, metavar="N",
        help="tokens that the model sees at a time (default: the model's own, 1024 for smollm2)",
    )  # fmt: skip
    parser.add_argument(
        "--top", type=int, default=10, metavar="K", help="how many surprises to list (default: 10)"
    )
    parser.add_argument("--html", metavar="OUT", help="write a report to look at")
    parser.add_argument("--json", metavar="OUT", help="write all numbers as JSON ('-': stdout)")
    parser.set_defaults(run=_run)


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
    shown = "standard input" if name == "-" else repr(name)
    if not data:
        raise DataError(
            sentence("infoscope text", "FILE", "hold at least one byte", f"{shown}, which is empty")
        )
    if (at := data.find(b"\0")) >= 0:
        advice = "Score its text, or compress it to see its information."
        raise DataError(
            sentence("infoscope text", "FILE", "be text", f"{shown}, with a zero byte at {at}", "")
            + f" {advice}"
        )
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
    rule, n = score.rule, len(score.tokens)
    words = f"{n:,} token{'s' if n != 1 else ''}"
    head = f"{name}: {len(score.text):,} bytes, {words}, read by {score.model}"
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
            f"{100 * interval.level:g}% {interval.low:.4g}–{interval.high:.4g}" if interval else ""
        )
        rows.append([estimate.quantity, estimate.short(), span])
    lines = [
        head,
        *grid(rows, align="<<<"),
        f"  rule: {rule.name} windows of {rule.context} tokens, {rule.overlap} token of overlap, "
        f"prefix {rule.prefix} (id {rule.prefix_id}), every token scored once",
    ]
    lines += [f"  note: {text}" for text in dict.fromkeys(score.bits_per_byte.notes)]
    if top > 0:
        lines += ["", "most surprising tokens", *grid(_surprises(score, top), align="><<<")]
    return lines


def _surprises(score: TextScore, top: int) -> list[list[str]]:
    head = ["bits", "rank", "token", "where the model expected"]
    return [head, *(_surprise(score, each) for each in score.most_surprising(top))]


def _surprise(score: TextScore, each: Any) -> list[str]:
    i = int(each.index)
    expected = ", ".join(f"{text!r} {100 * p:.0f}%" for text, p in score.alternatives(i)[:3])
    before = score.text[max(0, int(score.starts[i]) - 24) : int(score.starts[i])]
    context = " ".join(before.decode("utf-8", "replace").split())
    bits = float(score.surprisal[i]) / 0.6931471805599453
    token = score.tokens[i].decode("utf-8", "replace")
    return [f"{bits:.1f}", str(int(score.rank[i])), f"…{context} [{token!r}]", expected]


def _run(args: argparse.Namespace) -> int:
    if args.top < 0:
        raise InvalidArgument(sentence("infoscope text", "--top", "be at least 0", args.top))
    for option in ("html", "json"):
        check_writable(getattr(args, option), f"--{option}")
    texts = {name: read_text(name) for name in args.files}

    from infoscope.language import load, score

    model = load(args.model)
    scores = {
        name: score(text, model, context=args.context, progress=None)
        for name, text in texts.items()
    }
    if args.json != "-":
        for i, (name, each) in enumerate(scores.items()):
            if i:
                say()
            say("\n".join(describe(each, name=name, top=args.top)))
    if args.json:
        results = [{"file": name, **each.to_dict()} for name, each in scores.items()]
        write_json({"command": "text", "results": results}, args.json)
    if args.html:
        _write_html(scores, args.html)
    return 0


def _write_html(scores: dict[str, TextScore], path: str) -> None:
    from infoscope.figures import page, save_page
    from infoscope.language.report import text_sections

    alone = len(scores) == 1
    sections = [
        section
        for name, each in scores.items()
        for section in text_sections(each, name="" if alone else Path(name).name)
    ]
    title = Path(next(iter(scores))).name if alone else f"{len(scores)} texts"
    save_page(path, page(f"{title}, in bits", sections, footer=made_by()))
    note(f"wrote {path}")
