"""Turn a missing optional dependency into one sentence that says what to install.

A dependency that is installed but broken keeps its own traceback: hiding it would send people to
reinstall a package that is already there.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shlex
import shutil
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

from infoscope.core.errors import MissingExtra

__all__ = ["install_line", "is_installed", "own_command", "require"]


def is_installed(module: str) -> bool:
    """Say whether `module` can be found, without importing it."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def require(module: str, *, extra: str | None, purpose: str) -> ModuleType:
    """Import `module`, or raise `MissingExtra` with the line that installs what brings it.

    `purpose` completes the sentence "<purpose> needs <module>", e.g. "scoring a text". `extra` is
    None for a package that no extra brings: then the line names the package.
    """
    name = module.partition(".")[0]
    if not is_installed(name):
        line = install_line(extra) if extra is not None else f"{_pip()} {name}"
        raise MissingExtra(
            f"infoscope: {purpose} needs {name}, which is not installed. Run: {line}"
        )
    return importlib.import_module(module)


def install_line(*extras: str) -> str:
    """Return the line that adds `extras` to the Python that runs now, ready for a shell.

    The brackets are quoted (zsh would look for files otherwise). The line names this Python where a
    plain ``pip`` would belong to another, as it does when an environment is used by its path.

    >>> install_line("language", "tables").endswith("pip install 'infoscope[language,tables]'")
    True
    """
    mark = '"' if os.name == "nt" else "'"
    return f"{_pip()} {mark}infoscope[{','.join(extras)}]{mark}"


def own_command() -> str:
    """Return what calls this infoscope in a shell: its name, or its Python's path with ``-m``."""
    return "infoscope" if _is_ours("infoscope") else f"{_quoted(sys.executable)} -m infoscope"


def _pip() -> str:
    if is_installed("pip"):
        return "pip install" if _is_ours("pip") else f"{_quoted(sys.executable)} -m pip install"
    if shutil.which("uv"):  # environments made by uv have no pip
        return f"uv pip install --python {_quoted(sys.executable)}"
    return f"{_quoted(sys.executable)} -m ensurepip && {_quoted(sys.executable)} -m pip install"


def _is_ours(program: str) -> bool:
    """Whether the shell finds `program` among the scripts of the Python that runs now."""
    found = shutil.which(program)
    scripts = Path(sysconfig.get_path("scripts"))
    return found is not None and scripts.is_dir() and scripts.samefile(Path(found).parent)


def _quoted(path: str) -> str:
    return f'"{path}"' if os.name == "nt" else shlex.quote(path)
