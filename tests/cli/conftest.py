"""The command line as it is where an extra was not installed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

HIDE = """
import sys
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {hidden!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hide())
from infoscope.cli.main import main
sys.exit(main({argv!r}))
"""


@pytest.fixture(scope="session")
def run_without() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in a Python that cannot import what is hidden, as if it were missing."""

    def run(hidden: list[str], *argv: str) -> subprocess.CompletedProcess[str]:
        code = HIDE.format(hidden=hidden, argv=list(argv))
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )

    return run
