"""All pages, found in the folder `pages`: a new file there is a new page."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from infoscope.explore import pages as folder
from infoscope.explore.page import GROUPS, Page

__all__ = ["all_pages", "find_page"]


@cache
def all_pages() -> dict[str, Page]:
    """Return slug -> page, in the order of the menu."""
    found: list[Page] = []
    for module in pkgutil.iter_modules(folder.__path__):
        loaded = importlib.import_module(f"{folder.__name__}.{module.name}")
        found += getattr(loaded, "PAGES", None) or [loaded.PAGE]
    found.sort(key=lambda page: (GROUPS.index(page.group), page.order, page.title))
    pages = {page.slug: page for page in found}
    assert len(pages) == len(found), "two pages share a slug"
    return pages


def find_page(slug: str) -> Page | None:
    """Return the page at `slug`, or None."""
    return all_pages().get(slug)
