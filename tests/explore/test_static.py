"""What browsers load: light, unchanged from its source, without an address outside."""

import hashlib
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import infoscope.explore
from infoscope.explore.registry import all_pages

STATIC = Path(infoscope.explore.__file__).parent / "static"
ASSET = re.compile(r'(?:href|src)="(/static/[^"]+)"')


def test_katex_is_as_it_was_packed() -> None:
    home = STATIC / "katex"
    named = {}
    for line in (home / "SHA256SUMS").read_text("ascii").splitlines():
        digest, _, name = line.partition("  ")
        named[name] = digest
    found = {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.rglob("*") if path.is_file() and path.name != "SHA256SUMS"
    }  # fmt: skip
    assert found == named
    assert "katex.min.js" in named
    assert "MIT" in (home / "LICENSE.txt").read_text("utf-8")


@pytest.mark.parametrize("slug", ["", *all_pages()])
def test_a_page_is_light(client: TestClient, slug: str) -> None:
    """Bytes over the wire: 60 kB without mathematics, 350 kB with the fonts it needs."""
    page = client.get(f"/{slug}")
    total = int(page.headers["content-length"])
    katex = 0
    for address in ASSET.findall(page.text):
        response = client.get(address)
        assert response.status_code == 200
        size = int(response.headers["content-length"])
        if "katex" in address or "math" in address:
            katex += size
        else:
            total += size
    assert total < 60_000
    if katex:
        katex += sum(f.stat().st_size for f in (STATIC / "katex/fonts").glob("*Main-Regular*"))
        katex += sum(f.stat().st_size for f in (STATIC / "katex/fonts").glob("*Math-Italic*"))
        katex += sum(f.stat().st_size for f in (STATIC / "katex/fonts").glob("*Size*"))
        assert total + katex < 350_000


@pytest.mark.parametrize("name", ["app.css", "live.js", "theme.js", "math.js", "quiz.js"])
def test_our_own_files_name_no_address_outside(name: str) -> None:
    text = (STATIC / name).read_text("utf-8")
    assert not re.search(r"https?://|//[a-z]+\.[a-z]", text)
    assert "eval(" not in text


def test_files_are_kept_by_their_content(client: TestClient) -> None:
    (address,) = [a for a in ASSET.findall(client.get("/").text) if "app.css" in a]
    first = client.get(address)
    assert "immutable" in first.headers["cache-control"]
    assert first.headers["content-encoding"] == "gzip"
    plain = client.get("/static/app.css")
    assert plain.headers["cache-control"] == "no-cache"
    same = client.get("/static/app.css", headers={"if-none-match": plain.headers["etag"]})
    assert same.status_code == 304
