"""What moved between two folders of tables, and the list of benchmarks it is read from."""

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "benchmarks")]
bars = importlib.import_module("bars")
bench = importlib.import_module("bench")
drift = importlib.import_module("drift")
SCRIPTS = bench.read_scripts()

OLD = "what,n,ratio,error,note\na,5,0.50,0.010,\nb,5,2.00,-0.020,x\nc,5,,0.1,\ngone,5,1,1,\n"
NEW = "what,n,ratio,error,note\na,5,0.58,0.011,\nb,5,2.00,0.020,y\nc,5,3,0.1,\ncame,5,1,1,\n"


def script(**given) -> Any:
    plain = {
        "path": "a/b.py", "pillar": "P", "tables": ["t"], "shows": "it", "cpu_minutes": 1.0,
        "needs": [], "key": ["what", "n"],
    }  # fmt: skip
    return bench.Script(**(plain | given))


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name, text in (("old", OLD), ("new", NEW)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.csv").write_text(text)
    return tmp_path / "old", tmp_path / "new"


def test_what_moved_too_far_is_told(folders: tuple[Path, Path]) -> None:
    found = drift.changes(script(relative={"ratio": 0.1}, absolute={"error": 0.01}), *folders)
    assert [(c.row, c.column, c.old, c.new, c.change) for c in found] == [
        ("a, 5", "ratio", "0.5", "0.58", "+16.0%"),
        ("b, 5", "error", "-0.02", "0.02", "+0.04"),
        ("came, 5", "", "", "new", ""),
        ("gone, 5", "", "there", "gone", ""),
    ]


def test_what_stayed_within_its_limit_is_not(folders: tuple[Path, Path]) -> None:
    found = drift.changes(script(relative={"ratio": 0.2}, absolute={"error": 0.05}), *folders)
    assert [c.row for c in found] == ["came, 5", "gone, 5"]
    assert drift.changes(script(relative={"ratio": 0.01}), folders[0], folders[0]) == []


def test_what_was_no_number_may_stay_so_but_not_become_so(folders: tuple[Path, Path]) -> None:
    old, new = folders
    for folder, last in ((old, "nan"), (new, "nan")):
        (folder / "t.csv").write_text(f"what,n,ratio\na,5,{last}\nb,5,inf\nc,5,2\n")
    one = script(relative={"ratio": 0.1})
    assert drift.changes(one, old, new) == []
    (new / "t.csv").write_text("what,n,ratio\na,5,1\nb,5,inf\nc,5,nan\n")
    assert [c.row for c in drift.changes(one, old, new)] == ["a, 5", "c, 5"]


def test_of_rows_with_one_name_the_last_counts(folders: tuple[Path, Path]) -> None:
    old, new = folders
    (new / "t.csv").write_text(OLD + "a,5,0.9,0.01,\n")
    (found,) = drift.changes(script(relative={"ratio": 0.1}), old, new)
    assert (found.row, found.new) == ("a, 5", "0.9")


def test_a_table_that_was_not_made_is_no_change(folders: tuple[Path, Path]) -> None:
    (folders[1] / "t.csv").unlink()
    assert drift.changes(script(relative={"ratio": 0.1}), *folders) == []


def test_only_bars_that_were_met_are_lost(folders: tuple[Path, Path]) -> None:
    def bar(limit: float, what: str) -> object:
        rows = {"what": what}
        return bars.Bar("P", f"{what} {limit}", at_most=limit, table="t", rows=rows, value="ratio")

    some = [bar(0.55, "a"), bar(0.45, "a"), bar(0.6, "a"), bar(2.5, "b")]
    lost = drift.lost_bars(some, {"t"}, *folders)
    assert lost == ["P: a 0.55: 0.5 is now 0.58 (asked ≤\u00a00.55)"]
    assert drift.lost_bars(some, {"other"}, *folders) == []
    assert drift.lost_bars([bar(2.0, "gone")], {"t"}, *folders) == []  # told as a row that is gone


def test_a_comparison_of_tables_prints_and_judges(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command itself, on the committed tables and on a copy in which one bar is lost."""
    new = folders[1]
    name = "speed_measures.csv"
    text = (ROOT / "benchmarks" / "results" / name).read_text(encoding="utf-8")
    (new / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["drift.py", "--compare", str(new)])
    assert drift.main() == 0
    assert capsys.readouterr().out == "nothing moved by more than is allowed\n"

    row = re.search(r"^.*row entropies \(20000, 5000\) float32\",infoscope,(.*),(.*)$", text, re.M)
    assert row
    slow = new.parent / "slow"
    slow.mkdir()
    (slow / name).write_text(text.replace(row[0], row[0].replace(row[2], "5.5")), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["drift.py", "--compare", str(slow)])
    assert drift.main() == 1
    out = capsys.readouterr().out
    assert re.search(r"float32, infoscope +ratio_to_reference +\S+ +5\.5 ", out)
    assert "LOST  Exact measures: Row entropies of 20,000 × 5,000 float32" in out


def test_the_copy_leaves_the_committed_tables_alone(tmp_path: Path) -> None:
    home = drift.copied(tmp_path)
    assert (home / "results" / "speed_measures.csv").read_text()
    assert not (home / "results").is_symlink()
    assert (tmp_path / "src").resolve() == ROOT / "src"


def test_every_script_and_every_table_is_listed() -> None:
    helpers = {"tables/make_tables.py"}
    there = {
        path.relative_to(ROOT / "benchmarks").as_posix()
        for path in (ROOT / "benchmarks").glob("*/*.py")
    }
    assert {one.path for one in SCRIPTS} == there - helpers
    assert {one.before for one in SCRIPTS} - {""} == helpers
    tables = {path.stem for path in (ROOT / "benchmarks" / "results").glob("*.csv")}
    by_tools = {"coverage", "mutation_measures", "packaging"}  # of the scripts in tools
    by_tools |= {"runs"}  # what bench.py keeps of each run
    assert tables <= {name for one in SCRIPTS for name in one.tables} | by_tools


@pytest.mark.parametrize("one", SCRIPTS, ids=lambda one: one.name)
def test_the_columns_that_are_compared_exist(one) -> None:
    columns: set[str] = set()
    for path in bench.written_into(one, ROOT / "benchmarks" / "results"):
        columns |= set(bars.read_table(path)[0]) if path.exists() else set()
    if columns:
        assert {*one.key, *one.relative, *one.absolute} <= columns
        assert one.relative or one.absolute


def test_the_readme_lists_them_as_they_are() -> None:
    text = bench.README.read_text(encoding="utf-8")
    assert bench.write_readme(SCRIPTS) == text, "run `python benchmarks/bench.py --write-readme`"


def test_what_cannot_run_says_what_it_needs(tmp_path: Path) -> None:
    assert bench.lacking(script(), []) == ""
    missing = script(needs=["no_such_module"], install="pip install x")
    assert bench.lacking(missing, []) == "needs no_such_module: pip install x"
    reading = script(arguments=["name={data:book.txt}", "{work}/out"])
    assert "book.txt" in bench.lacking(reading, [tmp_path])
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "book.txt").write_text("a")
    assert bench.lacking(reading, [tmp_path]) == ""


def test_a_script_is_run_with_its_places_filled(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "t.csv").write_text("old\n")
    (tmp_path / "many").mkdir()
    for name in ("one.txt", "two.txt"):
        (tmp_path / "many" / name).write_text(name)
    (tmp_path / "a" / "b.py").write_text(
        "import sys, pathlib\n"
        "out = pathlib.Path(__file__).parents[1] / 'results' / 't.csv'\n"
        "with out.open('a') as file:\n"
        "    print(*[pathlib.Path(a).name for a in sys.argv[1:]], file=file)\n"
        "sys.exit(3)\n"
    )
    one = script(arguments=["{data-all:many}", "{stdlib:os.py}", "{work}/x.bin"], appends=True)
    took = bench.run(one, [tmp_path], tmp_path)
    assert took.code == 3
    assert took.seconds > 0
    assert (tmp_path / "results" / "t.csv").read_text() == "one.txt two.txt os.py x.bin\n"


def test_the_last_run_of_each_script_is_kept(tmp_path: Path) -> None:
    first, second = SCRIPTS[4], SCRIPTS[2]
    kept = tmp_path / "runs.csv"
    for one, code in ((first, 1), (second, 0), (first, 0)):
        bench.record(one, bench.Took(code, 61.4, 12.6), bench.commit(), kept)
    rows = bars.read_table(kept)
    assert [row["script"] for row in rows] == [second.name, first.name]
    assert [(row["exit_code"], row["seconds"], row["cpu_seconds"]) for row in rows] == [
        ("0", "61", "13")
    ] * 2
    assert re.fullmatch(r"[0-9a-f]{10}( and changes)?|not under git", rows[0]["commit"])
    assert bench.commit(tmp_path) == "not under git"


def test_the_time_of_the_last_run_is_told(tmp_path: Path) -> None:
    runs = tmp_path / "runs.csv"
    stated = [one for one in bench.read_scripts(runs=runs) if one.cpu_minutes is not None]
    assert [one.path for one in stated] == ["tables/spark_cluster.py"]  # the work is Java's
    for one in (SCRIPTS[4], stated[0]):
        bench.record(one, bench.Took(0, 999.0, 66.0), "x", runs)
    took = {one.name: one.cpu_minutes for one in bench.read_scripts(runs=runs)}
    assert took[SCRIPTS[4].name] == 1.1
    assert took[stated[0].name] == stated[0].cpu_minutes != 1.1
    assert took[SCRIPTS[3].name] is None
    told = [bench.duration(one) for one in (0.1, 1.1, None, 61.0)]
    assert told == ["10 s", "2 min", "not run yet", "61 min"]


def test_names_and_minutes_choose() -> None:
    some = [script(path="speed/a.py", cpu_minutes=5.0), script(path="tables/b.py")]
    assert [one.path for one in bench.chosen(some, ["tab"])] == ["tables/b.py"]
    assert [one.path for one in bench.chosen(some, [], 1.0)] == ["tables/b.py"]
    assert not bench.chosen([script(cpu_minutes=None)], [], 1.0), "who knows how long that takes"
    with pytest.raises(SystemExit, match="nothing"):
        bench.chosen(some, ["nothing"])
