"""The page of bars is what the tables say, and every bar finds its number or its test."""

import importlib
import math
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "benchmarks")]
bars = importlib.import_module("bars")
BARS = bars.read_bars()


def table(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.csv").write_text(text)


def bar(**given) -> Any:
    asked = {} if "at_least" in given else {"at_most": 1.0}
    return bars.Bar(**({"pillar": "P", "bar": "b", "table": "t", "value": "x"} | asked | given))


def test_the_page_in_docs_is_the_one_that_the_tables_give() -> None:
    page = (ROOT / "docs" / "bars.md").read_text(encoding="utf-8")
    assert page == bars.page(BARS), "run `python benchmarks/bars.py`"


@pytest.mark.parametrize("one", BARS, ids=lambda one: f"{one.pillar}: {one.bar}"[:70])
def test_each_bar_is_answered(one) -> None:
    assert sorted(bars.existing_tests(one)) == sorted(one.tests)
    if one.table:
        value = bars.measured(one)
        assert math.isfinite(value)
        assert bars.is_met(one, value) or one.why


def test_every_pillar_has_bars_and_no_bar_stands_twice() -> None:
    assert len({one.pillar for one in BARS}) >= 10
    texts = [(one.pillar, one.bar, one.rows and str(one.rows)) for one in BARS]
    assert len(set(texts)) == len(texts)


def test_rows_are_found_by_text_stars_alternatives_and_comparisons(tmp_path: Path) -> None:
    table(tmp_path, "t", "who,n,x\nours,5,0.5\ntheirs (a*),50,2\nother,500,8\n")
    rows = bars.read_table(tmp_path / "t.csv")
    found = {
        "ours": {"who": "ours"},
        "ours theirs (a*)": {"who": "ours|theirs*"},
        "other": {"n": "> 50"},
        "theirs (a*) other": {"n": ">= 50"},
        "": {"who": "our"},
    }
    for names, wanted in found.items():
        assert " ".join(row["who"] for row in bars.select(rows, wanted)) == names


def test_a_value_is_a_cell_a_ratio_or_the_worst_of_many(tmp_path: Path) -> None:
    table(tmp_path, "t", "who,n,x,y\nours,5,0.5,4\nours,6,0.75,4\ntheirs,5,2,8\n")
    one = {"who": "ours", "n": "5"}
    assert bars.measured(bar(rows=one), tmp_path) == 0.5
    assert bars.measured(bar(rows=one, divided_by="y"), tmp_path) == 0.125
    assert bars.measured(bar(rows=one, over={"who": "theirs"}), tmp_path) == 0.25
    assert bars.measured(bar(rows={"who": "ours"}, pick="largest"), tmp_path) == 0.75
    assert bars.measured(bar(rows={"who": "ours"}, pick="smallest"), tmp_path) == 0.5


@pytest.mark.parametrize(
    "given",
    [
        {"rows": {"who": "ours"}},  # two rows
        {"rows": {"who": "nobody"}},
        {"rows": {"n": "6"}, "value": "z"},  # no such column
        {"rows": {"n": "7"}},  # an empty cell
        {"rows": {"n": "6"}, "over": {"who": "nobody"}},
    ],
    ids=["two", "none", "column", "empty", "over"],
)
def test_what_does_not_find_one_number_is_refused(tmp_path: Path, given: dict) -> None:
    table(tmp_path, "t", "who,n,x\nours,5,0.5\nours,6,0.75\nmore,7,\n")
    with pytest.raises(bars.BadBar):
        bars.measured(bar(**given), tmp_path)


def test_a_bar_without_evidence_or_with_two_kinds_is_refused() -> None:
    for wrong in (
        {"table": ""},
        {"by_hand": "once"},
        {"at_most": None},
        {"value": ""},
        {"pick": "best"},
        {"table": "", "test": "a.py::b", "pending": "later"},
    ):
        with pytest.raises(bars.BadBar):
            bar(**wrong)


def test_a_bar_that_is_missed_must_say_why(tmp_path: Path) -> None:
    table(tmp_path, "t", "who,x\nours,1.5\n")
    with pytest.raises(bars.BadBar, match="say why"):
        bars.page([bar()], tmp_path)
    page = bars.page([bar(why="too slow | here")], tmp_path)
    assert "| b | ≤\u00a01 | 1.5 | **no** | too slow \\| here; `t.csv` |" in page
    assert "Of 1 bars, 0 are met and 1 are not:\n\n- P: b\n" in page
    page = bars.page([bar(at_most=2, unit="s", why="unseen")], tmp_path)
    assert "| b | ≤\u00a02\u00a0s | 1.5\u00a0s | yes | `t.csv` |" in page


def test_limits_hold_on_both_sides() -> None:
    both = bar(at_most=0.07, at_least=0.03)
    assert [bars.is_met(both, x) for x in (0.02, 0.03, 0.07, 0.08)] == [False, True, True, False]
    assert both.asked == "≥\u00a00.03 and ≤\u00a00.07"


def test_a_test_that_is_not_there_is_noticed() -> None:
    there = "measures/test_rows.py::test_kernels_agree_with_numpy"
    gone = ["measures/test_rows.py::test_of_nothing", "measures/no_file.py"]
    assert bars.existing_tests(bar(table="", test=[there, *gone])) == [there]


def test_numbers_in_sentences_are_read_from_the_tables(tmp_path: Path) -> None:
    table(tmp_path, "t", "who,x\nours,0.5\ntheirs,0.25\nothers,4\n")
    told = bar(
        rows={"who": "ours"},
        remark="theirs {theirs}, {n} rows, itself {own}",
        figures={
            "theirs": {"rows": {"who": "theirs"}, "value": "x", "form": ".0%"},
            "n": {"rows": {}, "value": "x", "pick": "count", "form": "d"},
            "own": {"value": "x", "form": ".1f"},
        },
    )
    assert "| yes | theirs 25%, 3 rows, itself 0.5; `t.csv` |" in bars.page([told], tmp_path)


def test_numbers_keep_the_digits_that_matter() -> None:
    told = [bars.number(x) for x in (0.0, 12345.6, 1e-12, 2.5e-6, 0.0339, 1.000021, 1.0, 23.56)]
    assert told == ["0", "12,346", "1e-12", "2.5e-6", "0.0339", "1.000021", "1", "23.6"]
