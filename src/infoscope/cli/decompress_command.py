"""`infoscope decompress`: get back exactly what was compressed, or a sentence that says why not."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from infoscope.cli.arguments import read_bytes
from infoscope.cli.compress_command import SUFFIX, target_path
from infoscope.cli.output import check_outputs, deliver, grid, plural
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.files import write_bytes

__all__ = ["configure"]

EPILOG = """\
Every checksum of the file is read first; every block and the whole are checked again after
decoding; the output appears whole or not at all. A file that is damaged, or that was made with
another model, is refused with the block or the model named.

examples:
  infoscope decompress chapter.txt.isc                writes chapter.txt
  infoscope decompress chapter.txt.isc -o copy.txt
  infoscope decompress chapter.txt.isc --list         what the file says of itself
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope decompress`."""
    parser.epilog = EPILOG
    parser.add_argument("file", metavar="FILE", help="made by infoscope compress; it is only read")
    parser.add_argument("-o", "--output", metavar="OUT",
                        help=f"the file to write (default: FILE without {SUFFIX})")  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace OUT if it exists")
    parser.add_argument("--model", metavar="M",
                        help="where the model is (default: the name in the file)")  # fmt: skip
    parser.add_argument("--list", action="store_true", help="only show what is inside")
    parser.add_argument("--json", metavar="OUT", help="write all numbers as JSON ('-': stdout)")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    check_outputs(args, "decompress", [args.file])
    blob = read_bytes(args.file, "decompress")
    from infoscope.language import decompress, inspect_compressed

    if args.list:
        told = inspect_compressed(blob)
        facts = {key: value for key, value in told.to_dict().items() if key != "parts"}
        parts = [f"{kind} ({n:,} bytes, {plural(b, 'block')})" for kind, n, b in told.parts]
        facts["parts"] = ", ".join(parts)
        return deliver(
            args, grid([[key.replace("_", " "), str(v)] for key, v in facts.items()], align="<<"),
            lambda: {"command": "decompress", "file": args.file, **told.to_dict()},
        )  # fmt: skip
    target = target_path(args.output, _default(args), args.file, "decompress", args.force)
    begun = time.perf_counter()
    data = decompress(blob, args.model)
    write_bytes(target, data, function="infoscope decompress")
    seconds = time.perf_counter() - begun
    return deliver(
        args, [f"{target}: {plural(len(data), 'byte')}, every checksum fits, {seconds:.0f} s"],
        lambda: {"command": "decompress", "file": args.file, "output": str(target),
                 "n_bytes": len(data), "seconds": seconds},
    )  # fmt: skip


def _default(args: argparse.Namespace) -> Path:
    if args.output is None and not args.file.endswith(SUFFIX):
        raise InvalidArgument(
            sentence("infoscope decompress", "--output", f"be given when FILE has no {SUFFIX}",
                     repr(args.file))
        )  # fmt: skip
    return Path(args.file.removesuffix(SUFFIX))
