"""Check the arguments that the functions on tables share: columns, kinds, levels and seeds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches

import numpy as np

from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.tables.columns import KINDS

__all__ = ["check_columns", "check_kinds", "check_open_share", "close_names", "seed_of"]


def check_columns(
    asked: Mapping[str, Collection[str]], names: tuple[str, ...], repeated: Collection[str],
    function: str,
) -> None:  # fmt: skip
    """Check that every column spoken of, by argument, exists once."""
    for argument, columns in asked.items():
        for column in columns:
            if column not in names:
                raise UnknownName(sentence(
                    function, argument, "name a column of the table", repr(column),
                    close_names(column, names),
                ))  # fmt: skip
            if column in repeated:
                raise InvalidArgument(sentence(
                    function, argument, "name one column",
                    f"{column!r}, which several columns have",
                    "Give the columns names of their own.",
                ))  # fmt: skip


def check_kinds(kinds: Mapping[str, str] | None, function: str) -> None:
    """Check that every kind asked for exists."""
    known = KINDS[:-2]
    for name, kind in (kinds or {}).items():
        if kind not in known:
            raise UnknownName(sentence(
                function, f"kinds[{name!r}]", f"be one of {', '.join(known)}", repr(kind)
            ))  # fmt: skip


def check_open_share(name: str, value: float, function: str) -> None:
    """Check that a level lies between 0 and 1."""
    if not 0.0 < value < 1.0:
        raise InvalidArgument(sentence(function, name, "lie in (0, 1)", value))


def close_names(name: object, names: tuple[str, ...]) -> str:
    """Return "Did you mean ...?" or the list of names that exist, for an error's advice."""
    lowered = {known.casefold(): known for known in names}
    close = get_close_matches(str(name).casefold(), list(lowered), n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(repr(lowered[match]) for match in close)}?"
    shown = ", ".join(repr(known) for known in names[:12])
    return f"Columns: {shown}{', ...' if len(names) > 12 else ''}."


def seed_of(rng: int | np.random.Generator | None, function: str) -> int:
    """Return a non-negative seed from what the caller gave; None means 0."""
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(2**31))
    seed = 0 if rng is None else rng
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InvalidArgument(
            sentence(function, "rng", "be a non-negative int, a Generator or None", repr(rng))
        )
    return int(seed)
