"""`infoscope probe` on saved activations: tables, JSON, pages, and sentences for what is wrong."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from infoscope.cli.main import main


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=300)
    layers = {
        "layer.0": rng.normal(size=(300, 4)).astype(np.float32),
        "layer.1": (np.eye(4)[y] + 0.2 * rng.normal(size=(300, 4))).astype(np.float32),
    }
    save_file(layers, tmp_path / "acts.safetensors")
    np.save(tmp_path / "acts.npy", layers["layer.1"])
    names = np.array(["noun", "verb", "other"])[y]
    (tmp_path / "tags.txt").write_text("\n".join(names) + "\n")
    rows = "".join(f"{name},{i // 3},w{i % 40}\n" for i, name in enumerate(names))
    (tmp_path / "words.csv").write_text("pos,sentence,form\n" + rows)
    return tmp_path


def test_layers_are_listed_and_written(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = saved / "words.csv"
    code = main(["probe", str(saved / "acts.safetensors"), "--labels", f"{words}:pos",
                 "--groups", f"{words}:sentence", "--html", str(saved / "o.html")])  # fmt: skip
    out = capsys.readouterr().out
    assert code == 0
    assert "2 layers" in out
    assert "*  layer.1" in out
    assert "hardest examples" in out
    assert "V-information" in (saved / "o.html").read_text()


def test_json_has_every_number(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["probe", str(saved / "acts.npy"), "--labels", str(saved / "tags.txt"), "--json",
                 "-", "--mdl", "--control", f"{saved / 'words.csv'}:form"])  # fmt: skip
    told = json.loads(capsys.readouterr().out)
    assert code == 0
    row = told["layers"][0]
    assert row["low"] < row["value"] < row["high"] < 1.7  # log2 3 and the spread of H_V(Y)
    assert told["unit"] == "bits"
    assert told["control"]["selectivity"]["value"] > 1
    assert told["code"]["compression"] > 2


@pytest.mark.parametrize(
    "labels, code, words",
    [
        ("absent.txt", 1, "name a file that exists"),
        ("words.csv:tag", 2, "name a column among"),
        ("short.txt", 2, "must have one row for each of the 20 labels; got 300"),
        ("gaps.csv", 2, "have a label for every example; got 1 missing"),
    ],
)
def test_faults_are_one_sentence(
    saved: Path, capsys: pytest.CaptureFixture[str], labels: str, code: int, words: str
) -> None:
    (saved / "short.txt").write_text("a\nb\n" * 10)
    (saved / "gaps.csv").write_text("tag\n" + "a\nb\n" * 149 + "a\n,\n")
    assert main(["probe", str(saved / "acts.npy"), "--labels", str(saved / labels)]) == code
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_the_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "--help"]) == 0
    out = capsys.readouterr().out
    assert "lower bound on the mutual information" in out
    assert "--labels words.csv:pos" in out
