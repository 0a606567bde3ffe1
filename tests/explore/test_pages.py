"""Every page by the contract: it draws all its states, and its code gives its numbers."""

import contextlib
import io
import xml.etree.ElementTree as ET
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from starlette.testclient import TestClient

from infoscope.explore.controls import Sent
from infoscope.explore.exchange import address, computed, read
from infoscope.explore.page import GROUPS, NARROW, WIDE, Page, call
from infoscope.explore.registry import all_pages
from infoscope.figures import Figure

PAGES = all_pages()
#: all pages of labs are made by one template
ONE_LAB = {s: p for s, p in PAGES.items() if not s.startswith("labs/") or s == "labs/entropy"}
STATES = [
    pytest.param(page, preset, id=f"{page.slug}-{preset.label if preset else 'start'}")
    for page in PAGES.values()
    for preset in (None, *page.presets)
]


def values_of(page: Page, preset: Any) -> dict[str, Any]:
    """Return the values as the page itself settles them."""
    start = page.defaults(**(preset.values if preset else {}))
    fields = {k: v for c in page.flat if c.name in start for k, v in c.write(start[c.name]).items()}
    reading = read(page, Sent(fields))
    assert reading.wrong == {}
    return reading.values


def flat(value: Any) -> Any:
    """Return the rows of a table in one row; anything else as it is."""
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return [len(value), *(number for row in value for number in row)]
    return value


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_the_declaration_holds_together(page: Page) -> None:
    assert page.group in GROUPS
    assert page.about.endswith((".", "?", "!")) or "lab" in page.extra
    names = [control.name for control in page.flat]
    assert len(names) == len(set(names))
    assert all(set(preset.values) <= set(names) for preset in page.presets)
    slots = [slot.name for slot in page.slots]
    assert len(slots) == len(set(slots))
    if page.listed and page.group != "Labs":
        assert page.picture is not None, "the home page wants a small picture"
        assert page.notice, "a page says what to notice"
    if page.view is not None and page.flat:
        assert page.code is not None, "a page hands out its Python"
        assert page.presets, "a page has starting points"


@pytest.mark.parametrize("page, preset", STATES)
def test_a_state_draws_wide_and_narrow(page: Page, preset: Any) -> None:
    values = values_of(page, preset)
    filled = {slot.name for slot in page.slots} | {"notice", "code", "problem", "note"}
    for narrow in (False, True):
        patch = computed(page, values, narrow=narrow)
        for key, value in patch.items():
            assert key.lstrip("+=") in filled | set(values), f"{key} is no slot of {page.slug}"
            if isinstance(value, Figure):
                ET.fromstring(value.svg)
                assert value.title
                assert value.description
                assert value.width <= (NARROW if narrow else WIDE) + 0.5, f"{key} is too wide"


@pytest.mark.parametrize("page, preset", STATES)
def test_the_code_gives_the_numbers_of_the_page(page: Page, preset: Any) -> None:
    if page.code is None or page.numbers is None:
        return
    values = values_of(page, preset)
    space: dict[str, Any] = {"__name__": "copied"}
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(compile(call(page.code, values), page.slug, "exec"), space)
    assert said.getvalue().strip(), "the code prints what it found"
    expected = call(page.numbers, values)
    shared = set(expected) & set(space)
    assert shared, "the code uses the names of the numbers"
    for name in shared:
        assert float(space[name]) == pytest.approx(expected[name], rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("page, preset", STATES)
def test_the_address_leads_back_to_the_state(page: Page, preset: Any) -> None:
    values = values_of(page, preset)
    query = dict(parse_qsl(urlencode(address(page, values)), keep_blank_values=True))
    again = read(page, Sent(query)).values
    for control in page.flat:
        if control.in_address:
            assert flat(again[control.name]) == pytest.approx(flat(values[control.name]))


@pytest.mark.parametrize("page", ONE_LAB.values(), ids=ONE_LAB.keys())
def test_hostile_queries_do_no_harm(page: Page, client: TestClient) -> None:
    evil = '"><script>alert(1)</script>'
    query = {control.name: evil for control in page.flat} | {"unknown": evil, "": evil}
    response = client.get(f"/{page.slug}?{urlencode(query)}")
    assert response.status_code == 200
    assert "<script>alert" not in response.text
    for text in ("nan", "inf", "-1e400", "1/0", "", "0x10", "1" * 5_000, "\x00", "٣"):
        query = {control.name: text for control in page.flat}
        assert client.get(f"/{page.slug}?{urlencode(query)}").status_code == 200
        if page.view is not None:
            assert client.post(f"/live/{page.slug}", data=query).status_code == 200
