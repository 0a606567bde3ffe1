"""One self-contained HTML page: no script, no network, light and dark, fit for print and phones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infoscope.core.files import write_text
from infoscope.figures.markup import Html, esc
from infoscope.figures.style import stylesheet

__all__ = ["Section", "page", "save_page"]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: its heading, its body (safe HTML), and a lead sentence in between."""

    title: str
    html: str
    lead: str = ""


def page(
    title: str,
    sections: Sequence[Section],
    *,
    subtitle: str = "",
    footer: str = "",
    lang: str = "en",
    theme: str = "",
) -> str:
    """Return a whole HTML document that needs nothing but itself.

    Parameters
    ----------
    title : str
        Heading of the page and name of its window.
    sections : sequence of Section
        Parts in reading order; two or more get a list of contents. `Section.html` is inserted as
        it is: escape text from outside with `esc`.
    subtitle : str
        One sentence under the heading: what was measured, on what.
    footer : str
        Last line: what made the page. `Html` may hold markup.
    lang : str
        Language of the page's own words (BCP 47).
    theme : {"", "light", "dark"}
        Force one of the two; "" follows the reader's system.

    Returns
    -------
    str
        The same text for the same input, byte by byte.

    Examples
    --------
    >>> text = page("A <b>", [Section("One", "<p>Body</p>")])
    >>> text.startswith("<!DOCTYPE html>"), "<script" in text, "<h1>A &lt;b&gt;</h1>" in text
    (True, False, True)
    """
    names = [f"part-{i}{_slug(s.title)}" for i, s in enumerate(sections, 1)]
    contents = ""
    if len(sections) > 1:
        links = "".join(
            f'<li><a href="#{name}">{esc(s.title)}</a></li>'
            for name, s in zip(names, sections, strict=True)
        )
        contents = f'<nav aria-label="Contents"><ol>{links}</ol></nav>\n'
    body = "\n".join(_part(name, s) for name, s in zip(names, sections, strict=True))
    under = f'<p class="isc-subtitle">{esc(subtitle)}</p>' if subtitle else ""
    end = f"<footer><div>{esc(footer)}</div></footer>\n" if footer else ""
    forced = f' data-theme="{esc(theme)}"' if theme else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{esc(lang)}"{forced}>\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{esc(title)}</title>\n<style>\n{stylesheet()}\n</style>\n</head>\n"
        '<body class="isc isc-page">\n<a class="isc-skip" href="#main">Skip to the content</a>\n'
        f"<header><h1>{esc(title)}</h1>{under}</header>\n{contents}"
        f'<main id="main">\n{body}\n</main>\n{end}</body>\n</html>\n'
    )


def save_page(path: str | Path, html: str) -> Path:
    """Write a page to `path` all at once, or not at all, and return the path.

    Parameters
    ----------
    path : str or Path
        Where to write; its folder must exist. A file that is there is replaced.
    html : str
        The document, as `page` returns it.

    Returns
    -------
    Path
        The path that was given.

    Raises
    ------
    NotFound
        If the folder does not exist.
    InvalidArgument
        If `path` is a folder, or may not be written.
    """
    return write_text(path, html, function="save_page")


def _part(name: str, section: Section) -> str:
    lead = f'<p class="isc-lead">{esc(section.lead)}</p>' if section.lead else ""
    heading = f'<h2 id="{name}-title">{esc(section.title)}</h2>'
    return (
        f'<section id="{name}" aria-labelledby="{name}-title">\n{heading}{lead}\n'
        f"{Html(section.html)}\n</section>"
    )


def _slug(title: str) -> str:
    """Part of an address that a person can read; empty for a title without Latin letters."""
    words = re.findall(r"[a-z0-9]+", title.lower())[:6]
    return "".join(f"-{word}" for word in words)
