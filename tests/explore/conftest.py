"""A server as users start it, and Debian's Chromium to look at it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from starlette.testclient import TestClient

from infoscope.explore.application import create_app
from infoscope.language.store import cache_folder

HOME = "http://127.0.0.1:7314"
OURS = {"origin": HOME, "sec-fetch-site": "same-origin"}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: needs a Chromium (or INFOSCOPE_CHROMIUM)")


@pytest.fixture(scope="session")
def cache_apart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache without outputs of labs, but with the models that are installed."""
    folder, models = tmp_path_factory.mktemp("cache"), cache_folder() / "models"
    models.mkdir(parents=True, exist_ok=True)
    (folder / "models").symlink_to(models, target_is_directory=True)
    return folder


@pytest.fixture(scope="module", autouse=True)
def own_cache(cache_apart: Path) -> Iterator[None]:
    """Outputs of labs are kept apart from the user's, for these tests and what they start.

    Only while a module of this folder runs: later tests of the same process have their own models.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INFOSCOPE_CACHE", str(cache_apart))
        yield


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """A client that holds the key; `raise_server_exceptions` stays on, so that faults show."""
    with TestClient(create_app(token="the-key"), base_url=HOME) as client:
        assert client.get("/?token=the-key").status_code == 200
        client.headers |= OURS
        yield client


@dataclass(frozen=True)
class Served:
    """A running explorer: its first address, its root, its process."""

    address: str
    process: subprocess.Popen[str]

    @property
    def root(self) -> str:
        return self.address.partition("/?")[0]


def start(*options: str, **settings: str) -> Served:
    """Start `infoscope explore` as a user does, and wait for the address it prints."""
    command = [sys.executable, "-m", "infoscope", "explore", "--no-browser", *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", **settings}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    for line in process.stdout:
        _, found, address = line.strip().partition("The explorer is at ")
        if found:
            return Served(address, process)
    raise AssertionError("the explorer printed no address")


def end(served: Served) -> tuple[int, str]:
    """Press Ctrl-C; return the exit code and what stderr held."""
    served.process.send_signal(signal.SIGINT)
    _, errors = served.process.communicate(timeout=300)
    return served.process.returncode, errors


@pytest.fixture(scope="session")
def served(cache_apart: Path) -> Iterator[Served]:
    explorer = start("--port", "0", INFOSCOPE_CACHE=str(cache_apart))
    yield explorer
    end(explorer)


@pytest.fixture(scope="session")
def launch() -> tuple[Callable[..., Served], Callable[[Served], tuple[int, str]]]:
    """How to start and end explorers of one's own."""
    return start, end


def chromium() -> str | None:
    """Return the path of a Chromium, or None."""
    named = os.environ.get("INFOSCOPE_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium for which every name but the loopback address is unresolvable."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium: install chromium, or set INFOSCOPE_CHROMIUM to its path")
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        rules = "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", f"--host-resolver-rules={rules}"]
        )
        yield browser
        browser.close()


@dataclass
class Seen:
    """What a page said and asked for while it was open."""

    problems: list[str]
    requests: list[str]


@pytest.fixture
def visit(browser: Browser, served: Served) -> Iterator[Callable[..., tuple[Page, Seen]]]:
    """Open a page of the running explorer: ``visit("/entropy", dark=True, phone=True)``."""
    contexts = []

    def open_page(path: str, *, dark: bool = False, phone: bool = False) -> tuple[Page, Seen]:
        size: ViewportSize = (
            {"width": 390, "height": 844} if phone else {"width": 1280, "height": 900}
        )
        context = browser.new_context(viewport=size, color_scheme="dark" if dark else "light")
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)  # a busy machine is slow, not wrong
        seen = Seen([], [])
        page.goto(served.address)
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("pageerror", lambda error: seen.problems.append(str(error)))
        page.on(
            "console",
            lambda said: (
                seen.problems.append(said.text) if said.type in ("error", "warning") else None
            ),
        )
        page.goto(served.root + path)
        page.wait_for_load_state("networkidle")
        return page, seen

    yield open_page
    for context in contexts:
        context.close()
