"""Errors name the function that the caller called, also where a shared reader raised them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from infoscope.core.errors import InfoscopeError

__all__ = ["speaking_as"]

_READER = "scan: "  # the name under which what all functions share speaks


@contextmanager
def speaking_as(function: str) -> Iterator[None]:
    """Raise errors that speak as `scan` again under the name of `function`.

    >>> from infoscope.core.errors import DataError
    >>> with speaking_as("select"):
    ...     raise DataError("scan: source must be readable; got 'x'.")
    Traceback (most recent call last):
    infoscope.core.errors.DataError: select: source must be readable; got 'x'.
    """
    try:
        yield
    except InfoscopeError as error:
        text = str(error)
        if function == "scan" or not text.startswith(_READER):
            raise
        raise type(error)(f"{function}: {text.removeprefix(_READER)}") from error.__cause__
