"""The directive `picture`: what a function of `docs/pictures` draws while the site is built.

    ```{picture} entropy.coin
    ```

calls `coin()` in `docs/pictures/entropy.py`, which returns a `Figure` (or HTML made of figures).
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from infoscope.figures import Figure, Html
from infoscope.figures.style import figure_style

FOLDER = Path(__file__).parents[1] / "pictures"


class Picture(SphinxDirective):
    """Insert one picture with its title, its description and the numbers behind it."""

    required_arguments: ClassVar[int] = 1
    option_spec: ClassVar[dict] = {"bare": lambda _: True}

    def run(self) -> list[nodes.Node]:
        """Draw it now."""
        module, _, name = self.arguments[0].partition(".")
        self.env.note_dependency(str(FOLDER / f"{module}.py"))
        made = getattr(importlib.import_module(f"pictures.{module}"), name)()
        if isinstance(made, Figure):
            bare = "bare" in self.options
            made = made.to_html(caption=not bare, data=not bare)
        if not isinstance(made, Html):
            raise self.error(f"{self.arguments[0]} must return a Figure or Html; got {type(made)}")
        return [nodes.raw("", made, format="html")]


def _write_style(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        Path(app.outdir, "_static", "figures.css").write_text(figure_style(), encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive, and write the stylesheet of the figures beside the pages."""
    app.add_directive("picture", Picture)
    app.connect("build-finished", _write_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
