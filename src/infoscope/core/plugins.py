"""Find the parts that users name by a string: files of a folder, or entry points of a package.

The folder is the registry: no list has to be kept, and nothing is imported before it is asked for.
An installed package adds a part through an entry point; it cannot replace one of ours. What is
installed is looked up once a process.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

from infoscope.core.errors import UnknownName, sentence

__all__ = ["load_plugin", "near_match", "plugin_names"]


def plugin_names(package: str, group: str, prefix: str = "") -> tuple[str, ...]:
    """Return the sorted names of the modules in `package` and of the entry points of `group`.

    An entry point counts if its name is ``<prefix>.<name>`` (or ``<name>``, without a prefix).
    """
    return tuple(sorted({*_files(package), *_entry_points(group, prefix)}))


def load_plugin(
    name: str, *, package: str, group: str, prefix: str = "", function: str, argument: str
) -> ModuleType:
    """Return the module called `name`: the file in `package`, else the entry point's module.

    Raises `UnknownName` with the nearest names where there is neither.
    """
    if name in _files(package):
        return importlib.import_module(f"{package}.{name}")
    point = _entry_points(group, prefix).get(name)
    if point is not None:
        return point.load()
    known = plugin_names(package, group, prefix)
    raise UnknownName(
        sentence(
            function, argument, f"be one of {', '.join(known)}", repr(name), near_match(name, known)
        )
    )


def near_match(name: str, known: tuple[str, ...]) -> str:
    """Return ``Did you mean 'x'?`` for the closest known name, or nothing.

    >>> near_match("miler_madow", ("grassberger", "miller_madow"))
    "Did you mean 'miller_madow'?"
    """
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"Did you mean {close[0]!r}?" if close else ""


@cache
def _files(package: str) -> tuple[str, ...]:
    if importlib.util.find_spec(package) is None:
        return ()
    folder = importlib.import_module(package)
    return tuple(
        info.name
        for info in pkgutil.iter_modules(folder.__path__)
        if not info.name.startswith("_") and not info.ispkg
    )


@cache
def _entry_points(group: str, prefix: str) -> dict[str, EntryPoint]:
    start = f"{prefix}." if prefix else ""
    return {
        point.name.removeprefix(start): point
        for point in entry_points(group=group)
        if point.name.startswith(start)
    }
