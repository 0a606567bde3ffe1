"""Mathematics by the KaTeX that the package carries: spans of TeX, drawn in the browser."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata


def _inline(translator: Any, node: nodes.Element) -> None:
    tex = translator.encode(node.astext())
    translator.body.append(f'<span class="math">{tex}</span>')
    raise nodes.SkipNode


def _block(translator: Any, node: nodes.Element) -> None:
    tex = translator.encode(node.astext())
    translator.body.append(f'<div class="math math-block" tabindex="0">{tex}</div>')
    raise nodes.SkipNode


def _scripts(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """Load KaTeX only where there is mathematics to draw."""
    if 'class="math' in context.get("body", ""):
        app.add_js_file("katex.min.js", priority=400)
        app.add_js_file("mathematics.js", priority=401)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the renderer."""
    app.add_html_math_renderer("katex", (_inline, None), (_block, None))  # type: ignore[arg-type]
    app.connect("html-page-context", _scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
