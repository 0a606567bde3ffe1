"""Settings of the documentation site: strict, offline, drawn by the library itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "extensions"), str(HERE)]

import infoscope  # noqa: E402 - the folders above must be known first

project = "infoscope"
author = "The infoscope developers"
copyright = "The infoscope developers, Apache-2.0"
version = release = infoscope.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "site_mathematics",
    "site_pictures",
    "site_pillars",
    "site_labs",
]
exclude_patterns = ["_build", "Thumbs.db"]
nitpicky = True
default_role = "code"
language = "en"
smartquotes_action = "D"  # dashes, and nothing else
toc_object_entries = False
suppress_warnings = ["config.cache"]

# Markdown
myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = True
html_math_renderer = "katex"

# Docstrings
napoleon_google_docstring = False
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Source", "notes_style"), ("Attributes", "params_style")]
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
add_module_names = False
python_use_unqualified_type_names = True
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True

# Pages
html_theme = "furo"
html_title = "infoscope"
html_static_path = ["_static", "../src/infoscope/explore/static/katex"]
html_css_files = ["katex.min.css", "figures.css", "site.css"]
html_js_files = ["quizzes.js"]
html_favicon = "../src/infoscope/explore/static/icon.svg"
html_show_sourcelink = False
html_show_search_summary = False  # excerpts would be fetched, which file:// forbids
html_copy_source = False
html_domain_indices = False
html_baseurl = ""
pygments_style = "a11y-light"
pygments_dark_style = "a11y-dark"
_SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
_MONO = 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace'
html_theme_options = {
    "light_css_variables": {
        "font-stack": _SANS,
        "font-stack--headings": _SANS,
        "font-stack--monospace": _MONO,
        "color-brand-primary": "#0f5d78",
        "color-brand-content": "#0f5d78",
        "color-brand-visited": "#6a4bb0",
        "color-background-primary": "#fcfbf9",
        "color-background-secondary": "#f5f3ee",
        "color-background-border": "#e5e1d9",
        "color-foreground-primary": "#1d1b18",
        "color-foreground-secondary": "#5d5a54",
        "color-code-background": "#f5f3ee",
        "color-api-background": "#f5f3ee",
        "color-api-name": "#0f5d78",
        "color-api-pre-name": "#5d5a54",
        "color-inline-code-background": "#f0ede6",
    },
    "dark_css_variables": {
        "color-brand-primary": "#5cc8dd",
        "color-brand-content": "#5cc8dd",
        "color-brand-visited": "#b8a2f2",
        "color-background-primary": "#141518",
        "color-background-secondary": "#1a1c20",
        "color-background-border": "#34373d",
        "color-foreground-primary": "#eceae6",
        "color-foreground-secondary": "#aeaba4",
        "color-code-background": "#1c1e22",
        "color-api-background": "#1c1e22",
        "color-api-name": "#5cc8dd",
        "color-api-pre-name": "#aeaba4",
        "color-inline-code-background": "#24272c",
    },
    "navigation_with_keys": True,
}


def _end_with_code(_app: Sphinx, tree: nodes.document) -> None:
    """Drop the empty line that ends a block: doctest wants it, a reader does not."""
    for block in tree.findall(nodes.literal_block):
        text = block.astext().rstrip("\n")
        block.rawsource = text
        block.children = [nodes.Text(text)]


def _for_every_reader(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object
) -> None:
    """Mend what the theme leaves out: levels of headings, code that a keyboard can scroll."""
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = tree.replace(
        'role="heading"', 'role="heading" aria-level="2"'
    )
    context["body"] = context.get("body", "").replace("<pre><span></span>", '<pre tabindex="0">')


def setup(app: Sphinx) -> None:
    """Register what is too small for an extension of its own."""
    app.connect("doctree-read", _end_with_code)
    app.connect("html-page-context", _for_every_reader, priority=900)
