"""The commands that put a text before two models, or before one at many temperatures."""

import json
from pathlib import Path

import pytest

from infoscope.cli.main import main
from infoscope.data import path_of


@pytest.fixture
def excerpt(tmp_path: Path) -> str:
    path = tmp_path / "excerpt.txt"
    path.write_text(path_of("alice_chapter_1.txt").read_text(encoding="utf-8")[:400])
    return str(path)


def test_a_model_does_not_differ_from_itself(
    excerpt: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    code = main(["compare", excerpt, "--models", "smollm2", "smollm2", "--json", "-",
                 "--html", str(page)])  # fmt: skip
    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert found["same_tokenizer"] is True
    assert [found["estimates"][f"{way}kl_divergence"]["value"] for way in ("", "reverse_")] == [
        0,
        0,
    ]
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_an_unknown_model_is_one_sentence(excerpt: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", excerpt, "--models", "smollm2", "no-such-model"]) in (1, 2)
    said = capsys.readouterr()
    assert said.out == ""
    assert "no-such-model" in said.err


def test_the_curve_of_temperatures_grows_from_no_entropy(
    excerpt: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["temperature", excerpt, "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    curve = found["curves"]["entropy"]
    assert curve[0] == 0
    assert curve == sorted(curve)
