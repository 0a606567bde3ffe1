"""`infoscope compress`: any file in fewer bytes, checked, with or without a language model."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from infoscope.cli.arguments import read_bytes
from infoscope.cli.output import (
    check_outputs,
    deliver,
    grid,
    made_by,
    plural,
)
from infoscope.core.errors import DataError, InvalidArgument, NotFound, sentence
from infoscope.core.files import write_bytes

__all__ = ["SUFFIX", "configure", "target_path"]

SUFFIX = ".isc"

EPILOG = """\
how it works:
  A language model says how likely each next piece of the text is; an arithmetic coder spends
  -log2 of that on it. What the text itself teaches (its names, its phrases) is learnt on the way
  and mixed in. Parts that are no text are coded by a model of bytes.

what to know:
  The model (93 MB for smollm2) is not in the file: who opens it needs the same one. --portable
  makes files that open anywhere. Well-known texts may have been in the model's training data.
  The result is decoded and compared before it is written, unless you say --no-verify. FILE stays.

examples:
  infoscope compress chapter.txt                      writes chapter.txt.isc
  infoscope compress chapter.txt --streams 16         decodes several times faster, a bit larger
  infoscope compress data.bin --portable              no language model: fast, opens anywhere
  infoscope compress --compare chapter.txt            beside gzip, xz, zstd and others
  infoscope compress --compare chapter.txt --html table.html --portable
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope compress`."""
    parser.epilog = EPILOG
    parser.add_argument("file", metavar="FILE", help="any file; it is only read")
    parser.add_argument("-o", "--output", metavar="OUT",
                        help=f"the file to write (default: FILE{SUFFIX})")  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace OUT if it exists")
    parser.add_argument("--model", default="smollm2", metavar="M",
                        help="a model of the llama architecture (default: smollm2)")  # fmt: skip
    parser.add_argument("--portable", action="store_true", help="use no language model")
    parser.add_argument("--streams", type=int, metavar="S",
                        help="places decoded together, 1 to 64 (default: by size)")  # fmt: skip
    parser.add_argument("--context", type=int, default=3072, metavar="N",
                        help="tokens that the model remembers (default: 3072)")  # fmt: skip
    parser.add_argument("--no-verify", action="store_true", help="do not decode the result")
    parser.add_argument("--compare", action="store_true",
                        help="write no file; show size and speed beside others")  # fmt: skip
    parser.add_argument("--html", metavar="OUT", help="with --compare: write a page to look at")
    parser.add_argument("--json", metavar="OUT", help="write all numbers as JSON ('-': stdout)")
    parser.set_defaults(run=_run)


def target_path(given: str | None, default: Path, source: str, command: str, force: bool) -> Path:
    """Return where to write; never over the source, and over another file only if told to."""
    target = Path(given) if given is not None else default
    function = f"infoscope {command}"
    if target.resolve() == Path(source).resolve():
        raise InvalidArgument(
            sentence(function, "--output", "name another file than FILE", repr(str(target)))
        )
    if target.is_dir():
        raise InvalidArgument(
            sentence(function, "--output", "name a file", f"the folder {str(target)!r}")
        )
    if target.exists() and not force:
        raise InvalidArgument(
            sentence(function, "--output", "not exist yet", repr(str(target)),
                     "Choose another name, or say --force.")
        )  # fmt: skip
    if not target.resolve().parent.is_dir():
        raise NotFound(
            sentence(function, "--output", "lie in a folder that exists", repr(str(target)))
        )
    return target


def _run(args: argparse.Namespace) -> int:
    check_outputs(args, "compress", [args.file])
    if args.html and not args.compare:
        raise InvalidArgument(
            sentence("infoscope compress", "--html", "be used with --compare", "it alone")
        )
    return _compare(args) if args.compare else _compress(args)


def _compress(args: argparse.Namespace) -> int:
    default = Path(f"{args.file}{SUFFIX}")
    target = target_path(args.output, default, args.file, "compress", args.force)
    data = read_bytes(args.file, "compress")
    from infoscope.language import compress, inspect_compressed

    begun = time.perf_counter()
    blob = compress(data, None if args.portable else args.model, streams=args.streams,
                    context=args.context, verify=not args.no_verify)  # fmt: skip
    seconds = time.perf_counter() - begun
    write_bytes(target, blob, function="infoscope compress")
    told = inspect_compressed(blob)
    rate = f"{told.bits_per_byte:.3f} bits/byte" if data else "empty"
    needs = f"needs {told.model}" if told.model else "opens anywhere"
    checked = "not verified" if args.no_verify else "verified"
    line = (f"{target}: {plural(len(data), 'byte')} became {plural(len(blob), 'byte')} ({rate}), "
            f"{checked}, {needs}, {seconds:.0f} s")  # fmt: skip
    return deliver(
        args, [line],
        lambda: {"command": "compress", "file": args.file, "output": str(target),
                 "seconds": seconds, "verified": not args.no_verify, **told.to_dict()},
    )  # fmt: skip


def _compare(args: argparse.Namespace) -> int:
    data = read_bytes(args.file, "compress")
    if not data:
        raise DataError(
            sentence("infoscope compress", "FILE", "hold at least one byte to compare", "none")
        )
    from infoscope.language.compression.comparison import compare_compressors

    model = None if args.portable else args.model
    result = compare_compressors(data, model, streams=args.streams, context=args.context)

    def save(path: str) -> None:
        from infoscope.figures import page, save_page

        title = f"{Path(args.file).name}, compressed"
        save_page(path, page(title, result.sections(), footer=made_by()))

    lines = [
        f"{args.file}: {plural(len(data), 'byte')}",
        *grid(result.rows_of_text(), align="<>>>>><"),
        *(f"  note: {text}" for text in result.notes),
    ]
    return deliver(
        args, lines,
        lambda: {"command": "compress --compare", "file": args.file, **result.to_dict()}, save,
    )  # fmt: skip
