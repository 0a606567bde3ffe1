"""Draw every page once after the start, so that the first reader of each does not wait for imports.

Pages import nothing heavy before they compute; some of the library's parts take a second to load.
"""

from __future__ import annotations

import contextlib
import threading

from infoscope.core.errors import InfoscopeError
from infoscope.explore.exchange import computed
from infoscope.explore.registry import all_pages

__all__ = ["warm"]

#: Seconds left to the first page and its files, and between pages, so that sliders stay smooth.
FIRST, BETWEEN = 0.6, 0.05


def warm(first: float = FIRST, between: float = BETWEEN) -> list[str]:
    """Compute each page at its defaults and drop the result; return what was computed."""
    pause = threading.Event()
    pause.wait(first)
    done: list[str] = []
    for page in all_pages().values():
        if page.view is None:
            continue
        # A part that is not installed refuses here as it will refuse the reader, who is told.
        with contextlib.suppress(InfoscopeError):
            computed(page, page.defaults())
            done.append(page.slug)
        pause.wait(between)
    return done
