"""Text that is safe inside HTML and SVG, whoever wrote it."""

from __future__ import annotations

import re
from html import escape

__all__ = ["Html", "esc"]

# Characters that XML forbids, lone surrogates, and the marks that silently reorder text on screen.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
    "\ud800-\udfff\ufffe\uffff]"
)


class Html(str):
    """Markup that is safe already and must not be escaped again; notebooks and labs show it."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


def esc(text: object) -> str:
    r"""Return `text` escaped for HTML and SVG, in content and in quoted attributes.

    Characters that no document may hold, or that would reorder the text around them, are written
    out: controls as their pictures (U+2400 block), the others as ``\u202e``. `Html` passes as is.

    Examples
    --------
    >>> esc('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    >>> esc("a\x00b")
    'a␀b'
    """
    if isinstance(text, Html):
        return str(text)
    return escape(_UNSAFE.sub(_spelled, str(text)), quote=True)


def _spelled(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
