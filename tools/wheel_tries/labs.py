"""A lab as a notebook."""

import json
from pathlib import Path

from infoscope.cli.main import main

assert main(["labs", "export", "surprisal", "mine.ipynb"]) == 0
assert json.loads(Path("mine.ipynb").read_text("utf-8"))["nbformat"] == 4
