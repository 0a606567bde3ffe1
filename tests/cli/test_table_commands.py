"""`infoscope select`, `infoscope drift`, and what `infoscope table` tells beside the ranking."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from infoscope.cli.main import main
from infoscope.tables import drift, select

DATA = Path(__file__).parents[1] / "data" / "tables"
CAR, PENGUINS = str(DATA / "car.csv"), str(DATA / "penguins.csv")


def run(capsys, *arguments):
    code = main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def test_select_names_the_columns_of_the_library(capsys, tmp_path):
    page = str(tmp_path / "s.html")
    code, out, err = run(capsys, "select", CAR, "--target", "deal", "-k", "3", "--html", page)
    assert code == 0
    chosen = select(CAR, "deal", 3).columns
    listed = [
        line.split()[1] for line in out.splitlines() if line.split()[:1] in (["1"], ["2"], ["3"])
    ]
    assert tuple(listed) == chosen
    assert f"wrote {page}" in err
    assert "What tells about deal" in Path(page).read_text(encoding="utf-8")


def test_select_stops_by_tests_and_searches_pairs(capsys):
    code, out, _ = run(
        capsys, "select", CAR, "--target", "deal", "--stop", "--interactions", "2", "--json", "-"
    )
    assert code == 0
    read = json.loads(out)
    assert read["command"] == "select"
    assert read["stop_level"] == 0.05
    assert len(read["interactions"]) == 2
    assert read["columns"][0] == "safety"
    code, out, _ = run(capsys, "select", CAR, "--target", "deal", "--interactions", "1")
    assert "pairs that tell more together" in out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--target", "price"], 2, "target must name a column"),
        (["--target", "deal", "-k", "0"], 2, "-k must be at least 1"),
        (["--target", "deal", "--method", "best"], 2, "method must be one of"),
        (["--target", "deal", "--interactions", "-1"], 2, "--interactions must be at least 0"),
        (["--target", "deal", "--html", CAR], 2, "also the input"),
    ],
)
def test_select_refuses_in_one_sentence(capsys, arguments, code, words):
    got, _, err = run(capsys, "select", CAR, *arguments)
    assert got == code
    assert words in err
    assert len(err.strip().splitlines()) == 1


@pytest.fixture
def months(tmp_path):
    rng = np.random.default_rng(0)
    for name, shift in (("a", 0.0), ("b", 0.8)):
        pd.DataFrame({
            "moved": rng.normal(size=500) + shift,
            "steady": rng.normal(size=500),
            "sky": rng.choice(["blue", "grey"] if not shift else ["blue", "green"], 500),
            f"only_{name}": 1,
        }).to_csv(tmp_path / f"{name}.csv", index=False)  # fmt: skip
    return str(tmp_path / "a.csv"), str(tmp_path / "b.csv")


def test_drift_says_what_changed(capsys, months, tmp_path):
    page = str(tmp_path / "d.html")
    code, out, err = run(capsys, "drift", *months, "--html", page)
    assert code == 0
    assert "2 of 3 columns drifted" in out
    assert "columns only before: only_a" in out
    assert "columns only now: only_b" in out
    assert "new: green; vanished: grey" in out
    starred = [line.split()[1] for line in out.splitlines() if line.startswith("  *")]
    assert starred == [each.column for each in drift(*months).drifted]
    assert f"wrote {page}" in err


def test_drift_as_json(capsys, months):
    code, out, _ = run(capsys, "drift", *months, "--json", "-", "--no-pairs")
    assert code == 0
    read = json.loads(out)
    assert read["drifted"] == [each.column for each in drift(*months).drifted]
    assert read["pairs"] == []
    assert read["added"] == ["only_b"]


def test_drift_refuses_in_one_sentence(capsys, months):
    code, _, err = run(capsys, "drift", months[0], months[0] + ".gone")
    assert code == 1
    assert "must exist" in err
    code, _, err = run(capsys, "drift", *months, "--level", "2")
    assert code == 2
    assert "level must lie in (0, 1)" in err
    code, _, err = run(capsys, "drift", *months, "--html", months[1])
    assert code == 2
    assert "also the input" in err


def test_table_given_a_column_and_by_gaps(capsys, tmp_path):
    code, out, _ = run(capsys, "table", PENGUINS, "--target", "species", "--given", "island")
    assert code == 0
    assert "information about species given island" in out
    code, out, _ = run(
        capsys, "table", PENGUINS, "--target", "species", "--given", "island", "--json", "-"
    )
    read = json.loads(out)
    assert read["given"] == ["island"]
    assert len(read["ranking_given"]) == 5
    code, _, err = run(capsys, "table", PENGUINS, "--given", "island")
    assert code == 2
    assert "--given must go with --target" in err
    path = tmp_path / "t.csv"
    rows = [
        f"{'' if i % 3 == 0 else i % 5},{int(i % 3 == 0)},{2 * int(i % 3 == 0)}" for i in range(90)
    ]
    path.write_text("gappy,y,twin\n" + "\n".join(rows) + "\n", encoding="utf-8")
    code, out, _ = run(capsys, "table", str(path), "--target", "y")
    assert "nearly decides y alone (is it known before?): twin" in out
    assert "being empty tells" in out


def test_names_for_a_file_without_any(capsys, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("1,a\n2,b\n" * 20, encoding="utf-8")
    code, out, _ = run(capsys, "table", str(path), "--no-header", "--names", "x,y")
    assert code == 0
    assert "  x " in out
