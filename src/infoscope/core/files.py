"""Write a file all at once or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from infoscope.core.errors import InvalidArgument, NotFound, NotWritable, sentence

__all__ = ["write_bytes", "write_text"]


def write_text(path: str | Path, text: str, *, function: str) -> Path:
    """Write `text` (UTF-8) to `path` through a temporary file beside it, and return the path.

    Half a surrogate pair, as in a file name that is not UTF-8, is written as its escape.
    A reader sees the old file or the new one, never half of it. A link is followed; a device or a
    pipe is written directly, since there is nothing to replace. `function` is named in errors.

    Raises
    ------
    NotFound
        If the folder does not exist.
    InvalidArgument
        If `path` is a folder.
    NotWritable
        If it may not be written, or the disk is full.
    """
    return write_bytes(path, text.encode("utf-8", "backslashreplace"), function=function)


def write_bytes(path: str | Path, content: bytes, *, function: str) -> Path:
    """Do the same as `write_text` with bytes."""
    given = Path(path)
    try:
        return _write(given, given.resolve(), content, function)
    except OSError as error:
        if isinstance(error, NotFound):
            raise
        raise NotWritable(
            sentence(function, "path", "be writable", f"{str(given)!r} ({error.strerror})",
                     "Choose another place, or mend its permissions or space.")
        ) from error  # fmt: skip


def _write(given: Path, path: Path, content: bytes, function: str) -> Path:
    if path.is_dir():
        raise InvalidArgument(
            sentence(function, "path", "name a file", f"the folder {str(given)!r}",
                     "Add a file name.")
        )  # fmt: skip
    if not path.parent.is_dir():
        raise NotFound(
            sentence(function, "path", "lie in a folder that exists", repr(str(given)),
                     f"Create {str(given.parent)!r} first.")
        )  # fmt: skip
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return given
    temporary = path.with_name(f".{path.name[:100]}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return given
