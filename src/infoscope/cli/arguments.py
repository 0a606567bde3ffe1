"""What several commands take: the same options in the same words, and the reading of FILE."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from infoscope.cli.output import note
from infoscope.core.errors import DataError, InvalidArgument, NotFound, sentence

__all__ = [
    "STDIN", "add_context", "add_model", "add_outputs", "add_top", "check_least", "check_stdin",
    "name_of", "read_bytes", "read_text",
]  # fmt: skip

STDIN = "standard input"


def add_model(
    parser: argparse.ArgumentParser, default: str | None = "smollm2",
    what: str = "a model's name, a Hugging Face folder or a GGUF file",
) -> None:  # fmt: skip
    """Add ``--model``."""
    told = default or "none"
    parser.add_argument("--model", default=default, metavar="M", help=f"{what} (default: {told})")


def add_context(
    parser: argparse.ArgumentParser, default: str = "the model's own",
    kind: Callable[[str], int | str] = int,
) -> None:  # fmt: skip
    """Add ``--context``, read by `kind`."""
    parser.add_argument(
        "--context", type=kind, metavar="N",
        help=f"tokens that the model sees at a time (default: {default})",
    )  # fmt: skip


def add_top(parser: argparse.ArgumentParser, default: int, what: str, more: str = "") -> None:
    """Add ``--top``."""
    parser.add_argument(
        "--top", type=int, default=default, metavar="K", help=f"{what} (default: {default}{more})"
    )


def add_outputs(parser: argparse.ArgumentParser, *, html: bool = True) -> None:
    """Add ``--html`` and ``--json``."""
    if html:
        parser.add_argument("--html", metavar="OUT", help="write a page to look at")
    parser.add_argument("--json", metavar="OUT", help="write all numbers as JSON ('-': stdout)")


def check_least(command: str, option: str, value: int, least: int) -> None:
    """Refuse a number that is too small."""
    if value < least:
        raise InvalidArgument(
            sentence(f"infoscope {command}", option, f"be at least {least}", value)
        )


def check_stdin(command: str, names: Sequence[str]) -> None:
    """Refuse to read standard input twice."""
    if names.count("-") > 1:
        raise InvalidArgument(
            sentence(f"infoscope {command}", "FILE", "be '-' at most once", "'-' more than once")
        )


def name_of(file: str) -> str:
    """Return what a file is called in sentences: '-' is standard input."""
    return STDIN if file == "-" else file


def read_bytes(name: str, command: str) -> bytes:
    """Return the bytes of a file, or refuse it in one sentence."""
    path, function = Path(name), f"infoscope {command}"
    if not path.exists():
        raise NotFound(sentence(function, "FILE", "exist", repr(name), "Check the path."))
    if path.is_dir():
        raise DataError(sentence(function, "FILE", "be a file", f"the folder {name!r}"))
    try:
        return path.read_bytes()
    except OSError as error:
        got = f"{name!r} ({error.strerror})"
        raise DataError(sentence(function, "FILE", "be readable", got)) from error


def read_text(name: str, command: str) -> bytes:
    """Return the bytes of a text file or of standard input, or refuse it in one sentence."""
    data = sys.stdin.buffer.read() if name == "-" else read_bytes(name, command)
    shown = repr(name) if name != "-" else STDIN
    function = f"infoscope {command}"
    if not data:
        raise DataError(
            sentence(function, "FILE", "hold at least one byte", f"{shown}, which is empty")
        )
    if (at := data.find(b"\0")) >= 0:
        wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        what = "which is UTF-16" if wide else f"with a zero byte at {at}"
        advice = "Convert it to UTF-8." if wide else "Extract its text first."
        raise DataError(sentence(function, "FILE", "be text", f"{shown}, {what}", advice))
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        note(
            f"note: {shown} is not valid UTF-8 (byte 0x{data[error.start]:02x} at {error.start}); "
            "its bytes are scored as they are, and bits per character are left out."
        )
    return data
