"""`infoscope ladder`, `rate` and `models train`, run as a user runs them."""

import json
from pathlib import Path

import pytest

from infoscope.cli.main import main
from infoscope.data import path_of
from infoscope.language import ladder, load, score

ALICE = path_of("alice_chapter_1.txt")


def test_ladder_prints_a_table_and_writes_both_files(tmp_path, capsys) -> None:
    page, numbers = tmp_path / "l.html", tmp_path / "l.json"
    rungs = ["uniform", "bigram", "ngram:4"]
    code = main(["ladder", str(ALICE), "--models", *rungs, "--html", str(page), "--json",
                 str(numbers)])  # fmt: skip
    assert code == 0
    out = capsys.readouterr().out
    expected = ladder(ALICE.read_bytes(), rungs=rungs)
    for rung in expected.rungs:
        assert f"{rung.bits_per_byte.value:.3f}" in out
    told = json.loads(numbers.read_text())
    assert [rung["name"] for rung in told["rungs"]] == rungs
    assert told["n_held_out_bytes"] == expected.n_held_out
    assert "rung by rung" in page.read_text()


def test_ladder_learns_from_other_files(tmp_path, capsys) -> None:
    other = tmp_path / "other.txt"
    other.write_bytes(ALICE.read_bytes()[:2000])
    held = tmp_path / "held.txt"
    held.write_bytes(b"Alice was beginning")
    code = main(["ladder", str(held), "--train", str(other), "--models", "unigram", "--json", "-"])
    assert code == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["n_train_bytes"], told["n_held_out_bytes"]) == (2000, 19)


def test_rate_prints_every_bound(tmp_path, capsys) -> None:
    assert main(["rate", str(ALICE), "--blocks", "2", "--html", str(tmp_path / "r.html")]) == 0
    out = capsys.readouterr().out
    for word in ("blocks of 2", "upper bound", "lower bound", "ngram:3", "at most"):
        assert word in out
    assert main(["rate", str(ALICE), "--per", "byte", "--blocks", "1", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["per"] == "byte"


def test_a_model_is_trained_kept_and_used(tmp_path: Path, capsys) -> None:
    folder = tmp_path / "m"
    assert main(["models", "train", "ngram:3", str(ALICE), "-o", str(folder)]) == 0
    assert "trained on 11,703 bytes" in capsys.readouterr().out
    text = tmp_path / "t.txt"
    text.write_bytes(b"Down the rabbit hole")
    assert main(["text", str(text), "--model", str(folder), "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)["results"][0]
    expected = score(b"Down the rabbit hole", load("ngram:3", train=ALICE))
    assert told["estimates"]["bits_per_byte"]["value"] == pytest.approx(
        expected.bits_per_byte.value
    )


@pytest.mark.parametrize(
    ("line", "code", "why"),
    [
        (["ladder", "no.txt"], 1, "exist"),
        (["ladder", str(ALICE), "--held-out", "2"], 2, "between 0 and 1"),
        (["ladder", str(ALICE), "--models", "bogus"], 2, "'bogus'"),
        (["ladder", "-", "--train", "-"], 2, "at most once"),
        (["rate", str(ALICE), "--blocks", "0"], 2, "from 1 to 100"),
        (["models", "train"], 2, "be given a model"),
        (["models", "train", "bigram"], 2, "be given texts"),
        (["models", "train", "bigram", str(ALICE)], 2, "be given --out"),
        (["models", "train", "smollm2", str(ALICE), "-o", "x"], 2, "be one of uniform"),
        (["models", "remove", "smollm2", "file"], 2, "left out except to train"),
    ],
)
def test_what_is_refused(line: list[str], code: int, why: str, capsys) -> None:
    assert main(line) == code
    err = capsys.readouterr().err
    assert why in err
    assert err.count("\n") == 1
