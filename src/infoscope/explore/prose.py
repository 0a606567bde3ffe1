"""Markdown with mathematics -> safe HTML; formulas wait in spans for KaTeX."""

from __future__ import annotations

import re
from functools import cache

from markdown_it import MarkdownIt

from infoscope.figures import Html, esc

__all__ = ["formula", "prose"]

MATHS = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", re.DOTALL)
#: A character of the private area stands for a formula while Markdown is read.
MARK = "\ue000"


def formula(source: str, *, block: bool = False) -> Html:
    """Return a formula in TeX as a span that the page turns into mathematics.

    >>> formula("x < y")
    '<span class="math">x &lt; y</span>'
    """
    kind = "math block" if block else "math"
    return Html(f'<span class="{kind}">{esc(source)}</span>')


@cache
def prose(text: str) -> Html:
    r"""Return Markdown as HTML: raw HTML is shown as text, ``$…$`` and ``$$…$$`` are formulas.

    >>> prose("*One* $x$")
    '<p><em>One</em> <span class="math">x</span></p>\n'
    """
    formulas: list[str] = []

    def keep(match: re.Match[str]) -> str:
        block = match.group(1) is not None
        formulas.append(formula((match.group(1) or match.group(2)).strip(), block=block))
        return f"{MARK}{len(formulas) - 1}{MARK}"

    source = MATHS.sub(keep, text.replace(MARK, ""))
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(source)
    return Html(re.sub(f"{MARK}(\\d+){MARK}", lambda m: formulas[int(m.group(1))], html))
