"""What the cells of a lab showed, kept on disk until the lab or the library changes."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np

import infoscope
from infoscope.core.errors import InfoscopeError
from infoscope.core.files import write_text
from infoscope.labs import Lab

__all__ = ["Kept", "folder", "keep", "kept"]


@dataclass(frozen=True, slots=True)
class Kept:
    """The outputs of a lab's cells as HTML, by the place of the cell, and how long they took."""

    outputs: Mapping[int, str]
    seconds: float


def folder() -> Path:
    """Return the folder of the user's cache for labs: INFOSCOPE_CACHE, or the system's place."""
    named = os.environ.get("INFOSCOPE_CACHE")
    if named:
        return Path(named) / "labs"
    if sys.platform == "win32":
        place = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        place = Path.home() / "Library" / "Caches"
    else:
        place = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return place / "infoscope" / "labs"


def kept(lab: Lab) -> Kept | None:
    """Return the outputs of the lab as it is now, or None."""
    try:
        found = json.loads((folder() / f"{lab.name}.json").read_text("utf-8"))
        if found["made_from"] != _made_from(lab):
            return None
        outputs = {int(place): str(html) for place, html in found["outputs"].items()}
        return Kept(outputs, float(found["seconds"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # none there, or not one of ours: the lab is run anew


def keep(lab: Lab, run: Kept) -> bool:
    """Keep the outputs of a lab; say whether it was possible: a full disk is no reason to fail."""
    text = json.dumps({"made_from": _made_from(lab), **asdict(run)})
    try:
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        write_text(folder() / f"{lab.name}.json", text, function="keep")
    except (OSError, InfoscopeError):
        return False
    return True


def _made_from(lab: Lab) -> str:
    """Return a digest of everything that the outputs depend on."""
    lines = [infoscope.__version__, platform.python_version(), np.__version__, _newest()]
    digest = hashlib.sha256("\n".join(lines).encode())
    digest.update(lab.path.read_bytes())
    return digest.hexdigest()


@cache
def _newest() -> str:
    """Return when a file of the library last changed, for those who work on it."""
    home = Path(infoscope.__file__).parent
    return str(max(path.stat().st_mtime_ns for path in home.rglob("*") if _counts(path)))


def _counts(path: Path) -> bool:
    own = path.suffix in (".py", ".json", ".toml", ".txt", ".npz")
    return own and "explore" not in path.parts and "lessons" not in path.parts
