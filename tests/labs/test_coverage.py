"""What is owed is written down completely, every place exists, and the page in docs is current."""

from dataclasses import replace
from pathlib import Path

import pytest

from infoscope.explore.registry import all_pages
from infoscope.labs import all_labs, find_lab
from infoscope.labs.cells import read_cells
from infoscope.labs.coverage import Row, coverage, coverage_markdown, page_of, rows_of

ROOT = Path(__file__).parents[2]
VALUES = {
    0: [*"123456", "Ex1", "Ex2", "Ex3", "Ex4"],
    1: ["1", *(f"Do{i}" for i in range(1, 8)), "8"],
    2: [*"123456"],
    3: [*map(str, range(1, 22)), *(f"Ex{i}" for i in range(1, 17))],
    4: [*map(str, range(1, 11))],
}


@pytest.fixture(scope="module")
def rows() -> tuple[Row, ...]:
    return coverage()


def test_no_row_is_missing_and_none_is_double(rows: tuple[Row, ...]) -> None:
    owed = [f"S{i}" for i in range(1, 28)]
    owed += [f"X{i}" for i in range(1, 26)]
    owed += [f"C{i}" for i in range(1, 37)]
    owed += [f"T{tutorial}.{name}" for tutorial, names in VALUES.items() for name in names]
    assert [row.code for row in rows] == owed
    assert all(row.what for row in rows)


def test_every_row_has_a_place_and_every_lab_answers_for_some(rows: tuple[Row, ...]) -> None:
    assert [row.code for row in rows if not row.places] == []
    without_a_lab = [
        row.code for row in rows if not any(place.kind == "lab" for place in row.places)
    ]
    # A knowledge check that remembers and clean text are no subjects of a lab.
    assert without_a_lab == ["S25", "C34"]
    assert [lab.name for lab in all_labs() if not lab.covers] == []


def test_every_place_exists(rows: tuple[Row, ...]) -> None:
    pages = all_pages()
    for row in rows:
        for place in row.places:
            if place.kind == "explorer":
                assert place.name in pages, f"{row.code}: no page {place.name!r}"
            elif place.kind == "test":
                assert (ROOT / place.name).exists(), f"{row.code}: no test {place.name}"
            else:
                cells = {cell.line: cell for cell in find_lab(place.name).cells}
                assert row.code in cells[place.line].covers


def test_tests_that_are_named_hold_tests(rows: tuple[Row, ...]) -> None:
    named = {place.name for row in rows for place in row.places if place.kind == "test"}
    for name in sorted(named):
        path = ROOT / name
        held = [path] if path.is_file() else list(path.rglob("test_*.py"))
        assert any("def test_" in each.read_text(encoding="utf-8") for each in held), name


def test_the_page_in_docs_is_the_one_the_labs_give() -> None:
    page = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert page == coverage_markdown().rstrip() + "\n", "run: infoscope labs coverage > docs/…"


LIST = '[S]\n1 = "a"\n2 = "b"\n3 = "c"\n[X]\n[C]\n[T]\n[places]\n'


def test_a_row_is_named_by_its_section_and_linked() -> None:
    text = (
        '# %% [markdown] covers="S1"\n# # Title\n#\n# About.\n'
        '# %% [markdown] covers="S2"\n# ## First\n#\n# Words.\n#\n# ## Second | half\n'
        '# %% covers="S3 S2"\n1\n'
    )
    lab = replace(all_labs()[0], title="Title", cells=read_cells(text, "a lab"))
    rows = rows_of(LIST + 'S3 = ["explorer: kl", "test: tests/labs/test_cells.py"]\n', [lab])
    lines = [line for line in page_of(rows, [lab]).splitlines() if line.startswith("| S")]
    link = f"[{lab.number} {lab.slug}](labs/{lab.name}.md)"
    assert lines == [
        f"| S1 | a | {link} |  |  |",
        f"| S2 | b | {link} (First; Second \\| half) |  |  |",
        f"| S3 | c | {link} (Second \\| half) | kl | labs: cells |",
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("S4 = []", "unknown row 'S4'"),
        ('S1 = ["page: kl"]', "got 'page: kl'"),
        ('S1 = ["test: "]', "must be 'explorer: SLUG' or 'test: PATH'"),
    ],
)
def test_a_wrong_list_of_places_is_refused(line: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        rows_of(LIST + line + "\n", [])
