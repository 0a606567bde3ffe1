"""Text of pages -> safe HTML: Markdown with mathematics, read as in labs, and formulas."""

from __future__ import annotations

from functools import cache

from infoscope.figures import Html, esc
from infoscope.labs.rendering import text_html

__all__ = ["formula", "prose"]


def formula(source: str) -> Html:
    """Return a formula in TeX as a span that the page turns into mathematics.

    >>> formula("x < y")
    '<span class="math">x &lt; y</span>'
    """
    return Html(f'<span class="math">{esc(source)}</span>')


@cache
def prose(text: str) -> Html:
    r"""Return Markdown as HTML: raw HTML is shown as text, ``$…$`` and ``$$…$$`` are formulas.

    >>> prose("*One* $x$")
    '<p><em>One</em> <span class="math">x</span></p>\n'
    """
    return text_html(text)
