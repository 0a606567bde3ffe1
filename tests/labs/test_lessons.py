"""Every lab that comes with the library: runs, its answers are right, its file is well made."""

from collections import Counter

import pytest

from infoscope.labs import Lab, all_labs, blank_lab, check_lab, run_lab

LABS = all_labs()


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_a_lab_runs_in_quick_mode_without_an_error_and_draws(lab: Lab) -> None:
    run = run_lab(lab)
    assert [(each.cell.line, each.error) for each in run.errors] == []
    assert any(output.html for each in run.cells for output in each.outputs), "no picture"


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_a_lab_teaches_and_asks(lab: Lab) -> None:
    """No wall of text; something to predict, to do and to answer; an `about` for the list."""
    assert lab.of_kind("quiz")
    assert lab.of_kind("exercise")
    assert 20 < len(lab.about) < 400
    for cell in (*lab.of_kind("text"), *lab.of_kind("exercise")):
        paragraphs = cell.source.split("\n\n")
        assert max(len(part.split()) for part in paragraphs) <= 90, f"line {cell.line}"


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_blank_answers_are_open_not_right(lab: Lab, tmp_path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(blank_lab(lab), encoding="utf-8")
    assert {each.state for each in check_lab(lab, path).exercises} == {"open"}


def test_numbers_and_slugs_are_used_once() -> None:
    assert max(Counter(lab.number for lab in LABS).values()) == 1
    assert max(Counter(lab.slug for lab in LABS).values()) == 1
