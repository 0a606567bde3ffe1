"""The help of every command, as it prints it."""

import contextlib
import io
import os
import re
from unittest.mock import patch

from infoscope.cli.main import COMMANDS, main
from infoscope.figures import Html, esc


def every() -> Html:
    """Return each command with its first line and its folded help."""
    parts = [_one([], "infoscope", "all commands")]
    parts += [_one([name], f"infoscope {name}", about) for name, about in COMMANDS.items()]
    return Html("".join(parts))


def _one(words: list[str], name: str, about: str) -> str:
    text = io.StringIO()
    with (
        patch.dict(os.environ, {"COLUMNS": "96", "NO_COLOR": "1"}),
        contextlib.redirect_stdout(text),
        contextlib.suppress(SystemExit),
    ):
        main([*words, "--help"])
    slug = re.sub(r"\W+", "-", name)
    return (
        f'<h3 id="{slug}"><code>{esc(name)}</code></h3><p>{esc(about)}</p>'
        f"<details><summary>{esc(name)} --help</summary><pre>{esc(text.getvalue())}</pre></details>"
    )
