"""Starting and stopping: quickly, on the port asked for or the next, without a traceback."""

import json
import math
import socket
import subprocess
import sys
import time

import pytest

from infoscope.cli.main import main
from infoscope.core.errors import InvalidArgument
from infoscope.explore.registry import all_pages
from infoscope.explore.serving import PORT, listen
from infoscope.explore.warming import warm

HEAVY = {"torch", "numba", "transformers", "pyarrow", "pandas", "scipy", "sklearn", "jax", "duckdb"}


def test_it_starts_lightly() -> None:
    """What is loaded before the first page is served: every page's file, and nothing heavy."""
    code = (
        "import json, sys\n"
        "from infoscope.explore import create_app\n"
        "from infoscope.explore.registry import all_pages\n"
        "create_app(); all_pages()\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_it_ends_with_ctrl_c_and_without_a_traceback(launch) -> None:
    start, end = launch
    explorer = start("--port", "0")
    code, errors = end(explorer)
    assert code == 0
    assert errors == "The explorer has stopped.\n"


def test_a_busy_port_gives_the_next(launch) -> None:
    start, end = launch
    with listen(PORT) as taken:
        port = taken.getsockname()[1]
        explorer = start("--port", str(port))
        assert explorer.root != f"http://127.0.0.1:{port}"
        end(explorer)


def test_only_this_machine_is_listened_to() -> None:
    with listen(0) as door:
        assert door.getsockname()[0] == "127.0.0.1"
        assert door.family == socket.AF_INET


def test_a_port_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "--port", "70000", "--no-browser"]) == 2
    assert "explore: port must lie in 0 ... 65535; got 70000." in capsys.readouterr().err
    with pytest.raises(InvalidArgument), listen(65535), listen(65535):
        pass


def test_pages_are_drawn_once_after_the_start() -> None:
    assert warm(0.0, 0.0) == [slug for slug, page in all_pages().items() if page.view is not None]


def test_pages_are_not_warmed_while_a_slider_moves() -> None:
    moves = iter([time.monotonic] * 3)
    asked = 0

    def moved() -> float:
        nonlocal asked
        asked += 1
        return next(moves, lambda: -math.inf)()

    assert len(warm(0.0, 0.0, moved)) == asked - 3
