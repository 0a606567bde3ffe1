"""Labs in Chromium with no network: read, run, answered; what was answered stays and travels."""

import json
import re
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from infoscope.labs import Lab, all_labs, find_lab

pytestmark = pytest.mark.browser
AXE = next(Path(axe_playwright_python.__file__).parent.glob("**/axe.min.js"))


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', "
        "'best-practice'], resultTypes: ['violations']})"
    )
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found["violations"]]


def done(page: Page) -> None:
    """Wait until every cell has shown what it shows."""
    expect(page.locator(".run [data-slot=note]")).to_have_text(
        re.compile("^Computed on this machine"), timeout=120_000
    )


@pytest.mark.parametrize("lab", [pytest.param(lab, id=lab.slug) for lab in all_labs()])
def test_a_lab_runs_and_is_fit_to_be_read(visit, served, lab: Lab) -> None:
    page, seen = visit(f"/labs/{lab.slug}", dark=lab.number % 2 == 1, phone=True)
    done(page)
    for fold in page.locator(".lesson > details, .quiz-why, .take").all():
        fold.evaluate("fold => { fold.open = true }")
    for late in page.locator("[data-later]").all():
        late.scroll_into_view_if_needed()
    expect(page.locator("[data-later]")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".katex-error, .lab-error").count() == 0
    assert page.locator(".math:not([data-done])").count() == 0
    assert violations(page) == []
    assert seen.problems == []
    assert [url for url in seen.requests if not url.startswith((served.root, "data:"))] == []


def choose(page: Page, question: str, option: int) -> None:
    page.locator(f'[data-quiz="{question}"] input[value="{option}"]').check()


def test_answers_are_judged_kept_and_counted(visit) -> None:
    page, _ = visit("/labs/entropy")
    quiz = page.locator('[data-quiz="entropy/grouping"]')
    choose(page, "entropy/grouping", 0)
    expect(quiz.locator(".quiz-state")).to_have_text(re.compile("^Not this one"))
    expect(quiz.locator(".quiz-why")).not_to_have_attribute("open", "")
    choose(page, "entropy/grouping", 2)
    expect(quiz.locator(".quiz-state")).to_have_text("Right.")
    expect(quiz.locator(".quiz-why p")).to_be_visible()
    expect(page.locator("[data-quiz-count]")).to_have_text("1 of 2")
    page.reload()
    expect(page.locator("[data-quiz-count]")).to_have_text("1 of 2")
    expect(quiz.locator('input[value="2"]')).to_be_checked()
    page.get_by_role("link", name="Cross-entropy", exact=False).last.click()
    expect(page).to_have_url(re.compile("/labs/cross_entropy"))
    page.go_back()
    expect(page.locator("[data-quiz-count]")).to_have_text("1 of 2")
    page.goto(page.url.partition("/labs")[0] + "/labs")
    row = page.locator("ol.labs > li").nth(1)
    expect(row.locator(".progress span")).to_have_text("1 of 2 questions right")


def test_answers_travel_as_a_file(visit, tmp_path: Path) -> None:
    page, seen = visit("/labs/surprisal")
    (quiz,) = find_lab("surprisal").of_kind("quiz")
    choose(page, f"surprisal/{quiz.key}", quiz.quiz.answer)
    page.get_by_role("link", name="take them elsewhere").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save to a file").click()
    file = tmp_path / "progress.json"
    saved.value.save_as(file)
    answers = json.loads(file.read_text("utf-8"))["answers"]
    assert answers == {f"surprisal/{quiz.key}": str(quiz.quiz.answer)}
    assert seen.problems == []
    other, seen = visit("/labs")
    count, said = other.locator(".progress span").first, other.locator("[data-quiz-said]")
    expect(count).to_have_text("1 question")
    for name, content in (
        ("photo.json", b"\x89PNG\x00"), ("empty.json", b""), ("list.json", b"[1, 2]"),
        ("other.json", b'{"answers": {"a/b": "1"}}'), ("null.json", b"null"),
    ):  # fmt: skip
        wrong = tmp_path / name
        wrong.write_bytes(content)
        other.locator("#quiz-import").set_input_files(wrong)
        expect(said).to_have_text(
            f"{name} is no file of progress; choose one that “Save to a file” wrote."
        )
        expect(count).to_have_text("1 question")
    evil = {"entropy/zero": "<b>", "__proto__": "1", "x": "2", "surprisal/no-such": "1"}
    file.write_text(json.dumps({"about": "infoscope quiz progress", "answers": answers | evil}))
    other.locator("#quiz-import").set_input_files(file)
    expect(said).to_have_text("Read 2 answers.")
    expect(count).to_have_text("1 of 1 question right")
    forget = other.locator("[data-quiz-forget]")
    forget.click()
    expect(count).to_have_text("1 of 1 question right")
    forget.click()
    expect(count).to_have_text("1 question")
    assert seen.problems == []


def test_what_was_stored_wrongly_does_no_harm(visit) -> None:
    page, seen = visit("/labs")
    for stored in ("[]", "null", "{", '"text"', '{"entropy/zero": 1, "entropy/grouping": null}'):
        page.evaluate("text => localStorage.setItem('infoscope-quiz', text)", stored)
        page.reload()
        expect(page.locator(".progress span").nth(1)).to_have_text("2 questions")
    assert seen.problems == []


def test_a_widget_lives_within_a_lab(visit) -> None:
    page, seen = visit("/labs/entropy")
    done(page)
    address = page.url
    widget = page.locator("[data-widget]")
    place = widget.locator('[data-drag-y="p.0"]').bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 40, steps=5)
    page.mouse.up()
    first = widget.locator(".isc-tile .isc-value").first
    expect(first).not_to_have_text(re.compile("^1.7500"))
    widget.get_by_role("link", name="Fair die").click()
    expect(first).to_have_text(re.compile("^2.5850"))
    widget.locator('[data-box="p.5"]').fill("0.5")
    expect(first).to_have_text(re.compile("^2.1610"))  # 1/2, and five times a tenth
    state = re.compile(r"^/entropy\?p=(0\.1%2C\+){5}0\.5(&|$)")
    expect(widget.locator("[data-open]")).to_have_attribute("href", state)
    assert page.url == address
    widget.locator("[data-open]").click()
    expect(page.locator(".isc-tile .isc-value").first).to_have_text(re.compile("^2.1610"))
    assert seen.problems == []


def test_a_lab_is_run_again_cell_by_cell_and_stopped(visit) -> None:
    page, seen = visit("/labs/joint_tables")
    done(page)
    before = page.locator(".lab-outs").all_inner_texts()
    page.get_by_role("button", name="Run again").click()
    done(page)
    assert page.locator(".lab-outs").all_inner_texts() == before
    page.evaluate(
        "for (const button of ['run', 'stop']) document.querySelector(`[data-${button}]`).click()"
    )
    expect(page.locator(".run [data-slot=note]")).to_have_text("Stopped.")
    expect(page.get_by_role("button", name="Run again")).to_be_enabled()
    assert seen.problems == []


def test_letters_typed_faster_than_answers_all_count(visit) -> None:
    page, seen = visit("/guessing")
    guesses = "etaoinshrdlu"
    page.keyboard.type(guesses, delay=0)
    kept = page.locator('[name="guesses"]'), page.locator('[name="tried"]')

    def n_pressed() -> int:
        counts = kept[0].input_value()
        right = sum(map(int, counts.split("."))) if counts else 0
        return right + len(kept[1].input_value())

    expect(page.locator(".guess.next, .guess").first).to_be_visible()
    page.wait_for_timeout(1500)
    # letters struck out already are no new guess: fewer only where one was typed twice for a place
    assert n_pressed() == len(guesses)
    assert seen.problems == []
