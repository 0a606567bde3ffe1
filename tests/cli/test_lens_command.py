"""`infoscope lens`: the table, the page and the numbers of the logit lens."""

import json
from pathlib import Path

import pytest

from infoscope.cli.main import main
from infoscope.data import path_of
from infoscope.language import score


def test_the_last_layer_is_the_scored_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = path_of("alice_chapter_1.txt").read_text(encoding="utf-8")[:120]
    excerpt, page, told = tmp_path / "excerpt.txt", tmp_path / "lens.html", tmp_path / "lens.json"
    excerpt.write_text(text)
    code = main(["lens", str(excerpt), "--every", "15", "--html", str(page), "--json", str(told)])
    out = capsys.readouterr().out
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["layer", "0", "15", "30"]
    found = json.loads(told.read_text())
    assert [each["layer"] for each in found["layers"]] == [0, 15, 30]
    entropy = found["layers"][-1]["entropy"]["value"]
    assert entropy == pytest.approx(score(text).mean_entropy.value, abs=1e-5)
    assert "Guess by guess" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--every", "0"], "--every must be at least 1"), (["--tokens", "-1"], "--tokens must be")],
)
def test_numbers_out_of_range_are_one_sentence(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lens", "no-such-file", *arguments]) == 2
    assert words in capsys.readouterr().err
