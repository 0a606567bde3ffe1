"""`infoscope lens`: what every layer of a language model would predict for a text."""

from __future__ import annotations

import argparse
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

if TYPE_CHECKING:
    from infoscope.probe import LogitLens

__all__ = ["configure", "describe"]

EPILOG = """\
Each layer's state is put through the model's final norm, computed anew, and through its head: the
guess that the model would make if it stopped there. The table says how undecided each layer is
(entropy), what the text costs if the layer is believed (surprisal), and how far it is from the last
layer (KL(final‖layer)), all in bits per token. The page (--html) shows the guesses themselves.

examples:
  infoscope lens chapter.txt                        the first 200 tokens, every layer
  infoscope lens chapter.txt --html lens.html       the same as a page, guess by guess
  infoscope lens chapter.txt --every 5 --tokens 1000
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope lens`."""
    parser.epilog = EPILOG
    parser.add_argument("file", metavar="FILE", help="a text file ('-': stdin)")
    add_model(parser, what="a transformer: a name, a Hugging Face folder or a GGUF file")
    parser.add_argument(
        "--tokens", type=int, default=200, metavar="N",
        help="read the first N tokens only, about 0.04 CPU s each (default: 200; 0: all)",
    )  # fmt: skip
    parser.add_argument(
        "--every", type=int, default=1, metavar="K", help="read every K-th layer (default: all)"
    )
    add_context(parser)
    add_outputs(parser)
    parser.set_defaults(run=_run)


def describe(found: LogitLens, *, name: str) -> list[str]:
    """Return the lines that tell a person what the layers said."""
    rows = [["layer", "entropy", "surprisal", "KL(final‖layer)", "guess stays from here"]]
    averages = zip(
        found.layers, found.mean_entropy, found.mean_surprisal, found.mean_kl, strict=True
    )
    for layer, *estimates in averages:
        settled = 100 * float((found.settled == layer).mean())
        numbers = [f"{each.to('bits').value:.3f}" for each in estimates]
        rows.append([str(layer), *numbers, f"{settled:.0f} %"])
    return [
        f"{visible(name)}: {plural(len(found), 'token')}, read by {visible(found.model)}; "
        "bits per token",
        *grid(rows, align=">>>>>"),
    ]


def _run(args: argparse.Namespace) -> int:
    check_least("lens", "--tokens", args.tokens, 0)
    check_least("lens", "--every", args.every, 1)
    check_outputs(args, "lens", [args.file])
    text = read_text(args.file, "lens")

    from infoscope.language import load
    from infoscope.probe import logit_lens
    from infoscope.probe.language_models.insides import open_insides

    model = load(args.model)
    ends = model.encode(text).ends
    if 0 < args.tokens < len(ends):
        note(f"note: the first {args.tokens} of {len(ends):,} tokens; --tokens 0 reads all.")
        text = text[: int(ends[args.tokens - 1])]
    layers = range(0, open_insides(model, "lens").n_layers + 1, args.every)
    found = logit_lens(text, model, layers=list(layers), context=args.context)
    name = Path(name_of(args.file)).name
    return deliver(
        args, describe(found, name=name),
        lambda: {"command": "lens", "file": args.file, **found.to_dict()},
        lambda path: found.save_html(path, name=name),
    )  # fmt: skip
