"""`infoscope temperature`: a text's cost and entropy at every temperature, and samples."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from infoscope.cli.arguments import (
    add_context,
    add_model,
    add_outputs,
    check_least,
    name_of,
    read_text,
)
from infoscope.cli.output import (
    check_outputs,
    deliver,
    grid,
    note,
    plural,
    visible,
)
from infoscope.core.units import from_nats

if TYPE_CHECKING:
    from infoscope.language import Continuations, TemperatureSweep

__all__ = ["configure", "describe"]

EPILOG = """\
A model's logits are divided by the temperature before they become probabilities. Below 1 it bets
more on what it holds likely, above 1 less. The best temperature of a text is the one at which the
text costs least: above 1, the model is too sure of itself on texts of this kind.

With --samples the model also goes on from the end of the text, at each --at temperature, and the
table says how varied what it writes is.

examples:
  infoscope temperature chapter.txt
  infoscope temperature chapter.txt --temperatures 0.5 1 2 --json -
  infoscope temperature prompt.txt --samples 4 --at 0.7 1.0 --top-p 0.95
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope temperature`."""
    parser.epilog = EPILOG
    parser.add_argument("file", metavar="FILE", help="a text file ('-': stdin)")
    add_model(parser)
    parser.add_argument(
        "--temperatures", type=float, nargs="+", metavar="T",
        help="temperatures, from 0 to inf (default: twelve of them from 0 to 5)",
    )  # fmt: skip
    add_context(parser)
    parser.add_argument(
        "--samples", type=int, default=0, metavar="K", help="continuations to draw (default: none)"
    )
    parser.add_argument(
        "--at", type=float, nargs="+", default=[0.7, 1.0], metavar="T",
        help="temperatures of the samples (default: 0.7 and 1)",
    )  # fmt: skip
    parser.add_argument(
        "--tokens", type=int, default=40, metavar="N", help="tokens of each sample (default: 40)"
    )
    add = parser.add_argument
    add("--top-k", type=int, metavar="K", help="draw from the K likeliest tokens only")
    add("--top-p", type=float, metavar="P", help="draw from the likeliest tokens of mass P only")
    add("--min-p", type=float, metavar="P", help="draw from tokens of P times the largest mass up")
    add("--seed", type=int, default=0, metavar="N", help="seed of the samples (default: 0)")
    add_outputs(parser, html=False)
    parser.set_defaults(run=_run)


def describe(found: TemperatureSweep, *, name: str) -> list[str]:
    """Return the lines that tell a person what the sweep found."""
    rows = [["temperature", "entropy, bits", "surprisal, bits", "perplexity", "bits per byte"]]
    costs = (found.mean_entropy, found.mean_surprisal, found.perplexity, found.bits_per_byte)
    for t, entropy, paid, perplexity, rate in zip(found.temperatures, *costs, strict=True):
        numbers = (from_nats(entropy.value, "bits"), from_nats(paid.value, "bits"),
                   perplexity.value, rate.value)  # fmt: skip
        rows.append([f"{t:g}", *(f"{value:.4g}" for value in numbers)])
    lines = [
        f"{visible(name)}: {plural(len(found.entropy), 'token')}, read by {visible(found.model)}",
        *grid(rows, align=">>>>>"),
    ]
    best = found.best
    if best is not None:
        ends = best.estimate.interval
        span = f" (95%: {ends.low:.3f} to {ends.high:.3f})" if ends else ""
        gain = best.gain.to("bits").short()
        lines += [
            f"  best temperature {best.estimate.short()}{span}; it saves {gain} against T = 1"
        ]
        lines += [f"  note: {text}" for text in best.estimate.notes]
    return lines


def _drawn(found: Continuations, temperature: float) -> list[str]:
    lines = ["", f"at temperature {temperature:g}"]
    for i, each in enumerate(found.samples, 1):
        lines.append(f"  {i}. {' '.join(visible(each.text).split())}")
    rows = [[name.replace("_", "-"), value.short()] for name, value in found.diversity.items()
            if not math.isnan(value.value)]  # fmt: skip
    return [*lines, *grid(rows, align="<<")]


def _run(args: argparse.Namespace) -> int:
    check_least("temperature", "--samples", args.samples, 0)
    check_outputs(args, "temperature", [args.file])
    text = read_text(args.file, "temperature")

    from infoscope.language import load, sample_continuations, temperature_sweep
    from infoscope.language.temperature_sweeping import DEFAULT_TEMPERATURES

    model = load(args.model)
    found = temperature_sweep(
        text, args.temperatures or DEFAULT_TEMPERATURES, model=model, context=args.context
    )
    drawn: list[tuple[float, Continuations]] = []
    if args.samples:
        room = (model.context_limit or 10**9) - args.tokens - 1
        tail = model.encode(text).starts
        start = int(tail[max(0, len(tail) - min(room, 512))])
        if start:
            note(f"note: samples go on from the last {min(room, 512)} tokens of the text.")
        drawn = [
            (t, sample_continuations(
                text[start:], model, n_samples=args.samples, n_tokens=args.tokens, temperature=t,
                top_k=args.top_k, top_p=args.top_p, min_p=args.min_p, rng=args.seed,
            ))
            for t in args.at
        ]  # fmt: skip
    name = Path(name_of(args.file)).name
    lines = [*describe(found, name=name), *(line for t, each in drawn for line in _drawn(each, t))]
    return deliver(
        args, lines,
        lambda: {"command": "temperature", "file": args.file, **found.to_dict(),
                 "samples": [each.to_dict() for _, each in drawn]},
    )  # fmt: skip
