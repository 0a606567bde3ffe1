"""Hand and keyboard on the pages whose marks move sliders: the same numbers follow both."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser


def pull(page: Page, mark: Locator, dx: float, dy: float) -> None:
    """Drag the middle of a mark by so many pixels."""
    mark.scroll_into_view_if_needed()
    place = mark.bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=5)
    page.mouse.up()
    page.wait_for_load_state("networkidle")


def value(page: Page, name: str) -> float:
    return float(page.locator(f'[data-box="{name}"]').input_value())


def tile(page: Page) -> Locator:
    return page.locator(".isc-tile .isc-value").first


def test_a_logit_is_pulled_up(visit) -> None:
    page, seen = visit("/cross-entropy")
    expect(tile(page)).to_have_text(re.compile("^1.4608"))
    pull(page, page.locator('[data-drag-y="z.2"]'), 0, -25)
    assert 2.2 < value(page, "z.2") < 4.5
    assert value(page, "z.1") == 3.0
    expect(tile(page)).not_to_have_text(re.compile("^1.4608"))
    page.locator('[data-range="z.2"]').focus()
    before = value(page, "z.2")
    page.keyboard.press("ArrowLeft")
    expect(page.locator('[data-box="z.2"]')).to_have_value(re.compile(f"^{before - 0.05:.4g}"))
    page.get_by_role("button", name="Logits z: one class more").click()
    expect(page.locator('[data-box="z.4"]')).to_have_value("0")
    expect(page.locator('[data-box="y.4"]')).to_have_value("0")
    page.get_by_role("link", name="Softmax twice").click()
    expect(page.get_by_role("note")).to_contain_text("look like probabilities")
    assert seen.problems == []


def test_the_temperature_is_dragged_and_samples_fall(visit) -> None:
    page, seen = visit("/temperature")
    pull(page, page.locator('[data-drag-x="t"]'), 60, 0)
    assert 1.2 < value(page, "t") < 2.2
    hot = value(page, "t")
    page.locator('[data-range="t"]').focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator('[data-box="t"]')).to_have_value(re.compile(f"^{hot + 0.01:.3g}"))
    page.get_by_role("button", name="Drop them one by one").click()
    bins = page.locator('[data-slot="bins"]')
    expect(bins).not_to_contain_text("200 samples")
    expect(bins).to_contain_text("200 samples")
    assert seen.problems == []


def test_a_cell_is_dragged_and_the_table_changes_its_shape(visit) -> None:
    page, seen = visit("/mutual-information")
    expect(tile(page)).to_have_text(re.compile("^0.5246"))
    pull(page, page.locator('[data-drag-y="p.1"]'), 0, -40)
    assert value(page, "p.1") > 0.06
    for _ in range(200):  # until the answer to the last movement is there
        total = sum(value(page, f"p.{i}") for i in range(4))
        if abs(total - 1) < 1e-9:
            break
        page.wait_for_timeout(50)
    assert total == pytest.approx(1.0, abs=1e-9)
    page.locator('input[name="shape"][value="3x3"]').check()
    expect(page.locator('[data-box="p.8"]')).to_be_visible()
    page.locator("#in-p").fill("1, 0 | 0, 1")
    expect(tile(page)).to_have_text(re.compile("^1.0000"))
    expect(page.locator('input[name="shape"][value="2x2"]')).to_be_checked()
    assert seen.problems == []


def test_the_correlation_is_dragged_and_draws_gather(visit) -> None:
    page, seen = visit("/samples")
    pull(page, page.locator('[data-drag-x="rho"]'), -80, 0)
    assert value(page, "rho") < 0.5
    page.get_by_role("button", name="Draw 40 times").click()
    expect(page.locator('[data-slot="repeats"]')).to_contain_text("40 fresh draws")
    assert seen.problems == []
