"""Running, checking and rendering labs that are written here, to see each rule at work."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from infoscope.cli.main import main
from infoscope.core.errors import DataError, NotFound, UnknownName
from infoscope.labs import all_labs, blank_lab, check_lab, find_lab, read_lab, run_lab
from infoscope.labs import mode as labs_mode
from infoscope.labs.mode import mode, recorded
from infoscope.labs.rendering import code_html, lab_html, text_html

LAB = """\
# %% [markdown]
# # Counting <b>
#
# All about *two*: $1 < 2$.
# %%
print("shown")
number = 2
number + 1
# %% [markdown] exercise="square"
# The square of `number`?
# %% answer="square"
import math

square = math.prod([number, number])


def cube(n: int) -> int:
    "Return n cubed."
    return n**3


# %% check="square"
assert square == 4, "a square is n times n"
assert cube(3) == 27
# %% quiz="two"
{"ask": "Is 1 < 2?", "options": ["no", "yes"], "answer": 1, "why": "$2 - 1 > 0$."}
"""


@pytest.fixture
def lab(tmp_path: Path):
    path = tmp_path / "07_counting.py"
    path.write_text(LAB, encoding="utf-8")
    return read_lab(path)


def test_a_lab_runs_and_keeps_what_it_shows(lab) -> None:
    run = run_lab(lab)
    assert (lab.number, lab.slug, lab.title) == (7, "counting", "Counting <b>")
    assert lab.about == "All about two: 1 < 2."
    assert run.errors == ()
    assert [output.text for output in run.cells[1].outputs] == ["shown", "3"]


def test_a_package_that_is_missing_is_named_with_the_line_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.py"
    path.write_text("# %% [markdown]\n# # Mine\n\n# %%\nimport torch\n", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "torch", None)
    told = run_lab(read_lab(path)).errors[0].error
    assert "pip install 'infoscope[labs,train]'" in told


def test_an_error_stops_a_run_and_says_where(tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text("# %% [markdown]\n# # T\n# %%\nx = 1\nx / 0\n# %%\nx\n", encoding="utf-8")
    run = run_lab(read_lab(path))
    assert len(run.cells) == 2
    assert run.errors[0].error == "line 2 of the cell: x / 0\nZeroDivisionError: division by zero"


def test_blanks_hide_every_answer_and_the_file_is_still_a_lab(lab, tmp_path: Path) -> None:
    blank = blank_lab(lab)
    assert "math.prod" not in blank
    assert "n**3" not in blank
    assert "square = ..." in blank
    assert "Return n cubed." in blank
    path = tmp_path / "mine.py"
    path.write_text(blank, encoding="utf-8")
    (state,) = check_lab(lab, path).exercises
    assert state.state == "open"


@pytest.mark.parametrize(
    ("answer", "state", "why"),
    [
        ("square = 4\ndef cube(n): return n * n * n", "right", ""),
        ("square = 5\ndef cube(n): return n**3", "wrong", "a square is n times n"),
        ("square = 4", "wrong", "NameError: name 'cube' is not defined"),
        ("square = (", "wrong", "SyntaxError"),
    ],
)
def test_a_learners_answers_meet_the_labs_own_checks(
    lab, tmp_path: Path, answer: str, state: str, why: str
) -> None:
    mine = LAB[: LAB.index("import math")] + answer + "\n" + LAB[LAB.index('# %% check="square"') :]
    mine = mine.replace("assert square == 4", "assert True")  # changing the check is no use
    path = tmp_path / "mine.py"
    path.write_text(mine, encoding="utf-8")
    (found,) = check_lab(lab, path).exercises
    assert found.state == state
    assert why in found.why


def test_the_labs_own_answers_are_right_and_a_missing_file_is_said(lab, tmp_path: Path) -> None:
    assert check_lab(lab).n_right == 1
    with pytest.raises(NotFound, match="answers"):
        check_lab(lab, tmp_path / "none.py")


def test_rendering_escapes_folds_and_keeps_mathematics(lab) -> None:
    html = lab_html(run_lab(lab))
    assert "Counting &lt;b&gt;" in html
    assert '<span class="math">1 &lt; 2</span>' in html
    assert html.index("<details") < html.index("math.prod")
    assert 'data-quiz="counting/two" data-answer="1"' in html
    assert "<b>" not in html


def test_markdown_leaves_code_and_prices_alone() -> None:
    html = text_html("`$x$` costs $5 and then $6 more; $$\\sum_i p_i$$ and\n\n```text\n$a$\n```\n")
    assert "<code>$x$</code>" in html
    assert "costs $5 and then $6 more;" in html
    assert '<span class="math block">\\sum_i p_i</span>' in html
    assert "$a$" in html


def test_answers_of_a_quiz_are_one_line_each_with_a_name(tmp_path: Path) -> None:
    quiz = """# %% [markdown]
# # A title

# %% quiz="q"
{"ask": "Which?", "options": ["1. a", "+ 3", "$H(Y)$"], "answer": 0, "why": "So."}
"""
    path = tmp_path / "a.py"
    path.write_text(quiz, encoding="utf-8")
    html = lab_html(run_lab(read_lab(path)))
    assert "<span>1. a</span>" in html
    assert "<span>+ 3</span>" in html
    assert 'value="2" aria-label="H(Y)">' in html


def test_code_is_marked_without_losing_a_character() -> None:
    source = 'def f(x):\n    """Doc."""\n    return x < 1.5  # "why"\n'
    html = code_html(source)
    import re
    from html import unescape

    assert unescape(re.sub("<[^>]+>", "", html)) == source.rstrip("\n")
    assert '<span class="key">def</span>' in html
    assert code_html("not ( python") == "not ( python"


def test_records_are_read_compared_and_written(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(labs_mode, "_FOLDER", tmp_path)
    calls = []

    def compute(value: float):
        calls.append(value)
        return {"loss": [value, 1.0], "by_name": {"a": 2.0}, "free": "text"}

    within = {"loss": 0.1, "by_name": 0.1}
    with pytest.raises(DataError, match="no record of 'run'"):
        recorded("run", lambda: compute(0.5), within=within)
    with mode("record"):
        recorded("run", lambda: compute(0.5), within=within)
    assert json.loads((tmp_path / "run.json").read_text())["within"] == within
    calls.clear()
    assert recorded("run", lambda: compute(9.0), within=within)["loss"] == [0.5, 1.0]
    assert calls == []
    with mode("full"):
        assert recorded("run", lambda: compute(0.55), within=within)["loss"] == [0.55, 1.0]
        with pytest.raises(DataError, match=r"loss\[0\] = 0.5 within 0.1"):
            recorded("run", lambda: compute(0.7), within=within)


def test_labs_are_found_by_slug_number_and_file_name() -> None:
    first = all_labs()[0]
    assert find_lab("1") is find_lab(first.slug) is find_lab(first.name) is first
    with pytest.raises(UnknownName, match="infoscope labs list"):
        find_lab("no such lab")


def test_the_command_lists_exports_checks_and_runs(tmp_path: Path, capsys) -> None:
    slug = all_labs()[0].slug
    assert main(["labs", "list"]) == 0
    assert slug in capsys.readouterr().out
    mine = tmp_path / "mine.py"
    assert main(["labs", "export", slug, str(mine)]) == 0
    assert main(["labs", "export", slug, str(mine)]) == 2
    assert "Add --force" in capsys.readouterr().err
    assert main(["labs", "check", slug, str(mine)]) == 1
    assert "open" in capsys.readouterr().out
    assert main(["labs", "check", slug]) == 0
    assert main(["labs", "export", slug, str(tmp_path / "mine.ipynb")]) == 0
    cells = json.loads((tmp_path / "mine.ipynb").read_text())["cells"]
    assert {cell["cell_type"] for cell in cells} == {"markdown", "code"}
    assert main(["labs", "export", slug, str(tmp_path / "mine.txt")]) == 2
    assert main(["labs", "run", slug, "--answers"]) == 0
    captured = capsys.readouterr()
    assert "EXERCISE" in captured.out
    assert "fine in" in captured.err
    assert main(["labs", "coverage"]) == 0
    assert "| S1 | Surprisal" in capsys.readouterr().out


def test_the_answers_of_a_notebook_are_checked(tmp_path: Path, capsys) -> None:
    mine = tmp_path / "mine.ipynb"
    assert main(["labs", "export", "divergence", str(mine)]) == 0
    assert main(["labs", "check", "divergence", str(mine)]) == 1
    assert "0 of" in capsys.readouterr().out
    notebook = json.loads(mine.read_text())
    whole = find_lab("divergence")
    right = {cell.key: cell.source for cell in whole.of_kind("answer")}
    for cell in notebook["cells"]:
        if "answer" in cell["metadata"]:
            cell["source"] = right[cell["metadata"]["answer"]].splitlines(keepends=True)
    mine.write_text(json.dumps(notebook), encoding="utf-8")
    assert main(["labs", "check", "divergence", str(mine)]) == 0
    mine.write_text("[1, 2", encoding="utf-8")
    with pytest.raises(DataError, match="must be a Jupyter notebook"):
        check_lab(whole, mine)


def test_a_lab_cannot_claim_a_row_that_does_not_exist(lab, monkeypatch) -> None:
    from infoscope.labs import coverage as module

    claims = replace(lab, cells=(replace(lab.cells[0], covers=("S99",)),))
    monkeypatch.setattr(module, "all_labs", lambda: (claims,))
    with pytest.raises(ValueError, match="unknown row 'S99'"):
        module.coverage()
