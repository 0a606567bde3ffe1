"""Read expressions such as "X,Y|Z" and "X;Y,W|Z" into lists of variables."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from infoscope.core.errors import InvalidArgument, UnknownName, WrongType, sentence

__all__ = ["Expression", "parse", "split_names"]


@dataclass(frozen=True, slots=True)
class Expression:
    """Groups of variables, separated by semicolons, and what they are conditioned on."""

    groups: tuple[tuple[str, ...], ...]
    given: tuple[str, ...]


def parse(text: object, names: Sequence[str], function: str) -> Expression:
    """Return the groups and the condition of `text`, whose variables must be among `names`.

    >>> parse("X,W;Y|Z", ["W", "X", "Y", "Z"], "I")
    Expression(groups=(('X', 'W'), ('Y',)), given=('Z',))
    """
    if not isinstance(text, str):
        raise WrongType(
            sentence(function, "expression", "be a string such as 'X,Y|Z'", type(text).__name__)
        )
    bars = [at for at, character in enumerate(text) if character == "|"]
    if len(bars) > 1:
        raise _fault(function, text, "hold at most one '|'", bars[1], names)
    end = bars[0] if bars else len(text)
    groups: list[tuple[str, ...]] = []
    start = 0
    for part in text[:end].split(";"):
        groups.append(_variables(part, start, text, names, function))
        start += len(part) + 1
    given: tuple[str, ...] = ()
    if bars:
        condition = text[end + 1 :]
        if ";" in condition:
            at = end + 1 + condition.index(";")
            raise _fault(function, text, "hold no ';' after the '|'", at, names)
        given = _variables(condition, end + 1, text, names, function)
    return Expression(tuple(groups), given)


def split_names(text: str, names: Sequence[str], function: str) -> tuple[str, ...]:
    """Return the variables of a plain list: "X,Y", or "XY" where that can be read in one way."""
    return _variables(text, 0, text, names, function)


def _variables(
    part: str, start: int, text: str, names: Sequence[str], function: str
) -> tuple[str, ...]:
    found: list[str] = []
    at = start
    for token in part.split(","):
        name = token.strip()
        place = at + len(token) - len(token.lstrip())
        at += len(token) + 1
        if not name:
            raise _fault(function, text, "name a variable", place, names)
        if name in names:
            found.append(name)
            continue
        readings = _readings(name, names)
        if len(readings) == 1:
            found += readings[0]
        elif readings:
            options = " or ".join(",".join(reading) for reading in readings[:3])
            raise _fault(function, text, f"separate {name!r} by commas ({options})", place, names)
        else:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise UnknownName(
                sentence(
                    function,
                    "expression",
                    f"name variables of the table ({', '.join(names)})",
                    f"{name!r} at position {place} of {text!r}",
                )
                + hint
            )
    return tuple(found)


def _readings(token: str, names: Sequence[str]) -> list[list[str]]:
    """Return every way to cut `token` into names: "XY" is ["X", "Y"]."""
    if not token:
        return [[]]
    return [
        [name, *rest]
        for name in names
        if token.startswith(name)
        for rest in _readings(token[len(name) :].lstrip(), names)
    ]


def _fault(
    function: str, text: str, requirement: str, place: int, names: Sequence[str]
) -> InvalidArgument:
    got = f"{text!r}, at position {place}"
    advice = f"Commas join variables, ';' parts groups, '|' conditions; known: {', '.join(names)}."
    return InvalidArgument(sentence(function, "expression", requirement, got, advice))
