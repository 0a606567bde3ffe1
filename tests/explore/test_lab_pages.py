"""Labs as pages of the explorer: text at once, outputs as they come, kept until they change."""

import json
import re
from collections import Counter
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from starlette.testclient import TestClient

from infoscope.explore.controls import Sent
from infoscope.explore.embedding import widget_at
from infoscope.explore.exchange import answer
from infoscope.explore.lab_cache import Kept, folder, keep, kept
from infoscope.explore.lab_pages import AT_ONCE, filled, lab_patches, lab_text, later_output
from infoscope.explore.registry import find_page
from infoscope.labs import Lab, all_labs, blank_lab, find_lab, read_lab, run_lab
from infoscope.labs.rendering import outputs_html

LABS = [pytest.param(lab, id=lab.slug) for lab in all_labs()]
EVIL = """# %% [markdown]
# # A lab with <b>tags</b>
#
# And some text.

# %%
print("<script>alert(1)</script>")

# %%
1 / 0

# %%
print("never")
"""


@pytest.fixture
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of one's own, empty."""
    monkeypatch.setenv("INFOSCOPE_CACHE", str(tmp_path))
    return tmp_path / "labs"


@pytest.fixture
def evil(tmp_path: Path) -> Lab:
    path = tmp_path / "99_evil.py"
    path.write_text(EVIL, "utf-8")
    return read_lab(path)


def stream(client: TestClient, address: str, **fields: str) -> list[dict]:
    lines = client.post(address, data=fields).text.splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("lab", LABS)
def test_the_text_is_there_at_once_and_the_cells_wait(client, no_cache, lab: Lab) -> None:
    html = client.get(f"/labs/{lab.slug}").text
    assert f"<h1>{lab.title}</h1>" in unescape(html)
    assert html.count("<h1") == 1
    assert "data-run-now" in html
    runs = [i for i, cell in enumerate(lab.cells) if cell.kind in ("code", "answer", "check")]
    assert re.findall(r'data-slot="out-(\d+)"></div>', html) == list(map(str, runs))
    assert html.count('<fieldset class="lab-quiz"') == len(lab.of_kind("quiz"))
    assert html.count("lab-answer") == len(lab.of_kind("answer"))
    assert f"infoscope labs run {lab.slug}" in html
    ids = Counter(re.findall(r' id="([^"]+)"', html))
    assert [name for name, n in ids.items() if n > 1] == []
    labelled = {word for said in re.findall(r'aria-describedby="([^"]+)"', html)
                for word in said.split()}  # fmt: skip
    assert labelled <= set(ids)


@pytest.mark.parametrize("lab", LABS)
def test_its_widgets_are_pages_at_states_that_they_take(lab: Lab) -> None:
    for cell in lab.cells:
        if not cell.explorer:
            continue
        slug, _, query = cell.explorer.partition("?")
        page = find_page(slug)
        assert page is not None, f"line {cell.line}: the explorer has no page {slug!r}"
        sent = dict(parse_qsl(query, keep_blank_values=True))
        assert set(sent) <= set(page.by_name), f"line {cell.line}: unknown controls in {query!r}"
        patch = answer(page, Sent(sent), whole=True)
        refused = {k: v for k, v in patch.items() if k.startswith("wrong-") or k == "problem"}
        assert not any(refused.values()), f"line {cell.line}: {refused}"


def test_all_are_listed_in_order_with_their_questions(client: TestClient) -> None:
    for address in ("/labs", "/"):
        html = client.get(address).text
        assert re.findall(r'href="/labs/([a-z_]+)"', html)[-len(LABS):] == [
            lab.slug for lab in all_labs()
        ]  # fmt: skip
        told = [json.loads(unescape(one)) for one in re.findall(r'data-quizzes="([^"]*)"', html)]
        quizzes = [q for lab in all_labs() for q in lab.of_kind("quiz")]
        assert sum(map(len, told)) == len(quizzes)
        assert told[1] == {"entropy/grouping": "2", "entropy/zero": "1"}


def test_a_page_of_the_explorer_leads_to_its_labs(client: TestClient) -> None:
    assert 'href="/labs/entropy">Lab 2:' in client.get("/entropy").text


def test_cells_come_one_by_one_and_are_kept(client: TestClient, own_cache: None) -> None:
    lab = find_lab("surprisal")
    patches = stream(client, f"/run/labs/{lab.slug}", anew="1")
    came = [key for patch in patches for key in patch if key.startswith("out-")]
    expected = {
        f"out-{i}": outputs_html(run)
        for i, run in enumerate(run_lab(lab).cells) if run.cell.kind in ("code", "answer", "check")
    }  # fmt: skip
    assert came == list(expected)
    shown = {key: value for patch in patches for key, value in patch.items() if key in expected}
    assert shown == expected
    assert patches[-1]["note"].startswith("Computed on this machine in")
    html = client.get(f"/labs/{lab.slug}").text
    assert "data-run-now" not in html
    assert "Computed on this machine" in html
    assert all(value in html for value in expected.values())
    again = stream(client, f"/run/labs/{lab.slug}")
    assert len(again) == 3  # no remark, all outputs in one, the note
    assert set(expected) <= set(again[1])


def test_what_fails_is_told_and_stops(evil: Lab, no_cache: Path) -> None:
    patches = list(lab_patches(evil, anew=""))
    assert patches[1]["out-1"] == '<pre class="lab-out" tabindex="0">' \
        "&lt;script&gt;alert(1)&lt;/script&gt;</pre>"  # fmt: skip
    assert "ZeroDivisionError" in patches[2]["out-2"]
    assert "Cell 2 of 3 failed" in patches[3]["problem"]
    assert len(patches) == 4
    assert kept(evil) is None
    assert "<b>" not in "".join(lab_text(evil)[0])


def test_a_cache_is_used_only_for_what_it_was_made_from(evil: Lab, no_cache: Path) -> None:
    run = Kept({1: "<p>one</p>"}, 0.5)
    assert kept(evil) is None
    assert keep(evil, run)
    assert kept(evil) == run
    evil.path.write_text(EVIL + "\n# changed\n", "utf-8")
    assert kept(evil) is None
    (place,) = folder().iterdir()
    for content in ("", "[]", "{}", "null", '{"made_from": 1}', "\x00"):
        place.write_text(content)
        assert kept(evil) is None


def test_a_cache_that_cannot_be_written_is_no_reason_to_fail(
    evil: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("INFOSCOPE_CACHE", str(tmp_path / "file"))
    assert not keep(evil, Kept({}, 0.0))
    assert kept(evil) is None


def test_large_outputs_are_fetched_when_the_reader_comes(evil: Lab, no_cache: Path) -> None:
    slot = '<div data-slot="out-{}"></div>'.format
    parts = [slot(1) + slot(2), slot(3)]
    large = "x" * (AT_ONCE - 10)
    run = Kept({1: "small", 2: large, 3: "y" * 20}, 1.0)
    first, second = filled(parts, run)
    assert first == f'<div data-slot="out-1">small</div><div data-slot="out-2">{large}</div>'
    assert second == '<div data-slot="out-3" data-later></div>'
    keep(evil, run)
    assert later_output(evil, "out-3") == "y" * 20
    for wrong in ("out-9", "out-", "out-x", "", "out-1.0"):
        assert "Run again" in later_output(evil, wrong)


def test_labs_are_taken_home(client: TestClient) -> None:
    lab = find_lab("entropy")
    blank = client.get("/labs/entropy.py")
    assert blank.text == blank_lab(lab)
    assert blank.headers["content-disposition"] == 'attachment; filename="entropy.py"'
    assert client.get("/labs/entropy.py?answers=1").text == lab.path.read_text("utf-8")
    cells = json.loads(client.get("/labs/entropy.ipynb").text)["cells"]
    assert len(cells) == len(lab.cells)
    assert not any("Counter(text)" in "".join(cell["source"]) for cell in cells)
    full = client.get("/labs/entropy.ipynb?answers=1").text
    assert "Counter(text)" in full
    for wrong in ("entropy.exe", "none.py", "..%2Fpyproject.toml", "entropy.py.ipynb", ".py"):
        assert client.get(f"/labs/{wrong}").status_code == 404


def test_a_widget_has_ids_of_its_own_and_keeps_them(client: TestClient) -> None:
    widget = widget_at("entropy?p=0.5,0.5", 3)
    assert widget is not None
    assert widget.alive
    assert [slot.name for slot in widget.shown] == ["bars", "tiles"]
    assert 'id="w3-in-p"' in widget.slots["control-p"]
    patch = client.post("/live/entropy", data={
        "p": "1, 1, 1", "p.0": "0.5", "p.1": "0.5", "_mark": "w3-",
    }).json()  # fmt: skip
    assert 'id="w3-in-p"' in patch["control-p"]
    assert 'for="w3-in-p"' in patch["control-p"]
    assert 'id="w3-in-p-wrong"' in patch["control-p"]
    for evil in ('"><script>', "w3", "w-", "x3-", "w3-w3-"):
        fields = {"p": "1, 1, 1", "p.0": "0.5", "p.1": "0.5", "_mark": evil}
        assert 'id="in-p"' in client.post("/live/entropy", data=fields).json()["control-p"]
    assert widget_at("nowhere", 0) is None
    text = widget_at("text", 0)
    assert text is not None
    assert not text.alive


def test_a_widget_hides_buttons_whose_pictures_it_has_not() -> None:
    widget = widget_at("temperature", 0)
    assert widget is not None
    names = {
        control.name for entry in widget.panel for control in getattr(entry, "controls", (entry,))
    }
    assert "t" in names
    assert "drop" not in names
