"""Write a text file all at once or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from infoscope.core.errors import InvalidArgument, NotFound, sentence

__all__ = ["write_text"]


def write_text(path: str | Path, text: str, *, function: str) -> Path:
    """Write `text` (UTF-8) to `path` through a temporary file beside it, and return the path.

    A reader sees the old file or the new one, never half of it. A link is followed; a device or a
    pipe is written directly, since there is nothing to replace. `function` is named in errors.

    Raises
    ------
    NotFound
        If the folder does not exist.
    InvalidArgument
        If `path` is a folder, or may not be written.
    """
    given = Path(path)
    path = given.resolve()
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
    direct = path.exists() and not path.is_file()
    temporary = path if direct else path.with_name(f".{path.name[:100]}.{os.getpid()}.part")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            if not direct:
                stream.flush()
                os.fsync(stream.fileno())
        if not direct:
            temporary.replace(path)
    except OSError as error:
        raise InvalidArgument(
            sentence(function, "path", "be writable", f"{str(given)!r} ({error.strerror})",
                     "Choose another place, or mend its permissions or space.")
        ) from error  # fmt: skip
    finally:
        if not direct:
            with suppress(FileNotFoundError, PermissionError):
                temporary.unlink()
    return given
