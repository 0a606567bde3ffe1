"""Floor 5: a local web page for each idea, alive: drag it, see it, share it.

Nothing here is imported before it is named, so that a page can be declared, and tested, without a
web server installed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from infoscope.core.extras import require

if TYPE_CHECKING:
    from infoscope.explore.application import create_app
    from infoscope.explore.serving import serve

__all__ = ["create_app", "serve"]

_HOMES = {"create_app": "application", "serve": "serving"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'infoscope.explore' has no attribute {name!r}")
    for module in ("starlette", "uvicorn", "jinja2", "python_multipart", "markdown_it"):
        require(module, extra="explore", purpose="the explorer")
    return getattr(importlib.import_module(f"infoscope.explore.{_HOMES[name]}"), name)
