"""The site builds without a warning, works from disk, and asks nothing of another host."""

import importlib
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
#: Tags whose address is fetched by the browser; links that a reader may follow are none.
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    made = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html",
         str(DOCS), str(folder)],
        capture_output=True, text=True, cwd=ROOT, check=False,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )  # fmt: skip
    assert made.returncode == 0, made.stderr[-4000:]
    return folder


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and given.get("rel") in ("next", "prev", "search", "index", "author"):
            return
        if tag in FETCHED and given.get(FETCHED[tag]):
            self.found.append(str(given[FETCHED[tag]]))
        self.found += re.findall(r"url\(([^)]*)\)", given.get("style") or "")


@pytest.mark.heavy
def test_no_page_asks_another_host(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 80
    for page in pages:
        reader = _Addresses()
        reader.feed(page.read_text(encoding="utf-8"))
        outside = [a for a in reader.found if re.match(r"(https?:)?//", a)]
        assert outside == [], page
        lost = [
            a
            for a in reader.found
            if not a.startswith(("data:", "#")) and not (page.parent / a.split("?")[0]).exists()
        ]
        assert lost == [], page
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"url\(\s*['\"]?(https?:)?//|@import", text), sheet


@pytest.mark.heavy
def test_every_public_name_is_in_the_inventory(site: Path) -> None:
    from sphinx.util.inventory import InventoryFile

    with (site / "objects.inv").open("rb") as stream:
        inventory = InventoryFile.load(stream, "", lambda base, path: base + path)
    known = {name for kind, names in inventory.items() if kind.startswith("py:") for name in names}
    sys.path.insert(0, str(DOCS / "extensions"))
    for pillar in importlib.import_module("site_pillars").PILLARS:
        public = {f"{pillar}.{name}" for name in importlib.import_module(pillar).__all__}
        assert public <= known, public - known


@pytest.mark.browser
@pytest.mark.parametrize("page", ["index", "guides/entropy", "reference/card", "labs/02_entropy"])
def test_a_page_works_from_disk_in_a_browser(site: Path, page: str) -> None:
    program = os.environ.get("INFOSCOPE_CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.skip("no Chromium: set INFOSCOPE_CHROMIUM")
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    said: list[str] = []
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=program, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 390, "height": 800})
        opened.on("request", lambda request: asked.append(request.url))
        opened.on("console", lambda word: said.append(word.text) if word.type == "error" else None)
        opened.goto((site / f"{page}.html").as_uri())
        opened.wait_for_load_state("load")
        wide = opened.evaluate("document.documentElement.scrollWidth")
        broken = opened.evaluate("document.querySelectorAll('.katex-error').length")
        drawn = opened.evaluate(
            "[...document.querySelectorAll('.math')].every(m => m.querySelector('.katex'))"
        )
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert said == []
    assert wide <= 390
    assert broken == 0
    assert drawn
