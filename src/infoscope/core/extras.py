"""Turn a missing optional dependency into one sentence that says what to install.

A dependency that is installed but broken keeps its own traceback: hiding it would send people to
reinstall a package that is already there.
"""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from infoscope.core.errors import MissingExtra

__all__ = ["is_installed", "require"]


def is_installed(module: str) -> bool:
    """Say whether `module` can be found, without importing it."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import `module`, or raise `MissingExtra` naming the extra that brings it.

    `purpose` completes the sentence "<purpose> needs <module>", e.g. "scoring a text".
    """
    if not is_installed(module.partition(".")[0]):
        name = module.partition(".")[0]
        raise MissingExtra(
            f"infoscope: {purpose} needs {name}, which is not installed. "
            f"Run: pip install 'infoscope[{extra}]'"
        )
    return importlib.import_module(module)
