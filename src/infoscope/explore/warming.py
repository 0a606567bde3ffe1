"""Draw every page once after the start, so that the first reader of each does not wait for imports.

Pages import nothing heavy before they compute; some of the library's parts take a second to load.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable

from infoscope.core.errors import InfoscopeError
from infoscope.explore.exchange import computed
from infoscope.explore.registry import all_pages

__all__ = ["warm"]

#: Seconds left to the first page and its files, between pages, and after the last move of a slider.
FIRST, BETWEEN, STILL = 0.6, 0.05, 0.7


def warm(
    first: float = FIRST, between: float = BETWEEN, moved: Callable[[], float] = lambda: -math.inf
) -> list[str]:
    """Compute each page at its defaults and drop the result; return what was computed.

    `moved` tells when a slider was last moved (`time.monotonic`): while that goes on, this waits.
    """
    pause = threading.Event()
    pause.wait(first)
    done: list[str] = []
    for page in all_pages().values():
        if page.view is None:
            continue
        while time.monotonic() - moved() < STILL:
            pause.wait(between)
        # A part that is not installed refuses here as it will refuse the reader, who is told.
        with contextlib.suppress(InfoscopeError):
            computed(page, page.defaults())
            done.append(page.slug)
        pause.wait(between)
    return done
