"""Compile a kernel once and keep it on disk; where no folder is writable, compile without keeping.

Numba looks for a cache folder beside the source and then in the user's cache folder, and raises
while decorating when neither can be written (a read-only container without a home); it raises while
compiling when the disk is full. The kernel must still run.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

import numba

__all__ = ["compiled"]

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Return `function` compiled by numba without the interpreter lock, cached if possible.

    Division by zero gives inf or NaN as in NumPy: Python's check at every division would double
    the time to compile.
    """
    try:
        made: Any = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError as error:
        if "cannot cache" not in str(error):
            raise
        return cast(F, numba.njit(nogil=True, error_model="numpy")(function))
    kept = getattr(made, "_cache", None)  # none where compiling is switched off (NUMBA_DISABLE_JIT)
    if kept is not None:
        kept.save_overload = _if_it_fits(kept.save_overload)
    return cast(F, made)


def _if_it_fits(save: Callable[..., None]) -> Callable[..., None]:
    """Return `save`, silent where the system refuses: what is compiled serves without a file."""

    def saved(*arguments: Any) -> None:
        with suppress(OSError):
            save(*arguments)

    return saved
