"""Real data small enough to ship: a chapter of prose and a table, licences beside them."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

__all__ = ["path_of"]


def path_of(name: str) -> Path:
    """Return the path of a bundled file, e.g. "penguins.csv".

    >>> path_of("penguins.csv").read_text().splitlines()[0][:22]
    'species,island,bill_le'
    """
    return Path(str(files("infoscope.data").joinpath(name)))
