"""Bytes that Chromium receives for each page, fonts included: 60 kB, and 350 kB with KaTeX."""

import re

import pytest
from playwright.sync_api import expect

from infoscope.explore.registry import all_pages

pytestmark = pytest.mark.browser
PAGES = ["", *(slug for slug in all_pages() if not slug.startswith("labs/"))]


def weight(context, address: str) -> tuple[int, int]:
    """Open a page with an empty cache; return all bytes over the wire and those of KaTeX."""
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    asked, received = {}, {}
    wire.on(
        "Network.requestWillBeSent", lambda e: asked.update({e["requestId"]: e["request"]["url"]})
    )
    wire.on(
        "Network.loadingFinished",
        lambda e: received.update({e["requestId"]: e["encodedDataLength"]}),
    )
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert len(received) >= 5
    katex = sum(n for key, n in received.items() if "/katex/" in asked[key])
    return int(sum(received.values())), int(katex)


@pytest.mark.parametrize("slug", PAGES, ids=lambda slug: slug or "home")
def test_a_page_is_light_over_the_wire(visit, served, slug: str) -> None:
    page, _ = visit("/check")
    total, katex = weight(page.context, f"{served.root}/{slug}")
    assert total - katex < 60_000
    assert total < 350_000


@pytest.mark.parametrize("slug", ["surprisal", "entropy"])
def test_a_lab_with_its_outputs_is_as_light(visit, served, slug: str) -> None:
    page, _ = visit(f"/labs/{slug}")
    note = page.locator(".run [data-slot=note]")
    expect(note).to_have_text(re.compile("^Computed"), timeout=120_000)
    total, katex = weight(page.context, f"{served.root}/labs/{slug}")
    assert katex > 60_000
    assert total - katex < 60_000
    assert total < 350_000
