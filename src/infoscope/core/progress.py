"""A progress bar on stderr for long work, silent when nobody watches."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from tqdm import tqdm

__all__ = ["Progress"]


class Progress:
    """A bar that counts to `total`, or on and on: ``with Progress(n, "scoring", "tokens") as bar``.

    `show=None` shows it only when stderr is a terminal, so that logs and pipes stay clean.
    """

    def __init__(
        self, total: int | None, label: str, unit: str, *, show: bool | None = None
    ) -> None:
        hidden = not (sys.stderr.isatty() if show is None else show)
        self._bar = tqdm(
            total=total, desc=label, unit=f" {unit}", unit_scale=True, file=sys.stderr,
            disable=hidden, leave=False, dynamic_ncols=True, delay=0.5,
        )  # fmt: skip

    def advance(self, n: int = 1) -> None:
        """Count `n` more units as done."""
        self._bar.update(n)

    def remark(self, text: str) -> None:
        """Show a short text behind the bar: what the work has come to so far."""
        self._bar.set_postfix_str(text, refresh=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()
