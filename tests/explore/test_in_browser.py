"""Every page in Chromium with no network: it loads clean, and answers hand and keyboard."""

import re
from collections.abc import Callable
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from infoscope.explore.registry import all_pages

pytestmark = pytest.mark.browser
AXE = next(Path(axe_playwright_python.__file__).parent.glob("**/axe.min.js"))
#: labs have a test of their own, which waits for their outputs
SLUGS = ["", *(slug for slug in all_pages() if not slug.startswith("labs/"))]
ADDRESSES = [pytest.param(f"/{slug}", id=slug or "home") for slug in SLUGS]


def violations(page: Page) -> list[str]:
    """Run axe in the page's own world, where the page's policy does not reach."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', "
        "'best-practice'], resultTypes: ['violations']})"
    )
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found["violations"]]


@pytest.mark.parametrize("path", ADDRESSES)
def test_it_loads_without_a_complaint_and_asks_nobody_else(visit, served, path: str) -> None:
    page, seen = visit(path)
    expect(page.locator("h1")).to_be_visible()
    assert seen.problems == []
    assert [url for url in seen.requests if not url.startswith((served.root, "data:"))] == []
    for span in page.locator(".math").all():
        expect(span).to_have_attribute("data-done", "")
    assert page.locator(".katex-error").count() == 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", ADDRESSES)
def test_axe_finds_nothing(visit, path: str, dark: bool) -> None:
    page, _ = visit(path, dark=dark)
    for fold in page.locator("details.group, details.isc-data").all():
        fold.evaluate("fold => { fold.open = true }")
    page.wait_for_load_state("networkidle")
    assert violations(page) == []


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_phone_needs_no_sideways_scroll(visit, path: str) -> None:
    page, seen = visit(path, phone=True)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    assert seen.problems == []


def box(page: Page, name: str):
    return page.locator(f'[data-box="{name}"]')


def test_a_drag_and_the_keyboard_change_the_same_numbers(visit) -> None:
    page, seen = visit("/entropy?p=0.5,0.5")
    bar = page.locator('[data-drag-y="p.0"]')
    place = bar.bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 30, steps=6)
    page.mouse.up()
    expect(box(page, "p.0")).not_to_have_value("0.5")
    first = float(box(page, "p.0").input_value())
    assert 0.52 < first < 0.75
    expect(box(page, "p.1")).to_have_value(re.compile(rf"^{1 - first:.4g}"))
    expect(page.locator("#in-p")).to_have_value(re.compile(rf"^{first:.4g}"))
    expect(page.locator(".isc-tile .isc-value").first).not_to_have_text(re.compile("^1.0000"))
    dragged = page.locator(".isc-tile .isc-value").first.inner_text()
    slider = page.locator('[data-range="p.0"]')
    slider.focus()
    for _ in range(3):
        page.keyboard.press("PageUp")  # further from a half, so that no law of equal entropy is met
    expect(box(page, "p.0")).not_to_have_value(str(first))
    expect(page.locator(".isc-tile .isc-value").first).not_to_have_text(dragged)
    box(page, "p.0").fill("0.5")
    expect(page.locator(".isc-tile .isc-value").first).to_have_text(re.compile("^1.0000"))
    expect(page).to_have_url(re.compile(r"/entropy\?p=0\.5%2C\+0\.5(&|$)"))
    assert seen.problems == []


def test_a_drag_to_one_and_back_loses_nothing(visit) -> None:
    page, _ = visit("/entropy?p=0.5,0.3,0.2")
    place = page.locator('[data-drag-y="p.0"]').bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 600, steps=4)
    expect(box(page, "p.0")).to_have_value("1")
    expect(box(page, "p.1")).to_have_value("0")
    page.mouse.move(x, y, steps=4)
    page.mouse.up()
    expect(box(page, "p.1")).to_have_value("0.3")
    expect(box(page, "p.2")).to_have_value("0.2")


def test_presets_reset_and_typed_numbers(visit) -> None:
    page, _ = visit("/entropy")
    page.get_by_role("link", name="Fair die").click()
    expect(box(page, "p.5")).to_have_value(re.compile("^0.1667|0.166667"))
    expect(page.locator(".isc-tile .isc-value").first).to_have_text(re.compile("^2.5850"))
    page.locator("#in-p").fill("3, 1")
    expect(page.locator('[data-slot="wrong-p"]')).to_have_text(re.compile("sum to 4"))
    expect(page.locator(".isc-tile .isc-value").first).to_have_text(re.compile("^0.8113"))
    page.locator("#in-p").fill("3, banana")
    expect(page.locator('[data-slot="wrong-p"]')).to_have_text(re.compile("must be a number"))
    page.get_by_role("link", name="Reset").click()
    expect(page.locator(".isc-tile .isc-value").first).to_have_text(re.compile("^1.7500"))
    expect(page).to_have_url(re.compile("/entropy$"))


def test_an_action_climbs_to_the_most_entropy(visit) -> None:
    page, _ = visit("/entropy")
    page.get_by_text("Most entropy", exact=True).click()
    page.get_by_role("button", name="Most entropy of all").click()
    expect(page.locator(".isc-tile .isc-value").first).to_have_text(re.compile("^2.0000"))


def test_tables_open_and_follow(visit) -> None:
    page, _ = visit("/kl")
    page.get_by_text("Data (161 rows)").click()
    expect(page.locator("details[open] tbody tr")).to_have_count(161)


def test_code_and_link_are_copied(visit, served) -> None:
    page, _ = visit("/kl?mean_q=2")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert "isc.gaussian_kl(" in page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_timeout(200)
    assert page.evaluate("navigator.clipboard.readText()") == f"{served.root}/kl?mean_q=2"


def test_colours_are_chosen_and_kept(visit) -> None:
    page, _ = visit("/")
    toggle = page.locator("[data-theme-toggle]")
    toggle.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    toggle.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_long_work_streams_and_stops(visit) -> None:
    page, seen = visit("/check")
    page.locator("#in-seconds").fill("60")
    page.locator("#in-busy").uncheck()
    page.get_by_role("button", name="Count", exact=True).click()
    counted = page.locator('[data-slot="count"]')
    expect(counted).to_contain_text("3 ", timeout=30_000)
    expect(page.locator(".state progress")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator('[data-slot="note"]')).to_have_text("Stopped.")
    expect(page.get_by_role("button", name="Count", exact=True)).to_be_enabled()
    assert seen.problems == []


def test_ten_tabs_at_once(visit: Callable) -> None:
    tabs = [visit(f"/kl?mean_q={i / 10}")[0] for i in range(10)]
    for tab in tabs:
        slider = tab.locator('[data-range="sd_q"]')
        slider.focus()
        tab.keyboard.press("PageUp")
    for tab in tabs:
        expect(tab).to_have_url(re.compile("sd_q="))


def test_a_server_that_is_gone_is_told(visit, browser, launch) -> None:
    start, end = launch
    explorer = start("--port", "0")
    page = browser.new_context().new_page()
    page.goto(explorer.address)
    page.goto(f"{explorer.root}/entropy")
    end(explorer)
    page.locator('[data-range="p.0"]').focus()
    page.keyboard.press("PageUp")
    expect(page.get_by_role("alert")).to_contain_text("Is it still running?")
    page.context.close()
