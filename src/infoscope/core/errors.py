"""The exceptions, and the one sentence they all speak.

A message reads "<function>: <argument> must <requirement>; got <value, where>. <What to do.>", so
that a reader learns from the last line of a traceback which call was wrong and how to mend it. Each
class is also the builtin that a caller would expect to catch.
"""

from __future__ import annotations

__all__ = [
    "DataError",
    "InfoscopeError",
    "InfoscopeWarning",
    "InvalidArgument",
    "MissingExtra",
    "ModelError",
    "NotADistribution",
    "NotFound",
    "NotWritable",
    "UnknownName",
    "WrongType",
    "sentence",
]


class InfoscopeError(Exception):
    """Base of every error that the library raises on purpose."""


class InvalidArgument(InfoscopeError, ValueError):
    """An argument has the right type and a value that the function cannot use."""


class NotADistribution(InvalidArgument):
    """Numbers given as probabilities are not: negative, NaN, or not summing to one."""


class WrongType(InfoscopeError, TypeError):
    """An argument has a type that the function cannot read."""


class UnknownName(InvalidArgument):
    """A name (of a method, model, column) that nobody answers to."""


class NotFound(InfoscopeError, FileNotFoundError):
    """A file or folder that is not there."""


class NotWritable(InfoscopeError, PermissionError):
    """A file that cannot be written: no permission, no space, a read-only disk."""


class DataError(InfoscopeError, ValueError):
    """A file or table that is there, and cannot be read as what it should be."""


class ModelError(InfoscopeError, RuntimeError):
    """A language model that cannot be loaded, or that answers with nonsense."""


class MissingExtra(InfoscopeError, ImportError):
    """An optional dependency that this call needs is not installed."""


class InfoscopeWarning(UserWarning):
    """Something the reader of a number must know, short of an error."""


def sentence(function: str, argument: str, requirement: str, got: object, advice: str = "") -> str:
    """Return the error sentence in the library's one template.

    >>> sentence("entropy", "p", "be non-negative", -0.5, "Check the input.")
    'entropy: p must be non-negative; got -0.5. Check the input.'
    """
    text = f"{function}: {argument} must {requirement}; got {got}."
    return f"{text} {advice}" if advice else text
