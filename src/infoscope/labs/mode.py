"""Quick and full: a lab reads long results from a record, and computes them when asked to.

In quick mode, the default, `recorded` returns what a full run wrote down; in full mode it computes,
compares with the record, and writes it anew where `infoscope labs run NAME --record` asks for it.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import math
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from infoscope.core.errors import DataError, InvalidArgument, sentence
from infoscope.core.files import write_text

__all__ = ["Mode", "is_full", "mode", "recorded"]

Mode: TypeAlias = Literal["quick", "full", "record"]

_FOLDER: Final = Path(str(files("infoscope.labs"))) / "recorded"
_SWITCH: Final = "INFOSCOPE_LABS"  # for a lab that is run as a script
_mode: ContextVar[Mode | None] = ContextVar("mode", default=None)


def _current() -> Mode:
    chosen = _mode.get()
    if chosen is not None:
        return chosen
    word = os.environ.get(_SWITCH, "quick")
    if word not in ("quick", "full", "record"):
        raise InvalidArgument(sentence("labs", _SWITCH, "be quick, full or record", repr(word)))
    return word  # type: ignore[return-value]


@contextmanager
def mode(chosen: Mode) -> Iterator[None]:
    """Run what is inside in the mode `chosen`."""
    token = _mode.set(chosen)
    try:
        yield
    finally:
        _mode.reset(token)


def is_full() -> bool:
    """Say whether long computations are to be done now."""
    return _current() != "quick"


def recorded(
    name: str, compute: Callable[[], Mapping[str, Any]], *, within: Mapping[str, float]
) -> dict[str, Any]:
    """Return the results of a long computation: from the record, or computed and compared with it.

    Parameters
    ----------
    name : str
        The record's name; it becomes labs/recorded/NAME.json.
    compute : callable
        Returns a mapping of names to numbers, or to lists or mappings of them.
    within : mapping of str to float
        How far a number of that name may be from the record: the run's own error.

    Raises
    ------
    DataError
        If there is no record, or a full run differs from it by more than stated.
    """
    path = _FOLDER / f"{name}.json"
    chosen = _current()
    if chosen == "quick":
        if not path.is_file():
            raise DataError(
                f"recorded: there is no record of {name!r} yet; make it by "
                "`infoscope labs run NAME --record`."
            )
        return dict(json.loads(path.read_text(encoding="utf-8"))["values"])
    values = json.loads(json.dumps(dict(compute())))
    if chosen == "record":
        _write(path, name, values, within)
    else:
        kept = json.loads(path.read_text(encoding="utf-8"))["values"] if path.is_file() else {}
        for key, far in within.items():
            _compare(name, key, kept.get(key), values.get(key), far)
    return dict(values)


def _write(path: Path, name: str, values: object, within: Mapping[str, float]) -> None:
    packages = ("numpy", "scipy", "torch", "infoscope")
    found = {
        package: importlib.metadata.version(package)
        for package in packages
        if any(True for _ in importlib.metadata.distributions(name=package))
    }
    about = {
        "name": name,
        "date": dt.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": found,
        "within": dict(within),
        "values": values,
    }
    path.parent.mkdir(exist_ok=True)
    write_text(path, json.dumps(about, indent=1) + "\n", function="recorded")


def _compare(name: str, key: str, old: object, new: object, far: float) -> None:
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old.keys() == new.keys():
        for part in old:
            _compare(name, f"{key}.{part}", old[part], new[part], far)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for i, (one, other) in enumerate(zip(old, new, strict=True)):
            _compare(name, f"{key}[{i}]", one, other, far)
    elif not (
        isinstance(old, (int, float))
        and isinstance(new, (int, float))
        and (old == new or math.isclose(old, new, rel_tol=0.0, abs_tol=far))
    ):
        raise DataError(
            f"recorded: {name!r} must give {key} = {old!r} within {far:g}, as it did when "
            f"recorded; got {new!r}."
        )
