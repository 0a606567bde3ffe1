"""`infoscope compare`: how far two language models are apart on a text."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from infoscope.cli.arguments import (
    add_context,
    add_outputs,
    add_top,
    check_least,
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
    from infoscope.core.result import Estimate
    from infoscope.language.comparison import ComparedPlace, ModelComparison

__all__ = ["configure", "describe"]

EPILOG = """\
what the numbers mean:
  difference   bits per byte of B less those of A, paired over the text, so that its error bar is
               far narrower than those of the two. It needs no common tokenizer.
  KL(A||B)     bits per token that are lost by coding what A would write with B's probabilities:
               exact over the whole vocabulary, at every token of the text. It shows a change long
               before perplexity does. (llama.cpp prints it in nats: 1 bit is 0.693 nats.)
  same first choice   share of places where both hold the same token to be likeliest.

A is the reference: the base model, before it was quantised or fine-tuned. Models that do not share
a vocabulary are compared by what they pay for the same bytes.

examples:
  infoscope compare chapter.txt --models smollm2 ./my-finetune
  infoscope compare chapter.txt --models base-f16.gguf base-q4_k.gguf --html quantised.html
  infoscope compare chapter.txt --models smollm2 ngram:5 --json -
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope compare`."""
    parser.epilog = EPILOG
    parser.add_argument("file", metavar="FILE", help="a text file ('-': stdin)")
    parser.add_argument(
        "--models", nargs=2, required=True, metavar=("A", "B"),
        help="two models: names, Hugging Face folders or GGUF files",
    )  # fmt: skip
    add_context(parser, "what both take, at most 1024")
    parser.add_argument(
        "--stride", type=int, metavar="S",
        help="tokens scored in each window after the first (default: the context)",
    )  # fmt: skip
    add_top(parser, 10, "worst places to list", "; a page lists at least 20")
    add_outputs(parser)
    parser.set_defaults(run=_run)


def describe(found: ModelComparison, *, name: str, top: int) -> list[str]:
    """Return the lines that tell a person how two models differ on a text."""
    size = plural(len(found.text), "byte")
    if found.same_tokenizer:
        size += f", {plural(len(found.a), 'token')}"
    lines = [
        f"{visible(name)}: {size}",
        f"  A = {visible(found.a.model)}, B = {visible(found.b.model)}",
        "",
    ]
    test = found.test
    p = "" if math.isnan(test.p_value) else f"p = {test.p_value:.2g}"
    rows = [
        _row("code length, A", found.bits_per_byte_a),
        _row("code length, B", found.bits_per_byte_b),
        [*_row("difference, B - A", found.difference)[:2],
         "; ".join(part for part in (_span(found.difference), p) if part)],
    ]  # fmt: skip
    if found.same_tokenizer:
        rows += [
            _row("perplexity, B / A", found.perplexity_ratio),
            _row("same first choice", found.top_agreement),
            _row("change of p(token), mean", found.mean_delta_p),
            _row("change of p(token), rms", found.rms_delta_p),
        ]
    lines += grid(rows, align="<<<")
    if found.same_tokenizer:
        lines += ["", *_divergences(found)]
    lines += [f"  note: {text}" for text in found.notes]
    if top > 0:
        lines += ["", "where they differ most", *_places(found, top)]
    return lines


def _row(name: str, estimate: Estimate) -> list[str]:
    return [name, estimate.short(), _span(estimate)]


def _span(estimate: Estimate) -> str:
    """Return the interval with as many decimals as the value is printed with."""
    ends = estimate.interval
    if ends is None:
        return ""
    n = len(estimate.short().partition(" ")[0].partition(".")[2])
    return f"{100 * ends.level:g}%: {ends.low:.{n}f} to {ends.high:.{n}f}"


def _divergences(found: ModelComparison) -> list[str]:
    rows = [["bits per token", "mean", "median", "90%", "95%", "99%", "99.9%", "largest"]]
    for label, column, mean in (
        ("KL(A||B)", "kl_divergence", found.kl_divergence),
        ("KL(B||A)", "reverse_kl_divergence", found.reverse_kl_divergence),
        ("Jensen-Shannon", "jensen_shannon", found.jensen_shannon_divergence),
    ):
        bits = mean.to("bits").short().removesuffix("bits/token").strip()
        quantiles = [
            f"{from_nats(value, 'bits'):.3g}" for value in found.quantiles(column).values()
        ]
        rows.append([label, bits, *quantiles])
    return grid(rows, align="<>>>>>>>")


def _places(found: ModelComparison, top: int) -> list[str]:
    exact = found.same_tokenizer
    head = ["KL, bits"] if exact else ["B - A, bits"]
    rows = [[*head, "A paid", "B paid", "token" if exact else "piece", "first choices"]]
    for each in found.most_different(top):
        apart = each.kl_divergence if exact else each.surprisal_b - each.surprisal_a
        rows.append([
            f"{from_nats(apart if apart is not None else math.nan, 'bits'):.3g}",
            f"{from_nats(each.surprisal_a, 'bits'):.2f}",
            f"{from_nats(each.surprisal_b, 'bits'):.2f}",
            _where(found.text, each),
            _choices(each),
        ])  # fmt: skip
    return grid(rows, align=">>><<")


def _where(text: bytes, each: ComparedPlace) -> str:
    from infoscope.language.regroup import excerpt

    begin = max(0, each.start - 24)
    before = " ".join(excerpt(text, begin, each.start).split())
    return f"{'…' if begin else ''}{before} ['{visible(each.text)}']".lstrip()


def _choices(each: ComparedPlace) -> str:
    if each.choice_a is None or each.choice_b is None:
        return ""
    return ", ".join(
        f"{side} '{visible(token.decode('utf-8', 'backslashreplace'))}' {100 * p:.0f}%"
        for side, (token, p) in (("A", each.choice_a), ("B", each.choice_b))
    )


def _run(args: argparse.Namespace) -> int:
    check_least("compare", "--top", args.top, 0)
    check_outputs(args, "compare", [args.file])
    text = read_text(args.file, "compare")

    from infoscope.language import compare, load

    a = load(args.models[0])
    b = a if args.models[0] == args.models[1] else load(args.models[1])
    found = compare(text, a, b, context=args.context, stride=args.stride)
    name = name_of(args.file)

    def save(path: str) -> None:
        from infoscope.figures import save_page
        from infoscope.language.comparison_report import comparison_page

        html = comparison_page(found, name=Path(name).name, top=max(args.top, 20), footer=made_by())
        save_page(path, html)

    return deliver(
        args, describe(found, name=name, top=args.top),
        lambda: {"command": "compare", "file": args.file, **found.to_dict()}, save,
    )  # fmt: skip
