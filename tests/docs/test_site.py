"""The site builds without a warning, works from disk, and asks nothing of another host.

One test, since one build takes about two CPU minutes: every lab is run for its page.
"""

import importlib
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
#: Tags whose address is fetched by the browser; links that a reader may follow are none.
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
LOOKED_AT = ("index", "guides/entropy", "reference/card", "labs/02_entropy", "wrong-numbers")


class Addresses(HTMLParser):
    """Collect what a page would fetch."""

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
@pytest.mark.minutes
def test_the_site_builds_strictly_and_works_from_disk(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html",
         str(DOCS), str(tmp_path)],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr[-4000:]
    _asks_no_other_host(tmp_path)
    _knows_every_public_name(tmp_path)
    program = os.environ.get("INFOSCOPE_CHROMIUM") or shutil.which("chromium")
    if program is not None:  # a thread of its own: the explorer's tests may keep a browser in ours
        with ThreadPoolExecutor(1) as apart:
            apart.submit(_all_work, program, tmp_path).result()


def _asks_no_other_host(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 80
    for page in pages:
        reader = Addresses()
        reader.feed(page.read_text(encoding="utf-8"))
        outside = [a for a in reader.found if re.match(r"(https?:)?//", a)]
        assert outside == [], page
        own = [a.split("?")[0] for a in reader.found if not a.startswith(("data:", "#"))]
        assert [a for a in own if not (page.parent / a).exists()] == [], page
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"url\(\s*['\"]?(https?:)?//|@import", text), sheet


def _knows_every_public_name(site: Path) -> None:
    from sphinx.util.inventory import InventoryFile

    content = (site / "objects.inv").read_bytes()
    inventory = InventoryFile.loads(content, uri="").data
    known = {name for kind, names in inventory.items() if kind.startswith("py:") for name in names}
    sys.path.insert(0, str(DOCS / "extensions"))
    for pillar in importlib.import_module("site_pillars").PILLARS:
        public = {f"{pillar}.{name}" for name in importlib.import_module(pillar).__all__}
        assert public <= known, public - known


def _all_work(program: str, site: Path) -> None:
    for page in LOOKED_AT:
        _works_in_a_browser(program, (site / f"{page}.html").as_uri())
    _works_in_a_browser(program, (site / "search.html").as_uri() + "?q=entropy", found=20)


def _works_in_a_browser(program: str, page: str, *, found: int = 0) -> None:
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    said: list[str] = []
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=program, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 390, "height": 800})
        opened.on("request", lambda request: asked.append(request.url))
        opened.on("console", lambda word: said.append(word.text) if word.type == "error" else None)
        opened.goto(page)
        opened.wait_for_load_state("load")
        if found:
            opened.wait_for_selector(f"#search-results li:nth-child({found})")
        wide = opened.evaluate("document.documentElement.scrollWidth")
        broken = opened.evaluate("document.querySelectorAll('.katex-error').length")
        undrawn = opened.evaluate(
            "[...document.querySelectorAll('.math')].filter(m => !m.querySelector('.katex')).length"
        )
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert said == [], page
    assert wide <= 390, page
    assert (broken, undrawn) == (0, 0), page
