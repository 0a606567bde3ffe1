"""The folder of a model that was trained here: one card that names every file with its checksum."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infoscope.core.errors import InvalidArgument, ModelError, NotFound, NotWritable, sentence

__all__ = ["CARD", "damaged", "read_card", "write_model_folder"]

CARD = "infoscope-model.json"
_LAYOUT = 1  # raise when the content of the folder changes meaning


def write_model_folder(folder: str | Path, fill: Callable[[Path], dict[str, object]]) -> Path:
    """Write a model folder whole or not at all.

    Parameters
    ----------
    folder : str or Path
        Where to write; replaced if it is a model folder already, refused if it is anything else.
    fill : callable
        Writes the files into the folder it is given, and returns the card.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InvalidArgument
        If something that is no model folder of this library is there.
    NotFound
        If the folder above it does not exist.
    NotWritable
        If it cannot be written.
    """
    place = Path(folder).expanduser().resolve()
    if place.exists() and not (place / CARD).is_file():
        raise InvalidArgument(
            sentence("save", "folder", "be new, or a model folder of infoscope", repr(str(folder)),
                     "Choose another name.")
        )  # fmt: skip
    if not place.parent.is_dir():
        raise NotFound(
            sentence("save", "folder", "lie in a folder that exists", repr(str(folder)),
                     f"Create {str(place.parent)!r} first.")
        )  # fmt: skip
    try:
        work = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
        try:
            new = work / "new"
            new.mkdir()
            card = fill(new)
            sums = {path.name: _sha256(path) for path in sorted(new.iterdir())}
            whole = {"layout": _LAYOUT, **card, "files": sums}
            (new / CARD).write_text(json.dumps(whole, ensure_ascii=False, indent=1), "utf-8")
            if place.exists():
                place.rename(work / "old")
            new.rename(place)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise NotWritable(
            sentence("save", "folder", "be writable", f"{os.fspath(folder)!r} ({error.strerror})",
                     "Choose another place, or mend its permissions or space.")
        ) from error  # fmt: skip
    return Path(folder)


def read_card(folder: Path) -> dict[str, Any]:
    """Return the card of a model folder, after checking that every file is there and whole.

    Raises
    ------
    ModelError
        If a file is missing, damaged, or of another version.
    """
    try:
        card = json.loads((folder / CARD).read_text("utf-8"))
        layout, files = card["layout"], dict(card["files"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(folder, f"{CARD} is not readable: {error}") from None
    if layout != _LAYOUT:
        raise damaged(folder, f"it has layout {layout!r}, this version reads {_LAYOUT}")
    for name, checksum in files.items():
        path = folder / name
        if not path.is_file():
            raise damaged(folder, f"{name} is missing")
        if _sha256(path) != checksum:
            raise damaged(folder, f"{name} is not the file that was saved (its checksum differs)")
    return card


def damaged(folder: Path, why: object) -> ModelError:
    """Return the error for a model folder that cannot be used."""
    return ModelError(
        sentence("load", "name_or_path", "be a whole model folder", f"{str(folder)!r}, where {why}",
                 "Train and save the model again.")
    )  # fmt: skip


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
